"""Intervals of nuisance parameters from their profile likelihood, counted from the deepest minimum."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtr

from analysis.fits.fitter import Fitter
from analysis.fits.nuisance_profile import KEPT, NuisanceProfile
from analysis.fits.results import NOT_FOUND
from analysis.likelihood import FitError, Likelihood, Minimum
from analysis.model import INSIDE

__all__ = ["PullInterval", "pull_interval"]

_LEAST, _MOST = 1e-3, 1e4
"""Shortest and longest first step, in standard deviations of the nuisance parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullInterval:
    """An interval of a nuisance parameter, as pulls.

    Parameters
    ----------
    lower, upper : float or None
        None for an end that is open.
    lower_reason, upper_reason : str
        Why an end is open: one of `analysis.fits.results.OPEN`; empty if it is not.
    """

    lower: float | None
    upper: float | None
    lower_reason: str = ""
    upper_reason: str = ""


def pull_interval(
    fitter: Fitter,
    data: Likelihood,
    number: int,
    minima: Sequence[Minimum],
    threshold: float,
    error: float | None,
) -> PullInterval:
    """Find the interval around the deepest minimum in which the profile of a nuisance parameter stays low.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    number : int
        Of the nuisance parameter.
    minima : sequence of Minimum
        The deepest first. If its parameter of interest was fixed, it stays fixed.
    threshold : float
        By how much -2 ln L may rise.
    error : float or None
        Hesse error of the pull, where there is one: a first step.

    Notes
    -----
    The profile is -2 ln L at a value of the nuisance parameter, minimised over all other parameters by the
    rule of `analysis.batch.search`: the parameter of interest over its whole range.
    An end is where it first rises by the threshold. It is looked for from the minima that are known, which
    are followed; at each end, all minima are sought, and where one of them is below the level, the interval
    goes on. Where no other minimum is near and each value of the parameter of interest costs a fold of the
    signal, MINUIT finds the ends.
    """
    profile = NuisanceProfile(fitter=fitter, data=data, number=number, fixed=minima[0].fixed[0])
    level = minima[0].fval + threshold
    if fitter.templates.poi in INSIDE and all(m.fval > level + threshold for m in minima[1:]):
        found = _minos(minima[0], number, threshold)
        if found is not None:
            return found
    width = float(minima[0].errors[1 + number]) if error is None else error
    step = 0.7 * math.sqrt(threshold) * min(max(width, _LEAST), _MOST)
    starts = [np.array(m.values) for m in minima][:KEPT]
    ends: list[float | None] = []
    reasons: list[str] = []
    for sign, bound in ((-1, fitter.templates.nuisances[number].lowest), (1, math.inf)):
        try:
            end, reason = profile.end(starts, level, sign * step, bound)
        except FitError:  # no minimum over the other parameters: it has no number
            end, reason = None, NOT_FOUND
        ends.append(end)
        reasons.append(reason)
    return PullInterval(lower=ends[0], upper=ends[1], lower_reason=reasons[0], upper_reason=reasons[1])


def _minos(minimum: Minimum, number: int, threshold: float) -> PullInterval | None:
    """Find the interval about a single minimum with MINUIT, which folds the signal at few values; or None."""
    minuit = minimum.minuit
    name = minuit.parameters[1 + number]
    minuit.minos(name, cl=float(chdtr(1, threshold)))
    ends = minuit.merrors[name]
    if not (ends.lower_valid and ends.upper_valid and ends.lower < 0 < ends.upper):
        return None
    best = float(minuit.values[name])
    return PullInterval(lower=best + float(ends.lower), upper=best + float(ends.upper))
