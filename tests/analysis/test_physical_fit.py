"""Fits within the physical range, against scipy."""

import numpy as np
import pytest
from support.experiments import borexino
from support.physical_fit_cases import CHI, count_statistic, counting, parameter_at, signal
from support.plain import PlainLikelihood, with_nuisances

from analysis.batch.fitter import BatchFitter
from analysis.batch.physical_fit import bounded_fit, one_sided, signed_statistic
from analysis.fits.fitter import make_fitter
from analysis.likelihood.single import single_minima
from analysis.pseudo_experiments.fitted_toys import at_truth
from analysis.pseudo_experiments.throw import Thrower


def thrown(fitter, n, **settings):
    return Thrower(fitter=fitter, seed=5, **settings).block(0, n)


def test_the_statistic_against_scipy():
    """Six bins and two nuisance parameters, minimised by golden sections over Nelder-Mead."""
    experiment = with_nuisances(1e-3)
    fitter = make_fitter(experiment, CHI)
    counts, auxiliary = thrown(at_truth(fitter, 0.3), 4)
    batch = BatchFitter(fitter=fitter)
    fits = bounded_fit(batch, counts, auxiliary)
    signed = signed_statistic(batch, counts, auxiliary, fits, 0.3)
    for i in (1, 2):
        plain = PlainLikelihood(experiment, CHI, "gamma", counts[i], auxiliary=auxiliary[i])
        best, value = plain.minimum(0.0, 3.0)
        assert fits.values[i] == pytest.approx(value, abs=1e-6)
        assert fits.best[i] == pytest.approx(best, abs=1e-3)
        q = plain.profile(0.3) - value
        assert signed[i] == pytest.approx(-q if best > 0.3 else q, abs=1e-6)
    assert np.unique(np.sign(signed)).size == 2
    assert one_sided(signed).tolist() == np.maximum(signed, 0).tolist()


def test_half_of_the_fits_end_at_the_boundary():
    """At γ = 0 a Gaussian estimate is negative in half of the toys (5 σ), and q(0) is 0 there."""
    fitter = make_fitter(borexino(), CHI)
    counts, auxiliary = thrown(fitter, 4000)
    batch = BatchFitter(fitter=fitter)
    fits = bounded_fit(batch, counts, auxiliary)
    assert fits.good.all()
    assert np.mean(fits.best == 0) == pytest.approx(0.5, abs=5 * 0.5 / 4000**0.5)
    at_zero = signed_statistic(batch, counts, auxiliary, fits, 0.0)
    assert np.all(at_zero[fits.best == 0] == 0)
    assert np.all(at_zero <= 0)
    free = batch.fit(counts, auxiliary, errors=False).parameters[:, 0]
    assert fits.best == pytest.approx(np.maximum(free, 0), abs=1e-6 * fitter.width)


@pytest.mark.parametrize("poi", ["gamma", "mu_nu"])
def test_the_statistic_of_counts(poi):
    """Closed form; of a magnetic moment too, which the counts know the square of."""
    fitter = counting(3.0, poi)
    (at,) = parameter_at(fitter, [2.5])
    counts = np.arange(15.0)[:, None]
    batch, nothing = BatchFitter(fitter=fitter), np.zeros((15, 0))
    fits = bounded_fit(batch, counts, nothing)
    assert signal(fitter, fits.best) == pytest.approx(np.maximum(counts[:, 0] - 3, 0), abs=1e-4)
    q = np.abs(signed_statistic(batch, counts, nothing, fits, at))
    assert q == pytest.approx(count_statistic(counts[:, 0], 2.5, 3.0), rel=1e-7, abs=1e-7)


def test_one_by_one_is_the_same():
    """Twin: MINUIT from the local minima of a scan."""
    fitter = make_fitter(with_nuisances(1e-3), CHI)
    counts, auxiliary = thrown(fitter, 20)
    fits = bounded_fit(BatchFitter(fitter=fitter), counts, auxiliary)
    for i in range(20):
        one = single_minima(fitter, counts[i], auxiliary[i], errors=False)
        best, value = one.minima.parameters[0, np.argmin(one.minima.values), 0], one.minima.values.min()
        assert value == pytest.approx(fits.values[i], abs=1e-7)
        assert best == pytest.approx(fits.best[i], abs=1e-3 * fitter.width)


def test_the_deeper_of_two_minima():
    """One bin, a parabola in ε_R with two arms: both explain the counts, at q = 0 on either."""
    fitter = counting(20_000.0, "eps_R")
    a, b, c = fitter.templates.coefficients[:, 0, 0]
    other = -b / c  # the counts of 0
    batch, counts, nothing = BatchFitter(fitter=fitter), np.array([[a]]), np.zeros((1, 0))
    fits = bounded_fit(batch, counts, nothing)
    for arm in (0.0, other):
        assert signed_statistic(batch, counts, nothing, fits, arm) == pytest.approx(0, abs=1e-6)


def test_stated_true_nuisance_parameters():
    """Counts and auxiliary measurements scatter around them; 5 σ of 4000 toys."""
    fitter = make_fitter(with_nuisances(1e-2), CHI)
    pulls = (1.5, -2.0)
    expected = fitter.templates.expected(0.0, pulls)
    counts, auxiliary = thrown(fitter, 4000, pulls=pulls)
    assert np.all(np.abs(counts.mean(axis=0) - expected) < 5 * np.sqrt(expected / 4000))
    assert auxiliary.mean(axis=0) == pytest.approx(pulls, abs=5 / 4000**0.5)
    assert auxiliary.std(axis=0) == pytest.approx(1, abs=0.06)
    exact = thrown(fitter, 10, pulls=pulls, drawn="counts")[1]
    assert np.all(exact == pulls)


def test_stated_nuisance_parameters_have_to_fit():
    fitter = make_fitter(with_nuisances(1e-2), CHI)
    with pytest.raises(ValueError, match="one pull is needed of each of activity, background_flat"):
        Thrower(fitter=fitter, seed=1, pulls=(1.0,))
