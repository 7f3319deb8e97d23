"""Points of the profile of a block of data sets: ends of intervals, and -2 ln L at given values of θ.

Newton's method moves θ and the pulls at once. One evaluation at a point near the valley of -2 ln L gives the
profile there to second order: with the gradient g, the Hessian H, w = H⁻¹g and u = H⁻¹(1, 0, ...), its
curvature is 1/u₀, its slope w₀/u₀, its value -2 ln L - ½ g·w + ½ w₀²/u₀, and the pulls change by u/u₀ for
each unit of θ. A step solves this parabola for the level that is sought, and corrects it by the third order.
The first end of an interval shows the third and the fourth order of the profile and the bend of the valley;
the other searches start from them. A search ends when the error of its next step is bounded. One that does
not end soon, or leaves the range of a parameter, finds nothing: NaN.
"""

import math

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
    KEEP,
    LANES,
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
from analysis.batch.engine._kernels.steps import differentiate, factorise, hesse, solve
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import less, load, sqrt, store, sum_lanes, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]

UPPER, LOWER, AT_PLACE, BOUND, LIMIT = 0, 1, 2, 3, 4
"""Points: both ends of an interval, the values at a given θ and at the end of the physical range beyond which
the minimum is, and the upper limit."""
N_POINTS = 5

(
    PLACE, RISE, LIMIT_RISE, LOW_END, HIGH_END, LOW_PHYSICAL, HIGH_PHYSICAL,
) = range(7)  # fmt: skip
"""What is sought: a value of θ; the rise of -2 ln L above the minimum at the ends of the interval, and above
the physical minimum at the limit; then the range of θ and its physical range. NaN: not sought."""
N_SETTINGS = 7

_EVALUATIONS = 4
"""Largest number of evaluations of a search."""
_ERROR = 1e-8
"""Largest error of a crossing, in units of √(2/curvature), the standard deviation."""
_CUBIC = 0.1
"""Least third order of the profile that the bound of the error assumes, with θ in standard deviations."""
_CROSSING, _VALUE = 1e-6, 1e-7
"""Largest decrease of -2 ln L to the valley, at the last evaluation for a crossing and for a value. What the
expansion neglects there is of the order of its power 3/2."""

# registers of the search and of parameters, by what they hold here
_FLOOR, _SLOPE, _CURVATURE, _CUBE, _FOURTH = BEST_VALUE, SLOPE_AT_BEST, DECREASE, FRACTION, TRUSTED
"""The profile at a distance y from the minimum: floor + slope y + ½ curvature y² + cube y³ + fourth y⁴."""
_SOUGHT, _ACTIVE, _SOUND, _GAIN = SHORTENED, DONE, FAILED, CAUTIOUS
"""Level or nothing; 1 where the search goes on; 1 where the expansion holds; ½ g·w."""
_VALLEY_OF, _BEND, _NEWTON = BEFORE, KEEP, STEP_OF
"""Pulls along the valley, x + valley y + bend y²; Newton's step -w."""

_0 = np.uint64(0)


@kernel(part=True)
def profile_points(
    program: Indices, constants: Array, knots: Array, powers: Array, w: Array, size: np.uint64, first: int,
    count: int, floors: Array, settings: Array, errors: Array, found: Array,
) -> None:  # fmt: skip
    """Compute Hesse's errors at the minima in BEST, and points of the profile.

    Parameters
    ----------
    program, constants
        The model: see `analysis.batch.engine.program`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Spline of a tabulated signal.
    w : ndarray, shape (n_registers × LANES,)
    size : int
        Number of parameters.
    first, count : int
        First data set of the block, and number of data sets.
    floors : ndarray, shape (n,)
        -2 ln L/L_saturated at the minima.
    settings : ndarray, shape (N_SETTINGS,), or (0,)
        What is sought; without, the errors alone.
    errors : ndarray, shape (n, 1 + M)
        Output: NaN where the Hessian is not positive definite.
    found : ndarray, shape (n, N_POINTS)
        Output: θ of crossings, -2 ln L/L_saturated at given θ; NaN where it is not sought or not found.
    """
    end = size * STRIDE
    store(w, EXACT, 1.0)
    for p in range(_0, end, STRIDE):
        store(w, AT + p, load(w, BEST + p))
        store(w, _NEWTON + p, 0.0)
        store(w, TRIAL + p, 0.0)
        store(w, _BEND + p, 0.0)
    expect(program, constants, knots, powers, w)
    differentiate(program, constants, w)
    factorise(program, w)
    hesse(program, w)
    for k in range(count):
        for p in range(errors.shape[1]):
            errors[first + k, p] = w[_NEWTON + np.uint64(p) * STRIDE + np.uint64(k)]
    if len(settings) == 0:
        return
    for k in range(LANES):
        w[_FLOOR + np.uint64(k)] = floors[first + min(k, count - 1)]
    _expand(program, w, end)
    for target in range(N_POINTS):
        sign = -1.0 if target == LOWER else 0.0 if target in (AT_PLACE, BOUND) else 1.0
        if not _seek(target, first, count, settings, found, w):
            continue
        low = settings[LOW_END]
        high = min(settings[HIGH_END], settings[HIGH_PHYSICAL]) if target == LIMIT else settings[HIGH_END]
        _start(w, end, sign, target == UPPER, low, high)
        for _ in range(_EVALUATIONS):
            if sum_lanes(load(w, _ACTIVE)) == 0.0:
                break
            expect(program, constants, knots, powers, w)
            evaluate(program, constants, w)
            differentiate(program, constants, w)
            factorise(program, w)
            _newton(program, w, end)
            if target == UPPER:
                _learn(w, end)
            _advance(w, end, sign, low, high)
        for k in range(count):
            lane = np.uint64(k)
            if w[_ACTIVE + lane] == 0.0 and not (target == BOUND and math.isnan(w[_SOUGHT + lane])):
                found[first + k, target] = w[_SOUGHT + lane]


@kernel(part=True)
def _seek(target: int, first: int, count: int, settings: Array, found: Array, w: Array) -> bool:
    """Fill what is sought of a point in each lane, NaN for nothing; return whether anything is."""
    low, high, truth = settings[LOW_PHYSICAL], settings[HIGH_PHYSICAL], settings[PLACE]
    rise = settings[LIMIT_RISE if target == LIMIT else RISE]
    sought = False
    for k in range(LANES):
        lane, t = np.uint64(k), first + min(k, count - 1)
        if k < count:
            found[t, target] = math.nan
        best, place = w[BEST + lane], math.nan
        bound = low if best < low else high if best > high else math.nan
        if target == AT_PLACE:
            place = truth
        elif target == BOUND and bound == truth:
            found[t, BOUND] = found[t, AT_PLACE]
        elif target == BOUND:
            place = bound
        else:
            place = rise + w[_FLOOR + lane]
            if target == LIMIT and not math.isnan(bound):
                place = rise + found[t, BOUND]
        w[_SOUGHT + lane] = place
        sought |= not math.isnan(place)
    return sought


@kernel(part=True)
def _newton(program: Indices, w: Array, end: np.uint64) -> None:
    """Fill ½ g·w, Newton's step -w, and u in TRIAL."""
    solve(program, w)
    gain = 0.0 * load(w, REGULAR)
    for p in range(_0, end, STRIDE):
        gain = gain - 0.5 * load(w, TRIAL + p) * load(w, GRADIENT + p)
        store(w, _NEWTON + p, load(w, TRIAL + p))
        store(w, GRADIENT + p, 0.0)
    store(w, _GAIN, gain)
    store(w, GRADIENT, -1.0)
    solve(program, w)


@kernel(part=True)
def _expand(program: Indices, w: Array, end: np.uint64) -> None:
    """Expand the profile around the minimum to second order."""
    _newton(program, w, end)
    curvature = 1.0 / load(w, TRIAL)
    store(w, _SLOPE, 0.0 - load(w, _NEWTON) * curvature)
    store(w, _CURVATURE, curvature)
    store(w, _CUBE, 0.0)
    store(w, _FOURTH, 0.0)
    sound = load(w, REGULAR) * less(0.0, curvature) * less(load(w, _FLOOR), math.inf)
    for p in range(STRIDE, end, STRIDE):
        store(w, _VALLEY_OF + p, load(w, TRIAL + p) * curvature)
        sound = sound * less(load(w, LOW + p), load(w, BEST + p))
    store(w, _SOUND, sound)


@kernel(part=True)
def _start(w: Array, end: np.uint64, sign: float, is_first: bool, low: float, high: float) -> None:
    """Choose the first point of a search from the expansion."""
    best, sought = load(w, BEST), load(w, _SOUGHT)
    y = sought - best
    if sign:
        rise, slope, curvature = sought - load(w, _FLOOR), sign * load(w, _SLOPE), load(w, _CURVATURE)
        square = slope * slope + 2.0 * curvature * rise
        y = 2.0 * rise / (slope + sqrt(where(square, square, 0.0)))
        if not is_first:
            cube, fourth, z = sign * load(w, _CUBE), load(w, _FOURTH), y
            for _ in range(3):
                profile = z * (slope + z * (0.5 * curvature + z * (cube + z * fourth)))
                change = slope + z * (curvature + z * (3.0 * cube + 4.0 * z * fourth))
                z = z - (profile - rise) / change
            y = where(less(0.5 * y, z) * less(z, 2.0 * y), z, y)
        y = sign * y
    theta = best + y
    active = load(w, _SOUND) * less(low, theta) * less(theta, high)
    y = where(active, y, 0.0)
    store(w, AT, best + y)
    for p in range(STRIDE, end, STRIDE):
        x = load(w, BEST + p) + y * (load(w, _VALLEY_OF + p) + y * load(w, _BEND + p))
        active = active * less(load(w, LOW + p), x)
        store(w, AT + p, x)
    store(w, _ACTIVE, active)
    store(w, _SOUGHT, where(active, sought, math.nan))


@kernel(part=True)
def _learn(w: Array, end: np.uint64) -> None:
    """Determine the third and fourth order of the profile, and the bend of the valley, from this point."""
    y, curvature = load(w, AT) - load(w, BEST), 1.0 / load(w, TRIAL)
    newton = load(w, _NEWTON)
    slope = 0.0 - newton * curvature
    rise = load(w, VALUE) - load(w, _GAIN) - 0.5 * newton * slope - load(w, _FLOOR)
    slope_0, curvature_0 = load(w, _SLOPE), load(w, _CURVATURE)
    of_rise = (rise - y * (slope_0 + 0.5 * y * curvature_0)) / (y * y * y)
    of_slope = (slope - slope_0 - y * curvature_0) / (3.0 * y * y)
    usable = load(w, _ACTIVE) * load(w, REGULAR)
    store(w, _CUBE, where(usable, 4.0 * of_rise - 3.0 * of_slope, load(w, _CUBE)))
    store(w, _FOURTH, where(usable, 3.0 * (of_slope - of_rise) / y, load(w, _FOURTH)))
    for p in range(STRIDE, end, STRIDE):
        x = load(w, AT + p) + load(w, _NEWTON + p) - load(w, TRIAL + p) * curvature * newton
        bend = (x - load(w, BEST + p) - y * load(w, _VALLEY_OF + p)) / (y * y)
        store(w, _BEND + p, where(usable, bend, load(w, _BEND + p)))


@kernel(part=True)
def _advance(w: Array, end: np.uint64, sign: float, low: float, high: float) -> None:
    """End the searches that have found their point or are lost, and move the others."""
    active, regular, newton = load(w, _ACTIVE), load(w, REGULAR), load(w, _NEWTON)
    at, curvature, gain = load(w, AT), 1.0 / load(w, TRIAL), load(w, _GAIN)
    slope = 0.0 - newton * curvature
    distance = gain + 0.5 * newton * slope  # from the valley
    value = load(w, VALUE) - distance
    step, result = 0.0 * at, value
    lost, done = 1.0 - regular, less(distance, _VALUE)
    if sign:
        y, rising, missing = at - load(w, BEST), sign * slope, load(w, _SOUGHT) - value
        square = rising * rising + 2.0 * curvature * missing
        delta = 2.0 * missing / (rising + sqrt(where(square, square, 0.0)))
        cube = sign * (load(w, _CUBE) + 4.0 * y * load(w, _FOURTH))
        third = delta * delta * delta
        size = where(third, third, 0.0 - third)
        half = 0.5 * curvature
        least = _CUBIC * half * sqrt(half)
        bound = (where(cube, cube, 0.0 - cube) + least) * size * sqrt(half) / rising
        reach = 0.5 * sign * y
        holds = less(0.0, rising) * less(0.0, square) * less(delta, reach) * less(0.0 - reach, delta)
        lost = 1.0 - regular * holds
        step = sign * (delta - cube * third / (rising + curvature * delta))
        result = at + step
        lost = 1.0 - (1.0 - lost) * less(low, result) * less(result, high)
        done = less(bound, _ERROR) * less(distance, _CROSSING)
    for p in range(STRIDE, end, STRIDE):
        x, change = load(w, AT + p), load(w, TRIAL + p) * curvature
        x = where(active, x + load(w, _NEWTON + p) + change * (step - newton), x)
        lost = 1.0 - (1.0 - lost) * less(load(w, LOW + p), x)
        store(w, AT + p, x)
    ended, lost = active * done * (1.0 - lost), active * lost
    sought = where(lost, math.nan, where(ended, result, load(w, _SOUGHT)))
    store(w, AT, where(active - lost, at + step, at))
    store(w, _SOUGHT, sought)
    store(w, _ACTIVE, active - lost - ended)
