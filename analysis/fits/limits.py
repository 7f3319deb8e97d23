"""Limits and allowed regions from the profile likelihood, bounded by the physical range."""

import math
from typing import Any

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.fits.fit_quality import quality
from analysis.fits.fitter import Fitter
from analysis.fits.results import LimitResult
from analysis.fits.weighted import prepared_fit
from analysis.likelihood import Allowed, Likelihood, Minimum, allowed_regions, crossing
from analysis.model import check_possible, check_weights, stated_end
from analysis.settings import wrong_level
from detsim.experiment import Experiment
from simgen.interaction import Model

__all__ = [
    "Allowed",
    "allowed",
    "delta_chi2",
    "interval",
    "is_blind",
    "limit",
    "limit_of_counts",
    "regions",
    "stated_regions",
    "upper_limit",
]

Array = NDArray[np.float64]
Region = tuple[float | None, float | None]


def delta_chi2(level: float, method: str) -> float:
    """Compute the threshold in -2 Δln L of a limit.

    Examples
    --------
    >>> round(delta_chi2(0.95, "one-sided"), 4), round(delta_chi2(0.95, "two-sided"), 4)
    (2.7055, 3.8415)
    """
    if method not in {"one-sided", "two-sided"}:
        raise ValueError(f"limit method must be 'one-sided' or 'two-sided', got {method!r}")
    if not 0 < level < 1:
        raise ValueError(wrong_level("the level of a limit", level))
    if method == "one-sided" and level <= 0.5:
        raise ValueError(f"the level of a limit must be above 0.5 if it is one-sided, got {level}")
    return float(ndtri(level if method == "one-sided" else (1 + level) / 2) ** 2)


def is_blind(fitter: Fitter, data: Likelihood, threshold: float) -> bool:
    """Tell whether -2 ln L varies by less than a threshold over the whole physical range."""
    values = fitter.scan(data)
    return bool(values.max() - values.min() < threshold)


def interval(
    fitter: Fitter, data: Likelihood, minimum: Minimum, threshold: float
) -> tuple[float | None, float | None]:
    """Find the interval around the free minimum in which the profile rises by less than a threshold.

    Like the free fit, it may leave the physical range.

    Returns
    -------
    lower, upper : float or None
        None for an open end.
    """
    best, level = float(minimum.values[0]), minimum.fval + threshold
    step = _first_step(fitter, minimum, threshold)
    low, high = (
        crossing(fitter, data.counts, data.auxiliary, best, level, sign * step, end)
        for sign, end in zip((-1, 1), fitter.range, strict=True)
    )
    return low, high


def _first_step(fitter: Fitter, minimum: Minimum, threshold: float) -> float:
    error = min(max(float(minimum.errors[0]), 0.01 * fitter.width), 100 * fitter.width)
    return 0.7 * math.sqrt(threshold) * error


def upper_limit(fitter: Fitter, data: Likelihood, minimum: Minimum | None, threshold: float) -> float | None:
    """Find the largest allowed value; None if no value above the minimum is excluded: see `allowed`.

    The argument `minimum` is ignored: the physical minimum is searched anew. It is kept for older callers.
    """
    return allowed(fitter, data, threshold, method="one-sided").upper


def allowed(fitter: Fitter, data: Likelihood, threshold: float, *, method: str = "two-sided") -> Allowed:
    """Find all allowed regions in the physical range.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    threshold : float
        Largest -2 Δln L against the physical minimum.
    method : {"one-sided", "two-sided"}
        One-sided: all values below the estimate are allowed too.

    Returns
    -------
    Allowed

    Raises
    ------
    ValueError
        If no minimum is found.
    """
    minima, depths = fitter.physical_minima(data)
    one_sided = method == "one-sided"
    return allowed_regions(
        fitter, data.counts, data.auxiliary, minima, depths, threshold, one_sided=one_sided
    )


def regions(
    fitter: Fitter, data: Likelihood, minimum: Minimum | None, threshold: float, *, method: str = "two-sided"
) -> tuple[Region, ...]:
    """Find the allowed regions in the physical range: see `allowed`; `minimum` is ignored."""
    return allowed(fitter, data, threshold, method=method).regions


def stated_regions(parameter: str, found: tuple[Region, ...]) -> tuple[Region, ...]:
    """Return regions whose ends at those of the fit's range are the ends of the physical range."""

    def stated(end: float | None) -> float | None:
        return None if end is None else stated_end(parameter, end)

    return tuple((stated(low), stated(high)) for low, high in found)


@np.errstate(under="ignore")
def limit_of_counts(
    fitter: Fitter,
    counts: ArrayLike,
    auxiliary: ArrayLike | None = None,
    *,
    level: float = 0.95,
    method: str = "one-sided",
) -> LimitResult:
    """Find the upper limit of counts with a prepared `Fitter`, as `limit` does.

    Auxiliary measurements are pulls, shape (n_nuisances,), by default nominal; for `asimov` they are nominal.
    """
    threshold = delta_chi2(level, method)
    check_possible(fitter.templates, counts)
    data = fitter.data(counts, auxiliary)
    allowed_region = allowed(fitter, data, threshold, method=method)
    exact = fitter.templates.expected(fitter.truth)
    is_exact = auxiliary is None and np.array_equal(exact, data.counts)
    return LimitResult(
        parameter=fitter.templates.poi,
        level=level,
        method=method,
        delta_chi2=threshold,
        upper=allowed_region.upper,
        regions=stated_regions(fitter.templates.poi, allowed_region.regions),
        asimov=allowed_region.upper if is_exact else upper_limit(fitter, fitter.data(exact), None, threshold),
        effective_counts=data.effective_counts,
        weights=check_weights(data.templates, data.counts),
        undetermined=fitter.undetermined,
        quality=quality(
            data,
            (allowed_region.best, *fitter.profile(data).pulls(allowed_region.best)),
            allowed_region.floor,
        ),
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
        As for `analysis.fits.estimate.make_fitter`.
    level : float
    method : {"one-sided", "two-sided"}
        At 95 %: Δχ² = 2.7055 or 3.8415.

    Returns
    -------
    LimitResult
    """
    fitter, counts = prepared_fit(
        data, experiment, model, poi=poi, likelihood=likelihood, error_per_bin=error_per_bin
    )
    return limit_of_counts(fitter, counts, level=level, method=method)
