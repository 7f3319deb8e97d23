"""Limits and allowed regions from the profile likelihood, bounded by the physical range."""

import math
from typing import Any

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq, minimize_scalar
from scipy.special import ndtri

from analysis.emptybins import check_possible
from analysis.fitter import REACH, Fitter, make_fitter
from analysis.likelihood import Likelihood
from analysis.minimum import Minimum
from analysis.profile import Profile
from analysis.quality import physical_quality
from analysis.ranges import INSIDE
from analysis.results import LimitResult
from analysis.weighted import for_data
from detsim.experiment import Experiment
from simgen.models import Model

__all__ = ["delta_chi2", "interval", "is_blind", "limit", "limit_of_counts", "regions", "upper_limit"]

Array = NDArray[np.float64]
Region = tuple[float | None, float | None]

_PARTS = 8


def delta_chi2(level: float, method: str) -> float:
    """Compute the threshold in -2 Δln L of a limit.

    Examples
    --------
    >>> round(delta_chi2(0.95, "one-sided"), 4), round(delta_chi2(0.95, "two-sided"), 4)
    (2.7055, 3.8415)
    """
    if method not in {"one-sided", "two-sided"}:
        raise ValueError(f"limit method must be 'one-sided' or 'two-sided', got {method!r}")
    if not (0.5 if method == "one-sided" else 0) < level < 1:
        raise ValueError(
            f"the level of a limit must lie between 0 and 1, and above 0.5 if it is one-sided, got {level}"
        )
    return float(ndtri(level if method == "one-sided" else (1 + level) / 2) ** 2)


def is_blind(fitter: Fitter, data: Likelihood, threshold: float) -> bool:
    """Tell whether -2 ln L varies by less than a threshold over the whole physical range."""
    values = fitter.scan(data)
    return bool(values.max() - values.min() < threshold)


def _crossing(
    profile: Profile, start: float, level: float, step: float, end: float, resolution: float
) -> float | None:
    """Find where the profile first rises to a level, walking from `start` by growing steps towards `end`.

    A step has intermediate points, so that a rise and fall within it is not passed over.
    """
    sign = math.copysign(1.0, step)
    parts = 1 if profile.data.templates.poi in INSIDE else _PARTS  # those are folded anew at each point
    left = start
    for _ in range(100):
        right = left + step
        last = sign * right >= sign * end
        if last:
            right = end
        if not math.isfinite(right) or abs(right - start) > REACH * resolution:
            return None
        points = np.linspace(left, right, parts + 1)
        above = np.flatnonzero(profile.data.profile(points[1:])[0] >= level)
        if above.size:
            i = int(above[0])
            return _root(profile, float(points[i]), float(points[i + 1]), level, resolution)
        if last:
            return None
        left, step = right, 1.3 * step
    return None


def _root(profile: Profile, a: float, b: float, level: float, resolution: float) -> float:
    return float(brentq(lambda p: profile(p) - level, a, b, xtol=1e-9 * resolution, rtol=1e-13))


def interval(
    fitter: Fitter, data: Likelihood, minimum: Minimum, threshold: float
) -> tuple[float | None, float | None]:
    """Find the interval around the free minimum, in which the profile rises by less than a threshold.

    It may leave the physical range where the free fit may.

    Returns
    -------
    lower, upper : float or None
        None for an end that is open.
    """
    best = float(minimum.values[0])
    profile = fitter.profile(data)
    level = profile(best) + threshold
    low, high = fitter.range
    step = _first_step(fitter, minimum, threshold)
    return (
        _crossing(profile, best, level, -step, low, fitter.width),
        _crossing(profile, best, level, step, high, fitter.width),
    )


def _first_step(fitter: Fitter, minimum: Minimum, threshold: float) -> float:
    error = min(max(float(minimum.errors[0]), 0.01 * fitter.width), 100 * fitter.width)
    return 0.7 * math.sqrt(threshold) * error


def upper_limit(fitter: Fitter, data: Likelihood, minimum: Minimum, threshold: float) -> float | None:
    """Find the first crossing above the minimum.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minimum : Minimum
        At the free minimum; one below the physical range counts as one at its end.
    threshold : float

    Returns
    -------
    float or None
        None if there is no crossing.
    """
    low, high = fitter.physical
    best = min(max(float(minimum.values[0]), low), high)
    profile = fitter.profile(data)
    step = _first_step(fitter, minimum, threshold)
    return _crossing(profile, best, profile(best) + threshold, step, high, fitter.width)


def _scan_points(fitter: Fitter, best: float) -> Array:
    low, high = fitter.physical
    steps = fitter.width * np.concatenate([np.linspace(0, 12, 61)[1:], np.geomspace(13, REACH, 90)])
    points = np.unique(np.concatenate([[best], best - steps, best + steps, fitter.grid]))
    return points[(points >= low) & (points <= high)]


def _polished(profile: Profile, points: Array, values: Array, level: float) -> tuple[Array, Array]:
    """Add the minima between the points that dip below a level where no point does."""
    found = []
    for i in range(1, len(points) - 1):
        if level < values[i] <= min(values[i - 1], values[i + 1]):
            bounds = points[i - 1], points[i + 1]
            dip = minimize_scalar(profile, bounds=bounds, options={"xatol": 1e-9 * (bounds[1] - bounds[0])})
            found.append((float(dip.x), float(dip.fun)))
    points = np.concatenate([points, [x for x, _ in found]])
    values = np.concatenate([values, [v for _, v in found]])
    order = np.argsort(points, kind="stable")
    return points[order], values[order]


def regions(
    fitter: Fitter, data: Likelihood, minimum: Minimum, threshold: float, *, method: str = "two-sided"
) -> tuple[Region, ...]:
    """Find everything that is allowed in the physical range.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minimum : Minimum
        At the free minimum.
    threshold : float
        Largest -2 Δln L against the physical minimum.
    method : {"one-sided", "two-sided"}
        One-sided: all values below the estimate are allowed too.

    Returns
    -------
    tuple of (low, high)
        In ascending order; None for an end beyond the scan of an unbounded range.
    """
    low, high = fitter.physical
    best = min(max(float(minimum.values[0]), low), high)
    profile = fitter.profile(data)
    points = _scan_points(fitter, best)
    values = data.profile(points)[0]
    level = profile(best) + threshold
    points, values = _polished(profile, points, values, level)
    inside = values <= level
    if method == "one-sided":
        inside |= points <= best
    ends: list[float | None] = []
    if inside[0]:
        ends.append(low if math.isfinite(low) else None)
    ends += [
        _root(profile, points[i - 1], points[i], level, fitter.width)
        for i in np.flatnonzero(inside[1:] != inside[:-1]) + 1
    ]
    if inside[-1]:
        ends.append(high if math.isfinite(high) else None)
    return tuple(zip(ends[::2], ends[1::2], strict=True))


@np.errstate(under="ignore")
def limit_of_counts(
    fitter: Fitter,
    counts: ArrayLike,
    *,
    level: float = 0.95,
    method: str = "one-sided",
) -> LimitResult:
    """Find the upper limit of counts with a prepared `Fitter`; the work of `limit`."""
    threshold = delta_chi2(level, method)
    check_possible(fitter.templates, counts)
    data = fitter.data(counts)
    minimum = fitter.minimise(data)
    exact = fitter.data(fitter.templates.expected(fitter.truth))
    return LimitResult(
        parameter=fitter.templates.poi,
        level=level,
        method=method,
        delta_chi2=threshold,
        upper=upper_limit(fitter, data, minimum, threshold),
        regions=regions(fitter, data, minimum, threshold, method=method),
        asimov=upper_limit(fitter, exact, fitter.minimise(exact), threshold),
        effective_counts=data.effective_counts,
        quality=physical_quality(fitter, data),
    )


@np.errstate(under="ignore")
def limit(
    data: hist.Hist[Any] | None,
    experiment: Experiment,
    model: Model,
    *,
    poi: str = "gamma",
    likelihood: str = "poisson",
    error_per_bin: float | None = None,
    level: float = 0.95,
    method: str = "one-sided",
) -> LimitResult:
    """Find the upper limit on a parameter.

    Parameters
    ----------
    data : hist.Hist or None
        As for `fit`; None takes the exact expectation of the model.
    experiment, model, poi, likelihood, error_per_bin
        As for `analysis.estimation.make_fitter`.
    level : float
    method : {"one-sided", "two-sided"}
        At 95 %: Δχ² = 2.7055 or 3.8415.

    Returns
    -------
    LimitResult
    """
    fitter = make_fitter(experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin)
    if data is None:
        counts = fitter.templates.expected(fitter.truth)
    else:
        fitter, counts = for_data(fitter, data)
    return limit_of_counts(fitter, counts, level=level, method=method)
