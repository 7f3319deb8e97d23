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
from scipy.special import ndtr

from detsim.detector import Detector
from detsim.experiment import Experiment
from simgen.crosssection import Basis, coefficients
from simgen.exposure import flavours
from simgen.flavours import Flavour
from simgen.kinematics import T_max
from simgen.models import Model
from simgen.rate import component_shapes
from simgen.sources import Component, Lines

__all__ = ["Expectation", "Folded", "fold", "predict", "recorded_total"]

Array = NDArray[np.float64]

_X, _W = np.polynomial.legendre.leggauss(20)


@dataclass(frozen=True, kw_only=True)
class Folded:
    """The shapes h_k folded with source, detector and bins.

    Parameters
    ----------
    edges : ndarray, shape (n_bins + 1,)
        Bin edges in T_reco [MeV].
    corrections : str
        Radiative corrections of the shapes.
    flavours : tuple of Flavour
    shapes : tuple of ndarray, shape (K, n_bins + 2)
        One array per flavour: counts per unit coefficient. The first column holds what is recorded below
        the first edge, the last what is above the last. Infinite where a shape diverges at T → 0.
    backgrounds : ndarray, shape (n_backgrounds, n_bins + 2)
        Counts of each background.
    """

    edges: Array
    corrections: str
    flavours: tuple[Flavour, ...]
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
            If the model has other corrections, or a count is infinite.
        """
        if model.corrections != self.corrections:
            raise ValueError(
                f"the shapes were folded with corrections = {self.corrections!r}, "
                f"the model has {model.corrections!r}: fold again"
            )
        total = np.zeros(len(self.edges) + 1)
        for flavour, shapes in zip(self.flavours, self.shapes, strict=True):
            c = coefficients(model, flavour)
            used = np.flatnonzero(c)  # 0·∞ of a term that is switched off
            total += c[used] @ shapes[used]
        if not np.all(np.isfinite(total)):
            if not model.mu_nu:
                raise ValueError("the expected counts overflow: a value of model or experiment is too large")
            raise ValueError(
                "the expected counts diverge: with mu_nu ≠ 0 recoils of T → 0 reach the recorded range; "
                "set model.generate_above (a true energy, such as '1 keV') or a threshold above 0"
            )
        return total


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


def bin_probabilities(detector: Detector, T: Array) -> Array:
    """Compute the probability that a recoil is measured in each bin, threshold applied.

    Parameters
    ----------
    detector : Detector
    T : ndarray, shape (n,)
        True recoil energies [MeV].

    Returns
    -------
    ndarray, shape (n, n_bins + 2)
    """
    limits = np.maximum(np.array([detector.threshold, *detector.edges, np.inf]), detector.threshold)
    sigma = detector.resolution.sigma(T)[:, None]
    distance = T[:, None] - limits
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.where(sigma > 0, ndtr(distance / sigma), distance >= 0)
    return np.asarray(above[:, :-1] - above[:, 1:])


def _breakpoints(detector: Detector, low: float, high: float) -> Array:
    """Choose the panels: around every edge in units of the resolution there, and towards T = 0."""
    edges = np.array([e for e in (detector.threshold, *detector.edges) if e > 0])
    widths = detector.resolution.sigma(edges)
    around = (edges + np.outer([-8, -5, -3, -2, -1, 0, 1, 2, 3, 5, 8], widths)).ravel()
    first = edges[0] if edges.size else high
    towards_zero = min(first, high) * 0.5 ** np.arange(1, 14)
    steps = detector.acceptance_steps[0]
    points = np.concatenate([around, towards_zero, steps, np.linspace(low, high, 9)])
    inside = np.unique(points[(points > low) & (points < high)])
    return np.concatenate([[low], inside, [high]])


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
        u = np.sqrt(1 - _breakpoints(detector, T_low, end) / end)
        half, middle = -np.diff(u) / 2, (u[1:] + u[:-1]) / 2
        nodes = (middle[:, None] + half[:, None] * _X).ravel()
        weights = (half[:, None] * _W).ravel() * 2 * nodes * end
        T = end * (1 - nodes**2)
        response = bin_probabilities(detector, T) * (detector.acceptance(T) * weights)[:, None]
        total += component_shapes(component, basis, T, line=line) @ response
    if T_low == 0:
        at_zero = bin_probabilities(detector, np.zeros(1))[0] * detector.acceptance(0.0)
        total[-1, at_zero > 0] = np.inf
    return total


def fold(experiment: Experiment, corrections: str) -> Folded:
    """Fold every shape with source, response, exposure and bins.

    Parameters
    ----------
    experiment : Experiment
    corrections : {"tree", "electroweak", "full"}
        Radiative corrections of the shapes.

    Returns
    -------
    Folded
        After this, every model and parameter value is a dot product.
    """
    detector = experiment.detector
    kinds = flavours(experiment.source)
    shapes = []
    for flavour in kinds:
        basis = Basis(corrections, flavour.charged_current)
        parts = [
            _fold_component(component, basis, detector, experiment.generate_above)
            for component in experiment.source.components
            if component.flavour == flavour
        ]
        shapes.append(experiment.luminosity * np.sum(parts, axis=0))
    return Folded(
        edges=np.array(detector.edges),
        corrections=corrections,
        flavours=kinds,
        shapes=tuple(shapes),
        backgrounds=_backgrounds(experiment),
    )


def _backgrounds(experiment: Experiment) -> Array:
    detector = experiment.detector
    limits = np.maximum([detector.threshold, *detector.edges, np.inf], detector.threshold)
    counts = [
        [experiment.background_counts(i) * b.fraction(low, high) for low, high in pairwise(limits)]
        for i, b in enumerate(experiment.backgrounds)
    ]
    return np.array(counts, np.float64).reshape(len(counts), detector.n_bins + 2)


def recorded_total(experiment: Experiment, model: Model) -> float:
    """Integrate the expected number of recorded events, bins aside, with adaptive quadrature.

    Raises
    ------
    ValueError
        If μ_ν ≠ 0 and recoils of T → 0 are recorded.
    """
    detector = experiment.detector
    threshold, T_low = detector.threshold, experiment.generate_above
    total = 0.0
    for component in experiment.source.components:
        basis = Basis(model.corrections, component.flavour.charged_current)
        c = coefficients(model, component.flavour)
        for line, end in _pieces(component):
            if end <= T_low:
                continue

            def integrand(
                x: float, end: float = end, line: int | None = line, component: Component = component,
                basis: Basis = basis, c: Array = c,
            ) -> float:  # fmt: skip
                T = np.array([end * (1 - x * x)])
                sigma = float(detector.resolution.sigma(T)[0])
                above = float(ndtr((T[0] - threshold) / sigma)) if sigma > 0 else float(T[0] >= threshold)
                accepted = above * float(detector.acceptance(T)[0])
                if accepted == 0:
                    return 0.0
                return (
                    accepted * 2 * x * end * float(c @ component_shapes(component, basis, T, line=line)[:, 0])
                )

            stops = [T for T in (threshold, *detector.acceptance_steps[0]) if T_low < T < end]
            points = np.sqrt(1 - np.array(sorted(stops)) / end)
            upper = float(np.sqrt(1 - T_low / end))
            total += quad(integrand, 0.0, upper, points=points, limit=200, epsabs=0, epsrel=1e-8)[0]
    for i, b in enumerate(experiment.backgrounds):
        total += experiment.background_counts(i) * b.fraction(threshold, np.inf) / experiment.luminosity
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
    folded = fold(experiment, model.corrections)
    return Expectation(
        edges=folded.edges,
        signal=folded.signal(model),
        background=np.asarray(folded.backgrounds.sum(axis=0)),
        unbinned_total=recorded_total(experiment, model),
    )
