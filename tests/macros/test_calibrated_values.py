"""True values at which a calibration has thresholds: given, chosen, and a reference where 0 is none."""

import numpy as np
import pytest
from support.invocation import CARD, answer, refusal

from analysis.fits.fitter import make_fitter
from analysis.studies.thresholds import true_values
from macros.card import load_card
from macros.studies import LimitOptions, calibrations, open_inference
from macros.terminal.options.points import read_values


def test_a_reference_is_needed_where_0_is_none(tmp_path):
    """sin²θ_W cannot be 0: its value without signal has to be stated."""
    common = (
        "calibrate",
        CARD,
        "--poi",
        "sin2_theta_w",
        "--at",
        "0.2,0.23",
        "-n",
        50,
        "-o",
        tmp_path / "s.root",
    )
    assert "--reference" in refusal(*common, "--seed", 1)
    assert answer(*common, "--seed", 1, "--reference", 0.2317, "--level", "80 %")["reference"] == 0.2317


@pytest.mark.parametrize("poi", ["delta_c_L", "eps_R", "charge_radius"])
def test_chosen_true_values_have_0_itself(poi):
    """Contract. A symmetric choice has 0 and no rounding error in its place."""
    settings = ("model.charge_radius_convention=texono",) if poi == "charge_radius" else ()
    card = load_card(CARD, ("model.name=SM", *settings))
    fitter = make_fitter(card.together, card.model, poi=poi)
    values = true_values(fitter)
    assert values[0] < 0 < values[-1]
    assert np.abs(values).min() == 0 or np.abs(values).min() > 1e-3 * fitter.width


def test_given_true_values_have_0_itself():
    """Closed form. Equal steps over 0, of which rounding misses some."""
    for n in range(3, 60):
        for a, b in ((-0.1, 0.2), (-0.3, 0.6), (-0.7, 0.7), (-1e-11, 2e-11)):
            values = read_values("--at", f"{a}:{b}:{n}")
            assert min(map(abs, values)) == 0 or min(map(abs, values)) > 1e-6 * (b - a) / n


def test_data_beyond_what_is_expected_have_values_of_their_own(monkeypatch):
    """Contract. Finds data far from the model whose region the shared thresholds do not reach."""
    card = load_card(CARD, "run.seed=1")
    case = open_inference(card, [560, 500, 480, 470, 450, 420])
    options = LimitOptions(method="feldman-cousins", n_calibration=200, n_toys=50)
    shared = case.shared_calibration(options)
    expected = case.without_data().fitter
    assert shared.values[-1] > calibrations.true_values(expected)[-1]
    assert case.limit(options, calibration=shared).result.upper is not None
    assert case.without_data().shared_calibration(options) is None
