"""The likelihood of one data set."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis import layouts
from analysis._kernels import cost as _cost
from analysis._kernels.layout import Layout
from analysis.batch import Problem
from analysis.histograms import describe_bin
from analysis.templates import Templates
from detsim.folding import fold

__all__ = ["Likelihood", "paper_errors", "template_errors"]

Array = NDArray[np.float64]

_NOTICED = 0.01
"""Expected counts of signal from which on a bin must not be empty in a sample."""


def paper_errors(templates: Templates, error_per_bin: float) -> Array:
    """Compute the absolute errors of the paper's χ², σ N_i^SM, shape (n_bins,).

    Raises
    ------
    ValueError
        If the standard model expects nothing in a bin.
    """
    empty = np.flatnonzero(templates.reference <= 0)
    if empty.size:
        number, i = _place(templates, int(empty[0]))
        where = describe_bin(templates.experiments[number].detector, i)
        raise ValueError(
            f"likelihood = 'paper' needs counts in every bin, and the standard model expects none {where}: "
            "change detector.bins, or take likelihood = 'poisson'"
        )
    return error_per_bin * templates.reference


def template_errors(templates: Templates) -> Array:
    """Compute the relative statistical errors of sampled expectations, shape (n_bins,).

    (Σw²)^½ over all that is expected, for the model of the templates; backgrounds are exact.

    Raises
    ------
    ValueError
        If a bin in which signal is expected has none of the events of the sample.
    """
    model, expected = templates.model, templates.expected(templates.model.parameters[templates.poi])
    variances = np.concatenate([s.variances(model)[1:-1] for s in templates.samples])
    exact = np.concatenate([fold(e, model).signal(model)[1:-1] for e in templates.experiments])
    empty = np.flatnonzero((variances == 0) & (exact > _NOTICED))
    if empty.size:
        number, i = _place(templates, int(empty[0]))
        where = describe_bin(templates.experiments[number].detector, i)
        raise ValueError(
            f"no event of the sample was recorded {where}, where {exact[empty[0]]:.2g} counts of signal are "
            "expected: raise fit.template_events, or take templates = 'quadrature'"
        )
    return np.asarray(np.sqrt(variances) / np.where(variances > 0, expected, 1.0))


def _place(templates: Templates, i: int) -> tuple[int, int]:
    """Find the experiment of a bin, and its number there."""
    for number, bins in enumerate(templates.bins):
        if bins.start <= i < bins.stop:
            return number, i - bins.start
    raise IndexError(i)


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """-2 ln L of a data set as a function of (poi, pulls of the nuisance parameters).

    Parameters
    ----------
    templates : Templates
    counts : ndarray, shape (n_bins,)
        Data.
    auxiliary : ndarray, shape (n_nuisances,)
        Measured pulls; 0 is nominal.
    kind : {"poisson", "paper", "templates"}
    spread : ndarray, shape (n_bins,) or (0,)
        Absolute errors of the paper's χ², or relative errors of templates; empty: binned Poisson.
    """

    templates: Templates
    counts: Array
    auxiliary: Array
    kind: str
    spread: Array

    def __call__(self, parameters: Sequence[float]) -> float:
        """Evaluate -2 ln L/L_saturated, plus the constraints."""
        return self._evaluate(parameters[0], np.asarray(parameters[1:], np.float64))

    @cached_property
    def _evaluate(self) -> Callable[[float, Array], float]:
        t, rest = self.templates, (self.counts, self.auxiliary)
        layout = layouts.polynomial(t, self.kind, self.spread)
        if layout is not None:
            return lambda poi, pulls: _cost.polynomial_cost(layout, poi, pulls, *rest)
        points, layers = np.zeros(1), np.zeros((1, t.n_layers, t.n_bins))
        general = layouts.at_points(t, self.kind, self.spread, points, layers)
        return lambda poi, pulls: _cost.cost(general, t.layers(poi), pulls, *rest)

    def profile(self, points: ArrayLike, held: Mapping[int, float] | None = None) -> tuple[Array, Array]:
        """Minimise over the nuisance parameters at values of the parameter of interest.

        Parameters
        ----------
        points : array_like, shape (n,)
        held : mapping of int to float, optional
            Pulls of nuisance parameters that are fixed, by their number.

        Returns
        -------
        values : ndarray, shape (n,)
            -2 ln L/L_saturated.
        pulls : ndarray, shape (n, n_nuisances)
        """
        t = self.templates
        wanted = np.atleast_1d(np.asarray(points, np.float64))
        layout = layouts.polynomial(t, self.kind, self.spread)
        if layout is None:
            knots = np.unique(wanted)
            layers = np.array([t.layers(float(p)) for p in knots])
            layout = layouts.at_points(t, self.kind, self.spread, knots, layers)
        parameters, values, _ = self._problem(layout, len(wanted), held).profile(wanted)
        return values, parameters[:, 1:]

    def _problem(self, layout: Layout, n: int, held: Mapping[int, float] | None = None) -> Problem:
        """Repeat the data n times."""
        mask, pulls = np.zeros(len(self.auxiliary), np.bool_), self.auxiliary.copy()
        for number, pull in (held or {}).items():
            mask[number], pulls[number] = True, pull
        return Problem(
            layout=layout,
            counts=np.tile(self.counts, (n, 1)),
            auxiliary=np.tile(self.auxiliary, (n, 1)),
            held=mask,
            pulls=pulls,
        )

    def errors(self, parameters: ArrayLike, step: float, *, fixed: bool = False) -> Array | None:
        """Compute errors from the second derivatives of -2 ln L at a point.

        Parameters
        ----------
        parameters : array_like, shape (n_parameters,)
        step : float
            Of differences in the parameter of interest, where the signal is not a polynomial.
        fixed : bool
            The parameter of interest was fixed.

        Returns
        -------
        ndarray, shape (n_parameters,), or None
            Zero for a fixed one; None if the matrix is not positive definite.
        """
        point = np.asarray(parameters, np.float64)
        layout = layouts.expanded(self.templates, self.kind, self.spread, float(point[0]), step)
        found = self._problem(layout, 1).errors(point[None], fixed=fixed)[0]
        return None if np.any(np.isnan(found)) else found

    def polished(self, parameters: ArrayLike, step: float, *, fixed: bool = False) -> Array:
        """Go from where MINUIT stopped to the minimum itself, shape (n_parameters,); see `errors`.

        In a long valley the distance that MINUIT allows for, across it, changes the curvature along it.
        """
        point = np.asarray(parameters, np.float64)
        layout = layouts.expanded(self.templates, self.kind, self.spread, float(point[0]), step)
        problem = replace(self._problem(layout, 1), pulls=point[1:])
        if fixed:
            return np.asarray(problem.profile(point[:1])[0][0])
        found, value, failed = problem.minima(point[:1], -math.inf, math.inf)
        return point if failed[0] or value[0] > self(tuple(point)) else np.asarray(found[0])

    def nominal(self, poi: float) -> float:
        """Evaluate with nominal nuisance parameters."""
        return self._evaluate(poi, np.zeros(len(self.auxiliary)))

    @property
    def effective_counts(self) -> tuple[float, ...] | None:
        """The data, where they are effective counts of weighted events; else None."""
        return None if self.templates.scaling is None else tuple(map(float, self.counts))

    @property
    def ndof(self) -> int:
        """Bins minus free parameters; each constrained parameter brings its own measurement."""
        free = sum(n.constraint == "free" for n in self.templates.nuisances)
        return len(self.counts) - 1 - free
