"""Expected counts as a function of the parameter of interest and the normalisations."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis._kernels import cost as _cost
from analysis.ranges import INSIDE, fit_range
from detsim.experiment import Experiment
from detsim.folding import Folded, fold
from simgen.models import Model

__all__ = ["Templates", "make_templates"]

Array = NDArray[np.float64]

_SMALLEST = 1e-45
"""No parameter has steps below this."""


@dataclass(frozen=True, kw_only=True)
class Templates:
    """Signal and backgrounds of one experiment, folded once.

    Parameters
    ----------
    experiment : Experiment
    folded : Folded
    model : Model
        Holds every parameter but the one of interest.
    poi : str
        Parameter of interest.
    names : tuple of str
        Parameters of the fit: poi, then the constrained normalisations.
    uncertainties : ndarray, shape (1 + n_backgrounds,)
        Relative standard deviations of signal and background normalisations; 0: fixed at 1.
    scaling : ndarray, shape (n_bins,), or None
        Multiplies all that is expected, where data are weighted: see `analysis.weighted`.
    """

    experiment: Experiment
    folded: Folded
    model: Model
    poi: str
    names: tuple[str, ...]
    uncertainties: Array
    scaling: Array | None = None

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.folded.backgrounds.shape[1]) - 2

    @cached_property
    def backgrounds(self) -> Array:
        """Counts of each background, shape (n_backgrounds, n_bins)."""
        return np.ascontiguousarray(self._scaled(self.folded.backgrounds[:, 1:-1]))

    @cached_property
    def free(self) -> NDArray[np.intp]:
        """Which normalisation each parameter behind the first stands for."""
        return np.flatnonzero(self.uncertainties > 0)

    @cached_property
    def coefficients(self) -> Array | None:
        """Coefficients of the signal as a polynomial in poi, shape (3, n_bins); None if it is not one.

        Found from three points and accepted only if three more agree to rounding.
        """
        if self.poi in INSIDE:
            return None
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
        while step > _SMALLEST and self._signal(origin + step).sum() > 10 * start > 0:
            step /= 10
        while 10 * step < min(room, 1e6) and abs(self._signal(origin + step).sum() - start) < 0.1 * start:
            step *= 10
        return step

    def _signal(self, poi: float) -> Array:
        model = self.model.vary(**{self.poi: float(poi)})
        if self.folded.serves(model):
            return self._scaled(self.folded.signal(model)[1:-1])
        if poi not in self._refolded:
            self._refolded[poi] = self._scaled(fold(self.experiment, model).signal(model)[1:-1])
        return self._refolded[poi]

    def _scaled(self, expected: Array) -> Array:
        return expected if self.scaling is None else expected * self.scaling

    @cached_property
    def _refolded(self) -> dict[float, Array]:
        """Signals at values of a parameter that stands inside the shapes, such as a mediator's mass."""
        return {}

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
        standard = self.model.standard()
        folded = self.folded if self.folded.serves(standard) else fold(self.experiment, standard)
        signal = self._scaled(folded.signal(standard)[1:-1])
        return np.asarray(signal + self.backgrounds.sum(axis=0))


_NEEDED = {
    "charge_radius": "charge_radius_convention",
    "vector_coupling": "vector_mass",
    "vector_mass": "vector_mass",
    "scalar_coupling": "scalar_mass",
    "scalar_mass": "scalar_mass",
    "sin2_2theta": "delta_m2",
    "delta_m2": "delta_m2",
}
"""What has to be stated before a parameter exists."""


def make_templates(experiment: Experiment, model: Model, poi: str = "gamma") -> Templates:
    """Fold an experiment and name the parameters of its fit.

    Raises
    ------
    ValueError
        If the model has no such parameter.
    """
    if poi not in model.parameters:
        lacking = f" without {_NEEDED[poi]}" if poi in _NEEDED else ""
        raise ValueError(
            f"fit.poi = {poi!r}: {model.label} has no such parameter{lacking}; "
            f"choose from {', '.join(model.parameters)}"
        )
    signal = sum(s.uncertainty for s in experiment.systematics if s.name == "activity")
    uncertainties = [signal, *(b.uncertainty for b in experiment.backgrounds)]
    labels = ["signal", *(f"background_{b.name}" for b in experiment.backgrounds)]
    names = [label for label, u in zip(labels, uncertainties, strict=True) if u > 0]
    return Templates(
        experiment=experiment,
        folded=fold(experiment, model),
        model=model,
        poi=poi,
        names=(poi, *names),
        uncertainties=np.array(uncertainties),
    )
