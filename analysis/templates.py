"""Expected counts as a function of the parameter of interest and the normalisations."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis._kernels import cost as _cost
from detsim.experiment import Experiment
from detsim.prediction import Folded, fold
from simgen.models import Model, parameter_range

__all__ = ["Templates", "fit_range", "make_templates"]

Array = NDArray[np.float64]

RHO_MIX_BOUND = 1.1
"""A fit in γ at fixed φ ≠ 0 stays where ρ_mix is below this: at γ → 0 it diverges."""


def fit_range(model: Model, poi: str) -> tuple[float, float]:
    """Return the range in which a parameter is fitted.

    Wider than the physical range where the expected counts stay meaningful beyond it: a free fit of γ runs
    below zero. At fixed φ ≠ 0 with `rho_mix` it starts where ρ_mix = 1 + sin²φ(1/γ - 1) is `RHO_MIX_BOUND`.
    """
    if poi == "gamma":
        if model.phi and model.rho_mix:
            s2 = math.sin(model.phi) ** 2
            return s2 / (RHO_MIX_BOUND - 1 + s2), math.inf
        return -math.inf, math.inf
    return parameter_range(poi)


@dataclass(frozen=True, kw_only=True)
class Templates:
    """Signal and backgrounds of one experiment, folded once.

    Parameters
    ----------
    folded : Folded
    model : Model
        Holds every parameter but the one of interest.
    poi : str
        Parameter of interest.
    names : tuple of str
        Parameters of the fit: poi, then the constrained normalisations.
    uncertainties : ndarray, shape (1 + n_backgrounds,)
        Relative standard deviations of signal and background normalisations; 0: fixed at 1.
    """

    folded: Folded
    model: Model
    poi: str
    names: tuple[str, ...]
    uncertainties: Array

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return len(self.folded.edges) - 1

    @cached_property
    def backgrounds(self) -> Array:
        """Counts of each background, shape (n_backgrounds, n_bins)."""
        return np.ascontiguousarray(self.folded.backgrounds[:, 1:-1])

    @cached_property
    def free(self) -> NDArray[np.intp]:
        """Which normalisation each parameter behind the first stands for."""
        return np.flatnonzero(self.uncertainties > 0)

    @cached_property
    def coefficients(self) -> Array | None:
        """Coefficients of the signal as a polynomial in poi, shape (3, n_bins); None if it is not one.

        Found from three points and accepted only if three more agree to rounding.
        """
        low, high = fit_range(self.model, self.poi)
        step = min(1.0, high / 4) if math.isfinite(high) else 1.0
        origin = low if math.isfinite(low) else 0.0
        points = origin + step * np.array([0.25, 0.5, 1.0])
        values = np.array([self._signal(p) for p in points])
        coefficients = np.linalg.solve(np.vander(points, 3, increasing=True), values)
        for p in origin + step * np.array([0.1, 0.7, 2.0]):
            if p < high and not np.allclose(
                np.polynomial.polynomial.polyval(p, coefficients), self._signal(p), rtol=1e-10, atol=0
            ):
                return None
        return np.ascontiguousarray(coefficients)

    def _signal(self, poi: float) -> Array:
        return self.folded.signal(self.model.vary(**{self.poi: float(poi)}))[1:-1]

    def signal(self, poi: float) -> Array:
        """Compute the signal in the bins at a value of the parameter of interest, shape (n_bins,)."""
        if self.coefficients is None:
            return self._signal(poi)
        signal = np.empty(self.n_bins)
        _cost.polynomial(poi, self.coefficients, signal)
        return signal

    def factors(self, nuisances: Array) -> Array:
        """Place the free normalisations among the fixed ones, shape (1 + n_backgrounds,)."""
        factors = np.ones(len(self.uncertainties))
        factors[self.free] = nuisances
        return factors

    def expected(self, poi: float, nuisances: Array | None = None) -> Array:
        """Compute the expected counts in the bins, shape (n_bins,)."""
        factors = self.factors(np.ones(len(self.free)) if nuisances is None else nuisances)
        return np.asarray(factors[0] * self.signal(poi) + factors[1:] @ self.backgrounds)

    @cached_property
    def reference(self) -> Array:
        """Counts of the standard model with nominal normalisations, shape (n_bins,)."""
        standard = self.folded.signal(self.model.standard())[1:-1]
        return np.asarray(standard + self.backgrounds.sum(axis=0))


def make_templates(experiment: Experiment, model: Model, poi: str = "gamma") -> Templates:
    """Fold an experiment and name the parameters of its fit.

    Raises
    ------
    ValueError
        If the model has no such parameter.
    """
    if poi not in model.parameters:
        raise ValueError(
            f"{model.label} has no parameter {poi!r}: choose from {', '.join(model.parameters)}"
        )
    uncertainties = [experiment.signal_uncertainty, *(b.uncertainty for b in experiment.backgrounds)]
    labels = ["signal", *(f"background_{b.name}" for b in experiment.backgrounds)]
    names = [label for label, u in zip(labels, uncertainties, strict=True) if u > 0]
    return Templates(
        folded=fold(experiment, model.corrections),
        model=model,
        poi=poi,
        names=(poi, *names),
        uncertainties=np.array(uncertainties),
    )
