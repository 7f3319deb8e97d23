"""Folding of the shapes h_k with source, response, vertices and bins: expected counts as dot products.

Eqs. (12) and (15) of the paper: the integral of the Gaussian over a bin is a difference of error functions.
What remains is a quadrature over the true recoil energy and, for a continuum, one over the neutrino energy.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detsim.detector import Detector
from detsim.expectation.folded import Folded
from detsim.expectation.response import bin_probabilities, breakpoints
from detsim.experiment import Experiment
from simgen.deposits import Line, Spectrum
from simgen.interaction import Basis, Model, T_max
from simgen.quadrature import gauss_legendre, panel_nodes
from simgen.rates import Disappearance, OscillatedSpectrum, component_shapes, flavours, oscillates
from simgen.sources import Component, Lines

__all__ = [
    "MANY_KNOTS",
    "Folded",
    "bends",
    "diverging",
    "fold",
    "fold_backgrounds",
    "kinks_of",
    "pieces",
]

Array = NDArray[np.float64]

_N_NODES = 20
"""Number of quadrature nodes between two kinks of the response to a background."""

MANY_KNOTS = 256
"""Largest number of kinks between which separate nodes are placed; more kinks are closer than other nodes."""


def kinks_of(component: Component) -> Array:
    """List the recoil energies where the spectrum has a kink; empty for many kinks, which are negligible."""
    energies = bends(component)
    return np.empty(0) if len(energies) > MANY_KNOTS else T_max(energies[:-1])


def bends(component: Component) -> Array:
    """List the neutrino energies where a continuum has a kink [MeV]; an oscillation adds none."""
    spectrum = component.spectrum
    if isinstance(spectrum, OscillatedSpectrum):
        spectrum = spectrum.spectrum
    return np.empty(0) if isinstance(spectrum, Lines) else spectrum.knots


def pieces(component: Component) -> Iterator[tuple[int | None, float]]:
    """List the lines of a spectrum, or None for its continuum, with the largest recoil energy of each."""
    if isinstance(component.spectrum, Lines):
        for i, energy in enumerate(component.spectrum.energies):
            yield i, float(T_max(energy))
    else:
        yield None, float(T_max(component.spectrum.endpoint))


def _fold_component(
    component: Component, basis: Basis, detector: Detector, T_low: float, weight: Disappearance | None = None
) -> Array:
    """Fold the shapes of one component, per unit luminosity, averaged over vertices.

    Returns
    -------
    ndarray, shape (K, n_energy_bins + 2), or (n_shares, K, n_energy_bins + 2) with a weight
    """
    shares = () if weight is None else (len(weight.baselines.shares),)
    total = np.zeros((*shares, basis.size, detector.n_energy_bins + 2))
    for line, T_end in pieces(component):
        if T_end <= T_low:
            continue
        if weight is None or line is None:
            total += _fold_line_or_continuum(component, basis, detector, T_low, line, weight)
        else:  # all neutrinos of a line have one energy
            energy = component.spectrum.energies[line]  # type: ignore[union-attr]  # lines have energies
            plain = _fold_line_or_continuum(component, basis, detector, T_low, line, None)
            total += np.multiply.outer(weight(energy), plain)
    total[..., diverging(basis, detector, T_low)] = np.inf
    return total


def diverging(basis: Basis, detector: Detector, T_low: float) -> NDArray[np.bool_]:
    """Tell which shapes are infinite in which bins of the energy, shape (K, n_energy_bins + 2)."""
    at_zero = bin_probabilities(detector, np.zeros(1))[0] * detector.acceptance(0.0)
    return np.outer(basis.divergent, (at_zero > 0) & (T_low == 0))


@lru_cache(maxsize=32)
def _fold_line_or_continuum(
    component: Component,
    basis: Basis,
    detector: Detector,
    T_low: float,
    line: int | None,
    weight: Disappearance | None,
) -> Array:
    """Fold one line, or a continuum, without divergences; the result for a line is valid for all Δm²."""
    T_end = dict(pieces(component))[line]
    points = breakpoints(detector, T_low, T_end, kinks_of(component), basis.steep)
    T, weights = panel_nodes(points, T_end)
    response = bin_probabilities(detector, T) * (detector.acceptance(T) * weights)[:, None]
    return component_shapes(component, basis, T, line=line, weight=weight) @ response


def _fold_with_baselines(component: Component, basis: Basis, experiment: Experiment, model: Model) -> Array:
    """Fold the shapes of one component, per unit luminosity.

    Returns
    -------
    ndarray, shape (K, n_bins + 2)
        (2K, n_bins + 2) for a component that oscillates: see `Folded`.
    """
    detector, T_low = experiment.detector, experiment.generate_above
    plain = _fold_component(component, basis, detector, T_low)
    if not (detector.spatial or oscillates(component, model)):
        return plain
    baselines = experiment.baselines
    rows = [_in_distance_bins(plain, baselines.shares, detector)]
    if oscillates(component, model):
        weight = Disappearance(baselines=baselines, delta_m2=float(model.delta_m2 or 0.0))
        disappeared = _fold_component(component, basis, detector, T_low, weight)
        rows.append(_in_bins(disappeared, detector))
    return np.concatenate(rows)


def _in_distance_bins(counts: Array, shares: Array, detector: Detector) -> Array:
    """Distribute counts over the bins of the distance: from (K, n_energy_bins + 2) to (K, n_bins + 2)."""
    with np.errstate(invalid="ignore"):
        spread = np.where(shares[:, None, None] > 0, shares[:, None, None] * counts, 0.0)
    return _in_bins(spread, detector)


def _in_bins(counts: Array, detector: Detector) -> Array:
    """Order counts in bins of the distance as `Detector.n_bins` describes.

    Parameters
    ----------
    counts : ndarray, shape (n_shares, K, n_energy_bins + 2)
        If there are bins of the distance, the last share is outside them.
    detector : Detector

    Returns
    -------
    ndarray, shape (K, n_bins + 2)
    """
    if detector.distance is None:
        return np.asarray(counts[0])
    inner = np.moveaxis(counts[:-1, :, 1:-1], 0, 1).reshape(counts.shape[1], detector.n_bins)
    above = counts[..., -1].sum(axis=0) + counts[-1, :, 1:-1].sum(axis=-1)
    return np.concatenate([counts[..., 0].sum(axis=0)[:, None], inner, above[:, None]], axis=1)


@np.errstate(under="ignore")
def fold(experiment: Experiment, model: Model) -> Folded:
    """Fold every shape with source, response, exposure and bins.

    Parameters
    ----------
    experiment : Experiment
    model : Model
        Only the parameters inside the shapes are used: radiative corrections, mediator masses, Δm².

    Returns
    -------
    Folded
        For all other parameters, expected counts are dot products with it.
    """
    kinds = flavours(experiment.source)
    bases = tuple(Basis.of(model, flavour) for flavour in kinds)
    shapes = []
    for flavour, basis in zip(kinds, bases, strict=True):
        shapes_of_components = [
            _fold_with_baselines(component, basis, experiment, model)
            for component in experiment.source.components
            if component.flavour == flavour
        ]
        shapes.append(experiment.luminosity * np.sum(shapes_of_components, axis=0))
    return Folded(
        edges=np.array(experiment.detector.edges),
        flavours=kinds,
        bases=bases,
        shapes=tuple(shapes),
        backgrounds=fold_backgrounds(experiment),
        delta_m2=model.delta_m2,
        source=experiment.source,
        T_low=experiment.generate_above,
    )


@np.errstate(under="ignore")
def fold_backgrounds(experiment: Experiment) -> Array:
    """Compute the counts of each background, shape (n_backgrounds, n_bins + 2)."""
    detector = experiment.detector
    limits = np.maximum([detector.threshold, *detector.edges, np.inf], detector.threshold)
    counts = np.zeros((len(experiment.backgrounds), detector.n_energy_bins + 2))
    for i, b in enumerate(experiment.backgrounds):
        if b.smeared:
            shares = _smeared_shares(b.spectrum, detector)
        else:
            shares = np.array([b.fraction(low, high) for low, high in pairwise(limits)])
        counts[i] = experiment.background_counts(i) * shares
    return (
        _in_distance_bins(counts, experiment.baselines.volume_shares, detector)
        if detector.spatial
        else counts
    )


def _smeared_shares(spectrum: Spectrum, detector: Detector) -> Array:
    """Fold a spectrum of true energies: shape (n_bins + 2,)."""
    if isinstance(spectrum, Line):
        E, weights = np.array([spectrum.energy]), np.ones(1)
    else:
        knots = spectrum.knots
        points = breakpoints(detector, float(knots[0]), float(knots[-1]), knots)
        half, middle = np.diff(points) / 2, (points[1:] + points[:-1]) / 2
        x, w = gauss_legendre(_N_NODES)
        E = (middle[:, None] + half[:, None] * x).ravel()
        weights = (half[:, None] * w).ravel() * spectrum.density(E)
    return np.asarray((detector.deposit_acceptance(E) * weights) @ bin_probabilities(detector, E))
