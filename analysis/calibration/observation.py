"""Regions, limits and p-values of one data set, from a calibration table of pseudo-experiments."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from analysis.batch import BatchFitter, BoundedFit, bounded_fit, one_sided, signed_statistic
from analysis.calibration.ranks import Curve, tie
from analysis.calibration.table import Calibration
from analysis.fits import TabulatedValue

__all__ = ["Observation"]

Array = NDArray[np.float64]
End = float | None
Region = tuple[End, End]

_PARTS = 4
"""Number of intervals between two tabulated values, at whose ends the statistic of the data is computed."""
_SIGNIFICANT = 2.0
"""A gap in a region is significant if it remains with thresholds raised by this many standard deviations."""
_CLOSE = 1e-5
"""An end closer than this to that of the physical range, in units of the resolution, is set to it."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One data set, with the calibration table and the method from which its regions are computed.

    Parameters
    ----------
    batch : BatchFitter
    counts : ndarray, shape (n_bins,)
    auxiliary : ndarray, shape (n_nuisances,)
        Measured pulls.
    calibration : Calibration
    method : {"feldman-cousins", "calibrated", "cls"}
    level : float
    """

    batch: BatchFitter
    counts: Array
    auxiliary: Array
    calibration: Calibration
    method: str
    level: float

    @cached_property
    def fit(self) -> BoundedFit:
        """The minimum in the physical range."""
        fit = bounded_fit(self.batch, self.counts[None], self._auxiliary(1))
        if not fit.good[0]:
            raise ValueError("no minimum was found in the physical range: the data cannot be fitted")
        return fit

    def _auxiliary(self, n: int) -> Array:
        return np.tile(self.auxiliary, (n, 1))

    @property
    def best(self) -> float:
        """The best physical value."""
        return float(self.fit.best[0])

    def statistic(self, points: ArrayLike) -> Array:
        """Compute the test statistic of the method at values of the parameter, shape (n,).

        For "feldman-cousins" q, -2 Δln L of the value against the best in the physical range. For the others
        q̃, which is q at and above the best value, and 0 below it, so that only large values are excluded.
        """
        values = np.atleast_1d(np.asarray(points, np.float64))
        n = len(values)
        fits = BoundedFit(
            best=np.repeat(self.fit.best, n),
            values=np.repeat(self.fit.values, n),
            good=np.ones(n, np.bool_),
        )
        signed = signed_statistic(self.batch, np.tile(self.counts, (n, 1)), self._auxiliary(n), fits, values)
        return np.abs(signed) if self.method == "feldman-cousins" else one_sided(signed)

    @cached_property
    def tabulated(self) -> Array:
        """The statistic at the values of the table, shape (m,)."""
        return self.statistic(self.calibration.values)

    @cached_property
    def curve(self) -> Curve:
        """Thresholds, or ln CLs, at the values of the table."""
        if self.method != "cls":
            return self.calibration.thresholds(self.method, self.level)
        log_cls = [self.calibration.log_cls(i, q) for i, q in enumerate(self.tabulated)]
        centre, error = (np.array([float(pair[k]) for pair in log_cls]) for k in (0, 1))
        return Curve(values=self.calibration.values, centre=centre, low=centre - error, high=centre + error)

    def margin(self, points: ArrayLike, shift: float = 0.0) -> Array:
        """Compute the margin of values to exclusion: a value is allowed if its margin is 0 or above."""
        values = np.atleast_1d(np.asarray(points, np.float64))
        if self.method == "cls":
            allowed = math.log(1 - self.level)
            return np.where(values <= self.best, -allowed, self.curve.at(values, shift) - allowed)
        q = self.statistic(values)
        return self.curve.at(values, shift) + tie(q) - q

    def regions(self, shift: float = 0.0) -> tuple[Region, ...]:
        """Find all allowed regions; None for an end that the table does not reach."""
        low, high = self.batch.fitter.physical
        values = self.calibration.values
        first, last = float(values[0]), float(values[-1])
        inner = [a + (b - a) * np.arange(1, _PARTS) / _PARTS for a, b in pairwise(values)]
        points = np.unique(np.concatenate([values, *inner, [min(max(self.best, first), last)]]))
        is_allowed = self._allowed_points(points, shift)
        ends: list[End] = []
        if is_allowed[0]:
            # an upper limit allows all values below the best one
            is_upper_limit = self.method != "feldman-cousins"
            ends.append(low if (is_upper_limit or first == low) and math.isfinite(low) else None)
        for i in np.flatnonzero(is_allowed[1:] != is_allowed[:-1]):
            end = self._root(float(points[i]), float(points[i + 1]), shift)
            ends.append(low if end - low < _CLOSE * self.batch.fitter.width else end)
        if is_allowed[-1]:
            ends.append(high if last == high else None)
        return tuple(zip(ends[::2], ends[1::2], strict=True))

    def _allowed_points(self, points: Array, shift: float) -> NDArray[np.bool_]:
        """Tell which points are allowed; gaps that the statistical errors explain count as allowed."""
        is_allowed = self.margin(points, shift) >= 0
        may_be_allowed = is_allowed | (self.margin(points, shift + _SIGNIFICANT) >= 0)
        allowed = np.flatnonzero(is_allowed)
        for a, b in pairwise(allowed):
            if np.all(may_be_allowed[a:b]):
                is_allowed[a:b] = True
        return np.asarray(is_allowed)

    def _root(self, a: float, b: float, shift: float) -> float:
        margins = [float(self.margin(x, shift)[0]) for x in (a, b)]
        if 0.0 in margins:
            return (a, b)[margins.index(0.0)]
        return float(brentq(lambda x: self.margin(x, shift)[0], a, b, xtol=1e-9 * (b - a), rtol=1e-13))

    def upper(self, regions: tuple[Region, ...]) -> tuple[End, int | None]:
        """Find the upper end of the highest region, and the index of this region."""
        if not any((a is None or a <= self.best) and (b is None or b >= self.best) for a, b in regions):
            return None, None  # the table does not reach the best value
        return regions[-1][1], len(regions) - 1

    def errors(self, regions: tuple[Region, ...]) -> tuple[Region, ...]:
        """Compute the errors of the ends from the statistical errors of the thresholds."""
        shifted_regions = [self.regions(shift) for shift in (-1, 1)]

        def any_end(ends: list[End]) -> bool:
            return any(x is not None for x in ends)

        def error(end: End, side: int) -> End:
            if end is None:
                return None
            moved = [[o[side] for o in other] for other in shifted_regions]
            nearest = [min(abs(x - end) for x in ends if x is not None) for ends in moved if any_end(ends)]
            return max(nearest) if nearest else None

        return tuple((error(a, 0), error(b, 1)) for a, b in regions)

    def table(self) -> tuple[TabulatedValue, ...]:
        """List the test of the data at every value of the table."""
        rows, cls = [], self.method == "cls"
        for i, q in enumerate(self.tabulated):
            centre, error = self.curve.centre[i], (self.curve.high[i] - self.curve.low[i]) / 2
            rows.append(
                TabulatedValue(
                    value=float(self.calibration.values[i]),
                    q=float(q),
                    p_value=float(self.calibration.p_values(i, q, self.method)),
                    threshold=None if cls else float(centre),
                    cls=math.exp(centre) if cls else None,
                    error=float(math.exp(centre) * error if cls else error),
                )
            )
        return tuple(rows)
