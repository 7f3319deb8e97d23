"""Fits that do not describe the data: both p-values by hand, and how seldom good fits are called poor."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import xlogy
from support.examples import every, few
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.contours.plane import Plane, fit_plane
from analysis.fits.estimate import fit_counts
from analysis.fits.fit_quality import POOR, FitQuality
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import limit_of_counts
from analysis.studies.calibrated_limits import calibrated_limit
from analysis.studies.thresholds import calibrate, true_values
from detsim.expectation.folding import fold
from simgen.interaction.models import E6

CHI = E6(beta="chi")
ZIGZAG = np.array([520, 300, 420, 330, 440, 290.0])


def test_p_values_by_hand():
    found = FitQuality(fval=105.8, pearson=99.0, ndof=5)
    assert found.p_deviance == pytest.approx(stats.chi2.sf(105.8, 5))
    assert found.p_pearson == pytest.approx(stats.chi2.sf(99.0, 5))
    assert found.p_value == found.p_pearson
    assert found.poor
    few = FitQuality(fval=105.8, pearson=12.0, ndof=5)
    assert (few.p_value, few.poor) == (few.p_pearson, False)
    nothing = FitQuality(fval=3.0, pearson=3.0, ndof=0)
    assert (nothing.p_deviance, nothing.p_value, nothing.poor) == (None, None, False)
    assert FitQuality(fval=80.0, pearson=None, ndof=5).poor


def test_of_a_fit_with_nuisance_parameters():
    """Pearson's χ² from the fitted values and counts folded anew, constraints included."""
    experiment = with_nuisances()
    found = fit_counts(make_fitter(experiment, CHI), ZIGZAG)
    gamma, activity, flat = (e.value for e in found.parameters.values())
    (line,) = experiment.backgrounds
    signal = fold(experiment, CHI.vary(gamma=gamma)).signal(CHI.vary(gamma=gamma))[1:-1]
    background = fold(experiment, CHI).backgrounds[0][1:-1]
    mu = activity * signal + flat * background
    pulls = np.array([(activity - 1) / 0.018, (flat - 1) / line.uncertainty])
    chi2 = np.sum((ZIGZAG - mu) ** 2 / mu) + np.sum(pulls**2)
    deviance = 2 * np.sum(mu - ZIGZAG + xlogy(ZIGZAG, ZIGZAG / mu)) + np.sum(pulls**2)
    assert found.quality.pearson == pytest.approx(chi2, rel=1e-6)
    assert found.quality.fval == pytest.approx(deviance, rel=1e-6)
    assert found.quality.ndof == 5
    assert found.quality.poor


def test_the_papers_likelihood_has_its_own():
    fitter = make_fitter(borexino(), CHI, likelihood="paper", error_per_bin=0.05)
    found = fit_counts(fitter, fitter.templates.reference * [1.4, 0.6, 1.4, 0.6, 1.4, 0.6]).quality
    assert found.pearson is None
    assert found.poor


def test_a_limit_asks_in_the_physical_range():
    """Counts 30 % too low: γ = -0.6 describes them well, and no physical value does."""
    fitter = make_fitter(scaled(borexino(), 0.1), CHI)
    counts = np.rint(0.7 * fitter.templates.expected(0.0))
    free, limit = fit_counts(fitter, counts), limit_of_counts(fitter, counts)
    assert free.estimate.value < -0.1
    assert not free.quality.poor
    mu = fitter.templates.expected(0.0)
    assert limit.quality.fval == pytest.approx(
        2 * np.sum(mu - counts + counts * np.log(counts / mu)), abs=0.01
    )
    assert limit.quality.poor
    table = calibrate(fitter, true_values(fitter), 200, seed=1)
    calibrated = calibrated_limit(fitter, counts, table, method="cls")
    assert calibrated.quality.fval == pytest.approx(limit.quality.fval, abs=0.01)


def test_a_fit_that_measures_nothing_is_judged_too():
    blind = E6(beta=math.atan2(-9, math.sqrt(15)))  # this Z' does not couple to electrons
    fitter = make_fitter(borexino(), blind)
    for factors, poor in ((np.array([1.4, 0.6, 1.4, 0.6, 1.4, 0.6]), True), (np.ones(6), False)):
        counts = np.rint(factors * fitter.templates.reference)
        found, limit = fit_counts(fitter, counts), limit_of_counts(fitter, counts)
        assert not found.valid
        assert found.quality.poor == limit.quality.poor == poor
        assert limit.quality.fval == pytest.approx(found.quality.fval)


@pytest.mark.parametrize("n_bins", every(4, [1, 6, 100, 1000]))
@pytest.mark.parametrize("mean", few([0.01, 0.5, 1, 2, 7, 70, "mixed"], 0.5, 7, "mixed"))
def test_good_fits_of_few_counts_are_not_called_poor(n_bins, mean):
    """Poisson counts of NumPy: at most 0.05 % up to 100 bins, 0.2 % with 1000; one test alone up to 50 %."""
    mu = np.geomspace(0.01, 100, n_bins) if mean == "mixed" else np.full(n_bins, float(mean))
    rng, n = np.random.default_rng(4), 20_000 if n_bins <= 100 else 4000
    poor = 0
    for _ in range(n // 1000):
        counts = rng.poisson(mu, (1000, n_bins)).astype(float)
        deviance = 2 * np.sum(mu - counts + xlogy(counts, counts / mu), axis=1)
        pearson = np.sum((counts - mu) ** 2 / mu, axis=1)
        poor += sum(
            FitQuality(fval=d, pearson=p, ndof=n_bins).poor for d, p in zip(deviance, pearson, strict=True)
        )
    allowed = 2e-3 if n_bins > 100 else 5e-4
    assert POOR == 1e-4
    assert poor <= allowed * n + 3 * np.sqrt(allowed * n)


@pytest.mark.parametrize("y", every(2, ["delta_c_L", "flat"]))
def test_two_parameters_at_once(y):
    """Twin: the fit of the first parameter, with the second at its best value."""
    experiment = with_nuisances()
    fitter = make_fitter(experiment, CHI)
    counts = np.rint(fitter.templates.expected(0.0) * [1.02, 0.98, 1.02, 0.98, 1.02, 0.98])
    name = next(n for n in (*fitter.templates.names[1:], "delta_c_L") if y in n)
    values = np.linspace(0.5, 1.5, 21) if y == "flat" else np.linspace(-0.2, 0.2, 21)
    plane = Plane(fitter=fitter, y=name)
    found = fit_plane(plane, counts, np.linspace(-1, 1, 21), values)
    assert found.quality.poor
    assert found.quality.fval == pytest.approx(found.fval, rel=1e-6)
    if y == "flat":  # a measurement of its own: no parameter more
        expected = fit_counts(fitter, counts).quality
        assert (found.quality.ndof, found.quality.pearson) == (5, pytest.approx(expected.pearson, rel=1e-3))
    else:
        fixed = fit_counts(make_fitter(experiment, CHI.vary(delta_c_L=found.best[1])), counts).quality
        assert (found.quality.ndof, found.quality.pearson) == (4, pytest.approx(fixed.pearson, rel=1e-3))


def test_exact_data_are_described():
    fitter = make_fitter(borexino(), replace(CHI, gamma=0.3))
    found = limit_of_counts(fitter, fitter.templates.expected(0.3)).quality
    assert found.fval == pytest.approx(0, abs=1e-5)
    assert found.p_value == pytest.approx(1, abs=1e-5)
