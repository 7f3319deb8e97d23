"""The model of a fit: expected counts, nuisance parameters, likelihood and ranges, for all data sets."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import cost as _cost
from analysis.batch.engine._kernels.layout import Layout
from analysis.model import layouts
from analysis.model.degeneracy import undetermined
from analysis.model.delta_m2_grid import wave_points
from analysis.model.ranges import EVEN, experiment_range, stated_end
from analysis.model.templates import Templates
from simgen.parameters import parameter_range

__all__ = ["REACH", "FitModel"]

Array = NDArray[np.float64]

REACH = 1e6
"""Scans of an unbounded range end at this many times the expected resolution."""

_SMALLEST = 1e-45
"""Least step in a search for the scale of a parameter: that of the charge radius, in cm², is about 1e-33."""


@dataclass(frozen=True, kw_only=True)
class FitModel:
    """Model of the fits of one experiment, the same for all data sets.

    Parameters
    ----------
    templates : Templates
    likelihood : {"poisson", "paper", "templates"}
    errors : ndarray, shape (n_bins,) or (0,)
        Absolute errors of the paper's χ²; relative ones of templates; empty for Poisson.
    bounded : bool
        Whether free fits stay in the physical range of the parameter of interest.
    """

    templates: Templates
    likelihood: str
    errors: Array
    bounded: bool = False

    @cached_property
    def range(self) -> tuple[float, float]:
        """Range of the parameter of interest in a free fit."""
        low, high = experiment_range(self.templates.experiments, self.templates.model, self.templates.poi)
        if not self.bounded:
            return low, high
        lowest, highest = parameter_range(self.templates.poi)
        return max(low, lowest), min(high, highest)

    @property
    def stated_range(self) -> tuple[float, float]:
        """The same range as it is quoted: see `analysis.model.ranges.stated_end`."""
        low, high = (stated_end(self.templates.poi, end) for end in self.range)
        return low, high

    @property
    def symmetric_range(self) -> tuple[float, float]:
        """Range of a free fit, extended to both signs for a parameter in which the counts are even."""
        low, high = self.range
        return (-high if self.templates.poi in EVEN else low), high

    @cached_property
    def physical(self) -> tuple[float, float]:
        """Physical part of the range of a free fit."""
        low, high = parameter_range(self.templates.poi)
        return max(low, self.range[0]), min(high, self.range[1])

    @property
    def truth(self) -> float:
        """Value of the parameter of interest in the model."""
        return self.templates.model.parameters[self.templates.poi]

    @cached_property
    def anchor(self) -> float:
        """The model's value, or the end of the physical range next to it."""
        low, high = self.physical
        return min(max(self.truth, low), high)

    @cached_property
    def scale(self) -> float:
        """Step of the parameter from the model's value that changes -2 ln L of exact data by 1.

        It is a step upwards, or downwards if no step upwards is large enough. Infinity, if there is no such
        step in the range or up to `REACH`: the experiment is not sensitive to the parameter.
        """
        exact, nominal = self.templates.expected(self.anchor), self.nominal
        floor = self.deviance(exact, nominal, self.anchor, nominal)
        low, high = self.range
        smallest = max(_SMALLEST, 1e-15 * abs(self.anchor))
        decades = np.geomspace(smallest, REACH, 2 + round(math.log10(REACH / smallest)))
        for sign, distance in ((1, high - self.anchor), (-1, self.anchor - low)):

            def changes(step: float, sign: int = sign) -> bool:
                return self.deviance(exact, nominal, self.anchor + sign * step, nominal) - floor >= 1

            for lower, upper in pairwise(np.minimum(decades, distance)):
                if not changes(upper):
                    continue
                return next(
                    (float(s) for s in np.geomspace(lower, upper, 7)[1:-1] if changes(s)), float(upper)
                )
        return math.inf

    @property
    def width(self) -> float:
        """The scale; 1 for an experiment that is not sensitive to the parameter."""
        return self.scale if math.isfinite(self.scale) else 1.0

    @cached_property
    def grid(self) -> Array:
        """Points over the physical range of the parameter of interest, shape (n,)."""
        low, high = self.physical
        steps = self.width * np.concatenate(
            [[0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12], np.geomspace(16, REACH, 60)]
        )
        candidates = [np.array([self.anchor]), self.anchor - steps, self.anchor + steps]
        if math.isfinite(low):
            candidates += [np.array([low]), low + steps]
        if math.isfinite(low) and math.isfinite(high):
            candidates.append(np.linspace(low, high, 101))
        if self.templates.poi == "delta_m2":
            candidates.append(wave_points(self.templates))
        points = np.unique(np.concatenate(candidates))
        return np.asarray(points[(points >= low) & (points <= high)])

    @cached_property
    def fine_grid(self) -> Array:
        """Points close enough to resolve narrow allowed and excluded regions, shape (n,)."""
        if self.templates.poi != "delta_m2":
            return self.grid
        low, high = self.physical
        points = np.union1d(self.grid, wave_points(self.templates, per_turn=32, negligible=1e-5))
        return np.asarray(points[(points >= low) & (points <= high)])

    @property
    def farthest(self) -> float:
        """Largest value to which scans go."""
        return float(self.grid[-1])

    @property
    def nominal(self) -> Array:
        """Nominal auxiliary measurements, shape (n_nuisances,)."""
        return np.zeros(len(self.templates.nuisances))

    @cached_property
    def undetermined(self) -> tuple[tuple[str, ...], ...]:
        """Names of free nuisance parameters that the counts cannot distinguish, by groups."""
        names = [n.name for n in self.templates.nuisances]
        return tuple(tuple(names[m] for m in group) for group in undetermined(self.templates))

    @cached_property
    def vague(self) -> NDArray[np.bool_]:
        """Which parameters of the fit belong to such a group, shape (1 + n_nuisances,)."""
        vague = {name for group in self.undetermined for name in group}
        return np.array([False, *(n.name in vague for n in self.templates.nuisances)])

    @cached_property
    def polynomial(self) -> Layout | None:
        """The model in arrays, where the signal is a polynomial in the parameter of interest; else None."""
        return layouts.polynomial(self.templates, self.likelihood, self.errors)

    @cached_property
    def unexpanded(self) -> Layout:
        """The model in arrays without its signal, for signals that are given from outside."""
        t = self.templates
        return layouts.at_points(
            t, self.likelihood, self.errors, np.zeros(1), np.zeros((1, t.n_layers, t.n_bins))
        )

    def layout_at(self, points: Array) -> Layout:
        """Return the model in arrays with the signal at given values of the parameter of interest only."""
        t = self.templates
        layers = np.array([t.layers(float(p)) for p in points])
        return layouts.at_points(t, self.likelihood, self.errors, points, layers)

    @cached_property
    def on_grid(self) -> Layout:
        """The model in arrays with the signal at the points of the grid only."""
        return self.layout_at(self.grid)

    @cached_property
    def on_fine_grid(self) -> Layout:
        """The model in arrays; if it is no polynomial, with the signal on the fine grid only."""
        return self.layout_at(self.fine_grid) if self.polynomial is None else self.polynomial

    def deviance(self, counts: Array, auxiliary: Array, poi: float, pulls: Array) -> float:
        """Evaluate -2 ln L/L_saturated of one data set at one point, plus the constraints.

        Parameters
        ----------
        counts : ndarray, shape (n_bins,)
        auxiliary : ndarray, shape (n_nuisances,)
            Measured pulls.
        poi : float
        pulls : ndarray, shape (n_nuisances,)
        """
        if self.polynomial is not None:
            return float(_cost.polynomial_cost(self.polynomial, poi, pulls, counts, auxiliary))
        return float(_cost.cost(self.unexpanded, self.templates.layers(poi), pulls, counts, auxiliary))
