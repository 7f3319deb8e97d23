"""The search for minima of -2 ln L: one rule, for one data set as for many.

Local minima are sought with the parameter of interest in its physical range; each is then released and
followed within its own basin. The deepest reached is the estimate of a free fit; the physical minimum is the
deepest with the parameter held in its range. Minima that cannot be reached this way are not searched for. Of
equally deep ones a physical one counts, then the one nearest to the model's value.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from analysis import layouts
from analysis._kernels.layout import Layout
from analysis.batch import Problem
from analysis.dips import beyond_end, deepest_dips
from analysis.fitmodel import FitModel
from analysis.linear import Linear, linearised
from analysis.minima import LocalMinima, Searched, deepest
from analysis.profiling import pull_starts
from analysis.ranges import EVEN
from analysis.starts import data_starts, model_starts, turning_points
from analysis.table import tabulated

__all__ = ["Search"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_UNLIKELY, _UNLIKELY_SHAPES = 1e-4, 1e-2
"""A minimum whose -2 ln L is larger than with this probability is searched for again, from more starts; the
second where uncertainties change shapes, which can have minima of their own."""
_LARGE_PULL = 3.0
"""So is one with a pull of a shape so far from its measurement."""
_HOPELESS = 1e-6
"""A minimum whose -2 ln L is larger than with this probability is searched for at every value of a grid."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """Searches the minima of data sets of one model.

    Parameters
    ----------
    model : FitModel
    """

    model: FitModel

    @cached_property
    def layout(self) -> Layout | None:
        """The model in arrays; None where it cannot be tabulated."""
        m = self.model
        if m.polynomial is not None or self._table[1] is None:
            return m.polynomial
        return layouts.pieces(m.templates, m.likelihood, m.errors, *self._table[1])

    @cached_property
    def _table(self) -> tuple[tuple[float, float], tuple[Array, Array] | None]:
        """A range that could be tabulated, and the table."""
        return tabulated(self.model, min(self.starts), max(self.starts), *self.model.symmetric_range)

    @cached_property
    def edges(self) -> tuple[float, float]:
        """Range of the parameter of interest in free fits, or of its table."""
        return self.model.symmetric_range if self.model.polynomial is not None else self._table[0]

    @property
    def _is_even(self) -> bool:
        return self.model.templates.poi in EVEN

    @cached_property
    def starts(self) -> tuple[float, ...]:
        """Where searches begin, whatever the data."""
        return model_starts(self.model)

    @cached_property
    def linear(self) -> Linear | None:
        """Linear estimator around the first start."""
        return linearised(self.model, self.starts[0], *self.edges)

    @cached_property
    def squared(self) -> Layout | None:
        """The model in the square of the parameter, where the counts know nothing else of it; else None."""
        m = self.model
        if not self._is_even or m.templates.coefficients is None:
            return None
        constant, _, quadratic = m.templates.coefficients
        powers = np.stack([constant, quadratic])[None]
        return layouts.pieces(m.templates, m.likelihood, m.errors, np.zeros(1), powers)

    @cached_property
    def _bounds(self) -> tuple[float, float]:
        """The physical range, as far as the model is tabulated; of the square where that is searched."""
        (low, high), (first, last) = self.model.physical, self.edges
        low, high = (0.0 if self._is_even else max(low, first)), min(high, last)
        return (low**2, high**2) if self.squared is not None else (low, high)

    @cached_property
    def _branch(self) -> tuple[float, float] | None:
        """Range around the physical one in which no bin's counts turn around; None if one does inside that.

        On them -2 ln L has one basin, and a free fit need not be followed from the end of the range.
        """
        (low, high), turns = self.model.physical, turning_points(self.model)
        if self.model.polynomial is None or len(self.starts) > 1:
            return None
        if self.squared is not None:
            return -math.inf, math.inf
        if np.any((turns > low) & (turns < high)):
            return None
        below, above = turns[turns <= low], turns[turns >= high]
        return float(below.max(initial=-math.inf)), float(above.min(initial=math.inf))

    @cached_property
    def _begin(self) -> Array | None:
        """Linear estimator of what is searched: the parameter of interest, or its square."""
        found = self.linear
        if self.squared is not None:
            found = linearised(self.model, self.starts[0] ** 2, *self._bounds, squared=True)
        return None if found is None else found.estimator

    @cached_property
    def _shapes(self) -> list[int]:
        """Numbers of the nuisance parameters that change shapes."""
        return [m for m, n in enumerate(self.model.templates.nuisances) if n.is_shape]

    def _unlikely(self, probability: float) -> float:
        return float(chdtri(max(self.model.templates.n_bins - 1, 1), probability))

    def run(self, counts: Array, auxiliary: Array) -> Searched:
        """Search the minima of data sets.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)

        Notes
        -----
        From few starts at first. Where one of them failed, where -2 ln L is larger than it may be, or where
        a shape is pulled far, the search begins anew from many; if it is still hopeless, everywhere.
        """
        layout = self.squared if self.squared is not None else self.layout
        if layout is None:
            raise ValueError(f"the signal cannot be tabulated in {self.model.templates.poi}")
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        if self._branch is None or self._begin is None:
            found = self._from_starts(problem, self._starts(problem))
        else:
            found = self._freely(problem, *self._branch)
        left = np.flatnonzero(found.unsure | self._doubtful(found, auxiliary))
        if len(left):
            found = found.updated(self._thoroughly(problem.of(left)), left)
        return found if self.squared is None else found.rooted()

    def _doubtful(self, found: Searched, auxiliary: Array) -> Mask:
        """Tell where a deeper minimum may have been missed."""
        doubtful = ~(found.values < self._unlikely(_UNLIKELY_SHAPES if self._shapes else _UNLIKELY))
        if self._shapes:
            pulls = found.parameters[:, 1:][:, self._shapes] - auxiliary[:, self._shapes]
            doubtful |= np.abs(pulls).max(axis=1) > _LARGE_PULL
        return np.asarray(doubtful)

    def _freely(self, problem: Problem, below: float, above: float) -> Searched:
        """Fit freely from the linear estimate: what is on the branch of the physical range stands."""
        ends = self._bounds if self.squared is not None else self.edges
        start = np.zeros(problem.size)
        parameters, values, failed = problem.minima(start, *ends, estimator=self._begin)
        poi = np.clip(parameters[:, 0], *ends, out=parameters[:, 0])
        values[failed] = math.inf
        return Searched(
            parameters=parameters,
            values=values,
            unsure=failed | ~((poi > below) & (poi < above)),
            minima=LocalMinima.none(parameters.shape[1]),
        )

    def _starts(self, problem: Problem) -> list[Array | None]:
        """List where searches begin: at starts of the model, at those of the data, at the linear estimate."""
        found: list[Array | None] = [
            np.column_stack([np.full(problem.size, poi), problem.auxiliary]) for poi in self._begins
        ]
        found += data_starts(self.model, problem, *self._bounds)
        return found if self._begin is None else [*found, None]

    @cached_property
    def _begins(self) -> tuple[float, ...]:
        """Values with which searches begin, of the square where that is searched."""
        power = 2 if self.squared is not None else 1
        low, high = self._bounds
        return tuple(min(max(poi**power, low), high) for poi in self.starts)

    def _thoroughly(self, problem: Problem) -> Searched:
        """Search from more starts in the pulls, and where that is hopeless everywhere."""
        starts = self._starts(problem)
        for pulls in pull_starts(self.model, problem.auxiliary)[1:]:
            starts += [np.column_stack([np.full(problem.size, poi), pulls]) for poi in self._begins]
        found = self._from_starts(problem, starts)
        left = np.flatnonzero(found.unsure | ~(found.values < self._unlikely(_HOPELESS)))
        if len(left):
            part = problem.of(left)
            dips = self._dips(part)
            earlier = [None if start is None else start[left] for start in starts]
            everywhere = self._from_starts(part, [*earlier, *dips], certain=len(dips))
            found = found.updated(everywhere, left)
        return found

    def _from_starts(
        self, problem: Problem, starts: Sequence[Array | None], *, certain: int | None = None
    ) -> Searched:
        """Search from starts with the parameter of interest in its physical range; then release.

        With `certain`, only the last so many must not fail.
        """
        found = [self._bounded(problem, start) for start in starts]
        minima, depths = np.stack([f[0] for f in found], axis=1), np.stack([f[1] for f in found], axis=1)
        failed, beyond = np.stack([f[2] for f in found], axis=1), np.stack([f[3] for f in found], axis=1)
        searched = self._released(problem, minima, depths)
        # the model is tabulated no further than there
        searched.values[beyond.min(axis=1) < searched.minima.values.min(axis=1)] = math.inf
        unsure = searched.unsure | failed[:, -(certain or len(starts)) :].any(axis=1)
        return replace(searched, unsure=unsure)

    def _bounded(self, problem: Problem, start: Array | None) -> tuple[Array, Array, Mask, Array]:
        """Find a minimum in the physical range: parameters and -2 ln L, NaN and infinity where there is none.

        Return where it failed, and -2 ln L at the end of the table if it lies beyond, else infinity, too.
        """
        low, high = self._bounds
        if start is None:
            begin, estimator = np.zeros(problem.size), self._begin
        else:
            begin, estimator = start, None
        parameters, values, failed = problem.minima(begin, low, high, estimator=estimator)
        np.clip(parameters[:, 0], low, high, out=parameters[:, 0])
        outside = np.zeros(problem.size, np.bool_)
        if self.squared is None:
            lowest, highest = self.model.physical
            outside |= (parameters[:, 0] <= low) & (low > (0.0 if self._is_even else lowest))
            outside |= (parameters[:, 0] >= high) & (high < highest)
        none = failed | outside
        beyond = np.where(outside & ~failed, values, math.inf)
        return np.where(none[:, None], math.nan, parameters), np.where(none, math.inf, values), failed, beyond

    def _dips(self, problem: Problem) -> list[Array]:
        """Find the deepest local minima of profiles on a grid over the physical range, as starts."""
        low, high = self._bounds
        grid = self.model.grid ** (2 if self.squared is not None else 1)
        points = np.unique(np.concatenate([[low], grid[(grid > low) & (grid < high)], [high]]))
        return deepest_dips(self.model, problem, points[np.isfinite(points)])

    def _released(self, problem: Problem, minima: Array, depths: Array) -> Searched:
        """Let minima at an end of the physical range go beyond it, each within its basin, and choose."""
        released, below = minima.copy(), depths.copy()
        lost = np.zeros(problem.size, np.bool_)
        for j in range(minima.shape[1]):
            for i, end in enumerate(self._open_ends):
                which = np.flatnonzero(minima[:, j, 0] == end)
                if len(which):
                    released[which, j], below[which, j], failed = beyond_end(
                        problem.of(which),
                        minima[which, j],
                        end=end,
                        last=self.edges[i],
                        is_end=self.edges[i] in self.model.range,
                        width=self.model.width,
                    )
                    lost[which[failed]] = True
        square = self.squared is not None
        low, high = self._bounds if square else self.model.physical
        best = deepest(below, released[..., 0], low, high, self.model.anchor ** (2 if square else 1))
        rows = np.arange(problem.size)
        return Searched(
            parameters=released[rows, best],
            values=below[rows, best],
            unsure=lost,
            minima=LocalMinima(
                which=rows, parameters=minima, values=depths, released=released, released_values=below
            ),
        )

    @cached_property
    def _open_ends(self) -> tuple[float, float]:
        """Ends of the physical range beyond which free fits may go; NaN for one where they may not."""
        if self.squared is not None or self._is_even:
            return math.nan, math.nan
        ends = zip(self._bounds, self.edges, self.model.physical, strict=True)
        low, high = (end if end != last and end == physical else math.nan for end, last, physical in ends)
        return low, high
