"""The figure of coverage: methods at one true value, and what of the card was changed."""

from itertools import pairwise
from pathlib import Path

import pytest
from support.invocation import CARD, answer

from analysis.pseudo_experiments import Moments
from analysis.studies.coverage_study import CoverageStudy
from analysis.studies.tallies import Tally
from macros.card import load_card
from macros.plots import coverage_plot


@pytest.mark.parametrize("value", [0.0, 0.1, -0.2])
@pytest.mark.parametrize("methods", [("minos",), ("hesse", "minos"), ("hesse", "minos", "one-sided")])
def test_methods_at_one_true_value_stand_side_by_side(value, methods):
    """All cover as often: their symbols would lie on each other."""
    sums = Tally(
        value=value,
        n_toys=100,
        n_failed=0,
        n_retried=0,
        residuals=Moments(),
        pulls=Moments(),
        covered=dict.fromkeys(methods, 95),
    )
    (ax,) = coverage_plot(CoverageStudy(parameter="gamma", level=0.95, points=(sums.point(0.95),))).axes
    at = sorted(float(line.get_xdata()[0]) for line in ax.lines if len(line.get_xdata()) == 1)
    assert len(at) == len(methods)
    width = ax.get_xlim()[1] - ax.get_xlim()[0]
    assert all(b - a > 0.1 * width for a, b in pairwise(at))
    assert sum(at) / len(at) == pytest.approx(value)
    assert ax.get_xticks().tolist() == [value]


def test_the_caption_names_what_was_changed(unrendered, tmp_path):
    path = tmp_path / "coverage.pdf"
    options = ("--at", 0.1, "-n", 50, "--seed", 1, "--audit", 0, "--figure", path)
    answer("coverage", CARD, *options, "--set", 'exposure.duration="10 h"')
    assert "card changed: exposure.duration=" in path.with_suffix(".json").read_text()
    answer("coverage", CARD, *options, "--force")
    assert "card changed" not in path.with_suffix(".json").read_text()


def test_a_card_draws_a_study(seldom_rendered, tmp_path):
    """Contract: the files of `nugauge coverage --figure`; wrong names and styles are refused."""
    card = load_card(CARD)
    study = card.coverage([0, 0.05], 60, seed=1, methods="minos", audit=0)
    files = card.figure(study, tmp_path / "c.svg", tmp_path / "c.png", style="CMS")
    assert [Path(file).name for file in files] == ["c.svg", "c.png", "c.csv", "c.json"]
    options = ("--at", "0,0.05", "-n", 60, "--method", "minos", "--seed", 1, "--audit", 0)
    answer("coverage", CARD, *options, "--figure", tmp_path / "d.png")
    assert (tmp_path / "c.csv").read_bytes() == (tmp_path / "d.csv").read_bytes()
    for paths, style, words in (
        ((), None, "got none"),
        (("c.gif",), None, "got c.gif"),
        (("c.png",), "nonsense", "no style"),
    ):
        with pytest.raises(ValueError, match=words):
            card.figure(study, *paths, style=style)
