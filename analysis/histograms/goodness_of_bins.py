"""Pearson's test of counts against their expectation."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, xlogy

__all__ = ["ENOUGH_WEIGHTED", "Comparison", "compare", "compare_weighted"]

Array = NDArray[np.float64]

_ENOUGH = 5.0
"""Expected counts below which neighbouring bins are pooled."""
ENOUGH_WEIGHTED = 25.0
"""The same for the effective counts (Σw)²/Σw² of weighted events, whose variance is an estimate."""


_DISAGREES = 1e-6
"""p-value below which counts and expectation disagree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Pearson's χ² of counts against their expectation.

    Parameters
    ----------
    chi2 : float
    ndof : int
        Number of pooled bins; one less if their sum was fixed.
    p_value : float or None
        None if fewer than 5 counts are expected in all bins together.
    p_deviance : float or None
        p-value of the deviance -2 ln L/L_saturated. Large fluctuations of few counts are more frequent than
        according to Pearson's χ².

    Examples
    --------
    >>> compare([105, 90, 110], [100, 100, 100]).verdict, compare([200, 90, 110], [100, 100, 100]).verdict
    ('agrees', 'disagrees')
    """

    chi2: float
    ndof: int
    p_value: float | None
    p_deviance: float | None = None

    @property
    def verdict(self) -> Literal["agrees", "disagrees"] | None:
        """Verdict: "disagrees" if both p-values are below 1e-6, else "agrees"; None without a p-value."""
        if self.p_value is None:
            return None
        return "disagrees" if max(self.p_value, self.p_deviance or 0.0) < _DISAGREES else "agrees"


def _pool(counts: Array, expected: Array) -> tuple[Array, Array]:
    """Join neighbouring bins until each expects enough."""
    groups: list[list[float]] = [[0.0, 0.0]]
    for n, mu in zip(counts, expected, strict=True):
        if groups[-1][1] >= _ENOUGH:
            groups.append([0.0, 0.0])
        groups[-1][0] += n
        groups[-1][1] += mu
    if len(groups) > 1 and groups[-1][1] < _ENOUGH:
        last = groups.pop()
        groups[-1] = [groups[-1][0] + last[0], groups[-1][1] + last[1]]
    n, mu = np.array(groups).T
    return n, mu


def compare(counts: ArrayLike, expected: ArrayLike, *, n_drawn: int | None = None) -> Comparison:
    """Compare counts with their expectation.

    Parameters
    ----------
    counts, expected : array_like, shape (n,)
        All bins, flow bins too.
    n_drawn : int, optional
        Number of events, if it was fixed before any cut: events that were not recorded are then one more bin,
        and the sum is fixed. `expected` has to be normalised to it.

    Returns
    -------
    Comparison
        Bins that expect fewer than 5 counts are pooled with their neighbours.

    Examples
    --------
    >>> compare([105, 90, 110], [100, 100, 100]).ndof
    3
    """
    counts, expected = np.asarray(counts, np.float64), np.asarray(expected, np.float64)
    if n_drawn is not None:
        counts = np.append(counts, n_drawn - counts.sum())
        expected = np.append(expected, max(n_drawn - expected.sum(), 0.0))
    n, mu = _pool(counts, expected)
    ndof = len(n) - (n_drawn is not None)
    if mu.min() < _ENOUGH or ndof == 0:
        return Comparison(chi2=0.0, ndof=0, p_value=None)
    chi2 = float(np.sum((n - mu) ** 2 / mu))
    return _comparison(chi2, ndof, n, mu)


def _comparison(chi2: float, ndof: int, n: Array, mu: Array) -> Comparison:
    """Compute the p-values of Pearson's χ² and of the deviance of counts, or effective counts."""
    with np.errstate(divide="ignore"):
        deviance = float(np.sum(2 * (mu - n + xlogy(n, n) - xlogy(n, mu))))
    p_deviance = float(chdtrc(ndof, max(deviance, 0.0)))
    return Comparison(chi2=chi2, ndof=ndof, p_value=float(chdtrc(ndof, chi2)), p_deviance=p_deviance)


def compare_weighted(
    sum_w: ArrayLike, sum_w2: ArrayLike, expected: ArrayLike, *, n_drawn: int | None = None
) -> Comparison:
    """Compare sums of weights with their expectation.

    Parameters
    ----------
    sum_w, sum_w2, expected : array_like, shape (n,)
        Sums of the weights and of their squares in all bins, flow bins too.
    n_drawn : int, optional
        Number of events, if it was fixed before any cut: the bins then have the covariance
        δ_ij Σw² - (Σw)_i (Σw)_j / n_drawn.

    Returns
    -------
    Comparison
        Bins of fewer than 25 effective events, (Σw)²/Σw², are pooled with their neighbours.

    Examples
    --------
    >>> compare_weighted([105, 90, 110], [105, 90, 110], [100, 100, 100]).ndof
    3
    """
    columns = np.stack([np.asarray(x, np.float64) for x in (sum_w, sum_w2, expected)])
    groups: list[Array] = []
    for column in columns.T:
        if groups and _effective(groups[-1]) < ENOUGH_WEIGHTED:
            groups[-1] = groups[-1] + column
        else:
            groups.append(column)
    if len(groups) > 1 and _effective(groups[-1]) < ENOUGH_WEIGHTED:
        groups[-2:] = [groups[-2] + groups[-1]]
    if _effective(groups[-1]) < ENOUGH_WEIGHTED:
        return Comparison(chi2=0.0, ndof=0, p_value=None)
    w, w2, mu = np.array(groups).T
    chi2, ndof = float(np.sum((w - mu) ** 2 / w2)), len(w)
    if n_drawn is not None:
        free_variance = n_drawn - float(np.sum(w**2 / w2))
        if free_variance > 1e-9 * n_drawn:
            chi2 += float(np.sum((w - mu) * w / w2)) ** 2 / free_variance
        else:  # every event drawn is recorded, all with the same weight: the sum is fixed
            ndof -= 1
    if ndof == 0:
        return Comparison(chi2=0.0, ndof=0, p_value=None)
    effective = w**2 / w2
    return _comparison(chi2, ndof, effective, effective * mu / w)


def _effective(group: Array) -> float:
    return float(group[0] ** 2 / group[1]) if group[1] > 0 else 0.0
