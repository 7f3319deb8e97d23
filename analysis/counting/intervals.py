"""Intervals of Feldman and Cousins: counts with a known background, a Gaussian bounded at 0."""

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, SupportsIndex

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from analysis.counting.acceptance import largest_signal, next_rise, smallest_signal
from analysis.settings import wrong_level

__all__ = ["FORMS", "LARGEST", "CountBelt", "Form", "count_belt", "count_interval", "gaussian_interval"]

Form = Literal["exact", "monotone"]

FORMS = ("exact", "monotone")
"""`exact`: as constructed; `monotone`: upper ends that do not rise with the background, as in the paper."""
LARGEST = 10**9
"""Largest number of counts, and largest background, for which intervals are computed."""

_XTOL = 1e-12
_NEGLIGIBLE = 1e-100


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBelt:
    """Intervals of the mean signal for many observed counts.

    Parameters
    ----------
    n : tuple of int
        Observed counts.
    low, high : tuple of float
        Ends of the interval for each number of counts.
    background : float
        Expected background.
    level : float
        Confidence level.
    form : {"exact", "monotone"}
    """

    n: tuple[int, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    background: float
    level: float
    form: Form


@np.errstate(under="ignore")
def count_belt(
    counts: Iterable[SupportsIndex], background: float, *, level: float = 0.9, form: Form = "exact"
) -> CountBelt:
    """Compute the intervals of the mean signal for many observed counts.

    Parameters
    ----------
    counts : iterable of int
        Observed counts.
    background, level, form
        As for `count_interval`.

    Returns
    -------
    CountBelt

    Examples
    --------
    >>> belt = count_belt(range(4), 3.0)
    >>> [f"{a:.2f} {b:.2f}" for a, b in zip(belt.low, belt.high)]
    ['0.00 0.95', '0.00 1.88', '0.00 3.04', '0.00 4.42']
    """
    n = tuple(_count(x) for x in counts)
    ends = [count_interval(x, background, level=level, form=form) for x in n]
    return CountBelt(
        n=n,
        low=tuple(low for low, _ in ends),
        high=tuple(high for _, high in ends),
        background=float(background),
        level=float(level),
        form=form,
    )


@np.errstate(under="ignore")
def count_interval(
    n: SupportsIndex, background: float, *, level: float = 0.9, form: Form = "exact"
) -> tuple[float, float]:
    """Compute the interval of the mean signal for observed counts with a known background.

    Parameters
    ----------
    n : int
        Observed counts, from 0 to `LARGEST`.
    background : float
        Expected background b, from 0 to `LARGEST`.
    level : float
        Confidence level, between 0 and 1.
    form : {"exact", "monotone"}
        `exact`: the smallest interval that contains every accepted μ. `monotone`: its upper end is raised to
        the largest one for any larger background, as in the tables of the paper.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Feldman and Cousins, PRD 57, 3873 (1998), sec. IV: a mean μ accepts counts in falling order of
    R = P(n|μ+b) / P(n|max(0, n-b)+b) until their probabilities add up to the level. Thus n is accepted if the
    counts with a larger R have together a probability below the level.

    For a given μ, R rises with n up to μ+b and falls thereafter: all counts with a larger R are between n and
    some k on the other side of μ+b. k changes where R(k) = R(n), a value of μ known in closed form; between
    two such values the probability of the counts with a larger R has one maximum. The ends are therefore such
    values, or roots between two of them. No grid is needed.

    Examples
    --------
    >>> [f"{end:.2f}" for end in count_interval(0, 3.0)]
    ['0.00', '0.95']
    >>> [f"{end:.2f}" for end in count_interval(0, 3.0, form="monotone")]
    ['0.00', '1.08']
    """
    n, b = _count(n), float(background)
    if not 0 <= b <= LARGEST:
        raise ValueError(f"background must be from 0 to {LARGEST:.0e} expected counts, got {background}")
    _check_level(level)
    if form not in FORMS:
        raise ValueError(f"form must be 'exact' or 'monotone', got {form!r}")
    alpha = 1 - level
    last, high = largest_signal(n, b, alpha)
    if form == "monotone":
        high = max(high, next_rise(n, b, alpha, last))
    return smallest_signal(n, b, alpha), high


@np.errstate(under="ignore")
def gaussian_interval(x: float, sigma: float, *, level: float = 0.9) -> tuple[float, float]:
    """Compute the interval of a mean μ ≥ 0 that was measured with a Gaussian error.

    Parameters
    ----------
    x : float
        Measured value, of either sign.
    sigma : float
        Its known standard deviation.
    level : float
        Confidence level, between 0 and 1.

    Returns
    -------
    low, high : float
        In the unit of `x`.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Notes
    -----
    Feldman and Cousins, PRD 57, 3873 (1998), sec. IV B, in units of σ: ln R = -(x-μ)²/2 for x ≥ 0, and
    xμ - μ²/2 below. The x' on the other side of μ with the same R is 2μ-x if both are positive,
    x - x²/(2μ) < 0 for x > 2μ, and μ + √(μ²-2xμ) for x < 0. An end is the μ for which the Gaussian has the
    probability `level` between x and x'.

    Examples
    --------
    >>> [f"{end:.2f}" for end in gaussian_interval(-1.0, 1.0)]
    ['0.00', '0.81']
    """
    if not (0 < sigma < math.inf and math.isfinite(x) and math.isfinite(x / sigma)):
        raise ValueError(f"x must be finite and sigma finite and above 0, got x = {x}, sigma = {sigma}")
    _check_level(level)
    t, z = x / sigma, float(ndtri((1 + level) / 2))

    def below(mu: float) -> float:
        return float(ndtr(t - mu) - ndtr(t - mu - t * t / (2 * mu))) - level

    def above(mu: float) -> float:
        return float(ndtr(math.sqrt(mu * (mu - 2 * t))) - ndtr(t - mu)) - level

    lowest_mu = t * t / 80  # x' is 40σ below x there
    if t >= 2 * z or t < _NEGLIGIBLE:
        low = max(t - z, 0.0)
    elif below(lowest_mu) > 0:
        low = brentq(below, lowest_mu, t / 2, xtol=_XTOL * min(1.0, t))
    else:
        low = max(t - float(ndtri(level)), 0.0)
    if t >= 0:
        high = t + z
    else:
        high = brentq(above, 0.0, z + 1, xtol=_XTOL * min(1.0, -1 / t)) if above(0.0) < 0 else 0.0
    return low * sigma, high * sigma


def _count(n: SupportsIndex) -> int:
    try:
        count = operator.index(n)
    except TypeError:
        count = -1
    if not 0 <= count <= LARGEST:
        raise ValueError(f"observed counts must be an integer from 0 to {LARGEST:.0e}, got {n!r}")
    return count


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(wrong_level("level", level))
