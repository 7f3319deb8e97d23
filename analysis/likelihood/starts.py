"""Where searches for minima begin."""

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
"""Minima closer than this, in units of the resolution, are one start."""
_POINTS, _DIPS, _WAVES = 48, 4, 12
"""Values at which the profile of every data set is looked at, and local minima of them that are followed; the
last of Δm², with one for every wave."""
_EXCLUDED, _OF_A_BIN = 100.0, 10.0
_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""True values around the model's, in the same units, of which exact data are looked at."""


def local_minima(values: Array) -> NDArray[np.bool_]:
    """Tell which values are not above their neighbours along the first axis; ends have one neighbour."""
    padding = ((1, 1), *((0, 0) for _ in range(values.ndim - 1)))
    around = np.pad(values, padding, constant_values=math.inf)
    return np.asarray((values < around[:-2]) & (values <= around[2:]))


def ranked_dips(values: Array, most: int) -> list[int]:
    """List the local minima of a scan by their numbers, the deepest first.

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
    """Return by how much of -2 ln L exact data must exclude a value so that no data prefer it."""
    return _EXCLUDED + _OF_A_BIN * model.templates.n_bins


def model_starts(model: FitModel) -> tuple[float, ...]:
    """List the values of the parameter of interest from which searches begin, whatever the data.

    The model's value, then local minima that exact data of true values around it have in the physical range.
    """
    low, high = model.physical
    found = [model.anchor]
    for shift in _SHIFTS:
        truth = min(max(model.anchor + shift * model.width, low), high)
        values, _ = profiled(model, model.templates.expected(truth), model.nominal, model.grid)
        possible = local_minima(values) & (values < excluded(model))
        for point in model.grid[possible]:
            if all(abs(point - other) > _SEPARATE * model.width for other in found):
                found.append(float(point))
    if model.templates.poi in EVEN:  # at 0 the slope vanishes, minimum or not
        found = [max(start, 0.1 * model.width) for start in found]
    return tuple(found[:_MOST])


def data_starts(model: FitModel, problem: Problem, low: float, high: float) -> list[Array]:
    """Find where searches of data sets begin if there may be many minima: the deepest of a coarse profile.

    Parameters
    ----------
    model : FitModel
    problem : Problem
    low, high : float
        Range of the parameter of interest.

    Returns
    -------
    list of ndarray, shape (n, 1 + n_nuisances)
        Empty where the signal is a polynomial, of whose fits exact data know the minima.
    """
    if model.templates.coefficients is not None:
        return []
    inside = model.grid[(model.grid > low) & (model.grid < high)]
    waves = model.templates.poi == "delta_m2"  # a minimum of its own for every wave
    step = 1 if waves else -(-len(inside) // _POINTS)
    points = np.concatenate([[low], inside[::step], [high]])
    found = [problem.profile(np.full(problem.size, x)) for x in points]
    values = np.array([np.where(f[2], math.inf, f[1]) for f in found])
    dips = np.where(local_minima(values), values, math.inf)
    which = np.argsort(dips, axis=0, kind="stable")[: _WAVES if waves else _DIPS]
    parameters = np.array([f[0] for f in found])
    return [parameters[w, np.arange(problem.size)] for w in which]


def turning_points(model: FitModel) -> Array:
    """List the values at which the expected counts of a bin turn around, ascending.

    Of a signal that is a polynomial; a parameter without one has none.
    """
    if model.templates.coefficients is None:
        return np.empty(0)
    _, linear, quadratic = model.templates.coefficients[:, 0]
    size = np.abs(linear) + np.abs(quadratic) * model.width
    curved = np.abs(quadratic) * model.width > 1e-12 * np.where(size > 0, size, 1.0)
    return np.unique(-linear[curved] / (2 * quadratic[curved]))
