"""Binomial tail probabilities of a coverage study, and their correction for the number of tests."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc

from analysis.calibration import coverage_error

__all__ = ["binomial_tails", "holm"]

Array = NDArray[np.float64]

_NODES, _REACH = 4001, 12.0
"""Points of the integral over the coverage of a table's threshold, and its reach in standard deviations."""


def binomial_tails(
    covered: int, n: int, level: float, n_calibration: int | None = None
) -> tuple[float, float]:
    """Compute P(K ≤ covered) and P(K ≥ covered) of a binomial K with n trials of probability `level`.

    Parameters
    ----------
    covered, n : int
    level : float
    n_calibration : int, optional
        Toys of the table whose thresholds the intervals have. The probability of a trial is then not `level`
        but has the beta distribution of `analysis.calibration.coverage_error`.

    Examples
    --------
    >>> [round(p, 4) for p in binomial_tails(1, 2, 0.5)]
    [0.75, 0.75]
    >>> [round(binomial_tails(9300, 10000, 0.95, n)[0], 6) for n in (200, 2000, 2000000)]
    [0.103317, 0.000318, 0.0]
    """
    chance, weight = np.array([level]), np.ones(1)
    if n_calibration is not None:
        chance, weight = _coverages(n_calibration, level)
    low = float(weight @ betainc(n - covered, covered + 1, 1 - chance)) if covered < n else 1.0
    high = float(weight @ betainc(covered, n - covered + 1, chance)) if covered > 0 else 1.0
    return low, high


def _coverages(n_toys: int, level: float) -> tuple[Array, Array]:
    """Return possible coverages of a table's threshold, and their probabilities."""
    rank = min(math.ceil(level * (n_toys + 1)), n_toys)
    a, b, reach = rank, n_toys + 1 - rank, _REACH * coverage_error(n_toys, level)
    edges = np.linspace(max(level - reach, 0.0), min(level + reach, 1.0), _NODES)
    chance = (edges[1:] + edges[:-1]) / 2
    log_density = (a - 1) * np.log(chance) + (b - 1) * np.log1p(-chance)
    weight = np.exp(log_density - log_density.max())
    return chance, np.asarray(weight / weight.sum())


def holm(p_values: ArrayLike) -> Array:
    """Adjust p-values for the number of tests; valid for any correlations.

    Parameters
    ----------
    p_values : array_like, shape (n,)

    Returns
    -------
    ndarray, shape (n,)
        The probability that any true hypothesis has an adjusted p-value of at most α is at most α.

    Notes
    -----
    The smallest is multiplied by n, the next by n - 1 and so on, and the results are made ascending (Holm,
    Scand. J. Statist. 6, 65).

    Examples
    --------
    >>> holm([0.01, 0.5, 0.02]).round(4)
    array([0.03, 0.5 , 0.04])
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    return adjusted
