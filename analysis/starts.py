"""Where fits of many data sets begin."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.fitter import Fitter
from analysis.ranges import EVEN

__all__ = ["free_starts"]

Array = NDArray[np.float64]

_MOST = 4
_SEPARATE = 3.0
"""Minima closer than this, in units of the resolution, are one start."""
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
