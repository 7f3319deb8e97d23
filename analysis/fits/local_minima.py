"""Every local minimum of a fit, with the region around it that a confidence level allows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.fits.estimates import hesse_error, parabolic
from analysis.fits.fitter import Fitter
from analysis.fits.limits import interval
from analysis.likelihood import TIE, FitError, Likelihood, Minimum

__all__ = ["FAR_ABOVE", "LocalMinimum", "local_minima", "separated"]

FAR_ABOVE = 25.0
"""Minima so much higher in -2 ln L are of no interest: 5 σ."""
_BETWEEN = 24
"""Values between two minima at which a barrier is sought."""
_ROUNDING = 1e-6
"""A value so close to the physical range is in it, in resolutions of the experiment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMinimum:
    """A local minimum of -2 ln L, profiled over the nuisance parameters.

    Parameters
    ----------
    value : float
        Parameter of interest.
    rise : float
        -2 ln L above that of the deepest minimum.
    physical : bool
        Whether the value is in the physical range.
    allowed : bool
        Whether the rise is below the threshold of the level.
    lower, upper : float or None
        Ends of the region around it in which -2 ln L is less than the threshold above the deepest minimum;
        None for an end that is open, and where the minimum is not allowed.
    """

    value: float
    rise: float
    physical: bool
    allowed: bool
    lower: float | None
    upper: float | None


def local_minima(
    fitter: Fitter,
    data: Likelihood,
    minima: Sequence[Minimum],
    threshold: float,
    ends: tuple[float | None, float | None],
    *,
    profiled: bool,
) -> tuple[LocalMinimum, ...]:
    """List the minima of a fit with their regions.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minima : sequence of Minimum
        The deepest first.
    threshold : float
        -2 Δln L of the level.
    ends : tuple of (lower, upper)
        Interval of the deepest, which is not computed again.
    profiled : bool
        Whether ends are crossings of the profile, or those of the parabola at each minimum.
    """
    low, high = fitter.physical
    rounding = _ROUNDING * fitter.width
    deepest, *others = separated(fitter, data, minima)
    found: list[LocalMinimum] = []
    for minimum in (deepest, *others):
        value, rise = float(minimum.values[0]), minimum.fval - deepest.fval
        region: tuple[float | None, float | None] = ends
        if minimum is not deepest:
            region = None, None
            shared = [m for m in found if profiled and m.allowed and _inside(m, value)]
            if shared:
                region = shared[0].lower, shared[0].upper
            elif rise < threshold:
                region = _region(fitter, data, minimum, threshold - rise, profiled=profiled)
        found.append(
            LocalMinimum(
                value=value,
                rise=rise,
                physical=low - rounding <= value <= high + rounding,
                allowed=rise < threshold,
                lower=region[0],
                upper=region[1],
            )
        )
    return tuple(found)


def separated(fitter: Fitter, data: Likelihood, minima: Sequence[Minimum]) -> list[Minimum]:
    """Leave out minima far above, and those that no barrier parts from a deeper one.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minima : sequence of Minimum
        The deepest first.

    Notes
    -----
    Along a direction in which -2 ln L is flat, fits end at several places. Two of them are one minimum if the
    profile of -2 ln L does not rise between them by more than 1e-6 above the higher of both.
    """
    deepest, *others = minima
    found = [deepest]
    for one in (m for m in others if m.valid and m.fval - deepest.fval < FAR_ABOVE):
        below = [m for m in found if m.values[0] <= one.values[0]]
        above = [m for m in found if m.values[0] > one.values[0]]
        nearest = [max(below, key=_place, default=None), min(above, key=_place, default=None)]
        if all(m is None or _has_barrier(fitter, data, m, one) for m in nearest):
            found.append(one)
    return found


def _place(minimum: Minimum) -> float:
    return minimum.values[0]


def _has_barrier(fitter: Fitter, data: Likelihood, one: Minimum, other: Minimum) -> bool:
    """Tell whether the profile rises between two minima; where it has no value, that is not known."""
    left, right = sorted((_place(one), _place(other)))
    level = max(one.fval, other.fval) + TIE
    inside = fitter.grid[(fitter.grid > left) & (fitter.grid < right)]
    for n in (1, _BETWEEN):
        points = left + (right - left) * np.arange(1, n + 1) / (n + 1)
        points = (
            points if n == 1 else np.union1d(points, inside)
        )  # the grid is finer near one of two far ones
        points = points[(points > left) & (points < right)]
        try:
            values = data.profile(points)[0] if len(points) else np.empty(0)
        except FitError:
            return True
        if np.any(~(values <= level)):
            return True
    return False


def _inside(found: LocalMinimum, value: float) -> bool:
    """Tell whether a value lies in the region of a minimum that was found before."""
    above = found.lower is None or found.lower <= value
    return above and (found.upper is None or value <= found.upper)


def _region(
    fitter: Fitter, data: Likelihood, minimum: Minimum, threshold: float, *, profiled: bool
) -> tuple[float | None, float | None]:
    if profiled:
        return interval(fitter, data, minimum, threshold)
    return parabolic(float(minimum.values[0]), hesse_error(fitter.hesse(data, minimum), 0), threshold)
