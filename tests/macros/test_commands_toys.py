"""Commands that throw toys and count: JSON, and that their numbers are right."""

import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.invocation import CARD, answer, invoke, refusal

from analysis.pseudo_experiments.fitted_toys import FAILED
from detsim.event_files.reader import TableFile
from macros.card import load_card
from macros.studies.limit_options import LimitOptions

POINT = {"value", "n_toys", "n_failed", "bias", "pull_mean", "pull_width", "methods"}


METHOD = {"covered", "fraction", "low", "high", "verdict"}


def toys_of(path):
    with TableFile(path, "toys") as file:
        return file.arrays()


def test_toys(tmp_path):
    """Contract: toys' keys; --first replays toy k to the bit; --no-fit throws the same."""
    common = ("--seed", 7)
    found = answer("toys", CARD, "-n", 6, "--audit", 0, "-o", tmp_path / "a.root", *common)
    assert {"file", "n_toys", "n_failed", "toys_per_second"} <= set(found)
    assert (found["n_toys"], found["n_failed"]) == (6, 0)
    answer("toys", CARD, "-n", 1, "--audit", 0, "--first", 4, "-o", tmp_path / "b.root", *common)
    answer("toys", CARD, "-n", 6, "--no-fit", "-o", tmp_path / "c.root", *common)
    whole, one, thrown = (toys_of(tmp_path / f"{name}.root") for name in "abc")
    assert one["toy"].tolist() == [4]
    for name, column in one.items():
        assert_array_equal(column, whole[name][4:5], err_msg=name)
    assert "status" not in thrown
    assert_array_equal(thrown["counts"], whole["counts"])
    assert not np.any(whole["status"] & FAILED)


def test_toys_of_events(tmp_path):
    """Twin: toys of simulated events have the mean of those whose counts are thrown (5 σ of the mean)."""
    means = []
    for level in ("counts", "events"):
        path = tmp_path / f"{level}.root"
        found = answer("toys", CARD, "-n", 60, "--no-fit", "--toys-at", level, "-o", path, "--seed", 7)
        rows = toys_of(path)
        means.append(rows["counts"].mean(axis=0))
        if level == "counts":
            assert found["n_events"] is found["events_per_second"] is found["expected_events"] is None
            assert "n_events" not in rows
            continue
        assert found["n_events"] == rows["n_events"].sum()
        assert abs(found["n_events"] - found["expected_events"]) < 5 * found["expected_events"] ** 0.5
        assert found["expected_events"] == pytest.approx(60 * answer("check", CARD)["expected"]["generated"])
        assert found["events_per_second"] / found["toys_per_second"] == pytest.approx(
            found["n_events"] / 60, rel=1e-2
        )
    expected = np.array(answer("expect", CARD)["expected"])
    for mean in means:
        assert np.all(np.abs(mean - expected) < 5 * np.sqrt(expected / 60))


def test_coverage_of_events(tmp_path):
    """Contract: a toy is the same in `coverage`, in `toys` and in any slice."""
    path, other = tmp_path / "coverage.root", tmp_path / "toys.root"
    common = ("--seed", 2, "--audit", 0, "--toys-at", "events")
    found = answer("coverage", CARD, "--at", "0", "-n", 6, "-o", path, *common)
    answer("toys", CARD, "-n", 4, "--first", 2, "-o", other, *common)
    rows = toys_of(path)
    assert found["n_events"] == rows["n_events"].sum()
    assert found["events_per_second"] > 0
    for name, column in toys_of(other).items():
        assert_array_equal(column, rows[name][2:], err_msg=name)


def test_toys_of_events_with_drawn_nuisances(tmp_path):
    """Contract: factors vary with the events; a shape cannot, and the message says what can be done."""
    base = ("toys", CARD, "-n", 3, "--toys-at", "events", "--audit", 0, "--seed", 7)
    base = (*base, "-o", tmp_path / "t.root", "--force")
    drawn = ("--set", "fit.drawn=nuisances")
    assert answer(*base, *drawn)["n_events"] > 0
    shape = ("--set", "systematics.energy_scale=0.01")
    message = refusal(*base, *drawn, *shape)
    assert "shapes are nominal, and the truth of energy_scale would vary" in message
    assert "--toys-at counts" in message
    assert answer(*base, *shape)["n_events"] > 0


def test_coverage(tmp_path):
    """Contract: coverage's keys; the file holds the toys that were counted."""
    path = tmp_path / "coverage.root"
    options = ("-n", 40, "--seed", 2, "--level", "90%", "--audit", 0)
    found = answer("coverage", CARD, "--at", "0,0.3", *options, "-o", path)
    assert {"parameter", "level", "points"} <= set(found)
    assert (found["parameter"], found["level"]) == ("gamma", 0.9)
    rows = toys_of(path)
    assert rows["true_gamma"].tolist() == [0.0] * 40 + [0.3] * 40
    for point in found["points"]:
        assert set(point) >= POINT
        assert point["n_toys"] == 40
        assert set(point["methods"]) == {"hesse", "minos", "one-sided"}
        mine = rows["true_gamma"] == point["value"]
        for method in point["methods"].values():
            assert set(method) >= METHOD
            assert method["fraction"] == method["covered"] / 40
            assert method["low"] <= method["fraction"] <= method["high"]
            assert method["verdict"] == "nominal"
        covered = (rows["minos_lower"] <= rows["true_gamma"]) & (rows["true_gamma"] <= rows["minos_upper"])
        assert point["methods"]["minos"]["covered"] == np.count_nonzero(covered & mine)
        bias = (rows["gamma"] - rows["true_gamma"])[mine].mean()
        assert point["bias"] == pytest.approx(bias, rel=1e-12)
    alone = answer("coverage", CARD, "--at", "0.3", *options)
    assert alone["points"] == found["points"][1:]
    study = found["study_verdict"]
    assert (study["verdict"], study["n_under"], study["n_over"]) == ("nominal", 9, 7)
    assert found["points"][0]["methods"]["one-sided"]["over_by_design"]


def test_a_band_has_20000_toys():
    """Contract: the default number of toys, for the command and in Python; each quantile with its error."""
    command = answer("limit", CARD, "--seed", 1, "--audit", 0)
    python = load_card(CARD).limit(seed=1, audit=0)
    assert list(command["band"].values()) == list(python.band)
    assert list(command["band_errors"].values()) == list(python.band_errors)
    assert LimitOptions().n_toys == 20_000
    shown = invoke("limit", CARD, "--seed", 1, "--audit", 0).stdout
    median, error = python.band[2], python.band_errors[2]
    assert f"expected median: {median:.5f} ± {error:.5f}\n" in shown


def test_verdict_of_a_study_is_shown(unrendered, tmp_path):
    """Contract: text, JSON and the numbers beside a figure have it."""
    common = ("coverage", CARD, "--at", "0,0.3", "-n", 200, "--seed", 2, "--level", "0.95", "--audit", 0)
    shown = invoke(*common).stdout
    assert "over by design" in shown
    assert "the study as a whole: nominal (false alarm at most 0.3 %)" in shown
    line = r"smallest p-value, corrected for the number of tests: \S+ for under-coverage \(9 tests\), \S+ for"
    assert re.search(line, shown)
    picture = tmp_path / "c.png"
    document = answer(*common, "--figure", picture)
    assert document["study_verdict"]["false_alarm"] == 0.003
    assert "the study as a whole: nominal" in picture.with_suffix(".json").read_text()


def test_coverage_of_chosen_methods():
    """Contract: --method chooses, and may be repeated."""
    common = ("--at", 0, "-n", 3, "--seed", 1)
    found = answer("coverage", CARD, *common, "--method", "minos", "--method", "hesse")
    assert list(found["points"][0]["methods"]) == ["minos", "hesse"]
