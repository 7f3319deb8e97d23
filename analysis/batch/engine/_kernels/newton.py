"""Minima of a block of data sets: Fisher scoring far from the minimum, Newton's method near it."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.counts import evaluate, expect
from analysis.batch.engine._kernels.registers import (
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
    STRIDE,
    TRIAL,
    TRUSTED,
    VALUE,
)
from analysis.batch.engine._kernels.steps import step
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import less, load, store, sum_lanes, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

_CONVERGED = 1e-10
"""Expected decrease of -2 ln L below which a step is the last: the remaining distance is of the order of the
square of the decrease."""
_EXACT_BELOW = 0.5
"""Expected decrease below which the exact Hessian is used."""
_TRUSTED_BELOW = 5.0
"""Expected decrease of a first step from a nearby point, up to which the step is trusted."""
_SMALLEST_FRACTION = 1e-12
_ROUNDING = 1e-13
_NEGLIGIBLE = 1e-7
"""Difference of -2 ln L, relative to 1 + |2 ln L|, that is none: a search stopped by rounding with a smaller
expected decrease has not failed, nor one that ends higher by less."""
_0 = np.uint64(0)


@kernel(part=True)
def minimise(
    program: Indices,
    constants: Array,
    knots: Array,
    powers: Array,
    w: Array,
    size: np.uint64,
    steps: int,
    near: bool,
    trusted: bool,
) -> None:
    """Search the minimum, starting from the parameters in BEST.

    Parameters
    ----------
    program, constants
        The model: see `analysis.batch.engine.program`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Spline of a tabulated signal.
    w : ndarray, shape (n_registers × LANES,)
    size : int
        Number of parameters.
    steps : int
        Largest number of steps; 0: only the value is computed.
    near : bool
        Use the exact Hessian from the start.
    trusted : bool
        Trust the first step.

    Notes
    -----
    A step is accepted if -2 ln L falls, else halved. Steps with an expected decrease below 0.5 are trusted:
    they are accepted without computing the logarithms of -2 ln L until the minimum is reached. If the next
    step is not smaller, the last one is taken back, and steps of this data set are no longer trusted. If the
    search starts near the minimum, the first step is trusted, too, unless it is long. Steps that the range of
    the parameter of interest cuts short are never trusted. A search has failed if -2 ln L is higher at its
    end than where it was computed last.
    """
    _initialise(w, size, near, trusted)
    n_live, n_checked, n_trusted = 1.0, 0.0 if trusted else 1.0, 1.0
    for number in range(steps + 1):
        ended = number == steps or n_live == 0.0
        if ended and number > 0 and n_trusted == 0.0:
            break
        _set_point(w, size, not ended)
        # at the end, for the values of the data sets whose steps were trusted
        needs_value = ended or n_checked > 0.0
        expect(program, constants, knots, powers, w)
        if needs_value:
            evaluate(program, constants, w)
        if ended:
            break
        step(program, constants, w)
        _advance(w, size)
        live = 1.0 - load(w, DONE)
        n_live, n_checked = sum_lanes(live), sum_lanes(live * (1.0 - load(w, TRUSTED)))
        n_trusted = sum_lanes(load(w, TRUSTED))
    if steps > 0:
        store(w, FAILED, where(load(w, DONE), load(w, FAILED), 1.0))
    has_value = load(w, TRUSTED) if steps > 0 else 1.0 + 0.0 * load(w, DONE)
    value, checked = load(w, VALUE), load(w, BEST_VALUE)
    unit = 1.0 + where(less(checked, 0.0), 0.0 - checked, checked)
    has_risen = has_value * less(checked + _NEGLIGIBLE * unit, value)
    store(w, FAILED, where(has_risen, 1.0, load(w, FAILED)))
    store(w, BEST_VALUE, where(has_value, value, checked))


@kernel(part=True)
def _initialise(w: Array, size: np.uint64, near: bool, trusted: bool) -> None:
    exact, trust, decrease = 1.0 if near else 0.0, 1.0 if trusted else 0.0, math.inf if trusted else 0.0
    store(w, EXACT, exact)
    store(w, BEST_VALUE, math.inf)
    store(w, FRACTION, 1.0)
    store(w, DECREASE, decrease)
    store(w, TRUSTED, trust)
    for address in (DONE, FAILED, SHORTENED, CAUTIOUS):
        store(w, address, 0.0)
    for p in range(_0, size * STRIDE, STRIDE):
        store(w, STEP_OF + p, 0.0)
        store(w, TRIAL + p, 0.0)


@kernel(part=True)
def _set_point(w: Array, size: np.uint64, is_trial: bool) -> None:
    """Set the parameters at which the model is evaluated next: those of the trial step, or the best ones."""
    for p in range(_0, size * STRIDE, STRIDE):
        x = load(w, BEST + p)
        if is_trial:
            bottom, top = load(w, LOW + p), load(w, HIGH + p)
            x = x + load(w, FRACTION) * load(w, STEP_OF + p)
            x = where(less(x, bottom), bottom, x)
            x = where(less(top, x), top, x)
        store(w, AT + p, x)


@kernel(part=True)
def _decrease(w: Array, end: np.uint64) -> Any:
    """Return the decrease of -2 ln L that the next step promises."""
    decrease = 0.0 * load(w, FRACTION)
    for p in range(_0, end, STRIDE):
        decrease = decrease - 0.5 * load(w, TRIAL + p) * load(w, GRADIENT + p)
    return decrease


@kernel(part=True)
def _is_cut(w: Array) -> Any:
    """Return 1 where the next step leaves the range of the parameter of interest, else 0."""
    point = load(w, AT) + load(w, TRIAL)
    return where(less(point, load(w, LOW)), 1.0, less(load(w, HIGH), point))


@kernel(part=True)
def _advance(w: Array, size: np.uint64) -> None:
    """Accept or reject the trial points, take the next steps, and end the searches that have converged.

    Conditions are vectors of 1 and 0.
    """
    end, live, trusted, fraction = size * STRIDE, 1.0 - load(w, DONE), load(w, TRUSTED), load(w, FRACTION)
    value, best_value, expected = load(w, VALUE), load(w, BEST_VALUE), load(w, DECREASE)
    unit = 1.0 + where(less(best_value, 0.0), 0.0 - best_value, best_value)
    fallen = where(less(best_value + _ROUNDING * unit, value), 0.0, less(value, math.inf))
    accepted = live * where(trusted, 1.0, fallen)
    checked, rejected = accepted * (1.0 - trusted), live - accepted
    best_value = where(checked, value, best_value)
    shortened = where(checked, less(fraction, 1.0), load(w, SHORTENED))
    fraction = where(checked, 1.0, where(rejected, 0.5 * fraction, fraction))
    done = rejected * less(fraction, _SMALLEST_FRACTION)
    failed = done * (1.0 - less(expected, _NEGLIGIBLE * unit))

    regular, exact, cautious = load(w, REGULAR), load(w, EXACT), load(w, CAUTIOUS)
    decrease, cut = _decrease(w, end), _is_cut(w)
    # Fisher's matrix is positive definite, unless the data determine no parameter
    irregular = accepted * (1.0 - regular)
    lost, infinite = irregular * (1.0 - exact), 1.0 - less(expected, math.inf)
    done, failed = done + lost, failed + lost
    reverts = accepted * regular * trusted * (1.0 - less(decrease, expected))
    # at an end of a range the next step is smaller even if -2 ln L has risen
    not_trusted = where(cut, 1.0 - less(decrease, _CONVERGED), infinite * less(_TRUSTED_BELOW, decrease))
    is_far = (accepted * regular - reverts) * trusted * not_trusted
    proceeds, retries = accepted * regular - reverts - is_far, irregular * exact
    undone = reverts + retries * trusted  # the step did not lead nearer to a minimum
    converged = proceeds * less(decrease, _CONVERGED)
    undecided = (proceeds - converged) * (1.0 - infinite)
    is_near = undecided * less(decrease, _EXACT_BELOW)
    # where μ hardly depends on θ, Fisher's steps are far too long
    needs_exact = (undecided - is_near) * shortened

    for p in range(_0, end, STRIDE):
        best_point, at = load(w, BEST + p), load(w, AT + p)
        before = where(accepted * trusted, best_point, load(w, BEFORE + p))
        step = where(proceeds, load(w, TRIAL + p), where(accepted, 0.0, load(w, STEP_OF + p)))
        best_point = where(undone, before, where(accepted, at, best_point))
        moved = best_point + step
        if p > _0:
            bottom = load(w, LOW + p)
            moved = where(less(moved, bottom), bottom, moved)
        store(w, BEFORE + p, before)
        store(w, STEP_OF + p, step)
        store(w, BEST + p, where(converged, moved, best_point))
    store(w, SLOPE_AT_BEST, where(converged, load(w, GRADIENT), load(w, SLOPE_AT_BEST)))
    # for a trusted step `minimise` computes the value at the end
    best_value = where(
        reverts + is_far + retries, math.inf, where(converged, best_value - decrease, best_value)
    )
    store(w, BEST_VALUE, best_value)
    decrease = where(proceeds, decrease, where(is_far, 0.0, where(retries, math.inf, expected)))
    store(w, DECREASE, decrease)
    store(w, EXACT, where(retries, 0.0, where(is_near + needs_exact, 1.0, exact)))
    trusted = where(is_near, (1.0 - cautious) * (1.0 - cut), trusted)
    store(w, TRUSTED, where(reverts + is_far + retries, 0.0, trusted))
    store(w, CAUTIOUS, where(undone, 1.0, cautious))
    store(w, SHORTENED, shortened)
    store(w, FRACTION, fraction)
    store(w, DONE, where(done + converged, 1.0, 1.0 - live))
    store(w, FAILED, where(failed, 1.0, load(w, FAILED)))
