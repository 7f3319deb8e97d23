"""Fits of a range of data sets, the work of one thread; in which block a data set is changes no bit."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.counts import expect
from analysis.batch.engine._kernels.newton import minimise
from analysis.batch.engine._kernels.rows import (
    APART,
    AT,
    BEST,
    BEST_VALUE,
    EXACT,
    FAILED,
    HIGH,
    LANES,
    LOW,
    MEASURED,
    ROW,
    SEARCH,
    SLOPE_AT_BEST,
    STEP_OF,
)
from analysis.batch.engine._kernels.steps import step
from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import less, load, spread, store, where

Array = NDArray[np.float64]
Indices = NDArray[np.uint64]
Mask = NDArray[np.bool_]

FIT, PROFILE, CROSSING, ERRORS = 0, 1, 2, 3
"""What is done: a free fit; a minimum at fixed θ; a crossing of the profile; Hesse's errors."""

_STEPS, _WALK = 100, 60
"""Most steps to a minimum, and values of θ on the way to a crossing."""
_CLOSE = 1e-9
"""A crossing is found to this many standard deviations."""

_0, _1 = np.uint64(0), np.uint64(1)
_FIRST = np.uint64(SEARCH * LANES)


@kernel(part=True)
def _load(
    counts: Array, measured: Array, points: Array, bounds: Array, begin: int, count: int, w: Array
) -> np.uint64:
    """Copy data and starting points into the lanes; the rest of the last block repeats the last data set.

    Return how far the rows of the parameters reach.
    """
    end = np.uint64(points.shape[1]) * APART
    for k in range(LANES):
        t = begin + (k if k < count else count - 1)
        number = t if t < len(counts) else t % len(counts)
        row = _FIRST + end + np.uint64(k)
        for i in range(counts.shape[1]):
            w[row] = counts[number, i]
            row += ROW
        row = np.uint64(k)
        for p in range(points.shape[1]):
            w[row + BEST] = points[t if len(points) > 1 else 0, p]
            w[row + LOW], w[row + HIGH] = bounds[p, 0], bounds[p, 1]
            if p > 0:
                w[row + MEASURED] = measured[number, p - 1]
            row += APART
    return end


@kernel(part=True)
def _estimate(estimator: Array, n_bins: int, end: np.uint64, w: Array) -> None:
    """Start where a linear estimator puts the minimum."""
    best = BEST
    for p in range(len(estimator)):
        row, found = _FIRST + end, spread(estimator[p, 0])
        for j in range(1, estimator.shape[1]):
            if j == 1 + n_bins:
                row = MEASURED + APART
            found = found + estimator[p, j] * load(w, row)
            row += ROW if j <= n_bins else APART
        low, high = load(w, best - BEST + LOW), load(w, best - BEST + HIGH)
        found = where(less(found, low), low, found)
        store(w, best, where(less(high, found), high, found))
        best += APART


@kernel(part=True)
def _move(valley: Array, theta: Array, first: int, count: int, w: Array) -> None:
    """Go from minima to other values of θ, along the valley."""
    for j in range(LANES):
        k, t = np.uint64(j), first + min(j, count - 1)
        change, w[BEST + k] = theta[t] - w[BEST + k], theta[t]
        row = BEST + APART + k
        for p in range(valley.shape[1]):
            w[row] += valley[0, p] * change
            row += APART


@kernel(part=True)
def _next(
    theta: float, origin: float, near: float, far: float, rise: float, slope: float, goal: float
) -> float:
    """Choose where to look for a crossing: Newton's method in √rise, between what is known on both sides."""
    s, away = math.sqrt(max(rise, 0.0)), theta - origin
    guess = theta + 2.0 * s * (goal - s) / slope if s > 0.0 and slope * away > 0.0 else math.nan
    if not math.isnan(far):
        inside = (guess - near) * (far - guess) > 0.0
        return guess if inside else 0.5 * (near + far)
    if not (guess - theta) * away > 0.0:
        return origin + 2.0 * away
    return guess if abs(guess - origin) < 3.0 * abs(away) else origin + 3.0 * away


@kernel(part=True)
def _walk(
    w: Array, begin: int, count: int, points: Array, floors: Array, steps: Array, goal: float,
    end: float, reach: float, walked: Array, found: Array, failed: Mask,
) -> int:  # fmt: skip
    """Judge where the profile was followed to, and choose where to next; return how many are on their way.

    Rows of `walked`: the value of θ, the last below the crossing, the first above, and 1 where it has ended.
    """
    left = 0
    for k in range(count):
        if walked[3, k] > 0.0:
            continue
        lane, t, theta = np.uint64(k), begin + k, walked[0, k]
        rise, origin = w[BEST_VALUE + lane] - floors[t], points[t, 0]
        if w[FAILED + lane] > 0.0:
            walked[3, k], failed[t] = 1.0, True
        elif abs(math.sqrt(max(rise, 0.0)) - goal) < _CLOSE:
            walked[3, k], found[t, 0] = 1.0, theta
        elif rise < goal * goal and theta == end:
            walked[3, k] = 1.0
        else:
            if rise < goal * goal:
                walked[1, k] = theta
            else:
                walked[2, k] = theta
            near, far = walked[1, k], walked[2, k]
            theta = _next(theta, origin, near, far, rise, w[SLOPE_AT_BEST + lane], goal)
            if (theta - end) * steps[t] > 0.0:
                theta = end
            if abs(far - near) <= 1e-14 * abs(far):
                walked[3, k], found[t, 0] = 1.0, far
            elif abs(theta - origin) > reach:
                walked[3, k] = 1.0
            walked[0, k] = theta
        left += walked[3, k] == 0.0
    return left


@kernel(part=True)
def _depart(
    begin: int, count: int, points: Array, steps: Array, end: float, walked: Array, found: Array, failed: Mask
) -> None:
    """Choose the first values of a walk."""
    for k in range(LANES):
        t = begin + min(k, count - 1)
        walked[0, k], walked[1, k], walked[2, k] = points[t, 0] + steps[t], points[t, 0], math.nan
        if (walked[0, k] - end) * steps[t] > 0.0:
            walked[0, k] = end
        walked[3, k] = 1.0 if k >= count or not (end - points[t, 0]) * steps[t] > 0.0 else 0.0
        found[t, 0], failed[t] = math.nan, False


@kernel(nogil=True)
def chunk(
    task: int, begin: int, end: int, code: Indices, numbers: Array, knots: Array, powers: Array, w: Array,
    walked: Array, counts: Array, measured: Array, bounds: Array, points: Array, estimator: Array,
    near: bool, floors: Array, steps: Array, threshold: float, edge: float, reach: float, found: Array,
    values: Array, failed: Mask,
) -> None:  # fmt: skip
    """Do a task for the data sets from `begin` to `end`: one entry, for the sake of the time to compile it.

    Parameters
    ----------
    task : int
    begin, end : int
    code, numbers
        The model: see `analysis.batch.engine.workspaces`.
    knots, powers : ndarray, shapes (J,) and (J, 4, L × N)
        Of a tabulated signal.
    w : ndarray, shape (n_rows × LANES,)
        Room, zero.
    walked : ndarray, shape (4, LANES)
        Room.
    counts : ndarray, shape (n, N)
    measured : ndarray, shape (n, M)
    bounds : ndarray, shape (1 + M, 2)
        Ranges of the parameters.
    points : ndarray, shape (n, 1 + M), or (1, 1 + M) for all
        Where to start; in ERRORS the minimum, in CROSSING the point from which the profile rises. More points
        than data sets are further starts of the same data sets, all in their order, once for each start.
    estimator : ndarray, shape (1 + M, 1 + N + M), (1, M) or (0, 0)
        FIT: start with these parameters, linear in (1, counts, measured). PROFILE: the points are minima, and
        pulls at the values of θ differ by so much for each unit between them.
    near : bool
        The points are near the minimum.
    floors : ndarray, shape (n,)
        CROSSING: -2 ln L there.
    steps : ndarray, shape (n,)
        CROSSING: first steps; their sign is the direction. PROFILE: values of θ, where the points are minima.
    threshold : float
        CROSSING: by how much it rises.
    edge, reach : float
        CROSSING: the end of the range of θ, and how far it may go from the point.
    found : ndarray, shape (n, 1 + M)
        Filled: parameters, or errors, or the crossing in the first column; NaN where there is none.
    values : ndarray, shape (n,)
        FIT, PROFILE: filled with the minimum of -2 ln L/L_saturated.
    failed : ndarray of bool, shape (n,)
        Filled: no minimum was found.
    """
    size, crossing, goal = np.uint64(points.shape[1]), task == CROSSING, math.sqrt(threshold)
    searched = task == FIT or size > _1
    most = _STEPS if searched or crossing else 0
    for first in range(begin, end, LANES):
        count = min(LANES, end - first)
        data = _load(counts, measured, points, bounds, first, count, w)
        if task == ERRORS:
            _bend(code, numbers, knots, powers, w, size)
            _give(STEP_OF, first, count, w, found, values, failed)
            continue
        if task == FIT and len(estimator) > 0:
            _estimate(estimator, counts.shape[1], data, w)
        elif len(estimator) > 0:
            _move(estimator, steps, first, count, w)
        if crossing:
            _depart(first, count, points, steps, edge, walked, found, failed)
        for _ in range(_WALK if crossing else 1):
            for k in range(LANES if crossing else 0):
                w[BEST + np.uint64(k)] = walked[0, k] if walked[3, k] == 0.0 else walked[1, k]
            minimise(code, numbers, knots, powers, w, size, most, near, bool(near and searched))
            if not crossing:
                _give(BEST, first, count, w, found, values, failed)
            elif not _walk(w, first, count, points, floors, steps, goal, edge, reach, walked, found, failed):
                break


@kernel(part=True)
def _bend(code: Indices, numbers: Array, knots: Array, powers: Array, w: Array, size: np.uint64) -> None:
    """Compute the errors of the best parameters."""
    store(w, EXACT, 1.0)
    store(w, FAILED, 0.0)
    for p in range(_0, size * APART, APART):
        store(w, AT + p, load(w, BEST + p))
        store(w, STEP_OF + p, 0.0)
    expect(code, numbers, knots, powers, w)
    step(code, numbers, w, False)


@kernel(part=True)
def _give(
    row: np.uint64, first: int, count: int, w: Array, found: Array, values: Array, failed: Mask
) -> None:
    """Copy out what was found."""
    for j in range(count):
        k, t = np.uint64(j), first + j
        failed[t] = w[FAILED + k] > 0.0
        values[t] = w[BEST_VALUE + k]
        place = row + k
        for p in range(found.shape[1]):
            found[t, p] = w[place]
            place += APART
