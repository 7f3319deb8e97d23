"""Cards with every response and background: the objects built from them, and their faults."""

import math

import pytest

from detsim.detector.detector import EfficiencyCurve
from detsim.detector.quenching import Birks, QuenchingTable
from detsim.detector.resolution import PhotoElectrons, TabulatedResolution
from detsim.expectation.prediction import predict
from macros.card import CardError, load_card
from macros.words.description import describe_response
from simgen.deposits import Line, PowerLaw, Tabulated

REALISTIC = "borexino-cr51-realistic"
ENERGIES = 'energies=["0 keV", "1 MeV"]'
RATE = 'rate="3 /d", uncertainty=0'


def detector(*overrides):
    return load_card(REALISTIC, overrides).experiment.detector


def test_responses(tmp_path):
    """Contract: each way to state a response makes it, from lists and from files."""
    assert detector('detector.resolution={photoelectrons="500 /MeV"}').resolution == PhotoElectrons(
        light_yield=500.0
    )
    (tmp_path / "sigma.csv").write_text("energy,sigma\n0,5\n1000,60\n")
    stated = detector(f'detector.resolution={{{ENERGIES}, sigma=["5 keV", "60 keV"]}}').resolution
    read = detector(f'detector.resolution={{table="{tmp_path}/sigma.csv", unit="keV"}}').resolution
    assert isinstance(stated, TabulatedResolution)
    assert stated.curve.values == pytest.approx(read.curve.values)
    assert stated.curve.energies == pytest.approx(read.curve.energies)
    (tmp_path / "e.csv").write_text("energy,efficiency\n0,0.5\n1000,0.9\n")
    for text in (f"{ENERGIES}, values=[0.5, 0.9]", f'table="{tmp_path}/e.csv", unit="keV"'):
        curve = detector(f'detector.efficiency={{{text}, energy="measured"}}').efficiency
        assert isinstance(curve, EfficiencyCurve)
        assert curve.curve.values == (0.5, 0.9)
    law = detector('detector.quenching={kB="0.01 g/cm2/MeV", mean_excitation="64.7 eV"}').quenching
    assert isinstance(law, Birks)
    assert (law.kB, law.mean_excitation) == pytest.approx((0.01, 64.7e-6))
    assert isinstance(
        detector(f"detector.quenching={{{ENERGIES}, ratio=[0.5, 0.9]}}").quenching, QuenchingTable
    )
    assert detector("detector.quenching=none").quenching is None
    scaled = detector("detector.energy_scale=1.02", "detector.fiducial=0.4")
    assert (scaled.energy_scale, scaled.fiducial) == (1.02, 0.4)
    assert "energy scale 1.02, fiducial fraction 0.4" in describe_response(scaled)


def test_backgrounds(tmp_path):
    """Contract: each shape makes its spectrum; all of them together are predicted."""
    (tmp_path / "b.csv").write_text("low,high,content\n100,200,3\n200,600,5\n")
    card = load_card(
        REALISTIC,
        [
            f'background.line={{shape="line", energy="0.4 MeV", {RATE}}}',
            f'background.p={{shape="power", low="0.1 MeV", high="2 MeV", index=2, half_life="9 d", {RATE}}}',
            f'background.file={{shape="table", table="{tmp_path}/b.csv", unit="keV", smeared=true, {RATE}}}',
            f'background.own={{shape="table", edges=["0 keV", "1 MeV"], contents=[1], {RATE}}}',
        ],
    )
    found = {b.name: b for b in card.experiment.backgrounds}
    assert [type(found[n].spectrum) for n in ("line", "p", "file", "own")] == [
        Line,
        PowerLaw,
        Tabulated,
        Tabulated,
    ]
    assert {n: b.smeared for n, b in found.items()} == {
        "flat": False, "line": True, "p": False, "file": True, "own": False,
    }  # fmt: skip
    assert (found["p"].half_life, found["own"].half_life) == (9 * 86400, math.inf)
    expectation = predict(card.experiment, card.model)
    assert expectation.with_flow.sum() == pytest.approx(expectation.unbinned_total, rel=1e-6)


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        ('detector.resolution={photoelectrons="500"}', "resolution.photoelectrons", "'500 /MeV'"),
        (
            'detector.resolution={photoelectrons="9 /MeV", at_1MeV="3 keV"}',
            "resolution",
            "states a Gaussian and",
        ),
        (
            'detector.resolution={energies=["0 keV", "0.1 MeV"], sigma=["5 keV", "6 keV"]}',
            "resolution",
            "from 0 to 0.1 MeV, and is needed from 0 to 0.56",
        ),
        (
            f'detector.resolution={{{ENERGIES}, sigma=["5 keV", "-6 keV"]}}',
            "resolution.sigma.1",
            "got '-6 keV'",
        ),
        (f"detector.resolution={{{ENERGIES}}}", "resolution.sigma", "is missing"),
        (f"detector.efficiency={{{ENERGIES}, values=[0.5, 0.9]}}", "efficiency.energy", '"true" or'),
        (f'detector.efficiency={{{ENERGIES}, values=[0, 1.9], energy="true"}}', "efficiency.values", "1.9"),
        (
            f'detector.efficiency={{{ENERGIES}, values=[0, nan], energy="true"}}',
            "efficiency.values.1",
            "finite",
        ),
        ('detector.efficiency={table="no.csv", energy="true"}', "efficiency.unit", "is missing"),
        ('detector.efficiency={table="no.csv", unit="keV", energy="true"}', "efficiency.table", "no such"),
        ("detector.quenching=birks", "quenching", 'must be "none" or a table'),
        ("detector.quenching={}", "quenching", 'write "none"'),
        ('detector.quenching={kB="0.01 g/cm2/MeV"}', "quenching.mean_excitation", "is missing"),
        ('detector.quenching={kB="0.01 cm/MeV"}', "quenching.kB", "not a Birks constant"),
        (f"detector.quenching={{{ENERGIES}, ratio=[5, 0.9]}}", "quenching", "must rise"),
        ("detector.energy_scale=0", "energy_scale", "above 0"),
        ("detector.fiducial=1.4", "fiducial", "at most 1"),
        (f'background.x={{shape="line", energy="-1 MeV", {RATE}}}', "x.energy", "above 0, got '-1 MeV'"),
        (f'background.x={{shape="power", low="0 keV", high="2 MeV", index=2, {RATE}}}', "x.low", "above 0"),
        (
            f'background.x={{shape="table", edges=["0 keV", "1 MeV"], contents=[-1], {RATE}}}',
            "x.contents",
            "got -1",
        ),
        (f'background.x={{shape="table", edges=["0 keV", "1 MeV"], {RATE}}}', "x.contents", "is missing"),
        (f'background.x={{shape="table", {RATE}}}', "x", "needs either a table or edges and contents"),
        (f'background.x={{shape="table", table="no.csv", unit="keV", {RATE}}}', "x.table", "no such file"),
        ('background.x={shape="table", table="no.csv", rate="3", uncertainty=0}', "x.rate", "'10 /d'"),
        (f'background.x={{shape="step", {RATE}}}', "x.shape", "got 'step'"),
        (f"background.x={{{RATE}}}", "x.shape", "is missing"),
    ],
)  # fmt: skip
def test_faults(override, key, words):
    """Contract: each fault is reported at its key, with what is correct."""
    with pytest.raises(CardError) as error:
        load_card(REALISTIC, [override])
    table = override.partition(".")[0]
    found = {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}
    assert words in found[f"{table}.{key}"]
