"""Allowed regions and limits of one data set in the physical range, from the profile of -2 ln L."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from analysis.likelihood.crossings import crossing_between
from analysis.likelihood.minima import TIE, deepest
from analysis.likelihood.profiling import profiled
from analysis.model import REACH, FitModel

__all__ = ["Allowed", "allowed_regions", "highest_allowed", "near_extremes"]

Array = NDArray[np.float64]
Region = tuple[float | None, float | None]

_PULLS, _SAME_PULLS = 8, 0.5
"""Largest number of known minima whose pulls start the profile, too; closer pulls count as the same."""
_DEEPER, _ROUNDING = 4.0, 1e-6
"""Factor and summand by which a dip between points may be deeper than that of a parabola through them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """Allowed regions in the physical range.

    Parameters
    ----------
    best, floor : float
        The parameter of interest and -2 ln L/L_saturated at the physical minimum, where -2 Δln L is 0.
    regions : tuple of (low, high)
        In ascending order; None for an end beyond the scan of an unbounded range.
    upper : float or None
        Upper end of the highest region; None if nothing above it is excluded.
    """

    best: float
    floor: float
    regions: tuple[Region, ...]
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """The profile of one data set at points over the physical range, ascending."""

    profile: Callable[[float], float]
    crossing: Callable[[float, float, float], float]
    points: Array
    values: Array
    best: float
    floor: float


def allowed_regions(
    model: FitModel,
    counts: Array,
    auxiliary: Array,
    minima: Array,
    depths: Array,
    threshold: float,
    *,
    one_sided: bool = False,
) -> Allowed:
    """Find all allowed regions in the physical range.

    Parameters
    ----------
    model : FitModel
    counts : ndarray, shape (n_bins,)
    auxiliary : ndarray, shape (n_nuisances,)
    minima : ndarray, shape (k, 1 + n_nuisances)
        Known minima in the physical range, the deepest first.
    depths : ndarray, shape (k,)
        -2 ln L/L_saturated there.
    threshold : float
        Largest -2 Δln L against the physical minimum.
    one_sided : bool
        All values below the physical minimum are allowed, too.

    Returns
    -------
    Allowed
    """
    scan = _scanned(model, counts, auxiliary, minima, depths)
    level = scan.floor + threshold
    points, values = _with_extremes(scan, level)
    inside = values <= level
    if one_sided:
        inside |= points <= scan.best
    low, high = model.physical
    ends: list[float | None] = []
    if inside[0]:
        ends.append(low if math.isfinite(low) else None)
    ends += [
        scan.crossing(float(points[i - 1]), float(points[i]), level)
        for i in np.flatnonzero(inside[1:] != inside[:-1]) + 1
    ]
    if inside[-1]:
        ends.append(high if math.isfinite(high) else None)
    return Allowed(
        best=scan.best,
        floor=scan.floor,
        regions=tuple(zip(ends[::2], ends[1::2], strict=True)),
        upper=None if inside[-1] else ends[-1],
    )


def highest_allowed(
    model: FitModel, counts: Array, auxiliary: Array, minima: Array, depths: Array, threshold: float
) -> float | None:
    """Find the upper end of the highest region of `allowed_regions` alone; None if nothing above is excluded.

    Parameters are those of `allowed_regions`.
    """
    scan = _scanned(model, counts, auxiliary, minima, depths)
    points, values, level = scan.points, scan.values, scan.floor + threshold
    last = int(np.flatnonzero(values <= level)[-1])
    if last == len(points) - 1:
        return None
    for i in np.flatnonzero(near_extremes(points, values, level))[::-1]:
        if i <= last:
            break
        x, value = _extreme(scan, int(i))
        if value <= level:
            return scan.crossing(x, float(points[i + 1]), level)
    return scan.crossing(float(points[last]), float(points[last + 1]), level)


def _scanned(model: FitModel, counts: Array, auxiliary: Array, minima: Array, depths: Array) -> _Scan:
    """Profile over the physical range, and find the physical minimum."""
    _, first = np.unique(np.round(minima[:, 1:] / _SAME_PULLS), axis=0, return_index=True)
    pulls = minima[np.sort(first)[:_PULLS], 1:]

    def profile(poi: float) -> float:
        return float(profiled(model, counts, auxiliary, poi, also=pulls)[0][0])

    def crossing(a: float, b: float, level: float) -> float:
        return crossing_between(model, counts, auxiliary, a, b, level, pulls)

    known_poi = minima[:, 0]
    first_points = np.concatenate(
        [known_poi, _around(model, float(known_poi[0]) if len(known_poi) else model.anchor)]
    )
    grid, layout = model.fine_grid, model.on_fine_grid
    scans = [
        profiled(model, counts, auxiliary, first_points, also=pulls)[0],
        profiled(model, counts, auxiliary, grid, also=pulls, layout=layout)[0],
    ]
    points, values = np.concatenate([first_points, grid]), np.concatenate(scans)
    values[: len(known_poi)] = np.minimum(values[: len(known_poi)], depths)
    points, order = np.unique(points, return_index=True)  # keeps the first of equal points: a known minimum
    values = values[order]
    lowest = int(deepest(values[None], points[None], *model.physical, model.anchor)[0])
    best, floor = float(points[lowest]), float(values[lowest])
    scan = _Scan(profile=profile, crossing=crossing, points=points, values=values, best=best, floor=floor)
    if floor < depths.min(initial=math.inf) - TIE and 0 < lowest < len(points) - 1:
        # the search has not found this minimum
        x, value = _extreme(scan, lowest)
        if value < floor:
            points, values = np.insert(points, lowest, x), np.insert(values, lowest, value)
            order = np.argsort(points, kind="stable")
            return _Scan(
                profile=profile,
                crossing=crossing,
                points=points[order],
                values=values[order],
                best=x,
                floor=value,
            )
    return scan


def _around(model: FitModel, best: float) -> Array:
    """Compute points around the best minimum in the physical range."""
    low, high = model.physical
    steps = model.width * np.concatenate([np.linspace(0, 12, 61)[1:], np.geomspace(13, REACH, 90)])
    points = np.concatenate([best - steps, best + steps])
    return np.asarray(points[(points >= low) & (points <= high)])


def _with_extremes(scan: _Scan, level: float) -> tuple[Array, Array]:
    """Add extremes between points at which the profile may cross a level twice."""
    near = np.flatnonzero(near_extremes(scan.points, scan.values, level))
    extremes = [_extreme(scan, int(i)) for i in near]
    points = np.concatenate([scan.points, [x for x, _ in extremes]])
    values = np.concatenate([scan.values, [v for _, v in extremes]])
    order = np.argsort(points, kind="stable")
    return points[order], values[order]


def near_extremes(points: Array, values: Array, level: float | Array) -> NDArray[np.bool_]:
    """Tell which points are minima above a level, or maxima below it, near which profiles may cross it.

    A parabola through a point and its neighbours estimates the extreme between them.

    Parameters
    ----------
    points : ndarray, shape (k,)
        Ascending.
    values : ndarray, shape (..., k)
        Profiles there.
    level : float or ndarray, shape (..., 1)

    Returns
    -------
    ndarray of bool, shape (..., k)
        False at both ends.
    """
    found = np.zeros(values.shape, np.bool_)
    if len(points) < 3:
        return found
    left, right = points[:-2] - points[1:-1], points[2:] - points[1:-1]
    middle = values[..., 1:-1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # of values that are infinite
        down, up = values[..., :-2] - middle, values[..., 2:] - middle
        dips, hills = (down >= 0) & (up >= 0), (down <= 0) & (up <= 0)
        slope = (down / left * right - up / right * left) / (right - left)
        curvature = (up / right - down / left) / (right - left)
        deeper = np.nan_to_num(slope**2 / (4 * np.abs(curvature)), nan=0.0, posinf=math.inf)
        near = np.abs(middle - level) <= _DEEPER * deeper + _ROUNDING
    found[..., 1:-1] = near & np.where(middle > level, dips, hills)
    return found


def _extreme(scan: _Scan, i: int) -> tuple[float, float]:
    """Find the minimum around the lowest of three points, or the maximum around the highest."""
    points, values = scan.points, scan.values
    bounds = float(points[i - 1]), float(points[i + 1])
    sign = 1.0 if values[i] <= min(values[i - 1], values[i + 1]) else -1.0
    optimum = minimize_scalar(
        lambda x: sign * scan.profile(float(x)),
        bounds=bounds,
        method="bounded",
        options={"xatol": 1e-9 * (bounds[1] - bounds[0])},
    )
    return float(optimum.x), sign * float(optimum.fun)
