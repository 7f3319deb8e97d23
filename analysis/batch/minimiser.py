"""Free fits of many data sets side by side, their physical minima, and profiles."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem, ProfilePoints, Sought
from analysis.batch.engine._kernels.layout import Layout
from analysis.batch.linear import Linear
from analysis.batch.result import FAILED, NO_HESSE, RETRIED, UNSURE, BatchFit, PhysicalFit
from analysis.batch.search import Search
from analysis.likelihood import LocalMinima, deepest, profiled, pull_starts, single_minima
from analysis.model import EVEN, FitModel

__all__ = ["BatchMinimiser", "chosen"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BatchMinimiser:
    """Minimises -2 ln L of data sets of one model side by side, freely and at given values.

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

    fitter: FitModel
    careful: bool = False

    @cached_property
    def search(self) -> Search:
        """The search for minima."""
        return Search(model=self.fitter, careful=self.careful)

    @property
    def layout(self) -> Layout | None:
        """The model in arrays; None where only MINUIT can fit it."""
        return self.search.setup.layout

    @property
    def edges(self) -> tuple[float, float]:
        """Range of the parameter of interest in the compiled fit: that of a free fit, or of the table."""
        return self.search.setup.edges

    @property
    def starts(self) -> tuple[float, ...]:
        """Starting values of the parameter of interest, for all data sets."""
        return self.search.setup.starts

    @property
    def linear(self) -> Linear | None:
        """Linear estimator around the first start."""
        return self.search.setup.linear

    def fit(
        self, counts: Array, auxiliary: Array, *, errors: bool = True, sought: Sought | None = None
    ) -> BatchFit:
        """Fit data sets freely.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        errors : bool
            Compute Hesse's errors.
        sought : Sought, optional
            Points of the profiles to compute with the errors, for `intervals`, `upper_limits` and `profile`.
        """
        n, size = len(counts), 1 + auxiliary.shape[1]
        status = np.zeros(n, np.int32)
        if self.layout is not None:
            result = self.search.run(counts, auxiliary)
            parameters, values, minima = result.parameters, result.values, result.minima
            status[np.flatnonzero(result.unsure)] |= UNSURE
        else:
            parameters, values = np.full((n, size), math.nan), np.full(n, math.inf)
            minima = LocalMinima.none(size)
        widths, points = np.full(parameters.shape, math.nan), None
        if errors and self.layout is not None:
            widths, points = self.errors(counts, auxiliary, parameters, values, sought)
        for i in np.flatnonzero(values == math.inf):
            single = single_minima(self.fitter, counts[i], auxiliary[i], errors=errors)
            status[i] = RETRIED
            if single is None:
                parameters[i], widths[i], values[i], status[i] = (
                    math.nan,
                    math.nan,
                    math.nan,
                    RETRIED | FAILED,
                )
                continue
            parameters[i], values[i] = single.parameters, single.value
            widths[i] = math.nan if single.errors is None else single.errors
            minima = minima.with_(replace(single.minima, which=np.array([i])))
        if errors:
            rows = np.flatnonzero(np.isnan(widths[:, ~self.fitter.vague]).any(axis=1))
            status[rows[(status[rows] & FAILED) == 0]] |= NO_HESSE
        return BatchFit(
            parameters=parameters,
            errors=widths,
            values=values,
            status=status,
            minima=minima,
            points=points,
        )

    def errors(
        self, counts: Array, auxiliary: Array, parameters: Array, values: Array, sought: Sought | None
    ) -> tuple[Array, ProfilePoints | None]:
        """Compute Hesse's errors at minima, and points of the profiles that are found within a few steps.

        Parameters
        ----------
        counts, auxiliary
            As for `fit`.
        parameters, values : ndarray, shapes (n, 1 + n_nuisances) and (n,)
            The minima, and -2 ln L/L_saturated there.
        sought : Sought or None

        Returns
        -------
        errors : ndarray, shape (n, 1 + n_nuisances)
            NaN at an end of the range, where the slope of -2 ln L is not 0.
        points : ProfilePoints or None
            None if none was sought.
        """
        if self.layout is None:
            none = None if sought is None else ProfilePoints.none(len(parameters), sought)
            return np.full(parameters.shape, math.nan), none
        problem, points = Problem(layout=self.layout, counts=counts, auxiliary=auxiliary), None
        if sought is None:
            errors = problem.errors(parameters)
        else:
            ends = max(self.fitter.range[0], self.edges[0]), min(self.fitter.range[1], self.edges[1])
            errors, points = problem.profile_points(
                parameters, values, sought, ends=ends, physical=self.fitter.physical
            )
        low, high = self.fitter.symmetric_range
        errors[(parameters[:, 0] <= low) | (parameters[:, 0] >= high)] = math.nan
        if self.fitter.templates.poi in EVEN:  # -2 ln L is no parabola about 0
            errors[parameters[:, 0] < errors[:, 0]] = math.nan
        return errors, points

    def physical(self, counts: Array, auxiliary: Array, fits: BatchFit) -> PhysicalFit:
        """Return the minima in the physical range, to which limits and test statistics refer.

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
        rows_outside = np.flatnonzero(outside)
        if len(rows_outside):
            ends = np.clip(fits.parameters[rows_outside, 0], low, high)
            values[rows_outside], parameters[rows_outside] = self._profiled(
                chosen(counts, rows_outside), chosen(auxiliary, rows_outside), ends, fits.of(rows_outside)
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
        minima = []
        for i in range(len(counts)):
            is_listed = fits.minima.which == i
            parameters = np.concatenate([best.parameters[i : i + 1], *fits.minima.parameters[is_listed]])
            values = np.concatenate([best.values[i : i + 1], *fits.minima.values[is_listed]])
            indices = np.flatnonzero(np.isfinite(values))
            indices = indices[np.argsort(values[indices], kind="stable")]
            _, first = np.unique(np.round(parameters[indices], 6), axis=0, return_index=True)
            indices = indices[np.sort(first)]
            minima.append((parameters[indices], values[indices]))
        return minima

    def profile(self, counts: Array, auxiliary: Array, points: Array, fits: BatchFit | None = None) -> Array:
        """Minimise -2 ln L over the nuisance parameters at a value of each data set, shape (n,).

        If fits are given, the search starts from their pulls, moved along the valley of -2 ln L; a value that
        was computed with the fits is taken from them, NaN where a fit failed.
        """
        if fits is None or fits.points is None:
            return self._profiled(counts, auxiliary, points, fits)[0]
        values = np.where(points == fits.points.sought.place, fits.points.at_place, math.nan)
        rows = np.flatnonzero(fits.good & np.isnan(values))
        if len(rows):
            data = chosen(counts, rows), chosen(auxiliary, rows), chosen(points, rows)
            values[rows] = self._profiled(*data, fits.of(rows))[0]
        return values

    def _profiled(
        self, counts: Array, auxiliary: Array, points: Array, fits: BatchFit | None
    ) -> tuple[Array, Array]:
        """Return the profile and the parameters, shapes (n,) and (n, 1 + n_nuisances)."""
        low, high = self.edges
        parameters = np.full((len(counts), 1 + auxiliary.shape[1]), math.nan)
        values, left = np.full(len(counts), math.nan), np.arange(len(counts))
        if self.layout is not None:
            rows = np.flatnonzero((points >= low) & (points <= high))
            for search in (self._compiled_profile, self._started_profile):
                data = chosen(counts, rows), chosen(auxiliary, rows), chosen(points, rows)
                part = None if fits is None else fits.of(rows)
                parameters[rows], values[rows], failed = search(self.layout, *data, part)
                left, rows = np.setdiff1d(left, rows[~failed], assume_unique=True), rows[failed]
                if not len(rows):
                    break
        for i in left:
            value, pulls = profiled(self.fitter, counts[i], auxiliary[i], float(points[i]))
            values[i], parameters[i] = value[0], [points[i], *pulls[0]]
        return values, parameters

    def _started_profile(
        self, layout: Layout, counts: Array, auxiliary: Array, points: Array, _: BatchFit | None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Do as `_compiled_profile`, not from fits, but from all the pulls from which `profiled` begins."""
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        starts = [np.column_stack([points, pulls]) for pulls in pull_starts(self.fitter, auxiliary)]
        found = [problem.profile(start) for start in starts]
        depths = np.array([np.where(failed, math.inf, values) for _, values, failed in found])
        best, rows = np.argmin(depths, axis=0), np.arange(len(points))
        parameters = np.array([each[0] for each in found])[best, rows]
        return parameters, depths[best, rows], np.all([each[2] for each in found], axis=0)

    def _compiled_profile(
        self, layout: Layout, counts: Array, auxiliary: Array, points: Array, fits: BatchFit | None
    ) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Return parameters, values, and where it failed, at points where the model is tabulated."""
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        minima = None if fits is None else fits.parameters
        return problem.profile(points, minima, None if self.linear is None else self.linear.valley)


def chosen(data: Array, which: NDArray[np.intp]) -> Array:
    """Return rows of an array, without a copy if all are chosen."""
    return data if len(which) == len(data) else data[which]
