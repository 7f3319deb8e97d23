"""The API inside `np.errstate(all="raise")` and with warnings as errors, as careful callers have it."""

import warnings

import numpy as np
import pytest
from support.examples import every

import simgen
from analysis import (
    calibrate,
    calibrated_limit,
    compare_hypotheses,
    count_interval,
    coverage,
    expected_limit,
    fit,
    gaussian_interval,
    goodness_of_fit,
    histogram,
    limit,
    make_fitter,
    sensitivity,
    toys,
)
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.model_comparison import Hypothesis
from detsim import Sampling, detect, generate, predict, simulate, simulate_counts, weights
from macros import load_card
from simgen import E6, LR, SM, dsigma_dT, mean_sigma, recoil_spectrum, sigma
from simgen.sources import SOURCES

PRESETS = [
    "borexino-be7", "borexino-cr51-central", "borexino-cr51-paper", "borexino-cr51-realistic",
    "borexino-cr51-sterile", "hellaz-cr51-paper", "hellaz-cr51-realistic", "hellaz-cr51-wide-paper",
    "lama-pm147-paper", "lama-pm147-realistic",
]  # fmt: skip


@pytest.fixture(autouse=True)
def strict():
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
        assert set(np.geterr().values()) == {"raise"}


@pytest.mark.parametrize("name", every(4, PRESETS))
def test_events_counts_and_fits_of_presets(name):
    """Contract. Finds numerical code that breaks where a caller has made underflow an error."""
    card = load_card(name)
    experiment, model = card.experiment, card.model
    predict(experiment, model)
    events = simulate(experiment, model, seed=1, n=2000)
    detect(generate(experiment, model, seed=1, n=200), experiment, seed=1)
    weights(events, experiment, model, SM())
    simulate_counts(experiment, model, seed=1, n=2000)
    counts = histogram(events, experiment)
    fit(counts, experiment, model, poi=card.fit.poi)


@pytest.mark.parametrize("isotope", SOURCES)
def test_spectra_of_isotopes(isotope):
    """Contract. Finds the same in spectra: Fermi functions of positrons begin below any number."""
    source = simgen.source(isotope)
    T = np.concatenate([[1e-12, 1e-6], np.linspace(0.001, 3.5, 200)])
    for corrections in ("tree", "full"):
        recoil_spectrum(source, SM(corrections=corrections), T)
    for component in source.components:
        mean_sigma(component, SM())
        if hasattr(component.spectrum, "density"):
            component.spectrum.density(T)


@pytest.mark.parametrize("corrections", ["tree", "electroweak", "full"])
def test_cross_sections(corrections):
    """Contract. Finds the same in cross sections, from the least recoil to the largest."""
    for model in (SM(corrections=corrections), E6(beta="chi", gamma=0.1, corrections=corrections),
                  LR(gamma=0.1, corrections=corrections)):  # fmt: skip
        for energy in (1e-6, 0.01, 0.747, 2.9):
            top = float(simgen.T_max(energy))
            dsigma_dT(top * np.array([1e-12, 0.5, 1.0, 1.5]), energy, model)
            sigma(energy, model)


def test_limits_and_studies():
    """Contract. Finds the same in fits, limits and pseudo-experiments."""
    card = load_card("borexino-cr51-realistic")
    experiment, model, poi = card.experiment, card.model, card.fit.poi
    fitter = make_fitter(experiment, model, poi=poi)
    counts = np.round(fitter.templates.expected(fitter.truth))
    for _ in toys(Thrower(fitter=fitter, seed=1), 200):
        pass
    data = histogram(simulate(experiment, model, seed=1), experiment)
    for method in ("one-sided", "two-sided"):
        limit(data, experiment, model, poi=poi, method=method)
    coverage(experiment, model, [0.0, 0.1], 200, seed=2, poi=poi, audit=2)
    goodness_of_fit(fitter, counts, n_toys=200, seed=3)
    expected_limit(fitter, n_toys=200, seed=4, audit=2)
    table = calibrate(fitter, np.linspace(0.0, 0.2, 5), 500, seed=5)
    calibrated_limit(fitter, counts, table, method="feldman-cousins", level=0.9)
    sensitivity(experiment, model, [0.01, 0.1], poi=poi)
    a, b = Hypothesis(fitter=fitter), Hypothesis(fitter=fitter, free=False)
    compare_hypotheses(a, b, counts, n_toys=100, seed=6)


def test_simulated_templates():
    """Contract. Finds the same in fits with templates of a simulated sample."""
    card = load_card("lama-pm147-paper")
    sampling = Sampling(n_events=20_000, seed=1)
    fitter = make_fitter(card.experiment, card.model, poi="gamma", sampling=sampling)
    expected_limit(fitter, n_toys=100, seed=4, audit=2)


def test_intervals_of_counts():
    """Contract. Finds the same in intervals of bare counts, whose probabilities become very small."""
    for n, background in ((0, 0.0), (0, 20.0), (3, 1.2), (60, 1.0)):
        count_interval(n, background)
    for x in (-30.0, 0.0, 30.0):
        gaussian_interval(x, 1.0)
