"""Minima of many data sets side by side: Fisher scoring until it is near, then Newton's method."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.derivatives import evaluate
from analysis._kernels.fused import is_plain
from analysis._kernels.layout import LANES, ROW, Layout, Rows, at
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STEPS = 100
_CONVERGED = 1e-10
"""Expected decrease of -2 ln L at which the last step is made: its square is what remains."""
_NEAR = 0.5
"""Expected decrease from which on the Hessian is exact."""
_SMALLEST_FRACTION = 1e-12
_ROUNDING = 1e-13


@kernel()
def factorise(r: Rows, w: Array, size: int, start: int) -> None:
    """Turn the Hessian from parameter `start` on into its Cholesky factor, and tell where there is none."""
    for k in range(ROW):
        w[at(r.regular) + k] = 1.0
    for p in range(start, size):
        row = r.hessian + p * size
        for k in range(ROW):
            keep = w[at(r.keep + p) + k]
            w[at(row + p) + k] = keep * w[at(row + p) + k] + (1.0 - keep)
        for q in range(start, p):
            for k in range(ROW):
                w[at(row + q) + k] *= w[at(r.keep + p) + k] * w[at(r.keep + q) + k]
            other = r.hessian + q * size
            for j in range(start, q):
                for k in range(ROW):
                    w[at(row + q) + k] -= w[at(row + j) + k] * w[at(other + j) + k]
            for k in range(ROW):
                w[at(row + q) + k] /= w[at(other + q) + k]
        for k in range(ROW):
            left = w[at(row + p) + k]
            least = 1e-14 * left
            for j in range(start, p):
                left -= w[at(row + j) + k] * w[at(row + j) + k]
            regular = left > least
            w[at(r.regular) + k] = w[at(r.regular) + k] if regular else 0.0
            w[at(row + p) + k] = math.sqrt(left) if regular else 1.0


@kernel()
def _solve(r: Rows, w: Array, size: int, start: int) -> None:
    """Fill the trial step -H⁻¹ gradient."""
    for p in range(start, size):
        row = r.hessian + p * size
        for k in range(ROW):
            w[at(r.trial + p) + k] = -w[at(r.gradient + p) + k] * w[at(r.keep + p) + k]
        for q in range(start, p):
            for k in range(ROW):
                w[at(r.trial + p) + k] -= w[at(row + q) + k] * w[at(r.trial + q) + k]
        for k in range(ROW):
            w[at(r.trial + p) + k] /= w[at(row + p) + k]
    for p in range(size - 1, start - 1, -1):
        for q in range(p + 1, size):
            for k in range(ROW):
                w[at(r.trial + p) + k] -= w[at(r.hessian + q * size + p) + k] * w[at(r.trial + q) + k]
        for k in range(ROW):
            w[at(r.trial + p) + k] /= w[at(r.hessian + p * size + p) + k]


@kernel()
def _hold(layout: Layout, r: Rows, w: Array, fixed: Mask, start: int, low: float, high: float) -> None:
    """Mark the parameters that stand at an end of their range and would go beyond."""
    for p in range(len(fixed)):
        for k in range(ROW):
            w[at(r.keep + p) + k] = 0.0 if fixed[p] else 1.0
    if start == 0:
        for k in range(ROW):
            theta, slope = w[at(r.at) + k], w[at(r.gradient) + k]
            if (theta <= low and slope > 0.0) or (theta >= high and slope < 0.0):
                w[at(r.keep) + k] = 0.0
    for m in range(len(fixed) - 1):
        lowest = layout.constraints[m, 2]
        if lowest > -math.inf:
            for k in range(ROW):
                if w[at(r.at + 1 + m) + k] <= lowest and w[at(r.gradient + 1 + m) + k] > 0.0:
                    w[at(r.keep + 1 + m) + k] = 0.0


@kernel()
def _judge(r: Rows, w: Array, size: int) -> None:
    """Accept what was tried, or shorten the step."""
    for k in range(ROW):
        if w[at(r.done) + k] > 0.0:
            continue
        best = w[at(r.best_value) + k]
        if w[at(r.value) + k] <= best + _ROUNDING * (1.0 + abs(best)):
            w[at(r.best_value) + k] = w[at(r.value) + k]
            w[at(r.fraction) + k] = 1.0
            for p in range(size):
                w[at(r.best + p) + k] = w[at(r.at + p) + k]
        else:
            w[at(r.fraction) + k] *= 0.5
            if w[at(r.fraction) + k] < _SMALLEST_FRACTION:
                w[at(r.done) + k] = 1.0
                w[at(r.failed) + k] = 0.0 if w[at(r.decrease) + k] < 1e-7 else 1.0


@kernel()
def _advance(layout: Layout, r: Rows, w: Array, size: int, start: int) -> None:
    """Take over the steps of the lanes whose last one was accepted, and end the search where it is there."""
    for k in range(ROW):
        if w[at(r.done) + k] > 0.0 or w[at(r.fraction) + k] < 1.0:
            continue
        if w[at(r.regular) + k] == 0.0:
            for p in range(size):
                w[at(r.step + p) + k] = 0.0
            if w[at(r.exact) + k] > 0.0:  # Fisher's matrix is positive definite, unless nothing is measured
                w[at(r.exact) + k], w[at(r.decrease) + k] = 0.0, math.inf
            else:
                w[at(r.done) + k] = w[at(r.failed) + k] = 1.0
            continue
        decrease = 0.0
        for p in range(start, size):
            w[at(r.step + p) + k] = w[at(r.trial + p) + k]
            decrease -= 0.5 * w[at(r.trial + p) + k] * w[at(r.gradient + p) + k] * w[at(r.keep + p) + k]
        retreated = w[at(r.decrease) + k] == math.inf
        w[at(r.decrease) + k] = decrease
        if decrease < _CONVERGED:
            w[at(r.done) + k] = 1.0
            w[at(r.slope_at_best) + k] = w[at(r.gradient) + k]
            w[at(r.best_value) + k] -= decrease
            for p in range(start, size):
                moved = w[at(r.best + p) + k] + w[at(r.step + p) + k]
                w[at(r.best + p) + k] = moved if p == 0 else max(moved, layout.constraints[p - 1, 2])
        elif decrease < _NEAR and not retreated:
            w[at(r.exact) + k] = 1.0


@kernel()
def minimise(layout: Layout, r: Rows, w: Array, fixed: Mask, start: int, low: float, high: float) -> None:
    """Search the minimum from the best parameters on, which are where it begins.

    Parameters
    ----------
    fixed : ndarray of bool, shape (P,)
        Parameters that are held in all lanes.
    start : int
        0: θ is free between low and high; 1: it stays.
    """
    size, plain = len(fixed), is_plain(layout)
    for k in range(ROW):
        w[at(r.exact) + k] = w[at(r.decrease) + k] = w[at(r.done) + k] = w[at(r.failed) + k] = 0.0
        w[at(r.fraction) + k], w[at(r.best_value) + k] = 1.0, math.inf
    for p in range(size):
        for k in range(ROW):
            w[at(r.step + p) + k] = 0.0
    for _ in range(_STEPS):
        for p in range(size):
            bottom = low if p == 0 else layout.constraints[p - 1, 2]
            top = high if p == 0 else math.inf
            if p < start:
                bottom, top = -math.inf, math.inf
            for k in range(ROW):
                tried = w[at(r.best + p) + k] + w[at(r.fraction) + k] * w[at(r.step + p) + k]
                w[at(r.at + p) + k] = min(max(tried, bottom), top)
        evaluate(layout, r, w, start, True, plain)
        _judge(r, w, size)
        _hold(layout, r, w, fixed, start, low, high)
        factorise(r, w, size, start)
        _solve(r, w, size, start)
        _advance(layout, r, w, size, start)
        done = 0.0
        for k in range(ROW):
            done += w[at(r.done) + k]
        if done == LANES:
            break
    for k in range(ROW):
        if w[at(r.done) + k] == 0.0:
            w[at(r.failed) + k] = 1.0


@kernel()
def errors(layout: Layout, r: Rows, w: Array, fixed: Mask, start: int) -> None:
    """Fill the rows of the step with Hesse's errors at the best parameters; NaN where there are none."""
    size, plain = len(fixed), is_plain(layout)
    for k in range(ROW):
        w[at(r.exact) + k] = 1.0
    for p in range(size):
        for k in range(ROW):
            w[at(r.at + p) + k] = w[at(r.best + p) + k]
            w[at(r.keep + p) + k] = 0.0 if fixed[p] else 1.0
            w[at(r.step + p) + k] = 0.0
    evaluate(layout, r, w, start, True, plain)
    factorise(r, w, size, start)
    for p in range(size):  # column p of the inverse of the factor, squared and summed
        for q in range(p, size):
            for k in range(ROW):
                w[at(r.trial + q) + k] = 1.0 if p == q else 0.0
            for j in range(p, q):
                for k in range(ROW):
                    w[at(r.trial + q) + k] -= w[at(r.hessian + q * size + j) + k] * w[at(r.trial + j) + k]
            for k in range(ROW):
                w[at(r.trial + q) + k] /= w[at(r.hessian + q * size + q) + k]
                w[at(r.step + p) + k] += w[at(r.trial + q) + k] * w[at(r.trial + q) + k]
    for p in range(size):
        for k in range(ROW):
            error = math.sqrt(2.0 * w[at(r.step + p) + k]) * w[at(r.keep + p) + k]
            w[at(r.step + p) + k] = error if w[at(r.regular) + k] > 0.0 else math.nan
