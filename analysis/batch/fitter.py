"""Fits of many data sets of one model: minima and profiles, intervals and limits."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem, ProfilePoints, Sought
from analysis.batch.engine._kernels.layout import Layout
from analysis.batch.minimiser import BatchMinimiser, chosen
from analysis.batch.result import (
    FAILED,
    NO_HESSE,
    NO_LIMIT,
    NO_MINOS,
    RETRIED,
    UNSURE,
    BatchFit,
    PhysicalFit,
)
from analysis.likelihood import crossing, excluded, highest_allowed, profiled, pull_starts
from analysis.model import REACH

__all__ = [
    "FAILED",
    "NO_HESSE",
    "NO_LIMIT",
    "NO_MINOS",
    "RETRIED",
    "UNSURE",
    "BatchFit",
    "BatchFitter",
    "PhysicalFit",
]

Array = NDArray[np.float64]

_BELOW = 1e-4
"""An end of an interval is rejected if -2 ln L, minimised from other pulls, is this far below its level."""


@dataclass(frozen=True, kw_only=True)
class BatchFitter(BatchMinimiser):
    """Fits data sets of one model side by side, with intervals and limits.

    Parameters
    ----------
    fitter : FitModel
    careful : bool
        As of `analysis.batch.search.Search`.

    Notes
    -----
    `analysis.batch.search` defines the search for minima.
    A data set whose search finds nothing, or leaves the range of a table, is fitted by MINUIT.
    """

    def intervals(
        self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float
    ) -> tuple[Array, Array]:
        """Find the intervals around the minima in which the profile rises by less than a threshold.

        Returns
        -------
        lower, upper : ndarray, shape (n,)
            NaN for an end that is open.
        """
        origins, floors = fits.parameters, fits.values
        points = self._points(counts, auxiliary, fits, Sought(rise=threshold))
        ends = [
            self._crossings(counts, auxiliary, fits, origins, floors, sign, threshold, known)
            for sign, known in ((-1, points.lower), (1, points.upper))
        ]
        return ends[0], ends[1]

    def _points(self, counts: Array, auxiliary: Array, fits: BatchFit, sought: Sought) -> ProfilePoints:
        """Return points of the profiles, which may have been computed with the fits."""
        points = fits.points
        if points is None or not points.sought.includes(sought):
            points = self.errors(counts, auxiliary, fits.parameters, fits.values, sought)[1]
        return ProfilePoints.none(len(counts), sought) if points is None else points

    def upper_limits(self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float) -> Array:
        """Find the largest allowed values, shape (n,); NaN where no value above the minimum is excluded.

        -2 Δln L is measured from the physical minimum. Where several regions are allowed, the limit is the
        upper end of the highest.
        """
        if self.layout is None:
            return self._highest_allowed(counts, auxiliary, fits, threshold)
        points = self._points(counts, auxiliary, fits, Sought(limit_rise=threshold))
        limits, origins = points.limit.copy(), fits.parameters.copy()
        floors = np.where(np.isnan(points.at_bound), fits.values, points.at_bound)
        limits[fits.minima.which] = math.nan
        rows = np.flatnonzero(fits.good & np.isnan(limits))
        if len(rows):
            data = chosen(counts, rows), chosen(auxiliary, rows), fits.of(rows)
            origins[rows], floors[rows] = self._highest_minima(*data, threshold)
        far, where = self.search.setup.far, (origins, floors, 1, threshold, limits)
        limits = self._crossings(counts, auxiliary, fits, *where, bounded=True, in_table=far is not None)
        levels = floors + threshold
        is_open = self._is_open_far_above(counts, auxiliary, fits, levels)
        limits[is_open] = math.nan
        if far is not None:
            unknown = fits.good & ~is_open & np.isnan(limits)
            rows = np.flatnonzero(~np.isnan(limits))
            above = far.above(chosen(counts, rows), chosen(auxiliary, rows), limits[rows], levels[rows])
            rows = np.union1d(np.flatnonzero(unknown), rows[above])
            data = chosen(counts, rows), chosen(auxiliary, rows), fits.of(rows)
            limits[rows] = self._highest_allowed(*data, threshold)
        return limits

    def _highest_minima(
        self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float
    ) -> tuple[Array, Array]:
        """Return the highest allowed minima, and -2 ln L at the physical minima, which may be others."""
        physical = self.physical(counts, auxiliary, fits)
        levels, origins = physical.values + threshold, physical.parameters.copy()
        m = fits.minima
        if len(m.which):
            with np.errstate(invalid="ignore"):
                allowed = m.values <= levels[m.which, None]
            highest = np.argmax(np.where(allowed, m.parameters[..., 0], -math.inf), axis=1)
            rows = np.arange(len(highest))
            points = m.parameters[rows, highest]
            higher = allowed[rows, highest] & (points[:, 0] > origins[m.which, 0])
            origins[m.which[higher]] = points[higher]
        return origins, physical.values

    def _highest_allowed(self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float) -> Array:
        """Find upper limits one by one, where the model cannot be tabulated."""
        limits = np.full(len(counts), math.nan)
        minima = self.physical_minima(counts, auxiliary, fits)
        for i in np.flatnonzero(fits.good):
            upper = highest_allowed(self.fitter, counts[i], auxiliary[i], *minima[i], threshold)
            limits[i] = math.nan if upper is None else upper
        return limits

    def _is_open_far_above(
        self, counts: Array, auxiliary: Array, fits: BatchFit, levels: Array
    ) -> NDArray[np.bool_]:
        """Tell where the farthest value of a scan, perhaps beyond the table, is allowed."""
        is_open = np.zeros(len(counts), np.bool_)
        if not self._may_be_open:
            return is_open
        f, rows = self.fitter, np.flatnonzero(fits.good)
        farthest = np.full(len(rows), f.farthest)
        layout = f.polynomial or f.layout_at(farthest[:1])
        problem = Problem(layout=layout, counts=counts[rows], auxiliary=auxiliary[rows])
        _, values, failed = problem.profile(farthest)
        is_open[rows[~failed & (values <= levels[rows])]] = True
        return is_open

    @cached_property
    def _may_be_open(self) -> bool:
        """Whether data may allow the farthest value of a scan, although no minimum is near it."""
        f = self.fitter
        if f.physical[1] < math.inf or (f.polynomial is None and self.layout is None):
            return False
        exact, nominal = f.templates.expected(f.anchor), f.nominal
        return bool(profiled(f, exact, nominal, f.farthest)[0][0] < excluded(f))

    @staticmethod
    def _problem(layout: Layout, counts: Array, auxiliary: Array, rows: NDArray[np.intp]) -> Problem:
        return Problem(layout=layout, counts=chosen(counts, rows), auxiliary=chosen(auxiliary, rows))

    def _is_below(self, problem: Problem, ends: Array, levels: Array) -> NDArray[np.bool_]:
        """Tell at which ends of intervals -2 ln L is below its level with pulls of another basin."""
        below, rows = np.zeros(len(ends), np.bool_), np.flatnonzero(np.isfinite(ends))
        finite = problem.of(rows)
        for pulls in pull_starts(self.fitter, finite.auxiliary):
            _, values, failed = finite.profile(np.column_stack([ends[rows], pulls]))
            below[rows] |= ~failed & (values < levels[rows] - _BELOW)
        return below

    def _crossings(
        self,
        counts: Array,
        auxiliary: Array,
        fits: BatchFit,
        origins: Array,
        floors: Array,
        sign: int,
        threshold: float,
        known: Array,
        *,
        bounded: bool = False,
        in_table: bool = False,
    ) -> Array:
        """Find where the profile first rises by a threshold above the floors; origins have shape (n, P).

        Crossings that are not NaN in `known` are not searched again; none is searched beyond the table if
        `in_table`.
        """
        crossings = np.where(fits.good, known, math.nan)
        pending = fits.good & np.isnan(known)
        range_ = self.fitter.physical if bounded else self.fitter.range
        end = range_[1] if sign > 0 else range_[0]
        width = self.fitter.width
        errors = np.where(np.isfinite(fits.errors[:, 0]), fits.errors[:, 0], width)
        steps = sign * math.sqrt(threshold) * np.clip(errors, 0.01 * width, 100 * width)
        poi = origins[:, 0]
        pending &= poi != end
        if self.layout is not None:
            low, high = self.edges
            limit = high if sign > 0 else low
            table_ends = sign * limit < sign * end
            rows = np.flatnonzero(pending & (poi >= low) & (poi <= high) & (poi != limit))
            if len(rows):
                problem = self._problem(self.layout, counts, auxiliary, rows)
                stop = limit if table_ends else end
                ends, failed = problem.crossings(
                    origins[rows], floors[rows], steps[rows], threshold, stop, REACH * width
                )
                crossings[rows] = ends
                pending[rows[~failed & ~(np.isnan(ends) & table_ends)]] = False
            if self.search.misses:
                rows = np.flatnonzero(np.isfinite(crossings))
                problem = self._problem(self.layout, counts, auxiliary, rows)
                pending[rows[self._is_below(problem, crossings[rows], floors[rows] + threshold)]] = True
        for i in () if in_table else np.flatnonzero(pending):
            level, step = float(floors[i]) + threshold, 0.7 * float(steps[i])
            value = crossing(self.fitter, counts[i], auxiliary[i], float(poi[i]), level, step, end)
            crossings[i] = math.nan if value is None else value
        return crossings
