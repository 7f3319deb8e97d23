"""Cells of the matrix of twins: every source with every kind of model, responses and geometries in turn."""

from dataclasses import dataclass

import numpy as np

from detsim.detector.detector import Detector, EfficiencyCurve, Resolution, Target
from detsim.detector.quenching import Birks, QuenchingTable
from detsim.detector.resolution import Curve, PhotoElectrons, TabulatedResolution
from detsim.experiment import Experiment
from simgen.constants import ALPHA, G_F, HBARC2, M_E, MAGNETIC_SCALE, SIGMA0
from simgen.flavours import Flavour
from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, LR, SM, Model
from simgen.rates.exposure import Activity, Exposure
from simgen.sources.isotopes import SOURCES, Component, Source, source
from simgen.sources.spectra import Lines
from support.experiments import BINS, DAY, POINTS

__all__ = ["CASES", "Case"]

_TABLES = Source(
    name="tables",
    components=(
        Component(name="points", flavour=Flavour.ANTI_NU_MU, spectrum=POINTS),
        Component(name="bins", flavour=Flavour.NU_TAU, spectrum=BINS),
    ),
    half_life=3 * DAY,
)
_LINES = Source(
    name="lines",
    components=tuple(
        Component(name=str(flavour), flavour=flavour, spectrum=Lines(energies=energies, intensities=(1.0, w)))
        for flavour, energies, w in (
            (Flavour.NU_MU, (0.2, 1.1), 0.3),
            (Flavour.ANTI_NU_E, (0.5, 0.9), 1.2),
            (Flavour.ANTI_NU_TAU, (0.7, 1.3), 0.8),
        )
    ),
    half_life=9 * DAY,
)
_ISOTOPES = [
    (f"{isotope} {data}", source(isotope, data)) for isotope, sets in SOURCES.items() for data in sets
]
_SOURCES = [*_ISOTOPES[:10], ("tables", _TABLES), ("lines", _LINES), *_ISOTOPES[10:]]
"""A source keeps its number, on which its responses, geometries and seeds depend: new isotopes come last."""
_FIRST_SOURCES = 12


def _models(end, corrections, order):
    """Make a model of every kind, each term as large as the weak scattering at recoils of `end` [MeV]."""
    both = {"corrections": corrections}
    scalar_mass = (2 * M_E * 0.3 * end) ** 0.5
    scalar = M_E**2 * end / (4 * np.pi * (end * (end + 2 * M_E)) * (2 * M_E * end + scalar_mass**2) ** 2)
    return {
        "SM tree": SM(),
        "SM full": SM(corrections="full"),
        "chi": E6(beta="chi", gamma=0.3, **both),
        "eta constrained": E6(beta="eta", gamma=0.3, constrained=True, tau=2.0, **both),
        "LR mixed": LR(gamma=0.05, phi=-0.04, **both),
        "mu_nu": SM(mu_nu=(SIGMA0 * end / MAGNETIC_SCALE) ** 0.5, **both),
        "NSI": SM(eps_L=0.1, eps_R=-0.2, **both),
        "charge radius": SM(charge_radius=5e-32, charge_radius_convention="texono", **both),
        "millicharge": SM(millicharge=0.1 * G_F * M_E * end / (2**0.5 * np.pi * ALPHA), **both),
        "vector": SM(
            vector_coupling=0.4 * G_F * (2 * M_E * end), vector_mass=(2 * M_E * 0.1 * end) ** 0.5, **both
        ),
        "scalar": SM(
            scalar_coupling=float((SIGMA0 / HBARC2 / scalar) ** 0.5), scalar_mass=scalar_mass, **both
        ),
        "delta_c_L": SM(delta_c_L=0.2, delta_c_L_order=order, **both),
    }


def _responses(end):
    """Make a response of every kind, for recoils up to `end` [MeV]."""
    smooth = Resolution(constant=0.004 * end, stochastic=0.05 * end**0.5, proportional=0.01)

    def curve(x, y):
        return Curve(energies=tuple(1.001 * end * e for e in x), values=y)

    true, measured = curve((0, 0.3, 1), (0.1, 0.6, 0.95)), curve((0.05, 0.4, 0.6, 1), (0.9, 1.0, 0.2, 0.7))
    sigma = curve((0, 0.4, 1), (0.01 * end, 0.05 * end, 0.1 * end))
    base = {"resolution": smooth, "efficiency": 1.0, "binding": "free"}
    return {
        "gaussian": base,
        "photo-electrons": base | {"resolution": PhotoElectrons(light_yield=150 / end)},
        "sigma table": base | {"resolution": TabulatedResolution(curve=sigma)},
        "true efficiency": base | {"efficiency": EfficiencyCurve(curve=true, energy="true")},
        "measured efficiency": base | {"efficiency": EfficiencyCurve(curve=measured, energy="measured")},
        "kB": base | {"quenching": Birks(kB=0.01, mean_excitation=4.52e-4)},
        "quenching table": base | {"quenching": QuenchingTable(curve=curve((0, 0.1, 1), (0.7, 0.9, 1.05)))},
        "scale": base | {"energy_scale": 0.93},
        "shells": base | {"binding": "shells"},
        "fiducial": base | {"fiducial": 0.6, "efficiency": 0.8},
    }


_GEOMETRIES = {
    "sphere, source outside": Sphere(radius=300.0, source_position=(0.0, -500.0, 656.2)),
    "shell": Shell(inner_radius=50.0, radius=345.2, source_position=(20.0, 0.0, -25.0)),
    "cylinder": Cylinder(radius=60.0, height=100.0, source_position=(0.0, 0.0, 20.0)),
    "box": Box(size=(120.0, 80.0, 100.0), source_position=(20.0, -10.0, 70.0)),
    "extended source outside": Sphere(radius=100.0, source_distance=150.0, source_radius=40.0),
    "shell, extended source": Shell(inner_radius=15.0, radius=40.9, source_radius=10.0),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One cell of the matrix."""

    name: str
    experiment: Experiment
    model: Model
    seed: int


def _case(names, seed, made, model, response, geometry):
    end = float(T_max(made.endpoint))
    detector = Detector(
        name="matrix",
        target=Target(material="NaI", electrons=1e30),
        edges=tuple(np.linspace(0.15 * end, 0.8 * end, 27)),
        threshold=0.08 * end,
        **response,
    )
    experiment = Experiment(
        name=", ".join(names),
        source=made,
        normalisation=Activity(value=1e16, geometry=geometry),
        detector=detector,
        exposure=Exposure(duration=min(2.5 * made.half_life, 1e9), start=0.1),
        generate_above={"mu_nu": 1e-3, "millicharge": 0.03}.get(names[1], 0.0) * end,
    )
    return Case(name=experiment.name, experiment=experiment, model=model, seed=seed)


def _cases():
    """Go through all sources and models; responses and geometries rotate, so that each meets every source."""
    for i, (label, made) in enumerate(_SOURCES):
        end = float(T_max(made.endpoint))
        responses, geometries = list(_responses(end).items()), list(_GEOMETRIES.items())
        corrections = ("full", "tree", "electroweak")[i % 3]
        # the amplitudes of ν̄_e cancel at 0.55 MeV, where dσ/dT to first order in δc_L is below zero
        cancel = any(c.flavour == Flavour.ANTI_NU_E and c.spectrum.endpoint > 0.5 for c in made.components)
        order = "first" if corrections == "tree" and not cancel else "exact"
        for j, (kind, model) in enumerate(_models(end, corrections, order).items()):
            response, geometry = (
                responses[(i + j) % len(responses)],
                geometries[(i + 5 * j) % len(geometries)],
            )
            seed = 7000 + (_FIRST_SOURCES * j + i if i < _FIRST_SOURCES else _FIRST_SOURCES * i + j)
            names = (label, kind, response[0], geometry[0])
            yield _case(names, seed, made, model, response[1], geometry[1])


CASES = {case.name: case for case in _cases()}
