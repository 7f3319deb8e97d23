"""A small picture of the energies of the neutrinos of a source."""

from typing import TYPE_CHECKING

import numpy as np

from simgen.pictures import BLUE, VERMILION, Curve, Stems, picture
from simgen.sources.spectra import Lines

if TYPE_CHECKING:
    from simgen.sources.components import Source

__all__ = ["spectrum_picture"]

_N_POINTS = 161


def spectrum_picture(source: "Source") -> str:
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
