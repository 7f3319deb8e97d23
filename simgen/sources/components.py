"""Sources of neutrinos: half-lives, components with their flavours and spectra."""

import math
from dataclasses import dataclass

from simgen.flavours import Flavour
from simgen.sources.continuum import Continuum
from simgen.sources.spectra import Lines

__all__ = ["Component", "Source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Neutrinos of one flavour with one spectrum.

    Parameters
    ----------
    name : str
        Shown in files and tables.
    flavour : Flavour
    spectrum : Lines or Continuum
        Per decay of the parent.
    """

    name: str
    flavour: Flavour
    spectrum: Lines | Continuum


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
