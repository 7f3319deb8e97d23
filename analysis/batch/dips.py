"""Dips of profiles on a grid, and minima beyond the end of a range, of many data sets."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem
from analysis.likelihood import local_minima, pull_starts
from analysis.model import REACH, FitModel

__all__ = ["Dips", "beyond_end", "blocks", "deepest_dips", "lowest_profiles", "narrowed"]

Array = NDArray[np.float64]

_WINDOW, _GROWTH, _WINDOWS = 2.0, 1.5, 40
"""Steps beyond an end of the physical range: the first in units of the resolution, the factor between steps,
and the largest number of steps."""
_DIPS = 6
"""Number of local minima of the profile on a grid that are followed."""
_GOLDEN, _SECTIONS = (math.sqrt(5) - 1) / 2, 40
"""Ratio of an interval to the one before it, and number of sections."""
_CELLS = 2_000_000
"""Number of parameters of scans that are in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dips:
    """One local minimum of the profile of each of n data sets, on a grid.

    Parameters
    ----------
    start : ndarray, shape (n, 1 + n_nuisances)
        Parameters at the minimum.
    low, high : ndarray, shape (n,)
        Its neighbours on the grid.
    """

    start: Array
    low: Array
    high: Array


def deepest_dips(model: FitModel, problem: Problem, points: Array) -> list[Dips]:
    """Find the deepest local minima of the profile on a grid.

    Parameters
    ----------
    model : FitModel
    problem : Problem
    points : ndarray, shape (k,)
        Values of the parameter of interest, ascending.

    Returns
    -------
    list of Dips
        The deepest of each data set, the next, and so on; the deepest again where there are fewer.
    """
    block_dips = [_dips(model, problem.of(block), points) for block in blocks(problem, points)]
    indices, starts = (np.concatenate([dips[i] for dips in block_dips], axis=1) for i in (0, 1))
    last = len(points) - 1
    return [
        Dips(start=start, low=points[np.maximum(i - 1, 0)], high=points[np.minimum(i + 1, last)])
        for i, start in zip(indices, starts, strict=True)
    ]


def blocks(problem: Problem, points: Array) -> list[NDArray[np.intp]]:
    """Divide the data sets into blocks whose scans at some points fit into memory; return their indices."""
    step = max(1, _CELLS // (len(points) * (1 + problem.auxiliary.shape[1])))
    return [np.arange(i, min(i + step, problem.size)) for i in range(0, problem.size, step)]


def lowest_profiles(model: FitModel, problem: Problem, points: Array) -> tuple[Array, Array]:
    """Compute profiles at points, from all starts of the pulls.

    Returns
    -------
    values : ndarray, shape (k, n)
        -2 ln L/L_saturated; infinity where no minimum was found.
    pulls : ndarray, shape (k, n, n_nuisances)
    """
    lowest = np.full((len(points), problem.size), math.inf)
    pulls = np.tile(problem.auxiliary, (len(points), 1, 1))
    for start in pull_starts(model, problem.auxiliary):
        parameters, values, failed = problem.scan(points, start)
        better = ~failed & (values < lowest)
        lowest[better], pulls[better] = values[better], parameters[better, 1:]
    return lowest, pulls


def _dips(model: FitModel, problem: Problem, points: Array) -> tuple[NDArray[np.intp], Array]:
    """Return indices of points, shape (dips, n), and parameters there, shape (dips, n, 1 + n_nuisances)."""
    profile, pulls = lowest_profiles(model, problem, points)
    depth = np.where(local_minima(profile) & np.isfinite(profile), profile, math.inf)
    order = np.argsort(depth, axis=0, kind="stable")[:_DIPS]
    order = np.where(np.isfinite(np.take_along_axis(depth, order, axis=0)), order, order[0])
    rows = np.arange(problem.size)
    return order, np.stack([np.column_stack([points[rank], pulls[rank, rows]]) for rank in order])


def narrowed(problem: Problem, dips: Dips) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Find minima of profiles by golden sections between the neighbours of dips; no curvature is needed.

    Returns
    -------
    parameters : ndarray, shape (n, 1 + n_nuisances)
    values : ndarray, shape (n,)
    failed : ndarray of bool, shape (n,)
    """
    low, high, best = dips.low.copy(), dips.high.copy(), dips.start.copy()
    best, values, failed = problem.profile(best)
    for _ in range(_SECTIONS):
        left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
        profiles = [problem.profile(np.column_stack([x, best[:, 1:]])) for x in (left, right)]
        depths = [np.where(profile[2], math.inf, profile[1]) for profile in profiles]
        for (parameters, _, _), depth in zip(profiles, depths, strict=True):
            better = depth < values
            best[better], values[better], failed[better] = parameters[better], depth[better], False
        lower = depths[0] <= depths[1]
        low, high = np.where(lower, low, left), np.where(lower, right, high)
    return best, values, failed


def beyond_end(
    problem: Problem, start: Array, *, end: float, last: float, is_end: bool, width: float
) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Follow minima beyond an end of the physical range, window by window, to where -2 ln L rises.

    Parameters
    ----------
    problem : Problem
    start : ndarray, shape (n, 1 + n_nuisances)
        Minima at the end of the range.
    end, last : float
        The end of the physical range, and the farthest value allowed.
    is_end : bool
        `last` is the end of the parameter's range, where a minimum may be, and not only the end of a table.
    width : float
        Unit of the steps.

    Returns
    -------
    parameters : ndarray, shape (n, 1 + n_nuisances)
    values : ndarray, shape (n,)
        -2 ln L/L_saturated; infinity where it decreases up to the end of the table, or where a fit failed.
    failed : ndarray of bool, shape (n,)
    """
    sign = math.copysign(1.0, last - end)
    parameters, values = start.copy(), np.full(len(start), math.inf)
    lost = np.zeros(len(start), np.bool_)
    rows, near_edge, step = np.arange(len(start)), end, _WINDOW * width
    for _ in range(_WINDOWS):
        far_edge = end + sign * min(abs(near_edge - end) + step, abs(last - end))
        far_edge = last if abs(far_edge - end) >= abs(last - end) else far_edge
        low, high = min(near_edge, far_edge), max(near_edge, far_edge)
        minima, value, failed = problem.of(rows).minima(parameters[rows], low, high)
        np.clip(minima[:, 0], low, high, out=minima[:, 0])
        lost[rows[failed]] = True
        parameters[rows[~failed]], values[rows[~failed]] = minima[~failed], value[~failed]
        rows = rows[~failed & (minima[:, 0] == far_edge)]
        if far_edge == last and not is_end:
            values[rows] = math.inf
        if far_edge == last or not len(rows) or abs(far_edge - end) > REACH * width:
            break
        near_edge, step = far_edge, _GROWTH * step
    values[lost] = math.inf
    return parameters, values, lost
