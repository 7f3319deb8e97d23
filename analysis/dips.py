"""Dips of profiles on a grid, and minima beyond the end of a range, of many data sets."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Problem
from analysis.fitmodel import REACH, FitModel
from analysis.profiling import pull_starts
from analysis.starts import local_minima

__all__ = ["beyond_end", "deepest_dips"]

Array = NDArray[np.float64]

_WINDOW, _GROWTH, _WINDOWS = 2.0, 1.5, 40
"""Steps beyond an end of the physical range, in units of the resolution: the first, by what they grow, the
most."""
_DIPS = 6
"""Local minima of the profile on a grid that are followed."""
_CELLS = 2_000_000
"""Counts of repeated data sets that are held in memory at once, about."""


def deepest_dips(model: FitModel, problem: Problem, points: Array) -> list[Array]:
    """Find the deepest local minima of the profile on a grid.

    Parameters
    ----------
    model : FitModel
    problem : Problem
    points : ndarray, shape (k,)
        Values of the parameter of interest, ascending.

    Returns
    -------
    list of ndarray, shape (n, 1 + n_nuisances)
        The deepest of each data set, the next, and so on; the deepest again where there are fewer.
    """
    step = max(1, _CELLS // (len(points) * (problem.counts.shape[1] + problem.auxiliary.shape[1])))
    parts = [np.arange(i, min(i + step, problem.size)) for i in range(0, problem.size, step)]
    return list(np.concatenate([_dips(model, problem.of(part), points) for part in parts], axis=1))


def _dips(model: FitModel, problem: Problem, points: Array) -> Array:
    n, k = problem.size, len(points)
    repeated = Problem(
        layout=problem.layout,
        counts=np.repeat(problem.counts, k, axis=0),
        auxiliary=np.repeat(problem.auxiliary, k, axis=0),
    )
    values, pulls = np.full(n * k, math.inf), repeated.auxiliary.copy()
    for begin in pull_starts(model, repeated.auxiliary):
        parameters, value, failed = repeated.profile(np.column_stack([np.tile(points, n), begin]))
        better = ~failed & (value < values)
        values[better], pulls[better] = value[better], parameters[better, 1:]
    profile = values.reshape(n, k).T
    depth = np.where(local_minima(profile) & np.isfinite(profile), profile, math.inf)
    order = np.argsort(depth, axis=0, kind="stable")[:_DIPS]
    order = np.where(np.isfinite(np.take_along_axis(depth, order, axis=0)), order, order[0])
    rows, pulls = np.arange(n), pulls.reshape(n, k, -1)
    return np.stack([np.column_stack([points[rank], pulls[rows, rank]]) for rank in order])


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
        The end, and how far they may go.
    is_end : bool
        The last value is the end of a range, at which a minimum may stand, and not the end of a table.
    width : float
        Unit of the steps.

    Returns
    -------
    parameters : ndarray, shape (n, 1 + n_nuisances)
    values : ndarray, shape (n,)
        -2 ln L/L_saturated there; infinity where it falls to the end of the table.
    failed : ndarray of bool, shape (n,)
    """
    sign = math.copysign(1.0, last - end)
    parameters, values = start.copy(), np.full(len(start), math.inf)
    lost = np.zeros(len(start), np.bool_)
    left, here, step = np.arange(len(start)), end, _WINDOW * width
    for _ in range(_WINDOWS):
        there = end + sign * min(abs(here - end) + step, abs(last - end))
        there = last if abs(there - end) >= abs(last - end) else there
        low, high = min(here, there), max(here, there)
        found, value, failed = problem.of(left).minima(parameters[left], low, high)
        np.clip(found[:, 0], low, high, out=found[:, 0])
        lost[left[failed]] = True
        parameters[left[~failed]], values[left[~failed]] = found[~failed], value[~failed]
        left = left[~failed & (found[:, 0] == there)]
        if there == last and not is_end:
            values[left] = math.inf
        if there == last or not len(left) or abs(there - end) > REACH * width:
            break
        here, step = there, _GROWTH * step
    return parameters, values, lost
