"""Fraction of a cross section with QED factors that is negative.

The factors are of first order in α. Near T_max of 0.55 MeV neutrinos the amplitudes of ν̄_e cancel, and the
negative correction can exceed the remaining tree-level term. In the standard model this concerns 4·10⁻⁷ of
the recoils of such neutrinos. No event is drawn where dσ/dT is negative; integrals include it with its sign.
"""

import numpy as np
from numpy.typing import NDArray

from simgen.interaction.crosssection import dsigma_dT
from simgen.interaction.kinematics import E_nu_min, T_max
from simgen.interaction.models import Model
from simgen.quadrature import gauss_legendre
from simgen.sources import Lines, Source, quadrature_nodes

__all__ = ["negative_fraction"]

Array = NDArray[np.float64]

_EDGES = np.concatenate([[0.0, 0.05, 0.25], 1 - 0.5 ** np.arange(1, 41), [1.0]])
"""Edges of panels in (T - T_low)/(T_max - T_low); their widths halve towards T_max."""
_N_NODES = 10
"""Quadrature nodes in each panel."""
_BLOCK = 1000
"""Neutrino energies evaluated at once."""


def negative_fraction(source: Source, model: Model, T_low: float) -> float:
    """Compute the fraction of the interactions where dσ/dT is negative.

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
    x, w = gauss_legendre(_N_NODES)
    shares = ((_EDGES[1:] + _EDGES[:-1])[:, None] / 2 + np.diff(_EDGES)[:, None] / 2 * x).ravel()
    measure = (np.diff(_EDGES)[:, None] / 2 * w).ravel()
    start = float(E_nu_min(T_low))
    below = above = 0.0
    for component in source.components:
        spectrum = component.spectrum
        if spectrum.endpoint <= start:
            continue
        if isinstance(spectrum, Lines):
            pairs = [(np.array(spectrum.energies), np.array(spectrum.intensities))]
        else:
            pairs = [(e.ravel(), w.ravel()) for e, w in quadrature_nodes(spectrum, np.array(start))]
        for energies, intensities in pairs:
            is_used = (intensities > 0) & (energies > start)
            for first in range(0, int(is_used.sum()), _BLOCK):
                E_nu, weights = (x[is_used][first : first + _BLOCK, None] for x in (energies, intensities))
                span = T_max(E_nu) - T_low
                T = T_low + span * shares
                values = weights * span * measure * dsigma_dT(T, E_nu, model, flavour=component.flavour)
                below -= float(values[values < 0].sum())
                above += float(values[values > 0].sum())
    return below / (above + below) if above else 0.0
