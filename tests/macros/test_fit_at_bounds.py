"""Fits of few counts, whose background is 0: missing errors, and a picture of what is allowed."""

import csv
from dataclasses import replace

import pytest
from support.cards import CASES
from support.invocation import CARD, answer, invoke

from macros.card import load_card
from macros.plots import profile_plot
from macros.words.fit_description import name_with_unit

SETTINGS = (
    "exposure.duration=0.15 d",
    "systematics.activity=0.3",
    "background.flat.constraint=free",
)
DATA = CASES / "few-counts.csv"
FEW = (CARD, DATA, *("--poi", "mu_nu"), *(word for text in SETTINGS for word in ("--set", text)))
AT_0 = "mu_nu is within its error of 0, where -2 ln L is no parabola"
AT_END = "background_flat is at the end of its range, where -2 ln L is no parabola"


def test_a_parameter_at_its_bound_has_no_error():
    """Contract. Parameters, pulls, matrix and impacts have none, and give the same reasons."""
    found = answer("fit", *FEW, "--details")
    flat = found["parameters"]["background_flat"]
    assert (flat["value"], flat["error"], flat["error_reason"]) == (0, None, AT_END)
    assert found["parameters"]["mu_nu"]["error_reason"] == AT_0
    assert found["parameters"]["activity"]["error"] == pytest.approx(0.3, abs=0.01)  # 4 counts add little
    pull = found["pulls"]["background_flat"]
    assert [pull[k] for k in ("error", "lower", "upper", "x_error")] == [None] * 4
    assert found["correlation"]["reason"] == f"{AT_0}; {AT_END}"
    assert found["impacts"]["reason"] == f"mu_nu has no Hesse error at the minimum: {AT_0}"
    said = invoke("fit", *FEW, "--details").stdout
    assert f"no Hesse error of background_flat: {AT_END}" in said
    assert "-10.000 ±" not in said


def test_a_parabola_has_no_ends_at_a_bound():
    """Contract. With fit.method = "hesse" the interval of such a parameter has no ends either."""
    flat = answer("fit", *FEW, "--set", "fit.method=hesse")["parameters"]["background_flat"]
    assert (flat["lower"], flat["upper"]) == (None, None)
    assert flat["upper_reason"] == "there is no Hesse error"


def test_other_parameters_of_a_bounded_fit_keep_their_impacts():
    """Contract. ε_L has a Hesse error beside a background of 0, which has no impact after the fit."""
    found = answer("fit", CARD, DATA, "--poi", "eps_L", *FEW[4:], "--details")
    assert found["parameters"]["eps_L"]["error"] > 0
    assert found["parameters"]["background_flat"]["error_reason"] == AT_END
    flat = found["impacts"]["impacts"]["background_flat"]
    assert (flat["up"], flat["down"]) == (None, None)
    assert found["impacts"]["impacts"]["activity"]["up"] is not None


def test_a_plateau_is_no_minimum(unrendered, tmp_path):
    """Contract. -2 ln L rises to 7.92 and stays there: one minimum, and a picture of what is allowed."""
    found = answer("fit", *FEW, "--profile", tmp_path / "p.png")
    assert found["other_minima"] == []
    upper = found["parameters"]["mu_nu"]["upper"]
    with (tmp_path / "p.csv").open(encoding="utf-8") as stream:
        rows = [{k: float(x) for k, x in row.items()} for row in csv.DictReader(stream)]
    values = [row["mu_nu"] for row in rows]
    assert values[0] == 0
    assert 1.3 * upper < values[-1] < 10 * upper
    assert sum(v <= upper for v in values) > 20
    assert rows[-1]["delta_2lnL"] > 3.84  # 95 % is in the picture


def notes(figure):
    return " | ".join(t.get_text() for t in figure.texts)


def drawn(at):
    card = load_card(CARD, ("fit.poi=mu_nu", *SETTINGS))
    fit, scan = card.fit(DATA), card.fit.profile(DATA, at=at)
    excluded = replace(fit.minima[0], value=1.4e-4, rise=7.92, allowed=False, lower=None, upper=None)
    fit = replace(fit, minima=(*fit.minima, excluded))
    return fit, profile_plot(scan.points, scan.delta, fit=fit)


def test_what_is_outside_of_a_picture_is_told():
    """Contract. No band, no entry of the legend, and a line for interval, estimate and other minimum."""
    fit, figure = drawn([1.5e-10, 1.7e-10, 2e-10])
    assert figure.legends == []
    assert not figure.axes[0].patches
    words = notes(figure)
    assert "outside of the picture: interval of the fit, 68.3 % by MINOS, [0, 12.35] × 10⁻¹¹ μ_B" in words
    assert f"outside of the picture: the estimate, {1e11 * fit.estimate.value:.4g} × 10⁻¹¹ μ_B" in words
    assert "outside of the picture: another minimum, at 1.400e+07 × 10⁻¹¹ μ_B and higher by 7.92" in words


@pytest.mark.parametrize(("n", "marker"), [(3, "o"), (40, "")])
def test_few_points_are_marked(n, marker):
    """Contract. Between few points nothing was computed."""
    _, figure = drawn([i * 1e-11 for i in range(n)])
    assert figure.axes[0].lines[0].get_marker() == marker
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["MINOS, 68.3 %"]


def test_parameters_have_their_units():
    """Contract. Those of docs/reference/cards.md, in the text; the keys of JSON stay."""
    assert name_with_unit("charge_radius") == "charge_radius [cm²]"
    assert name_with_unit("delta_m2") == "delta_m2 [eV²]"
    said = invoke("fit", *FEW).stdout.splitlines()
    assert any(line.startswith("mu_nu [10⁻¹¹ μ_B]  ") for line in said)
    assert any(line.startswith("background_flat  ") for line in said)
