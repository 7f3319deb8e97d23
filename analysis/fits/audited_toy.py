"""One toy of a study fitted again as `fit` does, with MINUIT at a tight tolerance, and compared."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
_APART, _DEEPER = 0.1, 1e-4
"""Two minima are different if they are so many errors apart, and not equally deep if so much of -2 ln L."""
_CLEAR = 1e-3
"""From its bound a parameter is within it, in units of MINUIT."""
_STEP, _GROWTH, _STEPS = 0.5, 1.2, 200
"""Steps from the minimum to a crossing, in errors: the first, by what they grow, and the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What became of the toys that were fitted again; audits of parts of a study add up.

    Parameters
    ----------
    n : int
        Toys that were fitted again: of the sample, those whose fit had not failed.
    estimate, fval, limit : float or None
        Largest differences of the estimate [Hesse errors], of -2 ln L at the minimum, and of the ends of
        intervals [Hesse errors]; None where nothing was compared.
    deeper : int
        Toys for which a deeper minimum was found, so that the study missed it; these are not compared.
    shallower : int
        Toys for which MINUIT found another minimum that is less deep; these are not compared either.
    one_ended : int
        Ends that one of the two found, and the other did not.
    equal : int
        Toys for which MINUIT found another minimum that is equally deep: of these only -2 ln L is compared.
    unfitted : int
        Toys that MINUIT could not fit so tightly.
    n_worst : int
        How many of them were chosen because they are bad: see `analysis.pseudo_experiments.auditing`.
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
        """Return the audit of toys that were chosen because they are bad."""
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
        NaN where it is open.
    sign : {-1, 1}
        Below or above the estimate.
    threshold : float
        Of -2 Δln L.
    bounded : bool
        Whether the interval stays in the physical range: that of an upper limit does.
    """

    value: float
    sign: int
    threshold: float
    bounded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FittedToy:
    """A toy, and what the study made of it.

    Parameters
    ----------
    counts : ndarray, shape (n_bins,)
    auxiliary : ndarray, shape (n_nuisances,)
        Measured pulls.
    estimate, error, fval : float
        The error is NaN where there is none.
    ends : tuple of End
    """

    counts: Array
    auxiliary: Array
    estimate: float
    error: float
    fval: float
    ends: tuple[End, ...]


def fitted_again(fitter: Fitter, toy: FittedToy) -> Audit:
    """Fit a toy again, and compare."""
    data = fitter.data(toy.counts, toy.auxiliary)
    ours, theirs = fitter.searches(data, tolerance=EDM)
    if fitter.joined(ours, theirs)[0].fval < toy.fval - _DEEPER:
        return Audit(n=1, deeper=1)
    found = [m for m in theirs if m.valid]
    minimum = _tightened(sorted_minima(fitter, found)[0]) if found else None
    if minimum is None:
        return Audit(n=1, unfitted=1)
    error = toy.error if 0 < toy.error < math.inf else fitter.width
    estimate, fval = abs(minimum.values[0] - toy.estimate) / error, minimum.fval - toy.fval
    if estimate > _APART and abs(fval) > _DEEPER:
        return Audit(n=1, shallower=1)
    if estimate > _APART:
        return Audit(n=1, fval=abs(fval), equal=1)
    largest, one_ended = None, 0
    for end in toy.ends:
        again = _crossing(fitter, data, found if end.bounded else [minimum], end, error)
        if math.isnan(again) != math.isnan(end.value):
            one_ended += 1
        elif not math.isnan(again):
            largest = _larger(largest, abs(again - end.value) / error)
    return Audit(n=1, estimate=estimate, fval=abs(fval), limit=largest, one_ended=one_ended)


def _tightened(minimum: Minimum) -> Minimum | None:
    """Go on until MINUIT is as close as it has to be; None if it cannot.

    Next to a bound MINUIT's transformation of a parameter keeps it from converging: in the end the bounds are
    lifted of those that stand within them.
    """
    minuit = minimum.minuit
    lowest = [low for low, _ in minuit.limits]
    for i in range(2 * _TRIES):
        if minuit.fmin is not None and minuit.fmin.edm < EDM:
            within = all(x >= low for x, low in zip(minuit.values, lowest, strict=True))
            return minimum if within else None
        if i == _TRIES:
            for k, low in enumerate(lowest):
                if math.isfinite(low) and minuit.values[k] - low > _CLEAR:
                    minuit.limits[k] = (None, None)
        minuit.migrad()
    return None


def _crossing(fitter: Fitter, data: Likelihood, found: Sequence[Minimum], end: End, error: float) -> float:
    """Find an end from minima that MINUIT finds at fixed values, and Brent's method; NaN if it is open.

    An interval in the physical range counts from its deepest minimum, and ends above the highest that is
    allowed.
    """
    low, high = fitter.physical if end.bounded else fitter.range
    minima = [(one.values[0], one.fval) for one in found]
    if end.bounded:
        inside = inside_range(fitter, found, lambda poi: (_at(fitter, data, poi), ()))
        minima = [(parameters[0], value) for value, parameters in inside]
    level = min(value for _, value in minima) + end.threshold
    origin = max(poi for poi, value in minima if value <= level)
    border = high if end.sign > 0 else low
    if end.bounded and math.isnan(end.value) and _at(fitter, data, fitter.farthest) <= level:
        return math.nan

    def above(x: float) -> float:
        depth = _at(fitter, data, x) - level + end.threshold
        return math.sqrt(max(depth, 0.0)) - math.sqrt(end.threshold)

    left, step = origin, end.sign * _STEP * error
    for _ in range(_STEPS):
        right = min(left + step, border) if end.sign > 0 else max(left + step, border)
        if right == left or abs(right - origin) > REACH * fitter.width:
            return math.nan
        if above(right) >= 0:
            return float(brentq(above, left, right, xtol=1e-9 * error, rtol=1e-13))
        left, step = right, _GROWTH * step
    return math.nan


def _at(fitter: Fitter, data: Likelihood, poi: float) -> float:
    return fitter.conditional(data, poi, tolerance=EDM).fval
