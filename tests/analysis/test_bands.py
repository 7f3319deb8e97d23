"""Bands of expected limits and their errors: order statistics, and repeated seeds."""

import math

import numpy as np
import pytest
from scipy import stats
from support.examples import every, few
from support.plain import with_nuisances

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.bands import BAND, expected_band, rank_interval
from analysis.pseudo_experiments.distributions import no_toys
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.calibrated_limits import expected_calibrated_limit
from analysis.studies.expected_limits import expected_limit
from analysis.studies.thresholds import calibrate, true_values
from simgen.interaction.models import E6

CHI = E6(beta="chi")


@pytest.mark.parametrize("n", [2, 5, 40, 400, 20_000, 10**6])
def test_ranks_are_binomial(n):
    """Twin: scipy.stats."""
    for p in BAND:
        low, high = (int(stats.binom.ppf(stats.norm.cdf(sign), n, p)) for sign in (-1, 1))
        assert rank_interval(n, p) == (low, high + 1)


def test_ranks_hold_the_quantile():
    """1000 numbers of a skew distribution, 4000 times: at least 68.3 % hold, and not 2 % more."""
    x = np.sort(np.random.default_rng(1).exponential(size=(4000, 1000)), axis=1)
    for p in BAND:
        low, high = rank_interval(1000, p)
        truth = -math.log1p(-p)
        held = np.mean((x[:, low - 1] <= truth) & (truth <= x[:, high - 1]))
        assert 0.683 - 3 * 0.0074 < held < 0.76


@pytest.mark.parametrize("n_samples", few([150, 400], 150))
def test_error_of_gaussian_numbers(n_samples):
    """Closed form: √(p (1 - p)/n) over the density, and half a rank more; 150 samples, 1.6 % at 2 σ."""
    rng, n = np.random.default_rng(2), 20_000
    errors = np.mean([expected_band(rng.normal(size=n))[1] for _ in range(n_samples)], axis=0)
    p = np.array(BAND)
    exact = (np.sqrt(p * (1 - p) / n) + 0.5 / n) / stats.norm.pdf(stats.norm.ppf(p))
    assert errors == pytest.approx(exact, rel=0.025)


def test_ends_that_are_open_have_no_error():
    x = np.arange(1000.0)
    assert expected_band(x)[1][2] == pytest.approx(16, abs=1)
    x[900:] = math.inf
    band, errors = expected_band(x)
    assert band[4] == math.inf
    assert errors[4] is None
    assert None not in errors[:4]
    x[845:] = math.inf  # the quantile at +1 σ is known, and the upper end of its error is not
    band, errors = expected_band(x)
    assert math.isfinite(band[3])
    assert errors[3] is None
    assert expected_band([1.0, 2.0, 3.0])[1][0] is None


def bands(found):
    """Return means and spreads of bands, and the mean of their errors."""
    band = np.array([b for b, _ in found])
    return band.std(axis=0, ddof=1), np.mean([e for _, e in found], axis=0)


@pytest.mark.parametrize("method", every(2, ["one-sided", "two-sided"]))
def test_error_against_repeated_seeds(method):
    """50 bands of 2000 toys: their spread, known to 10 %, is the mean error."""
    fitter = make_fitter(with_nuisances(), CHI)
    found = [expected_limit(fitter, n_toys=2000, seed=seed, audit=0, method=method) for seed in range(50)]
    spread, error = bands([(f.band, f.band_errors) for f in found])
    assert spread == pytest.approx(error, rel=0.3)


@pytest.mark.long
def test_error_of_calibrated_bands_against_repeated_seeds():
    """The same with one table for all: its own error is not in the band's.

    With 2000 toys at each value, the scatter of the thresholds leaves a gap between limits near the quantile
    at -2 σ: it then has two values, and their spread is no error of a Gaussian kind.
    """
    fitter = make_fitter(with_nuisances(), CHI)
    table = calibrate(fitter, true_values(fitter), 10_000, seed=1)
    found = [
        expected_calibrated_limit(fitter, table, method="feldman-cousins", n_toys=1000, seed=seed)
        for seed in range(2, 52)
    ]
    spread, error = bands([(f.band, f.band_errors) for f in found])
    assert spread == pytest.approx(error, rel=0.3)


def test_band_of_toys_in_bins_has_the_same_errors():
    """Twin: the toys of `nugauge toys --figure`, of which only the number in each bin is kept."""
    fitter = make_fitter(with_nuisances(), CHI)
    spread, limits = no_toys(fitter, level=0.95), []
    assert spread.band_errors == (None,) * 5
    for columns in toys(Thrower(fitter=fitter, seed=3), 2000):
        spread = spread.with_toys(columns)
        limits.append(columns["one_sided_upper"])
    errors = expected_band(np.concatenate(limits))[1]
    assert spread.band_errors == pytest.approx(errors, abs=2e-3 * fitter.width)
