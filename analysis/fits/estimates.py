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
"""Pulls without an error are at the end of their range if a thousandth of this is left to it."""


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
    standing: Mapping[str, str],
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
    standing : mapping of str to str
        Parameters that have no error because of where they stand, with the reason, as of `no_parabola`.
    error_reason : str
        Why there are no errors, of the others.
    """
    found = {}
    for number, nuisance in enumerate(fitter.templates.nuisances):
        x, error = minima[0].values[1 + number], hesse_error(errors, 1 + number)
        group = next((g for g in fitter.undetermined if nuisance.name in g), ())
        reason, ends = standing.get(nuisance.name, error_reason), PullInterval(lower=None, upper=None)
        if group:
            reason = _undetermined(nuisance.name, group)
        elif intervals == "minos":
            ends = pull_interval(fitter, data, number, minima, threshold, error)
        if nuisance.name in standing:
            error = None
        if intervals == "hesse" and not group:
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


def no_parabola(fitter: Fitter, values: Sequence[float], errors: Array | None) -> dict[str, str]:
    """Say which parameters have no Hesse error, because of where their estimates stand.

    Parameters
    ----------
    fitter : Fitter
    values : sequence of float, shape (1 + n_nuisances,)
        The parameter of interest and the pulls at the minimum.
    errors : ndarray, shape (1 + n_nuisances,), or None
        What Hesse's method gives there.

    Returns
    -------
    dict of str to str
        Reason of each of them: it stands at an end of its range, or it is one whose sign the counts do not
        depend on, within its error of 0.
    """
    poi, best = fitter.templates.poi, values[0]
    found = {}
    low, high = fitter.symmetric_range
    error = hesse_error(errors, 0)
    if not low < best < high or (error is not None and at_end(best, low, high, error)):
        found[poi] = at_end_reason(f"{poi} = {best:g}")
    elif poi in EVEN and error is not None and best < error:
        found[poi] = f"{poi} is within its error of 0, where -2 ln L is no parabola"
    for number, nuisance in enumerate(fitter.templates.nuisances, start=1):
        width = hesse_error(errors, number) or _ROUNDING
        if at_end(values[number], nuisance.lowest, math.inf, width):
            found[nuisance.name] = at_end_reason(nuisance.name)
    return found


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
