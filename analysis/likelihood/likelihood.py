"""The likelihood of one data set, and its profile in the parameter of interest."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.likelihood.profiling import profiled, repeated
from analysis.model import FitModel, Templates, layouts, paper_errors, redundant, template_errors

__all__ = ["Likelihood", "Profile", "paper_errors", "template_errors"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """-2 ln L of a data set as a function of (poi, pulls of the nuisance parameters).

    Parameters
    ----------
    model : FitModel
    counts : ndarray, shape (n_bins,)
        Data.
    auxiliary : ndarray, shape (n_nuisances,)
        Measured pulls; 0 is nominal.
    """

    model: FitModel
    counts: Array
    auxiliary: Array

    @property
    def templates(self) -> Templates:
        """Templates of the model."""
        return self.model.templates

    @property
    def kind(self) -> str:
        """Kind of the likelihood: "poisson", "paper" or "templates"."""
        return self.model.likelihood

    @property
    def spread(self) -> Array:
        """Errors of the bins, from the model."""
        return self.model.errors

    def __call__(self, parameters: Sequence[float]) -> float:
        """Evaluate -2 ln L/L_saturated, plus the constraints."""
        pulls = np.asarray(parameters[1:], np.float64)
        return self.model.deviance(self.counts, self.auxiliary, parameters[0], pulls)

    def profile(
        self, points: ArrayLike, held: Mapping[int, float] | None = None, also: Array | None = None
    ) -> tuple[Array, Array]:
        """Minimise over the nuisance parameters at values of the parameter of interest.

        Parameters
        ----------
        points : array_like, shape (n,)
        held : mapping of int to float, optional
            Pulls of nuisance parameters that are fixed, by their index.
        also : ndarray, shape (k, n_nuisances), optional
            Further starting values of the pulls.

        Returns
        -------
        values : ndarray, shape (n,)
            -2 ln L/L_saturated.
        pulls : ndarray, shape (n, n_nuisances)

        Raises
        ------
        FitError
            If at a point no minimum over the nuisance parameters is found.
        """
        return profiled(self.model, self.counts, self.auxiliary, points, held, also)

    def errors(self, parameters: ArrayLike, step: float, *, fixed: bool = False) -> Array | None:
        """Compute errors from the second derivatives of -2 ln L at a point.

        Parameters
        ----------
        parameters : array_like, shape (n_parameters,)
        step : float
            Step of numerical derivatives in the parameter of interest, if the signal is not a polynomial.
        fixed : bool
            The parameter of interest was fixed.

        Returns
        -------
        ndarray, shape (n_parameters,), or None
            0 for a fixed parameter, NaN for one that the counts do not constrain; None if the matrix is not
            positive definite.
        """
        point, m = np.asarray(parameters, np.float64), self.model
        layout = layouts.expanded(m.templates, m.likelihood, m.errors, float(point[0]), step)
        problem = repeated(layout, self.counts, self.auxiliary, 1)
        errors = np.asarray(problem.errors(point[None], fixed=fixed)[0])
        return None if np.any(np.isnan(errors[~problem.vague])) else errors

    def polished(self, parameters: ArrayLike, step: float, *, fixed: bool = False) -> Array:
        """Return the minimum near the point where MINUIT stopped, shape (n_parameters,); see `errors`.

        MINUIT stops at a small distance from the minimum, which in a long valley changes the curvature.
        """
        point, m = np.asarray(parameters, np.float64), self.model
        layout = layouts.expanded(m.templates, m.likelihood, m.errors, float(point[0]), step)
        problem = repeated(layout, self.counts, self.auxiliary, 1, pulls=point[1:])
        if fixed:
            return np.asarray(problem.profile(point[:1])[0][0])
        minimum, value, failed = problem.minima(point[:1], -math.inf, math.inf)
        return point if failed[0] or value[0] > self(tuple(point)) else np.asarray(minimum[0])

    def nominal(self, poi: float) -> float:
        """Evaluate with nominal nuisance parameters."""
        return self.model.deviance(self.counts, self.auxiliary, poi, self.model.nominal)

    @property
    def effective_counts(self) -> tuple[float, ...] | None:
        """The counts, if they are effective counts of weighted events; else None."""
        return None if self.templates.scaling is None else tuple(map(float, self.counts))

    @property
    def ndof(self) -> int:
        """Number of bins minus the number of free parameters that the counts distinguish.

        A constrained parameter adds its own measurement, and does not change the number.
        """
        free = sum(n.constraint == "free" for n in self.templates.nuisances)
        return len(self.counts) - 1 - (free - len(redundant(self.templates)))


@dataclass(frozen=True, kw_only=True)
class Profile:
    """-2 ln L minimised over the nuisance parameters at fixed values of the parameter of interest."""

    data: Likelihood
    also: Array | None = None
    """Further starting values of the pulls."""

    def __call__(self, poi: float) -> float:
        """Evaluate at a value of the parameter of interest."""
        return float(self.data.profile(poi, also=self.also)[0][0])

    def pulls(self, poi: float) -> Array:
        """Return the nuisance parameters at the minimum, shape (n_nuisances,)."""
        return np.asarray(self.data.profile(poi, also=self.also)[1][0])
