"""Estimates of the parameters of a fit: values, errors, intervals, and why one of these is missing."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.fits.fitter import REACH, Fitter
from analysis.fits.nuisance_intervals import PullInterval, pull_interval
from analysis.fits.results import AT_RANGE, NO_ERROR, UNBOUNDED, Estimate
from analysis.likelihood import Likelihood, Minimum, at_end, at_end_reason
from analysis.model import EVEN, Nuisance

__all__ = [
    "hesse_error",
    "no_parabola",
    "nuisance_estimates",
    "parabolic",
    "poi_estimate",
]

Array = NDArray[np.float64]
Ends = tuple[float | None, float | None]

_ROUNDING = 1e-3
"""A pull without an error is at the end of its range if the distance is below a thousandth of this."""


def hesse_error(errors: Array | None, i: int) -> float | None:
    """Return a Hesse error; None if it does not exist."""
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
        Whether the ends are crossings of the profile.
    error_reason : str
        Why the error does not exist.
    """
    reasons = []
    for end, range_end in zip(ends, fitter.range, strict=True):
        in_reach = math.isfinite(range_end) and abs(range_end - best) <= REACH * fitter.width
        unbounded = AT_RANGE if in_reach else UNBOUNDED
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
    without_parabola: Mapping[str, str],
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
        Crossings of the profile, or ends of the parabola; empty for no intervals. Parameters that the data
        cannot tell apart have no intervals either.
    without_parabola : mapping of str to str
        Parameters at whose estimates -2 ln L is no parabola, with the reason: see `no_parabola`.
    error_reason : str
        Why the other parameters have no errors.
    """
    estimates = {}
    for number, nuisance in enumerate(fitter.templates.nuisances):
        x, error = minima[0].values[1 + number], hesse_error(errors, 1 + number)
        group = next((g for g in fitter.undetermined if nuisance.name in g), ())
        reason, ends = without_parabola.get(nuisance.name, error_reason), PullInterval(lower=None, upper=None)
        if group:
            reason = _undetermined(nuisance.name, group)
        elif intervals == "minos":
            ends = pull_interval(fitter, data, number, minima, threshold, error)
        if nuisance.name in without_parabola:
            error = None
        if intervals == "hesse" and not group:
            open_reason = NO_ERROR if error is None else ""
            lower, upper = parabolic(x, error, threshold)
            ends = PullInterval(lower=lower, upper=upper, lower_reason=open_reason, upper_reason=open_reason)
        estimates[nuisance.name] = _reported(nuisance, x, error, ends, reason)
    return estimates


def _undetermined(name: str, group: Sequence[str]) -> str:
    """Say why a free parameter that the data do not constrain has no error."""
    others = [other for other in group if other != name]
    if not others:
        return "it changes no count"
    return f"the data cannot tell it from {' and '.join(others)}"


def no_parabola(fitter: Fitter, values: Sequence[float], errors: Array | None) -> dict[str, str]:
    """List the parameters without a Hesse error because -2 ln L is no parabola at their estimates.

    Parameters
    ----------
    fitter : Fitter
    values : sequence of float, shape (1 + n_nuisances,)
        The parameter of interest and the pulls at the minimum.
    errors : ndarray, shape (1 + n_nuisances,), or None
        Errors from the second derivatives at the minimum.

    Returns
    -------
    dict of str to str
        Reason for each: the parameter is at an end of its range, or it is within its error of 0 and the
        counts do not depend on its sign.
    """
    poi, best = fitter.templates.poi, values[0]
    reasons = {}
    low, high = fitter.symmetric_range
    error = hesse_error(errors, 0)
    if not low < best < high or (error is not None and at_end(best, low, high, error)):
        reasons[poi] = at_end_reason(f"{poi} = {best:g}")
    elif poi in EVEN and error is not None and best < error:
        reasons[poi] = f"{poi} is within its error of 0, where -2 ln L is no parabola"
    for number, nuisance in enumerate(fitter.templates.nuisances, start=1):
        width = hesse_error(errors, number) or _ROUNDING
        if at_end(values[number], nuisance.lowest, math.inf, width):
            reasons[nuisance.name] = at_end_reason(nuisance.name)
    return reasons


def _reported(nuisance: Nuisance, x: float, error: float | None, ends: PullInterval, reason: str) -> Estimate:
    """Turn the estimate of a pull into that of its nuisance parameter."""
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
