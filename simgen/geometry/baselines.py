"""Baseline distribution and oscillation averages: distances between source and events."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.geometry import Geometry
from simgen.geometry.solid_angles import kinks, solid_angle
from simgen.quadrature import clustered_nodes

__all__ = ["Baselines"]

Array = NDArray[np.float64]

_FEWEST_NODES = 32
"""Smallest number of nodes between two kinks, without oscillation."""
_STEP = 0.025
"""Step of the table of the mean cosine, in k × half the range of baselines: cubics err by 1e-8."""
_TABULATED = (50.0, 200.0)
"""Largest k × half the range of baselines at which the mean cosine is tabulated. Beyond, it is at most a few
thousandths and oscillates so fast in energy that a continuum averages it away: there it is taken as 0."""
_FEW = 16
"""Largest number of wave numbers, such as those of lines, that are integrated one by one."""
_FASTEST = (1e4, 100.0)
"""Largest k × half the range of baselines, and k × radius of the source, at which the mean cosine of a line
is integrated. Beyond, oscillations average away within a thousandth of the range, or within the source:
it is taken as 0."""
_N_PATHS = 16
"""Nodes over the baselines from an extended source to a point."""
_WIDTHS = (-4.0, 4.0)
"""Distances from an edge of a bin at which pieces of an integral end, in units of the resolution."""


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """Distribution of the baselines of events in a region, in bins of the measured distance.

    Parameters
    ----------
    geometry : Sphere, Shell, Cylinder or Box
        Target and source.
    region : Geometry, optional
        The part of the target in which events count; all of it if not given.
    edges : tuple of float
        Bin edges in the measured distance from the centre of the source [cm]; none: no bins.
    resolution : float
        Standard deviation of the measured distance [cm].

    Notes
    -----
    Interactions have the density 1/r² in target × source, r their distance. At the distance d from the centre
    of the source the target fills the solid angle Ω(d), dV = Ω d² dd, and the points of a source of radius a
    and volume V_s are at distances r with the density 2πr²[1 - (d²+r²-a²)/(2dr)]/V_s, between |d-a| and d+a,
    and 4πr²/V_s below a-d.
    """

    geometry: Geometry
    region: Geometry | None = None
    edges: tuple[float, ...] = ()
    resolution: float = 0.0

    @cached_property
    def shares(self) -> Array:
        """Shares of the interactions in each bin, and, with bins, beyond them: shape (n_bins + 1,) or (1,).

        Their sum is the share that lies in the region.
        """
        _, weights = self._nodes(0.0)
        return np.asarray(weights.sum(axis=1))

    @cached_property
    def volume_shares(self) -> Array:
        """Shares of events that are spread evenly over the target, as `shares`."""
        region = self.region or self.geometry
        distance, weight = self._distances(0.0)
        even = weight * solid_angle(region, distance) * distance**2 / self.geometry.volume
        return np.asarray(self._bins(distance) @ even)

    @cached_property
    def _range(self) -> tuple[float, float]:
        """Shortest and longest baseline [cm]."""
        ends, a = kinks(self.region or self.geometry), self.geometry.source_radius
        return max(float(ends[0]) - a, 0.0), float(ends[-1]) + a

    @property
    def longest(self) -> float:
        """Longest baseline [cm]."""
        return self._range[1]

    def mean_cosine(self, k: ArrayLike) -> Array:
        """Compute the mean of cos(kr) times the share of each bin.

        Parameters
        ----------
        k : array_like
            Wave number [1/cm], ≥ 0.

        Returns
        -------
        ndarray, shape (n_shares, ...)
        """
        k = np.asarray(k, np.float64)
        low, high = self._range
        half = max((high - low) / 2, 1e-9 * high)
        if k.size <= _FEW:
            slow = (k * half <= _FASTEST[0]) & (k * self.geometry.source_radius <= _FASTEST[1])
            found = np.zeros((len(self.shares), k.size))
            for i in np.flatnonzero(slow):
                found[:, i] = self._integrate(float(k.flat[i]))
            return found.reshape(len(found), *k.shape)
        from simgen._kernels.phase_averages import fill_mean_cosines  # noqa: PLC0415 (compiles)

        fastest = k[k * half <= _TABULATED[-1]].max(initial=0.0)
        largest = next(size for size in _TABULATED if fastest * half <= size)
        step, values = _table(self, largest / half)
        found = np.empty((k.size, values.shape[1]))
        fill_mean_cosines(k.ravel(), fastest, step, (low + high) / 2, values, found)
        return found.T.reshape(-1, *k.shape)

    def _integrate(self, k: float) -> Array:
        """Compute the mean cosine at one wave number: shape (n_shares,)."""
        fastest = 2.0 ** math.ceil(math.log2(k)) if k > 0 else 0.0
        paths, weights = _shared_nodes(self, fastest)
        return np.asarray(weights @ np.cos(k * paths))

    def _nodes(self, k: float) -> tuple[Array, Array]:
        """Place nodes that resolve cos(kr): baselines (n,), weights of the bins (n_shares, n)."""
        geometry, a = self.geometry, self.geometry.source_radius
        distance, weight = self._distances(k)
        density = weight * solid_angle(self.region or geometry, distance)
        bins = self._bins(distance)
        scale = 4 * math.pi * geometry.volume * geometry.mean_inverse_square()
        if a == 0:
            return distance, bins * density / scale
        paths, shares = _paths(distance, a, _N_PATHS + math.ceil(k * a / 2))
        weights = (bins * density * distance**2)[:, :, None] * shares
        some = np.any(weights > 0, axis=0)
        return paths[some], weights[:, some] / scale

    def _distances(self, k: float) -> tuple[Array, Array]:
        """Place nodes over the distance from the source's centre, with their weights."""
        points = kinks(self.region or self.geometry)
        around = [e + width * self.resolution for e in self.edges for width in _WIDTHS]
        extra = [self.geometry.source_radius, *self.edges, *(around if self.resolution > 0 else ())]
        stops = np.unique([*points, *(x for x in extra if points[0] < x < points[-1])])
        nodes, weights = [], []
        for start, stop in pairwise(stops):
            share, measure = clustered_nodes(_FEWEST_NODES + math.ceil(k * (stop - start) / 2))
            nodes.append(start + (stop - start) * share)
            weights.append((stop - start) * measure)
        return np.concatenate(nodes), np.concatenate(weights)

    def _bins(self, distance: Array) -> Array:
        """Compute the probability of each bin at a distance, then of none: shape (n_shares, n)."""
        if not self.edges:
            return np.ones((1, len(distance)))
        edges = np.array(self.edges)[:, None]
        if self.resolution > 0:
            from scipy.special import ndtr  # noqa: PLC0415 (the module is light to import)

            below = ndtr((edges - distance) / self.resolution)
        else:
            below = (distance < edges).astype(np.float64)
        inside = np.diff(below, axis=0)
        return np.concatenate([inside, 1 - (below[-1:] - below[:1])])


@lru_cache(maxsize=8)
def _shared_nodes(baselines: Baselines, fastest: float) -> tuple[Array, Array]:
    """Place nodes for every wave number up to the largest."""
    return baselines._nodes(fastest)


def _paths(distance: Array, a: float, n: int) -> tuple[Array, Array]:
    """Place baselines from a source of radius a to points at distances from its centre; weights have 1/r²."""
    d = distance[:, None]
    share, measure = clustered_nodes(n)
    near = np.abs(d - a)
    span = d + a - near
    outer = near + span * share
    across = 2 * math.pi * np.maximum(1 - (d * d + outer * outer - a * a) / (2 * d * outer), 0.0)
    whole = np.maximum(a - d, 0.0)  # of balls around the point that lie in the source
    inner = whole * share
    weights = np.concatenate(
        [across * span * measure, np.broadcast_to(4 * math.pi * whole * measure, outer.shape)], axis=1
    )
    return np.concatenate([outer, inner], axis=1), weights / (4 / 3 * math.pi * a**3)


@lru_cache(maxsize=16)
def _table(baselines: Baselines, largest: float) -> tuple[float, NDArray[Any]]:
    """Tabulate the mean of exp(ik(r - r0)), r0 the middle baseline: step in k, shape (n, n_shares)."""
    low, high = baselines._range
    half = max((high - low) / 2, 1e-9 * high)
    paths, weights = baselines._nodes(largest)
    step = _STEP / half
    n = math.ceil(largest / step) + 3
    # exp(i step (r - r0)) by powers: block by block, so that rounding does not add up
    turn, block = np.exp(1j * step * (paths - (low + high) / 2)), 256
    powers = turn[None, :] ** np.arange(block)[:, None]
    start = np.exp(1j * step * block * np.arange(math.ceil(n / block))[:, None] * (paths - (low + high) / 2))
    rows = [powers @ (s[:, None] * weights.T) for s in start]
    return step, np.concatenate(rows)[:n]
