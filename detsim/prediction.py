"""Expected counts per bin by quadrature: the deterministic twin of the simulation.

Eqs. (12) and (15) of the paper: the Gaussian integrates over a bin to a difference of error functions, so
one quadrature over the true recoil energy is left (and one over the neutrino energy for a continuum).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad

from detsim.backgrounds import Background, FlatBackground
from detsim.detector import Detector
from detsim.experiment import Experiment
from detsim.response import bin_probabilities, breakpoints, kinks, recorded_probability
from simgen.deposits import Line, Spectrum
from simgen.exposure import flavours
from simgen.flavours import Flavour
from simgen.kinematics import T_max
from simgen.models import Model
from simgen.rate import component_shapes
from simgen.shapes import Basis, coefficients
from simgen.sources import Component
from simgen.spectra import Lines

__all__ = ["Expectation", "Folded", "fold", "predict", "recorded_total"]

Array = NDArray[np.float64]

_X, _W = np.polynomial.legendre.leggauss(20)

_MANY_KNOTS = 256
"""Beyond so many, the kinks of a spectrum lie within the spacing of the nodes that are there anyhow."""


@dataclass(frozen=True, kw_only=True)
class Folded:
    """The shapes h_k folded with source, detector and bins.

    Parameters
    ----------
    edges : ndarray, shape (n_bins + 1,)
        Bin edges in T_reco [MeV].
    flavours : tuple of Flavour
    bases : tuple of Basis
        What the shapes of each flavour are.
    shapes : tuple of ndarray, shape (K, n_bins + 2)
        One array per flavour: counts per unit coefficient. The first column holds what is recorded below
        the first edge, the last what is above the last. Infinite where a shape diverges at T → 0.
    backgrounds : ndarray, shape (n_backgrounds, n_bins + 2)
        Counts of each background.
    """

    edges: Array
    flavours: tuple[Flavour, ...]
    bases: tuple[Basis, ...]
    shapes: tuple[Array, ...]
    backgrounds: Array

    def signal(self, model: Model) -> Array:
        """Compute the expected signal of a model.

        Returns
        -------
        ndarray, shape (n_bins + 2,)

        Raises
        ------
        ValueError
            If the model has other corrections or mediator masses, or a count is infinite.
        """
        if not self.serves(model):
            raise ValueError(
                "the shapes were folded for other radiative corrections or mediator masses: fold again"
            )
        total = np.zeros(len(self.edges) + 1)
        for flavour, shapes in zip(self.flavours, self.shapes, strict=True):
            c = coefficients(model, flavour)
            used = np.flatnonzero(c)  # 0·∞ of a term that is switched off
            with np.errstate(invalid="ignore"):  # ∞ - ∞ of an interference is caught below
                total += c[used] @ shapes[used]
        if not np.all(np.isfinite(total)):
            if not model.diverges:
                raise ValueError("the expected counts overflow: a value of model or experiment is too large")
            raise ValueError(
                "the expected counts diverge: with mu_nu or millicharge ≠ 0 recoils of T → 0 are recorded; "
                "set model.generate_above (a true energy, such as '1 keV') or a threshold above 0"
            )
        return total

    def serves(self, model: Model) -> bool:
        """Tell whether the model has coefficients in these shapes."""
        return all(Basis.of(model, f) == basis for f, basis in zip(self.flavours, self.bases, strict=True))


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """Expected counts.

    Parameters
    ----------
    edges : ndarray, shape (n_bins + 1,)
        Bin edges [MeV].
    signal, background : ndarray, shape (n_bins + 2,)
        Counts with both flow bins: recorded below the first and above the last edge.
    unbinned_total : float
        All recorded events, signal and background, from an integral of its own.
    """

    edges: Array
    signal: Array
    background: Array
    unbinned_total: float

    @cached_property
    def counts(self) -> Array:
        """Counts in the bins, shape (n_bins,)."""
        return self.with_flow[1:-1]

    @cached_property
    def with_flow(self) -> Array:
        """Counts with both flow bins, shape (n_bins + 2,)."""
        return self.signal + self.background


def _knots(component: Component) -> Array:
    """List the recoil energies where the spectrum has a kink; many kinks are each too small to matter."""
    if isinstance(component.spectrum, Lines) or _n_knots(component) > _MANY_KNOTS:
        return np.empty(0)
    return T_max(component.spectrum.knots[:-1])


def _n_knots(component: Component) -> int:
    return 0 if isinstance(component.spectrum, Lines) else len(component.spectrum.knots)


def _pieces(component: Component) -> Iterator[tuple[int | None, float]]:
    """List what has an end point of its own: each line, or the whole continuum."""
    if isinstance(component.spectrum, Lines):
        for i, energy in enumerate(component.spectrum.energies):
            yield i, float(T_max(energy))
    else:
        yield None, float(T_max(component.spectrum.endpoint))


def _fold_component(component: Component, basis: Basis, detector: Detector, T_low: float) -> Array:
    """Fold the shapes of one component, per unit luminosity: shape (K, n_bins + 2)."""
    total = np.zeros((basis.size, detector.n_bins + 2))
    for line, end in _pieces(component):
        if end <= T_low:
            continue
        # T = end (1 - u²) tames the logarithm of the QED factors at the end point
        u = np.sqrt(1 - breakpoints(detector, T_low, end, _knots(component)) / end)
        half, middle = -np.diff(u) / 2, (u[1:] + u[:-1]) / 2
        nodes = (middle[:, None] + half[:, None] * _X).ravel()
        weights = (half[:, None] * _W).ravel() * 2 * nodes * end
        T = end * (1 - nodes**2)
        response = bin_probabilities(detector, T) * (detector.acceptance(T) * weights)[:, None]
        total += component_shapes(component, basis, T, line=line) @ response
    if T_low == 0:
        at_zero = bin_probabilities(detector, np.zeros(1))[0] * detector.acceptance(0.0)
        total[np.ix_(basis.divergent, at_zero > 0)] = np.inf
    return total


def fold(experiment: Experiment, model: Model) -> Folded:
    """Fold every shape with source, response, exposure and bins.

    Parameters
    ----------
    experiment : Experiment
    model : Model
        Of which only what stands inside the shapes matters: radiative corrections and mediator masses.

    Returns
    -------
    Folded
        After this, every other parameter value is a dot product.
    """
    detector = experiment.detector
    kinds = flavours(experiment.source)
    bases = tuple(Basis.of(model, flavour) for flavour in kinds)
    shapes = []
    for flavour, basis in zip(kinds, bases, strict=True):
        parts = [
            _fold_component(component, basis, detector, experiment.generate_above)
            for component in experiment.source.components
            if component.flavour == flavour
        ]
        shapes.append(experiment.luminosity * np.sum(parts, axis=0))
    return Folded(
        edges=np.array(detector.edges),
        flavours=kinds,
        bases=bases,
        shapes=tuple(shapes),
        backgrounds=_backgrounds(experiment),
    )


def _backgrounds(experiment: Experiment) -> Array:
    detector = experiment.detector
    limits = np.maximum([detector.threshold, *detector.edges, np.inf], detector.threshold)
    counts = np.zeros((len(experiment.backgrounds), detector.n_bins + 2))
    for i, b in enumerate(experiment.backgrounds):
        if b.smeared:
            shares = _smeared_shares(b.spectrum, detector)
        else:
            shares = np.array([b.fraction(low, high) for low, high in pairwise(limits)])
        counts[i] = experiment.background_counts(i) * shares
    return counts


def _smeared_shares(spectrum: Spectrum, detector: Detector) -> Array:
    """Fold a spectrum of true energies: shape (n_bins + 2,)."""
    if isinstance(spectrum, Line):
        E, weights = np.array([spectrum.energy]), np.ones(1)
    else:
        ends = spectrum.knots
        points = breakpoints(detector, float(ends[0]), float(ends[-1]), ends)
        half, middle = np.diff(points) / 2, (points[1:] + points[:-1]) / 2
        E = (middle[:, None] + half[:, None] * _X).ravel()
        weights = (half[:, None] * _W).ravel() * spectrum.density(E)
    return np.asarray((detector.deposit_acceptance(E) * weights) @ bin_probabilities(detector, E))


def _recorded_share(background: Background | FlatBackground, detector: Detector) -> float:
    """Integrate the fraction of a background that is recorded, with adaptive quadrature."""
    spectrum = background.spectrum
    if not background.smeared:
        return background.fraction(detector.threshold, np.inf)

    def recorded(E: float) -> float:
        T = np.array([E])
        return float(recorded_probability(detector, T)[0] * detector.deposit_acceptance(T)[0])

    if isinstance(spectrum, Line):
        return recorded(spectrum.energy)
    low, high = float(spectrum.knots[0]), float(spectrum.knots[-1])
    stops = np.concatenate([spectrum.knots, kinks(detector)])
    stops = np.unique(stops[(stops > low) & (stops < high)])
    limit = 200 + 2 * len(stops)
    return float(
        quad(
            lambda E: recorded(E) * float(spectrum.density(E)),
            low, high, points=stops, limit=limit, epsabs=1e-12, epsrel=1e-8,
        )[0]
    )  # fmt: skip


def recorded_total(experiment: Experiment, model: Model) -> float:
    """Integrate the expected number of recorded events, bins aside, with adaptive quadrature.

    Raises
    ------
    ValueError
        If μ_ν ≠ 0 and recoils of T → 0 are recorded.
    """
    detector = experiment.detector
    T_low = experiment.generate_above
    total = 0.0
    for component in experiment.source.components:
        basis = Basis.of(model, component.flavour)
        c = coefficients(model, component.flavour)
        for line, end in _pieces(component):
            if end <= T_low:
                continue

            def integrand(
                x: float, end: float = end, line: int | None = line, component: Component = component,
                basis: Basis = basis, c: Array = c,
            ) -> float:  # fmt: skip
                T = np.array([end * (1 - x * x)])
                accepted = float(recorded_probability(detector, T)[0] * detector.acceptance(T)[0])
                if accepted == 0:
                    return 0.0
                return (
                    accepted * 2 * x * end * float(c @ component_shapes(component, basis, T, line=line)[:, 0])
                )

            fixed = (*kinks(detector), *_knots(component))
            stops = {T for T in fixed if T_low < T < end}
            points = np.sqrt(1 - np.array(sorted(stops)) / end)
            upper = float(np.sqrt(1 - T_low / end))
            many = _n_knots(component) > _MANY_KNOTS
            # kinks that are not among the points keep the error estimate, not the integral, from 1e-8
            options = {"epsrel": 1e-6, "full_output": 1} if many else {"epsrel": 1e-8}
            total += quad(integrand, 0.0, upper, points=points, limit=500, epsabs=0, **options)[0]
    for i, b in enumerate(experiment.backgrounds):
        total += experiment.background_counts(i) * _recorded_share(b, detector) / experiment.luminosity
    return total * experiment.luminosity


def predict(experiment: Experiment, model: Model) -> Expectation:
    """Compute the expected counts of an experiment under a model.

    Parameters
    ----------
    experiment : Experiment
    model : Model

    Returns
    -------
    Expectation
    """
    folded = fold(experiment, model)
    return Expectation(
        edges=folded.edges,
        signal=folded.signal(model),
        background=np.asarray(folded.backgrounds.sum(axis=0)),
        unbinned_total=recorded_total(experiment, model),
    )
