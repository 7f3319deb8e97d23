"""Fits of many data sets of one model: minima, profiles, intervals and limits."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem
from analysis.batch.engine._kernels.layout import Layout
from analysis.batch.linear import Linear
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
from analysis.batch.search import Search
from analysis.likelihood import (
    LocalMinima,
    crossing,
    deepest,
    excluded,
    highest_allowed,
    profiled,
    pull_starts,
    single_minima,
)
from analysis.model import EVEN, REACH, FitModel

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
class BatchFitter:
    """Fits data sets of one model side by side.

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

    fitter: FitModel
    careful: bool = False

    @cached_property
    def search(self) -> Search:
        """What searches the minima."""
        return Search(model=self.fitter, careful=self.careful)

    @property
    def layout(self) -> Layout | None:
        """The model in arrays; None where only MINUIT can fit it."""
        return self.search.setup.layout

    @property
    def edges(self) -> tuple[float, float]:
        """Range in which the compiled fit moves: that of a free fit, or of the table."""
        return self.search.setup.edges

    @property
    def starts(self) -> tuple[float, ...]:
        """Values of the parameter of interest from which every search begins."""
        return self.search.setup.starts

    @property
    def linear(self) -> Linear | None:
        """Linear estimator around the first start."""
        return self.search.setup.linear

    def fit(self, counts: Array, auxiliary: Array, *, errors: bool = True) -> BatchFit:
        """Fit data sets freely.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        errors : bool
            Compute Hesse's errors.
        """
        n, size = len(counts), 1 + auxiliary.shape[1]
        status = np.zeros(n, np.int32)
        if self.layout is not None:
            found = self.search.run(counts, auxiliary)
            parameters, values, minima = found.parameters, found.values, found.minima
            status[found.unsure] |= UNSURE
        else:
            parameters, values = np.full((n, size), math.nan), np.full(n, math.inf)
            minima = LocalMinima.none(size)
        widths = np.full(parameters.shape, math.nan)
        if errors and self.layout is not None:
            widths = self._errors(counts, auxiliary, parameters)
        for i in np.flatnonzero(values == math.inf):
            one = single_minima(self.fitter, counts[i], auxiliary[i], errors=errors)
            status[i] = RETRIED
            if one is None:
                parameters[i], widths[i], values[i], status[i] = (
                    math.nan,
                    math.nan,
                    math.nan,
                    RETRIED | FAILED,
                )
                continue
            parameters[i], values[i] = one.parameters, one.value
            widths[i] = math.nan if one.errors is None else one.errors
            minima = minima.with_(replace(one.minima, which=np.array([i])))
        if errors:
            missing = np.flatnonzero(np.isnan(widths[:, ~self.fitter.vague]).any(axis=1))
            status[missing[(status[missing] & FAILED) == 0]] |= NO_HESSE
        return BatchFit(parameters=parameters, errors=widths, values=values, status=status, minima=minima)

    def _errors(self, counts: Array, auxiliary: Array, parameters: Array) -> Array:
        """Compute Hesse's errors; there are none at an end of the range, where -2 ln L has a slope."""
        if self.layout is None:
            return np.full(parameters.shape, math.nan)
        problem = Problem(layout=self.layout, counts=counts, auxiliary=auxiliary)
        found = problem.errors(parameters)
        low, high = self.fitter.symmetric_range
        found[(parameters[:, 0] <= low) | (parameters[:, 0] >= high)] = math.nan
        if self.fitter.templates.poi in EVEN:  # -2 ln L is no parabola about 0
            found[parameters[:, 0] < found[:, 0]] = math.nan
        return found

    def physical(self, counts: Array, auxiliary: Array, fits: BatchFit) -> PhysicalFit:
        """Return the minima in the physical range, from which limits and statistics count.

        Parameters
        ----------
        counts, auxiliary
            As for `fit`.
        fits : BatchFit
            Of the same data sets.
        """
        low, high = self.fitter.physical
        parameters, values = fits.parameters.copy(), np.where(fits.good, fits.values, math.inf)
        outside = fits.good & ((parameters[:, 0] < low) | (parameters[:, 0] > high))
        m = fits.minima
        if len(m.which):
            best = deepest(m.values, m.parameters[..., 0], low, high, self.fitter.anchor)
            rows = np.arange(len(best))
            parameters[m.which], values[m.which] = m.parameters[rows, best], m.values[rows, best]
            outside[m.which] = False
        left = np.flatnonzero(outside)
        if len(left):
            ends = np.clip(fits.parameters[left, 0], low, high)
            values[left], parameters[left] = self._profiled(
                _chosen(counts, left), _chosen(auxiliary, left), ends, fits.of(left)
            )
        return PhysicalFit(parameters=parameters, values=values)

    def physical_minima(self, counts: Array, auxiliary: Array, fits: BatchFit) -> list[tuple[Array, Array]]:
        """Return all known minima in the physical range of each data set, the deepest first.

        Parameters
        ----------
        counts, auxiliary, fits
            As for `physical`.

        Returns
        -------
        list of (parameters, values)
            Of shapes (k, 1 + n_nuisances) and (k,); the physical minimum is among them.
        """
        best = self.physical(counts, auxiliary, fits)
        found = []
        for i in range(len(counts)):
            own = fits.minima.which == i
            parameters = np.concatenate([best.parameters[i : i + 1], *fits.minima.parameters[own]])
            values = np.concatenate([best.values[i : i + 1], *fits.minima.values[own]])
            known = np.flatnonzero(np.isfinite(values))
            known = known[np.argsort(values[known], kind="stable")]
            _, first = np.unique(np.round(parameters[known], 6), axis=0, return_index=True)
            known = known[np.sort(first)]
            found.append((parameters[known], values[known]))
        return found

    def profile(self, counts: Array, auxiliary: Array, points: Array, fits: BatchFit | None = None) -> Array:
        """Minimise -2 ln L over the nuisance parameters at a value of each data set, shape (n,).

        The search begins with the pulls of the fits, where they are given, moved along the valley.
        """
        return self._profiled(counts, auxiliary, points, fits)[0]

    def _profiled(
        self, counts: Array, auxiliary: Array, points: Array, fits: BatchFit | None
    ) -> tuple[Array, Array]:
        """Return the profile and the parameters, shapes (n,) and (n, 1 + n_nuisances)."""
        low, high = self.edges
        values, done = np.full(len(counts), math.nan), np.zeros(len(counts), np.bool_)
        parameters = np.full((len(counts), 1 + auxiliary.shape[1]), math.nan)
        if self.layout is not None:
            inside = np.flatnonzero((points >= low) & (points <= high))
            problem = Problem(
                layout=self.layout, counts=_chosen(counts, inside), auxiliary=_chosen(auxiliary, inside)
            )
            minima = None if fits is None else _chosen(fits.parameters, inside)
            valley = None if self.linear is None else self.linear.valley
            parameters[inside], values[inside], failed = problem.profile(
                _chosen(points, inside), minima, valley
            )
            done[inside] = ~failed
        for i in np.flatnonzero(~done):
            value, pulls = profiled(self.fitter, counts[i], auxiliary[i], float(points[i]))
            values[i], parameters[i] = value[0], [points[i], *pulls[0]]
        return values, parameters

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
                layout=self.layout, counts=_chosen(counts, which), auxiliary=_chosen(auxiliary, which)
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


def _chosen(data: Array, which: NDArray[np.intp]) -> Array:
    """Return some rows in their order, without a copy if they are all."""
    return data if len(which) == len(data) else data[which]
