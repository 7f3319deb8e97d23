"""Fits of many data sets of one model: minima and profiles, intervals and limits."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem
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
"""An end of an interval where -2 ln L is lower than its level by this, from other pulls, is none."""


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
    Minima are searched as `analysis.batch.search` has it.
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
        ends = [
            self._crossings(counts, auxiliary, fits, origins, floors, sign, threshold) for sign in (-1, 1)
        ]
        return ends[0], ends[1]

    def upper_limits(self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float) -> Array:
        """Find the largest values that are allowed, shape (n,); NaN where all above are.

        -2 Δln L counts from the physical minimum; where several regions are allowed it is the upper end of
        the highest.
        """
        if self.layout is None:
            return self._highest_allowed(counts, auxiliary, fits, threshold)
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
        found = self._crossings(counts, auxiliary, fits, origins, physical.values, 1, threshold, bounded=True)
        return self._opened(counts, auxiliary, fits, levels, found)

    def _highest_allowed(self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float) -> Array:
        """Find upper limits one by one, where the model cannot be tabulated."""
        found = np.full(len(counts), math.nan)
        known = self.physical_minima(counts, auxiliary, fits)
        for i in np.flatnonzero(fits.good):
            upper = highest_allowed(self.fitter, counts[i], auxiliary[i], *known[i], threshold)
            found[i] = math.nan if upper is None else upper
        return found

    def _opened(self, counts: Array, auxiliary: Array, fits: BatchFit, levels: Array, found: Array) -> Array:
        """Open limits where all that is far above is allowed: behind a table, to the end of a scan."""
        if not self._reopens:
            return found
        f, which = self.fitter, np.flatnonzero(fits.good)
        far = np.full(len(which), f.farthest)
        layout = f.polynomial or f.layout_at(far[:1])
        problem = Problem(layout=layout, counts=counts[which], auxiliary=auxiliary[which])
        _, values, failed = problem.profile(far)
        found[which[~failed & (values <= levels[which])]] = math.nan
        return found

    @cached_property
    def _reopens(self) -> bool:
        """Whether data may allow what is as far above as a scan goes, without a minimum there."""
        f = self.fitter
        if f.physical[1] < math.inf or (f.polynomial is None and self.layout is None):
            return False
        exact, nominal = f.templates.expected(f.anchor), f.nominal
        return bool(profiled(f, exact, nominal, f.farthest)[0][0] < excluded(f))

    def _is_below(self, problem: Problem, ends: Array, levels: Array) -> NDArray[np.bool_]:
        """Tell where pulls of another basin are allowed at what was found as the end of an interval."""
        below, known = np.zeros(len(ends), np.bool_), np.flatnonzero(np.isfinite(ends))
        part = problem.of(known)
        for pulls in pull_starts(self.fitter, part.auxiliary):
            _, values, failed = part.profile(np.column_stack([ends[known], pulls]))
            below[known] |= ~failed & (values < levels[known] - _BELOW)
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
        *,
        bounded: bool = False,
    ) -> Array:
        """Find where the profile first is a threshold above the floors, from origins of shape (n, P)."""
        found, left = np.full(len(counts), math.nan), fits.good.copy()
        range_ = self.fitter.physical if bounded else self.fitter.range
        end = range_[1] if sign > 0 else range_[0]
        width = self.fitter.width
        errors = np.where(np.isfinite(fits.errors[:, 0]), fits.errors[:, 0], width)
        steps = sign * math.sqrt(threshold) * np.clip(errors, 0.01 * width, 100 * width)
        begin = origins[:, 0]
        left &= begin != end
        if self.layout is not None and left.any():
            low, high = self.edges
            limit = high if sign > 0 else low
            table_ends = sign * limit < sign * end
            which = np.flatnonzero(left & (begin >= low) & (begin <= high) & (begin != limit))
            problem = Problem(
                layout=self.layout, counts=chosen(counts, which), auxiliary=chosen(auxiliary, which)
            )
            stop = limit if table_ends else end
            ends, failed = problem.crossings(
                origins[which], floors[which], steps[which], threshold, stop, REACH * width
            )
            found[which] = ends
            left[which[~failed & ~(np.isnan(ends) & table_ends)]] = False
            if self.search.misses:
                left[which[self._is_below(problem, ends, floors[which] + threshold)]] = True
        for i in np.flatnonzero(left):
            level, step = float(floors[i]) + threshold, 0.7 * float(steps[i])
            one = crossing(self.fitter, counts[i], auxiliary[i], float(begin[i]), level, step, end)
            found[i] = math.nan if one is None else one
        return found
