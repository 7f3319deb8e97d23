"""Toys of weighted data: what is thrown, and how each is fitted."""

from dataclasses import replace

import hist
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from scipy.optimize import brentq, minimize
from support.examples import few
from support.experiments import borexino_outside
from support.plain import scaled, with_nuisances
from support.weighted_data import CENTRES, CHI, few_events, filled, gamma_weights, known

from analysis.fits.estimate import fit, fit_counts
from analysis.fits.fitter import make_fitter
from analysis.fits.weighted import effective_counts, for_data
from analysis.histograms.histograms import axes
from analysis.model.effective_counts import check_weights
from analysis.pseudo_experiments.counts import throw_counts
from analysis.pseudo_experiments.event_weights import ExperimentWeights, experiment_weights, weight_model
from analysis.pseudo_experiments.throw import Thrower
from analysis.pseudo_experiments.weighted import ScaledFits, WeightedThrower
from analysis.studies.coverage_study import coverage
from detsim.detector.distance_bins import DistanceBins
from detsim.systematics import Systematic
from simgen.random import Stage


@pytest.fixture(scope="module")
def experiment():
    return few_events()


@pytest.fixture(scope="module")
def fitter(experiment):
    return make_fitter(experiment, CHI)


def test_moments_of_what_is_thrown(experiment, fitter):
    """Closed form: Σw of a bin has the mean μ and the variance μ⟨w²⟩/⟨w⟩, Σw/Σw² is that of the toy.

    20000 toys, within 4 standard errors; the weights of many events, of which each bin has enough.
    """
    rng = np.random.default_rng(2)
    numbers = np.array([30, 40, 25, 60, 20, 50])
    h, events = filled(experiment, numbers, gamma_weights(rng, numbers.sum(), 3.0, 0.5), [2.0, 5.0])
    model = weight_model([experiment_weights(h, experiment, [events])])
    toys = WeightedThrower(thrower=Thrower(fitter=fitter, seed=1), weights=model).block(0, 20_000)
    mu, ratio = fitter.templates.expected(0.5), h.variances() / h.values()
    variance = mu * ratio
    assert np.abs((toys.sums.mean(axis=0) - mu) / np.sqrt(variance / 20_000)).max() < 4
    fourth = stats.kurtosis(toys.sums, axis=0) + 2
    error = variance * np.sqrt(fourth / 20_000)
    assert np.abs((toys.sums.var(axis=0) - variance) / error).max() < 4
    squares = toys.sums / toys.scaling
    found = toys.sums > 0
    assert np.abs(squares.mean(axis=0, where=found) / variance - 1).max() < 0.05


def test_a_thrown_toy_is_a_histogram_of_its_events(experiment, fitter):
    """Twin: numbers of events of each weight, filled one by one, have the effective counts of the toy."""
    values = np.array([10.0, 20.0, 45.0])
    model = known(values, [0.5, 0.3, 0.2])
    thrower = WeightedThrower(thrower=Thrower(fitter=fitter, seed=4), weights=model)
    toys = thrower.block(0, 50)
    mu = fitter.templates.expected(0.5)
    means = mu[:, None] * np.array([0.5, 0.3, 0.2]) / 20.0
    key = thrower.thrower.key(Stage.TOY_WEIGHTS)
    numbers = throw_counts(np.append(means.ravel(), 0.0), 50, key=key)[:, :-1].reshape(50, 6, 3).astype(int)
    for i in range(50):
        T = np.concatenate([np.full(n.sum(), x) for n, x in zip(numbers[i], CENTRES, strict=True)])
        w = np.concatenate([np.repeat(values, n) for n in numbers[i]])
        h = hist.Hist(*axes(experiment), storage=hist.storage.Weight()).fill(T, weight=w)
        counts, scaling = effective_counts(h, experiment)
        assert_allclose(toys.counts[i], counts, rtol=1e-10)
        assert_allclose(toys.scaling[i], 1.0 if scaling is None else scaling, rtol=1e-11)


def test_toys_do_not_depend_on_slices(fitter):
    """Contract: toy k is a function of seed, truth, weights and k."""
    thrower = WeightedThrower(thrower=Thrower(fitter=fitter, seed=4), weights=known([1.0, 3.0], [0.5, 0.5]))
    whole, part = thrower.block(0, 40), thrower.block(17, 5)
    assert_array_equal(whole.sums[17:22], part.sums)
    assert_array_equal(whole.scaling[17:22], part.scaling)
    all_at_once = ScaledFits(fitter=fitter).columns(whole, level=0.683)
    one = ScaledFits(fitter=fitter).columns(part, level=0.683)
    for name, column in one.items():
        assert_array_equal(all_at_once[name][17:22], column)


@pytest.mark.parametrize("n", few([3, 8], 3))
def test_fits_of_toys_against_scipy(experiment, fitter, n):
    """Twin: γ, both pulls, -2 ln L and MINOS of n toys, with s of each bin from its own weights.

    Written with NumPy and minimised by scipy: Σ s [μ - W + W ln(W/μ)] and the constraints.
    """
    model = known([10.0, 20.0, 45.0], [0.5, 0.3, 0.2])
    toys = WeightedThrower(thrower=Thrower(fitter=fitter, seed=5), weights=model).block(0, n)
    found = ScaledFits(fitter=fitter).columns(toys, level=0.683)
    assert not np.any(found["status"] & 1)
    for i in range(n):
        W, s, measured = toys.sums[i], toys.scaling[i], toys.auxiliary[i]

        def cost(x, W=W, s=s, measured=measured):
            mu = fitter.templates.expected(x[0], x[1:])
            if np.any(mu <= 0):
                return 1e9
            terms = mu - W + W * np.log(np.where(W > 0, W, 1) / mu)
            return 2 * float(s @ terms) + float(((x[1:] - measured) ** 2).sum())

        start = [found["gamma"][i] + 0.1, *measured]
        best = minimize(
            cost, start, method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 9000}
        )
        assert found["fval"][i] == pytest.approx(best.fun, abs=1e-6)
        error = found["gamma_error"][i]
        assert found["gamma"][i] == pytest.approx(best.x[0], abs=1e-3 * error)

        def rise(gamma, cost=cost, best=best):
            inner = minimize(
                lambda p: cost([gamma, *p]),
                best.x[1:],
                method="Nelder-Mead",
                options={"xatol": 1e-8, "fatol": 1e-10},
            )
            return inner.fun - best.fun - stats.norm.ppf((1 + 0.683) / 2) ** 2

        upper = brentq(rise, best.x[0], best.x[0] + 3 * error, xtol=1e-6)
        assert found["minos_upper"][i] == pytest.approx(upper, abs=1e-3 * error)


def test_fits_of_shapes_need_no_trial_data(experiment):
    """Twin: toys searched from many starts against toys whose model is tried on trial data first.

    Energy scale and resolution uncertain: the same minima and ends within 1e-5 of the error, or deeper ones.
    """
    more = (
        Systematic(name="energy_scale", uncertainty=0.02),
        Systematic(name="resolution", uncertainty=0.1),
    )
    shapes = replace(experiment, systematics=(*experiment.systematics, *more))
    fitter = make_fitter(shapes, CHI)
    model = known([10.0, 20.0, 45.0], [0.5, 0.3, 0.2])
    assert model.differ
    assert not known([10.0], [1.0]).differ
    toys = WeightedThrower(thrower=Thrower(fitter=fitter, seed=5), weights=model).block(0, 6)
    many, tried = (ScaledFits(fitter=fitter, careful=c).columns(toys, level=0.683) for c in (True, False))
    assert np.all(many["fval"] < tried["fval"] + 1e-6)
    same = np.abs(many["fval"] - tried["fval"]) < 1e-6
    assert np.count_nonzero(same) >= 5
    error = tried["gamma_error"][same]
    for name in ("gamma", "minos_lower", "minos_upper", "one_sided_upper"):
        assert_allclose((many[name][same] - tried[name][same]) / error, 0, atol=1e-5)


def test_a_toy_is_fitted_as_data_are(experiment, fitter):
    """Contract: a toy, given as a histogram with its Σw², has the fit of its row."""
    model = known([10.0, 20.0, 45.0], [0.5, 0.3, 0.2])
    plain = Thrower(fitter=fitter, seed=5, drawn="counts")
    toys = WeightedThrower(thrower=plain, weights=model).block(0, 10)
    found = ScaledFits(fitter=fitter).columns(toys, level=0.683)
    for i in range(10):
        h = hist.Hist(*axes(experiment), storage=hist.storage.Weight())
        h.view()["value"], h.view()["variance"] = toys.sums[i], toys.sums[i] / toys.scaling[i]
        result = fit(h, experiment, CHI, level=0.683)
        error = result.estimate.error
        assert found["gamma"][i] == pytest.approx(result.estimate.value, abs=2e-3 * error)
        assert found["minos_lower"][i] == pytest.approx(result.estimate.lower, abs=2e-3 * error)


def test_weights_of_bins_by_hand(experiment):
    """Closed form: the weights of a bin's events; of a bin with few, those of its neighbours too."""
    numbers = np.array([20, 2, 15, 0, 3, 12])
    weights = np.concatenate([np.full(n, 1.0 + i) for i, n in enumerate(numbers)])
    h, events = filled(experiment, numbers, weights)
    model = weight_model([experiment_weights(h, experiment, [events])])
    own = np.split(model.values, model.first[1:])
    assert set(own[0]) == {1.0}
    assert set(own[1]) == {1.0, 2.0, 3.0}
    assert set(own[3]) == {3.0, 5.0}
    assert set(own[5]) == {6.0}
    means = model.means(np.full(6, 12.0))
    assert_allclose(np.add.reduceat(means * model.values, model.first), [12.0] * 6 + [0.0], rtol=1e-12)


def test_a_histogram_without_events_keeps_two_moments(experiment):
    """Closed form: with many events per bin ⟨w²⟩/⟨w⟩ is Σw²/Σw; equal weights stay one weight."""
    rng = np.random.default_rng(3)
    numbers = np.full(6, 4000)
    h, _ = filled(experiment, numbers, gamma_weights(rng, numbers.sum(), 5.0, 0.5))
    model = weight_model([experiment_weights(h, experiment)])
    assert_allclose(model.relative_variance(), h.variances() / h.values(), rtol=1e-12)
    equal, _ = filled(experiment, numbers, np.full(numbers.sum(), 5.0))
    assert_array_equal(weight_model([experiment_weights(equal, experiment)]).values[:6], 5.0)


def test_spread_of_weights_is_seen_in_a_histogram():
    """Property: the loss of a gamma distribution is v/(1 + v); in 30 bins it is found within a factor 1.5."""
    edges = tuple(np.linspace(0.25, 0.55, 31))
    experiment = scaled(with_nuisances(), 1e-2)
    experiment = replace(experiment, detector=replace(experiment.detector, edges=edges))
    rng, centres = np.random.default_rng(4), np.linspace(0.255, 0.545, 30)
    fitter = make_fitter(experiment, CHI)
    for v in (0.1, 0.4):
        found = []
        for _ in range(20):
            T = np.repeat(centres, rng.poisson(15, 30))
            h = hist.Hist(*axes(experiment), storage=hist.storage.Weight())
            h.fill(T, weight=gamma_weights(rng, len(T), 7.0, v))
            own, counts = for_data(fitter, h)
            check = check_weights(own.templates, counts)
            found.append(-check.bias * np.sqrt(check.n_effective) / 30)
        assert 1 / 1.5 < np.median(found) / (v / (1 + v)) < 1.5


def test_few_effective_counts_are_said(experiment, fitter):
    """Contract: result, bins and advice; equal weights, many events and counts are no reason to warn."""
    rng = np.random.default_rng(8)
    few, events = filled(experiment, np.array([6, 2, 7, 5, 6, 9]), gamma_weights(rng, 35, 20.0, 0.5))
    own, counts = for_data(fitter, few)
    result = fit_counts(own, counts)
    model = weight_model([experiment_weights(few, experiment, [events])])
    check = check_weights(own.templates, counts, model.losses())
    assert check.few
    assert check.n_effective == pytest.approx(np.sum(result.effective_counts))
    assert check.worst_bins[0] == ("from 0.3 to 0.35 MeV", pytest.approx(counts[1]))
    assert "from 0.3 to 0.35 MeV" in check.warning
    assert "nugauge coverage" in check.warning
    for numbers, weights in ((6, np.full(36, 20.0)), (2000, gamma_weights(rng, 12_000, 20.0, 0.5))):
        h, _ = filled(experiment, np.full(6, numbers), weights)
        assert fit_counts(*for_data(fitter, h)).weights.warning is None
    h, _ = filled(experiment, np.full(6, 3), np.ones(18))
    assert fit_counts(*for_data(fitter, h)).weights is None


def test_bins_of_distance(experiment):
    """Contract: weights of bins of distance and energy are sorted distance by distance."""
    outside = borexino_outside()
    bins = DistanceBins(edges=(500.0, 800.0, 1150.0), resolution=15.0)
    experiment = replace(outside, detector=replace(outside.detector, distance=bins))
    T, L = np.tile(np.repeat(CENTRES, 20), 2), np.repeat([600.0, 900.0], 120)
    w = 1.0 + np.repeat(np.arange(12), 20)
    h = hist.Hist(*axes(experiment), storage=hist.storage.Weight()).fill(L, T, weight=w)
    events = [{"T_reco": T, "L_reco": L, "weight": w}]
    model = weight_model([experiment_weights(h, experiment, events)])
    for i, own in enumerate(np.split(model.values, model.first[1:])[:12]):
        assert set(own) == {1.0 + i}


def test_nuisances_of_toys_are_those_of_counts(fitter):
    """Contract: measurements, and drawn true values, are those of toys of counts with the same seed."""
    for drawn in ("auxiliary", "counts", "nuisances"):
        thrower = Thrower(fitter=fitter, seed=9, drawn=drawn)
        toys = WeightedThrower(thrower=thrower, weights=known([1.0, 3.0], [0.5, 0.5])).block(0, 2000)
        assert_array_equal(toys.auxiliary, thrower.block(0, 2000)[1])
        mu = fitter.templates.expected(0.5)
        assert_allclose(toys.sums.mean(axis=0), mu, rtol=0.05)


def test_the_papers_chi2_has_its_own_variance():
    """Closed form: Σw is displaced to the variance (σN)² of the χ², for any weights."""
    plain = replace(with_nuisances(), backgrounds=(), systematics=())
    fitter = make_fitter(plain, replace(CHI, gamma=0.0), likelihood="paper", error_per_bin=0.2)
    model = known([0.5, 1.5], [0.5, 0.5])
    toys = WeightedThrower(thrower=Thrower(fitter=fitter, seed=9), weights=model).block(0, 20_000)
    assert_allclose(toys.sums.std(axis=0), fitter.errors, rtol=0.03)
    values = ScaledFits(fitter=fitter).minima(toys)
    assert np.isfinite(values).all()
    assert values.mean() == pytest.approx(5, abs=0.15)


def test_refusals(fitter):
    """Contract: where toys cannot be thrown, the message says what can."""
    weights = known([1.0, 3.0], [0.5, 0.5])
    with pytest.raises(ValueError, match=r"drawn one by one have weights of 1.*--toys-at counts"):
        WeightedThrower(thrower=Thrower(fitter=fitter, seed=1, events=True), weights=weights)
    with pytest.raises(ValueError, match=r"thresholds are made for counts.*hesse, minos, one-sided"):
        coverage(with_nuisances(), CHI, [0.5], 10, seed=1, methods=("cls",), weights=weights)
    one = weight_model([ExperimentWeights(values=(np.ones(1),) * 2, rates=(np.ones(1),) * 2, outside=0)])
    with pytest.raises(ValueError, match="weights of 6 bins are needed, got those of 1"):
        WeightedThrower(thrower=Thrower(fitter=fitter, seed=1), weights=one)
