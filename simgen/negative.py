"""How much of a cross section with QED factors is below zero.

The factors are of first order in α: where the amplitudes of ν̄_e cancel, at T_max of 0.55 MeV neutrinos,
what is left can be less than what they take away. In the standard model that is 4·10⁻⁷ of the recoils of such
neutrinos. No event is drawn there; integrals count it with its sign.
"""

import numpy as np
from numpy.typing import NDArray

from simgen.components import Source
from simgen.continuum import quadrature_nodes
from simgen.crosssection import dsigma_dT
from simgen.kinematics import E_nu_min, T_max
from simgen.models import Model
from simgen.spectra import Lines

__all__ = ["negative_fraction"]

Array = NDArray[np.float64]

_PANELS = 44
"""Panels in T_max - T, each half of the one before."""


def negative_fraction(source: Source, model: Model, T_low: float) -> float:
    """Compute what part of the interactions the strips are in which dσ/dT is below zero.

    Parameters
    ----------
    source : Source
    model : Model
    T_low : float
        Smallest true recoil energy [MeV].

    Returns
    -------
    float
        ∫∫ f max(-dσ/dT, 0) / ∫∫ f |dσ/dT|, 0 without QED factors.
    """
    if model.corrections != "full":
        return 0.0
    below = above = 0.0
    for component in source.components:
        spectrum, flavour = component.spectrum, component.flavour
        start = float(E_nu_min(T_low))
        if spectrum.endpoint <= start:
            continue
        if isinstance(spectrum, Lines):
            pairs = [(np.array(spectrum.energies), np.array(spectrum.intensities))]
        else:
            pairs = [(e.ravel(), w.ravel()) for e, w in quadrature_nodes(spectrum, np.array(start))]
        for E_nu, weights in pairs:
            some = (weights > 0) & (E_nu > start)
            for omega, weight in zip(E_nu[some], weights[some], strict=True):
                T, measure = _towards_end(float(omega), T_low)
                values = measure * dsigma_dT(T, omega, model, flavour=flavour)
                below += weight * float(np.sum(np.maximum(-values, 0.0)))
                above += weight * float(np.sum(np.maximum(values, 0.0)))
    return below / (above + below) if above else 0.0


def _towards_end(omega: float, T_low: float) -> tuple[Array, Array]:
    """Place recoil energies with their weights, ever denser towards T_max and, without a cut, towards 0."""
    x, w = np.polynomial.legendre.leggauss(16)
    end = float(T_max(omega))
    down = np.concatenate([[0.0], 0.5 ** np.arange(_PANELS, -1, -1)])
    edges = T_low + (end - T_low) * np.unique(np.concatenate([down / 2, 1 - down / 2]))
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * x).ravel(), (half[:, None] * w).ravel()
