"""Mean numbers of interactions by quadrature: the deterministic twin of the generator.

All results are per unit of luminosity, that is per electron and per decay of the source per cm².
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.interaction import Basis, E_nu_min, Model, check_positive, coefficients, sigma
from simgen.rates.oscillation import Disappearance
from simgen.sources import Component, Lines, Source, quadrature_nodes, quadrature_pieces

__all__ = ["component_shapes", "mean_sigma", "recoil_spectrum"]

Array = NDArray[np.float64]

_RECOILS = 256
"""Recoil energies at which weighted averages are evaluated at once."""


@np.errstate(under="ignore")
def component_shapes(
    component: Component,
    basis: Basis,
    T: ArrayLike,
    *,
    line: int | None = None,
    weight: Disappearance | None = None,
) -> Array:
    """Average the shapes h_k over the neutrino energies of a component.

    Parameters
    ----------
    component : Component
    basis : Basis
    T : array_like
        Recoil energies [MeV], above 0.
    line : int, optional
        Only this line of the component.
    weight : Disappearance, optional
        Factor of the spectrum as a function of the energy.

    Returns
    -------
    ndarray, shape (K, ...), or (n_shares, K, ...) with a weight
        ∫ f(ω) h_k(T, ω) dω [cm²/MeV], f per decay.
    """
    T = np.asarray(T, np.float64)
    spectrum = component.spectrum
    if isinstance(spectrum, Lines):
        chosen = range(len(spectrum.energies)) if line is None else (line,)
        shapes = [spectrum.intensities[i] * basis.shapes(T, spectrum.energies[i]) for i in chosen]
        if weight is None:
            return np.asarray(sum(shapes))
        factors = [weight(spectrum.energies[i]) for i in chosen]
        return np.asarray(sum(np.multiply.outer(f, s) for f, s in zip(factors, shapes, strict=True)))
    if weight is None:
        return basis.combine(T, _average(component, basis.corrections, T.tobytes()).reshape(-1, *T.shape))
    average = _weighted_average(component, weight, basis.corrections, T.tobytes())
    return np.stack([basis.combine(T, a.reshape(-1, *T.shape)) for a in average])


@lru_cache(maxsize=32)
def _average(component: Component, corrections: str, energies: bytes) -> Array:
    """Average `Basis.kinematic` over a continuum, shape (5, n); valid for all masses of a mediator."""
    T = np.frombuffer(energies)
    spectrum = component.spectrum
    if isinstance(spectrum, Lines):
        raise TypeError("lines have no continuum to average over")
    basis = Basis(corrections, component.flavour.charged_current)
    block_averages = [
        np.sum(basis.kinematic(T[:, None], E_nu) * weights, axis=-1)
        for E_nu, weights in quadrature_nodes(spectrum, E_nu_min(T))
    ]
    return np.asarray(sum(block_averages, np.zeros((5, len(T)))))


@lru_cache(maxsize=32)
def _weighted_average(
    component: Component, weight: Disappearance, corrections: str, energies: bytes
) -> Array:
    """Average `Basis.kinematic` times a weight over a continuum, shape (n_shares, 5, n)."""
    T = np.frombuffer(energies)
    spectrum = component.spectrum
    if isinstance(spectrum, Lines):
        raise TypeError("lines have no continuum to average over")
    basis = Basis(corrections, component.flavour.charged_current)
    knots = weight.knots(spectrum.knots)
    total = np.zeros((len(weight.baselines.shares), 5, len(T)))
    for indices in np.array_split(np.arange(len(T)), -(-len(T) // _RECOILS)):
        for E_nu, weights, shared in quadrature_pieces(spectrum, E_nu_min(T[indices]), knots):
            kinematic = basis.kinematic(T[indices, None], E_nu) * weights
            if shared is None:
                total[..., indices] += np.einsum("kte,jte->jkt", kinematic, weight(E_nu))
            else:
                total[..., indices] += np.moveaxis(kinematic @ weight(shared).T, -1, 0)
    return total


@np.errstate(under="ignore")
def mean_sigma(component: Component, model: Model, *, T_low: float = 0.0) -> float:
    """Integrate the cross section over the spectrum of a component.

    Parameters
    ----------
    component : Component
    model : Model
    T_low : float
        Smallest recoil energy [MeV].

    Returns
    -------
    float
        Σ w σ(ω) or ∫ f σ dω [cm²], per decay.

    Examples
    --------
    >>> from simgen.interaction.models import SM
    >>> from simgen.sources.isotopes import cr51
    >>> f"{mean_sigma(cr51().components[0], SM(sin2_theta_w=0.2317)):.4e}"
    '4.6920e-45'
    """
    spectrum = component.spectrum
    if isinstance(spectrum, Lines):
        values = sigma(np.array(spectrum.energies), model, flavour=component.flavour, T_low=T_low)
        return float(np.dot(values, spectrum.intensities))
    low = E_nu_min(T_low)
    if low >= spectrum.endpoint:
        return 0.0
    return float(
        sum(
            np.sum(weights * sigma(E_nu, model, flavour=component.flavour, T_low=T_low))
            for E_nu, weights in quadrature_nodes(spectrum, low)
        )
    )


@np.errstate(under="ignore")
def recoil_spectrum(source: Source, model: Model, T: ArrayLike) -> Array:
    """Compute the recoil spectrum of a source.

    Parameters
    ----------
    source : Source
    model : Model
    T : array_like
        True recoil energies [MeV], above 0.

    Returns
    -------
    ndarray
        ∫ f(ω) dσ/dT dω over all components [cm²/MeV], per decay: eq. (12) without detector.

    Raises
    ------
    ValueError
        If dσ/dT is negative above the lowest of these energies because δc_L² is dropped where it matters.
    """
    check_positive(source, model, float(np.min(T, initial=math.inf)))
    total = np.zeros(np.shape(T))
    for component in source.components:
        basis = Basis.of(model, component.flavour)
        c = coefficients(model, component.flavour)
        total = total + np.tensordot(c, component_shapes(component, basis, T), axes=1)
    return total
