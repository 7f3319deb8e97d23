"""Exposures of event files: they are used, told where the card states another, and stand in the report."""

import re

import pytest
from support.invocation import CARD, answer, invoke

HALF = ("--set", 'exposure.duration="50 d"')


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("exposure")
    answer("simulate", CARD, "-o", path / "events.root", "--seed", 1)
    answer("simulate", CARD, "-o", path / "few.root", "--seed", 1, "--events", 1000)
    return path


@pytest.mark.parametrize("command", ["fit", "limit"])
def test_another_exposure_is_told(events, command):
    """Contract. Finds a stated exposure that is silently not used."""
    said = " ".join(invoke(command, CARD, events / "events.root", *HALF).stderr.split())
    assert "an exposure of their own, 100 d: that of the card, 50 d, is not used" in said
    assert "exposure" not in invoke(command, CARD, events / "events.root").stderr


def test_the_report_has_the_exposure_of_its_data(events, unrendered, tmp_path):
    """Promise: the card of a report has the exposure of its data, and gives the same fit with them."""
    path = tmp_path / "report"
    options = ("--toys", 0, "--seed", 1, *HALF)
    found = answer("report", CARD, events / "events.root", "-o", path, *options)
    page = (path / "report.html").read_text(encoding="utf-8")
    assert "live time 100 d" in page
    assert "50 d" not in page.replace("exposure.duration=", "").split("<h2")[1]
    assert 'duration = "100 d"' in (path / "card.toml").read_text()
    again = answer("fit", path / "card.toml", events / "events.root")
    assert again["parameters"]["gamma"] == found["fit"]["parameters"]["gamma"]


def test_part_of_the_exposure_is_told(events, unrendered, tmp_path):
    """Contract: the page says what a given number of events stands for."""
    path = tmp_path / "report"
    answer("report", CARD, events / "few.root", "-o", path, "--toys", 0, "--seed", 1)
    (times,) = set(
        re.findall(r"the data stand for ([\d.]+) times as much", (path / "report.html").read_text())
    )
    drawn = answer("simulate", CARD, "-o", tmp_path / "run.root", "--seed", 1)
    assert float(times) == pytest.approx(1000 / drawn["n_generated"], rel=0.1)  # a Poisson number
