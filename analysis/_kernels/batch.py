"""Fits of a range of data sets, for the threads of `analysis.batch`; in which block one is changes no bit."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.expectation import prepare
from analysis._kernels.layout import BIN, INVERSE, LANES, ROW, Layout, N, Rows, at, make_rows
from analysis._kernels.newton import errors, minimise
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FIT, PROFILE, CROSSING, ERRORS = 0, 1, 2, 3
"""What is done: a free fit; a minimum at fixed θ; a crossing of the profile; Hesse's errors."""

_STEPS, _WALK = 100, 60
"""Most steps to a minimum, and values of θ on the way to a crossing."""
_CLOSE = 1e-9
"""A crossing is found to this many standard deviations."""


@kernel(inner=True)
def _load(counts: Array, measured: Array, points: Array, begin: int, count: int, r: Rows, w: Array) -> None:
    """Copy data and starting points into the lanes; the rest of the last block repeats the last data set."""
    for i in range(counts.shape[1]):
        row = r.bins + at(BIN * i)
        for k in range(LANES):
            w[row + N + np.uint64(k)] = counts[begin + min(k, count - 1), i]
        for k in range(ROW):
            n = w[row + N + k]
            w[row + INVERSE + k] = (1.0 if n > 0.0 else 0.0) / max(n, 1e-290)
    for m in range(measured.shape[1]):
        row = r.measured + at(m)
        for k in range(LANES):
            w[row + np.uint64(k)] = measured[begin + min(k, count - 1), m]
    for p in range(points.shape[1]):
        row = r.best + at(p)
        for k in range(LANES):
            w[row + np.uint64(k)] = points[begin + min(k, count - 1), p]


@kernel(inner=True)
def _estimate(estimator: Array, layout: Layout, r: Rows, w: Array, low: float, high: float) -> None:
    """Start where a linear estimator puts the minimum."""
    n_bins = layout.bins.shape[1]
    for p in range(len(estimator)):
        best, constant = r.best + at(p), estimator[p, 0]
        for k in range(ROW):
            w[best + k] = constant
        for j in range(n_bins + len(layout.nuisances)):
            row = r.bins + at(BIN * j) + N if j < n_bins else r.measured + at(j - n_bins)
            weight = estimator[p, 1 + j]
            for k in range(ROW):
                w[best + k] += weight * w[row + k]
        bottom, top = (low, high) if p == 0 else (layout.constraints[p - 1, 2], math.inf)
        for k in range(ROW):
            w[best + k] = min(max(w[best + k], bottom), top)


@kernel(inner=True)
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


@kernel(inner=True)
def _walk(
    r: Rows, w: Array, begin: int, count: int, points: Array, floors: Array, steps: Array, goal: float,
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
        rise, origin = w[r.best_value + lane] - floors[t], points[t, 0]
        if w[r.failed + lane] > 0.0:
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
            theta = _next(theta, origin, near, far, rise, w[r.slope_at_best + lane], goal)
            if (theta - end) * steps[t] > 0.0:
                theta = end
            if abs(far - near) <= 1e-14 * abs(far):
                walked[3, k], found[t, 0] = 1.0, far
            elif abs(theta - origin) > reach:
                walked[3, k] = 1.0
            walked[0, k] = theta
        left += walked[3, k] == 0.0
    return left


@kernel(inner=True)
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
    task: int, begin: int, end: int, layout: Layout, counts: Array, measured: Array, fixed: Mask,
    points: Array, estimator: Array, near: bool, floors: Array, steps: Array, threshold: float, low: float,
    high: float, found: Array, values: Array, failed: Mask,
) -> None:  # fmt: skip
    """Do a task for the data sets from `begin` to `end`: one entry, for the sake of the time to compile it.

    Parameters
    ----------
    task : int
    begin, end : int
    layout : Layout
    counts : ndarray, shape (n, N)
    measured : ndarray, shape (n, M)
    fixed : ndarray of bool, shape (1 + M,)
        Parameters that are held.
    points : ndarray, shape (n, 1 + M)
        Where to start; in ERRORS the minimum, in CROSSING the point from which the profile rises.
    estimator : ndarray, shape (1 + M, 1 + N + M) or (0, 0)
        FIT: start with these parameters, linear in (1, counts, measured).
    near : bool
        PROFILE: the points are near the minimum.
    floors : ndarray, shape (n,)
        CROSSING: -2 ln L there.
    steps : ndarray, shape (n,)
        CROSSING: first steps; their sign is the direction.
    threshold : float
        CROSSING: by how much it rises.
    low, high : float
        FIT: range of θ. CROSSING: how far θ may go from the point, and the end of its range.
    found : ndarray, shape (n, 1 + M)
        Filled: parameters, or errors, or the crossing in the first column; NaN where there is none.
    values : ndarray, shape (n,)
        FIT, PROFILE: filled with the minimum of -2 ln L/L_saturated.
    failed : ndarray of bool, shape (n,)
        Filled: no minimum was found.
    """
    r = make_rows(layout)
    w, walked = np.zeros(r.size * LANES), np.zeros((4, LANES))
    prepare(layout, r, w)
    size = len(fixed)
    crossing, start = task == CROSSING, 0 if task in (FIT, ERRORS) else 1
    estimated = task == FIT and len(estimator) > 0
    exact = near or estimated or crossing or task == ERRORS
    for first in range(begin, end, LANES):
        count = min(LANES, end - first)
        _load(counts, measured, points, first, count, r, w)
        if estimated:
            _estimate(estimator, layout, r, w, low, high)
        if crossing:
            _depart(first, count, points, steps, high, walked, found, failed)
        for _ in range(_WALK if crossing else 1):
            for k in range(LANES if crossing else 0):
                w[r.best + np.uint64(k)] = walked[0, k] if walked[3, k] == 0.0 else walked[1, k]
            minimise(layout, r, w, fixed, 0 if task == ERRORS else _STEPS, start, exact, low, high)
            if crossing and not _walk(
                r,
                w,
                first,
                count,
                points,
                floors,
                steps,
                math.sqrt(threshold),
                high,
                low,
                walked,
                found,
                failed,
            ):
                break
        if crossing:
            continue
        if task == ERRORS:
            errors(r, w, size)
        row = r.step if task == ERRORS else r.best
        for k in range(count):
            lane, t = np.uint64(k), first + k
            failed[t] = w[r.failed + lane] > 0.0
            values[t] = w[r.best_value + lane]
            for p in range(size):
                found[t, p] = w[row + at(p) + lane]
