"""`fit` without DATA: of the expected (Asimov) data, in text, JSON, figure."""

import json

import numpy as np
import pytest
from support.invocation import CARD, answer, invoke, refusal

from macros.card import load_card

SHIFTED = ("--set", "model.gamma=0.05")


def test_a_fit_without_data_finds_the_card(unrendered, tmp_path):
    """Closed form: exact data give the value of the card, and the error that a fit of `card.expect()` has."""
    found = answer("fit", CARD, *SHIFTED, "--figure", tmp_path / "f.svg")
    assert found["data"] is None
    assert found["kind"] == "expected (Asimov)"
    gamma = found["parameters"]["gamma"]
    assert gamma["value"] == pytest.approx(0.05, abs=1e-4 * gamma["error"])
    assert found["fval"] == pytest.approx(0, abs=1e-6)
    card = load_card(CARD, "model.gamma=0.05")
    assert gamma["error"] == pytest.approx(card.fit(card.expect()).estimate.error, rel=1e-6)
    assert answer("fit", CARD, *SHIFTED, "--details")["impacts"]["impacts"]
    document = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert "expected (Asimov) data" in document["caption"]
    at = document["columns"].index("data")
    np.testing.assert_allclose([row[at] for row in document["rows"]], card.expect().counts, rtol=1e-9)


def test_a_series_of_simulated_events_is_simulated(tmp_path):
    """Contract. Finds events of several files that are taken for measured."""
    run = ("simulate", CARD, "--events", 1000, "--events-per-file", 500, "--seed", 1)
    files = answer(*run, "-o", tmp_path / "x.root")["files"]
    assert answer("fit", CARD, *files)["kind"] == "simulated"


def test_the_text_says_that_data_are_expected():
    result = invoke("fit", CARD)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "expected data (Asimov), exact data of the model:"
    assert "deviance 0 for 5 degrees of freedom" in result.stdout
    assert "expected" in invoke("limit", CARD, "--toys", 0).stdout.splitlines()[0]


def test_other_commands_say_the_kind_of_the_data(tmp_path):
    """Contract. Finds a result of exact data that a program cannot tell from one of data."""
    plane = ("contour", CARD, "--x", "gamma=-0.1:0.1:3", "--y", "activity=0.9:1.1:3")
    for command in (("limit", CARD, "--toys", 0), plane):
        assert answer(*command)["kind"] == "expected (Asimov)"
    events = tmp_path / "events.root"
    answer("simulate", CARD, "-o", events, "--seed", 1)
    for command, *options in (("fit",), ("limit",), ("contour", *plane[2:])):
        assert answer(command, CARD, events, *options)["kind"] == "simulated"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--gof", 10, "--seed", 1), "--gof N tests whether the model describes DATA"),
        (("--experiment", 3), "--experiment goes with DATA"),
        (("--auxiliary", "activity=1.01"), "go with DATA"),
    ],
)
def test_what_needs_data_is_refused(options, words):
    assert words in " ".join(refusal("fit", CARD, *options).split())


@pytest.mark.parametrize("command", ["limit", "calibrate", "contour"])
def test_a_choice_among_no_data_is_refused(tmp_path, command):
    """Contract. Finds `--experiment` of no data that is ignored."""
    options = {
        "limit": ("--toys", 0),
        "calibrate": ("-o", tmp_path / "t.root", "-n", 20, "--seed", 1),
        "contour": ("--x", "gamma=-0.1:0.1:3", "--y", "activity=0.9:1.1:3"),
    }[command]
    assert "--experiment goes with DATA" in refusal(command, CARD, *options, "--experiment", 0)


def test_a_report_needs_data(tmp_path):
    assert "DATA" in invoke("report", CARD, "-o", tmp_path / "r").stderr
