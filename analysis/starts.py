"""Where fits of many data sets begin."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch import Problem
from analysis.fitter import Fitter
from analysis.ranges import EVEN

__all__ = ["free_starts", "own_starts"]

Array = NDArray[np.float64]

_MOST = 4
_SEPARATE = 3.0
"""Minima closer than this, in units of the resolution, are one start."""
_POINTS, _DIPS = 24, 2
"""Values at which the profile of every data set is looked at, and local minima of them that are followed."""
_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""True values around the model's, in the same units, of which exact data are looked at."""


def free_starts(fitter: Fitter) -> tuple[float, ...]:
    """List the values of the parameter of interest from which free fits find every minimum.

    The model's value, then local minima that exact data of true values around it have in the physical range.
    """
    low, high = fitter.physical
    found = [fitter.anchor]
    for shift in _SHIFTS:
        truth = min(max(fitter.anchor + shift * fitter.width, low), high)
        values = fitter.scan(fitter.data(fitter.templates.expected(truth)))
        padded = np.concatenate([[math.inf], values, [math.inf]])
        for point in fitter.grid[(values < padded[:-2]) & (values <= padded[2:])]:
            if all(abs(point - other) > _SEPARATE * fitter.width for other in found):
                found.append(float(point))
    if fitter.templates.poi in EVEN:  # at 0 the slope vanishes, minimum or not
        found = [max(start, 0.1 * fitter.width) for start in found]
    return tuple(found[:_MOST])


def own_starts(fitter: Fitter, problem: Problem, low: float, high: float) -> list[Array]:
    """Find where fits of each data set begin if there may be many minima: the deepest of a coarse profile.

    Parameters
    ----------
    fitter : Fitter
    problem : Problem
    low, high : float
        Range of the parameter of interest.

    Returns
    -------
    list of ndarray, shape (n,)
        Empty where the signal is a polynomial, of whose fits exact data know the minima.
    """
    if fitter.templates.coefficients is not None:
        return []
    inside = fitter.grid[(fitter.grid > low) & (fitter.grid < high)]
    points = np.concatenate([[low], inside[:: -(-len(inside) // _POINTS)], [high]])
    values = np.array([problem.profile(np.full(problem.size, x))[1] for x in points])
    around = np.pad(values, ((1, 1), (0, 0)), constant_values=math.inf)
    dips = np.where((values < around[:-2]) & (values <= around[2:]), values, math.inf)
    return [points[which] for which in np.argsort(dips, axis=0, kind="stable")[:_DIPS]]
