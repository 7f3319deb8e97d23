"""Calibrated thresholds, intervals and limits against closed forms."""

import math
from functools import cache

import numpy as np
import pytest
from scipy.stats import chi2, norm, poisson
from support.examples import every
from support.physical_fit_cases import (
    CHI,
    count_statistic,
    counting,
    gaussian,
    gaussian_one_sided_threshold,
    gaussian_threshold,
    last_accepted,
    parameter_at,
    signal,
)
from support.plain import with_nuisances

from analysis.batch.fitter import BatchFitter
from analysis.counting.intervals import count_interval, gaussian_interval
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import regions
from analysis.studies.calibrated_limits import calibrated_limit, expected_calibrated_limit, upper_limits
from analysis.studies.thresholds import calibrate, true_values

N = 30_000


@cache
def gaussian_table(n_toys=N):
    fitter, _, _ = gaussian()
    return calibrate(fitter, true_values(fitter), n_toys, seed=1)


def near(curve, expected, scale=4.0):
    """Whether a curve is what is expected, within its errors."""
    error = np.maximum((curve.high - curve.low) / 2, 1e-6)
    return np.all(np.abs(curve.centre - expected) < scale * error)


@pytest.mark.parametrize("level", [0.683, 0.9, 0.95])
def test_thresholds_of_a_bounded_gaussian(level):
    """Closed form, 4 σ at each of some 45 values. Finds the plain χ² quantile, and an unbounded fit."""
    _, _, error = gaussian()
    table, mu = gaussian_table(), gaussian_table().values / error
    assert mu[0] == 0
    assert mu[-1] > 5.5
    exact = [gaussian_threshold(m, level) for m in mu]
    assert near(table.thresholds("feldman-cousins", level), exact)
    assert not near(table.thresholds("feldman-cousins", level), np.full(len(mu), chi2.ppf(level, 1)))
    exact = [gaussian_one_sided_threshold(m, level) for m in mu]
    assert near(table.thresholds("calibrated", level), exact)


PUBLISHED = {
    -3: (0, 0.26),
    -2: (0, 0.40),
    -1: (0, 0.81),
    0: (0, 1.64),
    1: (0, 2.64),
    2: (0.58, 3.64),
    3: (1.37, 4.64),
}
"""Feldman and Cousins, PRD 57, 3873, Table X, 90 %."""


@pytest.mark.parametrize("x", PUBLISHED)
def test_feldman_cousins_of_a_bounded_gaussian(x):
    """Closed form, and the published interval."""
    fitter, n, error = gaussian()
    result = calibrated_limit(fitter, [n + x * n**0.5], gaussian_table(), method="feldman-cousins", level=0.9)
    ((low, high),) = np.array(result.regions) / error
    ((low_error, high_error),) = np.array(result.regions_mc_error) / error
    exact = gaussian_interval(x, 1.0, level=0.9)
    assert low == pytest.approx(exact[0], abs=4 * low_error + 0.003)
    assert high == pytest.approx(exact[1], abs=4 * high_error + 0.003)
    assert (low, high) == pytest.approx(PUBLISHED[x], abs=4 * max(low_error, high_error) + 0.006)
    assert result.upper == result.regions[0][1]
    assert high_error < 0.02


@pytest.mark.parametrize("x", [-1, 0, 1, 3])
def test_upper_limits_of_a_bounded_gaussian(x):
    """Closed form: x + z(level), and of CLs x + z(1 - α Φ(x))."""
    fitter, n, error = gaussian()
    data = [n + x * n**0.5]
    plain = calibrated_limit(fitter, data, gaussian_table(), method="calibrated", level=0.95)
    exact = x + norm.ppf(0.95)
    assert plain.upper / error == pytest.approx(exact, abs=4 * plain.mc_error / error + 0.003)
    cls = calibrated_limit(fitter, data, gaussian_table(), method="cls", level=0.95)
    exact = x + norm.ppf(1 - 0.05 * norm.cdf(x))
    assert cls.upper / error == pytest.approx(exact, abs=4 * cls.mc_error / error + 0.003)
    assert cls.regions[0][0] == plain.regions[0][0] == 0


def test_far_below_an_upper_limit_is_the_boundary():
    """x = -2.5 is below what any mean gives at 95 %; CLs and Feldman-Cousins are not fooled."""
    fitter, n, error = gaussian()
    data = [n - 2.5 * n**0.5]
    found = {
        m: calibrated_limit(fitter, data, gaussian_table(), method=m).upper / error
        for m in ("calibrated", "cls", "feldman-cousins")
    }
    assert found["calibrated"] == 0
    assert found["cls"] > found["feldman-cousins"] > 0.3


def test_far_from_the_boundary_thresholds_are_those_of_wilks():
    """Six bins, two nuisance parameters, γ eight errors above 0 or more: χ² of one parameter, 4 σ."""
    fitter = make_fitter(with_nuisances(), CHI)
    assert fitter.data(fitter.templates.expected(0.4)).profile(0.0)[0][0] > 8**2
    table = calibrate(fitter, [0.4, 0.5], N, seed=2)
    for level in (0.683, 0.95):
        assert near(table.thresholds("feldman-cousins", level), chi2.ppf(level, 1))
        assert near(table.thresholds("calibrated", level), norm.ppf(level) ** 2)


COUNTED = np.linspace(0, 12, 61)


@cache
def count_table(background, poi, n_toys=N, counted=tuple(COUNTED)):
    fitter = counting(background, poi)
    return fitter, calibrate(fitter, parameter_at(fitter, np.array(counted)), n_toys, seed=3)


@pytest.mark.parametrize("background", every(2, [3.0, 0.5]))
def test_thresholds_of_counts(background):
    """Closed form: q of the last accepted count, wherever toys can tell which one that is (5 σ)."""
    _, table = count_table(background, "gamma")
    level, spread = 0.9, 5 * (0.09 / N) ** 0.5
    curve = table.thresholds("feldman-cousins", level)
    clear = 0
    for s, found in zip(COUNTED, curve.centre, strict=True):
        exact, before, after = last_accepted(s, background, level)
        if before < level - spread and after > level + spread:
            clear += 1
            assert found == pytest.approx(exact, rel=1e-5, abs=1e-6)
    assert clear > 30


@pytest.mark.long
@pytest.mark.parametrize(
    ("n", "background"), every(6, [(0, 3.0), (2, 3.0), (5, 3.0), (7, 3.0), (0, 0.5), (3, 0.5)], unpack=True)
)
def test_feldman_cousins_of_counts(n, background):
    """The exact construction; true values are 0.2 counts apart, and toys move steps by a little."""
    fitter, table = count_table(background, "gamma")
    result = calibrated_limit(fitter, [n], table, method="feldman-cousins", level=0.9)
    low, high = signal(fitter, result.regions[0][0])[0], signal(fitter, result.regions[-1][1])[0]
    assert (low, high) == pytest.approx(count_interval(n, background, level=0.9), abs=0.2)


@pytest.mark.long
@pytest.mark.parametrize(
    ("background", "poi"),
    [
        (0.5, "gamma"),
        pytest.param(3.0, "gamma", marks=pytest.mark.long),
        pytest.param(3.0, "mu_nu", marks=pytest.mark.long),
    ],
)
def test_cls_of_no_counts_is_ln_20(background, poi):
    """e^-s = 0.05 for any background; of a magnetic moment too, whose signal is its square.

    4 σ, with the error that the numbers of toys without a count have. The quoted error is of that size, too:
    true values are far enough apart that ln CLs falls from one to the next.
    """
    n_toys = 10 * N
    fitter, table = count_table(background, poi, n_toys, (0.0, *COUNTED[10:21]))
    result = calibrated_limit(fitter, [0], table, method="cls", level=0.95)
    low, limit, high = signal(fitter, [result.upper + k * result.mc_error for k in (-1, 0, 1)])
    p, p_reference = 0.05 * math.exp(-background), math.exp(-background)
    error = math.sqrt((1 - p) / (n_toys * p) + (1 - p_reference) / (n_toys * p_reference))
    assert limit == pytest.approx(math.log(20), abs=4 * error)
    assert 0.4 * error < (high - low) / 2 < 2 * error


@pytest.mark.parametrize("n", every(2, [0, 2, 4, 7]))
def test_cls_of_counts(n):
    """Closed form at every true value above the best: ratio of two Poisson sums, 4 σ."""
    b = 3.0
    fitter, table = count_table(b, "gamma")
    result = calibrated_limit(fitter, [n], table, method="cls", level=0.95)
    for row, s in zip(result.thresholds, COUNTED, strict=True):
        p, p_reference = poisson.cdf(n, s + b), poisson.cdf(n, b)
        if s <= max(n - b, 0):
            assert row.cls == 1
        elif p > 1e-3:
            error = math.hypot(((1 - p) / p / N) ** 0.5, ((1 - p_reference) / p_reference / N) ** 0.5)
            assert row.p_value == pytest.approx(p, abs=4 * (p * (1 - p) / N) ** 0.5)
            assert math.log(row.cls) == pytest.approx(math.log(p / p_reference), abs=4 * error)
            assert row.q == pytest.approx(count_statistic(n, s, b), rel=1e-6, abs=1e-8)


@pytest.mark.long
def test_two_regions_are_found():
    """One bin is a parabola in ε_R; far from its vertex thresholds are Wilks', and both arms are allowed."""
    fitter = counting(20_000.0, "eps_R")
    values = true_values(fitter)
    table = calibrate(fitter, values, 2000, seed=4)
    counts = fitter.templates.expected(0.0)
    result = calibrated_limit(fitter, counts, table, method="feldman-cousins")
    data = fitter.data(counts)
    exact = regions(fitter, data, fitter.minimise(data), chi2.ppf(0.95, 1))
    assert len(exact) == len(result.regions) == 2
    for a, b, error in zip(exact, result.regions, result.regions_mc_error, strict=True):
        assert np.all(np.abs(np.subtract(a, b)) < 4 * np.array(error) + 0.01 * fitter.width)


@pytest.mark.long
def test_the_quoted_error_is_the_scatter_over_tables():
    """30 tables of 1000 toys: their scatter is known to 13 %. Finds an error that is not propagated."""
    fitter, n, error = gaussian()
    at = error * np.array([0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4])
    found = []
    for seed in range(30):
        table = calibrate(fitter, at, 1000, seed=seed)
        found.append(
            [
                (r.upper, r.mc_error)
                for r in (
                    calibrated_limit(fitter, [n], table, method=m, level=0.9)
                    for m in ("feldman-cousins", "calibrated", "cls")
                )
            ]
        )
    scatter = np.std(np.array(found)[:, :, 0], axis=0, ddof=1)
    quoted = np.mean(np.array(found)[:, :, 1], axis=0)
    assert np.all((scatter / quoted > 0.6) & (scatter / quoted < 1.5)), scatter / quoted


def test_limits_of_many_are_those_of_each():
    """Twin: up to what is between straight lines and roots.

    x = -1.5 is the lowest: at -2.5 CLs rests on nine of the 30,000 toys, and the two ways end a limit apart.
    """
    fitter, n, error = gaussian()
    counts = n + n**0.5 * np.array([-1.5, -0.7, 0.0, 0.8, 2.0, 3.3])[:, None]
    for method in ("feldman-cousins", "calibrated", "cls"):
        each = [calibrated_limit(fitter, c, gaussian_table(), method=method) for c in counts]
        many = upper_limits(
            BatchFitter(fitter=fitter),
            counts,
            np.zeros((6, 0)),
            gaussian_table(),
            method=method,
            level=0.95,
        )
        for one, found in zip(each, many, strict=True):
            assert found / error == pytest.approx(one.upper / error, abs=0.01 + 2 * one.mc_error / error)


def test_expected_limit_and_band_of_a_bounded_gaussian():
    """Quantiles of x + z, and what CLs makes of them (4 σ of 4000 toys' quantiles, about 0.02 to 0.05)."""
    fitter, _, error = gaussian()
    x = np.arange(-2.0, 3.0)
    plain = expected_calibrated_limit(fitter, gaussian_table(), method="calibrated", n_toys=4000, seed=9)
    exact = np.maximum(x + norm.ppf(0.95), 0)
    spread = 4 * np.sqrt(norm.cdf(x) * norm.sf(x) / 4000) / norm.pdf(x)
    assert np.all(np.abs(np.array(plain.band) / error - exact) < spread + 0.02)
    assert plain.upper / error == pytest.approx(norm.ppf(0.95), abs=0.05)
    cls = expected_calibrated_limit(fitter, gaussian_table(), method="cls", n_toys=4000, seed=9)
    assert np.all(np.abs(np.array(cls.band) / error - x - norm.ppf(1 - 0.05 * norm.cdf(x))) < spread + 0.02)


def test_beyond_the_table_is_open():
    fitter, n, error = gaussian()
    table = calibrate(fitter, [0, error, 2 * error], 1000, seed=1)
    open_ = calibrated_limit(fitter, [n + 2 * n**0.5], table, method="feldman-cousins")
    assert open_.upper is None
    assert open_.regions[-1][1] is None
    missed = calibrated_limit(fitter, [n + 9 * n**0.5], table, method="feldman-cousins")
    assert (missed.regions, missed.upper) == ((), None)
