"""The search for minima of -2 ln L: the same rule for one data set and for many.

Local minima are searched with the parameter of interest in its physical range. A minimum at an end of that
range is then followed beyond it, within its own basin. The deepest of all is the estimate of a free fit; the
deepest with the parameter in its physical range is the physical minimum. Other minima are not searched for.
If two are equally deep, the physical one is taken; if both are physical, the one nearer to the model's value.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from analysis.batch.basins import released, searched_from
from analysis.batch.dips import Dips, deepest_dips
from analysis.batch.engine import Problem
from analysis.batch.kinks import kinked, lifted, with_minima_of
from analysis.batch.search_setup import SearchSetup
from analysis.likelihood import LocalMinima, Searched, data_starts, pull_starts
from analysis.model import FitModel

__all__ = ["Search"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_UNLIKELY, _UNLIKELY_BASINS = 1e-4, 1e-2
"""If the probability of a -2 ln L as large as the minimum is below this, the search is repeated from more
starts. The second number is for uncertain shapes with several minima for exact data of the model."""
_SEVERAL, _SEVERAL_BASINS = 0.05, 0.2
"""The same two probabilities, if shapes are uncertain and more starts find deeper minima of trial data."""
_LARGE_PULL = 3.0
"""The search is repeated, too, if the pull of a shape is this far from its measurement."""
_TRIALS, _SEED, _MISSED = 2048, 1, 1e-3
"""Number of trial data sets, their seed, and the least difference of -2 ln L to a deeper minimum."""
_WIDER = 2.0
"""A second set of trial data scatters more by this factor: it has several minima much more often."""
_HOPELESS = 1e-6
"""If the probability of a -2 ln L as large as the minimum is below this, the search starts from a grid."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """Searches the minima of data sets of one model.

    Parameters
    ----------
    model : FitModel
    careful : bool
        Search from many starts if uncertainties change shapes, without trial data to test whether few starts
        suffice. For a model that fits a single data set, trial data cost more than the additional starts.
    """

    model: FitModel
    careful: bool = False

    @cached_property
    def setup(self) -> SearchSetup:
        """Ranges, tables and starting values of all searches of the model."""
        return SearchSetup(model=self.model)

    def around(self, counts: Array, auxiliary: Array, starts: Sequence[Array], held: Mask) -> Searched:
        """Search the minima of data sets from given points only, with some pulls fixed at their values there.

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
        points = [np.column_stack([p, start[:, 1:]]) for p, start in zip(poi, starts, strict=True)]
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary, held=held)
        minima = searched_from(self.setup, problem, points)
        return minima if squared is None else minima.rooted()

    def _largest_value(self, probability: float) -> float:
        return float(chdtri(max(self.model.templates.n_bins - 1, 1), probability))

    def run(self, counts: Array, auxiliary: Array, *, careful: bool = False) -> Searched:
        """Search the minima of data sets.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        careful : bool
            Search from many starts, whatever the search from few finds.

        Notes
        -----
        The search uses few starts at first. It is repeated from many starts if a start failed, if -2 ln L is
        improbably large, if the pull of a shape is large, or if the estimate is at an end of its range; and
        from a grid if that does not help. Minima at kinks are searched with lifted counts, too. If few starts
        miss minima of trial data of the model, all data sets are searched from many starts.
        """
        layout = self.setup.squared if self.setup.squared is not None else self.setup.layout
        if layout is None:
            raise ValueError(f"the signal cannot be tabulated in {self.model.templates.poi}")
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        minima = self._from_few_starts(problem)
        again = minima.unsure | self._doubtful(minima, auxiliary)
        rows = np.arange(len(counts)) if careful or self.misses else np.flatnonzero(again)
        if len(rows):
            minima = minima.updated(self._from_more_starts_or_grid(problem.of(rows)), rows)
        rows = kinked(self.model, self.setup.shapes, minima, problem, squared=self.setup.squared is not None)
        if len(rows):
            minima = minima.updated(self._at_kinks(problem.of(rows)), rows)
        if self.setup.outside is not None:
            minima.values[self._is_deeper_outside(minima, counts, auxiliary)] = math.inf
        return minima if self.setup.squared is None else minima.rooted()

    def _at_kinks(self, problem: Problem) -> Searched:
        """Search minima at which bins without counts expect 0, with lifted counts, too, to avoid kinks."""
        direct = self._from_more_starts_or_grid(problem)
        smooth = self._from_more_starts_or_grid(lifted(problem))
        squared = self.setup.squared is not None
        m = with_minima_of(self.model, problem, direct.minima, smooth.minima, squared=squared)
        searched = released(self.setup, problem, m.parameters, m.values)
        return replace(searched, unsure=searched.unsure | (direct.unsure & smooth.unsure))

    def _from_few_starts(self, problem: Problem) -> Searched:
        """Search from few starts."""
        if self.setup.branch is None or self.setup.estimator is None:
            return searched_from(self.setup, problem, self._starts(problem))
        return self._free_fit(problem, *self.setup.branch)

    @property
    def misses(self) -> bool:
        """Whether few starts miss minima of trial data; possible only if shapes are uncertain."""
        return bool(self.setup.shapes) and (self.careful or self._trials[0])

    @cached_property
    def _trials(self) -> tuple[bool, bool]:
        """Whether few starts miss minima of trial data unnoticed, and whether more starts find deeper minima.

        The second is tested with data that scatter too widely, too.
        """
        layout = self.setup.squared if self.setup.squared is not None else self.setup.layout
        if layout is None:
            return False, True
        deeper, not_doubtful = [], []
        for spread in (1.0, _WIDER):
            counts, auxiliary = _thrown_trials(self.model, spread)
            problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
            quick = self._from_few_starts(problem)
            thorough = (
                self._from_more_starts_or_grid(problem)
                if spread == 1.0
                else self._from_many_starts(problem)[0]
            )
            deeper.append(~(thorough.values >= quick.values - _MISSED))
            not_doubtful.append(~(quick.unsure | self._unlikely_or_far(quick, auxiliary, several=True)))
        return bool(np.any(deeper[0] & not_doubtful[0])), bool(np.any(deeper))

    def _is_deeper_outside(self, minima: Searched, counts: Array, auxiliary: Array) -> Mask:
        """Tell for which data sets -2 ln L is lower beyond the table than at the minimum."""
        if self.setup.outside is None:
            return np.zeros(len(counts), np.bool_)
        points, layout = self.setup.outside
        _, values, failed = Problem(layout=layout, counts=counts, auxiliary=auxiliary).scan(points)
        return np.asarray(np.any(~failed & (values < minima.values - _MISSED), axis=0))

    def _doubtful(self, minima: Searched, auxiliary: Array) -> Mask:
        """Tell where a deeper minimum may have been missed."""
        several = bool(self.setup.shapes) and not self.careful and self._trials[1]
        return self._unlikely_or_far(minima, auxiliary, several=several)

    def _unlikely_or_far(self, minima: Searched, auxiliary: Array, *, several: bool) -> Mask:
        """Do as `_doubtful`, given whether data of the model have several minima."""
        probability = _SEVERAL if several else _UNLIKELY
        if self.setup.shapes and (len(self.setup.starts) > 1 or len(self.setup.mirrors) > 0):
            probability = _SEVERAL_BASINS if several else _UNLIKELY_BASINS
        doubtful = ~(minima.values < self._largest_value(probability))
        if self.setup.shapes:
            pulls = minima.parameters[:, 1:][:, self.setup.shapes] - auxiliary[:, self.setup.shapes]
            doubtful |= np.abs(pulls).max(axis=1) > _LARGE_PULL
        return np.asarray(doubtful | self._at_end(minima))

    def _at_end(self, minima: Searched) -> Mask:
        """Tell which estimates stand at an end of the range of free fits."""
        if self.setup.squared is not None:
            return np.zeros(len(minima.values), np.bool_)
        low, high = self.model.symmetric_range
        if math.isinf(low) and math.isinf(high):
            return np.zeros(len(minima.values), np.bool_)
        return np.asarray((minima.parameters[:, 0] <= low) | (minima.parameters[:, 0] >= high))

    def _free_fit(self, problem: Problem, below: float, above: float) -> Searched:
        """Fit freely from the linear estimate; the result is sure on the branch of the physical range."""
        range_ = self.setup.bounds if self.setup.squared is not None else self.setup.edges
        start = np.zeros(problem.size)
        parameters, values, failed = problem.minima(start, *range_, estimator=self.setup.estimator)
        poi = parameters[:, 0]
        if not all(map(math.isinf, range_)):
            np.clip(poi, *range_, out=poi)
        if failed.any():
            values[failed] = math.inf
        unsure = failed
        if below > -math.inf:
            unsure = unsure | ~(poi > below)
        if above < math.inf:
            unsure = unsure | ~(poi < above)
        return Searched(
            parameters=parameters,
            values=values,
            unsure=unsure,
            minima=LocalMinima.none(parameters.shape[1]),
        )

    def _starts(self, problem: Problem) -> list[Array | None]:
        """List the starts: those of the model, those of the data, and None for the linear estimate."""
        starts: list[Array | None] = [
            np.column_stack([np.full(problem.size, poi), problem.auxiliary]) for poi in self.setup.begins
        ]
        starts += data_starts(self.model, problem, *self.setup.bounds)
        return starts if self.setup.estimator is None else [*starts, None]

    def _from_more_starts_or_grid(self, problem: Problem) -> Searched:
        """Search from more starts in the pulls, and from a grid where the result is still improbable."""
        minima, starts = self._from_many_starts(problem)
        hopeless = ~(minima.values < self._largest_value(_HOPELESS))
        rows = np.flatnonzero(minima.unsure | self._at_end(minima) | hopeless)
        if len(rows):
            earlier = [None if start is None else start[rows] for start in starts]
            subset = problem.of(rows)
            minima = minima.updated(searched_from(self.setup, subset, earlier, self._dips(subset)), rows)
        return minima

    def _from_many_starts(self, problem: Problem) -> tuple[Searched, list[Array | None]]:
        """Search from more starts in the pulls; return the minima and the starts."""
        starts = self._starts(problem)
        for pulls in pull_starts(self.model, problem.auxiliary)[1:]:
            starts += [np.column_stack([np.full(problem.size, poi), pulls]) for poi in self.setup.begins]
        return searched_from(self.setup, problem, starts), starts

    def _dips(self, problem: Problem) -> list[Dips]:
        """Find the deepest local minima of profiles on a grid over the physical range."""
        low, high = self.setup.bounds
        grid = self.model.grid ** (2 if self.setup.squared is not None else 1)
        points = np.unique(np.concatenate([[low], grid[(grid > low) & (grid < high)], [high]]))
        return deepest_dips(self.model, problem, points[np.isfinite(points)])


def _thrown_trials(model: FitModel, spread: float) -> tuple[Array, Array]:
    """Throw trial data of a model, counts and pulls; their scatter is `spread` times that of real data."""
    random, mu = np.random.default_rng(_SEED), model.templates.expected(model.anchor)
    shape = (_TRIALS, len(mu))
    if model.likelihood == "paper":
        counts = random.normal(mu, spread * model.errors, shape)
    elif spread > 1.0:  # means that scatter by a gamma distribution
        wider = spread**2 - 1.0
        counts = random.poisson(random.gamma(mu / wider, wider, shape)).astype(np.float64)
    else:
        counts = random.poisson(mu, shape).astype(np.float64)
    return counts, spread * random.standard_normal((_TRIALS, len(model.nominal)))
