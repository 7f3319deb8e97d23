"""Continuous spectra: protocol, quadrature nodes, checks of tables."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import M_E
from simgen.quadrature import clustered_nodes

__all__ = [
    "LARGEST_ENERGY",
    "Continuum",
    "check_energies",
    "check_weights",
    "quadrature_nodes",
    "quadrature_pieces",
    "sampling_nodes",
    "scale_factor",
]

Array = NDArray[np.float64]

LARGEST_ENERGY = 1e5
_N_QUADRATURE = 96
_FEWEST_QUADRATURE = 6
_BLOCK = 2_000_000
"""Largest number of neutrino energies that are evaluated at once."""
_N_SAMPLING = 4097
_FEWEST_SAMPLING = 5
"""Smallest number of sampling nodes between two knots of a spectrum."""


class Continuum(Protocol):
    """A spectrum with a density, per decay of the parent."""

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        ...

    @property
    def intensity(self) -> float:
        """Neutrinos per decay."""
        ...

    @property
    def knots(self) -> Array:
        """Ascending energies between which the density is smooth, first and last included [MeV]."""
        ...

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]; where it jumps, the value above the jump."""
        ...


def quadrature_nodes(
    spectrum: Continuum, low: Array, knots: Array | None = None
) -> Iterator[tuple[Array, Array]]:
    """Place quadrature nodes from low to the end point, weighted with the spectrum, between knots, in blocks.

    Parameters
    ----------
    spectrum : Continuum
    low : ndarray
        Lower ends of the integrals [MeV].
    knots : ndarray, optional
        Knots of the spectrum, and of other factors of the integrand [MeV].

    Yields
    ------
    E_nu, weights : ndarray, shape (..., n)
    """
    for E_nu, weights, _ in quadrature_pieces(spectrum, low, knots):
        yield E_nu, weights


def quadrature_pieces(
    spectrum: Continuum, low: Array, knots: Array | None = None
) -> Iterator[tuple[Array, Array, Array | None]]:
    """Place nodes as `quadrature_nodes`, and return those that are common to all lower ends.

    Parameters
    ----------
    spectrum, low, knots
        As for `quadrature_nodes`.

    Yields
    ------
    E_nu, weights : ndarray, shape (..., n)
    shared : ndarray, shape (n,), or None
        Energies that are common to all lower ends, where weights are not 0; None if they differ.

    Notes
    -----
    Between knots, and from low to the first knot above it, ω = start + span sin²(πx/2) removes the square
    root at the end point, and the logarithm of the QED factors at T = T_max(ω).
    """
    knots, low = spectrum.knots if knots is None else knots, np.asarray(low)
    cut = np.clip(np.searchsorted(knots, low, side="right") - 1, 0, len(knots) - 2)
    start = np.maximum(low, knots[cut])
    span = np.maximum(knots[cut + 1] - start, 0.0)
    share, measure = clustered_nodes(_N_QUADRATURE)
    # an empty span has weight 0; its nodes must not be at T = T_max(ω)
    E_nu = start[..., None] + np.where(span > 0, span, start + M_E)[..., None] * share
    yield E_nu, span[..., None] * measure * spectrum.density(E_nu), None

    n_full = len(knots) - 2  # intervals between knots that may be completely above low: all but the first
    share, measure = clustered_nodes(
        min(_N_QUADRATURE, max(_FEWEST_QUADRATURE, 2 * _N_QUADRATURE // max(n_full, 1)))
    )
    number = np.repeat(np.arange(1, n_full + 1), len(share))
    nodes = (knots[1:-1, None] + np.diff(knots)[1:, None] * share).ravel()
    weights = (np.diff(knots)[1:, None] * measure).ravel() * spectrum.density(nodes)
    above_spectrum = (2 * low + M_E)[..., None]
    block = max(1, _BLOCK // low.size)
    for first in range(0, len(nodes), block):
        block_slice = slice(first, first + block)
        above = number[block_slice] > cut[..., None]
        if above.any():
            yield (
                np.where(above, nodes[block_slice], above_spectrum),
                np.where(above, weights[block_slice], 0.0),
                nodes[block_slice],
            )


def sampling_nodes(knots: Array) -> Array:
    """Place the nodes of the piecewise linear density from which events are drawn, dense at ends of pieces.

    Parameters
    ----------
    knots : ndarray
        Ascending energies between which the density is smooth [MeV].
    """
    nodes = []
    for start, stop in pairwise(knots):
        share = (stop - start) / (knots[-1] - knots[0])
        angle = np.linspace(0, np.pi / 2, max(_FEWEST_SAMPLING, math.ceil(_N_SAMPLING * share)))
        interval_nodes = start + (stop - start) * np.sin(angle) ** 2
        # the density may jump at a knot
        interval_nodes[-1] = stop if stop == knots[-1] else np.nextafter(stop, start)
        nodes.append(interval_nodes)
    return np.concatenate(nodes)


def scale_factor(wanted: float, had: float) -> float:
    """Compute the factor between two intensities of a spectrum."""
    if not (math.isfinite(wanted) and wanted > 0):
        raise ValueError(f"intensity must be above 0 per decay, got {wanted}")
    return wanted / had


def check_energies(name: str, values: tuple[float, ...]) -> None:
    """Refuse energies [MeV] that are too few, out of range or do not ascend."""
    if len(values) < 2:
        raise ValueError(f"{name} of a table must be at least two, got {len(values)}")
    if not all(0 <= v <= LARGEST_ENERGY for v in values):
        wrong = next(v for v in values if not 0 <= v <= LARGEST_ENERGY)
        raise ValueError(f"{name} must be from 0 to {LARGEST_ENERGY:g} MeV, got {wrong:g}")
    if np.any(np.diff(values) <= 0):
        i = int(np.argmax(np.diff(values) <= 0))
        raise ValueError(f"{name} must ascend, got {values[i + 1]:g} after {values[i]:g} MeV")


def check_weights(name: str, values: tuple[float, ...]) -> None:
    """Refuse densities or contents that are not finite, below 0, or all 0."""
    wrong = [v for v in values if not (math.isfinite(v) and v >= 0)]
    if wrong:
        raise ValueError(f"{name} must be finite and at least 0, got {wrong[0]:g}")
    if not any(values):
        raise ValueError(f"{name} are all 0: a spectrum without neutrinos")
