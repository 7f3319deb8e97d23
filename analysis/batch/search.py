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

from analysis.batch.dips import Dips, beyond_end, deepest_dips, narrowed
from analysis.batch.engine import Problem
from analysis.batch.kinks import kinked, lifted, with_minima_of
from analysis.batch.search_setup import SearchSetup
from analysis.likelihood import LocalMinima, Searched, data_starts, deepest, pull_starts
from analysis.model import FitModel

__all__ = ["Search"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_UNLIKELY, _UNLIKELY_SHAPES, _UNLIKELY_BASINS = 1e-4, 1e-2, 0.2
"""A minimum whose -2 ln L is larger than with this probability is searched for again, from more starts;
the second where uncertainties change shapes, which can have minima of their own; the third where exact data
of the model have several minima, besides."""
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
    careful : bool
        Search minima from many starts where uncertainties change shapes, without trial data that tell whether
        few suffice: these cost more than the starts where a model is that of one data set.
    """

    model: FitModel
    careful: bool = False

    @cached_property
    def setup(self) -> SearchSetup:
        """What all searches of the model have in common."""
        return SearchSetup(model=self.model)

    def around(self, counts: Array, auxiliary: Array, starts: Sequence[Array], held: Mask) -> Searched:
        """Search the minima of data sets from given points only, with some pulls held where these have them.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        starts : sequence of ndarray, shape (n, 1 + n_nuisances)
        held : ndarray of bool, shape (n_nuisances,)
        """
        squared, power = self.setup.squared, 1 if self.setup.squared is None else 2
        layout = self.setup.layout if squared is None else squared
        if layout is None:
            raise ValueError(f"the signal cannot be tabulated in {self.model.templates.poi}")
        poi = [np.clip(start[:, 0] ** power, *self.setup.bounds) for start in starts]
        begins = [np.column_stack([p, start[:, 1:]]) for p, start in zip(poi, starts, strict=True)]
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary, held=held)
        found = self._from_starts(problem, begins)
        return found if squared is None else found.rooted()

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
        if it is still hopeless, everywhere. Minima at kinks are searched for with lifted counts, too. Where
        few starts miss minima of trial data of the model, all data sets are searched from many.
        """
        layout = self.setup.squared if self.setup.squared is not None else self.setup.layout
        if layout is None:
            raise ValueError(f"the signal cannot be tabulated in {self.model.templates.poi}")
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        found = self._first(problem)
        left = np.flatnonzero(found.unsure | self._doubtful(found, auxiliary) | careful | self.misses)
        if len(left):
            found = found.updated(self._thoroughly(problem.of(left)), left)
        left = kinked(self.model, self.setup.shapes, found, problem, squared=self.setup.squared is not None)
        if len(left):
            found = found.updated(self._at_kinks(problem.of(left)), left)
        found.values[self._is_deeper_outside(found, counts, auxiliary)] = math.inf
        return found if self.setup.squared is None else found.rooted()

    def _at_kinks(self, problem: Problem) -> Searched:
        """Search where bins without counts expect none: from lifted counts, too, whose minima are smooth."""
        found, smooth = self._thoroughly(problem), self._thoroughly(lifted(problem))
        squared = self.setup.squared is not None
        m = with_minima_of(self.model, problem, found.minima, smooth.minima, squared=squared)
        searched = self._released(problem, m.parameters, m.values)
        return replace(searched, unsure=searched.unsure | (found.unsure & smooth.unsure))

    def _first(self, problem: Problem) -> Searched:
        """Search from few starts."""
        if self.setup.branch is None or self.setup.estimator is None:
            return self._from_starts(problem, self._starts(problem))
        return self._freely(problem, *self.setup.branch)

    @cached_property
    def misses(self) -> bool:
        """Whether few starts miss a minimum of trial data, where shapes can give -2 ln L several."""
        m = self.model
        if self.careful or not self.setup.shapes:
            return bool(self.setup.shapes)
        random, mu = np.random.default_rng(_SEED), m.templates.expected(m.anchor)
        shape = (_TRIALS, len(mu))
        counts = random.poisson(mu, shape).astype(np.float64)
        if m.likelihood == "paper":
            counts = random.normal(mu, m.errors, shape)
        auxiliary = random.standard_normal((_TRIALS, len(m.nominal)))
        layout = self.setup.squared if self.setup.squared is not None else self.setup.layout
        if layout is None:
            return False
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        few = self._first(problem)
        trusted = np.flatnonzero(~(few.unsure | self._doubtful(few, auxiliary)))
        many = self._thoroughly(problem.of(trusted))
        return bool(np.any(many.values < few.values[trusted] - _MISSED))

    def _is_deeper_outside(self, found: Searched, counts: Array, auxiliary: Array) -> Mask:
        """Tell for which data sets the model is tabulated no further than to a minimum."""
        deeper = np.zeros(len(counts), np.bool_)
        if self.setup.outside is None:
            return deeper
        points, layout = self.setup.outside
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        for point in points:
            _, values, failed = problem.profile(np.full(len(counts), point))
            deeper |= ~failed & (values < found.values - _MISSED)
        return deeper

    def _doubtful(self, found: Searched, auxiliary: Array) -> Mask:
        """Tell where a deeper minimum may have been missed."""
        probability = _UNLIKELY
        if self.setup.shapes:
            several = len(self.setup.starts) > 1 or len(self.setup.mirrors) > 0
            probability = _UNLIKELY_BASINS if several else _UNLIKELY_SHAPES
        doubtful = ~(found.values < self._unlikely(probability))
        if self.setup.shapes:
            pulls = found.parameters[:, 1:][:, self.setup.shapes] - auxiliary[:, self.setup.shapes]
            doubtful |= np.abs(pulls).max(axis=1) > _LARGE_PULL
        return np.asarray(doubtful | self._at_end(found))

    def _at_end(self, found: Searched) -> Mask:
        """Tell which estimates stand at an end of the range of free fits."""
        if self.setup.squared is not None:
            return np.zeros(len(found.values), np.bool_)
        low, high = self.model.symmetric_range
        if math.isinf(low) and math.isinf(high):
            return np.zeros(len(found.values), np.bool_)
        return np.asarray((found.parameters[:, 0] <= low) | (found.parameters[:, 0] >= high))

    def _freely(self, problem: Problem, below: float, above: float) -> Searched:
        """Fit freely from the linear estimate: what is on the branch of the physical range stands."""
        ends = self.setup.bounds if self.setup.squared is not None else self.setup.edges
        start = np.zeros(problem.size)
        parameters, values, failed = problem.minima(start, *ends, estimator=self.setup.estimator)
        poi = parameters[:, 0]
        if not all(map(math.isinf, ends)):
            np.clip(poi, *ends, out=poi)
        if failed.any():
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
            np.column_stack([np.full(problem.size, poi), problem.auxiliary]) for poi in self.setup.begins
        ]
        found += data_starts(self.model, problem, *self.setup.bounds)
        return found if self.setup.estimator is None else [*found, None]

    def _thoroughly(self, problem: Problem) -> Searched:
        """Search from more starts in the pulls, and where that is hopeless everywhere."""
        starts = self._starts(problem)
        for pulls in pull_starts(self.model, problem.auxiliary)[1:]:
            starts += [np.column_stack([np.full(problem.size, poi), pulls]) for poi in self.setup.begins]
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
        if not dips:
            best = self._deepest(problem, found)
            found += [self._bounded(problem, self._mirrored(best, turn)) for turn in self.setup.mirrors]
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

    def _deepest(self, problem: Problem, found: Sequence[tuple[Array, Array, Mask, Array]]) -> Array:
        """Return the parameters at the deepest minima so far, else those of the first start."""
        if not self.setup.mirrors:
            return np.empty((problem.size, 0))
        depths, rows = np.stack([f[1] for f in found], axis=1), np.arange(problem.size)
        best = np.stack([f[0] for f in found], axis=1)[rows, np.argmin(depths, axis=1)]
        first = np.column_stack([np.full(problem.size, self.setup.begins[0]), problem.auxiliary])
        return np.where(np.isnan(best), first, best)

    def _mirrored(self, best: Array, turn: float) -> Array:
        """Return starts on the other side of where counts turn around."""
        start = best.copy()
        start[:, 0] = np.clip(2 * turn - best[:, 0], *self.setup.bounds)
        return start

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
        low, high = self.setup.bounds
        if start is None:
            begin, estimator = np.zeros(problem.size), self.setup.estimator
        else:
            begin, estimator = start, None
        parameters, values, failed = problem.minima(begin, low, high, estimator=estimator)
        np.clip(parameters[:, 0], low, high, out=parameters[:, 0])
        outside = np.zeros(problem.size, np.bool_)
        if self.setup.squared is None:
            lowest, highest = self.model.physical
            outside |= (parameters[:, 0] <= low) & (low > (0.0 if self.setup.is_even else lowest))
            outside |= (parameters[:, 0] >= high) & (high < highest)
        none = failed | outside
        beyond = np.where(outside & ~failed, values, math.inf)
        return np.where(none[:, None], math.nan, parameters), np.where(none, math.inf, values), failed, beyond

    def _dips(self, problem: Problem) -> list[Dips]:
        """Find the deepest local minima of profiles on a grid over the physical range."""
        low, high = self.setup.bounds
        grid = self.model.grid ** (2 if self.setup.squared is not None else 1)
        points = np.unique(np.concatenate([[low], grid[(grid > low) & (grid < high)], [high]]))
        return deepest_dips(self.model, problem, points[np.isfinite(points)])

    def _released(self, problem: Problem, minima: Array, depths: Array) -> Searched:
        """Let minima at an end of the physical range go beyond it, each within its basin, and choose."""
        released, below = minima.copy(), depths.copy()
        lost = np.zeros(problem.size, np.bool_)
        for j in range(minima.shape[1]):
            for i, end in enumerate(self.setup.open_ends):
                which = np.flatnonzero(minima[:, j, 0] == end)
                if len(which):
                    released[which, j], below[which, j], failed = beyond_end(
                        problem.of(which),
                        minima[which, j],
                        end=end,
                        last=self.setup.edges[i],
                        is_end=self.setup.edges[i] in self.model.range,
                        width=self.model.width,
                    )
                    lost[which[failed]] = True
        square = self.setup.squared is not None
        low, high = self.setup.bounds if square else self.model.physical
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
