"""The experiments that the tests share: those of the paper, and their realistic counterparts."""

from dataclasses import replace

import numpy as np

from detsim.detector.detector import Detector, Resolution, Target, uniform_edges
from detsim.detector.distance_bins import DistanceBins
from detsim.experiment import Experiment, FlatBackground
from simgen.constants import YEAR
from simgen.flavours import Flavour
from simgen.geometry import Cylinder, Geometry, Shell, Sphere
from simgen.rates.exposure import Activity, Exposure, Flux
from simgen.sources.isotopes import BetaSpectrum, Component, Lines, Source, cr51, pm147
from simgen.sources.spectra import HistogramSpectrum, TableSpectrum

DAY = 86400.0
MCI = 3.7e16
"""One megacurie [1/s]."""
POINTS = TableSpectrum(energies=(0.3, 0.5, 0.52, 2.0), densities=(1.0, 0.0, 1.0, 0.0))
BINS = HistogramSpectrum(edges=(0.1, 0.5, 0.52, 0.9, 2.0), contents=(0.1, 0.4, 0.0, 0.5))
"""Spectra of a user's tables, with a part that is empty."""
LAMA_EDGES = (*np.arange(2, 25, 2) * 1e-3, 0.025)


def _cr51_run(name, electrons, low, high, width, delta):
    return Experiment(
        name=name,
        source=cr51("paper"),
        normalisation=Flux(value=2.0e12),
        exposure=Exposure(duration=20 * DAY),
        detector=Detector(
            name=name,
            target=Target(electrons=electrons),
            edges=uniform_edges(low, high, width),
            threshold=low,
            resolution=Resolution(stochastic=delta),
            efficiency=1.0,
            binding="free",
        ),
    )


def borexino():
    """BOREXINO of Table III under the paper's flux."""
    return _cr51_run("borexino", 5e31, 0.25, 0.55, 0.05, (1 / 300) ** 0.5)


def hellaz(high=0.26):
    """HELLAZ of Table III under the paper's flux, up to 260 or 560 keV."""
    return _cr51_run("hellaz", 2e30, 0.10, high, 0.01, (1 / 20000) ** 0.5)


def lama(data="paper", binding="free", **changes):
    """LAMA with 1 t of NaI around 10 MCi."""
    experiment = Experiment(
        name="lama",
        source=pm147(data),
        normalisation=Activity(value=10 * MCI, geometry=Sphere(radius=40.22)),
        exposure=Exposure(duration=YEAR),
        detector=Detector(
            name="lama",
            target=Target(material="NaI", electrons=2.5713e29),
            edges=LAMA_EDGES,
            threshold=0.002,
            resolution=Resolution(stochastic=0.026),
            efficiency=1.0,
            binding=binding,
        ),
    )
    return replace(experiment, **changes)


def in_geometry(experiment: Experiment, geometry: Geometry, target: Target) -> Experiment:
    """Put 1.67 MCi of modern ⁵¹Cr next to a target instead of the paper's flux."""
    return replace(
        experiment,
        source=cr51(),
        normalisation=Activity(value=1.67 * MCI, geometry=geometry),
        detector=replace(experiment.detector, target=target),
    )


def borexino_central():
    """The paper's 151 t of pseudocumene as a shell around the source."""
    shell = Shell(inner_radius=50.0, radius=345.2)
    return in_geometry(borexino(), shell, Target(material="C9H12", mass=0.88 * shell.volume))


def borexino_outside():
    """A sphere of 3 m with the source 8.25 m from its centre, and a flat background."""
    sphere = Sphere(radius=300.0, source_distance=825.0)
    experiment = in_geometry(borexino(), sphere, Target(material="C9H12", mass=0.88 * sphere.volume))
    background = FlatBackground(name="flat", rate=10 / DAY, low=0.25, high=0.8)
    return replace(experiment, exposure=Exposure(duration=100 * DAY), backgrounds=(background,))


def borexino_distances(resolution=15.0):
    """The same with four bins of the distance from the source."""
    experiment = borexino_outside()
    bins = DistanceBins(edges=(500.0, 650.0, 800.0, 950.0, 1100.0), resolution=resolution)
    return replace(experiment, detector=replace(experiment.detector, distance=bins))


def hellaz_central(high=0.26):
    """6 t of helium in a cylinder around the source."""
    cylinder = Cylinder(radius=552.7, height=2000.0)
    return in_geometry(hellaz(high), cylinder, Target(material="He", mass=6e6))


def mixed_source():
    """Lines and continua of three flavours in one source."""
    return Source(
        name="mixed",
        components=(
            Component(
                name="lines",
                flavour=Flavour.NU_MU,
                spectrum=Lines(energies=(0.4, 0.8618), intensities=(0.3, 1.2)),
            ),
            Component(
                name="beta",
                flavour=Flavour.ANTI_NU_E,
                spectrum=BetaSpectrum(endpoint=0.9, Z=38, A=90, intensity=0.7),
            ),
            Component(
                name="soft",
                flavour=Flavour.NU_E,
                spectrum=BetaSpectrum(endpoint=0.5, Z=2, A=3, intensity=0.4, coulomb=False),
            ),
        ),
    )
