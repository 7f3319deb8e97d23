"""Poisson numbers from a counter-based stream."""

import math

import numpy as np

from simgen._kernels.machine.functions import logarithm
from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import member_uniforms

LEAST_MEAN = 10.0
"""Mean from which numbers are drawn by rejection; below it the distribution is added up."""
_LARGE = 1e8
_LARGEST_JUDGED, _SURE = 1e6, 1e-8
"""Largest mean, and least distance of two logarithms, for which a proposal is judged by short series: their
error is a tenth of this distance."""
_TWO_PI = 2.0 * math.pi
_HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


@kernel()
def log_probability(n: float, mean: float) -> float:
    """Compute ln P(n | mean), its last terms by Stirling's series where n ln(mean) would cancel."""
    if mean < _LARGE or n <= 0.0:
        return n * math.log(mean) - mean - math.lgamma(n + 1.0)
    d = n - mean
    return d - n * math.log1p(d / mean) - 0.5 * math.log(n) - _HALF_LOG_TWO_PI - 1.0 / (12.0 * n)


@kernel(inline="always")
def propose(u: float, v: float, mean: float) -> tuple[float, float, float, float, bool]:
    """Propose a Poisson number by transformed rejection (PTRS of Hörmann), for a mean of 10 or more.

    Parameters
    ----------
    u, v : float
        Two uniform numbers in (0, 1): U and V of the algorithm.
    mean : float

    Returns
    -------
    n : float
        The proposed number.
    us : float
        u_s = 1/2 - |u - 1/2|.
    a, b : float
        Parameters of the proposal's distribution; they depend on the mean alone.
    accepted : bool
        Whether it is accepted at once, by step 1 of the algorithm; else its probability is needed.
    """
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    u -= 0.5
    us = 0.5 - abs(u)
    n = np.floor((2.0 * a / us + b) * u + mean + 0.43)
    return n, us, a, b, (us >= 0.07) & (v <= v_r)


@kernel(inline="always")
def first_proposal(u: float, v: float, mean: float) -> tuple[float, bool, bool]:
    """Judge the proposal of draw 0 without branches, so that many are judged side by side.

    Parameters
    ----------
    u, v : float
        The uniforms of draw 0.
    mean : float

    Returns
    -------
    n : float
        The proposed number.
    accepted, rejected : bool
        What `poisson_of` does with it; both are False where this needs a closer look.
    """
    n, us, a, b, easy = propose(u, v, mean)
    positive = max(n, LEAST_MEAN)
    inverse = 1.0 / positive
    square = inverse * inverse
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    ratio = v * inverse_alpha * math.sqrt(_TWO_PI * positive) / (a / (us * us) + b)
    stirling = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0)))
    excess = logarithm(ratio) - positive * logarithm(mean * inverse) + (mean - positive) + stirling
    judged = (mean >= LEAST_MEAN) & (mean < _LARGEST_JUDGED) & (n >= LEAST_MEAN)
    in_reach = (us >= 0.013) | (v <= us)
    accepted = (easy & (mean >= LEAST_MEAN)) | (judged & in_reach & (excess < -_SURE))
    rejected = judged & (not easy) & ((not in_reach) | (excess > _SURE))
    return n, accepted, rejected


@kernel(inner=True)
def poisson_again(mean: float, index: int | np.uint64, member: int, k0: np.uint64, k1: np.uint64) -> float:
    """Draw a Poisson number as `poisson_of` does after its first proposal was rejected."""
    u, v = member_uniforms(index, 2, member, k0, k1)
    return _rejection(2, u, v, mean, index, member, k0, k1)


@kernel(inner=True)
def poisson_of(
    u: float, v: float, mean: float, index: int | np.uint64, member: int, k0: np.uint64, k1: np.uint64
) -> float:
    """Draw a Poisson number as `poisson` does; u and v are the uniforms of draw 0."""
    if mean < LEAST_MEAN:
        n, term = 0.0, math.exp(-mean)
        below = term
        # the sum may end a rounding below 1, and u above it: then where nothing is left to add
        while u > below and (n < mean or term > 1e-19):
            n += 1.0
            term *= mean / n
            below += term
        return n
    return _rejection(1, u, v, mean, index, member, k0, k1)


@kernel(inner=True)
def _rejection(
    draw: int, u: float, v: float, mean: float, index: int | np.uint64, member: int, k0: np.uint64,
    k1: np.uint64,
) -> float:  # fmt: skip
    """Propose numbers until one is accepted, from uniforms u and v, then from the draws after `draw`."""
    while True:
        n, us, a, b, easy = propose(u, v, mean)
        if easy:
            return n
        if n >= 0.0 and (us >= 0.013 or v <= us):
            inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
            if math.log(v * inverse_alpha / (a / (us * us) + b)) <= log_probability(n, mean):
                return n
        draw += 1
        u, v = member_uniforms(index, draw, member, k0, k1)


@kernel()
def poisson(mean: float, index: int | np.uint64, member: int, k0: np.uint64, k1: np.uint64) -> float:
    """Draw a Poisson number from draws 0, 2, 3, ... of a member of a stream.

    Below 10 by inversion of the CDF, above by rejection (PTRS): Hörmann, Insurance: Mathematics and
    Economics 12 (1993) 39.
    """
    u, v = member_uniforms(index, 0, member, k0, k1)
    return poisson_of(u, v, mean, index, member, k0, k1)
