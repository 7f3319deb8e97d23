"""Gradient and Hessian of -2 ln L of many data sets, Newton's step and Hesse's errors."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.counts import add_column
from analysis.batch.engine._kernels.instructions import (
    DOT_PRODUCTS,
    FREE,
    GRAM,
    JOINED,
    MATRIX,
    PAIRS,
    PARAMETERS,
    WEIGHTED,
)
from analysis.batch.engine._kernels.registers import (
    AT,
    EXACT,
    GRADIENT,
    HIGH,
    KEEP,
    LOW,
    MEASURED,
    REGULAR,
    STEP_OF,
    TRIAL,
)
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import WIDTH, broadcast, fma, less, load, sqrt, store, sum_lanes, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

_RANK, _TINY = 1e-9, 1e-200
"""A parameter is redundant if the remainder of its diagonal element is below this, relative or absolute."""

_0, _1, _2, _3, _4, _5, _6, _7 = (np.uint64(j) for j in range(8))


@kernel(part=True)
def differentiate(program: Indices, constants: Array, w: Array) -> None:
    """Compute gradient and Hessian of -2 ln L, once the expected counts are known."""
    _gradient(program, constants, w)
    _join(program, constants, w)
    _gram(program, constants, w)
    _hessian(program, constants, w)


@kernel(part=True)
def step(program: Indices, constants: Array, w: Array) -> None:
    """Compute gradient and Hessian, and Newton's step, which does not leave the ranges of the parameters."""
    differentiate(program, constants, w)
    _hold(program, w)
    factorise(program, w)
    solve(program, w)


@kernel(part=True)
def _dot(
    w: Array,
    constants: Array,
    registers: np.uint64,
    columns: np.uint64,
    n_bins: np.uint64,
    in_registers: np.uint64,
) -> Any:
    """Sum products over bins: of registers and registers, or of registers and constants."""
    total = broadcast(0.0)
    if in_registers > _0:
        for i in range(_0, n_bins * WIDTH, WIDTH):
            total = fma(load(w, registers + i), load(w, columns + i), total)
    else:
        for i in range(n_bins):
            total = fma(constants[columns + i], load(w, registers + i * WIDTH), total)
    return total


@kernel(part=True)
def _sum(program: Indices, first: np.uint64, last: np.uint64, w: Array) -> Any:
    """Add sums over bins, each times the factor of its component."""
    total = broadcast(0.0)
    for x in range(first, last, _2):
        total = fma(load(w, program[x]), load(w, program[x + _1]), total)
    return total


@kernel(part=True)
def _gradient(program: Indices, constants: Array, w: Array) -> None:
    """Compute Σ slope × column, and from these sums the derivatives of -2 ln L."""
    for x in range(program[DOT_PRODUCTS], program[DOT_PRODUCTS + _1], _5):
        store(
            w,
            program[x],
            _dot(w, constants, program[x + _1], program[x + _2], program[x + _3], program[x + _4]),
        )
    for x in range(program[PARAMETERS], program[PARAMETERS + _1], _5):
        p, slope = program[x], load(w, program[x + _1]) * _sum(program, program[x + _2], program[x + _3], w)
        pull = load(w, AT + p) - load(w, MEASURED + p)
        store(w, GRADIENT + p, fma(2.0 * constants[program[x + _4]], pull, slope))


@kernel(part=True)
def _join(program: Indices, constants: Array, w: Array) -> None:
    """Add the counts of all components that a parameter changes."""
    for x in range(program[JOINED], program[JOINED + _1], _4):
        for register in range(program[x], program[x] + program[x + _1] * WIDTH, WIDTH):
            store(w, register, 0.0)
        for y in range(program[x + _2], program[x + _3], _5):
            add_column(
                w, constants, program[y], program[y + _2], program[y + _3], program[y + _1], program[y + _4]
            )


@kernel(part=True)
def _gram(program: Indices, constants: Array, w: Array) -> None:
    """Compute Σ curvature × derivative × derivative, with derivatives of the counts."""
    for x in range(program[WEIGHTED], program[WEIGHTED + _1], _4):
        register, curvature, derivative = program[x], program[x + _1], program[x + _2]
        for i in range(_0, program[x + _3] * WIDTH, WIDTH):
            store(w, register + i, load(w, curvature + i) * load(w, derivative + i))
    for x in range(program[GRAM], program[GRAM + _1], _7):
        total = _dot(w, constants, program[x + _3], program[x + _4], program[x + _5], program[x + _6])
        store(w, program[x], load(w, program[x + _1]) * load(w, program[x + _2]) * total)


@kernel(part=True)
def _hessian(program: Indices, constants: Array, w: Array) -> None:
    """Compute Fisher's matrix; for the exact Hessian add the second derivatives of the counts."""
    exact, pair, element = load(w, EXACT), program[PAIRS], program[MATRIX]
    for a in range(program[FREE], program[FREE + _1], _4):
        change = load(w, program[a + _1])
        for b in range(program[FREE], a + _1, _4):
            value = fma(
                exact, _sum(program, program[pair + _1], program[pair + _2], w), load(w, program[pair])
            )
            value = change * load(w, program[b + _1]) * value
            if a == b:
                value = value + 2.0 * constants[program[a + _2]]
            store(w, element, value)
            pair += _3
            element += WIDTH


@kernel(part=True)
def _hold(program: Indices, w: Array) -> None:
    """Remove parameters from the Hessian that are at an end of their range and would leave it.

    Their gradient is set to 0.
    """
    n_moving, n_lanes = 0.0, 0.0
    for a in range(program[FREE], program[FREE + _1], _4):
        p = program[a]
        at, slope = load(w, AT + p), load(w, GRADIENT + p)
        above_low, below_high = less(load(w, LOW + p), at), less(at, load(w, HIGH + p))
        keep = where(less(0.0, slope), above_low, where(less(slope, 0.0), below_high, 1.0))
        store(w, KEEP + p, keep)
        n_moving += sum_lanes(keep)
        n_lanes += np.float64(WIDTH)
    if n_moving == n_lanes:
        return
    element = program[MATRIX]
    for a in range(program[FREE], program[FREE + _1], _4):
        keep, slope = load(w, KEEP + program[a]), GRADIENT + program[a]
        store(w, slope, load(w, slope) * keep)
        for b in range(program[FREE], a + _1, _4):
            value = load(w, element) * keep * load(w, KEEP + program[b])
            if a == b:
                value = value + (1.0 - keep)
            store(w, element, value)
            element += WIDTH


@kernel(part=True)
def factorise(program: Indices, w: Array) -> None:
    """Replace the matrix by its Cholesky factor, with the diagonal inverted; fill REGULAR.

    A parameter that the counts cannot distinguish from earlier ones does not move: its inverse is set to 0.
    """
    regular, n, finished = broadcast(1.0), (program[FREE + _1] - program[FREE]) // _4, program[MATRIX]
    for a in range(n):
        row, other_row = finished, program[MATRIX]
        for b in range(a + _1):
            element = load(w, row + b * WIDTH)
            remainder = element
            for c in range(_0, b * WIDTH, WIDTH):
                remainder = remainder - load(w, row + c) * load(w, other_row + c)
            if a == b:
                good = less(1e-14 * element, remainder)
                redundant = 0.0 * remainder
                if program[program[FREE] + _4 * a + _3] > _0:
                    redundant = less(remainder, _RANK * element + _TINY) * less(
                        0.0 - _RANK * element - _TINY, remainder
                    )
                    good = where(redundant, 1.0, good)
                regular = regular * good
                remainder = (1.0 - redundant) / sqrt(where(good * (1.0 - redundant), remainder, 1.0))
            else:
                remainder = remainder * load(w, other_row + b * WIDTH)
            store(w, row + b * WIDTH, remainder)
            other_row += (b + _1) * WIDTH
        finished += (a + _1) * WIDTH
    store(w, REGULAR, regular)


@kernel(part=True)
def solve(program: Indices, w: Array) -> None:
    """Fill the trial step, -H⁻¹ gradient, from Cholesky's factor."""
    free, n, row = program[FREE], (program[FREE + _1] - program[FREE]) // _4, program[MATRIX]
    for a in range(n):
        p = program[free + _4 * a]
        remainder = 0.0 - load(w, GRADIENT + p)
        for b in range(a):
            remainder = remainder - load(w, row + b * WIDTH) * load(w, TRIAL + program[free + _4 * b])
        store(w, TRIAL + p, remainder * load(w, row + a * WIDTH))
        row += (a + _1) * WIDTH
    for c in range(n):
        a = n - _1 - c
        row -= (a + _1) * WIDTH
        p = program[free + _4 * a]
        solution = load(w, TRIAL + p) * load(w, row + a * WIDTH)
        store(w, TRIAL + p, solution)
        for b in range(a):
            q = TRIAL + program[free + _4 * b]
            store(w, q, load(w, q) - load(w, row + b * WIDTH) * solution)


@kernel(part=True)
def hesse(program: Indices, w: Array) -> None:
    """Fill the steps with Hesse's errors: √2 times the norms of the columns of the inverted factor.

    NaN where the matrix is not regular.
    """
    free, n = program[FREE], (program[FREE + _1] - program[FREE]) // _4
    for a in range(n):
        square, row = broadcast(0.0), program[MATRIX] + (a * (a + _1) >> _1) * WIDTH
        for b in range(a, n):  # the column is kept in the registers of the trial step
            element = broadcast(1.0 if b == a else 0.0)
            for c in range(a, b):
                element = element - load(w, row + c * WIDTH) * load(w, TRIAL + program[free + _4 * c])
            element = element * load(w, row + b * WIDTH)
            store(w, TRIAL + program[free + _4 * b], element)
            square = fma(element, element, square)
            row += (b + _1) * WIDTH
        store(w, STEP_OF + program[free + _4 * a], where(load(w, REGULAR), sqrt(2.0 * square), math.nan))
