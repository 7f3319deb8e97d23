"""Intervals of nuisance parameters from their profile likelihood, relative to the deepest minimum."""

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
        None for an open end.
    lower_reason, upper_reason : str
        Why an end is open: one of `analysis.fits.results.OPEN`; else empty.
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
    profile = NuisanceProfile(fitter=fitter, data=data, number=number, fixed=minima[0].fixed[0])
    level = minima[0].fval + threshold
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
