"""Minima at kinks of -2 ln L: a bin has no counts, and uncertain shapes let the model expect 0 there."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import Problem
from analysis.likelihood import LocalMinima, Searched
from analysis.model import FitModel

__all__ = ["kinked", "lifted", "with_minima_of"]

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

_PULLED = 2.0
"""Pull of a shape, in standard deviations, from which a bin's expectation may be negative."""
_NEAR = 0.05
"""Counts below which an expectation is close to the kink."""
_LIFT = 1e-4
"""Counts that replace 0 in a bin: -2 ln L then has no kink, and rises towards an expectation of 0."""


def kinked(
    model: FitModel, shapes: list[int], found: Searched, problem: Problem, *, squared: bool
) -> Indices:
    """List data sets whose minimum lies at a kink, or beyond it.

    Parameters
    ----------
    model : FitModel
    shapes : list of int
        Indices of the nuisance parameters that change shapes.
    found : Searched
        Minima of the data sets.
    problem : Problem
        The same data sets.
    squared : bool
        The search is in the square of the parameter of interest.
    """
    if not shapes or model.likelihood == "paper":
        return np.empty(0, np.intp)
    empty = problem.counts == 0
    if not empty.any():
        return np.empty(0, np.intp)
    pulls = found.parameters[:, 1:]
    is_pulled = np.abs(pulls[:, shapes]).max(axis=1) > _PULLED
    is_pulled |= np.abs(pulls[:, shapes] - problem.auxiliary[:, shapes]).max(axis=1) > _PULLED
    candidates = np.flatnonzero(empty.any(axis=1) & (is_pulled | found.unsure) & np.isfinite(found.values))
    rows = [
        i
        for i in candidates
        if found.unsure[i]
        or np.any(model.templates.expected(_poi(found.parameters[i], squared), pulls[i])[empty[i]] < _NEAR)
    ]
    return np.array(rows, np.intp)


def lifted(problem: Problem) -> Problem:
    """Return the data sets with 1e-4 in place of 0 counts, so that -2 ln L is smooth at their minima."""
    return replace(problem, counts=np.where(problem.counts == 0, _LIFT, problem.counts))


def with_minima_of(
    model: FitModel, problem: Problem, found: LocalMinima, other: LocalMinima, *, squared: bool
) -> LocalMinima:
    """Add minima of lifted data sets to those of the original ones, with -2 ln L of the original counts.

    Parameters
    ----------
    model : FitModel
    problem : Problem
        The original data sets.
    found, other : LocalMinima
        Minima of the original and of the lifted data sets, in the order of `problem`.
    squared : bool
        As for `kinked`.
    """
    depths = np.full(other.values.shape, math.inf)
    for i, k in zip(*np.nonzero(np.isfinite(other.values)), strict=True):
        poi, pulls = _poi(other.parameters[i, k], squared), other.parameters[i, k, 1:]
        depths[i, k] = model.deviance(problem.counts[i], problem.auxiliary[i], poi, pulls)
    return LocalMinima(
        which=found.which,
        parameters=np.concatenate([found.parameters, other.parameters], axis=1),
        values=np.concatenate([found.values, depths], axis=1),
        released=np.concatenate([found.released, other.parameters], axis=1),
        released_values=np.concatenate([found.released_values, depths], axis=1),
    )


def _poi(parameters: Array, squared: bool) -> float:
    return math.sqrt(max(parameters[0], 0.0)) if squared else float(parameters[0])
