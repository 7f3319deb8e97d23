"""Limits and allowed regions, counted from the physical minimum."""

import numpy as np
from scipy.stats import norm

from support.descent import profile

__all__ = ["crossings", "regions", "threshold", "upper_limits"]

_STEPS = 60
_NEAR = 1.0
"""Highest points of the grid closer to the level than this may hide what is above it."""


def threshold(level, *, one_sided):
    """-2 Δ ln L of a confidence level."""
    return norm.ppf(level if one_sided else (1 + level) / 2) ** 2


def regions(scan, delta, *, one_sided):
    """Find all that is allowed in the physical range.

    One-sided: below the physical minimum everything is.

    Parameters
    ----------
    scan : Scan
    delta : float
        Largest -2 Δ ln L against the physical minimum.
    one_sided : bool

    Returns
    -------
    list of list of (low, high)
        One list a data set, ascending; infinite ends are open.
    """
    best = scan.physical
    tops = _tops(scan, best.value + delta)
    theta = np.repeat(scan.grid[:, None], scan.problem.size, axis=1)
    theta = np.concatenate([theta, scan.minima.theta, tops[0]])
    values = np.concatenate([scan.values, scan.minima.value, tops[1]])
    pulls = np.concatenate([scan.pulls, scan.minima.pulls, tops[2]], axis=1)
    theta = np.where(np.isfinite(values), theta, np.nan)  # to the end
    order = np.argsort(theta, axis=0, kind="stable")
    theta, values = (np.take_along_axis(a, order, axis=0) for a in (theta, values))
    pulls = np.take_along_axis(pulls, order[None], axis=1)
    level = best.value + delta
    with np.errstate(invalid="ignore"):
        allowed = values <= level
        if one_sided:
            allowed |= theta <= best.theta
    ends = crossings(scan.problem, theta, values, pulls, allowed, level)
    return [_intervals(scan, theta[:, d], allowed[:, d], ends[d]) for d in range(scan.problem.size)]


def _tops(scan, level):
    """Find maxima of the profile between allowed points, where they may be above the level.

    Returns
    -------
    theta, value : ndarray, shape (k, n)
        Infinite where there are fewer.
    pulls : ndarray, shape (m, k, n)
    """
    v, problem = scan.values, scan.problem
    near = (v <= level) & (v > level - _NEAR)
    peak = near[1:-1] & (v[1:-1] >= v[:-2]) & (v[1:-1] > v[2:])
    i, d = np.nonzero(peak)
    i += 1
    rank = peak.cumsum(axis=0)[i - 1, d] - 1
    rows = int(rank.max(initial=-1)) + 1
    theta, value = np.full((rows, problem.size), np.nan), np.full((rows, problem.size), np.inf)
    pulls = np.zeros((len(scan.pulls), rows, problem.size))
    if not rows:
        return theta, value, pulls
    t, columns = (scan.grid - problem.curve.origin) / problem.curve.unit, np.arange(len(d))
    low, high, start, own = t[i - 1], t[i + 1], scan.pulls[:, i, d], problem.take(d)
    for _ in range(3):
        points = np.linspace(low, high, 11)
        found = [profile(own, point, start) for point in points]
        values = np.array([f[0] for f in found])
        top = np.argmax(values[1:-1], axis=0) + 1
        low, at, high = (points[top + k, columns] for k in (-1, 0, 1))
        start = np.array([f[1] for f in found])[top, :, columns].T
    theta[rank, d], value[rank, d] = problem.curve.origin + problem.curve.unit * at, values[top, columns]
    pulls[:, rank, d] = start
    return theta, value, pulls


def upper_limits(scan, delta, *, one_sided):
    """Upper ends of the highest regions, shape (n,)."""
    return np.array([found[-1][1] for found in regions(scan, delta, one_sided=one_sided)])


def _intervals(scan, theta, allowed, ends):
    low, high = (
        end if known == end else np.copysign(np.inf, known - scan.problem.curve.origin)
        for known, end in zip(scan.problem.physical, scan.problem.expected.physical, strict=True)
    )
    valid = np.isfinite(theta)
    inside = allowed[valid]
    ends = sorted(ends)
    if inside[0]:
        ends.insert(0, low)
    if inside[-1]:
        ends.append(high)
    return list(zip(ends[::2], ends[1::2], strict=True))


def crossings(problem, theta, values, pulls, allowed, level):
    """Find where the profile has the level, by halving and secants, between points that differ in `allowed`.

    Returns
    -------
    list of list of float
        One list a data set.
    """
    valid = np.isfinite(theta)
    i, d = np.nonzero((allowed[1:] != allowed[:-1]) & valid[1:] & valid[:-1])
    found = [[] for _ in range(problem.size)]
    if not len(d):
        return found
    unit, origin = problem.curve.unit, problem.curve.origin
    own = problem.take(d)
    a, b = ((theta[j, d] - origin) / unit for j in (i, i + 1))
    fa, fb = (values[j, d] - level[d] for j in (i, i + 1))
    xa, xb = pulls[:, i, d], pulls[:, i + 1, d]
    for step in range(_STEPS):
        with np.errstate(all="ignore"):
            secant = b - fb * (b - a) / (fb - fa)
        inside = (secant > np.minimum(a, b)) & (secant < np.maximum(a, b))
        c = np.where(inside & (step % 3 < 2), secant, (a + b) / 2)
        left, right = (profile(own, c, x) for x in (xa, xb))
        fc = np.minimum(left[0], right[0]) - level[d]
        xc = np.where(left[0] <= right[0], left[1], right[1])
        same = (fc > 0) == (fb > 0)
        a, fa, xa = np.where(same, a, c), np.where(same, fa, fc), np.where(same, xa, xc)
        b, fb, xb = np.where(same, c, b), np.where(same, fc, fb), np.where(same, xc, xb)
        if np.all((np.abs(b - a) < 1e-9 * np.maximum(1, np.abs(b))) | (np.abs(fc) < 1e-11)):
            break
    nearest = np.where(np.abs(fa) < np.abs(fb), a, b)
    for where, end in zip(d, origin + unit * nearest, strict=True):
        found[where].append(float(end))
    return found
