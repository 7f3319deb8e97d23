"""Response matrices and templates as histograms: what they give when they are multiplied and added."""

import numpy as np
import pytest
from support.examples import few
from support.pyhf_fits import fitter_of

from analysis.exchange import response_histograms
from detsim.expectation.response import bin_probabilities

CARD = "borexino-cr51-realistic"
SHAPES = ["systematics.energy_scale=0.02", "systematics.resolution=0.1", "systematics.sin2_theta_w=0.01"]


def spectrum_and_response(found, prefix=""):
    response = found[f"{prefix}response"].view(flow=True).value[1:-1]
    return found[f"{prefix}true"].values(), response


@pytest.mark.parametrize("card", few([CARD, "borexino-cr51-sterile", "lama-pm147-realistic"], CARD))
def test_the_response_times_the_true_spectrum_is_the_expected_signal(card):
    """Closed form. Finds counts that are lost between the true spectrum and the bins."""
    fitter = fitter_of(card)
    found = response_histograms(fitter, n_true=30)
    true, response = spectrum_and_response(found)
    folded = fitter.templates.folded[0].signal(fitter.templates.model)
    assert true @ response == pytest.approx(folded, rel=1e-9)
    assert found["signal"].values().ravel() == pytest.approx(folded[1:-1], rel=1e-12)


def test_another_spectrum_is_folded_to_its_own_signal():
    """Twin. Finds a response that is the signal of its model only, and not one of energies."""
    fitter = fitter_of(CARD)
    _, response = spectrum_and_response(response_histograms(fitter))
    other = response_histograms(fitter, at=3.0)
    true, _ = spectrum_and_response(other)
    assert (true @ response)[1:-1] == pytest.approx(fitter.templates.signal(3.0), rel=1e-3)


def test_rows_are_probabilities_of_the_detector():
    """Twin. Finds rows of another energy or efficiency: bins so narrow that an energy stands for each."""
    fitter = fitter_of(CARD, "detector.efficiency=0.7")
    found = response_histograms(fitter, n_true=200)
    detector = fitter.templates.experiment.detector
    middles = found["true"].axes[0].centers
    _, response = spectrum_and_response(found)
    wanted = bin_probabilities(detector, middles) * 0.7
    inside = slice(75, 190)  # beyond, the spectrum ends within a bin, or nothing is recorded
    assert response[inside] == pytest.approx(wanted[inside], abs=2e-3)


@pytest.mark.parametrize("value", [0.0, 0.4])
def test_templates_are_those_of_the_fit(value):
    """Closed form. Finds up and down exchanged, a coefficient of another bin or shape."""
    fitter = fitter_of(CARD, *SHAPES)
    t = fitter.templates
    found = response_histograms(fitter, at=value, n_true=20)
    abc = [found[f"signal_{k}"].values() for k in "ABC"]
    assert np.polynomial.polynomial.polyval(value, abc) == pytest.approx(found["signal"].values(), rel=1e-9)
    for s, shape in enumerate(t.shapes):
        for sign, ending in ((1, "up"), (-1, "down")):
            pulls = np.zeros(len(t.nuisances))
            pulls[t.nuisances.index(shape)] = sign
            background = found.get(f"background_flat_{shape.name}_{ending}", found["background_flat"])
            total = found[f"signal_{shape.name}_{ending}"].values() + background.values()
            assert total == pytest.approx(t.expected(value, pulls), rel=1e-12), (s, ending)


def test_simulated_templates_have_their_errors():
    """Closed form. Finds variances that are Poisson's, or none."""
    fitter = fitter_of(CARD, "fit.templates='simulation'", "fit.template_events=10000", "run.seed=2")
    found = response_histograms(fitter, n_true=20)
    relative = np.sqrt(found["signal"].variances()) / fitter.templates.expected(fitter.truth)
    assert relative == pytest.approx(fitter.errors, rel=1e-12)


def test_experiments_and_distances_have_their_own_bins():
    """Contract. Finds bins of the distance in another order, and two experiments under one name."""
    found = response_histograms(fitter_of("borexino-hellaz-cr51"), n_true=20)
    assert {name.split("/")[0] for name in found} == {"HELLAZ", "BOREXINO"}
    fitter = fitter_of("borexino-cr51-sterile", "model.sin2_2theta=0.2")
    found = response_histograms(fitter, n_true=30)
    assert found["signal"].ndim == 2
    true, response = spectrum_and_response(found)
    assert (true @ response)[1:-1] == pytest.approx(found["signal"].values().ravel(), rel=1e-9)


def test_what_is_refused():
    with pytest.raises(ValueError, match="must lie from"):
        response_histograms(fitter_of("borexino-cr51-sterile"), at=3.0)
