"""Weighted data: effective counts, and bias and errors of their fits."""

import math
from dataclasses import replace

import hist
import numpy as np
import pytest
from iminuit import Minuit
from iminuit.cost import ExtendedBinnedNLL
from numpy.testing import assert_allclose, assert_array_equal
from support.examples import few
from support.experiments import DAY, borexino, borexino_outside
from support.small_weighted import CENTRES, CHI, ONES, sums

from analysis.fits.estimate import fit, fit_counts
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import limit
from analysis.fits.weighted import effective_counts, for_data
from analysis.histograms.histograms import axes, from_counts, histogram
from analysis.model.templates import make_templates
from detsim.detector.distance_bins import DistanceBins
from detsim.expectation.prediction import predict
from detsim.experiment import FlatBackground
from detsim.simulation.monte_carlo import simulate
from detsim.simulation.reweighting import weights
from detsim.systematics import Systematic
from simgen.interaction.models import E6, SM
from simgen.rates.exposure import Flux

COUNTS = np.array([31.0, 24, 0, 27, 18, 20])


def small():
    """BOREXINO with some hundred counts a bin, and a background that is known to 10 %."""
    background = FlatBackground(name="flat", rate=5 / DAY, low=0.25, high=0.8, uncertainty=0.1)
    return replace(
        borexino(),
        normalisation=Flux(value=1e10),
        backgrounds=(background,),
        systematics=(Systematic(name="activity", uncertainty=0.02),),
    )


def test_effective_counts_by_hand():
    """Closed form: (Σw)²/Σw² and Σw/Σw²; what has no weight takes the ratio of all, flow bins too."""
    T = [0.26, 0.27, 0.28, 0.31, 0.32, 0.45, 0.1, 0.7, 0.7]
    w = [2.0, 2.0, 2.0, 1.0, 3.0, 0.0, 4.0, 0.5, 0.5]
    counts, scaling = effective_counts(histogram(T, borexino(), weight=w), borexino())
    rest = 15 / 38.5
    assert_allclose(counts, [3, 1.6, 0, 0, 0, 0], rtol=1e-15)
    assert_allclose(scaling, [0.5, 0.4, rest, rest, rest, rest], rtol=1e-15)


@pytest.mark.parametrize("poi", ["gamma", "beta", "sin2_theta_w"])
def test_all_that_is_expected_is_scaled(poi):
    """Contract: signal, its derivatives, backgrounds and reference, as a polynomial or not."""
    scaling = np.array([0.5, 0.25, 2, 1, 3, 0.1])
    plain = make_templates(small(), CHI, poi)
    scaled = replace(plain, scaling=scaling)
    at = plain.model.parameters[poi] + 0.03
    nuisances = np.array([0.7, -0.8])
    assert_allclose(scaled.expected(at, nuisances), scaling * plain.expected(at, nuisances), rtol=1e-12)
    assert_allclose(scaled.reference, scaling * plain.reference, rtol=1e-12)
    for ours, theirs in zip(scaled.expansion(at, 1e-3), plain.expansion(at, 1e-3), strict=True):
        assert_allclose(ours, scaling * theirs, rtol=1e-6)


def test_a_mediators_mass_is_scaled_too():
    """Contract: as above where every value of the parameter is folded anew."""
    model = E6(beta="chi", vector_coupling=1e-11, vector_mass=1.0)
    scaling = np.linspace(0.2, 3, 6)
    plain = make_templates(small(), model, "vector_mass")
    for mass in (1.0, 1.5):
        ours, theirs = (t.signal(mass) for t in (replace(plain, scaling=scaling), plain))
        assert_allclose(ours, scaling * theirs, rtol=1e-12)


@pytest.mark.parametrize("c", [0.25, 3.0])
def test_equal_weights_are_the_counts_in_another_exposure(c):
    """Closed form: n events of weight c are n events of 1/c of the exposure, empty bins too."""
    shorter = replace(small(), scale=1 / c)
    data, counts = sums(c * COUNTS, c * c * COUNTS), from_counts(COUNTS, small())
    ours, theirs = fit(data, small(), CHI), fit(counts, shorter, CHI)
    assert ours.valid
    for name, estimate in theirs.parameters.items():
        for what in ("value", "error", "lower", "upper"):
            found, expected = getattr(ours.parameters[name], what), getattr(estimate, what)
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-6), (name, what)
    assert ours.fval == pytest.approx(theirs.fval, rel=1e-9)
    assert ours.effective_counts == pytest.approx(COUNTS)
    ours, theirs = limit(data, small(), CHI), limit(counts, shorter, CHI)
    for name in ("upper", "asimov"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-6, abs=0)
    assert_allclose(ours.regions, theirs.regions, rtol=1e-6)
    assert ours.effective_counts == pytest.approx(COUNTS)


def test_the_error_grows_with_the_root_of_the_weight():
    """Closed form: exact data of 1/c as many events, each of weight c, have √c times the error."""
    experiment = replace(small(), backgrounds=(), systematics=())
    mu = predict(experiment, CHI).counts
    errors = [fit(sums(mu, c * mu), experiment, CHI, method="hesse").estimate.error for c in (0.01, 1, 4)]
    assert_allclose(np.array(errors) / errors[1], [0.1, 1, 2], rtol=1e-6)


def test_unit_weights_are_counts_to_the_bit():
    """Contract: nothing changes for counts, in any kind of histogram."""
    rng = np.random.default_rng(3)
    T = rng.uniform(0.2, 0.6, 4000)
    found = fit(histogram(T, small()), small(), CHI)
    assert found == fit(histogram(T, small(), weight=np.ones(len(T))), small(), CHI)
    plain = hist.Hist(*axes(small()), storage=hist.storage.Double()).fill(T)
    assert found == fit(plain, small(), CHI)
    counts = np.histogram(T, small().detector.edges)[0]
    fitter = make_fitter(small(), CHI)
    assert found == fit_counts(fitter, counts)
    assert for_data(fitter, plain)[0] is fitter
    assert not found.weighted
    assert not limit(plain, small(), CHI).weighted


def test_twin_of_iminuit():
    """Twin: the weighted likelihood of iminuit, which knows nothing of templates in γ."""
    experiment = replace(small(), backgrounds=(), systematics=())
    rng = np.random.default_rng(8)
    T = rng.choice(CENTRES, 9000)
    data = histogram(T, experiment, weight=rng.uniform(0.1, 0.4, len(T)))
    edges = np.array(experiment.detector.edges)
    points = [predict(experiment, replace(CHI, gamma=g)).counts for g in (0.0, 1.0, 2.0)]
    parabola = np.linalg.solve(np.vander([0.0, 1, 2], 3, increasing=True), points)

    def below(x, gamma):
        mu = parabola.T @ [1, gamma, gamma * gamma]
        sums = np.interp(x, edges, np.concatenate([[0], np.cumsum(mu)]))
        return sums.astype(np.longdouble)  # which iminuit does not compile a cost for

    pairs = np.stack([data.values(), data.variances()], axis=-1)
    minuit = Minuit(ExtendedBinnedNLL(pairs, edges, below), gamma=0.1)
    minuit.tol = 1e-6
    minuit.migrad()
    minuit.hesse()
    minuit.minos(cl=0.683)
    found = fit(data, experiment, CHI)
    error = minuit.errors[0]
    assert found.estimate.value == pytest.approx(minuit.values[0], abs=2e-3 * error)
    assert found.estimate.error == pytest.approx(error, rel=1e-3)
    assert found.estimate.lower - found.estimate.value == pytest.approx(minuit.merrors[0].lower, rel=5e-3)
    assert found.estimate.upper - found.estimate.value == pytest.approx(minuit.merrors[0].upper, rel=5e-3)
    assert found.fval == pytest.approx(minuit.fval, rel=1e-4)


def test_the_papers_chi2_takes_the_sums():
    """Contract: its error per bin does not come from the weights."""
    mu = predict(borexino(), CHI).counts
    settings = {"likelihood": "paper", "error_per_bin": 0.05}
    found = fit(sums(mu, np.linspace(0.1, 5, 6) * mu), borexino(), CHI, **settings)
    expected = fit(from_counts(mu, borexino()), borexino(), CHI, **settings)
    for name in ("value", "error", "lower", "upper"):
        ours, theirs = (getattr(x.estimate, name) for x in (found, expected))
        assert ours == pytest.approx(theirs, rel=1e-6, abs=0)
    assert found.weighted


def pulls(n):
    """Fit SM events that weights make those of γ = 0.1 among unit-weight background.

    The sample has four times the exposure's signal: its weights are about 1/4, those of the background 1.
    """
    background = FlatBackground(name="flat", rate=40 / DAY, low=0.25, high=0.8)
    experiment = replace(borexino(), normalisation=Flux(value=1e10), backgrounds=(background,))
    sample = replace(experiment, normalisation=Flux(value=4e10))
    fitter = make_fitter(experiment, CHI)
    found = []
    for seed in range(n):
        events = simulate(sample, SM(), seed=seed)
        w = weights(events, sample, SM(), CHI, target_experiment=experiment)
        scaled, counts = for_data(fitter, histogram(replace(events, weight=w), experiment))
        estimate = fit_counts(scaled, counts, method="hesse").estimate
        found.append((estimate.value - 0.1) / estimate.error)
    return np.array(found)


@pytest.mark.parametrize("n", few([60, 200], 60))
def test_pulls(n):
    """Soak: pulls of γ are N(0, 1).

    Finds a bias of 0.2 σ and errors wrong by 15 % (3 σ of 200 pulls), with 60 of 0.4 σ and 27 %. An unscaled
    likelihood has a width of 0.63.
    """
    found = pulls(n)
    assert abs(found.mean()) < 3 / math.sqrt(n)
    assert abs(found.std(ddof=1) - 1) < 3 / math.sqrt(2 * n)


@pytest.mark.slow
def test_many_pulls():
    """Soak: as above with 2000, for a bias of 0.07 σ and errors wrong by 5 %."""
    found = pulls(2000)
    assert abs(found.mean()) < 3 / math.sqrt(2000)
    assert abs(found.std(ddof=1) - 1) < 3 / math.sqrt(2 * 2000)


def test_python_and_histogram_of_events():
    """Contract: events with weights are filled and fitted without further steps."""
    experiment = borexino_outside()
    events = simulate(experiment, SM(), seed=2)
    weighted = replace(events, weight=weights(events, experiment, SM(), CHI))
    ours, theirs = (fit(histogram(x, experiment), experiment, CHI) for x in (weighted, events))
    shift = ours.estimate.value - theirs.estimate.value
    assert shift == pytest.approx(0.1, abs=0.02)
    assert_allclose(np.sum(ours.effective_counts), histogram(events, experiment).sum().value, rtol=1e-3)


def test_small_weights_are_weights():
    """Contract: sums near 0 are not taken for counts."""
    counts, scaling = effective_counts(sums(1e-10 * ONES, 1e-20 * ONES), borexino())
    assert_allclose(counts, ONES, rtol=1e-12)
    assert_allclose(scaling, 1e10 * ONES, rtol=1e-12)


def test_two_dimensions():
    """Closed form: weights of 0.5 in bins of distance and energy; half the counts at half their errors."""
    bins = DistanceBins(edges=(500.0, 800.0, 1150.0), resolution=15.0)
    outside = borexino_outside()
    experiment = replace(outside, detector=replace(outside.detector, distance=bins))
    events = simulate(experiment, SM(), seed=3, n=20_000)
    plain = histogram(events, experiment)
    halved = histogram(replace(events, weight=np.full(len(events), 0.5)), experiment)
    counts, scaling = effective_counts(halved, experiment)
    assert_array_equal(counts, effective_counts(plain, experiment)[0])
    assert_allclose(scaling, 2.0, rtol=1e-15)
    assert counts.shape == (experiment.detector.n_bins,)
    halved.view(flow=True)["variance"][1, 2] = -1.0
    with pytest.raises(
        ValueError, match=r"the bin from 500 to 800 cm, the bin from 0.3 to 0.35 MeV: variances"
    ):
        effective_counts(halved, experiment)
