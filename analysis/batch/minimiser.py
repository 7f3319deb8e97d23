"""Free fits of many data sets side by side, their physical minima, and profiles."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem
from analysis.batch.engine._kernels.layout import Layout
from analysis.batch.linear import Linear
from analysis.batch.result import FAILED, NO_HESSE, RETRIED, UNSURE, BatchFit, PhysicalFit
from analysis.batch.search import Search
from analysis.likelihood import LocalMinima, deepest, profiled, single_minima
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
                chosen(counts, left), chosen(auxiliary, left), ends, fits.of(left)
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
                layout=self.layout, counts=chosen(counts, inside), auxiliary=chosen(auxiliary, inside)
            )
            minima = None if fits is None else chosen(fits.parameters, inside)
            valley = None if self.linear is None else self.linear.valley
            parameters[inside], values[inside], failed = problem.profile(
                chosen(points, inside), minima, valley
            )
            done[inside] = ~failed
        for i in np.flatnonzero(~done):
            value, pulls = profiled(self.fitter, counts[i], auxiliary[i], float(points[i]))
            values[i], parameters[i] = value[0], [points[i], *pulls[0]]
        return values, parameters


def chosen(data: Array, which: NDArray[np.intp]) -> Array:
    """Return some rows in their order, without a copy if they are all."""
    return data if len(which) == len(data) else data[which]
