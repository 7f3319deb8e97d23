"""The likelihood of one data set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis._kernels import cost as _cost
from analysis.histograms import describe_bin
from analysis.templates import Templates

__all__ = ["Likelihood", "paper_errors"]

Array = NDArray[np.float64]


def paper_errors(templates: Templates, error_per_bin: float) -> Array:
    """Compute the absolute errors of the paper's χ², σ N_i^SM, shape (n_bins,).

    Raises
    ------
    ValueError
        If the standard model expects nothing in a bin.
    """
    empty = np.flatnonzero(templates.reference <= 0)
    if empty.size:
        where = describe_bin(templates.experiment.detector, int(empty[0]))
        raise ValueError(
            f"likelihood = 'paper' needs counts in every bin, and the standard model expects none {where}: "
            "change detector.bins, or take likelihood = 'poisson'"
        )
    return error_per_bin * templates.reference


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """-2 ln L of a data set as a function of (poi, constrained normalisations).

    Parameters
    ----------
    templates : Templates
    counts : ndarray, shape (n_bins,)
        Data.
    auxiliary : ndarray, shape (1 + n_backgrounds,)
        Measured normalisations of signal and backgrounds; 1 is nominal.
    errors : ndarray, shape (n_bins,) or (0,)
        Absolute errors: the paper's χ²; empty: binned Poisson.
    """

    templates: Templates
    counts: Array
    auxiliary: Array
    errors: Array = field(default_factory=lambda: np.empty(0))

    def __call__(self, parameters: Sequence[float]) -> float:
        """Evaluate -2 ln L/L_saturated, plus the constraints."""
        return self._evaluate(parameters[0], np.asarray(parameters[1:], np.float64))

    @cached_property
    def _evaluate(self) -> Callable[[float, Array], float]:
        t = self.templates
        factors = np.ones(len(t.uncertainties))
        rest = (self.counts, self.errors, self.auxiliary, t.uncertainties)

        def by_signal(poi: float, nuisances: Array) -> float:
            factors[t.free] = nuisances
            return _cost.cost(t.signal(poi), t.backgrounds, factors, *rest)

        if t.coefficients is None:
            return by_signal
        coefficients = t.coefficients

        def by_polynomial(poi: float, nuisances: Array) -> float:
            factors[t.free] = nuisances
            return _cost.polynomial_cost(poi, coefficients, t.backgrounds, factors, *rest)

        return by_polynomial

    def hessian(self, parameters: ArrayLike, step: float) -> Array:
        """Compute the second derivatives of -2 ln L, shape (n_parameters, n_parameters).

        Parameters
        ----------
        parameters : array_like, shape (n_parameters,)
        step : float
            Of differences in the parameter of interest, where the signal is not a polynomial.

        Notes
        -----
        Differences of -2 ln L itself would lose the error of a parameter of interest that is nearly
        degenerate with a normalisation.
        """
        t = self.templates
        poi, *nuisances = np.asarray(parameters, np.float64)
        factors = t.factors(np.array(nuisances))
        signal = t.signal(poi)
        first, second = t.derivatives(poi, step)
        mu = factors[0] * signal + factors[1:] @ t.backgrounds
        if len(self.errors):
            slope, curvature = 2 * (mu - self.counts) / self.errors**2, 2 / self.errors**2
        else:
            ratio = np.divide(self.counts, mu, out=np.zeros_like(mu), where=self.counts > 0)
            slope = 2 * (1 - ratio)
            curvature = np.divide(2 * ratio, mu, out=np.zeros_like(mu), where=self.counts > 0)
        normalisations = np.vstack([signal, t.backgrounds])[t.free]
        rows = np.vstack([factors[0] * first, normalisations])
        hessian = (rows * curvature) @ rows.T
        hessian[0, 0] += slope @ (factors[0] * second)
        if len(t.free) and t.free[0] == 0:
            hessian[0, 1] += slope @ first
            hessian[1, 0] += slope @ first
        index = np.arange(1, len(hessian))
        hessian[index, index] += 2 / t.uncertainties[t.free] ** 2
        return np.asarray(hessian)

    def nominal(self, poi: float) -> float:
        """Evaluate at nominal normalisations."""
        return self._evaluate(poi, np.ones(len(self.templates.free)))

    @property
    def effective_counts(self) -> tuple[float, ...] | None:
        """The data, where they are effective counts of weighted events; else None."""
        return None if self.templates.scaling is None else tuple(map(float, self.counts))

    @property
    def ndof(self) -> int:
        """Bins minus the parameter of interest; each constrained parameter brings its own measurement."""
        return len(self.counts) - 1
