"""Quantiles of the limits of pseudo-experiments at -2 ... +2 σ, and their statistical errors."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrik, ndtr

__all__ = ["BAND", "expected_band", "rank_interval"]

BAND: tuple[float, ...] = tuple(float(p) for p in ndtr(np.arange(-2, 3)))
"""Probabilities of -2, -1, 0, 1 and 2 standard deviations."""


def rank_interval(n: int, p: float) -> tuple[int, int]:
    """Find two ranks that enclose a quantile of a distribution with a probability of at least 68.3 %.

    Parameters
    ----------
    n : int
        Number of values drawn from the distribution.
    p : float
        Probability below the quantile.

    Returns
    -------
    low, high : int
        Ranks from 1; below 1 or above n if there are too few values.

    Notes
    -----
    The number of values below the quantile is binomial for any distribution (David and Nagaraja, Order
    Statistics, 7.1).

    Examples
    --------
    >>> rank_interval(20_000, 0.5)
    (9929, 10072)
    """
    ranks = (float(bdtrik(float(ndtr(sign)), n, p)) for sign in (-1, 1))
    low, high = (0 if math.isnan(k) else math.ceil(k) for k in ranks)  # NaN: 0 has a larger probability
    return low, high + 1


def expected_band(limits: ArrayLike) -> tuple[tuple[float, ...], tuple[float | None, ...]]:
    """Compute the band of the limits of pseudo-experiments.

    Parameters
    ----------
    limits : array_like, shape (n,)
        Infinity for a toy without a limit.

    Returns
    -------
    band : tuple of five floats
        Quantiles at -2, -1, 0, +1, +2 σ.
    errors : tuple of five floats or None
        Their statistical errors: half the distance between the limits at the ranks of `rank_interval`. None
        if one of these is infinite, or if there are too few toys.

    Examples
    --------
    >>> band, errors = expected_band(np.arange(10_000.0))
    >>> band[2], errors[2]
    (5000.0, 50.5)
    """
    ordered = np.sort(np.asarray(limits, np.float64))
    n = len(ordered)
    band = tuple(float(x) for x in np.quantile(ordered, BAND, method="higher"))
    errors: list[float | None] = []
    for p in BAND:
        low, high = rank_interval(n, p)
        is_finite = low >= 1 and high <= n and math.isfinite(ordered[high - 1])
        errors.append(float(ordered[high - 1] - ordered[low - 1]) / 2 if is_finite else None)
    return band, tuple(errors)
