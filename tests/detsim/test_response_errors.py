"""Impossible responses: they are refused with a message."""

import math
from dataclasses import replace

import pytest
from support.experiments import lama

from detsim.detector.detector import Detector, EfficiencyCurve, Resolution, Target
from detsim.detector.quenching import Birks, QuenchingTable
from detsim.detector.resolution import Curve, PhotoElectrons, TabulatedResolution

BIRKS = Birks(kB=0.01, mean_excitation=64.7e-6)


def make(**changes):
    arguments = {
        "name": "d", "target": Target(electrons=1e30), "edges": (0.1, 0.2), "threshold": 0.1,
        "resolution": Resolution(), "efficiency": 1.0, "binding": "free",
    }  # fmt: skip
    return Detector(**{**arguments, **changes})


def curve(*values, energies=(0.0, 1.0)):
    return Curve(energies=energies, values=values)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: curve(1.0), "as many values as energies, got 1 and 2"),
        (lambda: curve(1.0, energies=(0.0,)), "at least two points, got 1"),
        (lambda: curve(1.0, math.nan), "values of a table must be finite, got nan"),
        (lambda: curve(1.0, 1.0, energies=(0.0, math.inf)), "energies of a table must be finite, got inf"),
        (lambda: curve(1.0, 1.0, energies=(1.0, 0.5)), "must ascend, got 0.5 MeV after 1.0 MeV"),
        (lambda: EfficiencyCurve(curve=curve(0.0, 1.2), energy="true"), "from 0 to 1, got 1.2"),
        (lambda: EfficiencyCurve(curve=curve(-0.1, 1.0), energy="true"), "from 0 to 1, got -0.1"),
        (lambda: EfficiencyCurve(curve=curve(0.0, 0.0), energy="true"), "above 0 somewhere"),
        (lambda: EfficiencyCurve(curve=curve(0.0, 1.0), energy="reco"), "'true' or 'measured'.*'reco'"),
        (lambda: TabulatedResolution(curve=curve(0.1, -0.1)), "sigma must be ≥ 0 MeV, got -0.1 MeV"),
        (lambda: PhotoElectrons(light_yield=0.0), "light_yield must be finite and above 0 /MeV, got 0"),
        (lambda: Birks(kB=-1.0, mean_excitation=1e-4), "kB must be finite and ≥ 0 g/cm2/MeV, got -1"),
        (lambda: Birks(kB=0.1, mean_excitation=1.0), "mean_excitation must lie in 1e-5 to 1e-3 MeV"),
        (lambda: QuenchingTable(curve=curve(0.0, 1.0)), "ratio visible/true must be above 0, got 0.0"),
        (lambda: QuenchingTable(curve=curve(1.0, 0.1)), "must rise with the true one; between 0 and 1 MeV"),
        (
            lambda: QuenchingTable(curve=curve(1.0, 1.0, energies=(-1.0, 1.0))),
            "≥ 0 MeV, got -1.0 MeV",
        ),
        (lambda: make(quenching=BIRKS), "quenching by kB needs the target's material"),
        (lambda: make(energy_scale=0.0), "energy_scale must be finite and above 0, got 0"),
        (lambda: make(fiducial=1.1), r"fiducial must lie in \(0, 1\], got 1.1"),
        (
            lambda: make(efficiency=EfficiencyCurve(curve=LATE, energy="measured")),
            "efficiency is tabulated from 0.15 to 1 MeV, and is needed from 0.1 to 0.2 MeV",
        ),
        (
            lambda: replace(lama(), detector=make(resolution=TabulatedResolution(curve=SIGMA_SHORT))),
            "resolution is tabulated from 0 to 0.05 MeV, and is needed from 0 to 0.11",
        ),
        (
            lambda: replace(lama(), detector=make(quenching=QuenchingTable(curve=RATIO_SHORT))),
            "quenching is tabulated from 0.001 to 1 MeV, and is needed from 0 to",
        ),
    ],
)  # fmt: skip
def test_errors(call, words):
    """Contract. Finds an impossible response that passes, or an error without argument, unit and range."""
    with pytest.raises(ValueError, match=words):
        call()


LATE = Curve(energies=(0.15, 1.0), values=(1.0, 1.0))


SIGMA_SHORT = Curve(energies=(0.0, 0.05), values=(0.01, 0.01))


RATIO_SHORT = Curve(energies=(0.001, 1.0), values=(0.9, 0.9))
