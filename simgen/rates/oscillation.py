"""Short-baseline oscillation of ν_e into a sterile state.

P(ν_e → ν_e) = 1 - sin²2θ sin²(Δm² L/(4ħc E)), the same for antineutrinos; 1/(4ħc) is the usual 1.267 for eV²,
m and MeV. Sterile neutrinos do not scatter, and other flavours do not mix.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import HBARC2
from simgen.geometry import Baselines
from simgen.interaction import Model
from simgen.sources import Component, Continuum, Lines, Source

__all__ = [
    "WAVE",
    "Disappearance",
    "OscillatedSpectrum",
    "Oscillation",
    "oscillated",
    "oscillates",
    "survival",
]

Array = NDArray[np.float64]

WAVE = 1e-12 / (4 * math.sqrt(HBARC2))
"""Phase per Δm² L/E [MeV/(eV² cm)]."""

_PHASE_STEP = 4.0
"""Phase at the longest baseline between knots of an oscillated continuum [rad]."""
_MOST_KNOTS = 200


def survival(model: Model, L: ArrayLike, E_nu: ArrayLike) -> Array:
    """Compute the survival probability of a ν_e.

    Parameters
    ----------
    model : Model
    L : array_like
        Baseline [cm].
    E_nu : array_like
        Neutrino energy [MeV].

    Examples
    --------
    >>> from simgen.interaction.models import SM
    >>> float(survival(SM(sin2_2theta=0.2, delta_m2=1.0), 0.7473 * np.pi / 2 / WAVE, 0.7473).round(12))
    0.8
    """
    if model.delta_m2 is None:
        return np.ones(np.broadcast_shapes(np.shape(L), np.shape(E_nu)))
    phase = WAVE * model.delta_m2 * np.asarray(L, np.float64) / np.asarray(E_nu, np.float64)
    return np.asarray(1 - model.sin2_2theta * np.sin(phase) ** 2)


@dataclass(frozen=True, kw_only=True)
class Disappearance:
    """Mean of sin²(Δm² L/(4ħc E)) over baselines, as a function of the neutrino energy.

    Parameters
    ----------
    baselines : Baselines
    delta_m2 : float
        [eV²].
    """

    baselines: Baselines
    delta_m2: float

    def __call__(self, E_nu: ArrayLike) -> Array:
        """Evaluate at neutrino energies [MeV], times the share of each bin: shape (n_shares, ...)."""
        E_nu = np.asarray(E_nu, np.float64)
        shares = self.baselines.shares.reshape(-1, *(1,) * E_nu.ndim)
        return np.asarray((shares - self.baselines.mean_cosine(2 * WAVE * self.delta_m2 / E_nu)) / 2)

    def knots(self, knots: Array) -> Array:
        """Add energies between which the phase changes by a few radians to the knots of a spectrum [MeV]."""
        phase_times_energy = 2 * WAVE * self.delta_m2 * self.baselines.longest
        if phase_times_energy == 0:
            return knots
        added_knots = phase_times_energy / (
            phase_times_energy / knots[-1] + _PHASE_STEP * np.arange(1, _MOST_KNOTS)
        )
        return np.union1d(knots, added_knots[added_knots > knots[0] + 1e-9 * knots[-1]])


@dataclass(frozen=True, kw_only=True)
class OscillatedSpectrum:
    """A continuum times the share of its neutrinos that arrive in a region and are still ν_e.

    Parameters
    ----------
    spectrum : Continuum
    disappearance : Disappearance
        Mean for baselines without bins of the distance.
    amplitude : float
        sin²2θ.
    """

    spectrum: Continuum
    disappearance: Disappearance
    amplitude: float

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        return self.spectrum.endpoint

    @property
    def intensity(self) -> float:
        """Neutrinos per decay before oscillation."""
        return self.spectrum.intensity

    @property
    def knots(self) -> Array:
        """Energies between which the density is smooth [MeV]."""
        return self.disappearance.knots(self.spectrum.knots)

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]."""
        (share,) = self.disappearance.baselines.shares
        E_nu = np.asarray(E_nu, np.float64)
        factors = share - self.amplitude * self.disappearance(np.maximum(E_nu, 1e-12))[0]
        return np.asarray(self.spectrum.density(E_nu) * factors)


@dataclass(frozen=True, kw_only=True)
class Oscillation:
    """Amplitudes and Δm² of an oscillation of the components of a source.

    Parameters
    ----------
    amplitudes : tuple of float
        sin²2θ of each component, or 0 for a flavour that does not mix.
    delta_m2 : float
        [eV²].
    """

    amplitudes: tuple[float, ...]
    delta_m2: float

    @classmethod
    def of(cls, source: Source, model: Model) -> "Oscillation | None":
        """Make the oscillation of a model; None if nothing oscillates."""
        amplitudes = tuple(model.sin2_2theta if oscillates(c, model) else 0.0 for c in source.components)
        if model.delta_m2 is None or not any(amplitudes):
            return None
        return cls(amplitudes=amplitudes, delta_m2=model.delta_m2)


def oscillates(component: Component, model: Model) -> bool:
    """Tell whether a model makes the neutrinos of a component disappear."""
    return model.delta_m2 is not None and component.flavour.charged_current


def oscillated(source: Source, model: Model, baselines: Baselines) -> Source:
    """Return the source with the spectra that reach a region of the target.

    Parameters
    ----------
    source : Source
    model : Model
    baselines : Baselines
        Baselines without bins of the distance.

    Returns
    -------
    Source
        Its spectra are per decay, multiplied by the share of the interactions in the region and by the mean
        survival probability there.
    """
    return replace(
        source, components=tuple(_oscillated_component(c, model, baselines) for c in source.components)
    )


def _oscillated_component(component: Component, model: Model, baselines: Baselines) -> Component:
    spectrum: Any = component.spectrum
    (share,) = baselines.shares
    if not oscillates(component, model):
        if baselines.region is None:
            return component
        amplitude, delta_m2 = 0.0, 0.0
    else:
        amplitude, delta_m2 = model.sin2_2theta, float(model.delta_m2 or 0.0)
    disappearance = Disappearance(baselines=baselines, delta_m2=delta_m2)
    if isinstance(spectrum, Lines):
        factors = share - amplitude * disappearance(np.array(spectrum.energies))[0]
        intensities = tuple(float(w * f) for w, f in zip(spectrum.intensities, factors, strict=True))
        return replace(component, spectrum=replace(spectrum, intensities=intensities))
    oscillated_spectrum = OscillatedSpectrum(
        spectrum=spectrum, disappearance=disappearance, amplitude=amplitude
    )
    return replace(component, spectrum=oscillated_spectrum)
