"""Fits of many data sets of one fitter: compiled, with MINUIT for what they leave."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis import layouts
from analysis._kernels.layout import Layout
from analysis.batch import Problem
from analysis.fitter import REACH, Fitter
from analysis.intervals import interval, upper_limit
from analysis.linear import Linear, linearised
from analysis.ranges import EVEN
from analysis.starts import free_starts, own_starts
from analysis.table import tabulated

__all__ = ["FAILED", "NO_HESSE", "NO_LIMIT", "NO_MINOS", "RETRIED", "BatchFit", "BatchFitter"]

Array = NDArray[np.float64]
Flags = NDArray[np.int32]

FAILED, NO_MINOS, NO_LIMIT, NO_HESSE, RETRIED = 1, 2, 4, 8, 16
"""Bits of a fit's status; the last is no failure: MINUIT fitted it."""

_EDM = 1e-10
"""What MINUIT aims at where it fits: estimates within 1e-4 of the error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFit:
    """Fits of n data sets.

    Parameters
    ----------
    parameters : ndarray, shape (n, 1 + n_nuisances)
        Estimates: the parameter of interest, then the pulls; NaN where the fit failed.
    errors : ndarray, shape (n, 1 + n_nuisances)
        Hesse's; NaN where there are none.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated at the minimum.
    status : ndarray of int32, shape (n,)
    """

    parameters: Array
    errors: Array
    values: Array
    status: Flags

    def of(self, which: NDArray[np.intp]) -> "BatchFit":
        """Return the fits of some of the data sets."""
        return BatchFit(
            parameters=self.parameters[which],
            errors=self.errors[which],
            values=self.values[which],
            status=self.status[which],
        )

    def without(self, which: NDArray[np.bool_]) -> "BatchFit":
        """Return the fits with some of them failed."""
        if not np.any(which):
            return self
        return BatchFit(
            parameters=np.where(which[:, None], math.nan, self.parameters),
            errors=np.where(which[:, None], math.nan, self.errors),
            values=np.where(which, math.nan, self.values),
            status=np.where(which, FAILED, self.status).astype(self.status.dtype),
        )

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which fits found a minimum."""
        return np.asarray((self.status & FAILED) == 0)


@dataclass(frozen=True, kw_only=True)
class BatchFitter:
    """Fits data sets of one fitter side by side.

    Parameters
    ----------
    fitter : Fitter

    Notes
    -----
    Free fits begin at every local minimum that exact data have, of true values up to three times the
    resolution from the model's; where the signal is no polynomial, also at the deepest that their own data
    have, and a single fit at those only. A fit that does not converge or leaves the range of a table is made
    again by MINUIT.
    """

    fitter: Fitter

    @cached_property
    def layout(self) -> Layout | None:
        """The model in arrays; None where only MINUIT can fit it."""
        f = self.fitter
        found = layouts.polynomial(f.templates, f.likelihood, f.errors)
        if found is not None or self._tabulated[1] is None:
            return found
        knots, powers = self._tabulated[1]
        return layouts.pieces(f.templates, f.likelihood, f.errors, knots, powers)

    @cached_property
    def _tabulated(self) -> tuple[tuple[float, float], tuple[Array, Array] | None]:
        """A range that could be tabulated, and the table."""
        return tabulated(self.fitter, min(self.starts), max(self.starts), *self._whole)

    @cached_property
    def edges(self) -> tuple[float, float]:
        """Range in which the compiled fit moves: that of a free fit, or of the table."""
        return self._whole if self.fitter.templates.coefficients is not None else self._tabulated[0]

    @cached_property
    def _whole(self) -> tuple[float, float]:
        low, high = self.fitter.range
        return (-high if self.fitter.templates.poi in EVEN else low), high

    @cached_property
    def starts(self) -> tuple[float, ...]:
        """Where free fits begin."""
        return free_starts(self.fitter)

    @cached_property
    def linear(self) -> Linear | None:
        """Linear estimator around the first start."""
        return linearised(self.fitter, self.starts[0], *self.edges)

    def fit(self, counts: Array, auxiliary: Array, *, errors: bool = True) -> BatchFit:
        """Fit data sets freely.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        errors : bool
            Compute Hesse's errors.
        """
        if self.layout is not None:
            problem = Problem(layout=self.layout, counts=counts, auxiliary=auxiliary)
            parameters, values = self._search(problem)
            left = np.flatnonzero(values == math.inf)
        else:
            parameters, values = np.empty((len(counts), 1 + auxiliary.shape[1])), np.empty(len(counts))
            left = np.arange(len(counts))
        widths = np.full(parameters.shape, math.nan)
        if errors and self.layout is not None:
            widths = problem.errors(parameters)
        status = np.zeros(len(counts), np.int32)
        for i in left:
            parameters[i], widths[i], values[i], status[i] = self._retry(counts[i], auxiliary[i])
        if errors:
            missing = np.flatnonzero(np.isnan(widths).any(axis=1))
            status[missing[(status[missing] & FAILED) == 0]] |= NO_HESSE
        return BatchFit(parameters=parameters, errors=widths, values=values, status=status)

    def _search(self, problem: Problem) -> tuple[Array, Array]:
        """Fit from every start, and keep the deepest minimum; infinity where there is none."""
        low, high = self.edges
        places = [np.full(problem.size, start) for start in self.starts]
        for number, starts in enumerate(places + own_starts(self.fitter, problem, low, high)):
            estimator = self.linear.estimator if number == 0 and self.linear is not None else None
            found, deviance, failed = problem.minima(starts, low, high, estimator=estimator)
            if self.fitter.templates.poi in EVEN:
                found[:, 0] = np.abs(found[:, 0])
            if self.fitter.templates.coefficients is None:  # the table may end before the parameter's range
                failed |= ((found[:, 0] <= low) & (low > self.fitter.range[0])) | (
                    (found[:, 0] >= high) & (high < self.fitter.range[1])
                )
            deviance[failed] = math.inf
            if number == 0:
                parameters, values = found, deviance
                continue
            better = np.flatnonzero(deviance < values)
            parameters[better], values[better] = found[better], deviance[better]
        return parameters, values

    def _retry(self, counts: Array, auxiliary: Array) -> tuple[Array, Array, float, int]:
        """Fit one data set with MINUIT: parameters, errors, -2 ln L and status."""
        data = self.fitter.data(counts, auxiliary)
        minimum = self.fitter.minimise(data, tolerance=_EDM)
        if not minimum.valid:
            minimum = self.fitter.minimise(data)
        nothing = np.full(1 + len(auxiliary), math.nan)
        if not minimum.valid:
            return nothing, nothing, math.nan, RETRIED | FAILED
        errors = self.fitter.hesse(data, minimum)
        if errors is None:
            return np.array(minimum.values), nothing, minimum.fval, RETRIED | NO_HESSE
        return np.array(minimum.values), errors, minimum.fval, RETRIED

    def profile(self, counts: Array, auxiliary: Array, points: Array, fits: BatchFit | None = None) -> Array:
        """Minimise -2 ln L over the nuisance parameters at a value of each data set, shape (n,).

        The search begins with the pulls of the fits, where they are given, moved along the valley.
        """
        low, high = self.edges
        values, done = np.full(len(counts), math.nan), np.zeros(len(counts), np.bool_)
        if self.layout is not None:
            inside = np.flatnonzero((points >= low) & (points <= high))
            problem = Problem(
                layout=self.layout, counts=_chosen(counts, inside), auxiliary=_chosen(auxiliary, inside)
            )
            minima = None if fits is None else _chosen(fits.parameters, inside)
            valley = None if self.linear is None else self.linear.valley
            _, values[inside], failed = problem.profile(_chosen(points, inside), minima, valley)
            done[inside] = ~failed
        for i in np.flatnonzero(~done):
            data = self.fitter.data(counts[i], auxiliary[i])
            values[i] = self.fitter.profile(data)(float(points[i]))
        return values

    def intervals(
        self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float
    ) -> tuple[Array, Array]:
        """Find the intervals around the minima in which the profile rises by less than a threshold.

        Returns
        -------
        lower, upper : ndarray, shape (n,)
            NaN for an end that is open.
        """
        origins, floors = fits.parameters[:, 0], fits.values
        ends = [
            self._crossings(counts, auxiliary, fits, origins, floors, sign, threshold) for sign in (-1, 1)
        ]
        return ends[0], ends[1]

    def upper_limits(self, counts: Array, auxiliary: Array, fits: BatchFit, threshold: float) -> Array:
        """Find the first crossings above the minima, or above the end of the physical range, shape (n,).

        NaN where there is none.
        """
        low, high = self.fitter.physical
        origins = np.clip(fits.parameters[:, 0], low, high)
        floors = fits.values.copy()
        moved = np.flatnonzero(fits.good & (origins != fits.parameters[:, 0]))
        if len(moved):
            floors[moved] = self.profile(counts[moved], auxiliary[moved], origins[moved], fits.of(moved))
        return self._crossings(counts, auxiliary, fits, origins, floors, 1, threshold, bounded=True)

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
        found, left = np.full(len(counts), math.nan), fits.good.copy()
        range_ = self.fitter.physical if bounded else self.fitter.range
        end = range_[1] if sign > 0 else range_[0]
        if self.layout is not None and left.any():
            width = self.fitter.width
            errors = np.where(np.isfinite(fits.errors[:, 0]), fits.errors[:, 0], width)
            steps = sign * math.sqrt(threshold) * np.clip(errors, 0.01 * width, 100 * width)
            limit = self.edges[1] if sign > 0 else self.edges[0]
            table_ends = sign * limit < sign * end
            which = np.flatnonzero(left & (origins > self.edges[0]) & (origins < self.edges[1]))
            problem = Problem(
                layout=self.layout, counts=_chosen(counts, which), auxiliary=_chosen(auxiliary, which)
            )
            points = np.column_stack([origins, fits.parameters[:, 1:]])[which]
            stop = limit if table_ends else end
            ends, failed = problem.crossings(
                points, floors[which], steps[which], threshold, stop, REACH * width
            )
            found[which] = ends
            open_ = np.isnan(ends)
            done = ~failed & ~(open_ & table_ends)
            left[which[done]] = False
            left[(origins == end) & fits.good] = False
        for i in np.flatnonzero(left):
            found[i] = self._one_crossing(counts[i], auxiliary[i], sign, threshold, bounded=bounded)
        return found

    def _one_crossing(
        self, counts: Array, auxiliary: Array, sign: int, threshold: float, *, bounded: bool
    ) -> float:
        """Find a crossing as the single fit does."""
        data = self.fitter.data(counts, auxiliary)
        minimum = self.fitter.minimise(data)
        if bounded:
            end = upper_limit(self.fitter, data, minimum, threshold)
        else:
            end = interval(self.fitter, data, minimum, threshold)[0 if sign < 0 else 1]
        return math.nan if end is None else end


def _chosen(data: Array, which: NDArray[np.intp]) -> Array:
    """Return some rows in their order, without a copy if they are all."""
    return data if len(which) == len(data) else data[which]
