"""Expected counts as a function of the parameter of interest and the nuisance parameters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.model.nuisances import Nuisance, collect
from analysis.model.polynomial import quadratic
from analysis.model.ranges import INSIDE, NEEDED, experiment_range, fit_range
from analysis.model.variations import Variations
from detsim.expectation import Folded, fold
from detsim.experiment import Experiment
from detsim.simulation import RecordedSample, Sample, Sampling
from simgen.interaction import Model

__all__ = ["Templates", "make_templates"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Templates:
    """Signal and backgrounds of one or more experiments, folded once.

    Bins of the experiments follow each other. Spectra are layers T, U_s ..., V_s ..., one U and V for each
    nuisance parameter s that changes shapes:

        T + Σ_s x_s U_s + x_s² V_s

    is exact at x_s = 0 and ±1, one standard deviation up and down, but for steps that photo-electrons make:
    see `analysis.model.variations`.

    Parameters
    ----------
    experiments : tuple of Experiment
    folded : tuple of Folded
        One for each experiment.
    model : Model
        Values of all parameters but the one of interest.
    poi : str
        Parameter of interest.
    nuisances : tuple of Nuisance
    scaling : ndarray, shape (n_bins,), or None
        Factor of all expected counts, if data are weighted: see `analysis.fits.weighted`.
    samples : tuple of Sample
        One for each experiment, if the signal is folded with simulated samples; empty for quadrature.
    """

    experiments: tuple[Experiment, ...]
    folded: tuple[Folded, ...]
    model: Model
    poi: str
    nuisances: tuple[Nuisance, ...]
    scaling: Array | None = None
    samples: tuple[Sample, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters of the fit: the one of interest, then the nuisance parameters."""
        return (self.poi, *(n.name for n in self.nuisances))

    @property
    def experiment(self) -> Experiment:
        """The only experiment.

        Raises
        ------
        ValueError
            If there are several.
        """
        if len(self.experiments) > 1:
            raise ValueError(f"there are {len(self.experiments)} experiments, and one is asked for")
        return self.experiments[0]

    @cached_property
    def bins(self) -> tuple[slice, ...]:
        """Bins of each experiment, as slices."""
        ends = np.cumsum([0, *(e.detector.n_bins for e in self.experiments)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return int(self.bins[-1].stop)

    @cached_property
    def shapes(self) -> tuple[Nuisance, ...]:
        """Nuisance parameters that change shapes."""
        return tuple(n for n in self.nuisances if n.is_shape)

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return 1 + 2 * len(self.shapes)

    @cached_property
    def backgrounds(self) -> tuple[Array, ...]:
        """Layers of the backgrounds of each experiment, shape (n_backgrounds, n_layers, its bins)."""
        layers_of_experiments = []
        for e in range(len(self.experiments)):
            nominal = self.folded[e].backgrounds[:, 1:-1]
            varied = [
                self.variations.spectra(s, e, self.model, nominal, lambda f: f.backgrounds[:, 1:-1])
                if s.quantity != "sin2_theta_w" and self._concerns(s, e)
                else [nominal, nominal]
                for s in self.shapes
            ]
            layers = np.array(_layers(nominal, varied))
            layers_of_experiments.append(np.moveaxis(layers * self._scaling(e), 1, 0))
        return tuple(layers_of_experiments)

    def _scaling(self, e: int) -> Array:
        return np.ones(1) if self.scaling is None else self.scaling[self.bins[e]]

    @staticmethod
    def _concerns(shape: Nuisance, e: int) -> bool:
        return any(target[0] == e for target in shape.targets)

    def fold(self, e: int, model: Model) -> Folded:
        """Fold an experiment for the parameters inside the shapes of a model."""
        return self.variations.fold(e, model)

    @cached_property
    def variations(self) -> Variations:
        """The experiments with quantities of their detectors one standard deviation up and down."""
        return Variations(experiments=self.experiments, samples=self.samples)

    def _layers_at(self, model: Model) -> Array:
        """Fold where needed, and compute the layers of the signal of a model, shape (n_layers, n_bins)."""
        layers = np.empty((self.n_layers, self.n_bins))
        for e, nominal_fold in enumerate(self.folded):
            folded = nominal_fold if nominal_fold.serves(model) else self.fold(e, model)
            nominal = folded.signal(model, signed=True)[1:-1]
            varied = []
            for s in self.shapes:
                if not self._concerns(s, e):
                    varied.append([nominal, nominal])
                elif s.quantity == "sin2_theta_w":
                    models = [model.vary(sin2_theta_w=s.value(x)) for x in (1.0, -1.0)]
                    varied.append([folded.signal(varied_model, signed=True)[1:-1] for varied_model in models])
                else:
                    spectra = self.variations.spectra(
                        s, e, model, nominal, lambda f: f.signal(model, signed=True)[1:-1]
                    )
                    varied.append(spectra)
            layers[:, self.bins[e]] = np.array(_layers(nominal, varied)) * self._scaling(e)
        return layers

    @cached_property
    def coefficients(self) -> Array | None:
        """Layers of the signal as a polynomial in poi, shape (3, n_layers, n_bins); None if it is not one.

        It is computed from three points, and accepted only if three more agree within rounding.
        """
        if self.poi in INSIDE:
            return None
        return quadratic(self._signal, *fit_range(self.model, self.poi))

    def _signal(self, poi: float) -> Array:
        model = self.model.vary(**{self.poi: float(poi)})
        if all(f.serves(model) for f in self.folded):
            return self._layers_at(model)
        if poi not in self._refolded:
            self._refolded[poi] = self._layers_at(model)
        return self._refolded[poi]

    @cached_property
    def _refolded(self) -> dict[float, Array]:
        """Signals at values of a parameter inside the shapes, such as the mass of a mediator."""
        return {}

    def layers(self, poi: float) -> Array:
        """Compute the layers of the signal, shape (n_layers, n_bins)."""
        if self.coefficients is None:
            return self._signal(poi)
        a, b, c = self.coefficients
        return np.asarray(a + poi * (b + poi * c))

    def signal(self, poi: float) -> Array:
        """Compute the signal at a value of the parameter of interest, pulls nominal, shape (n_bins,)."""
        return np.asarray(self.layers(poi)[0])

    def expansion(self, poi: float, step: float) -> Array:
        """Expand the layers of the signal around a value to second order, shape (3, n_layers, n_bins).

        Parameters
        ----------
        poi : float
        step : float
            Step of central differences, if the signal is not a polynomial.
        """
        if self.coefficients is not None:
            a, b, c = self.coefficients
            return np.array([a + poi * (b + poi * c), b + 2 * poi * c, c])
        low, high = fit_range(self.model, self.poi)
        step = min(step, (high - low) / 4)
        centre = min(max(poi, low + step), high - step)
        below, middle, above = (self._signal(centre + k * step) for k in (-1, 0, 1))
        second = (above - 2 * middle + below) / step**2
        first = (above - below) / (2 * step)
        t = poi - centre
        return np.array([middle + t * (first + t * second / 2), first + t * second, second / 2])

    def expected(self, poi: float, pulls: ArrayLike | None = None) -> Array:
        """Compute the expected counts in the bins, shape (n_bins,), or (..., n_bins).

        Parameters
        ----------
        poi : float
        pulls : array_like, shape (n_nuisances,) or (..., n_nuisances), optional
            Nuisance parameters in standard deviations; by default nominal.
        """
        x = np.zeros(len(self.nuisances)) if pulls is None else np.asarray(pulls, np.float64)
        shape_pulls = x[..., [n.is_shape for n in self.nuisances]]
        weights = np.concatenate([np.ones((*x.shape[:-1], 1)), shape_pulls, shape_pulls**2], axis=-1)

        def spectrum(layers: Array) -> Array:
            return np.asarray((weights[..., None, :] @ layers)[..., 0, :])

        total = np.zeros((*x.shape[:-1], self.n_bins))
        signal = spectrum(self.layers(poi))
        for e, columns in enumerate(self.bins):
            components = [signal[..., columns], *map(spectrum, self.backgrounds[e])]
            total[..., columns] = sum(
                np.asarray(self.factor((e, j), x))[..., None] * component
                for j, component in enumerate(components)
            )
        return total

    def factor(self, target: tuple[int, int], pulls: ArrayLike) -> Any:
        """Compute the factor of a component of an experiment: a float, or an array of shape (...)."""
        pairs = zip(self.nuisances, np.moveaxis(np.asarray(pulls, np.float64), -1, 0), strict=True)
        factors = [n.value(x) for n, x in pairs if not n.is_shape and target in n.targets]
        return math.prod(factors, start=1.0)

    @cached_property
    def reference(self) -> Array:
        """Expected counts of the standard model, pulls nominal, shape (n_bins,)."""
        standard = self.model.standard()
        plain = replace(self, nuisances=tuple(n for n in self.nuisances if not n.is_shape))
        backgrounds = np.concatenate([b[:, 0].sum(axis=0) for b in self.backgrounds])
        return np.asarray(plain._layers_at(standard)[0] + backgrounds)


def _layers(nominal: Array, varied: Sequence[Sequence[Array]]) -> list[Array]:
    """Compute T, U_s ..., V_s ... from spectra one standard deviation up and down."""
    linear = [(up - down) / 2 for up, down in varied]
    return [nominal, *linear, *((up + down) / 2 - nominal for up, down in varied)]


def make_templates(
    experiments: Experiment | Sequence[Experiment],
    model: Model,
    poi: str = "gamma",
    sampling: Sampling | RecordedSample | None = None,
) -> Templates:
    """Fold experiments, by quadrature or with samples, and name the parameters of their fit.

    Raises
    ------
    ValueError
        If the model has no such parameter, its dσ/dT is below zero, or experiments do not fit together.
    """
    if poi not in model.parameters:
        lacking, names = f" without {NEEDED[poi]}" if poi in NEEDED else "", ", ".join(model.parameters)
        raise ValueError(
            f"fit.poi = {poi!r}: {model.label} has no such parameter{lacking}; choose from {names}"
        )
    together = (experiments,) if isinstance(experiments, Experiment) else tuple(experiments)
    if not together:
        raise ValueError("a fit needs at least one experiment")
    experiment_range(together, model, poi)  # says where dσ/dT is below zero
    if isinstance(sampling, RecordedSample):
        sampling.check(together)
    samples: tuple[Sample, ...] = ()
    if sampling is not None:
        numbered = enumerate(together)
        samples = tuple(Sample(experiment=e, model=model, sampling=sampling, number=i) for i, e in numbered)
    return Templates(
        experiments=together,
        folded=tuple(s.fold(model) for s in samples) or tuple(fold(e, model) for e in together),
        samples=samples,
        model=model,
        poi=poi,
        nuisances=collect(together, model, poi),
    )
