"""Crossings of the profile of -2 ln L of one data set with a level: ends of intervals and regions."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.likelihood.profiling import profiled
from analysis.model import INSIDE, REACH, FitModel

__all__ = ["crossing", "crossing_between"]

Array = NDArray[np.float64]

_PARTS = 8
_STEPS = 100


def crossing(
    model: FitModel, counts: Array, auxiliary: Array, start: float, level: float, step: float, end: float
) -> float | None:
    """Find where the profile first rises to a level, walking from `start` by growing steps towards `end`.

    Intermediate points of each step are evaluated, so that a rise and fall within it is not missed.

    Parameters
    ----------
    model : FitModel
    counts : ndarray, shape (n_bins,)
    auxiliary : ndarray, shape (n_nuisances,)
    start, level, step, end : float

    Returns
    -------
    float or None
        None if there is no crossing.
    """
    sign = math.copysign(1.0, step)
    n_parts = 1 if model.templates.poi in INSIDE else _PARTS  # each point of these is a new folding
    left = start
    for _ in range(_STEPS):
        right = left + step
        is_last = sign * right >= sign * end
        if is_last:
            right = end
        if not math.isfinite(right) or abs(right - start) > REACH * model.width:
            return None
        points = np.linspace(left, right, n_parts + 1)
        above = np.flatnonzero(profiled(model, counts, auxiliary, points[1:])[0] >= level)
        if above.size:
            i = int(above[0])
            return crossing_between(model, counts, auxiliary, float(points[i]), float(points[i + 1]), level)
        if is_last:
            return None
        left, step = right, 1.3 * step
    return None


def crossing_between(
    model: FitModel,
    counts: Array,
    auxiliary: Array,
    a: float,
    b: float,
    level: float,
    also: Array | None = None,
) -> float:
    """Find where the profile is at a level, between a value below it and one above."""

    def above(poi: float) -> float:
        return float(profiled(model, counts, auxiliary, poi, also=also)[0][0]) - level

    return float(brentq(above, a, b, xtol=1e-9 * model.width, rtol=1e-13))
