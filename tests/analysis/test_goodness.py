"""Goodness of fit from pseudo-experiments."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize_scalar
from support.examples import every, few
from support.experiments import borexino
from support.plain import poisson_deviance, scaled, with_nuisances

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.goodness import goodness_of_fit, tail_probability
from detsim.systematics import known_to
from simgen.interaction.models import E6

CHI = E6(beta="chi")


@pytest.fixture(scope="module")
def fitter():
    return make_fitter(with_nuisances(0.01), replace(CHI, gamma=0.3))


def p_values(fitter, n, n_toys, **options):
    counts, auxiliary = Thrower(fitter=fitter, seed=100).block(0, n)
    found = [
        goodness_of_fit(fitter, counts[i], auxiliary[i], n_toys=n_toys, seed=i, **options) for i in range(n)
    ]
    assert not any(f.n_failed for f in found)
    return np.array([f.p_value for f in found])


@pytest.mark.parametrize("n", few([40, 120], 40))
def test_p_values_of_the_model_are_flat(fitter, n):
    """Twin, KS with α = 1e-3 over n data sets. Finds toys thrown without their auxiliary measurements."""
    assert stats.kstest(p_values(fitter, n, 400), "uniform").pvalue > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1e-4, 1e-3, 1e-2])
def test_p_values_are_flat_in_the_long_run(factor):
    """Soak: 1000 data sets with 4 or more counts a bin; small p-values are never too frequent."""
    fitter = make_fitter(with_nuisances(factor), replace(CHI, gamma=0.3))
    found = p_values(fitter, 1000, 999)
    assert stats.kstest(found, "uniform").pvalue > 1e-3
    assert stats.binom.sf(np.count_nonzero(found <= 0.05) - 1, 1000, 0.05) > 1e-3


def test_distorted_data_have_a_small_p_value(fitter):
    """Property: a bin 9 σ too high is found, and no less by toys than by χ²."""
    expected = fitter.templates.expected(0.3)
    bump = expected + np.eye(6)[2] * 9 * np.sqrt(expected)
    found = goodness_of_fit(fitter, np.round(bump), n_toys=2000, seed=1)
    assert found.p_value == pytest.approx(1 / 2001)
    assert found.p_asymptotic < 1e-4


@pytest.mark.parametrize("settings", [{}, {"likelihood": "paper", "error_per_bin": 0.05}])
def test_large_counts_give_the_chi_square_probability(settings):
    """Closed form: χ² of 6 bins less one parameter; within 4 binomial errors at three data sets."""
    fitter = make_fitter(scaled(with_nuisances(), 10), CHI, **settings)
    counts, auxiliary = Thrower(fitter=fitter, seed=3).block(0, 3)
    for n, measured in zip(counts, auxiliary, strict=True):
        found = goodness_of_fit(fitter, n, measured, n_toys=4000, seed=5)
        assert found.ndof == 5
        assert found.p_asymptotic == pytest.approx(stats.chi2.sf(found.statistic, 5), rel=1e-9)
        assert found.p_value == pytest.approx(found.p_asymptotic, abs=4 * found.p_error)
        assert found.p_error == pytest.approx(np.sqrt(found.p_value * (1 - found.p_value) / 4000))


def two_bins(mean):
    """Two bins with about this many expected counts each."""
    experiment = borexino()
    detector = replace(experiment.detector, edges=(0.25, 0.35, 0.55))
    total = make_fitter(replace(experiment, detector=detector), CHI).templates.reference.sum()
    return scaled(replace(experiment, detector=detector), 2 * mean / total)


def enumerated(fitter, counts):
    """Minimise with scipy for every outcome of two bins; sum the probabilities of fits as bad or worse."""

    def minimum(n):
        def deviance(gamma):
            return poisson_deviance(np.array(n), fitter.templates.expected(gamma))

        grid = np.concatenate([np.linspace(0, 20, 81), np.linspace(21, 60, 40)])
        values = [deviance(g) for g in grid]
        i = int(np.argmin(values))
        bracket = grid[max(i - 1, 0)], grid[min(i + 1, len(grid) - 1)]
        found = minimize_scalar(deviance, bounds=bracket, options={"xatol": 1e-10})
        return min((found.fun, found.x), (values[i], grid[i]))

    observed, best = minimum(counts)
    mu, total = fitter.templates.expected(best), 0.0
    for n in product(range(9), range(9)):
        if minimum(n)[0] >= observed - 1e-5:
            total += float(np.prod(stats.poisson.pmf(n, mu)))
    return observed, total


@pytest.mark.parametrize("n_toys", few([5_000, 20_000], 5_000))
@pytest.mark.parametrize("counts", every(4, [(0, 0), (1, 0), (0, 2), (2, 1)]))
def test_small_counts_against_every_outcome(counts, n_toys):
    """Twin: half a count a bin, where χ² is wrong by a factor; within 4 binomial errors of the exact sum."""
    fitter = replace(make_fitter(two_bins(0.5), CHI), bounded=True)
    observed, exact = enumerated(fitter, counts)
    found = goodness_of_fit(fitter, counts, n_toys=n_toys, seed=8)
    assert found.statistic == pytest.approx(observed, abs=1e-6)
    assert found.p_value == pytest.approx(exact, abs=4 * found.p_error + 1e-4)
    assert abs(found.p_asymptotic - exact) > 0.1


def test_toys_are_thrown_at_the_best_fit():
    """Contract: at its estimate of γ and of the nuisance parameters, measured around these."""
    fitter = make_fitter(with_nuisances(0.01), CHI)
    pulls = (1.5, -2.0)
    thrower = Thrower(fitter=fitter, seed=1, pulls=pulls)
    counts, auxiliary = thrower.block(0, 4000)
    mu = fitter.templates.expected(0.0, pulls)
    assert np.abs((counts.mean(axis=0) - mu) / np.sqrt(mu / 4000)).max() < 4
    assert np.abs(auxiliary.mean(axis=0) - pulls).max() < 4 / np.sqrt(4000)
    assert auxiliary.std(axis=0) == pytest.approx([1, 1], abs=0.05)
    fixed = replace(thrower, drawn="counts").block(0, 4000)
    assert np.all(fixed[1] == pulls)
    drawn = replace(thrower, drawn="nuisances").block(0, 4000)
    assert np.all(drawn[1] == pulls)
    assert drawn[0].sum(axis=1).std() > 1.2 * fixed[0].sum(axis=1).std()
    with pytest.raises(ValueError, match="one pull is needed of each of activity, background_flat"):
        replace(thrower, pulls=(0.0,))


def test_pulls_do_not_move_the_toys_of_a_nominal_truth():
    """Contract: nominal pulls that are stated give other toys; without pulls the toys are the former ones."""
    fitter = make_fitter(with_nuisances(0.01), CHI)
    plain = Thrower(fitter=fitter, seed=1).block(0, 3)
    assert not np.array_equal(Thrower(fitter=fitter, seed=1, pulls=(0.0, 0.0)).block(0, 3)[0], plain[0])


@pytest.mark.parametrize("drawn", ["auxiliary", "counts", "nuisances"])
def test_what_is_drawn_reaches_the_toys(drawn):
    """Property: a common error of 20 % that the fit profiles leaves the p-value in the same region."""
    fitter = make_fitter(known_to(scaled(borexino(), 0.01), activity=0.2), CHI)
    counts = np.round(fitter.templates.expected(0.1, [1.0]))
    found = goodness_of_fit(fitter, counts, n_toys=500, seed=1, drawn=drawn)
    assert found.p_value > 0.9


def test_tail_probability():
    """Closed form: ties count, the data are one of the outcomes."""
    toys = np.array([0.0, 1.0, 1.0, 4.0])
    assert tail_probability(toys, 1.0)[0] == 4 / 5
    assert tail_probability(toys, 5.0)[0] == 1 / 5
    assert tail_probability(toys, 1.0 + 1e-9)[0] == 4 / 5
    assert tail_probability(np.empty(0), 1.0) == (None, None)


def test_refusals(fitter):
    """Contract: no toys, no test; weighted data need the weights of their events."""
    with pytest.raises(ValueError, match="n_toys must be at least 1, got 0"):
        goodness_of_fit(fitter, np.ones(6), n_toys=0, seed=1)
    weighted = replace(fitter, templates=replace(fitter.templates, scaling=np.full(6, 0.5)))
    with pytest.raises(ValueError, match="toys of weighted data"):
        goodness_of_fit(weighted, np.full(6, 30.0), n_toys=10, seed=1)
