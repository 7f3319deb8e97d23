"""Cumulative distributions by quadrature and in closed form, and the Kolmogorov-Smirnov test of streams.

None of it knows how events are drawn: spectra times cross sections, and the vertices that 1/r² gives around a
source, come from the integrals that define them.
"""

import math
from itertools import pairwise

import numpy as np
from scipy import stats
from scipy.interpolate import CubicHermiteSpline

from simgen.geometry import Box, Cylinder, Shell
from simgen.interaction.crosssection import sigma
from simgen.interaction.kinematics import E_nu_min

__all__ = ["Kolmogorov", "baseline", "coordinate", "neutrino_energy", "time", "vertex"]

_X, _W = np.polynomial.legendre.leggauss(6)
_FINE = 20
"""Edges a panel at which a sample is compared."""


class Kolmogorov:
    """Compare a sample with a distribution at many thousand edges, chunk by chunk in constant memory.

    The supremum over so many edges instead of all is short by less than 1 % of its spread.
    """

    def __init__(self, edges, below):
        self.edges, self.below = edges, below / below[-1]
        self.counts, self.n = np.zeros(len(edges), np.int64), 0

    def add(self, sample):
        self.counts += np.searchsorted(np.sort(sample), self.edges, side="right")
        self.n += len(sample)

    @property
    def p_value(self):
        return float(stats.kstwo.sf(np.max(np.abs(self.counts / self.n - self.below)), self.n))


def tabulate(density, stops, panels):
    """Integrate a density that is smooth between stops: edges, and the integral up to each.

    In s with x = start + span sin²(πs/2), which tames roots and logarithms at the stops; six Gauss-Legendre
    nodes a panel of s, and inside panels the cubic that has the integral and the density at both ends.
    """
    edges, below, total = [], [], 0.0
    for start, stop in pairwise(np.unique(stops)):
        s = np.linspace(0, 1, panels + 1)
        nodes = (s[:-1, None] + np.diff(s)[:, None] * (_X + 1) / 2).ravel()

        def by_s(s, start=start, stop=stop):
            values = density(start + (stop - start) * np.sin(np.pi / 2 * s) ** 2)
            return values * (stop - start) * np.pi / 2 * np.sin(np.pi * s)

        steps = by_s(nodes).reshape(panels, -1) @ _W / (2 * panels)
        summed = total + np.concatenate([[0.0], np.cumsum(steps)])
        slopes = np.concatenate([[0.0], by_s(s[1:-1]), [0.0]])
        fine = np.linspace(0, 1, _FINE * panels + 1)
        edges.append(start + (stop - start) * np.sin(np.pi / 2 * fine) ** 2)
        below.append(CubicHermiteSpline(s, summed, slopes)(fine))
        total = summed[-1]
    return np.concatenate(edges), np.concatenate(below)


def neutrino_energy(component, model, T_low, panels=400):
    """Tabulate ∫ f σ dω of a continuum [cm²] up to each edge; only 0 if no recoil is above T_low."""
    spectrum = component.spectrum
    low = max(float(E_nu_min(T_low)), float(spectrum.knots[0]))
    if low >= spectrum.endpoint:
        return np.array([spectrum.endpoint]), np.zeros(1)
    stops = np.array([low, *spectrum.knots[spectrum.knots > low]])

    def density(E_nu):
        # in blocks: mediators take 864 recoil energies each
        blocks = np.array_split(E_nu, max(len(E_nu) // 400, 1))
        cross = [sigma(b, model, flavour=component.flavour, T_low=T_low) for b in blocks]
        return spectrum.density(E_nu) * np.concatenate(cross)

    return tabulate(density, stops, max(panels // (len(stops) - 1), 40))


def time(exposure, half_life):
    """Tabulate 1 - 2^(-t/T½)."""
    edges = np.linspace(0, exposure.duration, 20_001)
    return edges, edges if math.isinf(half_life) else 1 - 0.5 ** (edges / half_life)


def baseline(geometry):
    """Tabulate the distribution of L: at each L the solid angle of the target, averaged over the source."""
    centre = np.array(geometry.source_centre)
    if isinstance(geometry, Cylinder):
        return _baseline_in_cylinder(geometry, centre[2])
    if isinstance(geometry, Box):
        return _baseline_in_box(geometry, centre)
    inner, outer = getattr(geometry, "inner_radius", 0.0), geometry.radius
    d, a = float(np.linalg.norm(centre)), geometry.source_radius
    low = max(d - outer, inner - d, 0.0)
    edges = np.linspace(max(low - a, 0.0), d + outer + a, 20_001 if a == 0 else 5_001)

    def seen(L, s):
        return _cone_integral(L, outer, s) - (_cone_integral(L, inner, s) if inner else 0.0)

    if a == 0:
        return edges, seen(edges, d)
    x, w = np.polynomial.legendre.leggauss(30)
    below = np.empty_like(edges)
    first, last = max(d - a, 0.0), d + a
    for i, L in enumerate(edges):
        kinks = [abs(outer - L), abs(inner - L), abs(a - d)]
        stops = [first, *sorted(k for k in kinks if first < k < last), last]
        pieces = [((u - v) / 2 * x + (u + v) / 2, (u - v) / 2 * w) for v, u in pairwise(stops)]
        below[i] = sum(np.sum(dw * s**2 * _cone(s, a, d) * seen(L, s)) for s, dw in pieces)
    return edges, below


def _cone(L, radius, s):
    """Compute 1 - cos of the part of a sphere of radius L that lies in another one whose centre is s away."""
    if s == 0:
        return np.where(radius >= L, 2.0, 0.0)
    return np.where(radius - s >= L, 2.0, np.clip((radius**2 - (s - L) ** 2) / (2 * s * L), 0, 2))


def _cone_integral(L, radius, s):
    """Integrate `_cone` from 0 to L: ((R²-s²)/2s) ln L + L - L²/4s where it is neither 0 nor 2."""
    s = np.asarray(s, np.float64)
    if np.all(s == 0):
        return 2 * np.minimum(L, radius)
    low = np.abs(radius - s)
    high = np.clip(L, low, radius + s)
    part = (radius**2 - s**2) / (2 * s) * np.log(high / low) + (high - low) - (high**2 - low**2) / (4 * s)
    return part + 2 * np.minimum(L, np.maximum(radius - s, 0.0))


def _baseline_in_cylinder(geometry, z):
    """From a point on the axis the solid angle is a range of cos θ, less a gap."""
    R, low, high = geometry.radius, -geometry.height / 2 - z, geometry.height / 2 - z

    def density(L):
        bottom, top = np.clip(low / L, -1, 1), np.clip(high / L, -1, 1)
        gap = np.sqrt(np.maximum(1 - (R / L) ** 2, 0))
        return np.maximum(top - np.maximum(bottom, gap), 0) + np.maximum(np.minimum(top, -gap) - bottom, 0)

    stops = [0.0, R, abs(low), abs(high), math.hypot(R, low), math.hypot(R, high)]
    return tabulate(density, stops, 400)


def _baseline_in_box(geometry, centre):
    """From above or inside the box: arcs of circles around the source in planes across z."""
    (x, y, z), (sx, sy, sz) = centre, np.array(geometry.size) / 2
    along_x, along_y, bottom, top = (sx - x, sx + x), (sy - y, sy + y), -sz - z, sz - z
    corners = [math.hypot(a, b) for a in along_x for b in along_y]
    kinks = np.array([*along_x, *along_y, *corners])
    t, w = np.polynomial.legendre.leggauss(16)
    share, measure = np.sin(np.pi / 4 * (t + 1)) ** 2, w * np.pi / 4 * np.sin(np.pi / 2 * (t + 1))

    def arcs(rho):
        inside = [
            np.maximum(np.arcsin(np.minimum(b / rho, 1)) - np.arccos(np.minimum(a / rho, 1)), 0)
            for a in along_x
            for b in along_y
        ]
        return sum(inside)

    def density(L):
        found = np.zeros_like(L)
        for i, way in enumerate(L):
            low, high = max(bottom / way, -1.0), min(top / way, 1.0)
            if low >= high:
                continue
            at = np.sqrt(1 - (kinks[kinks < way] / way) ** 2)
            inside = [c for c in (*at, *-at, 0.0) if low < c < high]
            for start, stop in pairwise([low, *sorted(inside), high]):
                cosine = start + (stop - start) * share
                rho = np.maximum(way * np.sqrt(1 - cosine**2), 1e-300)
                found[i] += (stop - start) * np.sum(measure * arcs(rho))
        return found

    flat = [math.hypot(*pair) for pair in np.stack(np.meshgrid(kinks, [bottom, top]), -1).reshape(-1, 2)]
    ends = [0.0] if bottom < 0 < top else []
    stops = np.array([*ends, abs(bottom), abs(top), *(kinks if ends else []), *flat])
    return tabulate(density, stops, 30)


def vertex(geometry):
    """Tabulate the distribution of one coordinate of the vertex."""
    if isinstance(geometry, Cylinder):
        R, half, z = geometry.radius, geometry.height / 2, geometry.source_centre[2]
        return tabulate(lambda x: np.log1p((R / (x - z)) ** 2), [-half, z, half], 500)
    if isinstance(geometry, Box):
        return _x_in_box(geometry)
    d, a = math.hypot(*geometry.source_centre), geometry.source_radius
    inner = geometry.inner_radius if isinstance(geometry, Shell) else 0.0
    if a == 0:  # from the centre of the target: r² averaged over the sphere of radius r
        return tabulate(lambda r: r * np.log((d + r) / np.abs(d - r)), [inner, geometry.radius], 500)

    def density(t):  # from the centre of the source: a full sphere seen from t
        mean = 2 * a - (t**2 - a**2) / t * np.log((t + a) / np.abs(t - a))
        return t**2 * mean * (_cone(t, geometry.radius, d) - (_cone(t, inner, d) if inner else 0.0))

    low = d - geometry.radius if d > geometry.radius else inner
    return tabulate(density, [low, d + geometry.radius], 500)


def _x_in_box(geometry):
    """∫ dy dz/r² of a source above the box, the integral over z in closed form."""
    (x0, y0, z0), (sx, sy, sz) = geometry.source_centre, np.array(geometry.size) / 2
    t, w = np.polynomial.legendre.leggauss(60)
    y = sy * t - y0

    def density(x):
        s = np.hypot((x - x0)[:, None], y)
        return (np.arctan((z0 + sz) / s) - np.arctan((z0 - sz) / s)) / s @ w

    return tabulate(density, [-sx, x0, sx], 500)


def coordinate(geometry, events):
    """Compute the coordinate of a vertex whose distribution `vertex` tabulates."""
    if isinstance(geometry, Cylinder):
        return events.vertex_z
    if isinstance(geometry, Box):
        return events.vertex_x
    x = np.stack([events.vertex_x, events.vertex_y, events.vertex_z])
    if geometry.source_radius:
        x = x - np.array(geometry.source_centre)[:, None]
    return np.linalg.norm(x, axis=0)
