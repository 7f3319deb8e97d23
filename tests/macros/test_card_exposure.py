"""Cards: an exposure of which only mass × time is known."""

import pytest
from numpy.testing import assert_allclose
from support.invocation import answer, invoke, refusal

from detsim.event_files.event_writer import EventFile
from detsim.expectation.prediction import predict
from macros.card import CardError, card_from_document
from macros.setup.data import load_data

YEAR = 365.25 * 86400


def document(**tables):
    """A solar detector, by mass × time."""
    return {
        "source": {"isotope": "Be7", "data": "modern", "flux": "4.99e9 /cm2/s"},
        "detector": {
            "name": "X",
            "target": "C9H12",
            "threshold": "250 keV",
            "bins": {"low": "250 keV", "high": "800 keV", "width": "50 keV"},
            "resolution": {"at_1MeV": "50 keV"},
            "efficiency": 0.9,
            "binding": "free",
            "fiducial": 0.8,
        },
        "exposure": {"amount": "100 t*yr"},
        "background": {
            "flat": {
                "shape": "flat", "low": "250 keV", "high": "1 MeV", "rate": "0.3 /t/d", "uncertainty": 0.1,
            },
            "line": {"shape": "line", "energy": "500 keV", "rate": "20 /kg/y", "uncertainty": 0.0},
        },
        "model": {"name": "SM"},
        "fit": {"poi": "mu_nu"},
        **tables,
    }  # fmt: skip


def card(*overrides, **tables):
    return card_from_document(document(**tables), overrides, name="solar")


def faults_of(*overrides, **tables):
    with pytest.raises(CardError) as error:
        card(*overrides, **tables)
    return {fault.key: f"{fault.reason}: {fault.suggestion}" for fault in error.value.faults}


@pytest.mark.parametrize(("mass", "years"), [(1, 100), (25, 4), (1000, 0.1)])
def test_only_the_product_counts(mass, years):
    """Closed form: any target of the same mass × time expects the same counts, signal and background."""
    by_amount = card()
    rates = [f"background.flat.rate={0.3 * mass} /d", f"background.line.rate={20e3 * mass} /y"]
    times = [f"exposure={{start='0 d', duration='{years} y'}}", f"detector.mass={mass} t", *rates]
    by_times = card(*times)
    found, expected = (predict(c.experiment, c.model) for c in (by_amount, by_times))
    assert_allclose(found.signal, expected.signal, rtol=1e-12)
    assert_allclose(found.background, expected.background, rtol=1e-12)
    assert found.background.sum() == pytest.approx(100 * (0.3 * 365.25 + 0.9 * 20e3), rel=1e-3)


@pytest.mark.parametrize("amount", ["100 t*yr", "1e5 kg*y", "36525 t*d", "1e8 yr*g", "0.1 kt*yr"])
def test_units(amount):
    """Closed form: the same exposure in other units."""
    experiment = card(f"exposure.amount={amount}").experiment
    assert experiment.detector.target.mass * experiment.exposure.duration == pytest.approx(100e6 * YEAR)
    assert experiment.detector.target.mass == 1e6


@pytest.mark.parametrize(
    ("override", "key", "words"),
    [
        (
            "exposure.amount=3 t",
            "exposure.amount",
            "not an exposure but a mass: write",
        ),
        ("exposure.amount=100", "exposure.amount", "has no unit"),
        ("exposure.amount=0 t*yr", "exposure.amount", "above 0"),
        ("exposure={amont='3 t*yr'}", "exposure.amont", "did you mean `amount`?"),
        ("exposure={amount='3 t*yr', duration='3 d'}", "exposure.duration", "does not go with the keys"),
        (
            "background.flat.rate=3 /d",
            "background.flat.rate",
            "not a rate per mass but an activity",
        ),
        ("background.flat.rate=-3 /t/d", "background.flat.rate", "at least 0"),
        ("background.flat.half_life=3 d", "background.flat.half_life", "counts from a moment in time"),
        ("source.events=100", "source.events", "neither a size nor a moment: give a flux"),
        ("detector.target=xyz", "detector.target", "not a chemical formula"),
        ("run.columns=['time']", "run.columns", "an exposure in mass × time has none"),
    ],
)
def test_faults(override, key, words):
    """Contract: a key without a meaning for mass × time is a fault."""
    found = faults_of(override)
    assert key in found
    assert words in found[key]


def test_size_of_the_target():
    """Contract: the material is needed; mass and electrons are in the exposure; rates per mass go with it."""
    detector = document()["detector"]
    for key, value in (("mass", "3 t"), ("electrons", 1e30)):
        assert (
            "stands in exposure.amount already"
            in faults_of(detector={**detector, key: value})[f"detector.{key}"]
        )
    del detector["target"]
    assert list(faults_of(detector=detector)) == ["detector.target"]
    assert "for example" in faults_of(detector=detector)["detector.target"]
    times = faults_of("exposure.duration=3 d", "exposure.start=0 d", "detector.electrons=1e30")
    assert set(times) == {"background.flat.rate", "background.line.rate"}
    assert "is not a rate but a rate per mass: write for example '10 /d'" in times["background.flat.rate"]


def test_overrides_replace_each_other():
    """Contract: setting mass × time drops times, mass and electrons, and the other way round."""
    changed = card("exposure.amount=1 t*yr").document
    again = card_from_document(
        changed, ["exposure.start=0 d", "exposure.duration=1 y", "detector.electrons=1e30", "background={}"],
        name="again",
    )  # fmt: skip
    assert "amount" not in again.document["exposure"]
    back = card_from_document(again.document, ["exposure.amount=1 t*yr"], name="back")
    assert back.document["exposure"] == {"amount": "1 t*yr"}
    assert "electrons" not in back.document["detector"]


def test_check_and_files(tmp_path):
    """Contract: `check` shows it; files are made, hold the exposure, and are fitted with their own."""
    path, events, more = tmp_path / "solar.toml", tmp_path / "events.root", tmp_path / "more.root"
    path.write_text(card().text())
    text = invoke("check", path).stdout
    assert "exposure 100 t*yr, as 1 t for 100 yr" in " ".join(text.split())
    assert "flat 0.3 /t/d, 10 %" in text
    assert "recorded a day and tonne" in text
    found = answer("check", path)
    assert found["amount"] == pytest.approx(100e6 * YEAR)
    assert found["document"]["exposure"] == {"amount": "100 t*yr"}
    made = answer("simulate", path, "-o", events, "--seed", 3)
    assert made["p_value"] > 1e-3
    with EventFile(events) as file:
        assert file.runinfo.equivalent_exposure == pytest.approx(100 * YEAR)
        assert file.provenance["card"]["exposure"] == {"amount": "100 t*yr"}
    answer("simulate", path, "-o", more, "--seed", 4, "--set", "exposure.amount=50 t*yr")
    data = load_data(card(), str(more))
    assert data.experiment.scale * data.experiment.exposure.duration == pytest.approx(50 * YEAR)
    assert data.histogram.sum().value == pytest.approx(made["n_written"] / 2, rel=0.02)
    assert answer("fit", path, more)["valid"]
    other = tmp_path / "times.toml"
    other.write_text(
        card("exposure={start='0 d', duration='1 y'}", "detector.mass=1 t", "background={}").text()
    )
    assert "detector.mass: '1 t' in this card, missing in the file's" in refusal("fit", other, events)


def test_scan(tmp_path):
    """Property: a limit falls with mass × time."""
    path = tmp_path / "solar.toml"
    path.write_text(card().text())
    found = answer("sensitivity", path, "--scan", "exposure.amount=10:1000:3")
    assert found["values"] == ["10 t*yr", "505 t*yr", "1000 t*yr"]
    assert found["limit"][0] > found["limit"][1] > found["limit"][2] > 0


TIMES = ("exposure={start='0 d', duration='10 d'}", "detector.mass=25 t")


@pytest.mark.parametrize(
    ("per_mass", "whole"),
    [("3 mBq/kg", "75 Bq"), ("0.3 /t/d", "7.5 /d"), ("40 uBq/kg", "1 Bq"), ("1 mBq/t", "25 mBq")],
)
def test_a_rate_per_mass_is_that_of_the_stated_mass(per_mass, whole):
    """Closed form: of a detector of 25 t, also if its mass is scanned."""
    line = "background.line.rate=1 /d"
    mass, plain = (card(*TIMES, f"background.flat.rate={r}", line) for r in (per_mass, whole))
    rates = [c.experiment.backgrounds[0].rate for c in (mass, plain)]
    assert rates[0] == pytest.approx(rates[1], rel=1e-12)
    doubled = card(TIMES[0], "detector.mass=50 t", f"background.flat.rate={per_mass}", line)
    assert doubled.experiment.backgrounds[0].rate == pytest.approx(2 * rates[0], rel=1e-12)
    assert mass.document["background"]["flat"]["rate"] == per_mass


def test_a_rate_per_mass_needs_a_mass():
    """Contract. Finds one that is refused without the way out, and two faults of one wrong mass."""
    found = faults_of(TIMES[0], "detector.electrons=1e31", "background.line.rate=1 /d")
    assert "or state detector.mass, by which it is multiplied" in found["background.flat.rate"]
    wrong = faults_of(TIMES[0], "detector.mass=25 tonnes", "background.line.rate=1 /d")
    assert list(wrong) == ["detector.mass"]


def test_a_measured_rate_may_be_per_mass():
    """Contract: an auxiliary measurement in the units of the card."""
    stated = card(*TIMES, "background.flat.rate=3 mBq/kg", "background.line.rate=1 /d", "fit.poi=mu_nu")
    data = stated.measured(stated.expect(), {"background_flat": "3.3 mBq/kg"})
    pulls = stated.fit(data).pulls
    assert pulls[0].prefit_value == pytest.approx(1.1)
