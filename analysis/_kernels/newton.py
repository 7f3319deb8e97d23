"""Minima of many data sets side by side: Fisher scoring until it is near, then Newton's method."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.derivatives import evaluate
from analysis._kernels.fused import is_plain
from analysis._kernels.layout import ROW, Layout, Rows, at
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CONVERGED = 1e-10
"""Expected decrease of -2 ln L at which the last step is made: its square is what remains."""
_NEAR = 0.5
"""Expected decrease from which on the Hessian is exact."""
_FIRST = 5.0
"""Expected decrease of a first step, from a point that is near, up to which it is trusted."""
_SMALLEST_FRACTION = 1e-12
_ROUNDING = 1e-13


@kernel(inner=True)
def factorise(r: Rows, w: Array, size: int, start: int) -> None:
    """Turn the Hessian from parameter `start` on into its Cholesky factor, and tell where there is none."""
    for k in range(ROW):
        w[r.regular + k] = 1.0
    for p in range(start, size):
        row, keep = r.hessian + at(p * size), r.keep + at(p)
        diagonal = row + at(p)
        for k in range(ROW):
            w[diagonal + k] = w[keep + k] * w[diagonal + k] + (1.0 - w[keep + k])
        for k in range(ROW):
            w[r.trial + k] = 1e-14 * w[diagonal + k]
        for q in range(start, p):
            target, kept, other = row + at(q), r.keep + at(q), r.hessian + at(q * size)
            for k in range(ROW):
                w[target + k] *= w[keep + k] * w[kept + k]
            for j in range(start, q):
                one, two = row + at(j), other + at(j)
                for k in range(ROW):
                    w[target + k] -= w[one + k] * w[two + k]
            pivot = other + at(q)
            for k in range(ROW):
                w[target + k] /= w[pivot + k]
            for k in range(ROW):
                w[diagonal + k] -= w[target + k] * w[target + k]
        for k in range(ROW):
            left = w[diagonal + k]
            regular = left > w[r.trial + k]
            w[r.regular + k] = w[r.regular + k] if regular else 0.0
            w[diagonal + k] = math.sqrt(left) if regular else 1.0


@kernel(inner=True)
def _solve(r: Rows, w: Array, size: int, start: int) -> None:
    """Fill the trial step -H⁻¹ gradient."""
    for p in range(start, size):
        row, target, slope, keep = (
            r.hessian + at(p * size),
            r.trial + at(p),
            r.gradient + at(p),
            r.keep + at(p),
        )
        for k in range(ROW):
            w[target + k] = -w[slope + k] * w[keep + k]
        for q in range(start, p):
            factor, other = row + at(q), r.trial + at(q)
            for k in range(ROW):
                w[target + k] -= w[factor + k] * w[other + k]
        pivot = row + at(p)
        for k in range(ROW):
            w[target + k] /= w[pivot + k]
    for p in range(size - 1, start - 1, -1):
        target, pivot = r.trial + at(p), r.hessian + at(p * size + p)
        for q in range(p + 1, size):
            factor, other = r.hessian + at(q * size + p), r.trial + at(q)
            for k in range(ROW):
                w[target + k] -= w[factor + k] * w[other + k]
        for k in range(ROW):
            w[target + k] /= w[pivot + k]


@kernel(inner=True)
def _hold(layout: Layout, r: Rows, w: Array, fixed: Mask, start: int, low: float, high: float) -> None:
    """Mark the parameters that stand at an end of their range and would go beyond."""
    for p in range(len(fixed)):
        keep, free = r.keep + at(p), 0.0 if fixed[p] else 1.0
        for k in range(ROW):
            w[keep + k] = free
        if p < start:
            continue
        bottom, top = (low, high) if p == 0 else (layout.constraints[p - 1, 2], math.inf)
        if bottom == -math.inf and top == math.inf:
            continue
        point, slope = r.at + at(p), r.gradient + at(p)
        for k in range(ROW):
            x, g = w[point + k], w[slope + k]
            if (x <= bottom and g > 0.0) or (x >= top and g < 0.0):
                w[keep + k] = 0.0


@kernel(inner=True)
def _judge(r: Rows, w: Array, size: int) -> None:
    """Accept what was tried, or shorten the step."""
    for k in range(ROW):
        if w[r.done + k] > 0.0:
            continue
        if w[r.trusted + k] > 0.0:
            for p in range(size):
                w[r.before + at(p) + k] = w[r.best + at(p) + k]
                w[r.best + at(p) + k] = w[r.at + at(p) + k]
            continue
        best = w[r.best_value + k]
        if w[r.value + k] <= best + _ROUNDING * (1.0 + abs(best)):
            w[r.best_value + k] = w[r.value + k]
            w[r.shortened + k] = 1.0 if w[r.fraction + k] < 1.0 else 0.0
            w[r.fraction + k] = 1.0
            for p in range(size):
                w[r.best + at(p) + k] = w[r.at + at(p) + k]
        else:
            w[r.fraction + k] *= 0.5
            if w[r.fraction + k] < _SMALLEST_FRACTION:
                w[r.done + k] = 1.0
                w[r.failed + k] = 0.0 if w[r.decrease + k] < 1e-7 else 1.0


@kernel(inner=True)
def _advance(layout: Layout, r: Rows, w: Array, size: int, start: int) -> None:
    """Take over the steps of the lanes whose last one was accepted, and end the search where it is there."""
    for k in range(ROW):
        if w[r.done + k] > 0.0 or w[r.fraction + k] < 1.0:
            continue
        if w[r.regular + k] == 0.0:
            for p in range(size):
                w[r.step + at(p) + k] = 0.0
            if w[r.exact + k] > 0.0:  # Fisher's matrix is positive definite, unless nothing is measured
                w[r.exact + k], w[r.decrease + k] = 0.0, math.inf
                w[r.trusted + k], w[r.best_value + k] = 0.0, math.inf
            else:
                w[r.done + k] = w[r.failed + k] = 1.0
            continue
        decrease = 0.0
        for p in range(start, size):
            w[r.step + at(p) + k] = w[r.trial + at(p) + k]
            decrease -= 0.5 * w[r.trial + at(p) + k] * w[r.gradient + at(p) + k] * w[r.keep + at(p) + k]
        last = w[r.decrease + k]
        if w[r.trusted + k] > 0.0 and not decrease < last:
            w[r.trusted + k], w[r.cautious + k], w[r.best_value + k] = 0.0, 1.0, math.inf
            for p in range(size):
                w[r.best + at(p) + k], w[r.step + at(p) + k] = w[r.before + at(p) + k], 0.0
            continue
        if w[r.trusted + k] > 0.0 and last == math.inf and decrease > _FIRST:
            w[r.trusted + k], w[r.decrease + k], w[r.best_value + k] = 0.0, 0.0, math.inf
            for p in range(size):
                w[r.step + at(p) + k] = 0.0
            continue
        w[r.decrease + k] = decrease
        if decrease < _CONVERGED:
            w[r.done + k] = 1.0
            w[r.slope_at_best + k] = w[r.gradient + k]
            w[r.best_value + k] -= decrease  # where it was trusted, `minimise` finds it
            for p in range(start, size):
                moved = w[r.best + at(p) + k] + w[r.step + at(p) + k]
                w[r.best + at(p) + k] = moved if p == 0 else max(moved, layout.constraints[p - 1, 2])
        elif decrease < _NEAR and last < math.inf:
            w[r.exact + k] = 1.0
            w[r.trusted + k] = 1.0 - w[r.cautious + k]
        elif w[r.shortened + k] > 0.0 and last < math.inf:
            w[r.exact + k] = 1.0  # where μ hardly depends on θ, Fisher's steps are far too long


@kernel(inline="always")
def minimise(
    layout: Layout,
    r: Rows,
    w: Array,
    fixed: Mask,
    steps: int,
    start: int,
    near: bool,
    low: float,
    high: float,
) -> None:
    """Search the minimum from the best parameters on, which are where it begins.

    Parameters
    ----------
    fixed : ndarray of bool, shape (P,)
        Parameters that are held in all lanes.
    steps : int
        Most steps; 0: none, the Hessian at the best parameters is factorised.
    start : int
        0: θ is free between low and high; 1: it stays.
    near : bool
        Begin with the exact Hessian.

    Notes
    -----
    A step is accepted if -2 ln L falls, else halved. Steps that are expected to lower it by less than 0.5 are
    trusted: the logarithms are left out until the minimum is there. If the next step is not smaller, the last
    one is taken back and the lane no longer trusted. Where it begins near the minimum the first step is
    trusted, too, unless it is long.
    """
    size, plain = len(fixed), is_plain(layout)
    _begin(r, w, size, near, near and start < size and steps > 0)
    for number in range(steps + 1):
        watched = left = trusted = 0.0
        for k in range(ROW):
            left += 1.0 - w[r.done + k]
            watched += (1.0 - w[r.done + k]) * (1.0 - w[r.trusted + k])
            trusted += w[r.trusted + k]
        ended = number == steps or left == 0.0
        if ended and number > 0 and trusted == 0.0:
            break
        _place(layout, r, w, start, ended, low, high)
        # at the end, for the values of those that were trusted
        evaluate(layout, r, w, start, ended or watched > 0.0, plain)
        if ended:
            break
        _judge(r, w, size)
        _hold(layout, r, w, fixed, start, low, high)
        factorise(r, w, size, start)
        _solve(r, w, size, start)
        _advance(layout, r, w, size, start)
    for k in range(ROW):
        if w[r.done + k] == 0.0:
            w[r.failed + k] = 1.0
        if w[r.trusted + k] > 0.0:
            w[r.best_value + k] = w[r.value + k]
    if steps == 0:
        for p in range(size):
            keep, free = r.keep + at(p), 0.0 if fixed[p] else 1.0
            for k in range(ROW):
                w[keep + k] = free
        factorise(r, w, size, start)


@kernel(inner=True)
def _begin(r: Rows, w: Array, size: int, near: bool, trusted: bool) -> None:
    exact, trust, decrease = 1.0 if near else 0.0, 1.0 if trusted else 0.0, math.inf if trusted else 0.0
    for k in range(ROW):
        w[r.exact + k] = exact
        w[r.best_value + k] = math.inf
        w[r.fraction + k] = 1.0
    for k in range(ROW):
        w[r.decrease + k] = decrease
        w[r.done + k] = 0.0
        w[r.failed + k] = 0.0
        w[r.trusted + k] = trust
        w[r.shortened + k] = 0.0
        w[r.cautious + k] = 0.0
    for p in range(size):
        step = r.step + at(p)
        for k in range(ROW):
            w[step + k] = 0.0


@kernel(inner=True)
def _place(layout: Layout, r: Rows, w: Array, start: int, ended: bool, low: float, high: float) -> None:
    """Set the parameters that are tried next, or the best ones."""
    for p in range(len(layout.ranges)):
        bottom = low if p == 0 else layout.constraints[p - 1, 2]
        top = high if p == 0 else math.inf
        if p < start or ended:
            bottom, top = -math.inf, math.inf
        point, best, step, share = r.at + at(p), r.best + at(p), r.step + at(p), 0.0 if ended else 1.0
        for k in range(ROW):
            tried = w[best + k] + share * w[r.fraction + k] * w[step + k]
            w[point + k] = min(max(tried, bottom), top)


@kernel(inner=True)
def errors(r: Rows, w: Array, size: int) -> None:
    """Fill the rows of the step with Hesse's errors, from the Hessian's factor; NaN where there is none."""
    for p in range(size):  # column p of the inverse of the factor, squared and summed
        total = r.step + at(p)
        for k in range(ROW):
            w[total + k] = 0.0
        for q in range(p, size):
            target, row, unit = r.trial + at(q), r.hessian + at(q * size), 1.0 if p == q else 0.0
            for k in range(ROW):
                w[target + k] = unit
            for j in range(p, q):
                factor, other = row + at(j), r.trial + at(j)
                for k in range(ROW):
                    w[target + k] -= w[factor + k] * w[other + k]
            diagonal = row + at(q)
            for k in range(ROW):
                w[target + k] /= w[diagonal + k]
            for k in range(ROW):
                w[total + k] += w[target + k] * w[target + k]
        keep = r.keep + at(p)
        for k in range(ROW):
            error = math.sqrt(2.0 * w[total + k]) * w[keep + k]
            w[total + k] = error if w[r.regular + k] > 0.0 else math.nan
