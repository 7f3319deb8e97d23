"""Local minima of a fit, each with the region around it that is allowed at a confidence level."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.fits.estimates import hesse_error, parabolic
from analysis.fits.fitter import Fitter
from analysis.fits.limits import interval
from analysis.likelihood import TIE, FitError, Likelihood, Minimum

__all__ = ["FAR_ABOVE", "LocalMinimum", "local_minima", "separated"]

FAR_ABOVE = 25.0
"""Minima whose -2 ln L is higher by more than this (5 σ) are left out."""
_BETWEEN = 24
"""Number of values between two minima at which a barrier is searched for."""
_ROUNDING = 1e-6
"""A value closer than this to the physical range counts as inside, in resolutions of the experiment."""


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
        Ends of the region around the minimum in which -2 ln L is less than the threshold above that of the
        deepest minimum; None for an open end, and if the minimum is not allowed.
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
        Interval around the deepest minimum, which is not computed again.
    profiled : bool
        Whether ends are crossings of the profile, or of the parabola at each minimum.
    """
    low, high = fitter.physical
    rounding = _ROUNDING * fitter.width
    deepest, *others = separated(fitter, data, minima)
    regions: list[LocalMinimum] = []
    for minimum in (deepest, *others):
        value, rise = float(minimum.values[0]), minimum.fval - deepest.fval
        region: tuple[float | None, float | None] = ends
        if minimum is not deepest:
            region = None, None
            shared = [m for m in regions if profiled and m.allowed and _inside(m, value)]
            if shared:
                region = shared[0].lower, shared[0].upper
            elif rise < threshold:
                region = _region(fitter, data, minimum, threshold - rise, profiled=profiled)
        regions.append(
            LocalMinimum(
                value=value,
                rise=rise,
                physical=low - rounding <= value <= high + rounding,
                allowed=rise < threshold,
                lower=region[0],
                upper=region[1],
            )
        )
    return tuple(regions)


def separated(fitter: Fitter, data: Likelihood, minima: Sequence[Minimum]) -> list[Minimum]:
    """Leave out minima far above the deepest, and minima that no barrier separates from a deeper one.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
    minima : sequence of Minimum
        The deepest first.

    Notes
    -----
    Along a direction in which -2 ln L is flat, fits end at different points. Two points belong to the same
    minimum if the profile between them is nowhere more than 1e-6 above the higher of the two.
    """
    deepest, *others = minima
    kept = [deepest]
    for minimum in (m for m in others if m.valid and m.fval - deepest.fval < FAR_ABOVE):
        below = [m for m in kept if m.values[0] <= minimum.values[0]]
        above = [m for m in kept if m.values[0] > minimum.values[0]]
        nearest = [max(below, key=_poi, default=None), min(above, key=_poi, default=None)]
        if all(m is None or _has_barrier(fitter, data, m, minimum) for m in nearest):
            kept.append(minimum)
    return kept


def _poi(minimum: Minimum) -> float:
    return minimum.values[0]


def _has_barrier(fitter: Fitter, data: Likelihood, one: Minimum, other: Minimum) -> bool:
    """Tell whether the profile rises between two minima; true also if it cannot be computed."""
    lower, upper = sorted((_poi(one), _poi(other)))
    level = max(one.fval, other.fval) + TIE
    grid_between = fitter.grid[(fitter.grid > lower) & (fitter.grid < upper)]
    for n in (1, _BETWEEN):
        points = lower + (upper - lower) * np.arange(1, n + 1) / (n + 1)
        if n > 1:  # of two distant minima the grid is finer near one
            points = np.union1d(points, grid_between)
        points = points[(points > lower) & (points < upper)]
        try:
            values = data.profile(points)[0] if len(points) else np.empty(0)
        except FitError:
            return True
        if np.any(~(values <= level)):
            return True
    return False


def _inside(minimum: LocalMinimum, value: float) -> bool:
    """Tell whether a value lies in the region of a minimum."""
    above = minimum.lower is None or minimum.lower <= value
    return above and (minimum.upper is None or value <= minimum.upper)


def _region(
    fitter: Fitter, data: Likelihood, minimum: Minimum, threshold: float, *, profiled: bool
) -> tuple[float | None, float | None]:
    if profiled:
        return interval(fitter, data, minimum, threshold)
    return parabolic(float(minimum.values[0]), hesse_error(fitter.hesse(data, minimum), 0), threshold)
