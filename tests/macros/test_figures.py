"""The paper's figures: their numbers against the paper and independent evaluations, their words, their files.

Golden values: limits γ95 = K σ for small σ, shares of the events, and the magnetic moment were computed once
by another programme from eqs. (3), (8), (12)-(15) at tree level, sin²θ_W = 0.2312, φ = 0. The bounds of the
global fit and the two sentences on the χ model are the paper's own, section IV.
"""

import csv
import math
import os
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import brentq
from support import common_error
from support.reference import S2, constrained_k, eq3, mixing_angle, recoil_end

from detsim.detector.detector import Target
from detsim.expectation.folding import fold
from macros.card import load_card
from macros.figures import (
    FIGURES,
    beta,
    figure1,
    figure2,
    figure3,
    figure4,
    make_figure,
    mixing,
)
from macros.figures.models import named_model
from simgen.constants import M_Z

ONE_SIDED = 2.7055
TWO_SIDED = 3.8415
TO_ONE_SIDED = math.sqrt(ONE_SIDED / TWO_SIDED)
SLOPES = {
    "BOREXINO": {"chi": 1.691, "psi": 7.78, "eta": 28.6, "LR": 4.845},
    "HELLAZ": {"chi": 1.032, "psi": 6.17, "eta": 12.3, "LR": 4.09},
    "HELLAZ wide": {"chi": 0.610, "psi": 3.00, "eta": 8.95, "LR": 1.89},
    "LAMA": {"chi": 1.190, "psi": 8.05, "eta": 12.7, "LR": 5.53},
}
"""γ95/σ at σ → 0, two-sided."""
GLOBAL_FIT = {"chi": 0.0764, "psi": 0.2877, "eta": 0.1718, "LR": 0.0547}
ROUNDING = 5e-3
"""The golden values have three digits."""


def cards(module):
    return {label: load_card(name) for label, name in module.CARDS.items()}


def rows(data, **where):
    named = [dict(zip(data.columns, row, strict=True)) for row in data.rows]
    return [row for row in named if all(row[key] == value for key, value in where.items())]


@pytest.fixture(scope="module")
def first():
    return figure1.compute(cards(figure1), method="one-sided", errors=(1e-4, 0.05, 0.08))


@pytest.fixture(scope="module")
def second():
    return figure2.compute(cards(figure2), method="one-sided", errors=(1e-4,))


@pytest.fixture(scope="module")
def third():
    return figure3.compute(cards(figure3))


@pytest.fixture(scope="module")
def fourth():
    return figure4.compute(cards(figure4), method="one-sided", errors=(0.0025, 0.01, 0.04))


@pytest.fixture(scope="module")
def reach():
    near = beta.BLIND + np.radians([-1, -0.01, 0, 0.01, 1])
    return beta.compute(cards(beta), method="one-sided", betas=(*near, 0.0, math.pi / 2))


@pytest.fixture(scope="module")
def first_common():
    return figure1.compute(cards(figure1), method="one-sided", errors=(0.05, 0.08), normalisation=True)


@pytest.fixture(scope="module")
def second_common():
    return figure2.compute(cards(figure2), method="one-sided", errors=(0.01,), normalisation=True)


@pytest.fixture(scope="module")
def mixed():
    """All models and kinds of mixing for one experiment; each of them takes seconds."""
    one = {"BOREXINO": load_card(mixing.CARDS["BOREXINO"])}
    return mixing.compute(one, method="one-sided", errors=(0.05,))


@pytest.fixture(scope="module")
def everything(first, second, third, fourth, reach, first_common, second_common, mixed):
    common = {"1-normalisation": first_common, "2-normalisation": second_common}
    return {"1": first, "2": second, "3": third, "4": fourth, "beta": reach, "mixing": mixed, **common}


def module_of(name):
    return import_module(f"macros.figures.{'figure' * name[0].isdigit()}{name.partition('-')[0]}")


def test_figure1_has_the_slopes_of_an_independent_evaluation(first):
    for experiment in figure1.CARDS:
        for model, slope in SLOPES[experiment].items():
            (row,) = rows(first, experiment=experiment, model=model, error_per_bin=1e-4)
            assert row["gamma_limit"] / 1e-4 == pytest.approx(slope * TO_ONE_SIDED, rel=ROUNDING)
            assert row["gamma_global_fit"] == pytest.approx(GLOBAL_FIT[model], rel=ROUNDING)
            assert row["M_Zprime_GeV"] == pytest.approx(M_Z / 1000 / math.sqrt(row["gamma_limit"]))


def brute_force_limit(edges, error, threshold=ONE_SIDED):
    """Find γ of the χ model where χ² is at its threshold: eq. (3) summed over true energies, Table II.

    The resolution, which is left out, changes it by 2e-5.
    """

    def counts(gamma):
        a, b = 0.5 + S2 + 0.75 * S2 * gamma, S2 + 0.25 * S2 * gamma
        steps = (np.arange(2000) + 0.5) / 2000
        T = edges[:-1, None] + np.diff(edges)[:, None] * steps
        spectrum = sum(
            share * np.where(recoil_end(omega) >= T, eq3(T, omega, a, b), 0)
            for omega, share in ((0.746, 0.81), (0.751, 0.09), (0.426, 0.09), (0.431, 0.01))
        )
        return spectrum.mean(axis=1) * np.diff(edges)

    standard = counts(0)
    return brentq(lambda g: np.sum((counts(g) / standard - 1) ** 2) / error**2 - threshold, 0, 1, xtol=1e-9)


@pytest.mark.parametrize(
    ("experiment", "error", "edges"),
    [("BOREXINO", 0.05, np.linspace(0.25, 0.55, 7)), ("HELLAZ", 0.08, np.linspace(0.10, 0.26, 17))],
)
def test_figure1_holds_the_sentences_of_the_paper(first, experiment, error, edges):
    """With that error per bin the χ model is constrained better than by the global fit, section IV."""
    (row,) = rows(first, experiment=experiment, model="chi", error_per_bin=error)
    assert row["gamma_limit"] < GLOBAL_FIT["chi"]
    assert row["gamma_limit"] == pytest.approx(brute_force_limit(edges, error), rel=1e-4)


def test_two_sided_limits_do_not_beat_the_global_fit():
    given = {label: card for label, card in cards(figure1).items() if label != "HELLAZ wide"}
    both = figure1.compute(given, method="two-sided", errors=(0.05, 0.08))
    for experiment, error in (("BOREXINO", 0.05), ("HELLAZ", 0.08)):
        (row,) = rows(both, experiment=experiment, model="chi", error_per_bin=error)
        assert row["gamma_limit"] > GLOBAL_FIT["chi"]
        assert row["delta_chi2"] == pytest.approx(TWO_SIDED, abs=5e-5)
    assert f"{TWO_SIDED:.4f}" in both.caption
    assert f"{TWO_SIDED:.4f}" in both.note[0]


def test_figure2_has_the_slopes_of_an_independent_evaluation(second):
    for model, slope in SLOPES["LAMA"].items():
        (row,) = rows(second, model=model, errors=figure2.EQUAL)
        assert row["gamma_limit"] / 1e-4 == pytest.approx(slope * TO_ONE_SIDED, rel=ROUNDING)


def with_electrons(card, electrons):
    target = Target(material="NaI", electrons=electrons)
    return replace(
        card,
        experiments=(replace(card.experiment, detector=replace(card.experiment.detector, target=target)),),
    )


def statistical_limits(electrons):
    (card,) = cards(figure2).values()
    data = figure2.compute({"LAMA": with_electrons(card, electrons)}, method="one-sided", errors=(0.01,))
    return {row["model"]: row["gamma_limit"] for row in rows(data, errors=figure2.STATISTICAL)}, data


def test_figure2_statistics_alone_with_the_electrons_of_one_tonne():
    """The square for 6.27e4 events, that is 2.5713e29 electrons instead of the preset's 3e29.

    Another programme, which sums eq. (12) over grids, gives these limits to 5e-5.
    """
    found, data = statistical_limits(2.5713e29)
    expected = {"chi": 0.013786, "psi": 0.09512, "eta": 0.14434, "LR": 0.06560}
    assert found == pytest.approx(expected, rel=3e-4)
    assert all(0.01 < row["error_per_bin"] < 0.02 for row in rows(data, errors=figure2.STATISTICAL))
    assert "6.271×10⁴ events" in data.caption
    assert "2.5713×10²⁹ electrons" in data.caption


def test_figure2_statistics_alone_where_the_expectation_is_linear():
    """With a million times the electrons γ is small: 1000 times its limit is that of the slope at 0."""
    found, _ = statistical_limits(2.5713e35)
    expected = {"chi": 0.0138, "psi": 0.0958, "eta": 0.145, "LR": 0.0664}
    assert {name: 1000 * limit for name, limit in found.items()} == pytest.approx(expected, rel=ROUNDING)


def test_figure3_has_the_shares_of_an_independent_evaluation(third):
    paper = rows(third, range=figure3.PAPER)
    assert [row["T_low_keV"] for row in paper] == pytest.approx(list(range(2, 25, 2)))
    assert paper[-1]["T_high_keV"] == pytest.approx(25)
    chi, standard = (np.array([row[name] for row in paper]) for name in ("chi", "SM"))
    share = chi.sum() / standard.sum() - 1
    assert share == pytest.approx(0.0366, abs=1e-4)
    assert chi / standard - 1 == pytest.approx(np.full(len(paper), share), abs=1e-4)
    for index, share in ((0, 0.0572), (1, 0.0345), (-1, 0.0093)):
        assert paper[index]["mu_nu_over_SM"] - 1 == pytest.approx(share, abs=5e-5)


def test_figure3_events_of_one_tonne(third):
    """6.27e4 events in 2-25 keV for 2.5713e29 electrons, scaled to the preset's 3e29."""
    total = sum(row["SM"] for row in rows(third, range=figure3.PAPER))
    assert total == pytest.approx(6.27e4 * 3e29 / 2.5713e29, rel=1e-3)


def test_figure3_ends_with_the_rate_at_40_keV(third):
    """3.2 a day and keV with 2.5713e29 electrons."""
    last = rows(third, range=figure3.WIDE)[-1]
    assert last["T_high_keV"] == pytest.approx(40)
    rate = last["SM"] / 365.25 / 2 * 2.5713e29 / 3e29
    assert rate == pytest.approx(3.2, abs=0.2)


def test_figure3_crosses_near_4_5_keV(third):
    fine = [row for row in rows(third, range=figure3.FINE) if 4 <= row["T_low_keV"] < 5]
    assert fine[0]["mu_nu"] > fine[0]["chi"]
    assert fine[-1]["mu_nu"] < fine[-1]["chi"]


def test_figure4_magnetic_moment_goes_with_the_root_of_the_error(fourth):
    for row in rows(fourth):
        expected = 1.12e-12 * math.sqrt(row["error_per_bin"] / 0.01)
        assert row["mu_nu_limit_mu_B"] == pytest.approx(expected, rel=ROUNDING)


def test_figure4_gamma_is_the_limit_of_figure2(fourth):
    (row,) = rows(fourth, error_per_bin=0.01)
    assert row["gamma_limit_chi"] == pytest.approx(0.01 * SLOPES["LAMA"]["chi"] * TO_ONE_SIDED, rel=ROUNDING)


def test_beta_agrees_with_figure1(reach, first):
    for experiment, error in (("BOREXINO", 0.05), ("HELLAZ", 0.08)):
        for name, degrees in (("chi", 0.0), ("psi", 90.0)):
            (there,) = rows(first, experiment=experiment, model=name, error_per_bin=error)
            (here,) = rows(reach, experiment=experiment, beta_deg=degrees)
            assert here["error_per_bin"] == error
            assert here["gamma_limit"] == pytest.approx(there["gamma_limit"], rel=1e-6)


def test_beta_has_no_number_in_the_blind_direction(reach):
    assert math.degrees(beta.BLIND) == pytest.approx(-66.71627, abs=5e-6)
    for experiment in beta.CARDS:
        below, close_below, blind, close_above, above = rows(reach, experiment=experiment)[:5]
        assert blind["gamma_limit"] is None
        assert blind["M_Zprime_GeV"] is None
        assert close_below["gamma_limit"] > 10 * below["gamma_limit"]
        assert close_above["gamma_limit"] > 10 * above["gamma_limit"]
    assert ",,," not in reach.csv().splitlines()[1]
    assert any(",,," in line for line in reach.csv().splitlines())


def test_beta_covers_all_angles():
    angles = beta.angles()
    assert angles[0] > -math.pi / 2
    assert angles[-1] == pytest.approx(math.pi / 2)
    assert max(b - a for a, b in pairwise((-math.pi / 2, *angles))) < math.radians(1.001)
    assert beta.BLIND in angles


def test_beta_needs_an_error_per_bin():
    given = cards(beta)
    settings = replace(given["LAMA"].fit, likelihood="poisson", error_per_bin=None)
    given["LAMA"] = replace(given["LAMA"], fit=settings)
    with pytest.raises(ValueError, match="error_per_bin"):
        beta.compute(given, method="one-sided", betas=(0.0,))


def test_common_errors_of_figure1_are_those_of_the_covariance(first_common):
    """Twin: table II summed over grids, the normalisation as part of V; the resolution included."""
    for row in rows(first_common):
        expected = common_error.limit(
            row["experiment"], row["model"], row["error_per_bin"], row["normalisation_error"]
        )
        assert row["gamma_limit"] == pytest.approx(expected, rel=2e-5)
        assert row["gamma_global_fit"] == pytest.approx(common_error.GLOBAL_FIT[row["model"]], rel=1e-9)
        assert row["M_Zprime_GeV"] == pytest.approx(M_Z / 1000 / math.sqrt(row["gamma_limit"]))


def test_figures_without_a_common_error_are_the_papers(first_common, second_common, first):
    for experiment in figure1.CARDS:
        for model in GLOBAL_FIT:
            (paper,) = rows(first, experiment=experiment, model=model, error_per_bin=0.05)
            (here,) = rows(
                first_common, experiment=experiment, model=model, error_per_bin=0.05, normalisation_error=0.0
            )
            assert here["gamma_limit"] == paper["gamma_limit"]
    paper = figure2.compute(cards(figure2), method="one-sided", errors=(0.01,))
    for row in rows(paper):
        where = {"errors": row["errors"], "model": row["model"], "normalisation_error": 0.0}
        (here,) = rows(second_common, **where)
        assert here["gamma_limit"] == row["gamma_limit"]


def test_common_errors_of_figure2_by_plain_root_finding(second_common):
    """Twin: V = diag(s²) + δ² N Nᵀ on the folded counts, which other tests hold against eq. (12)."""
    (card,) = cards(figure2).values()
    folded = fold(card.experiment, card.model)
    standard = folded.signal(card.model.standard())[1:-1]
    for row in rows(second_common):
        model = named_model(row["model"], card)
        equal = row["errors"] == figure2.EQUAL
        spread = row["error_per_bin"] * standard if equal else np.sqrt(standard)

        def chi2(gamma, model=model, spread=spread, common=row["normalisation_error"]):
            n = folded.signal(model.vary(gamma=gamma))[1:-1] / spread
            x = n - standard / spread
            return x @ np.linalg.solve(np.eye(len(n)) + common**2 * np.outer(n, n), x)

        assert row["gamma_limit"] == pytest.approx(common_error.first_crossing(chi2), rel=1e-6)


def test_mixing_is_that_of_charges_and_mass_matrix(mixed):
    """Twin: couplings from Table I's charges and the inverse mass matrix, a dense scan of all γ."""
    assert len(rows(mixed)) == 16
    check_mixing(mixed)


@pytest.mark.slow
def test_mixing_of_another_experiment():
    """Twin: the same of HELLAZ, and all three in one figure."""
    found = mixing.compute(cards(mixing), method="one-sided", errors=(0.05,))
    assert len(rows(found)) == 48
    check_mixing(found)


def check_mixing(data):
    for row in rows(data):
        if row["experiment"] == "LAMA":
            continue
        beta = {"chi": 0.0, "psi": math.pi / 2, "eta": -math.atan(math.sqrt(5 / 3))}.get(row["model"], "LR")
        k = constrained_k(beta, tau=row["tau"] or 1.0)
        end = 30.0 if row["mixing"] == mixing.NONE else (math.sqrt(1 + k**2) - abs(k)) ** 2
        expected = common_error.limit(
            row["experiment"], row["model"], row["error_per_bin"], 0.0,
            end=end, mixing=row["mixing"], tau=row["tau"],
        )  # fmt: skip
        assert row["gamma_limit"] == (None if expected is None else pytest.approx(expected, rel=2e-5))
        if row["mixing"] != mixing.NONE:
            assert row["gamma_end_point"] == pytest.approx(end, rel=1e-9)
            phi = None if expected is None else pytest.approx(mixing_angle(expected, k)[0], rel=1e-3)
            assert row["phi_at_limit"] == phi


@pytest.mark.parametrize("name", FIGURES)
def test_captions_state_the_assumptions(everything, name):
    caption, note = everything[name].caption, " ".join(everything[name].note)
    for words in (
        "tree level", "sin²θ_W = 0.2312", "φ = 0", "electrons", "bins", "threshold", "resolution",
        "no background", "events expected in the standard model",
    ):  # fmt: skip
        assert words in caption, words
    assert "20 d" in caption or "365.25 d" in caption
    assert "flux of 2×10¹² cm⁻² s⁻¹" in caption or "10 MCi" in caption
    assert "tree level" in note
    assert "0.2312" in note
    assert "electrons" in note


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "3"])
def test_limits_state_their_threshold(everything, name):
    data = everything[name]
    for text in (data.caption, data.note[0]):
        assert "95 % C.L. one-sided" in text
        assert f"{ONE_SIDED:.4f}" in text
    assert all(row["delta_chi2"] == pytest.approx(ONE_SIDED, abs=5e-5) for row in rows(data))


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_files_of_a_figure(tmp_path, monkeypatch, third, kind):
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: third)
    files = make_figure("3", tmp_path / "new", format=kind)
    assert [f.name for f in files] == [f"figure3.{kind}", "figure3.csv", "figure3.txt"]
    assert sorted(tmp_path.glob("new/*")) == sorted(files)
    picture = files[0].read_bytes()
    if kind == "pdf":
        assert picture.startswith(b"%PDF-")
        assert picture.rstrip().endswith(b"%%EOF")
    else:
        assert picture.startswith(b"\x89PNG\r\n\x1a\n")
        assert b"IEND" in picture[-16:]
    with files[1].open(encoding="utf-8", newline="") as stream:
        table = list(csv.DictReader(stream))
    assert float(table[0]["mu_nu_over_SM"]) == pytest.approx(1.0572, abs=5e-5)
    assert files[2].read_text(encoding="utf-8").startswith("Fig. 3. ")


def test_pictures_are_reproducible(tmp_path, monkeypatch, third):
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: third)
    first, second = (make_figure("3", tmp_path / name)[0].read_bytes() for name in ("a", "b"))
    assert first == second


@pytest.mark.parametrize("name", [name for name in FIGURES if name != "3"])
def test_pictures_are_drawn_without_warnings(everything, name):
    """Warnings are errors: a missing glyph, a legend without entries, a layout that does not fit."""
    from macros.plots.style import add_note, new_figure, render, styled

    module, normalisation = module_of(name), "-" in name
    options = {"normalisation": True} if normalisation else {}
    with styled():
        figure = new_figure(*(module.SIZE_NORMALISATION if normalisation else module.SIZE))
        module.draw(figure, everything[name], **options)
        add_note(figure, everything[name].note)
        assert render(figure, "png").startswith(b"\x89PNG")


def test_nothing_is_left_of_a_picture_that_fails(tmp_path, monkeypatch, third):
    monkeypatch.setattr(figure3, "compute", lambda *_, **__: third)

    def fail(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr(figure3, "draw", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        make_figure("3", tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("7",), "no figure '7'"), (("3",), "format must be"), (("1",), "method must be")],
)
def test_wrong_arguments(tmp_path, arguments, message):
    wrong = {"format must be": {"format": "gif"}, "method must be": {"method": "both"}}.get(message, {})
    with pytest.raises(ValueError, match=message):
        make_figure(*arguments, tmp_path, **wrong)


def test_importing_the_figures_loads_nothing_heavy():
    code = (
        "import sys, macros.figures, macros.plots, macros.report.html; "
        "print(*({'matplotlib', 'numpy', 'scipy', 'numba', 'hist', 'jinja2'} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p or "." for p in sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout.strip() == ""
