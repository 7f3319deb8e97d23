"""Toys of weighted data: distributions of their fits, p-values and coverage."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar
from support.examples import few
from support.plain import scaled, with_nuisances
from support.weighted_data import CHI, few_events, filled, gamma_weights, known

from analysis.batch.fitter import BatchFitter
from analysis.fits.fitter import make_fitter
from analysis.fits.weighted import for_data
from analysis.pseudo_experiments.event_weights import experiment_weights, weight_model
from analysis.pseudo_experiments.throw import Thrower
from analysis.pseudo_experiments.weighted import WeightedThrower, weighted_toys
from analysis.studies.coverage_study import coverage
from analysis.studies.goodness import goodness_of_fit


@pytest.fixture(scope="module")
def experiment():
    return few_events()


@pytest.fixture(scope="module")
def fitter(experiment):
    return make_fitter(experiment, CHI)


def test_equal_weights_are_counts_of_another_exposure(experiment):
    """Closed form: toys of events of weight c have c² times the variance that counts/c have, and no more.

    The fits are those of counts in 1/c of the exposure: the same distribution of pulls, KS with α = 1e-3.
    """
    c = 20.0
    fitter = make_fitter(experiment, CHI)
    throws = WeightedThrower(thrower=Thrower(fitter=fitter, seed=1), weights=known([c], [1.0]))
    ours = next(weighted_toys(throws, 3000, level=0.683))
    shorter = make_fitter(replace(experiment, scale=1 / c), CHI)
    counts, auxiliary = Thrower(fitter=shorter, seed=2).block(0, len(ours["toy"]))
    theirs = BatchFitter(fitter=shorter).fit(counts, auxiliary).parameters[:, 0]
    assert stats.ks_2samp(ours["gamma"], theirs).pvalue > 1e-3


@pytest.mark.long
@pytest.mark.parametrize("n", few([12, 40], 12))
def test_p_values_of_the_model_are_flat(experiment, n):
    """Twin, KS with α = 1e-3 over n weighted data sets, of weights that differ by half their mean.

    Finds toys that are thrown as counts, whose -2 ln L is distributed otherwise.
    """
    fitter = make_fitter(experiment, CHI)
    mean = fitter.templates.expected(0.5).sum() / 200
    rng, found = np.random.default_rng(12), []
    for seed in range(n):
        numbers = rng.poisson(fitter.templates.expected(0.5) / mean)
        h, events = filled(experiment, numbers, gamma_weights(rng, numbers.sum(), mean, 0.25))
        own, counts = for_data(fitter, h)
        weights = weight_model([experiment_weights(h, experiment, [events])])
        auxiliary = rng.normal(size=2)
        result = goodness_of_fit(own, counts, auxiliary, n_toys=39, seed=seed, weights=weights)
        assert result.n_failed == 0
        found.append(result.p_value)
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def plain_coverage(mu, signal, values, probabilities, n, rng):
    """Simulate and fit μ = (a + b γ...) without the program: coverage of γ by -2 Δ ln L = 1.0012 (68.3 %).

    The only parameter is γ; `signal` computes the expectation of an array of γ.
    """
    threshold = stats.norm.ppf((1 + 0.683) / 2) ** 2
    grid = np.linspace(-4, 8, 6001)
    expectations = np.array([signal(g) for g in grid])
    physical = (expectations > 0).all(axis=1)
    grid, expectations = grid[physical], expectations[physical]
    covered = 0
    for _ in range(n):
        events = rng.poisson(mu / np.dot(values, probabilities))
        W, V = np.zeros(6), np.zeros(6)
        for i in range(6):
            w = rng.choice(values, events[i], p=probabilities)
            W[i], V[i] = w.sum(), (w**2).sum()
        s = np.where(W > 0, W / np.where(V > 0, V, 1), W.sum() / V.sum())
        cost = 2 * (expectations - W * np.log(expectations)) @ s
        at_truth_cost = 2 * float((mu - W * np.log(mu)) @ s)
        best = minimize_scalar(
            lambda g, W=W, s=s: 2 * float((signal(g) - W * np.log(np.maximum(signal(g), 1e-9))) @ s),
            bounds=(grid[max(np.argmin(cost) - 1, 0)], grid[min(np.argmin(cost) + 1, len(grid) - 1)]),
        )
        covered += at_truth_cost - min(best.fun, cost.min()) < threshold
    return covered / n


@pytest.mark.long
@pytest.mark.parametrize("n", few([400, 1500], 400))
def test_thirty_five_events_of_weight_twenty_cover_too_little(n):
    """Twin: the coverage of 68.3 % intervals by toys, and by a simulation with NumPy alone.

    35 events in six bins with weights of 7 to 39, whose mean is 20, without nuisance parameters: both are
    0.56, within 4 binomial errors of n toys each; of weights that are all 20 it is nominal.
    """
    values, probabilities = np.array([7.0, 17.0, 39.0]), np.array([0.25, 0.5, 0.25])
    plain = replace(with_nuisances(), backgrounds=(), systematics=())
    total = make_fitter(plain, CHI).templates.expected(0.5).sum()
    experiment = scaled(plain, 700 / total)
    fitter = make_fitter(experiment, CHI)
    mu = fitter.templates.expected(0.5)
    settings = {"seed": 3, "level": 0.683, "methods": ("minos",), "audit": 5}
    study = coverage(experiment, CHI, [0.5], n, weights=known(values, probabilities), **settings)
    ours = study.points[0].methods["minos"]
    assert study.audit.deeper == 0
    assert study.audit.limit < 1e-4
    theirs = plain_coverage(mu, fitter.templates.expected, values, probabilities, n, np.random.default_rng(1))
    spread = 4 * np.sqrt(2 * 0.55 * 0.45 / n)
    assert ours.fraction == pytest.approx(theirs, abs=spread)
    assert ours.verdict == "under"
    equal = coverage(experiment, CHI, [0.5], n, weights=known([20.0], [1.0]), **settings)
    assert equal.points[0].methods["minos"].fraction > 0.683 - 4 * np.sqrt(0.683 * 0.317 / n)
