"""The likelihood of one data set."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis._kernels import cost as _cost
from analysis.templates import Templates

__all__ = ["Likelihood", "paper_errors"]

Array = NDArray[np.float64]


def paper_errors(templates: Templates, error_per_bin: float) -> Array:
    """Compute the absolute errors of the paper's χ², σ N_i^SM, shape (n_bins,)."""
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

    def nominal(self, poi: float) -> float:
        """Evaluate at nominal normalisations."""
        return self._evaluate(poi, np.ones(len(self.templates.free)))

    @property
    def ndof(self) -> int:
        """Bins minus the parameter of interest; each constrained parameter brings its own measurement."""
        return len(self.counts) - 1
