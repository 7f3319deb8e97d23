"""Spectra of neutrinos: lines, beta decays, tables; functions are in `simgen.sources.functions`."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.quadrature import gauss_legendre
from simgen.sources.beta_decay import allowed_spectrum, shape_factor, unique_forbidden_factor
from simgen.sources.continuum import LARGEST_ENERGY, Continuum, check_energies, check_weights, scale_factor
from simgen.sources.functions import FunctionSpectrum

__all__ = [
    "BetaSpectrum",
    "Continuum",
    "FunctionSpectrum",
    "HistogramSpectrum",
    "Lines",
    "Spectrum",
    "TableSpectrum",
]

Array = NDArray[np.float64]

_SHAPES = ("allowed", "first-unique", "first-unique-coulomb")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Monoenergetic neutrinos.

    Parameters
    ----------
    energies : tuple of float
        Neutrino energies [MeV], up to 100 GeV.
    intensities : tuple of float
        Neutrinos per decay.
    """

    energies: tuple[float, ...]
    intensities: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.energies or len(self.energies) != len(self.intensities):
            raise ValueError("lines need as many intensities as energies, and at least one")
        for name, values in (("energies", self.energies), ("intensities", self.intensities)):
            if not all(math.isfinite(v) and v > 0 for v in values):
                raise ValueError(f"line {name} must be finite and above 0, got {values}")
        if self.endpoint > LARGEST_ENERGY:
            raise ValueError(
                f"energies of lines must be at most {LARGEST_ENERGY:g} MeV, got {self.endpoint:g} MeV"
            )

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        return max(self.energies)

    @property
    def intensity(self) -> float:
        """Neutrinos per decay."""
        return math.fsum(self.intensities)


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaSpectrum:
    """Neutrinos of one beta branch: antineutrinos of β⁻, neutrinos of β⁺.

    Parameters
    ----------
    endpoint : float
        Largest neutrino energy [MeV].
    Z, A : int
        Daughter nucleus.
    intensity : float
        Neutrinos per decay of the parent.
    coulomb : bool
        With Fermi function and finite-size factor; False is eq. (14) of the paper.
    shape : {"allowed", "first-unique", "first-unique-coulomb"}
        "first-unique" multiplies by p² + q², "first-unique-coulomb" by p² λ₂ + q².
    factor : tuple of two floats
        (a, b) of a measured shape factor C(W) = 1 + a W + b/W, W the electron's energy in units of m_e.
    positron : bool
        β⁺: the nucleus repels the beta particle.
    """

    endpoint: float
    Z: int
    A: int
    intensity: float = 1.0
    coulomb: bool = True
    shape: Literal["allowed", "first-unique", "first-unique-coulomb"] = "allowed"
    factor: tuple[float, float] = (0.0, 0.0)
    positron: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.endpoint) and self.endpoint > 0):
            raise ValueError(f"endpoint must be above 0 MeV, got {self.endpoint}")
        if not (math.isfinite(self.intensity) and self.intensity > 0):
            raise ValueError(f"intensity must be above 0 per decay, got {self.intensity}")
        if self.shape not in _SHAPES:
            raise ValueError(f"shape must be one of {', '.join(_SHAPES)}, got {self.shape!r}")
        least = float(np.min(shape_factor(np.linspace(0, self.endpoint, 1001), self.endpoint, *self.factor)))
        if not least > 0:
            raise ValueError(
                f"factor: C(W) = 1 + a W + b/W must be above 0 up to the end point, and with (a, b) = "
                f"{self.factor} it falls to {least:.3g}"
            )

    @property
    def knots(self) -> Array:
        """Both ends of the spectrum [MeV]."""
        return np.array([0.0, self.endpoint])

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]; its integral is `intensity`."""
        return np.asarray(self._shape(E_nu) * self.intensity / _norm(self))

    def _shape(self, E_nu: ArrayLike) -> Array:
        charge = -self.Z if self.positron else self.Z
        values = allowed_spectrum(E_nu, endpoint=self.endpoint, Z=charge, A=self.A, coulomb=self.coulomb)
        if any(self.factor):
            values = values * shape_factor(E_nu, self.endpoint, *self.factor)
        if self.shape == "allowed":
            return values
        charge = charge if self.shape == "first-unique-coulomb" else 0
        return values * unique_forbidden_factor(E_nu, endpoint=self.endpoint, Z=charge, A=self.A)


@lru_cache
def _norm(spectrum: BetaSpectrum) -> float:
    """Integrate the shape over ω = endpoint (1 - x²), which removes the square root at the end point."""
    x, w = gauss_legendre(200)
    x, w = (x + 1) / 2, w / 2
    values = spectrum._shape(spectrum.endpoint * (1 - x**2))
    return float(np.sum(w * 2 * x * spectrum.endpoint * values))


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpectrum:
    """A continuum given by points, with straight lines between them and nothing outside.

    Parameters
    ----------
    energies : tuple of float
        Neutrino energies [MeV], ascending, from 0 up to 100 GeV.
    densities : tuple of float
        dN/dE_nu there, per decay [1/MeV].

    Examples
    --------
    >>> spectrum = TableSpectrum(energies=(0.0, 1.0, 2.0), densities=(0.0, 1.0, 0.0))
    >>> spectrum.intensity, float(spectrum.density(0.25))
    (1.0, 0.25)
    """

    energies: tuple[float, ...]
    densities: tuple[float, ...]

    def __post_init__(self) -> None:
        check_energies("energies", self.energies)
        if len(self.densities) != len(self.energies):
            raise ValueError(f"{len(self.energies)} energies need as many densities: {len(self.densities)}")
        check_weights("densities", self.densities)

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        return self.energies[-1]

    @property
    def intensity(self) -> float:
        """Neutrinos per decay."""
        return float(np.trapezoid(self.densities, self.energies))

    @property
    def knots(self) -> Array:
        """The energies of the table [MeV]."""
        return np.array(self.energies)

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]."""
        return np.asarray(
            np.interp(np.asarray(E_nu, np.float64), self.energies, self.densities, left=0.0, right=0.0)
        )

    def scaled(self, intensity: float) -> Self:
        """Return the same shape with another number of neutrinos per decay."""
        factor = scale_factor(intensity, self.intensity)
        return replace(self, densities=tuple(factor * d for d in self.densities))


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramSpectrum:
    """A continuum given by bins, constant inside each.

    Parameters
    ----------
    edges : tuple of float
        Bin edges in the neutrino energy [MeV], ascending, from 0 up to 100 GeV.
    contents : tuple of float
        Neutrinos per decay in each bin.

    Examples
    --------
    >>> spectrum = HistogramSpectrum(edges=(0.0, 1.0, 3.0), contents=(0.5, 0.5))
    >>> spectrum.density([0.5, 1.0, 3.5]).tolist()
    [0.5, 0.25, 0.0]
    """

    edges: tuple[float, ...]
    contents: tuple[float, ...]

    def __post_init__(self) -> None:
        check_energies("edges", self.edges)
        if len(self.contents) != len(self.edges) - 1:
            raise ValueError(f"{len(self.edges)} edges need one content less, got {len(self.contents)}")
        check_weights("contents", self.contents)

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        return self.edges[-1]

    @property
    def intensity(self) -> float:
        """Neutrinos per decay."""
        return math.fsum(self.contents)

    @property
    def knots(self) -> Array:
        """The bin edges [MeV]."""
        return np.array(self.edges)

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]."""
        E_nu, edges = np.asarray(E_nu, np.float64), np.array(self.edges)
        heights = np.array(self.contents) / np.diff(edges)
        number = np.clip(np.searchsorted(edges, E_nu, side="right") - 1, 0, len(heights) - 1)
        return np.where((E_nu >= edges[0]) & (E_nu <= edges[-1]), heights[number], 0.0)

    def scaled(self, intensity: float) -> Self:
        """Return the same shape with another number of neutrinos per decay."""
        factor = scale_factor(intensity, self.intensity)
        return replace(self, contents=tuple(factor * c for c in self.contents))


Spectrum = Lines | BetaSpectrum | TableSpectrum | HistogramSpectrum | FunctionSpectrum
