"""Texts of limits: what leads where the lowest value is excluded."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.invocation import CARD, answer, invoke, refusal
from support.plotted import LIMIT, PROFILE, VALUES, texts

from macros.plots import LimitFigure
from macros.words import excluded_end, say_limit

INTERVAL = replace(
    LIMIT,
    parameter="mu_nu",
    method="feldman-cousins",
    level=0.9,
    upper=4.017e-11,
    mc_error=3e-13,
    regions=((1.64e-11, 4.017e-11),),
    regions_mc_error=((4e-13, 3e-13),),
    asimov=None,
    band=None,
    band_errors=None,
)


@pytest.mark.parametrize("method", ["feldman-cousins", "two-sided"])
def test_an_interval_above_the_lowest_value_leads(capsys, method):
    say_limit(replace(INTERVAL, method=method))
    first, second, *others = capsys.readouterr().out.splitlines()
    assert first.startswith(f"mu_nu in [1.640, 4.017] × 10⁻¹¹ μ_B (toys) at 90 % {method}")
    assert second == "mu_nu = 0 is excluded at 90 %: the result is an interval"
    assert not any("mu_nu <" in line or "allowed" in line for line in others)


@pytest.mark.parametrize(
    "limit",
    [
        replace(INTERVAL, regions=((0.0, 4.017e-11),)),
        replace(INTERVAL, regions=((None, 4.017e-11),), regions_mc_error=((None, 3e-13),)),
        replace(INTERVAL, method="one-sided"),
        replace(INTERVAL, parameter="eps_R", regions=((0.1, 0.4),), upper=0.4),
    ],
)
def test_else_the_limit_leads(capsys, limit):
    """The region reaches the lowest value, the limit says nothing of it, or the range has no lower end."""
    assert excluded_end(limit) is None
    say_limit(limit)
    assert f"{limit.parameter} < " in capsys.readouterr().out.splitlines()[0]


def test_the_caption_has_the_interval():
    values = 1e-10 * np.abs(VALUES)
    figure = LimitFigure(limit=INTERVAL, points=values, delta=PROFILE, physical=(0.0, math.inf)).draw()
    assert "interval [1.640, 4.017] × 10⁻¹¹ μ_B" in texts(figure)


def test_toys_of_data_give_the_band_beside_the_limit(unrendered, tmp_path):
    """The observed limit is that without toys, the band that of the expected limit, everywhere."""
    answer("simulate", CARD, "-o", tmp_path / "events.root", "--seed", 3)
    data = tmp_path / "events.root"
    plain = answer("limit", CARD, data)
    assert plain["band"] is None
    assert plain["seed"] is None
    toys = ("--toys", 400, "--seed", 5, "--audit", 0)
    options = (*toys, "--figure", tmp_path / "limit.pdf")
    found = answer("limit", CARD, data, *options)
    expected = answer("limit", CARD, *toys)
    assert (found["upper"], found["regions"]) == (plain["upper"], plain["regions"])
    assert (found["band"], found["band_errors"]) == (expected["band"], expected["band_errors"])
    assert found["seed"] == 5
    assert "expected at 0 sigma" in (tmp_path / "limit.csv").read_text()
    assert "observed" in (tmp_path / "limit.csv").read_text()
    shown = invoke("limit", CARD, data, *toys).stdout
    assert "expected band at -2 … +2 σ" in shown
    profiled = ("--method", "feldman-cousins", "--nuisances", "profiled", "--toys", 400)
    assert "no expected band" in refusal("limit", CARD, data, *profiled)


@pytest.mark.parametrize("method", ["one-sided", "two-sided"])
def test_the_weak_mixing_angle_begins_at_zero(method):
    """Contract. Finds the distance that the fit keeps from the end of the range, in texts or in JSON."""
    few = ("--set", "exposure.duration=1 h", "--poi", "sin2_theta_w", "--toys", 0)
    found = answer("limit", CARD, *few, "--method", method)
    assert found["regions"][0][0] == 0
    said = invoke("limit", CARD, *few, "--method", method).stdout
    assert "1e-09" not in said
    assert "1.00e-09" not in said
    assert "= 0 is excluded" not in said


def test_the_range_of_a_fit_is_the_physical_one():
    found = answer("fit", CARD, "--set", "exposure.duration=10 min", "--poi", "sin2_theta_w")
    assert found["parameters"]["sin2_theta_w"]["range"] == [0.0, 0.5]
