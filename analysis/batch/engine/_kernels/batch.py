"""Fits of a range of data sets, in blocks of `LANES`: the work of one thread.

The result of a data set does not depend on its block, nor on its lane.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.newton import minimise
from analysis.batch.engine._kernels.profile_points import profile_points
from analysis.batch.engine._kernels.registers import (
    BEST,
    BEST_VALUE,
    FAILED,
    HIGH,
    LANES,
    LOW,
    MEASURED,
    N_SEARCH,
    SLOPE_AT_BEST,
    STRIDE,
)
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import WIDTH, broadcast, less, load, store, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]
Mask = NDArray[np.bool_]

FIT, PROFILE, CROSSING, ERRORS = 0, 1, 2, 3
"""Tasks: a free fit; a minimum at fixed θ; a crossing of the profile; Hesse's errors and profiles' points."""

_STEPS, _WALK = 100, 60
"""Largest number of steps to a minimum, and of values of θ in a search for a crossing."""
_CLOSE = 1e-9
"""Precision of a crossing, in standard deviations."""

_1 = np.uint64(1)
_FIRST = np.uint64(N_SEARCH * LANES)


@kernel(part=True)
def _load(
    counts: Array, measured: Array, points: Array, bounds: Array, begin: int, count: int, w: Array
) -> np.uint64:
    """Copy data and starting points into the registers; a block that is not full repeats its last data set.

    Return the length of all registers of parameters.
    """
    parameter_size = np.uint64(points.shape[1]) * STRIDE
    for k in range(LANES):
        t = begin + (k if k < count else count - 1)
        number = t if t < len(counts) else t % len(counts)
        register = _FIRST + parameter_size + np.uint64(k)
        for i in range(counts.shape[1]):
            w[register] = counts[number, i]
            register += WIDTH
        register = np.uint64(k)
        for p in range(points.shape[1]):
            w[register + BEST] = points[t if len(points) > 1 else 0, p]
            w[register + LOW], w[register + HIGH] = bounds[p, 0], bounds[p, 1]
            if p > 0:
                w[register + MEASURED] = measured[number, p - 1]
            register += STRIDE
    return parameter_size


@kernel(part=True)
def _estimate(estimator: Array, n_bins: int, parameter_size: np.uint64, w: Array) -> None:
    """Set the starting values to those of a linear estimator, within the range."""
    best = BEST
    for p in range(len(estimator)):
        register, estimate = _FIRST + parameter_size, broadcast(estimator[p, 0])
        for j in range(1, estimator.shape[1]):
            if j == 1 + n_bins:
                register = MEASURED + STRIDE
            estimate = estimate + estimator[p, j] * load(w, register)
            register += WIDTH if j <= n_bins else STRIDE
        low, high = load(w, best - BEST + LOW), load(w, best - BEST + HIGH)
        estimate = where(less(estimate, low), low, estimate)
        store(w, best, where(less(high, estimate), high, estimate))
        best += STRIDE


@kernel(part=True)
def _move(valley: Array, theta: Array, first: int, count: int, w: Array) -> None:
    """Move from the minima to other values of θ, with pulls that are linear in θ."""
    for j in range(LANES):
        k, t = np.uint64(j), first + min(j, count - 1)
        change, w[BEST + k] = theta[t] - w[BEST + k], theta[t]
        register = BEST + STRIDE + k
        for p in range(valley.shape[1]):
            w[register] += valley[0, p] * change
            register += STRIDE


@kernel(part=True)
def _next(
    theta: float, origin: float, below: float, above: float, rise: float, slope: float, goal: float
) -> float:
    """Choose the next θ in the search for a crossing: Newton's method in √rise, within the known bracket."""
    s, distance = math.sqrt(max(rise, 0.0)), theta - origin
    guess = theta + 2.0 * s * (goal - s) / slope if s > 0.0 and slope * distance > 0.0 else math.nan
    if not math.isnan(above):
        is_between = (guess - below) * (above - guess) > 0.0
        return guess if is_between else 0.5 * (below + above)
    if not (guess - theta) * distance > 0.0:
        return origin + 2.0 * distance
    return guess if abs(guess - origin) < 3.0 * abs(distance) else origin + 3.0 * distance


@kernel(part=True)
def _next_points(
    w: Array, begin: int, count: int, points: Array, floors: Array, steps: Array, goal: float,
    end: float, reach: float, walk: Array, results: Array, failed: Mask,
) -> int:  # fmt: skip
    """Compare the profile with the threshold and choose the next θ; return the number of active searches.

    The four entries of `walk` are θ, the last θ below the crossing, the first above it, and 1 where the
    search has ended.
    """
    n_active = 0
    for k in range(count):
        if walk[3, k] > 0.0:
            continue
        lane, t, theta = np.uint64(k), begin + k, walk[0, k]
        rise, origin = w[BEST_VALUE + lane] - floors[t], points[t, 0]
        if w[FAILED + lane] > 0.0:
            walk[3, k], failed[t] = 1.0, True
        elif abs(math.sqrt(max(rise, 0.0)) - goal) < _CLOSE:
            walk[3, k], results[t, 0] = 1.0, theta
        elif rise < goal * goal and theta == end:
            walk[3, k] = 1.0
        else:
            if rise < goal * goal:
                walk[1, k] = theta
            else:
                walk[2, k] = theta
            below, above = walk[1, k], walk[2, k]
            theta = _next(theta, origin, below, above, rise, w[SLOPE_AT_BEST + lane], goal)
            if (theta - end) * steps[t] > 0.0:
                theta = end
            if abs(above - below) <= 1e-14 * abs(above):
                walk[3, k], results[t, 0] = 1.0, above
            elif abs(theta - origin) > reach:
                walk[3, k] = 1.0
            walk[0, k] = theta
        n_active += walk[3, k] == 0.0
    return n_active


@kernel(part=True)
def _first_points(
    begin: int, count: int, points: Array, steps: Array, end: float, walk: Array, results: Array, failed: Mask
) -> None:
    """Choose the first θ of a search for a crossing."""
    for k in range(LANES):
        t = begin + min(k, count - 1)
        walk[0, k], walk[1, k], walk[2, k] = points[t, 0] + steps[t], points[t, 0], math.nan
        if (walk[0, k] - end) * steps[t] > 0.0:
            walk[0, k] = end
        walk[3, k] = 1.0 if k >= count or not (end - points[t, 0]) * steps[t] > 0.0 else 0.0
        results[t, 0], failed[t] = math.nan, False


@kernel(nogil=True)
def chunk(
    task: int, begin: int, end: int, program: Indices, constants: Array, knots: Array, powers: Array,
    w: Array, walk: Array, counts: Array, measured: Array, bounds: Array, points: Array, estimator: Array,
    near: bool, floors: Array, steps: Array, threshold: float, edge: float, reach: float, settings: Array,
    results: Array, values: Array, failed: Mask, found: Array,
) -> None:  # fmt: skip
    """Do a task for the data sets from `begin` to `end`.

    All tasks share one function, because each function that Python calls takes time to compile.

    Parameters
    ----------
    task : int
    begin, end : int
    program, constants
        The model: see `analysis.batch.engine.program`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Spline of a tabulated signal.
    w : ndarray, shape (n_registers × LANES,)
        Workspace, filled with zeros.
    walk : ndarray, shape (4, LANES)
        Workspace of the searches for crossings.
    counts : ndarray, shape (n, N)
    measured : ndarray, shape (n, M)
    bounds : ndarray, shape (1 + M, 2)
        Ranges of the parameters.
    points : ndarray, shape (n, 1 + M), or (1, 1 + M) for all
        Starting points; in ERRORS and CROSSING the minima. If there are k times as many points as data sets,
        they are k starts: the first for all data sets in their order, then the second, and so on.
    estimator : ndarray, shape (1 + M, 1 + N + M), (1, M) or (0, 0)
        FIT: the starting values are this matrix times (1, counts, measured). PROFILE: the points are minima,
        and this is the change of the pulls per unit of θ.
    near : bool
        The points are near the minimum.
    floors : ndarray, shape (n,)
        CROSSING, ERRORS: -2 ln L at the minima.
    steps : ndarray, shape (n,)
        CROSSING: first steps; their sign is the direction. PROFILE: values of θ, if the points are minima.
    threshold : float
        CROSSING: rise of -2 ln L.
    edge, reach : float
        CROSSING: the end of the range of θ, and the largest distance from the minimum.
    settings : ndarray, shape (N_SETTINGS,) or (0,)
        ERRORS: the points of the profile that are sought, see `profile_points`.
    results : ndarray, shape (n, 1 + M)
        Output: parameters, or errors, or the crossing in the first column; NaN without a crossing.
    values : ndarray, shape (n,)
        FIT, PROFILE: output, the minimum of -2 ln L/L_saturated.
    failed : ndarray of bool, shape (n,)
        Output: no minimum was found.
    found : ndarray, shape (n, N_POINTS)
        ERRORS: output, the points of the profile.
    """
    size, crossing, goal = np.uint64(points.shape[1]), task == CROSSING, math.sqrt(threshold)
    has_search = task == FIT or size > _1
    max_steps = _STEPS if has_search or crossing else 0
    for first in range(begin, end, LANES):
        count = min(LANES, end - first)
        parameter_size = _load(counts, measured, points, bounds, first, count, w)
        if task == ERRORS:
            profile_points(
                program, constants, knots, powers, w, size, first, count, floors, settings, results, found
            )
            continue
        if task == FIT and len(estimator) > 0:
            _estimate(estimator, counts.shape[1], parameter_size, w)
        elif len(estimator) > 0:
            _move(estimator, steps, first, count, w)
        if crossing:
            _first_points(first, count, points, steps, edge, walk, results, failed)
        for _ in range(_WALK if crossing else 1):
            for k in range(LANES if crossing else 0):
                w[BEST + np.uint64(k)] = walk[0, k] if walk[3, k] == 0.0 else walk[1, k]
            minimise(program, constants, knots, powers, w, size, max_steps, near, bool(near and has_search))
            if not crossing:
                _copy_out(BEST, first, count, w, results, values, failed)
            elif not _next_points(
                w, first, count, points, floors, steps, goal, edge, reach, walk, results, failed
            ):
                break


@kernel(part=True)
def _copy_out(
    address: np.uint64, first: int, count: int, w: Array, results: Array, values: Array, failed: Mask
) -> None:
    """Copy registers of all parameters, values and failures to the output."""
    for j in range(count):
        k, t = np.uint64(j), first + j
        failed[t] = w[FAILED + k] > 0.0
        values[t] = w[BEST_VALUE + k]
        position = address + k
        for p in range(results.shape[1]):
            results[t, p] = w[position]
            position += STRIDE
