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
from analysis.dips import Dips, beyond_end, deepest_dips, narrowed
from analysis.fitmodel import FitModel
from analysis.linear import Linear, linearised
from analysis.minima import LocalMinima, Searched, deepest
from analysis.profiling import profiled, pull_starts
from analysis.ranges import EVEN
from analysis.starts import data_starts, excluded, model_starts, turning_points
from analysis.table import tabulated

__all__ = ["Search"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_UNLIKELY, _UNLIKELY_SHAPES = 1e-4, 1e-2
"""A minimum whose -2 ln L is larger than with this probability is searched for again, from more starts; the
second where uncertainties change shapes, which can have minima of their own."""
_LARGE_PULL = 3.0
"""So is one with a pull of a shape so far from its measurement."""
_TRIALS, _SEED, _MISSED = 2048, 1, 1e-3
"""Trial data sets of a model, their seed, and by how much of -2 ln L a minimum is missed."""
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

    def run(self, counts: Array, auxiliary: Array, *, careful: bool = False) -> Searched:
        """Search the minima of data sets.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        careful : bool
            Begin from many starts, whatever comes of few.

        Notes
        -----
        From few starts at first. Where one of them failed, where -2 ln L is larger than it may be, where a
        shape is pulled far, or the estimate stands at an end of its range, the search begins anew from many;
        if it is still hopeless, everywhere. Where few starts miss minima of trial data of the model, all data
        sets are searched from many.
        """
        layout = self.squared if self.squared is not None else self.layout
        if layout is None:
            raise ValueError(f"the signal cannot be tabulated in {self.model.templates.poi}")
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        found = self._first(problem)
        left = np.flatnonzero(found.unsure | self._doubtful(found, auxiliary) | careful | self._misses)
        if len(left):
            found = found.updated(self._thoroughly(problem.of(left)), left)
        found.values[self._is_deeper_outside(found, counts, auxiliary)] = math.inf
        return found if self.squared is None else found.rooted()

    def _first(self, problem: Problem) -> Searched:
        """Search from few starts."""
        if self._branch is None or self._begin is None:
            return self._from_starts(problem, self._starts(problem))
        return self._freely(problem, *self._branch)

    @cached_property
    def _misses(self) -> bool:
        """Whether few starts miss a minimum of trial data, where shapes can give -2 ln L several."""
        m = self.model
        if not self._shapes:
            return False
        random, mu = np.random.default_rng(_SEED), m.templates.expected(m.anchor)
        shape = (_TRIALS, len(mu))
        counts = random.poisson(mu, shape).astype(np.float64)
        if m.likelihood == "paper":
            counts = random.normal(mu, m.errors, shape)
        auxiliary = random.standard_normal((_TRIALS, len(m.nominal)))
        layout = self.squared if self.squared is not None else self.layout
        if layout is None:
            return False
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        few = self._first(problem)
        trusted = np.flatnonzero(~(few.unsure | self._doubtful(few, auxiliary)))
        many = self._thoroughly(problem.of(trusted))
        return bool(np.any(many.values < few.values[trusted] - _MISSED))

    @cached_property
    def _outside(self) -> tuple[Array, Layout] | None:
        """Points of the grid beyond the table that data may prefer, and the model there; None without any."""
        m, (low, high) = self.model, self.edges
        points = m.grid[(m.grid < low) | (m.grid > high)]
        if m.polynomial is not None or not len(points):
            return None
        values, _ = profiled(m, m.templates.expected(m.anchor), m.nominal, points)
        points = points[values < excluded(m)]
        return (points, m.layout_at(points)) if len(points) else None

    def _is_deeper_outside(self, found: Searched, counts: Array, auxiliary: Array) -> Mask:
        """Tell for which data sets the model is tabulated no further than to a minimum."""
        deeper = np.zeros(len(counts), np.bool_)
        if self._outside is None:
            return deeper
        points, layout = self._outside
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        for point in points:
            _, values, failed = problem.profile(np.full(len(counts), point))
            deeper |= ~failed & (values < found.values - _MISSED)
        return deeper

    def _doubtful(self, found: Searched, auxiliary: Array) -> Mask:
        """Tell where a deeper minimum may have been missed."""
        doubtful = ~(found.values < self._unlikely(_UNLIKELY_SHAPES if self._shapes else _UNLIKELY))
        if self._shapes:
            pulls = found.parameters[:, 1:][:, self._shapes] - auxiliary[:, self._shapes]
            doubtful |= np.abs(pulls).max(axis=1) > _LARGE_PULL
        return np.asarray(doubtful | self._at_end(found))

    def _at_end(self, found: Searched) -> Mask:
        """Tell which estimates stand at an end of the range of free fits."""
        if self.squared is not None:
            return np.zeros(len(found.values), np.bool_)
        low, high = self.model.symmetric_range
        return np.asarray((found.parameters[:, 0] <= low) | (found.parameters[:, 0] >= high))

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
        hopeless = ~(found.values < self._unlikely(_HOPELESS))
        left = np.flatnonzero(found.unsure | self._at_end(found) | hopeless)
        if len(left):
            earlier = [None if start is None else start[left] for start in starts]
            part = problem.of(left)
            found = found.updated(self._from_starts(part, earlier, self._dips(part)), left)
        return found

    def _from_starts(
        self, problem: Problem, starts: Sequence[Array | None], dips: Sequence[Dips] = ()
    ) -> Searched:
        """Search from starts with the parameter of interest in its physical range; then release.

        From dips of the profile nothing is left out: where a search fails, sections find the minimum.
        """
        found = [self._bounded(problem, start) for start in starts]
        if self._mirror is not None and not dips:
            found.append(self._bounded(problem, self._mirrored(problem, found)))
        if dips:
            found = [(p, v, np.zeros_like(failed), beyond) for p, v, failed, beyond in found]
        found += [self._into(problem, dip) for dip in dips]
        minima, depths = np.stack([f[0] for f in found], axis=1), np.stack([f[1] for f in found], axis=1)
        failed, beyond = np.stack([f[2] for f in found], axis=1), np.stack([f[3] for f in found], axis=1)
        searched = self._released(problem, minima, depths)
        # the model is tabulated no further than there
        searched.values[beyond.min(axis=1) < searched.minima.values.min(axis=1)] = math.inf
        unsure = searched.unsure | failed.any(axis=1)
        return replace(searched, unsure=unsure)

    @cached_property
    def _mirror(self) -> float | None:
        """Where counts turn around, in the mean, if they do so within the physical range; else None."""
        low, high = self._bounds
        turns = turning_points(self.model)
        inside = turns[(turns > low) & (turns < high)]
        return float(inside.mean()) if len(inside) and self.squared is None else None

    def _mirrored(self, problem: Problem, found: Sequence[tuple[Array, Array, Mask, Array]]) -> Array:
        """Return starts on the other side of where counts turn around."""
        depths = np.stack([f[1] for f in found], axis=1)
        rows, best = np.arange(problem.size), np.argmin(depths, axis=1)
        start = np.stack([f[0] for f in found], axis=1)[rows, best]
        start = np.where(
            np.isnan(start),
            np.column_stack([np.full(problem.size, self._begins[0]), problem.auxiliary]),
            start,
        )
        start[:, 0] = np.clip(2 * (self._mirror or 0.0) - start[:, 0], *self._bounds)
        return np.asarray(start)

    def _into(self, problem: Problem, dip: Dips) -> tuple[Array, Array, Mask, Array]:
        """Find the minimum of a dip, as `_bounded`."""
        parameters, values, failed, beyond = self._bounded(problem, dip.start)
        which = np.flatnonzero(failed)
        if len(which):
            part = Dips(start=dip.start[which], low=dip.low[which], high=dip.high[which])
            parameters[which], values[which], failed[which] = narrowed(problem.of(which), part)
        return parameters, values, failed, beyond

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

    def _dips(self, problem: Problem) -> list[Dips]:
        """Find the deepest local minima of profiles on a grid over the physical range."""
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
