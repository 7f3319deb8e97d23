"""Allowed regions above the limits that are found from a table of the model."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.batch.dips import blocks, lowest_profiles
from analysis.batch.engine import Problem
from analysis.batch.engine._kernels.layout import Layout
from analysis.likelihood import excluded, near_extremes, profiled
from analysis.model import FitModel

__all__ = ["FarRegions", "far_regions"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_SPACING = 0.1
"""Distance of the points that are looked at first: the root of the sum of squares of the differences of their
counts and variations of counts, in standard deviations."""
_SAFETY = 2.0
"""Factor on that distance, because -2 ln L of few counts is no square of a distance."""
_FEWEST = 0.1
"""Least expected counts of a bin in its standard deviation."""


@dataclass(frozen=True, kw_only=True)
class FarRegions:
    """Values of the parameter of interest that data may allow, although fits from a table do not go there.

    Parameters
    ----------
    model : FitModel
    points : ndarray, shape (k,)
        Ascending, close enough to resolve regions.
    layout : Layout
        The model at these values.
    first : ndarray of int
        Indices of the points that are looked at first.
    first_layout : Layout
        The model there.
    """

    model: FitModel
    points: Array
    layout: Layout
    first: NDArray[np.intp]
    first_layout: Layout

    def above(self, counts: Array, auxiliary: Array, limits: Array, levels: Array) -> Mask:
        """Tell which data sets may allow values above their limits.

        Parameters
        ----------
        counts : ndarray, shape (n, n_bins)
        auxiliary : ndarray, shape (n, n_nuisances)
        limits, levels : ndarray, shape (n,)
            Upper limits, and -2 ln L/L_saturated up to which a value is allowed.

        Returns
        -------
        ndarray of bool, shape (n,)
            Where a point above the limit is allowed, or the profile may dip to the level between points.
        """
        problem = Problem(layout=self.layout, counts=counts, auxiliary=auxiliary)
        found = np.zeros(len(counts), np.bool_)
        for block in blocks(problem, self.points):
            rows = block[self.may_be_above(counts[block], auxiliary[block], limits[block], levels[block])]
            if len(rows):
                values = lowest_profiles(self.model, problem.of(rows), self.points)[0].T
                level = levels[rows, None]
                allowed = (values <= level) | (near_extremes(self.points, values, level) & (values > level))
                allowed |= np.isinf(values)  # what no search has found, that of single data sets may
                found[rows] = np.any(allowed & (self.points > limits[rows, None]), axis=1)
        return found

    def may_be_above(self, counts: Array, auxiliary: Array, limits: Array, levels: Array) -> Mask:
        """Tell the same from few points, also where a point between them may be allowed.

        The root of -2 ln L is the distance of data and model, which differs from that to another point by
        no more than the distance of the two.
        """
        points = self.points[self.first]
        problem = Problem(layout=self.first_layout, counts=counts, auxiliary=auxiliary)
        values = lowest_profiles(self.model, problem, points)[0].T
        allowed = np.sqrt(np.maximum(values, 0)) <= np.sqrt(levels)[:, None] + _SAFETY * _SPACING
        allowed |= np.isinf(values)
        ends = np.append(points[1:], math.inf)
        return np.asarray(np.any(allowed & (ends > limits[:, None]), axis=1))


def far_regions(model: FitModel, highest: float) -> FarRegions | None:
    """Choose the points that limits from a table may miss; None if data exclude all of them.

    These are points above the table. Of Δm², of which each oscillation may give a region, they are all.

    Parameters
    ----------
    model : FitModel
    highest : float
        Upper end of the table.
    """
    points, layout = model.fine_grid, model.on_fine_grid
    exact = model.templates.expected(model.anchor)
    values, _ = profiled(model, exact, model.nominal, points, layout=layout)
    possible = values < excluded(model)
    if model.templates.poi != "delta_m2":
        possible &= points > highest
    if not possible.any():
        return None
    possible[:-1] |= possible[1:]
    possible[1:] |= possible[:-1]
    signal = layout.powers[possible, 0] / np.sqrt(np.maximum(exact, _FEWEST))  # with its variations
    points, first = points[possible], [0]
    for i in range(1, len(points)):
        if np.sum((signal[i] - signal[first[-1]]) ** 2) > _SPACING**2:
            first.append(i)
    return FarRegions(
        model=model,
        points=points,
        layout=model.layout_at(points),
        first=np.array(first),
        first_layout=model.layout_at(points[first]),
    )
