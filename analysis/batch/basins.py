"""Local minima from given starts: in the physical range first, then released, each within its own basin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch.dips import Dips, beyond_end, narrowed
from analysis.batch.engine import Problem
from analysis.batch.search_setup import SearchSetup
from analysis.likelihood import LocalMinima, Searched, deepest

__all__ = ["released", "searched_from"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounded:
    """Minima in the physical range, of k starts of each of n data sets.

    Parameters
    ----------
    parameters : ndarray, shape (n, k, 1 + n_nuisances)
        NaN where no minimum was found.
    values : ndarray, shape (n, k)
        -2 ln L; infinity where no minimum was found.
    failed : ndarray of bool, shape (n, k)
    beyond : ndarray, shape (n, k)
        -2 ln L at the end of the table where the minimum lies beyond it, else infinity.
    """

    parameters: Array
    values: Array
    failed: Mask
    beyond: Array

    def and_(self, *others: "_Bounded") -> "_Bounded":
        """Join with the minima from other starts of the same data sets."""
        parts = (self, *others)
        return _Bounded(
            parameters=np.concatenate([x.parameters for x in parts], axis=1),
            values=np.concatenate([x.values for x in parts], axis=1),
            failed=np.concatenate([x.failed for x in parts], axis=1),
            beyond=np.concatenate([x.beyond for x in parts], axis=1),
        )


def searched_from(
    setup: SearchSetup, problem: Problem, starts: Sequence[Array | None], dips: Sequence[Dips] = ()
) -> Searched:
    """Search from starts with the parameter of interest in its physical range; then release.

    Every dip of the profile is followed: where the search from a dip fails, golden sections find its minimum.

    Parameters
    ----------
    setup : SearchSetup
    problem : Problem
    starts : sequence of ndarray, shape (n, 1 + n_nuisances), or None
        None is the linear estimate.
    dips : sequence of Dips, optional
    """
    minima = _bounded(setup, problem, starts)
    if dips:
        minima = replace(minima, failed=np.zeros_like(minima.failed))
        minima = minima.and_(*(_into(setup, problem, dip) for dip in dips))
    elif setup.mirrors:
        best = _deepest(setup, problem, minima)
        minima = minima.and_(_bounded(setup, problem, [_mirrored(setup, best, x) for x in setup.mirrors]))
    searched = released(setup, problem, minima.parameters, minima.values)
    # -2 ln L is lower at the end of the table: the minimum may lie beyond it
    searched.values[minima.beyond.min(axis=1) < searched.minima.values.min(axis=1)] = math.inf
    return replace(searched, unsure=searched.unsure | minima.failed.any(axis=1))


def released(setup: SearchSetup, problem: Problem, minima: Array, depths: Array) -> Searched:
    """Follow minima at an end of the physical range beyond it, each within its basin; choose the deepest.

    Parameters
    ----------
    setup : SearchSetup
    problem : Problem
    minima : ndarray, shape (n, k, 1 + n_nuisances)
        Local minima in the physical range.
    depths : ndarray, shape (n, k)
        -2 ln L there.
    """
    free_parameters, free_values = minima.copy(), depths.copy()
    lost = np.zeros(problem.size, np.bool_)
    for edge, end in zip(setup.edges, setup.open_ends, strict=True):
        rows, columns = np.nonzero(minima[..., 0] == end)
        if len(rows):
            free_parameters[rows, columns], free_values[rows, columns], failed = beyond_end(
                problem.of(rows),
                minima[rows, columns],
                end=end,
                last=edge,
                is_end=edge in setup.model.range,
                width=setup.model.width,
            )
            lost[rows[failed]] = True
    square = setup.squared is not None
    low, high = setup.bounds if square else setup.model.physical
    best = deepest(
        free_values, free_parameters[..., 0], low, high, setup.model.anchor ** (2 if square else 1)
    )
    rows = np.arange(problem.size)
    return Searched(
        parameters=free_parameters[rows, best],
        values=free_values[rows, best],
        unsure=lost,
        minima=LocalMinima(
            which=rows,
            parameters=minima,
            values=depths,
            released=free_parameters,
            released_values=free_values,
        ),
    )


def _bounded(setup: SearchSetup, problem: Problem, starts: Sequence[Array | None]) -> _Bounded:
    """Find minima in the physical range, from all starts at once."""
    low, high = setup.bounds
    explicit = [start for start in starts if start is not None]
    shape = (len(starts), problem.size)
    parameters = np.empty((*shape, 1 + problem.auxiliary.shape[1]))
    values, failed = np.empty(shape), np.empty(shape, np.bool_)
    if explicit:
        is_explicit = np.array([start is not None for start in starts])
        parameters[is_explicit], values[is_explicit], failed[is_explicit] = problem.minima(
            np.stack(explicit), low, high
        )
    for j in (j for j, start in enumerate(starts) if start is None):
        origins = np.zeros(problem.size)
        parameters[j], values[j], failed[j] = problem.minima(origins, low, high, estimator=setup.estimator)
    poi = np.clip(parameters[..., 0], low, high, out=parameters[..., 0])
    outside = np.zeros(shape, np.bool_)
    if setup.squared is None:
        lowest, highest = setup.model.physical
        if low > (0.0 if setup.is_even else lowest):
            outside |= poi <= low
        if high < highest:
            outside |= poi >= high
    missing = failed | outside
    return _Bounded(
        parameters=np.where(missing[..., None], math.nan, parameters).transpose(1, 0, 2),
        values=np.where(missing, math.inf, values).T,
        failed=failed.T,
        beyond=np.where(outside & ~failed, values, math.inf).T,
    )


def _into(setup: SearchSetup, problem: Problem, dip: Dips) -> _Bounded:
    """Find the minima of dips."""
    minima = _bounded(setup, problem, [dip.start])
    rows = np.flatnonzero(minima.failed[:, 0])
    if len(rows):
        failed_dips = Dips(start=dip.start[rows], low=dip.low[rows], high=dip.high[rows])
        parameters, values, failed = narrowed(problem.of(rows), failed_dips)
        minima.parameters[rows, 0], minima.values[rows, 0], minima.failed[rows, 0] = (
            parameters,
            values,
            failed,
        )
    return minima


def _deepest(setup: SearchSetup, problem: Problem, minima: _Bounded) -> Array:
    """Return the parameters at the deepest minima so far, else those of the first start."""
    best = minima.parameters[np.arange(problem.size), np.argmin(minima.values, axis=1)]
    first = np.column_stack([np.full(problem.size, setup.begins[0]), problem.auxiliary])
    return np.where(np.isnan(best), first, best)


def _mirrored(setup: SearchSetup, best: Array, turning_point: float) -> Array:
    """Mirror the deepest minima at a turning point of the counts."""
    start = best.copy()
    start[:, 0] = np.clip(2 * turning_point - best[:, 0], *setup.bounds)
    return start
