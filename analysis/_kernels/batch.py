"""Fits of a range of data sets, for the threads of `analysis.batch`; in which block one is changes no bit."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.expectation import prepare
from analysis._kernels.layout import BIN, INVERSE, LANES, N, Layout, Rows, make_rows
from analysis._kernels.newton import errors, minimise
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

FIT, PROFILE, CROSSING, ERRORS = 0, 1, 2, 3
"""What is done: a free fit; a minimum at fixed θ; a crossing of the profile; Hesse's errors."""

_WALK = 60
_CLOSE = 1e-9
"""A crossing is found to this many standard deviations."""


@kernel()
def _load(counts: Array, measured: Array, begin: int, count: int, r: Rows, w: Array) -> None:
    """Copy data into the lanes; what is left of the last block repeats the last data set."""
    for k in range(LANES):
        t = begin + min(k, count - 1)
        for i in range(counts.shape[1]):
            row = r.bins + BIN * i
            w[(row + N) * LANES + k] = counts[t, i]
            w[(row + INVERSE) * LANES + k] = 1.0 / counts[t, i] if counts[t, i] > 0.0 else 0.0
        for m in range(measured.shape[1]):
            w[(r.measured + m) * LANES + k] = measured[t, m]


@kernel()
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


@kernel()
def _cross(
    layout: Layout, r: Rows, w: Array, fixed: Mask, count: int, points: Array, floors: Array, steps: Array,
    threshold: float, end: float, reach: float, begin: int, start: int, found: Array, failed: Mask,
) -> None:  # fmt: skip
    """Find the crossings of one block: see `chunk`."""
    near, far, theta = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    finished = np.empty(LANES, np.bool_)
    goal = math.sqrt(threshold)
    for k in range(LANES):
        t = begin + min(k, count - 1)
        near[k], far[k], theta[k] = points[t, 0], math.nan, points[t, 0] + steps[t]
        if (theta[k] - end) * steps[t] > 0.0:
            theta[k] = end
        finished[k] = k >= count or not (end - near[k]) * steps[t] > 0.0
        found[t, 0], failed[t] = math.nan, False
    for _ in range(_WALK):
        for k in range(LANES):
            w[r.best * LANES + k] = near[k] if finished[k] else theta[k]
        minimise(layout, r, w, fixed, start, end, reach)
        left = 0
        for k in range(count):
            if finished[k]:
                continue
            t = begin + k
            rise = w[r.best_value * LANES + k] - floors[t]
            if w[r.failed * LANES + k] > 0.0:
                finished[k] = failed[t] = True
            elif abs(math.sqrt(max(rise, 0.0)) - goal) < _CLOSE:
                finished[k], found[t, 0] = True, theta[k]
            elif rise < threshold and theta[k] == end:
                finished[k] = True
            else:
                if rise < threshold:
                    near[k] = theta[k]
                else:
                    far[k] = theta[k]
                origin = points[t, 0]
                theta[k] = _next(
                    theta[k], origin, near[k], far[k], rise, w[r.slope_at_best * LANES + k], goal
                )
                if (theta[k] - end) * steps[t] > 0.0:
                    theta[k] = end
                if abs(far[k] - near[k]) <= 1e-14 * abs(far[k]):
                    finished[k], found[t, 0] = True, far[k]
                elif abs(theta[k] - origin) > reach:
                    finished[k] = True
            left += not finished[k]
        if left == 0:
            break


@kernel(nogil=True)
def chunk(
    task: int, begin: int, end: int, layout: Layout, counts: Array, measured: Array, fixed: Mask,
    points: Array, floors: Array, steps: Array, threshold: float, low: float, high: float, found: Array,
    values: Array, failed: Mask,
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
    w = np.zeros(r.size * LANES)
    prepare(layout, r, w)
    size = len(fixed)
    start = 0 if task in (FIT, ERRORS) else 1
    for first in range(begin, end, LANES):
        count = min(LANES, end - first)
        _load(counts, measured, first, count, r, w)
        for p in range(size):
            for k in range(LANES):
                w[(r.best + p) * LANES + k] = points[first + min(k, count - 1), p]
        if task == CROSSING:
            _cross(
                layout, r, w, fixed, count, points, floors, steps, threshold, high, low, first, start, found,
                failed,
            )  # fmt: skip
            continue
        if task == ERRORS:
            errors(layout, r, w, fixed, start)
        else:
            minimise(layout, r, w, fixed, start, low, high)
        row = r.step if task == ERRORS else r.best
        for k in range(count):
            t = first + k
            failed[t] = w[r.failed * LANES + k] > 0.0
            values[t] = w[r.best_value * LANES + k]
            for p in range(size):
                found[t, p] = w[(row + p) * LANES + k]
