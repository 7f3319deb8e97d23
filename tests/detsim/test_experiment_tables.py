"""Detectors, experiments and expected counts as text and as HTML."""

from dataclasses import replace

import numpy as np
import pytest
from support.experiments import borexino, lama
from support.html_tables import HOSTILE, TAGS, Table

from detsim.detector.detector import Detector, EfficiencyCurve, Target
from detsim.detector.quenching import Birks
from detsim.detector.resolution import Curve, PhotoElectrons, Resolution, TabulatedResolution
from detsim.expectation import Expectation
from detsim.experiment import FlatBackground
from detsim.simulation import Sample, Sampling
from detsim.systematics import Systematic
from simgen import SM, Interactions, Sphere

CURVE = Curve(energies=(0.0, 1.0), values=(0.5, 0.9))


def rows(shown):
    table = Table(shown._repr_html_())
    assert set(table.tags) == TAGS
    pairs = dict(zip(table.cells["th"], table.cells["td"], strict=True))
    assert len(pairs) == len(table.cells["th"])
    text = [line.strip() for line in repr(shown).splitlines()[1:]]
    assert [" ".join(line.split()) for line in text] == [
        " ".join(f"{k} {v}".split()) for k, v in pairs.items()
    ]
    return pairs


def detector(**changes):
    standard = {
        "name": "d",
        "target": Target(material="C9H12", mass=2e6),
        "edges": (0.25, 0.3, 0.55),
        "threshold": 0.25,
        "resolution": Resolution(stochastic=0.05, proportional=0.01),
        "efficiency": 1.0,
        "binding": "free",
    }
    return Detector(**standard | changes)


def test_a_detector_shows_values_with_units():
    shown = rows(detector())
    assert shown["target"].startswith("2 t of C9H12, 6.6")
    assert shown["threshold"] == "250 keV"
    assert shown["bins in T_reco"] == "2 from 250 keV to 550 keV"
    assert shown["resolution"] == "σ² = (50 keV)² E/MeV + (0.01 E)²"
    assert "quenching" not in shown


@pytest.mark.parametrize(
    ("changes", "name", "text"),
    [
        ({"threshold": -np.inf}, "threshold", "none"),
        ({"resolution": Resolution()}, "resolution", "perfect"),
        ({"resolution": PhotoElectrons(light_yield=500.0)}, "resolution", "500 photo-electrons per MeV"),
        (
            {"resolution": TabulatedResolution(curve=CURVE)},
            "resolution",
            "σ tabulated from 0 to 1 MeV (2 points)",
        ),
        (
            {"efficiency": EfficiencyCurve(curve=CURVE, energy="measured")},
            "efficiency",
            "in measured energy, tabulated from 0 to 1 MeV (2 points)",
        ),
        (
            {"quenching": Birks(kB=0.01, mean_excitation=65e-6)},
            "quenching",
            "Birks, kB = 0.01 g/cm2/MeV, I = 65 eV",
        ),
        ({"wall_distance": 20.0}, "distance from the wall", "above 20 cm"),
    ],
)
def test_parts_of_a_detector(changes, name, text):
    assert rows(detector(**changes))[name] == text


def test_an_experiment_shows_its_parts():
    flat = FlatBackground(name=HOSTILE, rate=1.0, low=0.2, high=0.8, half_life=86400.0, uncertainty=0.1)
    systematic = Systematic(name="energy_scale", uncertainty=0.01)
    shown = rows(replace(borexino(), name=HOSTILE, backgrounds=(flat,), systematics=(systematic,)))
    assert shown["normalisation"] == "flux 2e+12 /cm2/s"
    assert shown["exposure"] == "20 d"
    assert shown["detector: threshold"] == "250 keV"
    assert shown["uncertainty of energy_scale"] == "0.01, gaussian"
    assert shown[f"background {HOSTILE}"] == (
        "Uniform from 200 keV to 800 keV, 1 /s, measured energy, half-life 1 d, uncertainty 0.1, gaussian"
    )


def test_an_experiment_shows_its_geometry():
    assert rows(lama())["normalisation"] == "activity 370 PBq, Sphere: radius 40.22 cm"
    sphere = Sphere(radius=300.0, source_distance=825.0)
    given = Interactions(events=1000.0, reference=SM(), geometry=sphere)
    shown = rows(replace(lama(), normalisation=given))["normalisation"]
    assert shown.endswith("Sphere: radius 3 m, source_distance 8.25 m")
    assert shown.startswith("1000 interactions under SM(")


def test_expected_counts_show_their_sums():
    expected = Expectation(
        edges=np.array([0.1, 0.2, 0.4]),
        signal=np.array([1.0, 2.0, 3.0, 4.0]),
        background=np.array([0.0, 1.0, 1.0, 0.0]),
        integral=lambda: 12.0,
    )
    shown = rows(expected)
    assert list(shown.values()) == ["2 from 100 keV to 400 keV", "5", "2", "1", "4"]


def test_monte_carlo_templates_show_what_fixes_them():
    sample = Sample(experiment=lama(), model=SM(), sampling=Sampling(n_events=1000, seed=7))
    assert rows(sample)["seed"] == "7"
