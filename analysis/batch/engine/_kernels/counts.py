"""Expected counts of many data sets, their derivatives inside the components, and -2 ln L."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import layout
from analysis.batch.engine._kernels.bits import excess
from analysis.batch.engine._kernels.model import (
    COLUMNS,
    CONSTANTS,
    COUNTED,
    CURVATURE,
    DATA,
    ERRORS,
    LIKELIHOOD,
    MONOMIALS,
    MU,
    N_BINS,
    PIECE,
    PRODUCTS,
    PULLS,
    REST,
    SIGNAL,
    SLOPE,
)  # fmt: skip
from analysis.batch.engine._kernels.rows import AT, EXACT, MEASURED, ROW, VALUE
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import fused, less, load, root, spread, store, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

_0, _1, _2, _3, _4, _5 = (np.uint64(j) for j in range(6))
_LINEAR, _LOG_NORMAL = np.uint64(layout.LINEAR), np.uint64(layout.LOG_NORMAL)
_POISSON, _GAUSSIAN = np.uint64(layout.POISSON), np.uint64(layout.GAUSSIAN)
_FLOOR = 1e-290
_LEAST = 1e-30
"""A factor 1 + σx is not below this, so that counts divided by it remain: at the end of its range it is 0."""


@kernel(part=True)
def expect(code: Indices, numbers: Array, knots: Array, powers: Array, w: Array) -> None:
    """Compute expected counts, and slope and curvature of -2 ln L in them.

    Parameters
    ----------
    code, numbers
        The model: see `analysis.batch.engine._kernels.model`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Of a tabulated signal.
    w : ndarray, shape (n_rows × LANES,)
    """
    if code[SIGNAL] > _0:
        _find_pieces(code, knots, w)
        _look_up(code, powers, w)
    _factors(code, numbers, w)
    _columns(code, numbers, w)
    _counts(code, numbers, w)
    if code[LIKELIHOOD] == _POISSON:
        _poisson(code, w)
    elif code[LIKELIHOOD] == _GAUSSIAN:
        _gaussian(code, numbers, w)
    else:
        _with_templates(code, numbers, w)


@kernel(part=True)
def _find_pieces(code: Indices, knots: Array, w: Array) -> None:
    """Find the piece in which θ lies, the last knot not above it or the first, and where in it."""
    piece = code[PIECE]
    for k in range(ROW):
        theta, low, high = w[AT + k], 0, len(knots)
        while high - low > 1:
            middle = (low + high) // 2
            if knots[middle] <= theta:
                low = middle
            else:
                high = middle
        w[piece + k], w[piece + ROW + k] = low, theta - knots[low]


@kernel(part=True)
def _look_up(code: Indices, powers: Array, w: Array) -> None:
    """Evaluate cubics whose coefficients depend on the piece, with two derivatives."""
    size, piece = np.uint64(powers.shape[2]), code[PIECE]
    for column in range(size):
        value = code[SIGNAL] + column * ROW
        first, second = value + size * ROW, value + _2 * size * ROW
        for k in range(ROW):
            j, t = np.uint64(w[piece + k]), w[piece + ROW + k]
            b, c, d = powers[j, _1, column], powers[j, _2, column], powers[j, _3, column]
            w[value + k] = powers[j, _0, column] + t * (b + t * (c + t * d))
            w[first + k] = b + t * (2.0 * c + t * 3.0 * d)
            w[second + k] = 2.0 * c + 6.0 * d * t


@kernel(part=True)
def _factors(code: Indices, numbers: Array, w: Array) -> None:
    """Compute factors of the nuisance parameters and of the components, relative changes, and monomials."""
    for x in range(code[PULLS], code[PULLS + _1], _5):
        pull, size = code[x + _1], numbers[code[x + _4]]
        if code[x] == _LINEAR:
            factor = 1.0 + size * load(w, pull)
            factor = where(less(factor, _LEAST), _LEAST, factor)
            store(w, code[x + _3], factor)
            store(w, code[x + _2], size / factor)
        elif code[x] == _LOG_NORMAL:
            for k in range(ROW):
                w[code[x + _3] + k] = math.exp(size * w[pull + k])
            store(w, code[x + _2], size)
    for x in range(code[PRODUCTS], code[PRODUCTS + _1], _3):
        found = spread(1.0)
        for y in range(code[x + _1], code[x + _2]):
            found = found * load(w, code[code[y] + _3])
        store(w, code[x], found)
    for x in range(code[MONOMIALS], code[MONOMIALS + _1], _3):
        store(w, code[x], load(w, code[x + _1]) * load(w, code[x + _2]))


@kernel(part=True)
def _columns(code: Indices, numbers: Array, w: Array) -> None:
    """Compute what is inside the components, and its derivatives in θ and in the pulls of shapes."""
    for x in range(code[COLUMNS], code[COLUMNS + _1], _5):
        row, constants, first, last = code[x], code[x + _2], code[x + _3], code[x + _4]
        for i in range(code[x + _1]):
            found = spread(numbers[constants + i])
            for y in range(first, last, _3):
                scale, template = load(w, code[y]), code[y + _1]
                if code[y + _2] > _0:
                    found = fused(scale, load(w, template + i * ROW), found)
                else:
                    found = fused(numbers[template + i], scale, found)
            store(w, row, found)
            row += ROW


@kernel(part=True)
def _counts(code: Indices, numbers: Array, w: Array) -> None:
    """Sum the components up."""
    place = code[CONSTANTS]
    for row in range(code[MU], code[MU] + code[N_BINS] * ROW, ROW):
        store(w, row, numbers[place])
        place += _1
    for x in range(code[COUNTED], code[COUNTED + _1], _5):
        add_column(w, numbers, code[x], code[x + _1], code[x + _2], code[x + _3], code[x + _4])


@kernel(part=True)
def add_column(
    w: Array, numbers: Array, row: np.uint64, n_bins: np.uint64, product: np.uint64, column: np.uint64,
    of_rows: np.uint64,
) -> None:  # fmt: skip
    """Add a column, of rows or of numbers, times the factor of its component to rows of bins."""
    factor = load(w, product)
    for i in range(n_bins):
        if of_rows > _0:
            found = fused(factor, load(w, column + i * ROW), load(w, row))
        else:
            found = fused(numbers[column + i], factor, load(w, row))
        store(w, row, found)
        row += ROW


@kernel(part=True)
def _poisson(code: Indices, w: Array) -> None:
    """Keep μ above 0; slope and curvature of the Poisson deviance."""
    exact = load(w, EXACT)
    data, means, slopes, curvatures = code[DATA], code[MU], code[SLOPE], code[CURVATURE]
    for i in range(_0, code[N_BINS] * ROW, ROW):
        mu = load(w, means + i)
        mu = where(less(mu, _FLOOR), _FLOOR, mu)
        inverse = 1.0 / mu
        ratio = load(w, data + i) * inverse
        store(w, means + i, mu)
        store(w, slopes + i, 2.0 - 2.0 * ratio)
        store(w, curvatures + i, 2.0 * inverse * where(exact, ratio, 1.0))


@kernel(part=True)
def _gaussian(code: Indices, numbers: Array, w: Array) -> None:
    """Slope and curvature of χ² with given errors."""
    for i in range(code[N_BINS]):
        error, row = numbers[code[ERRORS] + i], i * ROW
        weight = 2.0 / (error * error)
        store(w, code[SLOPE] + row, weight * (load(w, code[MU] + row) - load(w, code[DATA] + row)))
        store(w, code[CURVATURE] + row, weight)


@kernel(part=True)
def _with_templates(code: Indices, numbers: Array, w: Array) -> None:
    """Slope, curvature and value for a μ that is known to a relative variance, minimised over it.

    The factor β of the expectation is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    for i in range(code[N_BINS]):
        row, error = i * ROW, numbers[code[ERRORS] + i]
        variance = error * error
        mu, n = load(w, code[MU] + row), load(w, code[DATA] + row)
        mu = where(less(mu, _FLOOR), _FLOOR, mu)
        beta, change, rest = spread(1.0), spread(0.0), spread(0.0)
        if variance > 0.0:
            half = 0.5 * (mu * variance - 1.0)
            discriminant = root(half * half + n * variance)
            beta = where(half, n * variance / where(half, half + discriminant, 1.0), discriminant - half)
            rest = (beta - 1.0) * (beta - 1.0) / variance
            # from the equation above, differentiated in μ
            change = -variance * beta / (2.0 * beta + mu * variance - 1.0)
        expected = beta * mu
        expected = where(less(expected, _FLOOR), _FLOOR, expected)
        store(w, code[REST] + row, rest + _deviance(n, expected))
        store(w, code[SLOPE] + row, 2.0 * (beta - n / mu))
        exact, fisher = 2.0 * (change + n / (mu * mu)), 2.0 / (mu * (1.0 + mu * variance))
        store(w, code[CURVATURE] + row, where(load(w, EXACT), exact, fisher))


@kernel(part=True)
def _deviance(n: Any, mu: Any) -> Any:
    """2(μ - n + n ln(n/μ))."""
    ratio = mu / where(n, n, 1.0)
    return 2.0 * where(n, n * excess(where(less(ratio, _FLOOR), _FLOOR, ratio)), mu)


@kernel(part=True)
def evaluate(code: Indices, numbers: Array, w: Array) -> None:
    """Compute -2 ln L against the saturated model, with the constraints."""
    found = spread(0.0)
    for x in range(code[PULLS], code[PULLS + _1], _5):
        pull = load(w, code[x + _1]) - load(w, code[x + _1] + (MEASURED - AT))
        found = fused(numbers[code[x + _4] + _1] * pull, pull, found)
    for i in range(_0, code[N_BINS] * ROW, ROW):
        mu, n = load(w, code[MU] + i), load(w, code[DATA] + i)
        if code[LIKELIHOOD] == _POISSON:
            found = found + _deviance(n, mu)
        elif code[LIKELIHOOD] == _GAUSSIAN:
            found = fused(0.5 * load(w, code[SLOPE] + i), mu - n, found)
        else:
            found = found + load(w, code[REST] + i)
    store(w, VALUE, found)
