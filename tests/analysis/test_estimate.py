"""Fits against independent minimisers, Fisher's information, and cases with an answer on paper."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.examples import every
from support.experiments import borexino, lama
from support.plain import PlainLikelihood, scaled, with_nuisances

from analysis.fits.estimate import fit, fit_counts, make_fitter
from analysis.histograms.histograms import from_counts
from detsim.detector.detector import uniform_edges
from detsim.experiment import FlatBackground
from detsim.systematics import known_to
from simgen.interaction.models import E6, LR, SM

BLIND = math.atan2(-9, math.sqrt(15))
CHI = E6(beta="chi")


def thrown(fitter, seed, poi=None):
    rng = np.random.default_rng(seed)
    return rng.poisson(fitter.templates.expected(fitter.truth if poi is None else poi)).astype(float)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("paper", [False, True])
def test_estimate_is_the_minimum_of_an_independent_likelihood(seed, paper):
    experiment, settings = borexino(), {"likelihood": "paper", "error_per_bin": 0.05} if paper else {}
    fitter = make_fitter(experiment, CHI, **settings)
    counts = thrown(fitter, seed) * (1.03 if paper else 1.0)
    errors = 0.05 * fitter.templates.reference if paper else None
    plain = PlainLikelihood(experiment, CHI, "gamma", counts, errors=errors)
    found = fit_counts(fitter, counts)
    value, fval = plain.minimum(-0.5, 1.0)
    assert found.estimate.value == pytest.approx(value, abs=2e-3 * found.estimate.error)
    assert found.fval == pytest.approx(fval, abs=1e-5)
    assert found.valid
    assert found.ndof == 5


@pytest.mark.parametrize("auxiliary", every(2, [(1.0, 1.0), (1.02, 0.8)]))
def test_estimate_with_normalisations(auxiliary):
    experiment = with_nuisances(1e-2)
    fitter = make_fitter(experiment, CHI)
    counts = thrown(fitter, 7, 0.4)
    plain = PlainLikelihood(experiment, CHI, "gamma", counts, auxiliary=auxiliary)
    found = fit_counts(fitter, counts, auxiliary)
    value, fval = plain.minimum(-0.5, 1.5)
    assert found.estimate.value == pytest.approx(value, abs=2e-3 * found.estimate.error)
    assert found.fval == pytest.approx(fval, abs=1e-5)


@pytest.mark.parametrize(
    ("model", "poi"),
    [
        (CHI, "gamma"),
        (E6(beta="chi", phi=0.01, gamma=0.1), "gamma"),
        pytest.param(E6(beta="chi", gamma=0.1), "phi", marks=pytest.mark.long),
        (SM(), "sin2_theta_w"),
        (SM(), "delta_c_L"),
    ],
)
def test_hesse_error_of_exact_data_is_fishers_information(model, poi):
    """Inverse of Σ_i ∂μ_i ∂μ_i/μ_i plus the constraints, from differences of the expected counts."""
    experiment = with_nuisances()
    fitter = make_fitter(experiment, model, poi=poi)
    plain = PlainLikelihood(experiment, model, poi, np.ones(6))
    truth = model.parameters[poi]
    h = 1e-5
    background = plain.folded.backgrounds[0, 1:-1]
    slopes = np.array(
        [(plain.expected(truth + h) - plain.expected(truth - h)) / (2 * h), plain.expected(truth), background]
    )
    mu = plain.expected(truth) + background
    information = (slopes / mu) @ slopes.T + np.diag([0, 1 / 0.018**2, 1 / 0.1**2])
    expected = np.sqrt(np.diag(np.linalg.inv(information)))
    result = fit_counts(fitter, mu)
    errors = [result.parameters[name].error for name in (poi, "activity", "background_flat")]
    assert errors == pytest.approx(expected, rel=1e-3)


def test_hesse_interval_is_the_error_times_its_quantile():
    fitter = make_fitter(borexino(), CHI)
    e = fit_counts(fitter, thrown(fitter, 3), level=0.95, method="hesse").estimate
    assert e.upper - e.value == pytest.approx(1.959964 * e.error, rel=1e-6)
    assert e.value - e.lower == pytest.approx(1.959964 * e.error, rel=1e-6)


@pytest.mark.parametrize("level", every(2, [0.683, 0.95]))
def test_minos_ends_are_crossings_of_the_independent_profile(level):
    experiment = with_nuisances(1e-3)
    fitter = make_fitter(experiment, CHI)
    counts = thrown(fitter, 1, 0.5)
    e = fit_counts(fitter, counts, level=level).estimate
    plain = PlainLikelihood(experiment, CHI, "gamma", counts)
    best, fval = plain.minimum(-1, 2)
    threshold = {0.683: 1.0013, 0.95: 3.8415}[level]
    assert e.lower == pytest.approx(plain.crossing(fval + threshold, best - 1, best), abs=1e-4 * e.error)
    assert e.upper == pytest.approx(plain.crossing(fval + threshold, best, best + 3), abs=1e-4 * e.error)


def test_normalisations_have_minos_intervals_too():
    fitter = make_fitter(with_nuisances(), CHI)
    signal = fit_counts(fitter, thrown(fitter, 2)).parameters["activity"]
    assert signal.error == pytest.approx(0.018, rel=0.02)
    assert signal.upper - signal.lower == pytest.approx(2 * 0.018, rel=0.02)


def test_a_common_normalisation_hides_chi():
    """d ln N/dγ is about 0.474 and nearly flat: 1.8 % on the rate is 0.038 in γ, for any number of events."""
    fitter = make_fitter(known_to(borexino(), activity=0.018), CHI)
    error = fit_counts(fitter, fitter.templates.expected(0)).estimate.error
    assert error == pytest.approx(0.018 / 0.474, rel=0.06)


def test_free_fit_of_gamma_runs_below_zero():
    fitter = make_fitter(borexino(), CHI)
    e = fit_counts(fitter, fitter.templates.expected(-0.03)).estimate
    assert e.value == pytest.approx(-0.03, abs=1e-3 * e.error)
    assert e.lower < e.value < e.upper < 0


def test_fit_starts_from_any_model_value():
    counts = make_fitter(borexino(), CHI).templates.expected(0.1)
    for start in (0.0, 0.1, 0.3, 5.0):
        e = fit_counts(make_fitter(borexino(), E6(beta="chi", gamma=start)), counts).estimate
        assert e.value == pytest.approx(0.1, abs=2e-3 * e.error)


@pytest.mark.parametrize("truth", [-1.5, -0.5, 0.7])
def test_global_minimum_far_from_the_models_value(truth):
    """Counts are a parabola in δc_L: a wrong second minimum mirrors each right one."""
    fitter = make_fitter(scaled(borexino(), 0.01), SM(), poi="delta_c_L")
    found = fit_counts(fitter, fitter.templates.expected(truth))
    assert found.estimate.value == pytest.approx(truth, abs=2e-3 * found.estimate.error)
    assert found.fval == pytest.approx(0, abs=1e-5)


@pytest.mark.long
def test_mixing_angle_with_two_minima():
    """Far apart in φ: the fit takes the one the counts come from."""
    fitter = make_fitter(borexino(), LR(gamma=0.3), poi="phi")
    for truth in (-0.6, 0.1, 0.9):
        found = fit_counts(fitter, fitter.templates.expected(truth))
        assert found.fval == pytest.approx(0, abs=1e-4)
        assert fitter.templates.expected(found.estimate.value) == pytest.approx(
            fitter.templates.expected(truth), rel=1e-4
        )


@pytest.mark.parametrize("shift", [-3.0, 0.0, 3.0])
def test_magnetic_moment_is_never_negative(shift):
    fitter = make_fitter(lama(), SM(), poi="mu_nu")
    reference = fitter.templates.reference
    result = fit_counts(fitter, reference + shift * np.sqrt(reference) / 3)
    assert result.valid
    assert result.estimate.value >= 0
    assert result.estimate.lower is None or result.estimate.lower > 0
    assert 0 < result.estimate.upper < 5e-12
    if shift > 0:
        assert result.estimate.value > 5e-13


def test_magnetic_moment_of_exact_data():
    fitter = make_fitter(lama(), SM(), poi="mu_nu")
    e = fit_counts(fitter, fitter.templates.expected(3e-12)).estimate
    assert e.value == pytest.approx(3e-12, rel=1e-4)
    assert e.lower < 3e-12 < e.upper


def test_blind_model_is_not_valid_and_says_so():
    result = fit_counts(make_fitter(borexino(), E6(beta=BLIND)), borexino_counts())
    assert not result.valid
    assert not result.failed
    assert "cannot measure" in result.reason
    assert "gamma" in result.reason
    e = result.estimate
    assert e.value is e.error is e.lower is e.upper is None


def borexino_counts():
    return make_fitter(borexino(), CHI).templates.reference


@pytest.mark.parametrize("method", ["minos", "hesse"])
def test_blind_model_still_measures_its_normalisations(method):
    """n/N = 1.01 known to 0.33 % (statistics), against 1.8 %."""
    experiment = with_nuisances()
    fitter = make_fitter(experiment, E6(beta=BLIND))
    counts = 1.01 * fitter.templates.expected(0)
    plain = PlainLikelihood(experiment, SM(), "delta_c_L", counts)
    result = fit_counts(fitter, counts, method=method)
    signal, background = result.parameters["activity"], result.parameters["background_flat"]
    assert result.fval == pytest.approx(plain.profile(0.0), abs=1e-5)
    assert signal.value == pytest.approx(1.01, abs=1e-3)
    assert 0.001 < signal.error < 0.018
    assert background.error == pytest.approx(0.1, rel=0.1)
    for e in (signal, background):
        assert e.upper - e.value == pytest.approx(e.error, rel=0.01)
        assert e.value - e.lower == pytest.approx(e.error, rel=0.01)


@pytest.mark.parametrize("n", [0.0, 1.0, 1e9])
@pytest.mark.parametrize("mean", [0.1, 1e9])
def test_extreme_counts_give_an_answer(mean, n):
    """Zero, one or 1e9 events in each bin of six where 0.1 or 1e9 are expected in all."""
    experiment = scaled(borexino(), mean / borexino_counts().sum())
    fitter = make_fitter(experiment, CHI)
    result = fit_counts(fitter, np.full(6, n))
    assert math.isfinite(result.fval)
    if result.valid:
        assert math.isfinite(result.estimate.value)
    else:
        assert result.reason


def test_a_precise_experiment():
    fitter = make_fitter(scaled(borexino(), 1e4), CHI)
    e = fit_counts(fitter, thrown(fitter, 5, 0.05)).estimate
    assert e.error < 1e-4
    assert abs(e.value - 0.05) < 5 * e.error


@pytest.mark.parametrize("edges", [(0.25, 0.55), (0.25, 0.35, 0.8, 1.2)])
def test_one_bin_and_empty_bins(edges):
    experiment = replace(borexino(), detector=replace(borexino().detector, edges=edges))
    fitter = make_fitter(experiment, CHI)
    counts = np.round(fitter.templates.expected(0.1))
    assert fit_counts(fitter, counts).estimate.value == pytest.approx(0.1, abs=1e-3)


def test_background_alone_is_bounded_at_zero():
    """An auxiliary measurement below zero drives the background to zero, not below."""
    flat = FlatBackground(name="flat", rate=1e-3, low=0.25, high=0.55, uncertainty=0.5)
    fitter = make_fitter(replace(scaled(borexino(), 1e-2), backgrounds=(flat,)), CHI)
    signal = fitter.templates.signal(0)
    result = fit_counts(fitter, np.round(signal), (-2.8,))
    assert result.valid
    assert result.parameters["background_flat"].value == pytest.approx(0, abs=0.02)


def test_fit_of_a_histogram():
    counts = borexino_counts().round()
    h = from_counts(counts, borexino())
    assert fit(h, borexino(), CHI) == fit_counts(make_fitter(borexino(), CHI), counts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"likelihood": "gauss"}, "likelihood must be 'poisson' or 'paper', got 'gauss'"),
        ({"likelihood": "paper"}, "error_per_bin"),
        ({"error_per_bin": 0.05}, "error_per_bin"),
        ({"likelihood": "paper", "error_per_bin": -0.05}, "above 0, got -0.05"),
        ({"method": "minus"}, "method must be 'minos' or 'hesse', got 'minus'"),
        ({"level": 1.5}, "level must lie between 0 and 1, got 1.5"),
        ({"poi": "mass"}, "fit.poi = 'mass'.*no such parameter"),
    ],
)
def test_wrong_settings_are_errors(settings, message):
    with pytest.raises(ValueError, match=message):
        fit(from_counts(borexino_counts(), borexino()), borexino(), CHI, **settings)


def test_the_papers_chi2_needs_counts_in_every_bin():
    wide = replace(borexino().detector, edges=uniform_edges(0.25, 12.25, 1.0))
    with pytest.raises(ValueError, match=r"standard model expects none from \d+\.\d+ to"):
        make_fitter(replace(borexino(), detector=wide), CHI, likelihood="paper", error_per_bin=0.05)
