"""Audit of one toy: a second fit as `fit` does it, with MINUIT at a tight tolerance, and the differences."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from analysis.fits.fitter import REACH, Fitter
from analysis.likelihood import TIGHT, Likelihood, Minimum, inside_range, sorted_minima

__all__ = ["EDM", "Audit", "End", "FittedToy", "fitted_again"]

Array = NDArray[np.float64]

EDM = TIGHT
"""Estimated distance to the minimum, in -2 ln L, at which MINUIT may stop."""

_TRIES = 4
_DIFFERENT, _DEEPER = 0.1, 1e-4
"""Distance in errors from which two minima differ, and difference of -2 ln L from which one is deeper."""
_CLEAR = 1e-3
"""Distance of a parameter from its bound, in MINUIT's units, from which the bound may be removed."""
_STEP, _GROWTH, _STEPS = 0.5, 1.2, 200
"""Steps from the minimum to a crossing: the first in errors, the factor between steps, and the largest number
of steps."""
_NEAR = (1e-3, 1e-2)
"""Distances in errors from an end of the study within which a crossing is searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Differences of the toys that were fitted again; audits of parts of a study can be added.

    Parameters
    ----------
    n : int
        Number of toys that were fitted again: toys of the sample whose fit had not failed.
    estimate, fval, limit : float or None
        Largest differences of the estimate [Hesse errors], of -2 ln L at the minimum, and of the ends of
        intervals [Hesse errors]; None where nothing was compared.
    deeper : int
        Number of toys for which the second fit found a deeper minimum. They are not compared.
    shallower : int
        Number of toys for which MINUIT found another minimum that is less deep. They are not compared.
    one_ended : int
        Number of interval ends that one of the two fits found, and the other did not.
    equal : int
        Number of toys for which MINUIT found another minimum that is equally deep. Only -2 ln L is compared.
    unfitted : int
        Number of toys that MINUIT could not fit to its tight tolerance.
    n_worst : int
        Number of toys that were chosen because their fits look bad: see
        `analysis.pseudo_experiments.auditing`.
    """

    n: int = 0
    estimate: float | None = None
    fval: float | None = None
    limit: float | None = None
    deeper: int = 0
    shallower: int = 0
    one_ended: int = 0
    equal: int = 0
    unfitted: int = 0
    n_worst: int = 0

    def as_worst(self) -> "Audit":
        """Return the audit of toys that were chosen because their fits look bad."""
        return replace(self, n_worst=self.n)

    def __add__(self, other: "Audit") -> "Audit":
        return Audit(
            n=self.n + other.n,
            estimate=_larger(self.estimate, other.estimate),
            fval=_larger(self.fval, other.fval),
            limit=_larger(self.limit, other.limit),
            deeper=self.deeper + other.deeper,
            shallower=self.shallower + other.shallower,
            one_ended=self.one_ended + other.one_ended,
            equal=self.equal + other.equal,
            unfitted=self.unfitted + other.unfitted,
            n_worst=self.n_worst + other.n_worst,
        )


def _larger(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return max(a, b)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An end of an interval.

    Parameters
    ----------
    value : float
        NaN if the interval is open.
    sign : {-1, 1}
        -1 for a lower end, 1 for an upper end.
    threshold : float
        -2 Δln L at the end.
    bounded : bool
        Whether the interval is restricted to the physical range, as for an upper limit.
    """

    value: float
    sign: int
    threshold: float
    bounded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedToy:
    """A toy and its fit in the study.

    Parameters
    ----------
    counts : ndarray, shape (n_bins,)
    auxiliary : ndarray, shape (n_nuisances,)
        Measured pulls.
    estimate, error, fval : float
        The error is NaN if it does not exist.
    ends : tuple of End
    """

    counts: Array
    auxiliary: Array
    estimate: float
    error: float
    fval: float
    ends: tuple[End, ...]


def fitted_again(fitter: Fitter, toy: FittedToy) -> Audit:
    """Fit a toy again, and compare with the study."""
    data = fitter.data(toy.counts, toy.auxiliary)
    ours, theirs = fitter.searches(data, tolerance=EDM)
    if fitter.joined(ours, theirs)[0].fval < toy.fval - _DEEPER:
        return Audit(n=1, deeper=1)
    valid = [m for m in theirs if m.valid]
    minimum = _tightened(sorted_minima(fitter, valid)[0]) if valid else None
    if minimum is None:
        return Audit(n=1, unfitted=1)
    error = toy.error if 0 < toy.error < math.inf else fitter.width
    estimate, fval = abs(minimum.values[0] - toy.estimate) / error, minimum.fval - toy.fval
    if estimate > _DIFFERENT and abs(fval) > _DEEPER:
        return Audit(n=1, shallower=1)
    if estimate > _DIFFERENT:
        return Audit(n=1, fval=abs(fval), equal=1)
    largest, one_ended = None, 0
    for end in toy.ends:
        crossing = _crossing(fitter, data, valid if end.bounded else [minimum], end, error)
        if math.isnan(crossing) != math.isnan(end.value):
            one_ended += 1
        elif not math.isnan(crossing):
            largest = _larger(largest, abs(crossing - end.value) / error)
    return Audit(n=1, estimate=estimate, fval=abs(fval), limit=largest, one_ended=one_ended)


def _tightened(minimum: Minimum) -> Minimum | None:
    """Run MIGRAD until it reaches the tight tolerance; None if it does not.

    Near a bound MINUIT's transformation of a parameter can prevent convergence. After some attempts the
    bounds of parameters that are not at their bounds are removed.
    """
    minuit = minimum.minuit
    lowest = [low for low, _ in minuit.limits]
    for i in range(2 * _TRIES):
        if minuit.fmin is not None and minuit.fmin.edm < EDM:
            is_within = all(x >= low for x, low in zip(minuit.values, lowest, strict=True))
            return minimum if is_within else None
        if i == _TRIES:
            for k, low in enumerate(lowest):
                if math.isfinite(low) and minuit.values[k] - low > _CLEAR:
                    minuit.limits[k] = (None, None)
        minuit.migrad()
    return None


def _crossing(fitter: Fitter, data: Likelihood, minima: Sequence[Minimum], end: End, error: float) -> float:
    """Find an end of an interval with MINUIT at fixed values and Brent's method; NaN if it is open.

    In the physical range -2 Δln L is measured from the deepest minimum there; the upper end is above the
    highest allowed minimum that MINUIT knows, or the end of the study if -2 Δln L crosses the level there:
    of many allowed regions MINUIT may not know the highest.
    """
    low, high = fitter.physical if end.bounded else fitter.range
    depths = [(minimum.values[0], minimum.fval) for minimum in minima]
    if end.bounded:
        in_range = inside_range(fitter, minima, lambda poi: (_at(fitter, data, poi), ()))
        depths = [(parameters[0], value) for value, parameters in in_range]
    level = min(value for _, value in depths) + end.threshold
    origin = max(poi for poi, value in depths if value <= level)
    range_end = high if end.sign > 0 else low
    if end.bounded and math.isnan(end.value) and _at(fitter, data, fitter.farthest) <= level:
        return math.nan

    @cache
    def above(x: float) -> float:
        depth = _at(fitter, data, x) - level + end.threshold
        return math.sqrt(max(depth, 0.0)) - math.sqrt(end.threshold)

    near_end, step = origin, end.sign * _STEP * error
    for _ in range(_STEPS):
        far_end = min(near_end + step, range_end) if end.sign > 0 else max(near_end + step, range_end)
        if far_end == near_end or abs(far_end - origin) > REACH * fitter.width:
            return math.nan
        if above(far_end) >= 0:
            break
        near_end, step = far_end, _GROWTH * step
    else:
        return math.nan
    crossing = float(brentq(above, near_end, far_end, xtol=1e-9 * error, rtol=1e-13))
    if end.bounded and end.value > crossing + _NEAR[-1] * error:
        for distance in _NEAR:
            below, beyond = end.value - distance * error, min(end.value + distance * error, range_end)
            if above(below) < 0 <= above(beyond):
                return float(brentq(above, below, beyond, xtol=1e-9 * error, rtol=1e-13))
    return crossing


def _at(fitter: Fitter, data: Likelihood, poi: float) -> float:
    return fitter.conditional(data, poi, tolerance=EDM).fval
