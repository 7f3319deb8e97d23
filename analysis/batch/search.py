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
"""A minimum whose -2 ln L is larger than with this probability is searched for again, from more starts; the
second where uncertainties change shapes and exact data of the model have several minima."""
_SEVERAL, _SEVERAL_BASINS = 0.05, 0.2
"""The same where uncertainties change shapes and trial data have several minima from more starts."""
_LARGE_PULL = 3.0
"""So is one with a pull of a shape so far from its measurement."""
_TRIALS, _SEED, _MISSED = 2048, 1, 1e-3
"""Trial data sets of a model, their seed, and by how much of -2 ln L a minimum is missed."""
_WIDER = 2.0
"""As many trial data sets scatter by so many times as much: second minima show in them much more often."""
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
        found = searched_from(self.setup, problem, begins)
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
        searched = released(self.setup, problem, m.parameters, m.values)
        return replace(searched, unsure=searched.unsure | (found.unsure & smooth.unsure))

    def _first(self, problem: Problem) -> Searched:
        """Search from few starts."""
        if self.setup.branch is None or self.setup.estimator is None:
            return searched_from(self.setup, problem, self._starts(problem))
        return self._freely(problem, *self.setup.branch)

    @property
    def misses(self) -> bool:
        """Whether few starts miss a minimum of trial data, where shapes can give -2 ln L several."""
        return bool(self.setup.shapes) and (self.careful or self._trials[0])

    @cached_property
    def _trials(self) -> tuple[bool, bool]:
        """Whether few starts miss minima of trial data unnoticed, and whether such data have several minima.

        The second is asked of data that scatter too widely, too.
        """
        layout = self.setup.squared if self.setup.squared is not None else self.setup.layout
        if layout is None:
            return False, True
        deeper, trusted = [], []
        for spread in (1.0, _WIDER):
            counts, auxiliary = _thrown(self.model, spread)
            problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
            few = self._first(problem)
            many = self._thoroughly(problem) if spread == 1.0 else self._from_many(problem)[0]
            deeper.append(~(many.values >= few.values - _MISSED))
            trusted.append(~(few.unsure | self._unlikely_or_far(few, auxiliary, several=True)))
        return bool(np.any(deeper[0] & trusted[0])), bool(np.any(deeper))

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
        several = bool(self.setup.shapes) and not self.careful and self._trials[1]
        return self._unlikely_or_far(found, auxiliary, several=several)

    def _unlikely_or_far(self, found: Searched, auxiliary: Array, *, several: bool) -> Mask:
        """As `_doubtful`, of a model whose data are known to have several minima, or not to."""
        probability = _SEVERAL if several else _UNLIKELY
        if self.setup.shapes and (len(self.setup.starts) > 1 or len(self.setup.mirrors) > 0):
            probability = _SEVERAL_BASINS if several else _UNLIKELY_BASINS
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
        found, starts = self._from_many(problem)
        hopeless = ~(found.values < self._unlikely(_HOPELESS))
        left = np.flatnonzero(found.unsure | self._at_end(found) | hopeless)
        if len(left):
            earlier = [None if start is None else start[left] for start in starts]
            part = problem.of(left)
            found = found.updated(searched_from(self.setup, part, earlier, self._dips(part)), left)
        return found

    def _from_many(self, problem: Problem) -> tuple[Searched, list[Array | None]]:
        """Search from more starts in the pulls, and return these, too."""
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


def _thrown(model: FitModel, spread: float) -> tuple[Array, Array]:
    """Throw trial data of a model, counts and pulls, with so many times the scatter of real ones."""
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
