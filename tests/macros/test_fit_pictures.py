"""`nugauge fit --impacts` and `--profile`: pictures, numbers beside them, and what is refused."""

import csv
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support.cards import CASES
from support.invocation import CARD, answer, invoke, refusal
from support.plotted import texts

from analysis.fits.local_minima import LocalMinimum
from analysis.studies.goodness import GoodnessTally
from macros.card import load_card
from macros.plots import profile_plot
from macros.plots.fits import impacts_plot
from macros.plots.style import render
from macros.studies import EXPECTED, open_inference
from macros.studies.case_figures import counts_picture, profile_picture


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 1)
    return path


def table(path):
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_profile(seldom_rendered, events, tmp_path):
    """Contract. The CSV has the numbers of Python, the picture is one, and the fit is the same as without."""
    picture = tmp_path / "p.png"
    found = answer("fit", CARD, events, "--profile", picture)
    assert found["files"] == [str(picture.with_suffix(s)) for s in (".png", ".csv", ".json")]
    assert picture.read_bytes()[:4] == b"\x89PNG"
    scan = load_card(CARD).fit.profile(events)
    rows = table(tmp_path / "p.csv")
    columns = ["gamma", "delta_2lnL", "fval", "pull_activity", "pull_background_flat"]
    assert list(rows[0]) == columns
    numbers = np.array([[float(row[c]) for c in columns] for row in rows])
    expected = np.column_stack([scan.points, scan.delta, scan.values, scan.pulls])
    np.testing.assert_allclose(numbers, expected, rtol=1e-7, atol=1e-12)
    assert json.loads((tmp_path / "p.json").read_text())["columns"] == columns
    plain = answer("fit", CARD, events)
    assert {**plain, "files": []} == {**found, "files": []}
    assert plain["files"] == []


def test_profile_at_given_values(events, tmp_path):
    """Contract. Exactly these values; for a name that ends in .csv the picture is a PDF beside it."""
    answer("fit", CARD, events, "--profile", tmp_path / "p.csv", "--profile-at", "0:0.2:5")
    assert [float(row["gamma"]) for row in table(tmp_path / "p.csv")] == [0, 0.05, 0.1, 0.15, 0.2]
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")


def test_impacts(seldom_rendered, events, tmp_path):
    """Contract. The rows are pulls and impacts of the JSON document, the largest impact first."""
    found = answer("fit", CARD, events, "--impacts", tmp_path / "i.pdf")
    rows = table(tmp_path / "i.csv")
    assert [row["parameter"] for row in rows] == list(found["impacts"]["impacts"])
    for row in rows:
        numbers = {**found["pulls"][row["parameter"]], **found["impacts"]["impacts"][row["parameter"]]}
        for key in (
            "prefit_x",
            "x",
            "x_error",
            "pull",
            "error_ratio",
            "up",
            "down",
            "prefit_up",
            "prefit_down",
        ):
            assert float(row[key]) == pytest.approx(numbers[key], rel=1e-7, abs=1e-12)


def test_a_free_parameter_has_no_bars_of_before():
    """Contract. The row says that it is free, and has no impact where the data do not determine it."""
    card = load_card(CASES / "deg.toml", ())
    fit, impacts = card.fit(CASES / "deg.csv"), card.fit.impacts(CASES / "deg.csv")
    figure = impacts_plot(impacts, fit)
    left, right = figure.axes
    free = [p.name for p in fit.pulls if p.constraint == "free"]
    assert len(free) == 2
    assert [t.get_text() for t in left.texts] == ["free: no value before the fit"] * 2
    assert [t.get_text() for t in right.texts] == ["no error, and no impact"] * 2
    assert [len(bars) for bars in right.containers] == [len(impacts.impacts) - 2] * 4


@pytest.mark.long
def test_a_free_parameter_that_the_data_know_has_bars_of_after():
    """Contract. One background, free: both impacts after the fit, none before."""
    card = load_card(CASES / "deg1.toml", ())
    fit, impacts = card.fit(CASES / "deg.csv"), card.fit.impacts(CASES / "deg.csv")
    figure = impacts_plot(impacts, fit)
    assert [t.get_text() for t in figure.axes[0].texts] == ["free: no value before the fit"]
    assert not figure.axes[1].texts
    n = len(impacts.impacts)
    assert [len(bars) for bars in figure.axes[1].containers] == [n, n - 1, n, n - 1]


def test_labels_of_a_profile_are_beside_it(events):
    """Contract. No curve crosses them, they do not touch each other, and every band is explained."""
    card = load_card(CARD, ["fit.level=0.66"])
    fit, scan = card.fit(events), card.fit.profile(events)
    lower, value, upper = scan.points[[0, 2, 5]]
    other = LocalMinimum(value=value, rise=0.3, physical=False, allowed=True, lower=lower, upper=upper)
    far = replace(other, value=-90.0, lower=-91.0, upper=-89.0)
    fit = replace(fit, minima=(*fit.minima, other, far))
    figure = profile_plot(scan.points, scan.delta, fit=fit, levels=(0.683, 0.95))
    render(figure, "png")
    (ax,) = figure.axes
    boxes = sorted((t.get_window_extent() for t in ax.texts), key=lambda b: b.y0)
    assert len(boxes) == 3
    assert min(b.x0 for b in boxes) > ax.get_window_extent().x1
    assert all(a.y1 <= b.y0 for a, b in pairwise(boxes))
    (legend,) = figure.legends
    assert [t.get_text() for t in legend.get_texts()] == ["MINOS, 66 %", "allowed around another minimum"]
    notes = " | ".join(t.get_text() for t in figure.texts)
    assert "blue: interval of the fit, 66 % by MINOS" in notes
    assert f"green: allowed at 66 % around another minimum, at {value:.4g} and higher by 0.3" in notes
    assert "outside of the picture: [-91, -89], allowed at 66 % around another minimum" in notes


def test_files_are_replaced_with_force_only(unrendered, events, tmp_path):
    """Contract. Pictures and numbers are replaced with --force only, and not if they were edited."""
    options = ("--profile", tmp_path / "p.png")
    answer("fit", CARD, events, *options)
    assert "p.png: exists; --force replaces it" in refusal("fit", CARD, events, *options)
    answer("fit", CARD, events, *options, "--force")
    (tmp_path / "p.csv").write_text("mine\n")
    assert "p.csv: exists and is not what this program wrote" in refusal(
        "fit", CARD, events, *options, "--force"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--profile", "p.gif"), "must end in .pdf, .png or .svg"),
        (("--figure", "nowhere/p.png"), "there is no directory nowhere"),
        (("--style", "ATLAS"), "--style goes with --figure, --impacts or --profile"),
        (("--profile-at", "0:1:5"), "--profile-at goes with --profile FILE"),
        (("--profile", "p.png", "--profile-at", "0:1"), "write a:b:n"),
        (("--profile", "p.png", "--profile-at", "0.1"), "at least two"),
        (("--profile", "a.png", "--figure", "a.pdf"), "a.csv is written by this command already"),
    ],
)
def test_wrong_options(events, tmp_path, monkeypatch, options, message):
    """Contract. Refused with a message, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert message in refusal("fit", CARD, events, *options)
    assert list(tmp_path.iterdir()) == []


def test_an_input_is_not_written_over(events, tmp_path):
    data = tmp_path / "p.csv"
    data.write_text("low,high,counts\n250,550,10\n")
    words = refusal("fit", CARD, data, "--unit", "keV", "--profile", tmp_path / "p.png", "--force")
    assert "p.csv is the file that is read" in words


def test_no_impacts_no_picture(events, tmp_path):
    """Contract. A card without nuisance parameters has no impacts to be drawn, and a message says so."""
    options = ("--set", "model.name=SM", "--set", "fit.poi=mu_nu", "--impacts", tmp_path / "i.png")
    assert "no impacts to be drawn" in refusal("fit", CARD, events, *options)
    assert list(tmp_path.iterdir()) == []
    assert invoke("fit", CARD, events, "--set", "model.name=SM", "--set", "fit.poi=mu_nu").exit_code == 0


def test_names_and_levels_are_those_of_the_card():
    """A fit of the SM with a free magnetic moment says so; the profile has the line of the card's level."""
    changes = {"model.name": "SM", "fit.poi": "mu_nu", "fit.limit_level": 0.9}
    case = open_inference(load_card(CARD, changes), EXPECTED)
    result = case.fit()
    assert "fit of SM with mu_nu free" in texts(counts_picture(case, result).draw())
    shown = texts(profile_picture(case, result).draw())
    assert "90 %: 2.706" in shown
    assert "95 %" not in shown
    plain = open_inference(load_card(CARD), EXPECTED)
    assert "gamma free" not in texts(counts_picture(plain, plain.fit()).draw())


def test_no_toy_above_the_data_is_a_limit_of_p():
    """Closed form: 0 of 2000 toys exclude p above 1 - 0.05^(1/2000) = 0.0015 at 95 %."""
    found = GoodnessTally(statistic=90.0, ndof=30).result()
    found = replace(found, n_toys=2000, n_failed=0, n_above=0, p_value=5e-4, p_error=5e-4)
    assert found.p_text == "< 0.0015 (95 %)"
    assert replace(found, n_above=3, p_value=0.0015, p_error=0.0009).p_text == "= 0.00150 ± 0.00090"
