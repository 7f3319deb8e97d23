"""Limits and allowed regions from the profile likelihood, bounded by the physical range."""

import math
from collections.abc import Callable
from typing import Any

import hist
import numpy as np
from iminuit import Minuit
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import ndtri

from analysis.fit import Fitter, make_fitter
from analysis.histograms import bin_counts
from analysis.likelihood import Likelihood
from analysis.results import LimitResult
from detsim.experiment import Experiment
from simgen.models import Model, parameter_range

__all__ = ["delta_chi2", "is_blind", "limit", "limit_of_counts", "regions", "upper_limit"]

Array = NDArray[np.float64]
Region = tuple[float, float | None]

_REACH = 1e6
"""Scans of an unbounded range end at this many times the expected resolution."""


def delta_chi2(level: float, method: str) -> float:
    """Compute the threshold in -2 Δln L of a limit.

    Examples
    --------
    >>> round(delta_chi2(0.95, "one-sided"), 4), round(delta_chi2(0.95, "two-sided"), 4)
    (2.7055, 3.8415)
    """
    if method not in {"one-sided", "two-sided"}:
        raise ValueError(f"limit method must be 'one-sided' or 'two-sided', got {method!r}")
    return float(ndtri(level if method == "one-sided" else (1 + level) / 2) ** 2)


def physical_range(fitter: Fitter) -> tuple[float, float]:
    """Return the part of the fit's range that is physical."""
    low, high = parameter_range(fitter.templates.poi)
    return max(low, fitter.range[0]), min(high, fitter.range[1])


def is_blind(fitter: Fitter, data: Likelihood, minuit: Minuit, threshold: float) -> bool:
    """Tell whether -2 ln L stays below its threshold over the whole physical range."""
    found = regions(fitter, data, minuit, threshold, method="two-sided")
    low, high = physical_range(fitter)
    open_end = None if math.isinf(high) else high
    return found == ((low if math.isfinite(low) else -math.inf, open_end),)


def _scan_points(fitter: Fitter, estimate: float) -> Array:
    low, high = physical_range(fitter)
    scale = fitter.scale if math.isfinite(fitter.scale) else 1.0
    steps = np.concatenate([np.linspace(0, 12, 61)[1:], np.geomspace(13, _REACH, 90)]) * scale
    centre = min(max(estimate, low), high)
    candidates = [centre - steps, np.array([centre]), centre + steps]
    if math.isfinite(low):
        candidates += [np.array([low]), low + steps]
    if math.isfinite(high):
        candidates += [np.array([high]), high - steps]
    if math.isfinite(low) and math.isfinite(high):
        inset = 1e-9 * (high - low)
        candidates.append(np.linspace(low + inset, high - inset, 201))
        low, high = low + inset, high - inset
    points: Array = np.unique(np.concatenate(candidates))
    return points[(points >= low) & (points <= high)]


def regions(
    fitter: Fitter, data: Likelihood, minuit: Minuit, threshold: float, *, method: str = "two-sided"
) -> tuple[Region, ...]:
    """Find everything that is allowed in the physical range.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minuit : Minuit
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
    profile = fitter.profile(data, tuple(minuit.values))
    estimate = float(minuit.values[0])
    points = _scan_points(fitter, estimate)
    values = np.array([profile(p) for p in points])
    low, high = physical_range(fitter)
    floor = min(float(values.min()), float(minuit.fval) if low <= estimate <= high else math.inf)
    best = min(max(estimate, low), high)

    def excess(p: float) -> float:
        if method == "one-sided" and p <= best:
            return -threshold
        return profile(p) - floor - threshold

    outside = values - floor - threshold
    if method == "one-sided":
        outside[points <= best] = -threshold
    inside = outside <= 0
    found: list[Region] = []
    start: float | None = float(low) if inside[0] else None
    for i in range(1, len(points)):
        if inside[i] and not inside[i - 1]:
            start = _crossing(excess, points[i - 1], points[i], fitter.scale)
        elif inside[i - 1] and not inside[i]:
            end = _crossing(excess, points[i - 1], points[i], fitter.scale)
            found.append((start if start is not None else float(low), end))
            start = None
    if inside[-1]:
        found.append((start if start is not None else float(low), None if math.isinf(high) else float(high)))
    return tuple(found)


def _crossing(excess: Callable[[float], float], a: float, b: float, scale: float) -> float:
    width = scale if math.isfinite(scale) else 1.0
    return float(brentq(excess, a, b, xtol=1e-7 * width, rtol=1e-12))


def upper_limit(fitter: Fitter, data: Likelihood, minuit: Minuit, threshold: float) -> float | None:
    """Find the first crossing above the minimum.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minuit : Minuit
        At the free minimum; one below the physical range counts as one at its end.
    threshold : float

    Returns
    -------
    float or None
        None if there is no crossing.
    """
    if not math.isfinite(fitter.scale):
        return None
    low, high = physical_range(fitter)
    profile = fitter.profile(data, tuple(minuit.values))
    best = float(minuit.values[0])
    floor = float(minuit.fval) if low <= best <= high else profile(min(max(best, low), high))
    best = min(max(best, low), high)
    left, step = best, fitter.scale * math.sqrt(threshold)
    for _ in range(60):
        right = min(left + step, high - 1e-9 * abs(high) if math.isfinite(high) else math.inf)
        if profile(right) - floor >= threshold:
            return _crossing(lambda p: profile(p) - floor - threshold, left, right, fitter.scale)
        if right < left + step or right - best > _REACH * fitter.scale:
            return None
        left, step = right, 1.3 * step
    return None


def limit_of_counts(
    fitter: Fitter,
    counts: ArrayLike,
    *,
    level: float = 0.95,
    method: str = "one-sided",
) -> LimitResult:
    """Find the upper limit of counts with a prepared `Fitter`; the work of `limit`."""
    threshold = delta_chi2(level, method)
    data = fitter.data(counts)
    minuit = fitter.minimise(data)
    exact = fitter.data(fitter.templates.expected(fitter.truth))
    return LimitResult(
        parameter=fitter.templates.poi,
        level=level,
        method=method,
        delta_chi2=threshold,
        upper=upper_limit(fitter, data, minuit, threshold),
        regions=regions(fitter, data, minuit, threshold, method=method),
        asimov=upper_limit(fitter, exact, fitter.minimise(exact), threshold),
    )


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
        Counts; None takes the exact expectation of the model.
    experiment, model, poi, likelihood, error_per_bin
        As for `analysis.fit.make_fitter`.
    level : float
    method : {"one-sided", "two-sided"}
        At 95 %: Δχ² = 2.7055 or 3.8415.

    Returns
    -------
    LimitResult
    """
    fitter = make_fitter(experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin)
    exact = fitter.templates.expected(fitter.truth)
    counts = exact if data is None else bin_counts(data, experiment)
    return limit_of_counts(fitter, counts, level=level, method=method)
