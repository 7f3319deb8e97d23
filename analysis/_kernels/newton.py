"""Minima of many data sets side by side: Fisher scoring until it is near, then Newton's method."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.derivatives import evaluate
from analysis._kernels.layout import LANES, Layout, Rows
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
    for k in range(LANES):
        w[r.regular, k] = 1.0
    for p in range(start, size):
        row = r.hessian + p * size
        for k in range(LANES):
            keep = w[r.keep + p, k]
            w[row + p, k] = keep * w[row + p, k] + (1.0 - keep)
        for q in range(start, p):
            for k in range(LANES):
                w[row + q, k] *= w[r.keep + p, k] * w[r.keep + q, k]
            other = r.hessian + q * size
            for j in range(start, q):
                for k in range(LANES):
                    w[row + q, k] -= w[row + j, k] * w[other + j, k]
            for k in range(LANES):
                w[row + q, k] /= w[other + q, k]
        for k in range(LANES):
            left = w[row + p, k]
            least = 1e-14 * left
            for j in range(start, p):
                left -= w[row + j, k] * w[row + j, k]
            regular = left > least
            w[r.regular, k] = w[r.regular, k] if regular else 0.0
            w[row + p, k] = math.sqrt(left) if regular else 1.0


@kernel()
def _solve(r: Rows, w: Array, size: int, start: int) -> None:
    """Fill the trial step -H⁻¹ gradient."""
    for p in range(start, size):
        row = r.hessian + p * size
        for k in range(LANES):
            w[r.trial + p, k] = -w[r.gradient + p, k] * w[r.keep + p, k]
        for q in range(start, p):
            for k in range(LANES):
                w[r.trial + p, k] -= w[row + q, k] * w[r.trial + q, k]
        for k in range(LANES):
            w[r.trial + p, k] /= w[row + p, k]
    for p in range(size - 1, start - 1, -1):
        for q in range(p + 1, size):
            for k in range(LANES):
                w[r.trial + p, k] -= w[r.hessian + q * size + p, k] * w[r.trial + q, k]
        for k in range(LANES):
            w[r.trial + p, k] /= w[r.hessian + p * size + p, k]


@kernel()
def _hold(layout: Layout, r: Rows, w: Array, fixed: Mask, start: int, low: float, high: float) -> None:
    """Mark the parameters that stand at an end of their range and would go beyond."""
    for p in range(len(fixed)):
        for k in range(LANES):
            w[r.keep + p, k] = 0.0 if fixed[p] else 1.0
    if start == 0:
        for k in range(LANES):
            theta, slope = w[r.at, k], w[r.gradient, k]
            if (theta <= low and slope > 0.0) or (theta >= high and slope < 0.0):
                w[r.keep, k] = 0.0
    for m in range(len(fixed) - 1):
        lowest = layout.constraints[m, 2]
        if lowest > -math.inf:
            for k in range(LANES):
                if w[r.at + 1 + m, k] <= lowest and w[r.gradient + 1 + m, k] > 0.0:
                    w[r.keep + 1 + m, k] = 0.0


@kernel()
def _judge(r: Rows, w: Array, size: int) -> None:
    """Accept what was tried, or shorten the step."""
    for k in range(LANES):
        if w[r.done, k] > 0.0:
            continue
        best = w[r.best_value, k]
        if w[r.value, k] <= best + _ROUNDING * (1.0 + abs(best)):
            w[r.best_value, k] = w[r.value, k]
            w[r.fraction, k] = 1.0
            for p in range(size):
                w[r.best + p, k] = w[r.at + p, k]
        else:
            w[r.fraction, k] *= 0.5
            if w[r.fraction, k] < _SMALLEST_FRACTION:
                w[r.done, k] = 1.0
                w[r.failed, k] = 0.0 if w[r.decrease, k] < 1e-7 else 1.0


@kernel()
def _advance(layout: Layout, r: Rows, w: Array, size: int, start: int) -> None:
    """Take over the steps of the lanes whose last one was accepted, and end the search where it is there."""
    for k in range(LANES):
        if w[r.done, k] > 0.0 or w[r.fraction, k] < 1.0:
            continue
        if w[r.regular, k] == 0.0:
            for p in range(size):
                w[r.step + p, k] = 0.0
            if w[r.exact, k] > 0.0:  # Fisher's matrix is positive definite, unless nothing is measured
                w[r.exact, k], w[r.decrease, k] = 0.0, math.inf
            else:
                w[r.done, k] = w[r.failed, k] = 1.0
            continue
        decrease = 0.0
        for p in range(start, size):
            w[r.step + p, k] = w[r.trial + p, k]
            decrease -= 0.5 * w[r.trial + p, k] * w[r.gradient + p, k] * w[r.keep + p, k]
        retreated = w[r.decrease, k] == math.inf
        w[r.decrease, k] = decrease
        if decrease < _CONVERGED:
            w[r.done, k] = 1.0
            w[r.slope_at_best, k] = w[r.gradient, k]
            w[r.best_value, k] -= decrease
            for p in range(start, size):
                moved = w[r.best + p, k] + w[r.step + p, k]
                w[r.best + p, k] = moved if p == 0 else max(moved, layout.constraints[p - 1, 2])
        elif decrease < _NEAR and not retreated:
            w[r.exact, k] = 1.0


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
    size = len(fixed)
    for k in range(LANES):
        w[r.exact, k] = w[r.decrease, k] = w[r.done, k] = w[r.failed, k] = 0.0
        w[r.fraction, k], w[r.best_value, k] = 1.0, math.inf
    for p in range(size):
        for k in range(LANES):
            w[r.step + p, k] = 0.0
    for _ in range(_STEPS):
        for p in range(size):
            bottom = low if p == 0 else layout.constraints[p - 1, 2]
            top = high if p == 0 else math.inf
            if p < start:
                bottom, top = -math.inf, math.inf
            for k in range(LANES):
                tried = w[r.best + p, k] + w[r.fraction, k] * w[r.step + p, k]
                w[r.at + p, k] = min(max(tried, bottom), top)
        evaluate(layout, r, w, start)
        _judge(r, w, size)
        _hold(layout, r, w, fixed, start, low, high)
        factorise(r, w, size, start)
        _solve(r, w, size, start)
        _advance(layout, r, w, size, start)
        done = 0.0
        for k in range(LANES):
            done += w[r.done, k]
        if done == LANES:
            break
    for k in range(LANES):
        if w[r.done, k] == 0.0:
            w[r.failed, k] = 1.0


@kernel()
def errors(layout: Layout, r: Rows, w: Array, fixed: Mask, start: int) -> None:
    """Fill the rows of the step with Hesse's errors at the best parameters; NaN where there are none."""
    size = len(fixed)
    for k in range(LANES):
        w[r.exact, k] = 1.0
    for p in range(size):
        for k in range(LANES):
            w[r.at + p, k] = w[r.best + p, k]
            w[r.keep + p, k] = 0.0 if fixed[p] else 1.0
            w[r.step + p, k] = 0.0
    evaluate(layout, r, w, start)
    factorise(r, w, size, start)
    for p in range(size):  # column p of the inverse of the factor, squared and summed
        for q in range(p, size):
            for k in range(LANES):
                w[r.trial + q, k] = 1.0 if p == q else 0.0
            for j in range(p, q):
                for k in range(LANES):
                    w[r.trial + q, k] -= w[r.hessian + q * size + j, k] * w[r.trial + j, k]
            for k in range(LANES):
                w[r.trial + q, k] /= w[r.hessian + q * size + q, k]
                w[r.step + p, k] += w[r.trial + q, k] * w[r.trial + q, k]
    for p in range(size):
        for k in range(LANES):
            error = math.sqrt(2.0 * w[r.step + p, k]) * w[r.keep + p, k]
            w[r.step + p, k] = error if w[r.regular, k] > 0.0 else math.nan
