"""Minima of many data sets side by side: Fisher scoring until it is near, then Newton's method."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.counts import evaluate, expect
from analysis.batch.engine._kernels.rows import (
    APART,
    AT,
    BEFORE,
    BEST,
    BEST_VALUE,
    CAUTIOUS,
    DECREASE,
    DONE,
    EXACT,
    FAILED,
    FRACTION,
    GRADIENT,
    HIGH,
    LOW,
    REGULAR,
    SHORTENED,
    SLOPE_AT_BEST,
    STEP_OF,
    TRIAL,
    TRUSTED,
    VALUE,
)
from analysis.batch.engine._kernels.steps import step
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import less, load, store, total, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

_CONVERGED = 1e-10
"""Expected decrease of -2 ln L at which the last step is made: its square is what remains."""
_NEAR = 0.5
"""Expected decrease from which on the Hessian is exact."""
_FIRST = 5.0
"""Expected decrease of a first step, from a point that is near, up to which it is trusted."""
_SMALLEST_FRACTION = 1e-12
_ROUNDING = 1e-13
_NOTHING = 1e-7
"""Expected decrease, relative to 1 + -2 ln L, that steps may leave where rounding hides every fall."""
_0 = np.uint64(0)


@kernel(part=True)
def minimise(
    code: Indices,
    numbers: Array,
    knots: Array,
    powers: Array,
    w: Array,
    size: np.uint64,
    steps: int,
    near: bool,
    trusted: bool,
) -> None:
    """Search the minimum from the best parameters on, which are where it begins.

    Parameters
    ----------
    code, numbers
        The model: see `analysis.batch.engine.workspaces`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Of a tabulated signal.
    w : ndarray, shape (n_rows × LANES,)
    size : int
        Number of parameters.
    steps : int
        Most steps; 0: the value is evaluated.
    near : bool
        Begin with the exact Hessian.
    trusted : bool
        Trust the first step.

    Notes
    -----
    A step is accepted if -2 ln L falls, else halved. Steps that are expected to lower it by less than 0.5 are
    trusted: the logarithms are left out until the minimum is there. If the next step is not smaller, the last
    one is taken back and the lane no longer trusted. Where it begins near the minimum the first step is
    trusted, too, unless it is long.
    """
    _begin(w, size, near, trusted)
    left, watched, any_trusted = 1.0, 0.0 if trusted else 1.0, 1.0
    for number in range(steps + 1):
        ended = number == steps or left == 0.0
        if ended and number > 0 and any_trusted == 0.0:
            break
        _place(w, size, 0.0 if ended else 1.0)
        # at the end, for the values of those that were trusted
        valued = ended or watched > 0.0
        expect(code, numbers, knots, powers, w)
        if valued:
            evaluate(code, numbers, w)
        if ended:
            break
        step(code, numbers, w, True)
        _advance(w, size)
        live = 1.0 - load(w, DONE)
        left, watched = total(live), total(live * (1.0 - load(w, TRUSTED)))
        any_trusted = total(load(w, TRUSTED))
    if steps > 0:
        store(w, FAILED, where(load(w, DONE), load(w, FAILED), 1.0))
    known = load(w, TRUSTED) if steps > 0 else 1.0 + 0.0 * load(w, DONE)
    store(w, BEST_VALUE, where(known, load(w, VALUE), load(w, BEST_VALUE)))


@kernel(part=True)
def _begin(w: Array, size: np.uint64, near: bool, trusted: bool) -> None:
    exact, trust, decrease = 1.0 if near else 0.0, 1.0 if trusted else 0.0, math.inf if trusted else 0.0
    store(w, EXACT, exact)
    store(w, BEST_VALUE, math.inf)
    store(w, FRACTION, 1.0)
    store(w, DECREASE, decrease)
    store(w, TRUSTED, trust)
    for place in (DONE, FAILED, SHORTENED, CAUTIOUS):
        store(w, place, 0.0)
    for p in range(_0, size * APART, APART):
        store(w, STEP_OF + p, 0.0)
        store(w, TRIAL + p, 0.0)


@kernel(part=True)
def _place(w: Array, size: np.uint64, share: float) -> None:
    """Set the parameters that are tried next, or the best ones."""
    for p in range(_0, size * APART, APART):
        x = load(w, BEST + p)
        if share > 0.0:
            bottom, top = load(w, LOW + p), load(w, HIGH + p)
            x = x + load(w, FRACTION) * load(w, STEP_OF + p)
            x = where(less(x, bottom), bottom, x)
            x = where(less(top, x), top, x)
        store(w, AT + p, x)


@kernel(part=True)
def _advance(w: Array, size: np.uint64) -> None:
    """Judge what was tried, take over the next steps where it was accepted, and end where it is there.

    What is 1 or 0 for every data set are conditions.
    """
    end = size * APART
    live, trusted, fraction = 1.0 - load(w, DONE), load(w, TRUSTED), load(w, FRACTION)
    value, best, last = load(w, VALUE), load(w, BEST_VALUE), load(w, DECREASE)
    unit = 1.0 + where(less(best, 0.0), 0.0 - best, best)
    fallen = where(less(best + _ROUNDING * unit, value), 0.0, less(value, math.inf))
    accepted = live * where(trusted, 1.0, fallen)
    watched, rejected = accepted * (1.0 - trusted), live - accepted
    best = where(watched, value, best)
    shortened = where(watched, less(fraction, 1.0), load(w, SHORTENED))
    fraction = where(watched, 1.0, where(rejected, 0.5 * fraction, fraction))
    done = rejected * less(fraction, _SMALLEST_FRACTION)
    failed = done * (1.0 - less(last, _NOTHING * unit))

    regular, exact, cautious = load(w, REGULAR), load(w, EXACT), load(w, CAUTIOUS)
    decrease = 0.0 * fraction
    for p in range(_0, end, APART):
        decrease = decrease - 0.5 * load(w, TRIAL + p) * load(w, GRADIENT + p)
    # Fisher's matrix is positive definite, unless nothing is measured
    irregular = accepted * (1.0 - regular)
    lost = irregular * (1.0 - exact)
    done, failed, infinite = done + lost, failed + lost, 1.0 - less(last, math.inf)
    back = accepted * regular * trusted * (1.0 - less(decrease, last))
    far = (accepted * regular - back) * trusted * infinite * less(_FIRST, decrease)
    going, again = accepted * regular - back - far, irregular * exact
    undone = back + again * trusted  # it led where there is no minimum near, or did not lead nearer
    converged = going * less(decrease, _CONVERGED)
    rest = (going - converged) * (1.0 - infinite)
    near = rest * less(decrease, _NEAR)
    # where μ hardly depends on θ, Fisher's steps are far too long
    short = (rest - near) * shortened

    for p in range(_0, end, APART):
        here, at = load(w, BEST + p), load(w, AT + p)
        before = where(accepted * trusted, here, load(w, BEFORE + p))
        step = where(going, load(w, TRIAL + p), where(accepted, 0.0, load(w, STEP_OF + p)))
        here = where(undone, before, where(accepted, at, here))
        moved = here + step
        if p > _0:
            bottom = load(w, LOW + p)
            moved = where(less(moved, bottom), bottom, moved)
        store(w, BEFORE + p, before)
        store(w, STEP_OF + p, step)
        store(w, BEST + p, where(converged, moved, here))
    store(w, SLOPE_AT_BEST, where(converged, load(w, GRADIENT), load(w, SLOPE_AT_BEST)))
    # where it was trusted, `minimise` finds the value
    best = where(back + far + again, math.inf, where(converged, best - decrease, best))
    store(w, BEST_VALUE, best)
    decrease = where(going, decrease, where(far, 0.0, where(again, math.inf, last)))
    store(w, DECREASE, decrease)
    store(w, EXACT, where(again, 0.0, where(near + short, 1.0, exact)))
    store(w, TRUSTED, where(back + far + again, 0.0, where(near, 1.0 - cautious, trusted)))
    store(w, CAUTIOUS, where(undone, 1.0, cautious))
    store(w, SHORTENED, shortened)
    store(w, FRACTION, fraction)
    store(w, DONE, where(done + converged, 1.0, 1.0 - live))
    store(w, FAILED, where(failed, 1.0, load(w, FAILED)))
