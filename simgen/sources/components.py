"""Sources of neutrinos: half-lives, components with their flavours and spectra, and the picture of these."""

import math
from dataclasses import dataclass

import numpy as np

from simgen.flavours import Flavour
from simgen.pictures import BLUE, VERMILION, Curve, Stems, picture
from simgen.representation import html_table, readable, text_table
from simgen.sources.continuum import Continuum
from simgen.sources.spectra import Lines

__all__ = ["Component", "Source", "spectrum_picture"]

_ENERGY = ("eV", "keV", "MeV", "GeV")
_TIME = ("s", "min", "h", "d", "y")
_N_POINTS = 161
"""Of a curve in a picture."""


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


def spectrum_picture(source: Source) -> str:
    """Draw the lines and the continuous spectra of a source as SVG, each kind with its largest at 1."""
    lines = [c.spectrum for c in source.components if isinstance(c.spectrum, Lines)]
    continua = [c.spectrum for c in source.components if not isinstance(c.spectrum, Lines)]
    layers: list[Curve | Stems] = []
    curves = []
    for spectrum in continua:
        # knots are where a spectrum is not smooth; just below each it has another value if it jumps
        knots = np.asarray(spectrum.knots, np.float64)
        E = np.union1d(np.linspace(knots[0], knots[-1], _N_POINTS), knots[:_N_POINTS])
        curves.append((E, np.asarray(spectrum.density(E), np.float64)))
    highest = max((float(np.max(density)) for _, density in curves), default=0.0)
    for number, (E, density) in enumerate(curves):
        label = "" if number else "continuous, per MeV"
        y = (density / highest).tolist() if highest > 0 else density.tolist()
        layers.append(Curve(x=E.tolist(), y=y, label=label, colour=BLUE))
    pairs = [pair for line in lines for pair in zip(line.energies, line.intensities, strict=True)]
    strongest = max((intensity for _, intensity in pairs), default=1.0)
    if pairs:
        energies, heights = [E for E, _ in pairs], [intensity / strongest for _, intensity in pairs]
        layers.append(Stems(x=energies, y=heights, label="lines", colour=VERMILION))
    about = f"Neutrinos of {source.name}"
    return picture(
        about, layers, x="E_ν [MeV]", y="per decay, of the largest", x_range=(0.0, None), y_range=(0.0, 1.0)
    )
