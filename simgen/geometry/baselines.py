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
"""Largest k × half the range of baselines at which the mean cosine is tabulated. Beyond, it is set to 0: it
is at most a few thousandths, and oscillates so fast in energy that a continuum averages it away."""
_FEW = 16
"""Largest number of wave numbers, such as those of lines, that are integrated one by one."""
_FASTEST = (1e4, 100.0)
"""Largest k × half the range of baselines, and k × radius of the source, at which the mean cosine of a line
is integrated. Beyond, it is set to 0: oscillations average away within a thousandth of the range, or within
the source."""
_N_PATHS = 16
"""Number of nodes over the baselines from an extended source to a point."""
_WIDTHS = (-4.0, 4.0)
"""Distances from an edge of a bin at which intervals of an integral end, in units of the resolution."""


@dataclass(frozen=True, kw_only=True)
class Baselines:
    """Distribution of the baselines of events in a region, in bins of the measured distance.

    Parameters
    ----------
    geometry : Sphere, Shell, Cylinder or Box
        Target and source.
    region : Geometry, optional
        The part of the target in which events are counted; by default the whole target.
    edges : tuple of float
        Bin edges in the measured distance from the centre of the source [cm]; empty for no bins.
    resolution : float
        Standard deviation of the measured distance [cm].

    Notes
    -----
    The density of interactions is proportional to 1/r², where r is the distance between points of target and
    source. At the distance d from the centre of the source, the target fills the solid angle Ω(d), so that
    dV = Ω d² dd. From there, the points of a source of radius a and volume V_s are at distances r with the
    density 2πr²[1 - (d²+r²-a²)/(2dr)]/V_s between |d-a| and d+a, and 4πr²/V_s below a-d.
    """

    geometry: Geometry
    region: Geometry | None = None
    edges: tuple[float, ...] = ()
    resolution: float = 0.0

    @cached_property
    def shares(self) -> Array:
        """Shares of the interactions in each bin and outside all bins: shape (n_bins + 1,), or (1,).

        Their sum is the share of the interactions in the region.
        """
        _, weights = self._nodes(0.0)
        return np.asarray(weights.sum(axis=1))

    @cached_property
    def volume_shares(self) -> Array:
        """The same shares for events that are distributed uniformly over the target."""
        region = self.region or self.geometry
        distance, weight = self._distances(0.0)
        weights = weight * solid_angle(region, distance) * distance**2 / self.geometry.volume
        return np.asarray(self._bins(distance) @ weights)

    @cached_property
    def _range(self) -> tuple[float, float]:
        """Shortest and longest baseline [cm]."""
        distances, a = kinks(self.region or self.geometry), self.geometry.source_radius
        return max(float(distances[0]) - a, 0.0), float(distances[-1]) + a

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
            cosines = np.zeros((len(self.shares), k.size))
            for i in np.flatnonzero(slow):
                cosines[:, i] = self._integrate(float(k.flat[i]))
            return cosines.reshape(len(cosines), *k.shape)
        from simgen._kernels.tables import fill_mean_cosines  # noqa: PLC0415 (compiles)

        fastest = k[k * half <= _TABULATED[-1]].max(initial=0.0)
        largest = next(size for size in _TABULATED if fastest * half <= size)
        step, values = _table(self, largest / half)
        cosines = np.empty((k.size, values.shape[1]))
        fill_mean_cosines(k.ravel(), fastest, step, (low + high) / 2, values, cosines)
        return cosines.T.reshape(-1, *k.shape)

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
        is_used = np.any(weights > 0, axis=0)
        return paths[is_used], weights[:, is_used] / scale

    def _distances(self, k: float) -> tuple[Array, Array]:
        """Place nodes over the distance from the source's centre, with their weights."""
        points = kinks(self.region or self.geometry)
        near_edges = [e + width * self.resolution for e in self.edges for width in _WIDTHS]
        edges = [self.geometry.source_radius, *self.edges, *(near_edges if self.resolution > 0 else ())]
        stops = np.unique([*points, *(x for x in edges if points[0] < x < points[-1])])
        nodes, weights = [], []
        for start, stop in pairwise(stops):
            share, measure = clustered_nodes(_FEWEST_NODES + math.ceil(k * (stop - start) / 2))
            nodes.append(start + (stop - start) * share)
            weights.append((stop - start) * measure)
        return np.concatenate(nodes), np.concatenate(weights)

    def _bins(self, distance: Array) -> Array:
        """Compute the probabilities of each bin, and of no bin, at distances: shape (n_shares, n)."""
        if not self.edges:
            return np.ones((1, len(distance)))
        edges = np.array(self.edges)[:, None]
        if self.resolution > 0:
            from scipy.special import ndtr  # noqa: PLC0415 (the module is light to import)

            below = ndtr((edges - distance) / self.resolution)
        else:
            below = (distance < edges).astype(np.float64)
        probabilities = np.diff(below, axis=0)
        return np.concatenate([probabilities, 1 - (below[-1:] - below[:1])])


@lru_cache(maxsize=8)
def _shared_nodes(baselines: Baselines, fastest: float) -> tuple[Array, Array]:
    """Place nodes for every wave number up to the largest."""
    return baselines._nodes(fastest)


def _paths(distance: Array, a: float, n: int) -> tuple[Array, Array]:
    """Place baselines from a source of radius a to points at given distances; weights include 1/r²."""
    d = distance[:, None]
    share, measure = clustered_nodes(n)
    nearest = np.abs(d - a)
    span = d + a - nearest
    outer = nearest + span * share
    across = 2 * math.pi * np.maximum(1 - (d * d + outer * outer - a * a) / (2 * d * outer), 0.0)
    inner_range = np.maximum(a - d, 0.0)  # radius of the ball around the point that lies in the source
    inner = inner_range * share
    weights = np.concatenate(
        [across * span * measure, np.broadcast_to(4 * math.pi * inner_range * measure, outer.shape)], axis=1
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
    # powers of exp(i step (r - r0)), in blocks, so that rounding errors do not accumulate
    phase_step, block = np.exp(1j * step * (paths - (low + high) / 2)), 256
    powers = phase_step[None, :] ** np.arange(block)[:, None]
    start = np.exp(1j * step * block * np.arange(math.ceil(n / block))[:, None] * (paths - (low + high) / 2))
    rows = [powers @ (s[:, None] * weights.T) for s in start]
    return step, np.concatenate(rows)[:n]
