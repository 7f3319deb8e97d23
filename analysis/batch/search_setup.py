"""Ranges, tables and starting values of searches for minima of one model."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.layout import Layout
from analysis.batch.far_regions import FarRegions, far_regions
from analysis.batch.linear import Linear, linearised
from analysis.batch.spline import tabulated
from analysis.likelihood import excluded, model_starts, profiled, turning_points
from analysis.model import EVEN, FitModel, layouts

__all__ = ["SearchSetup"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SearchSetup:
    """Ranges, tables and starting values that all searches for minima of one model share.

    Parameters
    ----------
    model : FitModel
    """

    model: FitModel

    @cached_property
    def layout(self) -> Layout | None:
        """The model in arrays; None where it cannot be tabulated."""
        m = self.model
        if m.polynomial is not None or self.table[1] is None:
            return m.polynomial
        return layouts.pieces(m.templates, m.likelihood, m.errors, *self.table[1])

    @cached_property
    def table(self) -> tuple[tuple[float, float], tuple[Array, Array] | None]:
        """The tabulated range, and the table; None if no range could be tabulated."""
        return tabulated(self.model, min(self.starts), max(self.starts), *self.model.symmetric_range)

    @cached_property
    def edges(self) -> tuple[float, float]:
        """Range of the parameter of interest in free fits, or of its table."""
        return self.model.symmetric_range if self.model.polynomial is not None else self.table[0]

    @property
    def is_even(self) -> bool:
        """Whether the counts are independent of the sign of the parameter of interest."""
        return self.model.templates.poi in EVEN

    @cached_property
    def starts(self) -> tuple[float, ...]:
        """Starting values of the parameter of interest, for all data sets."""
        return model_starts(self.model)

    @cached_property
    def linear(self) -> Linear | None:
        """Linear estimator around the first start."""
        return linearised(self.model, self.starts[0], *self.edges)

    @cached_property
    def squared(self) -> Layout | None:
        """The model in the square of the parameter, if the counts depend on the square only; else None."""
        m = self.model
        if not self.is_even or m.templates.coefficients is None:
            return None
        constant, _, quadratic = m.templates.coefficients
        powers = np.stack([constant, quadratic])[None]
        return layouts.pieces(m.templates, m.likelihood, m.errors, np.zeros(1), powers)

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """The tabulated part of the physical range; of the square if the square is fitted."""
        (low, high), (first, last) = self.model.physical, self.edges
        low, high = (0.0 if self.is_even else max(low, first)), min(high, last)
        return (low**2, high**2) if self.squared is not None else (low, high)

    @cached_property
    def branch(self) -> tuple[float, float] | None:
        """Range around the physical one without turning points of a bin's counts; None if one is inside.

        In this range -2 ln L has one basin: a free fit gives the minimum directly.
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
    def estimator(self) -> Array | None:
        """Linear estimator of the fitted parameter: the parameter of interest, or its square."""
        linear = self.linear
        if self.squared is not None:
            linear = linearised(self.model, self.starts[0] ** 2, *self.bounds, squared=True)
        return None if linear is None else linear.estimator

    @cached_property
    def shapes(self) -> list[int]:
        """Indices of the nuisance parameters that change shapes."""
        return [m for m, n in enumerate(self.model.templates.nuisances) if n.is_shape]

    @cached_property
    def begins(self) -> tuple[float, ...]:
        """Starting values of the fitted parameter: the parameter of interest, or its square."""
        power = 2 if self.squared is not None else 1
        low, high = self.bounds
        return tuple(min(max(poi**power, low), high) for poi in self.starts)

    @cached_property
    def mirrors(self) -> tuple[float, ...]:
        """Turning points of counts within the physical range: the first, their mean and the last."""
        low, high = self.bounds
        turning = turning_points(self.model)
        physical = turning[(turning > low) & (turning < high)]
        if not len(physical) or self.squared is not None:
            return ()
        return tuple(sorted({float(physical[0]), float(physical.mean()), float(physical[-1])}))

    @cached_property
    def outside(self) -> tuple[Array, Layout] | None:
        """Points of the grid beyond the table that data may prefer, and the model there; None if none."""
        m, (low, high) = self.model, self.edges
        points = m.grid[(m.grid < low) | (m.grid > high)]
        if m.polynomial is not None or not len(points):
            return None
        values, _ = profiled(m, m.templates.expected(m.anchor), m.nominal, points)
        points = points[values < excluded(m)]
        return (points, m.layout_at(points)) if len(points) else None

    @cached_property
    def far(self) -> FarRegions | None:
        """Values that limits may miss; None if the signal is a polynomial, or data exclude all of them."""
        if self.model.polynomial is not None or self.layout is None:
            return None
        return far_regions(self.model, self.edges[1])

    @cached_property
    def open_ends(self) -> tuple[float, float]:
        """Ends of the physical range that free fits may cross; NaN for an end that they may not."""
        if self.squared is not None or self.is_even:
            return math.nan, math.nan
        ends = zip(self.bounds, self.edges, self.model.physical, strict=True)
        low, high = (end if end != last and end == physical else math.nan for end, last, physical in ends)
        return low, high
