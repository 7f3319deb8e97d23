"""Gradient and Hessian of -2 ln L of many data sets, Newton's step and Hesse's errors."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.counts import add_column
from analysis.batch.engine._kernels.model import DOTS, FREE, GRAM, JOINED, MATRIX, PAIRS, PARAMETERS, WEIGHTED
from analysis.batch.engine._kernels.rows import (
    AT,
    EXACT,
    GRADIENT,
    HIGH,
    KEEP,
    LOW,
    MEASURED,
    REGULAR,
    ROW,
    STEP_OF,
    TRIAL,
)
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import fused, less, load, root, spread, store, total, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

_RANK, _TINY = 1e-9, 1e-200
"""What is left of a diagonal element, relatively, where others do all that its parameter does."""

_0, _1, _2, _3, _4, _5, _6, _7 = (np.uint64(j) for j in range(8))


@kernel(part=True)
def differentiate(code: Indices, numbers: Array, w: Array) -> None:
    """Compute gradient and Hessian of -2 ln L, after the expected counts."""
    _gradient(code, numbers, w)
    _join(code, numbers, w)
    _gram(code, numbers, w)
    _hessian(code, numbers, w)


@kernel(part=True)
def step(code: Indices, numbers: Array, w: Array, bounded: bool) -> None:
    """Compute gradient and Hessian, and Newton's step, with which parameters do not leave their range.

    Parameters
    ----------
    bounded : bool
        False: Hesse's errors are computed instead of a step.
    """
    differentiate(code, numbers, w)
    if bounded:
        _hold(code, w)
    _factorise(code, w)
    if bounded:
        _solve(code, w)
    else:
        _errors(code, w)


@kernel(part=True)
def _dot(
    w: Array, numbers: Array, rows: np.uint64, others: np.uint64, n_bins: np.uint64, of_rows: np.uint64
) -> Any:
    """Sum products over bins: of rows and other rows, or of rows and numbers."""
    found = spread(0.0)
    if of_rows > _0:
        for i in range(_0, n_bins * ROW, ROW):
            found = fused(load(w, rows + i), load(w, others + i), found)
    else:
        for i in range(n_bins):
            found = fused(numbers[others + i], load(w, rows + i * ROW), found)
    return found


@kernel(part=True)
def _sum(code: Indices, first: np.uint64, last: np.uint64, w: Array) -> Any:
    """Add sums over bins, each times the factor of its component."""
    found = spread(0.0)
    for x in range(first, last, _2):
        found = fused(load(w, code[x]), load(w, code[x + _1]), found)
    return found


@kernel(part=True)
def _gradient(code: Indices, numbers: Array, w: Array) -> None:
    """Σ slope × column, and from these sums the derivatives of -2 ln L."""
    for x in range(code[DOTS], code[DOTS + _1], _5):
        store(w, code[x], _dot(w, numbers, code[x + _1], code[x + _2], code[x + _3], code[x + _4]))
    for x in range(code[PARAMETERS], code[PARAMETERS + _1], _5):
        p, found = code[x], load(w, code[x + _1]) * _sum(code, code[x + _2], code[x + _3], w)
        pull = load(w, AT + p) - load(w, MEASURED + p)
        store(w, GRADIENT + p, fused(2.0 * numbers[code[x + _4]], pull, found))


@kernel(part=True)
def _join(code: Indices, numbers: Array, w: Array) -> None:
    """Add the counts of all components that a parameter changes."""
    for x in range(code[JOINED], code[JOINED + _1], _4):
        for row in range(code[x], code[x] + code[x + _1] * ROW, ROW):
            store(w, row, 0.0)
        for y in range(code[x + _2], code[x + _3], _5):
            add_column(w, numbers, code[y], code[y + _2], code[y + _3], code[y + _1], code[y + _4])


@kernel(part=True)
def _gram(code: Indices, numbers: Array, w: Array) -> None:
    """Σ curvature × derivative × derivative, of the counts."""
    for x in range(code[WEIGHTED], code[WEIGHTED + _1], _4):
        row, curvature, derivative = code[x], code[x + _1], code[x + _2]
        for i in range(_0, code[x + _3] * ROW, ROW):
            store(w, row + i, load(w, curvature + i) * load(w, derivative + i))
    for x in range(code[GRAM], code[GRAM + _1], _7):
        found = _dot(w, numbers, code[x + _3], code[x + _4], code[x + _5], code[x + _6])
        store(w, code[x], load(w, code[x + _1]) * load(w, code[x + _2]) * found)


@kernel(part=True)
def _hessian(code: Indices, numbers: Array, w: Array) -> None:
    """Fisher's matrix, and where it is exact the second derivatives of the counts beside it."""
    exact, pair, element = load(w, EXACT), code[PAIRS], code[MATRIX]
    for a in range(code[FREE], code[FREE + _1], _4):
        change = load(w, code[a + _1])
        for b in range(code[FREE], a + _1, _4):
            found = fused(exact, _sum(code, code[pair + _1], code[pair + _2], w), load(w, code[pair]))
            found = change * load(w, code[b + _1]) * found
            if a == b:
                found = found + 2.0 * numbers[code[a + _2]]
            store(w, element, found)
            pair += _3
            element += ROW


@kernel(part=True)
def _hold(code: Indices, w: Array) -> None:
    """Take parameters that stand at an end of their range, and would go beyond, out of the Hessian.

    Their gradient is set to 0.
    """
    moving, all_ = 0.0, 0.0
    for a in range(code[FREE], code[FREE + _1], _4):
        p = code[a]
        at, slope = load(w, AT + p), load(w, GRADIENT + p)
        inside, below = less(load(w, LOW + p), at), less(at, load(w, HIGH + p))
        keep = where(less(0.0, slope), inside, where(less(slope, 0.0), below, 1.0))
        store(w, KEEP + p, keep)
        moving += total(keep)
        all_ += np.float64(ROW)
    if moving == all_:
        return
    element = code[MATRIX]
    for a in range(code[FREE], code[FREE + _1], _4):
        keep, slope = load(w, KEEP + code[a]), GRADIENT + code[a]
        store(w, slope, load(w, slope) * keep)
        for b in range(code[FREE], a + _1, _4):
            found = load(w, element) * keep * load(w, KEEP + code[b])
            if a == b:
                found = found + (1.0 - keep)
            store(w, element, found)
            element += ROW


@kernel(part=True)
def _factorise(code: Indices, w: Array) -> None:
    """Replace the matrix by Cholesky's factor, with the inverse of its diagonal; say where there is none.

    A parameter that the counts do not know beside those before it stays: the inverse is 0.
    """
    regular, n, above = spread(1.0), (code[FREE + _1] - code[FREE]) // _4, code[MATRIX]
    for a in range(n):
        row, other = above, code[MATRIX]
        for b in range(a + _1):
            element = load(w, row + b * ROW)
            left = element
            for c in range(_0, b * ROW, ROW):
                left = left - load(w, row + c) * load(w, other + c)
            if a == b:
                good = less(1e-14 * element, left)
                lost = 0.0 * left
                if code[code[FREE] + _4 * a + _3] > _0:  # those before it do all that it can do
                    lost = less(left, _RANK * element + _TINY) * less(0.0 - _RANK * element - _TINY, left)
                    good = where(lost, 1.0, good)
                regular = regular * good
                left = (1.0 - lost) / root(where(good * (1.0 - lost), left, 1.0))
            else:
                left = left * load(w, other + b * ROW)
            store(w, row + b * ROW, left)
            other += (b + _1) * ROW
        above += (a + _1) * ROW
    store(w, REGULAR, regular)


@kernel(part=True)
def _solve(code: Indices, w: Array) -> None:
    """Fill the trial step, -H⁻¹ gradient."""
    free, n, row = code[FREE], (code[FREE + _1] - code[FREE]) // _4, code[MATRIX]
    for a in range(n):
        p = code[free + _4 * a]
        left = 0.0 - load(w, GRADIENT + p)
        for b in range(a):
            left = left - load(w, row + b * ROW) * load(w, TRIAL + code[free + _4 * b])
        store(w, TRIAL + p, left * load(w, row + a * ROW))
        row += (a + _1) * ROW
    for c in range(n):
        a = n - _1 - c
        row -= (a + _1) * ROW
        p = code[free + _4 * a]
        found = load(w, TRIAL + p) * load(w, row + a * ROW)
        store(w, TRIAL + p, found)
        for b in range(a):
            q = TRIAL + code[free + _4 * b]
            store(w, q, load(w, q) - load(w, row + b * ROW) * found)


@kernel(part=True)
def _errors(code: Indices, w: Array) -> None:
    """Fill the steps with Hesse's errors: √2 times the norms of the columns of the factor's inverse.

    NaN where the matrix is not regular.
    """
    free, n = code[FREE], (code[FREE + _1] - code[FREE]) // _4
    for a in range(n):
        square, row = spread(0.0), code[MATRIX] + (a * (a + _1) >> _1) * ROW
        for b in range(a, n):  # the column takes the room of the trial step
            left = spread(1.0 if b == a else 0.0)
            for c in range(a, b):
                left = left - load(w, row + c * ROW) * load(w, TRIAL + code[free + _4 * c])
            left = left * load(w, row + b * ROW)
            store(w, TRIAL + code[free + _4 * b], left)
            square = fused(left, left, square)
            row += (b + _1) * ROW
        store(w, STEP_OF + code[free + _4 * a], where(load(w, REGULAR), root(2.0 * square), math.nan))
