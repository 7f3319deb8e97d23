"""Times of decaying backgrounds in files, by every command that writes or copies them."""

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats
from support.invocation import answer, invoke

from detsim.event_files.event_writer import EventFile

CARD = Path(__file__).parents[1] / "cases" / "decaying-background.toml"
DAY = 86400.0
DURATION = 100 * DAY
SECOND = (
    'background.long={shape="flat", low="250 keV", high="550 keV", rate="200 /d", half_life="60 d", '
    "uncertainty=0.1}"
)
THIRD = 'background.even={shape="flat", low="250 keV", high="550 keV", rate="50 /d", uncertainty=0.1}'
THREE = ("--set", SECOND, "--set", THIRD)
LIVES = {0: 27.704, 1: 5.0, 2: 60.0, 3: math.inf}
"""Half-lives [d] of source and backgrounds."""


def columns(path):
    with EventFile(path) as file:
        return file.arrays()


def p_value(time, life):
    """Test times against the decay law within the exposure."""
    if math.isinf(life):
        return stats.kstest(time / DURATION, "uniform").pvalue
    rate = math.log(2) / (life * DAY)
    return stats.kstest(np.expm1(-rate * time) / np.expm1(-rate * DURATION), "uniform").pvalue


def check(found, lives=LIVES):
    for number, life in lives.items():
        time = found["time"][found["component"] == number]
        assert len(time) > 500
        assert p_value(time, life) > 1e-3, (number, life)


def test_the_mean_time(tmp_path):
    """Closed form: 5 d in 100 d have a mean of 7.21 d; it was 50 d."""
    answer("simulate", CARD, "-o", tmp_path / "a.root", "--seed", 3)
    found = columns(tmp_path / "a.root")
    time = found["time"][found["component"] == 1] / DAY
    mean = 5 / math.log(2) - 100 / (2**20 - 1)
    assert abs(time.mean() - mean) < 5 * time.std() / math.sqrt(len(time))
    check(found, {0: 27.704, 1: 5.0})


def test_every_command(tmp_path):
    """Twin: each background by its own law; generate and detect, reweight, and a delayed start alike."""
    run = ("--seed", 4, *THREE)
    answer("simulate", CARD, "-o", tmp_path / "a.root", *run)
    once = columns(tmp_path / "a.root")
    check(once)
    answer("generate", CARD, "-o", tmp_path / "true.root", *run)
    check(columns(tmp_path / "true.root"))
    answer("detect", CARD, tmp_path / "true.root", "-o", tmp_path / "b.root", *THREE)
    answer("reweight", tmp_path / "a.root", "--to", CARD, *THREE, "-o", tmp_path / "w.root")
    for name in "bw":
        assert_array_equal(columns(tmp_path / f"{name}.root")["time"], once["time"])
    late = ("--set", "exposure.start=3 d", "--set", 'background.decaying.rate="1500 /d"')
    answer("simulate", CARD, "-o", tmp_path / "late.root", *run, *late)
    check(columns(tmp_path / "late.root"))


def test_pseudo_experiments(tmp_path):
    """Twin: the same laws in stored pseudo-experiments."""
    answer("simulate", CARD, "-o", tmp_path / "a.root", "--seed", 5, "--experiments", 2, *THREE)
    found = columns(tmp_path / "a.root")
    assert set(found["experiment"]) == {0, 1}
    check(found)


def test_several_experiments(tmp_path):
    """Contract: each experiment has its own backgrounds and their laws."""
    head, tail = CARD.read_text(encoding="utf-8").split("[background.decaying]")
    background, rest = tail.split("[model]")
    of_each = [
        f"[experiment.{name}.background.decaying]{background.replace('5 d', life)}"
        for name, life in (("one", "5 d"), ("two", "60 d"))
    ]
    path = tmp_path / "two.toml"
    path.write_text(f"{head}{''.join(of_each)}[model]{rest}", encoding="utf-8")
    for name, life in (("one", 5.0), ("two", 60.0)):
        answer("simulate", path, "--of", name, "-o", tmp_path / f"{name}.root", "--seed", 2)
        check(columns(tmp_path / f"{name}.root"), {0: 27.704, 1: life})


def test_check_shows_half_lives():
    """Contract: in text and in JSON; a constant background is not called decaying."""
    text = invoke("check", CARD, *THREE).stdout
    assert "decaying 1000 /d at t = 0, half-life 5 d, 10 %" in text
    assert "long 200 /d at t = 0, half-life 60 d, 10 %; even 50 /d, 10 %" in text
    found = answer("check", CARD, *THREE)["background_half_lives"]
    assert found == {"decaying": 5 * DAY, "long": 60 * DAY, "even": None}


@pytest.mark.parametrize("life", ["1 s", "1e9 yr"])
def test_extremes(tmp_path, life):
    """Closed form: all times at the start, or uniform."""
    options = ["--set", f'background.decaying.half_life="{life}"']
    if life == "1 s":
        options += ["--set", 'background.decaying.rate="1e4 /s"']
    answer("simulate", CARD, "-o", tmp_path / "a.root", "--seed", 3, *options)
    check(columns(tmp_path / "a.root"), {1: 1 / DAY if life == "1 s" else math.inf})
