"""Where fits of many data sets begin."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.fitter import Fitter
from analysis.ranges import EVEN

__all__ = ["free_starts", "linear_estimator"]

Array = NDArray[np.float64]

_MOST = 4
_SEPARATE = 3.0
"""Minima closer than this, in units of the resolution, are one start."""
_SHIFTS = (-3.0, -1.5, 0.0, 1.5, 3.0)
"""True values around the model's, in the same units, of which exact data are looked at."""
_STEP = 1e-3
"""Of differences: of pulls, and in units of the resolution."""
_LEAST = 1e-3
"""Variance of a bin in which hardly anything is expected."""


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


def linear_estimator(fitter: Fitter, start: float, edges: tuple[float, float]) -> Array | None:
    """Make the linear estimator of all parameters: Fisher's step from a point for Gaussian data.

    Parameters
    ----------
    fitter : Fitter
    start : float
        Value of the parameter of interest; nuisance parameters are nominal.
    edges : tuple of two floats
        Range of the parameter of interest.

    Returns
    -------
    ndarray, shape (1 + n_nuisances, 1 + n_bins + n_nuisances), or None
        Multiplies (1, counts, measured pulls); None where the data measure nothing there.
    """
    templates = fitter.templates
    mu, nominal = templates.expected(start), fitter.nominal
    left, right = max(start - _STEP * fitter.width, edges[0]), min(start + _STEP * fitter.width, edges[1])
    slope = (templates.expected(right) - templates.expected(left)) / (right - left)
    steps = _STEP * np.eye(len(nominal))
    pulls = [(templates.expected(start, x) - templates.expected(start, -x)) / (2 * _STEP) for x in steps]
    changes = np.array([slope, *pulls])
    variance = fitter.errors**2 if fitter.likelihood == "paper" else np.maximum(mu, _LEAST)
    weights = np.diag([float(n.constraint != "free") for n in templates.nuisances]).reshape(2 * nominal.shape)
    information = (changes / variance) @ changes.T
    information[1:, 1:] += weights
    try:
        np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        return None
    measured = np.vstack([np.zeros((1, len(nominal))), weights])
    solved = np.linalg.solve(information, np.hstack([changes / variance, measured]))
    constant = np.concatenate([[start], nominal]) - solved[:, : len(mu)] @ mu
    return np.column_stack([constant, solved])
