"""Figures of all angles β and of common errors: their numbers against independent evaluations."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support import common_error
from support.examples import few
from support.figures import cards, rows

from detsim.expectation.folding import fold
from macros.figures import beta, figure1, figure2
from macros.figures.models import named_model
from simgen.constants import M_Z


def test_beta_agrees_with_figure1(figure_beta, figure_1):
    for experiment, error in (("BOREXINO", 0.05), ("HELLAZ", 0.08)):
        for name, degrees in (("chi", 0.0), ("psi", 90.0)):
            (there,) = rows(figure_1, experiment=experiment, model=name, error_per_bin=error)
            (here,) = rows(figure_beta, experiment=experiment, beta_deg=degrees)
            assert here["error_per_bin"] == error
            assert here["gamma_limit"] == pytest.approx(there["gamma_limit"], rel=1e-6)


def test_beta_has_no_number_in_the_blind_direction(figure_beta):
    assert math.degrees(beta.BLIND) == pytest.approx(-66.71627, abs=5e-6)
    for experiment in beta.CARDS:
        below, close_below, blind, close_above, above = rows(figure_beta, experiment=experiment)[:5]
        assert blind["gamma_limit"] is None
        assert blind["M_Zprime_GeV"] is None
        assert close_below["gamma_limit"] > 10 * below["gamma_limit"]
        assert close_above["gamma_limit"] > 10 * above["gamma_limit"]
    assert ",,," not in figure_beta.csv().splitlines()[1]
    assert any(",,," in line for line in figure_beta.csv().splitlines())


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


@pytest.mark.parametrize("step", few([1, 5], 5))
def test_common_errors_of_figure1_are_those_of_the_covariance(figure_1_normalisation, step):
    """Twin: table II summed over grids, the normalisation as part of V; the resolution included."""
    for row in rows(figure_1_normalisation)[::step]:
        expected = common_error.limit(
            row["experiment"], row["model"], row["error_per_bin"], row["normalisation_error"]
        )
        assert row["gamma_limit"] == pytest.approx(expected, rel=2e-5)
        assert row["gamma_global_fit"] == pytest.approx(common_error.GLOBAL_FIT[row["model"]], rel=1e-9)
        assert row["M_Zprime_GeV"] == pytest.approx(M_Z / 1000 / math.sqrt(row["gamma_limit"]))


def test_figures_without_a_common_error_are_the_papers(
    figure_1_normalisation, figure_2_normalisation, figure_1
):
    for experiment in figure1.CARDS:
        for model in common_error.GLOBAL_FIT:
            (paper,) = rows(figure_1, experiment=experiment, model=model, error_per_bin=0.05)
            (here,) = rows(
                figure_1_normalisation,
                experiment=experiment,
                model=model,
                error_per_bin=0.05,
                normalisation_error=0.0,
            )
            assert here["gamma_limit"] == paper["gamma_limit"]
    paper = figure2.compute(cards(figure2), method="one-sided", errors=(0.01,))
    for row in rows(paper):
        where = {"errors": row["errors"], "model": row["model"], "normalisation_error": 0.0}
        (here,) = rows(figure_2_normalisation, **where)
        assert here["gamma_limit"] == row["gamma_limit"]


def test_common_errors_of_figure2_by_plain_root_finding(figure_2_normalisation):
    """Twin: V = diag(s²) + δ² N Nᵀ on the folded counts, which other tests hold against eq. (12)."""
    (card,) = cards(figure2).values()
    folded = fold(card.experiment, card.model)
    standard = folded.signal(card.model.standard())[1:-1]
    for row in rows(figure_2_normalisation):
        model = named_model(row["model"], card)
        equal = row["errors"] == figure2.EQUAL
        spread = row["error_per_bin"] * standard if equal else np.sqrt(standard)

        def chi2(gamma, model=model, spread=spread, common=row["normalisation_error"]):
            n = folded.signal(model.vary(gamma=gamma))[1:-1] / spread
            x = n - standard / spread
            return x @ np.linalg.solve(np.eye(len(n)) + common**2 * np.outer(n, n), x)

        assert row["gamma_limit"] == pytest.approx(common_error.first_crossing(chi2), rel=1e-6)
