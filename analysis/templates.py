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

__all__ = ["EVEN", "Templates", "fit_range", "make_templates"]

Array = NDArray[np.float64]

RHO_MIX_BOUND = 1.1
"""A fit in γ at fixed φ ≠ 0 stays where ρ_mix is below this: at γ → 0 it diverges."""

EVEN = frozenset({"mu_nu"})
"""Parameters whose sign the counts do not depend on."""

_INSET = 1e-9
"""A fit of sin²θ_W stays this far inside its open range."""


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
    low, high = parameter_range(poi)
    return (low + _INSET, high - _INSET) if poi == "sin2_theta_w" else (low, high)


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
        origin = low if math.isfinite(low) else 0.0
        step = self._span(origin, high)
        points = origin + step * np.array([0.25, 0.5, 1.0])
        values = np.array([self._signal(p) for p in points])
        coefficients = np.linalg.solve(np.vander(points / step, 3, increasing=True), values)
        coefficients /= step ** np.arange(3.0)[:, None]
        for p in origin + step * np.array([0.1, 0.7, 2.0]):
            if p < high and not np.allclose(
                np.polynomial.polynomial.polyval(p, coefficients), self._signal(p), rtol=1e-10, atol=0
            ):
                return None
        return np.ascontiguousarray(coefficients)

    def _span(self, origin: float, high: float) -> float:
        """Find a step behind the origin over which the counts change by about their own size.

        Much more would drown the constant in rounding (μ_ν is of order 1e-11), much less the slope.
        """
        room = high - origin
        step = room / 4 if math.isfinite(room) else 1.0
        start = self._signal(origin).sum()
        while step > 1e-15 and self._signal(origin + step).sum() > 10 * start > 0:
            step /= 10
        while 10 * step < min(room, 1e6) and abs(self._signal(origin + step).sum() - start) < 0.1 * start:
            step *= 10
        return step

    def _signal(self, poi: float) -> Array:
        return self.folded.signal(self.model.vary(**{self.poi: float(poi)}))[1:-1]

    def signal(self, poi: float) -> Array:
        """Compute the signal in the bins at a value of the parameter of interest, shape (n_bins,)."""
        if self.coefficients is None:
            return self._signal(poi)
        signal = np.empty(self.n_bins)
        _cost.polynomial(poi, self.coefficients, signal)
        return signal

    def derivatives(self, poi: float, step: float) -> tuple[Array, Array]:
        """Compute first and second derivatives of the signal, each of shape (n_bins,).

        Parameters
        ----------
        poi : float
        step : float
            Of the central differences where the signal is not a polynomial.
        """
        if self.coefficients is not None:
            _, b, c = self.coefficients
            return b + 2 * c * poi, 2 * c
        low, high = fit_range(self.model, self.poi)
        step = min(step, (high - low) / 4)
        centre = min(max(poi, low + step), high - step)
        left, middle, right = (self._signal(centre + k * step) for k in (-1, 0, 1))
        second = (right - 2 * middle + left) / step**2
        return (right - left) / (2 * step) + (poi - centre) * second, second

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
            f"fit.poi = {poi!r}: {model.label} has no such parameter; "
            f"choose from {', '.join(model.parameters)}"
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
