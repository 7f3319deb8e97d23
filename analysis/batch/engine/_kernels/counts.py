"""Expected counts of many data sets, derivatives of the columns, and -2 ln L."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import layout
from analysis.batch.engine._kernels.instructions import (
    BIN_VALUES,
    COLUMNS,
    CONSTANTS,
    COUNTS,
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
    SIGNAL,
    SLOPE,
)  # fmt: skip
from analysis.batch.engine._kernels.registers import AT, EXACT, MEASURED, VALUE
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import (
    WIDTH,
    broadcast,
    exponent,
    fma,
    less,
    load,
    mantissa,
    sqrt,
    store,
    where,
)

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

_0, _1, _2, _3, _4, _5 = (np.uint64(j) for j in range(6))
_LINEAR, _LOG_NORMAL = np.uint64(layout.LINEAR), np.uint64(layout.LOG_NORMAL)
_POISSON, _GAUSSIAN = np.uint64(layout.POISSON), np.uint64(layout.GAUSSIAN)
_LN2 = 0.6931471805599453
_FLOOR = 1e-290
_LEAST = 1e-30
"""Least value of a factor 1 + σx, which is 0 at the end of its range: counts are divided by it."""


@kernel(part=True)
def expect(program: Indices, constants: Array, knots: Array, powers: Array, w: Array) -> None:
    """Compute expected counts, and the first two derivatives of -2 ln L with respect to them.

    Parameters
    ----------
    program, constants
        The model: see `analysis.batch.engine._kernels.instructions`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Spline of a tabulated signal.
    w : ndarray, shape (n_registers × LANES,)
    """
    if program[SIGNAL] > _0:
        _find_pieces(program, knots, w)
        _look_up(program, powers, w)
    _factors(program, constants, w)
    _columns(program, constants, w)
    _counts(program, constants, w)
    if program[LIKELIHOOD] == _POISSON:
        _poisson(program, w)
    elif program[LIKELIHOOD] == _GAUSSIAN:
        _gaussian(program, constants, w)
    else:
        _with_templates(program, constants, w)


@kernel(part=True)
def _find_pieces(program: Indices, knots: Array, w: Array) -> None:
    """Find the piece of the spline in which θ lies (the first one below the first knot), and θ - knot."""
    piece = program[PIECE]
    for k in range(WIDTH):
        theta, low, high = w[AT + k], 0, len(knots)
        while high - low > 1:
            middle = (low + high) // 2
            if knots[middle] <= theta:
                low = middle
            else:
                high = middle
        w[piece + k], w[piece + WIDTH + k] = low, theta - knots[low]


@kernel(part=True)
def _look_up(program: Indices, powers: Array, w: Array) -> None:
    """Evaluate the cubic polynomials of the piece, with their first two derivatives."""
    size, piece = np.uint64(powers.shape[2]), program[PIECE]
    for column in range(size):
        value = program[SIGNAL] + column * WIDTH
        first, second = value + size * WIDTH, value + _2 * size * WIDTH
        for k in range(WIDTH):
            j, t = np.uint64(w[piece + k]), w[piece + WIDTH + k]
            b, c, d = powers[j, _1, column], powers[j, _2, column], powers[j, _3, column]
            w[value + k] = powers[j, _0, column] + t * (b + t * (c + t * d))
            w[first + k] = b + t * (2.0 * c + t * 3.0 * d)
            w[second + k] = 2.0 * c + 6.0 * d * t


@kernel(part=True)
def _factors(program: Indices, constants: Array, w: Array) -> None:
    """Compute factors of the nuisance parameters and of the components, relative changes, and monomials."""
    for x in range(program[PULLS], program[PULLS + _1], _5):
        pull, size = program[x + _1], constants[program[x + _4]]
        if program[x] == _LINEAR:
            factor = 1.0 + size * load(w, pull)
            factor = where(less(factor, _LEAST), _LEAST, factor)
            store(w, program[x + _3], factor)
            store(w, program[x + _2], size / factor)
        elif program[x] == _LOG_NORMAL:
            for k in range(WIDTH):
                w[program[x + _3] + k] = math.exp(size * w[pull + k])
            store(w, program[x + _2], size)
    for x in range(program[PRODUCTS], program[PRODUCTS + _1], _3):
        product = broadcast(1.0)
        for y in range(program[x + _1], program[x + _2]):
            product = product * load(w, program[program[y] + _3])
        store(w, program[x], product)
    for x in range(program[MONOMIALS], program[MONOMIALS + _1], _3):
        store(w, program[x], load(w, program[x + _1]) * load(w, program[x + _2]))


@kernel(part=True)
def _columns(program: Indices, constants: Array, w: Array) -> None:
    """Compute the columns of the components, and their derivatives with respect to θ and pulls of shapes."""
    for x in range(program[COLUMNS], program[COLUMNS + _1], _5):
        register, offset, first, last = program[x], program[x + _2], program[x + _3], program[x + _4]
        for i in range(program[x + _1]):
            total = broadcast(constants[offset + i])
            for y in range(first, last, _3):
                scale, template = load(w, program[y]), program[y + _1]
                if program[y + _2] > _0:
                    total = fma(scale, load(w, template + i * WIDTH), total)
                else:
                    total = fma(constants[template + i], scale, total)
            store(w, register, total)
            register += WIDTH


@kernel(part=True)
def _counts(program: Indices, constants: Array, w: Array) -> None:
    """Add the components."""
    constant = program[CONSTANTS]
    for register in range(program[MU], program[MU] + program[N_BINS] * WIDTH, WIDTH):
        store(w, register, constants[constant])
        constant += _1
    for x in range(program[COUNTS], program[COUNTS + _1], _5):
        add_column(
            w, constants, program[x], program[x + _1], program[x + _2], program[x + _3], program[x + _4]
        )


@kernel(part=True)
def add_column(
    w: Array, constants: Array, register: np.uint64, n_bins: np.uint64, product: np.uint64, column: np.uint64,
    in_registers: np.uint64,
) -> None:  # fmt: skip
    """Add a column, of registers or of constants, times the factor of its component to registers of bins."""
    factor = load(w, product)
    for i in range(n_bins):
        if in_registers > _0:
            total = fma(factor, load(w, column + i * WIDTH), load(w, register))
        else:
            total = fma(constants[column + i], factor, load(w, register))
        store(w, register, total)
        register += WIDTH


@kernel(part=True)
def _poisson(program: Indices, w: Array) -> None:
    """Keep μ above 0, and compute slope and curvature of the Poisson deviance."""
    exact = load(w, EXACT)
    data, means, slopes, curvatures = program[DATA], program[MU], program[SLOPE], program[CURVATURE]
    for i in range(_0, program[N_BINS] * WIDTH, WIDTH):
        mu = load(w, means + i)
        mu = where(less(mu, _FLOOR), _FLOOR, mu)
        inverse = 1.0 / mu
        ratio = load(w, data + i) * inverse
        store(w, means + i, mu)
        store(w, slopes + i, 2.0 - 2.0 * ratio)
        store(w, curvatures + i, 2.0 * inverse * where(exact, ratio, 1.0))


@kernel(part=True)
def _gaussian(program: Indices, constants: Array, w: Array) -> None:
    """Compute slope and curvature of χ² with given errors."""
    for i in range(program[N_BINS]):
        error, register = constants[program[ERRORS] + i], i * WIDTH
        weight = 2.0 / (error * error)
        store(
            w,
            program[SLOPE] + register,
            weight * (load(w, program[MU] + register) - load(w, program[DATA] + register)),
        )
        store(w, program[CURVATURE] + register, weight)


@kernel(part=True)
def _with_templates(program: Indices, constants: Array, w: Array) -> None:
    """Compute slope, curvature and value for a μ with a relative error, minimised over its factor β.

    The factor β of the expectation is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    for i in range(program[N_BINS]):
        register, error = i * WIDTH, constants[program[ERRORS] + i]
        variance = error * error
        mu, n = load(w, program[MU] + register), load(w, program[DATA] + register)
        mu = where(less(mu, _FLOOR), _FLOOR, mu)
        beta, change, penalty = broadcast(1.0), broadcast(0.0), broadcast(0.0)
        if variance > 0.0:
            half = 0.5 * (mu * variance - 1.0)
            discriminant = sqrt(half * half + n * variance)
            beta = where(half, n * variance / where(half, half + discriminant, 1.0), discriminant - half)
            penalty = (beta - 1.0) * (beta - 1.0) / variance
            # from the equation above, differentiated with respect to μ
            change = -variance * beta / (2.0 * beta + mu * variance - 1.0)
        expected = beta * mu
        expected = where(less(expected, _FLOOR), _FLOOR, expected)
        store(w, program[BIN_VALUES] + register, penalty + _deviance(n, expected))
        store(w, program[SLOPE] + register, 2.0 * (beta - n / mu))
        exact, fisher = 2.0 * (change + n / (mu * mu)), 2.0 / (mu * (1.0 + mu * variance))
        store(w, program[CURVATURE] + register, where(load(w, EXACT), exact, fisher))


@kernel(inline="always")
def excess(y: Any) -> Any:
    """Evaluate y - 1 - ln y to rounding, for 1e-300 < y < 1e300, of a number or a vector.

    With y = 2^e m, √½ ≤ m < √2, and z = (m - 1)/(m + 1), ln m is 2 artanh z. For e = 0 the leading term in z
    cancels in closed form: m - 1 - 2z = z² (m + 1).
    """
    e, m = exponent(y), mantissa(y)
    z = (m - 1.0) / (m + 1.0)
    w = z * z
    p = 1.0 / 21.0
    p = p * w + 1.0 / 19.0
    p = p * w + 1.0 / 17.0
    p = p * w + 1.0 / 15.0
    p = p * w + 1.0 / 13.0
    p = p * w + 1.0 / 11.0
    p = p * w + 1.0 / 9.0
    p = p * w + 1.0 / 7.0
    p = p * w + 1.0 / 5.0
    p = p * w + 1.0 / 3.0
    remainder = 2.0 * z * w * p  # 2 artanh z - 2z
    small = w * (m + 1.0) - remainder
    large = y - 1.0 - (e * _LN2 + 2.0 * z + remainder)
    return where(e * e, large, small)


@kernel(part=True)
def _deviance(n: Any, mu: Any) -> Any:
    """Evaluate 2(μ - n + n ln(n/μ))."""
    ratio = mu / where(n, n, 1.0)
    return 2.0 * where(n, n * excess(where(less(ratio, _FLOOR), _FLOOR, ratio)), mu)


@kernel(part=True)
def evaluate(program: Indices, constants: Array, w: Array) -> None:
    """Compute -2 ln L against the saturated model, with the constraints."""
    total = broadcast(0.0)
    for x in range(program[PULLS], program[PULLS + _1], _5):
        pull = load(w, program[x + _1]) - load(w, program[x + _1] + (MEASURED - AT))
        total = fma(constants[program[x + _4] + _1] * pull, pull, total)
    for i in range(_0, program[N_BINS] * WIDTH, WIDTH):
        mu, n = load(w, program[MU] + i), load(w, program[DATA] + i)
        if program[LIKELIHOOD] == _POISSON:
            total = total + _deviance(n, mu)
        elif program[LIKELIHOOD] == _GAUSSIAN:
            total = fma(0.5 * load(w, program[SLOPE] + i), mu - n, total)
        else:
            total = total + load(w, program[BIN_VALUES] + i)
    store(w, VALUE, total)
