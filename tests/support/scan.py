"""A dense scan of the profile likelihood of many data sets, and the minima that it shows."""

from dataclasses import dataclass

import numpy as np

from support.descent import descend, profile, starts_of
from support.deviance import Problem

__all__ = ["TIE", "Minimum", "Scan", "scan", "scan_many"]

TIE = 1e-6
"""Minima whose -2 ln L differ by less are equally deep."""

_EVERY = 6
"""Points of the grid from one that is minimised from all starts to the next."""
_MOST = 6
"""Local minima of one data set that are kept, the deepest."""
_APART = 0.3
"""Pulls that differ by more than this between neighbours may lie in two basins."""
_FAR = 1e3
"""Above the lowest by more than this a point is minimised from two starts only, unless all are asked for."""
_FEW, _HOPELESS = 15, 100.0
"""Steps, and how many times farther above the lowest than what is scanned a point is then left out."""
_LOWER = 1e-9
_COLUMNS = 5_000


@dataclass(frozen=True, kw_only=True)
class Minimum:
    """Minima of n data sets, one each.

    Parameters
    ----------
    theta, value : ndarray, shape (n,)
    pulls : ndarray, shape (m, n)
    """

    theta: np.ndarray
    value: np.ndarray
    pulls: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Scan:
    """The profile of n data sets at k points, and what it shows.

    Parameters
    ----------
    problem : Problem
    grid : ndarray, shape (k,)
        Values of the parameter of interest, ascending, within the physical range.
    values : ndarray, shape (k, n)
        -2 ln L/L_saturated, smallest over the nuisance parameters.
    pulls : ndarray, shape (m, k, n)
    minima : Minimum
        Local minima in the physical range, arrays (most, n) and (m, most, n): the deepest first, infinite
        where there are fewer.
    released : Minimum
        Where each of them ends when the parameter of interest may leave the physical range.
    """

    problem: Problem
    grid: np.ndarray
    values: np.ndarray
    pulls: np.ndarray
    minima: Minimum
    released: Minimum

    @property
    def physical(self):
        """The global minimum in the physical range; of equally deep ones the nearest to the model's value."""
        return self._choose(self.minima)

    @property
    def free(self):
        """The estimate of a free fit: the deepest of the released minima.

        Of equally deep ones a physical one, then the nearest to the model's value.
        """
        return self._choose(self.released)

    @property
    def tied(self):
        """Other minima as deep as the estimate of the free fit, shape (most, n): their values, else NaN."""
        best, all_ = self.free, self.released
        equal = all_.value <= all_.value.min(axis=0) + TIE
        other = np.abs(all_.theta - best.theta) > 1e-6 * self.problem.curve.unit
        return np.where(equal & other, all_.theta, np.nan)

    def _choose(self, minima):
        low, high = self.problem.physical
        equal = minima.value <= minima.value.min(axis=0) + TIE
        with np.errstate(invalid="ignore"):
            outside = (minima.theta < low) | (minima.theta > high)
            far = np.abs(minima.theta - self.problem.expected.truth)
        order = np.lexsort((far, outside, ~equal), axis=0)[0]
        columns = np.arange(minima.theta.shape[1])
        return Minimum(
            theta=minima.theta[order, columns],
            value=minima.value[order, columns],
            pulls=minima.pulls[:, order, columns],
        )


def scan(problem, grid, *, thorough=False, far=None):
    """Profile data sets at all points of a grid, and find their minima.

    Parameters
    ----------
    problem : Problem
    grid : ndarray, shape (k,)
    thorough : bool
        Start at every point from everywhere, not at every sixth.
    far : float, optional
        Leave points out, as infinite, where those at every sixth are higher than the lowest by more: minima
        are found at a fraction of the cost, regions are not.

    Returns
    -------
    Scan
    """
    values, pulls = _profile_grid(problem, grid, 1 if thorough else _EVERY, far)
    minima = _local_minima(problem, grid, values, pulls)
    return Scan(
        problem=problem,
        grid=grid,
        values=values,
        pulls=pulls,
        minima=minima,
        released=_release(problem, minima),
    )


def _profile_grid(problem, grid, every, far):
    """Profile at all points, shapes (k, n) and (m, k, n)."""
    n, k = problem.size, len(grid)
    t = (grid - problem.curve.origin) / problem.curve.unit
    values, pulls = np.full((k, n), np.inf), np.zeros((len(problem.auxiliary), k, n))
    if not len(problem.auxiliary):
        for i in range(k):
            values[i] = problem.value(np.full((1, n), t[i]))
        return values, pulls
    coarse = np.unique([*range(0, k, every), k - 1])
    near = None if far is None else _hopeful(problem, t[coarse], far)
    for number, start in enumerate(starts_of(problem)):
        if number > 1 and every > 1:
            near = values[coarse] < values[coarse].min(axis=0) + (far or _FAR)
        starts = np.broadcast_to(start[:, None], (len(start), len(coarse), n))
        _improve(problem, t, values, pulls, coarse, starts, near)
    lowest = values[coarse].min(axis=0)
    _exchange(problem, t, values, pulls, coarse, None if far is None else values[coarse] < lowest + far)
    if len(coarse) < k:
        rest = np.setdiff1d(np.arange(k), coarse)
        place = np.searchsorted(coarse, rest)
        left, right = coarse[place - 1], coarse[place]
        share = ((t[rest] - t[left]) / (t[right] - t[left]))[None, :, None]
        between = (1 - share) * pulls[:, left] + share * pulls[:, right]
        near = None
        if far is not None:
            near = np.minimum(values[left], values[right]) < lowest + far
        _improve(problem, t, values, pulls, rest, between, near)
        _exchange(problem, t, values, pulls, np.arange(k), None if far is None else np.isfinite(values))
    return values, pulls


def _hopeful(problem, t, far):
    """Tell at which points a few steps do not end far above the lowest, shape (n_points, n)."""
    i, d = (k.ravel() for k in np.indices((len(t), problem.size)))
    value, _, done = profile(problem.take(d), t[i], problem.auxiliary[:, d], n_steps=_FEW)
    value, done = (k.reshape(len(t), problem.size) for k in (value, done))
    finite = np.isfinite(value)
    return ~finite | (value < value.min(axis=0) + np.where(done, far, _HOPELESS * far))


def _improve(problem, t, values, pulls, points, start, wanted=None):
    """Minimise at points from starts (m, n_points, n), and keep what is lower; only where wanted.

    Returns
    -------
    ndarray of bool, shape (n_points, n)
        What became lower.
    """
    lower = np.zeros((len(points), problem.size), bool)
    which = np.nonzero(~lower if wanted is None else wanted)
    for first in range(0, len(which[0]), _COLUMNS):
        i, d = (w[first : first + _COLUMNS] for w in which)
        value, found, _ = profile(problem.take(d), t[points[i]], start[:, i, d])
        better = value < values[points[i], d]
        lower[i, d] = value < values[points[i], d] - _LOWER
        i, d = i[better], d[better]
        values[points[i], d] = value[better]
        pulls[:, points[i], d] = found[:, better]
    return lower


def _exchange(problem, t, values, pulls, points, wanted=None):
    """Go on from the pulls of both neighbours until no point gets lower; only where wanted."""
    fresh = np.ones((len(points), problem.size), bool)
    while fresh.any():
        lower = np.zeros_like(fresh)
        for shift in (1, -1):
            other = np.clip(np.arange(len(points)) + shift, 0, len(points) - 1)
            start, own = pulls[:, points[other]], pulls[:, points]
            apart = (np.abs(start - own) > _APART).any(axis=0) | ~np.isfinite(values[points])
            apart = apart if wanted is None else apart & wanted
            lower |= _improve(problem, t, values, pulls, points, start, apart & fresh[other])
        fresh = lower


def _local_minima(problem, grid, values, pulls):
    """Refine the dips of the profile, bounded by the physical range."""
    n, k = problem.size, len(grid)
    unit, origin = problem.curve.unit, problem.curve.origin
    around = np.pad(values, ((1, 1), (0, 0)), constant_values=np.inf)
    dips = (values < around[:-2]) & (values <= around[2:]) & np.isfinite(values)
    depth = np.where(dips, values, np.inf)
    order = np.argsort(depth, axis=0, kind="stable")[:_MOST]
    theta, best = np.full((len(order), n), np.nan), np.full((len(order), n), np.inf)
    found = np.zeros((len(pulls), len(order), n))
    low, high = ((e - origin) / unit for e in problem.physical)
    for rank, i in enumerate(order):
        d = np.nonzero(np.isfinite(depth[i, np.arange(n)]))[0]
        for first in range(0, len(d), _COLUMNS):
            e = d[first : first + _COLUMNS]
            j = i[e]
            start = np.vstack([[(grid[j] - origin) / unit], pulls[:, j, e]])
            lowest = np.full_like(start, -np.inf)
            lowest[1:] = problem.lowest[:, None]
            highest = np.full_like(start, np.inf)
            lowest[0] = np.maximum((grid[np.maximum(j - 1, 0)] - origin) / unit, low)
            highest[0] = np.minimum((grid[np.minimum(j + 1, k - 1)] - origin) / unit, high)
            y, value, _ = descend(problem.take(e), start, low=lowest, high=highest, largest=2.0)
            theta[rank, e], best[rank, e], found[:, rank, e] = origin + unit * y[0], value, y[1:]
    return _sorted(Minimum(theta=theta, value=best, pulls=found))


def _sorted(minima):
    order = np.argsort(minima.value, axis=0, kind="stable")
    return Minimum(
        theta=np.take_along_axis(minima.theta, order, axis=0),
        value=np.take_along_axis(minima.value, order, axis=0),
        pulls=np.take_along_axis(minima.pulls, order[None], axis=1),
    )


def _release(problem, minima):
    """Let minima at an end of the physical range go beyond it, in short steps: each stays in its basin."""
    unit, origin = problem.curve.unit, problem.curve.origin
    physical, free = ([(e - origin) / unit for e in r] for r in (problem.physical, problem.range))
    theta, value, pulls = minima.theta.copy(), minima.value.copy(), minima.pulls.copy()
    for end, beyond in zip(physical, free, strict=True):
        if end == beyond:
            continue
        t = (theta - origin) / unit
        with np.errstate(invalid="ignore"):
            rank, d = np.nonzero(np.isfinite(value) & (np.abs(t - end) <= 1e-12 * max(1, abs(end))))
        if not len(d):
            continue
        start = np.vstack([np.full((1, len(d)), end), pulls[:, rank, d]])
        lowest, highest = np.full_like(start, -np.inf), np.full_like(start, np.inf)
        lowest[0], highest[0] = min(end, beyond), max(end, beyond)
        lowest[1:] = problem.lowest[:, None]
        y, f, _ = descend(problem.take(d), start, low=lowest, high=highest, largest=0.5, n_steps=2000)
        theta[rank, d], value[rank, d], pulls[:, rank, d] = origin + unit * y[0], f, y[1:]
    return Minimum(theta=theta, value=value, pulls=pulls)


def scan_many(problem, grid, size=1000, **options):
    """Scan data sets in blocks, one in memory at a time: pairs of the first number and a `Scan`."""
    for first in range(0, problem.size, size):
        yield first, scan(problem.take(np.arange(first, min(first + size, problem.size))), grid, **options)
