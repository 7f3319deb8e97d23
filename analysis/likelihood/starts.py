"""Starting values of searches for minima."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem
from analysis.likelihood.profiling import profiled
from analysis.model import EVEN, FitModel

__all__ = [
    "data_starts",
    "excluded",
    "local_minima",
    "model_starts",
    "neighbours",
    "ranked_dips",
    "turning_points",
]

Array = NDArray[np.float64]

_MOST = 4
_SEPARATE = 3.0
"""Minima closer than this, in units of the resolution, give one starting value."""
_POINTS, _DIPS, _WAVES = 48, 4, 12
"""Numbers of values at which the profile of every data set is evaluated, and of local minima that are
followed. The last is for Δm², which has one in every oscillation period."""
_EXCLUDED, _OF_A_BIN = 100.0, 10.0
_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""Exact data are scanned for true values at these distances from the model's value, in the same units."""


def local_minima(values: Array) -> NDArray[np.bool_]:
    """Tell which values are local minima along the first axis; ends have one neighbour."""
    padding = ((1, 1), *((0, 0) for _ in range(values.ndim - 1)))
    around = np.pad(values, padding, constant_values=math.inf)
    return np.asarray((values < around[:-2]) & (values <= around[2:]))


def ranked_dips(values: Array, most: int) -> list[int]:
    """List the indices of the local minima of a scan, the deepest first.

    Examples
    --------
    >>> ranked_dips(np.array([2.0, 3.0, 1.0, 4.0, 2.5]), 2)
    [2, 0]
    """
    dips = np.flatnonzero(local_minima(values))
    return [int(i) for i in dips[np.argsort(values[dips], kind="stable")][:most]]


def neighbours(grid: Array, i: int) -> tuple[float, float]:
    """Return the values of a grid to either side of one of them; an end is its own neighbour."""
    return float(grid[max(i - 1, 0)]), float(grid[min(i + 1, len(grid) - 1)])


def excluded(model: FitModel) -> float:
    """Return the -2 Δln L of exact data above which no data prefer a value."""
    return _EXCLUDED + _OF_A_BIN * model.templates.n_bins


def model_starts(model: FitModel) -> tuple[float, ...]:
    """List the starting values of the parameter of interest for all data sets.

    The first is the model's value. The others are local minima, in the physical range, of -2 ln L of exact
    data for true values around the model's.
    """
    low, high = model.physical
    starts = [model.anchor]
    for shift in _SHIFTS:
        truth = min(max(model.anchor + shift * model.width, low), high)
        values, _ = profiled(model, model.templates.expected(truth), model.nominal, model.grid)
        possible = local_minima(values) & (values < excluded(model))
        for point in model.grid[possible]:
            if all(abs(point - other) > _SEPARATE * model.width for other in starts):
                starts.append(float(point))
    if model.templates.poi in EVEN:  # at 0 the slope vanishes, minimum or not
        starts = [max(start, 0.1 * model.width) for start in starts]
    return tuple(starts[:_MOST])


def data_starts(model: FitModel, problem: Problem, low: float, high: float) -> list[Array]:
    """Find starting points for data with many minima: the deepest local minima of a coarse profile.

    Parameters
    ----------
    model : FitModel
    problem : Problem
    low, high : float
        Range of the parameter of interest.

    Returns
    -------
    list of ndarray, shape (n, 1 + n_nuisances)
        Empty if the signal is a polynomial: `model_starts` suffice.
    """
    if model.templates.coefficients is not None:
        return []
    inside = model.grid[(model.grid > low) & (model.grid < high)]
    waves = model.templates.poi == "delta_m2"  # a minimum in every oscillation period
    step = 1 if waves else -(-len(inside) // _POINTS)
    points = np.concatenate([[low], inside[::step], [high]])
    parameters, values, failed = problem.scan(points)
    values[failed] = math.inf
    dips = np.where(local_minima(values), values, math.inf)
    deepest = np.argsort(dips, axis=0, kind="stable")[: _WAVES if waves else _DIPS]
    return [parameters[rank, np.arange(problem.size)] for rank in deepest]


def turning_points(model: FitModel) -> Array:
    """List the values at which the expected counts of a bin have an extreme, ascending.

    Empty if the signal is not a polynomial.
    """
    if model.templates.coefficients is None:
        return np.empty(0)
    _, linear, quadratic = model.templates.coefficients[:, 0]
    size = np.abs(linear) + np.abs(quadratic) * model.width
    curved = np.abs(quadratic) * model.width > 1e-12 * np.where(size > 0, size, 1.0)
    return np.unique(-linear[curved] / (2 * quadratic[curved]))
