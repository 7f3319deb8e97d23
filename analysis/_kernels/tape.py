"""Operations on rows of many data sets, which `analysis.programs` writes down for a model.

A program is an array of whole numbers, one operation behind the other: what is done, how many numbers it
takes, where its constants begin, and the rows. What is compiled knows no model.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.bits import excess
from analysis._kernels.rows import EXACT, REGULAR, ROW
from simgen._kernels.jit import kernel
from simgen._kernels.lanes import STEP, fused, less, load, root, spread, store, total, where

Array = NDArray[np.float64]
Code = NDArray[np.uint64]

SUM, EXPONENTIAL, POISSON, DEVIANCE, TEMPLATES, PIECE, LOOK_UP, HOLD, UNLESS_HELD, PIVOT, ERROR = range(11)

HEAD = 3
"""Numbers before the rows."""

_0, _1, _2, _3, _4, _5 = (np.uint64(j) for j in range(6))
_FLOOR = 1e-290


@kernel(part=True)
def _sum(code: Code, numbers: Array, x: np.uint64, c: np.uint64, w: Array) -> None:
    """Constant + Σ constant × row + Σ constant × row × row."""
    linear = x + _3
    pairs = linear + code[x + _1]
    end = pairs + code[x + _2]
    for k in range(_0, ROW, STEP):
        j, found = c, spread(numbers[c])
        for y in range(linear, pairs):
            j += _1
            found = fused(numbers[j], load(w, code[y] + k), found)
        for y in range(pairs, end, _2):
            j += _1
            found = fused(numbers[j] * load(w, code[y] + k), load(w, code[y + _1] + k), found)
        store(w, code[x] + k, found)


@kernel(part=True)
def _poisson(code: Code, x: np.uint64, w: Array) -> None:
    """Keep μ above 0, and fill slope and curvature of the deviance in it: Fisher's, if it is not exact."""
    target, slope, curvature, mu, n = code[x], code[x + _1], code[x + _2], code[x + _3], code[x + _4]
    for k in range(_0, ROW, STEP):
        m = load(w, mu + k)
        m = where(less(m, _FLOOR), _FLOOR, m)
        inverse = 1.0 / m
        ratio = load(w, n + k) * inverse
        store(w, target + k, m)
        store(w, slope + k, 2.0 - 2.0 * ratio)
        store(w, curvature + k, 2.0 * inverse * where(load(w, EXACT + k), ratio, 1.0))


@kernel(part=True)
def _deviance(code: Code, x: np.uint64, end: np.uint64, w: Array) -> None:
    """Σ 2(μ - n + n ln(n/μ)) over bins, given n and μ."""
    for k in range(_0, ROW, STEP):
        found = spread(0.0)
        for y in range(x + _1, end, _2):
            n, mu = load(w, code[y] + k), load(w, code[y + _1] + k)
            ratio = mu / where(n, n, 1.0)
            deviance = n * excess(where(less(ratio, _FLOOR), _FLOOR, ratio))
            found = found + 2.0 * where(n, deviance, mu)
        store(w, code[x] + k, found)


@kernel(part=True)
def _templates(code: Code, x: np.uint64, variance: float, w: Array) -> None:
    """Fill slope, curvature and deviance for a μ that is known to a relative variance, minimised over it.

    The factor β of the expectation is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    for k in range(_0, ROW, STEP):
        mu, n = load(w, code[x + _3] + k), load(w, code[x + _4] + k)
        mu = where(less(mu, _FLOOR), _FLOOR, mu)
        beta, change, rest = spread(1.0), spread(0.0), spread(0.0)
        if variance > 0.0:
            half = 0.5 * (mu * variance - 1.0)
            all_ = root(half * half + n * variance)
            beta = where(half, n * variance / where(half, half + all_, 1.0), all_ - half)
            rest = (beta - 1.0) * (beta - 1.0) / variance
            # from the equation above, differentiated in μ
            change = -variance * beta / (2.0 * beta + mu * variance - 1.0)
        m = beta * mu
        m = where(less(m, _FLOOR), _FLOOR, m)
        ratio = m / where(n, n, 1.0)
        deviance = n * excess(where(less(ratio, _FLOOR), _FLOOR, ratio))
        store(w, code[x + _2] + k, rest + 2.0 * where(n, deviance, m))
        store(w, code[x] + k, 2.0 * (beta - n / mu))
        exact, fisher = 2.0 * (change + n / (mu * mu)), 2.0 / (mu * (1.0 + mu * variance))
        store(w, code[x + _1] + k, where(load(w, EXACT + k), exact, fisher))


@kernel(part=True)
def _piece(code: Code, x: np.uint64, knots: Array, w: Array) -> None:
    """Find the piece in which a value lies, the last knot not above it or the first, and where in it."""
    number, distance, value = code[x], code[x + _1], code[x + _2]
    for k in range(ROW):
        theta, low, high = w[value + k], 0, len(knots)
        while high - low > 1:
            middle = (low + high) // 2
            if knots[middle] <= theta:
                low = middle
            else:
                high = middle
        w[number + k], w[distance + k] = low, theta - knots[low]


@kernel(part=True)
def _look_up(code: Code, x: np.uint64, powers: Array, w: Array) -> None:
    """Evaluate a cubic, whose coefficients depend on the piece, with two derivatives."""
    value, first, second, number, distance = code[x], code[x + _1], code[x + _2], code[x + _3], code[x + _4]
    column = code[x + _5]
    for k in range(ROW):
        j, t = np.uint64(w[number + k]), w[distance + k]
        b, c, d = powers[j, _1, column], powers[j, _2, column], powers[j, _3, column]
        w[value + k] = powers[j, _0, column] + t * (b + t * (c + t * d))
        w[first + k] = b + t * (2.0 * c + t * 3.0 * d)
        w[second + k] = 2.0 * c + 6.0 * d * t


@kernel(part=True)
def _hold(code: Code, x: np.uint64, w: Array) -> None:
    """Mark with 0 where a parameter stands at an end of its range and would go beyond, else 1."""
    for k in range(_0, ROW, STEP):
        at, slope = load(w, code[x + _1] + k), load(w, code[x + _2] + k)
        inside = less(load(w, code[x + _3] + k), at)
        below = less(at, load(w, code[x + _4] + k))
        store(w, code[x] + k, where(less(0.0, slope), inside, where(less(slope, 0.0), below, 1.0)))


@kernel(part=True)
def _held(code: Code, x: np.uint64, end: np.uint64, w: Array) -> bool:
    """Tell whether any is marked."""
    found = 0.0
    for y in range(x, end):
        for k in range(_0, ROW, STEP):
            found += total(load(w, code[y] + k))
    return bool(found < np.float64((end - x) * ROW))


@kernel(part=True)
def _pivot(code: Code, x: np.uint64, w: Array) -> None:
    """1/√ of what is left of a diagonal element; 1, and no regular matrix, where nothing is."""
    for k in range(_0, ROW, STEP):
        left = load(w, code[x + _1] + k)
        regular = less(1e-14 * load(w, code[x + _2] + k), left)
        store(w, REGULAR + k, load(w, REGULAR + k) * regular)
        store(w, code[x] + k, 1.0 / root(where(regular, left, 1.0)))


@kernel(part=True)
def run(
    code: Code, numbers: Array, begin: np.uint64, end: np.uint64, knots: Array, powers: Array, w: Array
) -> None:
    """Run a part of a program."""
    at = begin
    while at < end:
        what, last, c, x = code[at], at + code[at + _1], code[at + _2], at + _3
        if what == SUM:
            _sum(code, numbers, x, c, w)
        elif what == POISSON:
            _poisson(code, x, w)
        elif what == DEVIANCE:
            _deviance(code, x, last, w)
        elif what == HOLD:
            _hold(code, x, w)
        elif what == PIVOT:
            _pivot(code, x, w)
        elif what == UNLESS_HELD:
            if not _held(code, x + _1, last, w):
                last += code[x]
        elif what == LOOK_UP:
            _look_up(code, x, powers, w)
        elif what == PIECE:
            _piece(code, x, knots, w)
        elif what == TEMPLATES:
            _templates(code, x, numbers[c], w)
        else:
            _scalar(what, code, x, numbers[c], w)
        at = last


@kernel(part=True)
def _scalar(what: int, code: Code, x: np.uint64, size: float, w: Array) -> None:
    """Evaluate exp(size × row), or the error √(size × row), NaN where the matrix was not regular."""
    for k in range(ROW):
        value = size * w[code[x + _1] + k]
        if what == EXPONENTIAL:
            w[code[x] + k] = math.exp(value)
        else:
            w[code[x] + k] = math.sqrt(value) if w[REGULAR + k] > 0.0 else math.nan
