"""Expected counts with nuisance parameters, from folded spectra alone.

μ_i(θ, x) = Σ_c F_c(x) [T_ci(θ) + Σ_s x_s U_csi(θ) + x_s² V_csi(θ)]

over components c: the signal of each experiment first, then the backgrounds. F_c is a product of factors
1 + σx or (1 + σ)^x; T, U, V come from folding at the nominal detector and one standard deviation up and down.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from detsim.expectation.folding import fold
from simgen.parameters import parameter_range
from support.ranges import free_range

__all__ = ["Component", "Expectation", "Nuisance", "expectation"]

DETECTOR_SHAPES = ("energy_scale", "resolution")


@dataclass(frozen=True, kw_only=True)
class Nuisance:
    """A parameter x in standard deviations.

    Parameters
    ----------
    name, quantity : str
    sigma : float
        Relative uncertainty.
    law : {"gaussian", "log-normal", "free"}
    on : tuple of (experiment, background)
        Components that it multiplies, or whose shape it changes; background -1 is the signal.
    """

    name: str
    quantity: str
    sigma: float
    law: str
    on: tuple[tuple[int, int], ...]

    @property
    def shape(self):
        """Whether it changes spectra instead of multiplying them."""
        return self.quantity in {*DETECTOR_SHAPES, "sin2_theta_w"}

    @property
    def low(self):
        """Smallest x: a factor 1 + σx is never negative."""
        return -math.inf if self.shape or self.law == "log-normal" else -1 / self.sigma

    @property
    def weight(self):
        """1 if there is an auxiliary measurement of it, else 0."""
        return 0.0 if self.law == "free" else 1.0

    def factor(self, x):
        """Relative value of the quantity and its first two derivatives in x."""
        if self.law == "log-normal":
            k = math.log(1 + self.sigma)
            value = np.exp(k * x)
            return value, k * value, k * k * value
        return 1 + self.sigma * x, np.full_like(x, self.sigma), np.zeros_like(x)

    def pull(self, value):
        """Compute x from a relative value."""
        if self.law == "log-normal":
            return math.log(value) / math.log(1 + self.sigma)
        return (value - 1) / self.sigma


@dataclass(frozen=True, kw_only=True)
class Component:
    """A signal or background of one experiment.

    Parameters
    ----------
    bins : slice
        Positions of its bins.
    factors : tuple of int
        Numbers of the nuisance parameters that multiply it.
    layers : ndarray, shape (1 + 2S, own bins), or None
        T, U, V of a background; None of a signal.
    """

    bins: slice
    factors: tuple[int, ...]
    layers: np.ndarray | None


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Expected counts of experiments that share a parameter of interest.

    Parameters
    ----------
    experiments : tuple of Experiment
    model : Model
    poi : str
    nuisances : tuple of Nuisance
    scaling : ndarray, shape (n_bins,), or None
        Multiplies what is expected, for effective counts of weighted data.
    samples : tuple of Sample
        One an experiment, where the signal is folded with simulated events; none: by quadrature.
    """

    experiments: tuple
    model: object
    poi: str
    nuisances: tuple[Nuisance, ...]
    scaling: np.ndarray | None = None
    samples: tuple = ()

    @cached_property
    def bins(self):
        """Positions of the bins of each experiment."""
        ends = np.cumsum([0, *(e.detector.n_bins for e in self.experiments)])
        return [slice(int(a), int(b)) for a, b in pairwise(ends)]

    @property
    def n_bins(self):
        """Number of bins of all experiments."""
        return self.bins[-1].stop

    @cached_property
    def shapes(self):
        """Numbers of the nuisance parameters that change spectra."""
        return [m for m, n in enumerate(self.nuisances) if n.shape]

    @property
    def truth(self):
        """The model's own value of the parameter of interest."""
        return float(self.model.parameters[self.poi])

    @cached_property
    def physical(self):
        """Physical range, where the model exists."""
        low, high = parameter_range(self.poi)
        free = self.range
        return max(low, free[0]), min(high, free[1])

    @cached_property
    def range(self):
        """Range of a free fit."""
        return free_range(self.model, self.poi)

    @cached_property
    def components(self):
        """Signals, then backgrounds."""
        numbers = range(len(self.experiments))
        found = [self._component(e, -1, None) for e in numbers]
        for e in numbers:
            layers = self._background_layers(e)
            found += [self._component(e, j, layers[:, j]) for j in range(layers.shape[1])]
        return found

    def _component(self, e, j, layers):
        numbers = [m for m, n in enumerate(self.nuisances) if not n.shape and (e, j) in n.on]
        return Component(bins=self.bins[e], factors=tuple(numbers), layers=layers)

    @cached_property
    def _folds(self):
        """Folded experiments by (experiment, shape or None, side, what stands inside the shapes)."""
        return {}

    def _folded(self, e, m, side, model):
        key = (e, m, side)
        if key in self._folds and self._folds[key].serves(model):
            return self._folds[key]
        experiment = self.experiments[e]
        if m is not None:
            n = self.nuisances[m]
            factor = (1 + n.sigma) ** side if n.law == "log-normal" else 1 + side * n.sigma
            experiment = replace(experiment, detector=_changed(experiment.detector, n.quantity, factor))
        if self.samples:
            self._folds[key] = replace(self.samples[e], experiment=experiment).fold(model)
        else:
            self._folds[key] = fold(experiment, model)
        return self._folds[key]

    def _spectra(self, e, m, side, model):
        """Signal of one experiment with a shape changed by one standard deviation, shape (own bins,)."""
        n = self.nuisances[m]
        if (e, -1) not in n.on:
            return self._folded(e, None, 0, model).signal(model)[1:-1]
        if n.quantity == "sin2_theta_w":
            factor = (1 + n.sigma) ** side if n.law == "log-normal" else 1 + side * n.sigma
            model = model.vary(sin2_theta_w=model.sin2_theta_w * factor)
            return self._folded(e, None, 0, model).signal(model)[1:-1]
        return self._folded(e, m, side, model).signal(model)[1:-1]

    def _scaled(self, e, layers):
        return layers if self.scaling is None else layers * self.scaling[self.bins[e]]

    def signal(self, theta):
        """Fold the signal: layers T, U ..., V ..., shape (1 + 2S, n_bins)."""
        model = self.model.vary(**{self.poi: float(theta)})
        parts = []
        for e in range(len(self.experiments)):
            nominal = self._folded(e, None, 0, model).signal(model)[1:-1]
            sides = [[self._spectra(e, m, side, model) for side in (1, -1)] for m in self.shapes]
            parts.append(self._scaled(e, _parabola(nominal, sides)))
        return np.concatenate(parts, axis=1)

    def _background_layers(self, e):
        """Layers of the backgrounds of an experiment, shape (1 + 2S, n_backgrounds, own bins)."""
        nominal = self._folded(e, None, 0, self.model).backgrounds[:, 1:-1]
        sides = []
        for m in self.shapes:
            changes = self.nuisances[m].quantity in DETECTOR_SHAPES and (e, -1) in self.nuisances[m].on
            both = [self._folded(e, m, side, self.model) for side in (1, -1)] if changes else []
            sides.append([f.backgrounds[:, 1:-1] for f in both] or [nominal, nominal])
        return self._scaled(e, _parabola(nominal, sides))

    def at(self, theta, x=()):
        """Compute the expected counts of one point plainly, shape (n_bins,)."""
        x = np.zeros(len(self.nuisances)) if len(x) == 0 else np.asarray(x, float)
        powers = np.concatenate([[1.0], x[self.shapes], x[self.shapes] ** 2])
        signal, mu = self.signal(theta), np.zeros(self.n_bins)
        for c in self.components:
            layers = signal[:, c.bins] if c.layers is None else c.layers
            values = [float(self.nuisances[m].factor(x[m : m + 1])[0][0]) for m in c.factors]
            mu[c.bins] += math.prod(values) * (powers @ layers)
        return mu


def _changed(detector, quantity, factor):
    if quantity == "energy_scale":
        return replace(detector, energy_scale=detector.energy_scale * factor)
    return replace(detector, resolution=detector.resolution.scaled(factor))


def _parabola(nominal, sides):
    """Layers of the parabola through what is expected at -1, 0 and 1."""
    slopes = [(up - down) / 2 for up, down in sides]
    return np.array([nominal, *slopes, *((up + down) / 2 - nominal for up, down in sides)])


def expectation(experiments, model, poi, *, scaling=None):
    """Collect the nuisance parameters of experiments that are fitted together.

    Parameters
    ----------
    experiments : Experiment or sequence of Experiment
    model : Model
    poi : str
    scaling : ndarray, shape (n_bins,), optional
    """
    experiments = tuple(experiments) if isinstance(experiments, tuple | list) else (experiments,)
    found = {}
    for e, experiment in enumerate(experiments):
        own = f"{experiment.name}." if len(experiments) > 1 else ""
        smeared = [(e, j) for j, b in enumerate(experiment.backgrounds) if b.smeared]
        every = [(e, j) for j in range(-1, len(experiment.backgrounds))]
        for s in experiment.systematics:
            on = {"activity": every[:1], "mass": every[:1], "efficiency": [(e, -1), *smeared]}
            name = s.name if s.common or s.name == "sin2_theta_w" else own + s.name
            targets = on.get(s.name, every)
            _add(found, name, s.name, s.uncertainty, s.constraint, targets)
        for j, b in enumerate(experiment.backgrounds):
            if b.uncertainty > 0:
                name = f"{'' if b.common else own}background_{b.name}"
                _add(found, name, "background", b.uncertainty, b.constraint, [(e, j)])
    return Expectation(
        experiments=experiments, model=model, poi=poi, nuisances=tuple(found.values()), scaling=scaling
    )


def _add(found, name, quantity, sigma, law, on):
    former = found[name].on if name in found else ()
    found[name] = Nuisance(name=name, quantity=quantity, sigma=sigma, law=law, on=(*former, *on))
