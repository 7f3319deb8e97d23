"""Sources of neutrinos: half-lives, components with their flavours and spectra."""

import math
from dataclasses import dataclass

from simgen.flavours import Flavour
from simgen.representation import html_table, readable, text_table
from simgen.sources.continuum import Continuum
from simgen.sources.pictures import spectrum_picture
from simgen.sources.spectra import Lines

__all__ = ["Component", "Source"]

_ENERGY = ("eV", "keV", "MeV", "GeV")
_TIME = ("s", "min", "h", "d", "y")


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

    @property
    def summary(self) -> str:
        """Flavour, kind of spectrum and intensity, in one line."""
        end, per_decay = readable(self.spectrum.endpoint, *_ENERGY), readable(self.spectrum.intensity)
        if isinstance(self.spectrum, Lines):
            n = len(self.spectrum.energies)
            kind = f"line at {end}" if n == 1 else f"{n} lines up to {end}"
        else:
            kind = f"continuum up to {end}"
        return f"{self.flavour}, {kind}, {per_decay} per decay"


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

    def _rows(self) -> list[tuple[str, str]]:
        """List what describes the source, with units."""
        constant = math.isinf(self.half_life)
        return [
            ("half-life", "infinite" if constant else readable(self.half_life, *_TIME)),
            ("neutrinos per decay", readable(self.intensity)),
            ("largest energy", readable(self.endpoint, *_ENERGY)),
            *((component.name, component.summary) for component in self.components),
        ]

    def __repr__(self) -> str:
        return text_table(f"Source {self.name!r}", self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Source {self.name}", self._rows(), spectrum_picture(self))
