"""Acceptance of counts in the order of Feldman and Cousins: mean signals that accept a number of counts.

`analysis.counting.intervals.count_interval` has the definition. Here n is the number of observed counts, b
the background, and α one minus the level. The stretch k is the range of means μ+b for which the counts from n
to k, k included and n excluded, have a larger R than n.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import gammaln, pdtr, pdtrc, xlog1py

__all__ = ["largest_signal", "next_rise", "rise_at", "smallest_signal"]

Array = NDArray[np.float64]

_XTOL = 1e-12


def _equal(k: ArrayLike, m: ArrayLike, b: ArrayLike) -> Array:
    """Return the mean μ+b at which R(k) = R(m), where k < m.

    It is computed relative to the best mean of m, to avoid cancellations at large counts.
    """
    k, m = np.asarray(k, float), np.asarray(m, float)
    best = np.maximum(m, b)
    deficit = best - np.maximum(k, b)
    mean: Array = best * np.exp(-(xlog1py(k, -deficit / best) + deficit) / (m - k))
    return mean


def _outside(low: ArrayLike, high: ArrayLike, mean: ArrayLike) -> Array:
    """Sum the Poisson probabilities of n < low and of n > high."""
    under = np.asarray(low, float) - 1
    probability: Array = np.where(under < 0, 0.0, pdtr(np.maximum(under, 0), mean)) + pdtrc(high, mean)
    return probability


def largest_signal(n: int, b: float, alpha: float) -> tuple[int, float]:
    """Return the last stretch k with an accepted μ, and the largest accepted μ.

    Notes
    -----
    All counts with R not larger than R(n) together have a probability of at most 2R(n) (Chernoff), so that μ
    is excluded where R(n) < α/2. This bounds μ by -ln R ≥ (λ-λ̂)²/(2λ), and k by Bernstein's inequality.
    """
    best, L = max(n, b), math.log(2 / alpha)
    farthest = best + L + math.sqrt(L * L + 2 * L * best)
    first = max(n, math.floor(b))  # up to b, all have the same R at μ = 0
    k = np.arange(first, math.ceil(farthest + L + math.sqrt(2 * L * farthest)) + 1)
    ends = _equal(n, k + 1, b)
    starts = np.concatenate(([best], ends[:-1]))
    accepted_start = _outside(n + 1, k, starts) > alpha
    accepted_end = _outside(n + 1, k, ends) > alpha
    accepted_end[0] |= first == n  # no counts have a larger R than n around its own best mean
    accepted = np.flatnonzero(accepted_start | accepted_end)
    if not len(accepted):
        return first, 0.0
    i = int(accepted[-1])
    last = int(k[i])
    if accepted_end[i]:
        return last, max(float(ends[i]) - b, 0.0)
    return last, _root(n + 1, last, alpha, float(starts[i]), float(ends[i])) - b


def smallest_signal(n: int, b: float, alpha: float) -> float:
    """Return the smallest accepted μ; the method is that of `largest_signal`."""
    if n <= b:
        return 0.0
    L = math.log(2 / alpha)
    first = max(0, math.floor(n - L - 2 * math.sqrt(2 * L * n)) - 1)
    k = np.arange(first, n + 1)
    ends = np.append(_equal(k[:-1], n, b), float(n))
    starts = np.concatenate(([b if first == 0 else float(_equal(first - 1, n, b))], ends[:-1]))
    accepted_start = _outside(k, n - 1, starts) > alpha
    accepted_end = _outside(k, n - 1, ends) > alpha
    accepted_end[-1] = True
    i = int(np.flatnonzero(accepted_start | accepted_end)[0])
    if accepted_start[i]:
        return max(float(starts[i]) - b, 0.0)
    return _root(int(k[i]), n - 1, alpha, float(starts[i]), float(ends[i])) - b


def _root(low: int, high: int, alpha: float, a: float, z: float) -> float:
    """Find the mean, between a and z, at which the counts from `low` to `high` have the probability 1 - α."""
    root = brentq(lambda mean: float(_outside(low, high, mean)) - alpha, a, z, xtol=_XTOL)
    return float(root)


def next_rise(n: int, b: float, alpha: float, k: int) -> float:
    """Return the upper end just after the next background at which it rises; 0 if it never does.

    Notes
    -----
    As b grows, the end falls, except for jumps up: the last μ of a stretch k is accepted again when the mean
    with R(k+1) = R(n) has moved past the falling root of the stretch. Both depend on k alone. The ends after
    the jumps fall with k, so that the next one is the largest of all later ones. That they fall is tested,
    not proven.
    """
    while float(_outside(n + 1, k, k + 1.0)) > alpha:  # else no b < k+1 is left, here and at larger k
        rise = rise_at(n, max(n, b), alpha, k) if k > n else None
        if rise is not None:
            return rise
        k += 1
    return 0.0


def rise_at(n: int, b: float, alpha: float, k: int) -> float | None:
    """Return the upper end after the rise of stretch k; None if there is no rise at backgrounds above b."""
    top = math.exp((gammaln(k + 1) - gammaln(n + 1)) / (k - n))  # P(k) = P(n): the stretch is fullest
    if float(_outside(n + 1, k, top)) >= alpha:
        return None
    root = _root(n + 1, k, alpha, top, k + 1.0)
    if float(_equal(n, k + 1, b)) >= root:
        return None
    background = brentq(lambda x: float(_equal(n, k + 1, x)) - root, b, k + 1.0, xtol=_XTOL)
    return root - float(background)
