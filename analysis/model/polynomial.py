"""Counts that are quadratic in a parameter: the coefficients, from counts at several values."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["quadratic"]

Array = NDArray[np.float64]

_SMALLEST = 1e-45
"""No parameter has steps below this."""


def quadratic(signal: Callable[[float], Array], low: float, high: float) -> Array | None:
    """Compute the coefficients of counts that are quadratic in a parameter.

    Parameters
    ----------
    signal : callable
        Counts at a value of the parameter, shape (n_layers, n_bins), the nominal layer first.
    low, high : float
        Range of the parameter.

    Returns
    -------
    ndarray, shape (3, n_layers, n_bins), or None
        From three points; None if three more do not agree to rounding.

    Examples
    --------
    >>> quadratic(lambda x: np.array([[2 + x**2]]), -math.inf, math.inf).ravel().round(12).tolist()
    [2.0, 0.0, 1.0]
    """
    origin = low if math.isfinite(low) else 0.0
    step = _span(signal, origin, high)
    points = origin + step * np.array([0.25, 0.5, 1.0])
    values = np.array([signal(float(p)) for p in points])
    size = np.abs(values[:, :1]) + 1e-300
    basis = np.vander(points / step, 3, increasing=True)
    coefficients = np.linalg.solve(basis, values.reshape(3, -1)).reshape(values.shape)
    coefficients /= step ** np.arange(3.0)[:, None, None]
    for p in origin + step * np.array([0.1, 0.7, 2.0]):
        if p >= high:
            continue
        exact = signal(float(p))
        difference = np.abs(np.polynomial.polynomial.polyval(p, coefficients) - exact)
        if not np.all(difference <= 1e-10 * np.maximum(size.max(axis=0), np.abs(exact[:1]))):
            return None
    return np.ascontiguousarray(coefficients)


def _span(signal: Callable[[float], Array], origin: float, high: float) -> float:
    """Find a step from the origin over which the counts change by about their own size.

    Much more would drown the constant in rounding (μ_ν is of order 1e-11), much less the slope.
    """

    def total(value: float) -> float:
        return float(signal(value)[0].sum())

    room = high - origin
    step = room / 4 if math.isfinite(room) else 1.0
    start = total(origin)
    while step > _SMALLEST and total(origin + step) > 10 * start > 0:
        step /= 10
    while 10 * step < min(room, 1e6) and abs(total(origin + step) - start) < 0.1 * start:
        step *= 10
    return step
