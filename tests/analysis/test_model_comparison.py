"""Two models on one data set."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.model_comparison import Hypothesis, compare_hypotheses
from detsim.systematics import known_to
from simgen.interaction.models import E6, LR, SM

CHI = E6(beta="chi")
TOYS = 4000


def hypothesis(model, experiment=None, *, poi="gamma", free=True, bounded=True, **settings):
    experiment = experiment or with_nuisances(0.1)
    fitter = make_fitter(experiment, model, poi=poi if free else "delta_c_L", **settings)
    return Hypothesis(fitter=replace(fitter, bounded=bounded), free=free)


STANDARD = hypothesis(SM(), free=False)


def differences(a, b, truth, n=TOYS, seed=1):
    thrown = Thrower(fitter=truth.fitter, seed=seed).block(0, n)
    return a.minima(*thrown) - b.minima(*thrown)


def test_nested_and_unbounded_is_chi_square():
    """Twin (Wilks), KS with α = 1e-3 over 4000 toys: SM within E6 at γ = 0, γ of either sign."""
    wider = hypothesis(CHI, bounded=False)
    found = differences(STANDARD, wider, STANDARD)
    assert found.min() > -1e-6
    assert stats.kstest(found, stats.chi2(1).cdf).pvalue > 1e-3


def test_nested_and_bounded_is_half_a_chi_square():
    """Twin (Chernoff): with γ ≥ 0 half of the toys have no difference, the others are χ² of one."""
    found = differences(STANDARD, hypothesis(CHI), STANDARD)
    above = found > 1e-5
    assert stats.binomtest(int(above.sum()), TOYS, 0.5).pvalue > 1e-3
    assert np.abs(found[~above]).max() < 1e-5
    assert stats.kstest(found[above], stats.chi2(1).cdf).pvalue > 1e-3


@pytest.mark.parametrize("bounded", [True, False])
def test_p_value_of_the_nested_model(bounded):
    """Closed form: the tail of χ² of one, or half of it; the estimate is that of the free fit."""
    counts = np.round(STANDARD.fitter.templates.expected(0.0) * np.linspace(1.055, 1.035, 6))
    wider = hypothesis(CHI, bounded=bounded)
    found = compare_hypotheses(STANDARD, wider, counts, n_toys=TOYS, seed=2)
    expected = stats.chi2.sf(found.delta, 1) / (2 if bounded else 1)
    assert 0.001 < expected < 0.05
    assert found.a.p_value == pytest.approx(expected, abs=4 * found.a.p_error)
    assert (found.a.poi, found.a.value, found.b.poi) == (None, None, "gamma")
    assert found.b.value > 0
    assert found.aic_difference == pytest.approx(found.delta - 2)
    assert found.delta == pytest.approx(found.a.fval - found.b.fval)
    assert found.a.n_failed == found.b.n_failed == 0


def test_a_model_against_itself():
    """Contract: no difference, p = 1, no separation."""
    one = hypothesis(CHI)
    counts = np.round(one.fitter.templates.expected(0.2))
    found = compare_hypotheses(one, one, counts, n_toys=500, seed=1)
    assert found.delta == found.aic_difference == 0
    assert found.a.p_value == found.b.p_value == 1
    assert found.a.separation == found.b.separation == 0
    assert not found.a.separation_open
    assert found.a.quantiles == (0, 0, 0, 0, 0)


def simple(value, experiment):
    return hypothesis(replace(CHI, gamma=value), experiment, free=False)


def one_bin(mean):
    detector = replace(borexino().detector, edges=(0.25, 0.55))
    experiment = replace(borexino(), detector=detector)
    return scaled(experiment, mean / make_fitter(experiment, CHI).templates.reference.sum())


@pytest.mark.parametrize("n", [14, 20, 31])
def test_two_simple_models_of_one_count(n):
    """Closed form: the difference is linear in the count, and every probability a sum of Poisson's."""
    experiment = one_bin(16.0)
    a, b = simple(0.0, experiment), simple(1.0, experiment)
    mu_a, mu_b = (h.fitter.templates.expected(h.fitter.truth)[0] for h in (a, b))
    found = compare_hypotheses(a, b, [n], n_toys=20_000, seed=4)
    assert found.delta == pytest.approx(2 * (mu_a - mu_b + n * np.log(mu_b / mu_a)), rel=1e-9)
    assert found.a.p_value == pytest.approx(stats.poisson.sf(n - 1, mu_a), abs=4 * found.a.p_error)
    assert found.b.p_value == pytest.approx(stats.poisson.cdf(n, mu_b), abs=4 * found.b.p_error)
    expected = stats.norm.isf(stats.poisson.sf(stats.poisson.median(mu_b) - 1, mu_a))
    assert found.a.separation == pytest.approx(expected, abs=0.05)
    expected = stats.norm.isf(stats.poisson.cdf(stats.poisson.median(mu_a), mu_b))
    assert found.b.separation == pytest.approx(expected, abs=0.05)
    medians = [2 * (mu_a - mu_b + stats.poisson.median(m) * np.log(mu_b / mu_a)) for m in (mu_a, mu_b)]
    assert [found.a.quantiles[2], found.b.quantiles[2]] == pytest.approx(medians, rel=1e-9)


@pytest.mark.parametrize("swapped", [False, True])
def test_separated_models_are_told_apart(swapped):
    """Property: data of B reject A, and the other way round; exchanged models exchange all results."""
    experiment = with_nuisances(1.0)
    a, b = hypothesis(SM(), experiment, free=False), simple(0.5, experiment)
    truth = a if swapped else b
    counts, auxiliary = Thrower(fitter=truth.fitter, seed=6)(0)
    found = compare_hypotheses(a, b, counts, auxiliary, n_toys=1000, seed=1)
    right, wrong = (found.a, found.b) if swapped else (found.b, found.a)
    assert (found.delta > 0) is not swapped
    assert right.p_value > 0.01
    assert wrong.p_value == pytest.approx(1 / 1001)
    assert wrong.separation_open
    assert wrong.separation == pytest.approx(stats.norm.isf(1 / 1001))
    mirrored = compare_hypotheses(b, a, counts, auxiliary, n_toys=1000, seed=1)
    assert mirrored.delta == -found.delta
    assert (mirrored.a.p_value, mirrored.b.p_value) == (found.b.p_value, found.a.p_value)
    assert mirrored.a.quantiles == pytest.approx([-q for q in reversed(found.b.quantiles)], rel=1e-12)


def test_other_models_with_a_free_parameter_each():
    """Property: right-handed data favour ε_R over the nearly flat γ of χ, and are not its p = 0."""
    experiment = with_nuisances(1.0)
    a, b = hypothesis(CHI, experiment), hypothesis(SM(), experiment, poi="eps_R")
    truth = make_fitter(experiment, SM(eps_R=0.2), poi="eps_R")
    counts, auxiliary = Thrower(fitter=truth, seed=2)(0)
    found = compare_hypotheses(a, b, counts, auxiliary, n_toys=1000, seed=1)
    assert found.delta > 10
    assert found.a.p_value < 0.01 < found.b.p_value
    assert found.aic_difference == found.delta
    assert found.b.value == pytest.approx(0.2, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("model", [LR(), E6(beta="psi")])
def test_p_values_of_either_model_are_flat(model):
    """Soak: 400 data sets of a fitted model have flat p-values under it, up to the estimate's scatter."""
    experiment = with_nuisances(0.1)
    a, b = hypothesis(replace(CHI, gamma=0.5), experiment, bounded=False), hypothesis(model, experiment)
    counts, auxiliary = Thrower(fitter=a.fitter, seed=3).block(0, 400)
    found = [
        compare_hypotheses(a, b, counts[i], auxiliary[i], n_toys=300, seed=i).a.p_value for i in range(400)
    ]
    assert stats.kstest(found, "uniform").pvalue > 1e-3


def test_a_bounded_fit_stays_in_the_physical_range():
    """Contract: compiled and MINUIT's fits end at γ = 0, with one minimum."""
    one = hypothesis(CHI)
    counts = 0.9 * one.fitter.templates.expected(0.0)
    data = one.fitter.data(counts)
    fval, value, pulls = one.best(data)
    assert value == 0
    minimum = one.fitter.minimise(data)
    assert minimum.values[0] == pytest.approx(0, abs=1e-3 * one.fitter.width)
    assert minimum.fval == pytest.approx(fval, abs=1e-4)
    assert pulls == pytest.approx(tuple(data.profile([0.0])[1][0]), abs=1e-6)


def test_free_normalisations_count_as_parameters():
    """Contract: what nothing measures is a free parameter of Akaike's criterion in both."""
    free = replace(known_to(scaled(borexino(), 0.1), activity=0.1).systematics[0], constraint="free")
    experiment = replace(scaled(borexino(), 0.1), systematics=(free,))
    assert hypothesis(CHI, experiment).n_free == 2
    assert hypothesis(SM(), experiment, free=False).n_free == 1


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (
            hypothesis(CHI, scaled(borexino(), 0.1)),
            "nuisance parameters differ: activity, background_flat and none",
        ),
        (hypothesis(CHI, with_nuisances(0.1, signal=0.02)), "uncertainties"),
        (hypothesis(CHI, one_bin(3.0)), "bins differ: 6 and 1"),
        (hypothesis(CHI, likelihood="paper", error_per_bin=0.1), "likelihoods differ: 'poisson' and 'paper'"),
    ],
)
def test_refusals(other, what):
    """Contract: models of different data are refused with the reason."""
    with pytest.raises(ValueError, match=what):
        compare_hypotheses(STANDARD, other, np.ones(6), n_toys=10, seed=1)
    with pytest.raises(ValueError, match="n_toys must be at least 1"):
        compare_hypotheses(STANDARD, STANDARD, np.ones(6), n_toys=0, seed=1)
