"""Radioactive sources: lines, beta spectra, half-lives, data sets."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.betadecay import allowed_spectrum
from simgen.constants import YEAR
from simgen.flavours import Flavour

__all__ = ["SOURCES", "BetaSpectrum", "Component", "Lines", "Source", "cr51", "pm147", "source"]

Array = NDArray[np.float64]
DataSet = Literal["modern", "paper"]

_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Monoenergetic neutrinos.

    Parameters
    ----------
    energies : tuple of float
        Neutrino energies [MeV].
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
    """Antineutrinos of one allowed β⁻ branch.

    Parameters
    ----------
    endpoint : float
        Largest antineutrino energy [MeV].
    Z, A : int
        Daughter nucleus.
    intensity : float
        Antineutrinos per decay of the parent.
    coulomb : bool
        With Fermi function and finite-size factor; False is eq. (14) of the paper.
    """

    endpoint: float
    Z: int
    A: int
    intensity: float = 1.0
    coulomb: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.endpoint) and self.endpoint > 0):
            raise ValueError(f"endpoint must be above 0 MeV, got {self.endpoint}")
        if not (math.isfinite(self.intensity) and self.intensity > 0):
            raise ValueError(f"intensity must be above 0 per decay, got {self.intensity}")

    def density(self, E_nu: ArrayLike) -> Array:
        """Compute dN/dE_nu per decay [1/MeV]; its integral is `intensity`."""
        return np.asarray(self._shape(E_nu) * self.intensity / _norm(self))

    def _shape(self, E_nu: ArrayLike) -> Array:
        return allowed_spectrum(E_nu, endpoint=self.endpoint, Z=self.Z, A=self.A, coulomb=self.coulomb)


@lru_cache
def _norm(spectrum: BetaSpectrum) -> float:
    """Integrate the shape over ω = endpoint (1 - x²), which removes the square root at the end point."""
    x, w = np.polynomial.legendre.leggauss(200)
    x, w = (x + 1) / 2, w / 2
    values = spectrum._shape(spectrum.endpoint * (1 - x**2))
    return float(np.sum(w * 2 * x * spectrum.endpoint * values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Neutrinos of one flavour with one spectrum.

    Parameters
    ----------
    name : str
        Shown in files and tables.
    flavour : Flavour
    spectrum : Lines or BetaSpectrum
        Per decay of the parent.
    """

    name: str
    flavour: Flavour
    spectrum: Lines | BetaSpectrum


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A source of neutrinos.

    Parameters
    ----------
    name : str
    components : tuple of Component
        Their intensities are per decay of the parent.
    half_life : float
        Half-life [s]; infinity for a constant source.
    """

    name: str
    components: tuple[Component, ...]
    half_life: float = math.inf

    def __post_init__(self) -> None:
        if not self.components:
            raise ValueError(f"source {self.name!r} has no components")
        if not self.half_life > 0:
            raise ValueError(f"half_life must be above 0 s, got {self.half_life}")

    @property
    def intensity(self) -> float:
        """Neutrinos per decay, all components."""
        return math.fsum(c.spectrum.intensity for c in self.components)

    @property
    def endpoint(self) -> float:
        """Largest neutrino energy [MeV]."""
        return max(c.spectrum.endpoint for c in self.components)


def cr51(data: DataSet = "modern") -> Source:
    """Make a ⁵¹Cr source.

    Parameters
    ----------
    data : {"modern", "paper"}
        "paper" is Table II.

    Notes
    -----
    Modern: half-life 27.704 d; lines as used by SOX and GALLEX: 747.3, 752.0, 427.2, 431.8 keV.

    Examples
    --------
    >>> cr51("paper").intensity
    1.0
    """
    if data == "paper":
        lines = Lines(energies=(0.746, 0.751, 0.426, 0.431), intensities=(0.81, 0.09, 0.09, 0.01))
        half_life = 27 * _DAY
    else:
        lines = Lines(energies=(0.7473, 0.7520, 0.4272, 0.4318), intensities=(0.8163, 0.0849, 0.0895, 0.0093))
        half_life = 27.704 * _DAY
    return Source(
        name="Cr51",
        components=(Component(name="Cr51", flavour=Flavour.NU_E, spectrum=lines),),
        half_life=half_life,
    )


def pm147(data: DataSet = "modern") -> Source:
    """Make a ¹⁴⁷Pm source of ν̄_e.

    Parameters
    ----------
    data : {"modern", "paper"}
        "paper" is eq. (14): endpoint 234.7 keV, no Fermi function.
    """
    if data == "paper":
        beta = BetaSpectrum(endpoint=0.2347, Z=62, A=147, coulomb=False)
    else:
        beta = BetaSpectrum(endpoint=0.22406, Z=62, A=147)
    return Source(
        name="Pm147",
        components=(Component(name="Pm147", flavour=Flavour.ANTI_NU_E, spectrum=beta),),
        half_life=2.6234 * YEAR,
    )


SOURCES: dict[str, Callable[[DataSet], Source]] = {"Cr51": cr51, "Pm147": pm147}
"""Known isotopes."""


def source(isotope: str, data: DataSet = "modern") -> Source:
    """Make a source by the name of its isotope.

    Raises
    ------
    ValueError
        If the isotope or the data set is unknown.
    """
    if isotope not in SOURCES:
        raise ValueError(f"unknown isotope {isotope!r}: known are {', '.join(SOURCES)}")
    if data not in {"modern", "paper"}:
        raise ValueError(f"data must be 'modern' or 'paper', got {data!r}")
    return SOURCES[isotope](data)
