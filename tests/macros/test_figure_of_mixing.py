"""The figure of mixing: its numbers against an independent evaluation, its texts and its picture."""

import math

import pytest
from support import common_error
from support.figures import cards, check_caption, check_picture, check_threshold, rows
from support.reference import constrained_k, mixing_angle

from macros.card import load_card
from macros.figures import mixing


@pytest.fixture(scope="module")
def figure_mixing():
    """All kinds of mixing of one model for one experiment, and the other models without mixing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixing, "TAUS", {"chi": (), "psi": (), "eta": (10.0,), "LR": ()})
        return of_one_experiment()


def of_one_experiment():
    card = load_card(mixing.CARDS["BOREXINO"])
    return mixing.compute({"BOREXINO": card}, method="one-sided", errors=(0.05,))


def test_mixing_is_that_of_charges_and_mass_matrix(figure_mixing):
    """Twin: couplings from Table I's charges and the inverse mass matrix, a dense scan of all γ."""
    assert len(rows(figure_mixing)) == 6
    check_mixing(figure_mixing)


@pytest.mark.long
def test_mixing_of_every_model():
    """Twin: the same of all models and values of τ."""
    data = of_one_experiment()
    assert len(rows(data)) == 16
    check_mixing(data)


@pytest.mark.slow
def test_mixing_of_another_experiment():
    """Twin: the same of HELLAZ, and all three in one figure."""
    data = mixing.compute(cards(mixing), method="one-sided", errors=(0.05,))
    assert len(rows(data)) == 48
    check_mixing(data)


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


def test_texts_of_mixing_state_assumptions_and_threshold(figure_mixing):
    check_caption(figure_mixing)
    check_threshold(figure_mixing)


@pytest.mark.long
def test_picture_of_mixing_is_drawn_without_warnings(figure_mixing):
    check_picture("mixing", figure_mixing)
