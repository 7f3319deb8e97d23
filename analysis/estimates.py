"""Estimates of the parameters of a fit: values, errors, intervals, and why one of these is missing."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.covariance import Covariance
from analysis.fitter import REACH, Fitter
from analysis.likelihood import Likelihood
from analysis.minimum import Minimum
from analysis.nuisance_intervals import PullInterval, pull_interval
from analysis.nuisances import Nuisance
from analysis.ranges import EVEN
from analysis.results import AT_RANGE, NO_ERROR, UNBOUNDED, Estimate

__all__ = [
    "error_reason",
    "hesse_error",
    "nuisance_estimates",
    "parabolic",
    "poi_estimate",
]

Array = NDArray[np.float64]
Ends = tuple[float | None, float | None]


def hesse_error(errors: Array | None, i: int) -> float | None:
    """Return an error of Hesse's; None where there is none."""
    return None if errors is None or math.isnan(errors[i]) else float(errors[i])


def parabolic(value: float, error: float | None, threshold: float) -> Ends:
    """Return the ends of the interval of a parabola; None without an error."""
    if error is None:
        return None, None
    width = math.sqrt(threshold) * error
    return value - width, value + width


def poi_estimate(
    fitter: Fitter, best: float, error: float | None, ends: Ends, *, profiled: bool, error_reason: str
) -> Estimate:
    """Make the estimate of the parameter of interest.

    Parameters
    ----------
    fitter : Fitter
    best : float
    error : float or None
    ends : tuple of (lower, upper)
    profiled : bool
        Whether these are crossings of the profile.
    error_reason : str
        Why there is no error.
    """
    reasons = []
    for end, last in zip(ends, fitter.range, strict=True):
        near = math.isfinite(last) and abs(last - best) <= REACH * fitter.width
        unbounded = AT_RANGE if near else UNBOUNDED
        reasons.append("" if end is not None else unbounded if profiled else NO_ERROR)
    return Estimate(
        value=best,
        error=error,
        lower=ends[0],
        upper=ends[1],
        error_reason="" if error is not None else error_reason,
        lower_reason=reasons[0],
        upper_reason=reasons[1],
        range=fitter.range,
    )


def nuisance_estimates(
    fitter: Fitter,
    data: Likelihood,
    minima: Sequence[Minimum],
    threshold: float,
    errors: Array | None,
    *,
    intervals: str,
    error_reason: str,
) -> dict[str, Estimate]:
    """Make the estimates of the nuisance parameters.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minima : sequence of Minimum
        The deepest first.
    threshold : float
        -2 Δln L of the level.
    errors : ndarray, shape (1 + n_nuisances,), or None
        Hesse errors.
    intervals : {"minos", "hesse", ""}
        Crossings of the profile, or ends of the parabola; empty for none, as where no minimum was found.
        Parameters that the data cannot tell apart have none either.
    error_reason : str
        Why there are no errors.
    """
    found = {}
    for number, nuisance in enumerate(fitter.templates.nuisances):
        x, error = minima[0].values[1 + number], hesse_error(errors, 1 + number)
        group = next((g for g in fitter.undetermined if nuisance.name in g), ())
        reason, ends = error_reason, PullInterval(lower=None, upper=None)
        if group:
            reason = _undetermined(nuisance.name, group)
        elif intervals == "minos":
            ends = pull_interval(fitter, data, number, minima, threshold, error)
        elif intervals == "hesse":
            missing = NO_ERROR if error is None else ""
            lower, upper = parabolic(x, error, threshold)
            ends = PullInterval(lower=lower, upper=upper, lower_reason=missing, upper_reason=missing)
        found[nuisance.name] = _reported(nuisance, x, error, ends, reason)
    return found


def _undetermined(name: str, group: Sequence[str]) -> str:
    """Say why a free parameter that the data do not know has no error."""
    others = [other for other in group if other != name]
    if not others:
        return "it changes no count"
    return f"the data cannot tell it from {' and '.join(others)}"


def error_reason(
    fitter: Fitter, best: float, errors: Array | None, covariance: Covariance | None, *, error: float | None
) -> str:
    """Say why the parameter of interest, or all parameters, have no Hesse error.

    Parameters
    ----------
    fitter : Fitter
    best, errors
        The estimate, and what Hesse's method gives.
    covariance : Covariance or None
        Its reason tells along which parameters -2 ln L has no parabola.
    error : float or None
        Of the parameter of interest, as it is reported.
    """
    poi, (low, high) = fitter.templates.poi, fitter.symmetric_range
    if error is not None:
        return ""
    if not low < best < high:
        return f"{poi} = {best:g} is at the end of its range, where -2 ln L is no parabola"
    if errors is not None and poi in EVEN:
        return f"{poi} is within its error of 0, where -2 ln L is no parabola"
    known = covariance.reason if covariance is not None else ""
    return known or "the second derivatives of -2 ln L at the minimum are not positive definite"


def _reported(nuisance: Nuisance, x: float, error: float | None, ends: PullInterval, reason: str) -> Estimate:
    """Turn a pull into the quantity that it stands for."""
    lower, upper = (None if end is None else nuisance.value(end) for end in (ends.lower, ends.upper))
    return Estimate(
        value=nuisance.value(x),
        error=None if error is None else nuisance.slope(x) * error,
        lower=lower,
        upper=upper,
        error_reason="" if error is not None else reason,
        lower_reason=ends.lower_reason,
        upper_reason=ends.upper_reason,
        range=(-math.inf if nuisance.is_shape else 0.0, math.inf),
    )
