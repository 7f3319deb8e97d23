"""Estimates of the parameters of a fit: values, errors, intervals, and why one of these is missing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtr

from analysis.fits.fitter import REACH, Fitter
from analysis.fits.nuisance_profile import KEPT, NuisanceProfile
from analysis.fits.results import AT_RANGE, NO_ERROR, NOT_FOUND, UNBOUNDED, Estimate
from analysis.likelihood import FitError, Likelihood, Minimum, at_end, at_end_reason
from analysis.model import EVEN, INSIDE, Nuisance

__all__ = [
    "PullInterval",
    "hesse_error",
    "no_parabola",
    "nuisance_estimates",
    "parabolic",
    "poi_estimate",
    "pull_interval",
]

Array = NDArray[np.float64]
Ends = tuple[float | None, float | None]

_ROUNDING = 1e-3
"""A pull without an error is at the end of its range if the distance is below a thousandth of this."""
_LEAST, _MOST = 1e-3, 1e4
"""Shortest and longest first step to an end of an interval, in standard deviations of the parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullInterval:
    """An interval of a nuisance parameter, as pulls.

    Parameters
    ----------
    lower, upper : float or None
        None for an open end.
    lower_reason, upper_reason : str
        Why an end is open: one of `analysis.fits.results.OPEN`; else empty.
    """

    lower: float | None
    upper: float | None
    lower_reason: str = ""
    upper_reason: str = ""


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
        range=fitter.stated_range,
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


def pull_interval(
    fitter: Fitter,
    data: Likelihood,
    number: int,
    minima: Sequence[Minimum],
    threshold: float,
    error: float | None,
) -> PullInterval:
    """Find the interval around the deepest minimum in which the profile rises by less than a threshold.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    number : int
        Index of the nuisance parameter.
    minima : sequence of Minimum
        The deepest first. If its parameter of interest was fixed, it stays fixed.
    threshold : float
        Largest rise of -2 ln L.
    error : float or None
        Hesse error of the pull, if it exists: it sets the first step.

    Notes
    -----
    The profile is -2 ln L at a value of the nuisance parameter, minimised over all other parameters by the
    rule of `analysis.batch.search`; the parameter of interest may take any value of its range. An end is
    where the profile first rises by the threshold. The known minima are followed from the deepest one. At
    each end all minima are searched for; if one is below the level, the interval is extended. MINUIT finds
    the ends alone if no other minimum is near and each value of the parameter of interest needs a folding of
    the signal.
    """
    floor, fixed = minima[0].fval, minima[0].fixed[0]
    profile = NuisanceProfile(fitter=fitter, data=data, number=number, fixed=fixed, floor=floor)
    level = floor + threshold
    if fitter.templates.poi in INSIDE and all(m.fval > level + threshold for m in minima[1:]):
        minos_interval = _minos(minima[0], number, threshold)
        if minos_interval is not None:
            return minos_interval
    width = float(minima[0].errors[1 + number]) if error is None else error
    step = 0.7 * math.sqrt(threshold) * min(max(width, _LEAST), _MOST)
    starts = [np.array(m.values) for m in minima][:KEPT]
    ends: list[float | None] = []
    reasons: list[str] = []
    for sign, bound in ((-1, fitter.templates.nuisances[number].lowest), (1, math.inf)):
        try:
            end, reason = profile.end(starts, level, sign * step, bound)
        except FitError:  # no minimum over the other parameters
            end, reason = None, NOT_FOUND
        ends.append(end)
        reasons.append(reason)
    return PullInterval(lower=ends[0], upper=ends[1], lower_reason=reasons[0], upper_reason=reasons[1])


def _minos(minimum: Minimum, number: int, threshold: float) -> PullInterval | None:
    """Find the interval around a single minimum with MINUIT, which needs few foldings; None if it fails."""
    minuit = minimum.minuit
    name = minuit.parameters[1 + number]
    minuit.minos(name, cl=float(chdtr(1, threshold)))
    minos = minuit.merrors[name]
    if not (minos.lower_valid and minos.upper_valid and minos.lower < 0 < minos.upper):
        return None
    best = float(minuit.values[name])
    return PullInterval(lower=best + float(minos.lower), upper=best + float(minos.upper))


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
