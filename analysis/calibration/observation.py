"""Regions, limits and p-values of one data set, from a calibration table of pseudo-experiments."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from analysis.batch import BatchFitter, BoundedFit, bounded_fit, one_sided, signed_statistic
from analysis.calibration.table import Calibration, Curve, tie
from analysis.fits import TabulatedValue

__all__ = ["Observation"]

Array = NDArray[np.float64]
End = float | None
Region = tuple[End, End]

_PARTS = 4
"""Where a data set is looked at between two tabulated values."""
_SIGNIFICANT = 2.0
"""A gap in a region is one if the thresholds, raised by this many standard deviations, leave it open."""
_CLOSE = 1e-5
"""An end closer than this to that of the physical range, in units of the resolution, is there."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One data set with the calibration table and the method that give its regions.

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
        found = bounded_fit(self.batch, self.counts[None], self._auxiliary(1))
        if not found.good[0]:
            raise ValueError("no minimum was found in the physical range: the data cannot be fitted")
        return found

    def _auxiliary(self, n: int) -> Array:
        return np.tile(self.auxiliary, (n, 1))

    @property
    def best(self) -> float:
        """The best physical value."""
        return float(self.fit.best[0])

    def statistic(self, points: ArrayLike) -> Array:
        """Compute q, or q̃, at values of the parameter, shape (n,)."""
        at = np.atleast_1d(np.asarray(points, np.float64))
        n = len(at)
        fits = BoundedFit(
            best=np.repeat(self.fit.best, n),
            values=np.repeat(self.fit.values, n),
            good=np.ones(n, np.bool_),
        )
        signed = signed_statistic(self.batch, np.tile(self.counts, (n, 1)), self._auxiliary(n), fits, at)
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
        found = [self.calibration.log_cls(i, q) for i, q in enumerate(self.tabulated)]
        centre, error = (np.array([float(f[k]) for f in found]) for k in (0, 1))
        return Curve(values=self.calibration.values, centre=centre, low=centre - error, high=centre + error)

    def margin(self, points: ArrayLike, shift: float = 0.0) -> Array:
        """Compute the distance of a value from exclusion: it is allowed if this is 0 or above."""
        at = np.atleast_1d(np.asarray(points, np.float64))
        if self.method == "cls":
            allowed = math.log(1 - self.level)
            return np.where(at <= self.best, -allowed, self.curve.at(at, shift) - allowed)
        q = self.statistic(at)
        return self.curve.at(at, shift) + tie(q) - q

    def regions(self, shift: float = 0.0) -> tuple[Region, ...]:
        """Find all allowed values; None for an end that the table does not reach."""
        low, high = self.batch.fitter.physical
        values = self.calibration.values
        first, last = float(values[0]), float(values[-1])
        inner = [a + (b - a) * np.arange(1, _PARTS) / _PARTS for a, b in pairwise(values)]
        points = np.unique(np.concatenate([values, *inner, [min(max(self.best, first), last)]]))
        inside = self._inside(points, shift)
        ends: list[End] = []
        if inside[0]:
            below = self.method != "feldman-cousins"  # an upper limit allows all values below the best one
            ends.append(low if (below or first == low) and math.isfinite(low) else None)
        for i in np.flatnonzero(inside[1:] != inside[:-1]):
            end = self._root(float(points[i]), float(points[i + 1]), shift)
            ends.append(low if end - low < _CLOSE * self.batch.fitter.width else end)
        if inside[-1]:
            ends.append(high if last == high else None)
        return tuple(zip(ends[::2], ends[1::2], strict=True))

    def _inside(self, points: Array, shift: float) -> NDArray[np.bool_]:
        """Tell which points are allowed, those in gaps included that the statistical errors explain."""
        inside = self.margin(points, shift) >= 0
        perhaps = inside | (self.margin(points, shift + _SIGNIFICANT) >= 0)
        allowed = np.flatnonzero(inside)
        for a, b in pairwise(allowed):
            if np.all(perhaps[a:b]):
                inside[a:b] = True
        return np.asarray(inside)

    def _root(self, a: float, b: float, shift: float) -> float:
        found = [float(self.margin(x, shift)[0]) for x in (a, b)]
        if 0.0 in found:
            return (a, b)[found.index(0.0)]
        return float(brentq(lambda x: self.margin(x, shift)[0], a, b, xtol=1e-9 * (b - a), rtol=1e-13))

    def upper(self, regions: tuple[Region, ...]) -> tuple[End, int | None]:
        """Find the upper end of the highest region, and the number of this region."""
        if not any((a is None or a <= self.best) and (b is None or b >= self.best) for a, b in regions):
            return None, None  # the table does not reach the best value
        return regions[-1][1], len(regions) - 1

    def errors(self, regions: tuple[Region, ...]) -> tuple[Region, ...]:
        """Compute the errors of the ends that follow from the statistical errors of the thresholds."""
        others = [self.regions(shift) for shift in (-1, 1)]

        def any_end(found: list[End]) -> bool:
            return any(x is not None for x in found)

        def error(end: End, side: int) -> End:
            if end is None:
                return None
            moved = [[o[side] for o in other] for other in others]
            nearest = [min(abs(x - end) for x in found if x is not None) for found in moved if any_end(found)]
            return max(nearest) if nearest else None

        return tuple((error(a, 0), error(b, 1)) for a, b in regions)

    def table(self) -> tuple[TabulatedValue, ...]:
        """List the data at every value of the table."""
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
