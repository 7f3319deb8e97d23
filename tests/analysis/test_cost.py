"""Compiled costs and their profile against NumPy and scipy."""

import numpy as np
import pytest
from plain import poisson_deviance
from scipy.optimize import minimize

from analysis._kernels import cost as kernels
from analysis._kernels.profile import profile, scan

NONE = np.empty(0)


def problem(seed, n_bins=5, n_backgrounds=2, size=100.0):
    rng = np.random.default_rng(seed)
    signal = size * rng.uniform(0.1, 1, n_bins)
    backgrounds = size * rng.uniform(0.1, 1, (n_backgrounds, n_bins))
    uncertainties = 10 ** rng.uniform(-2, 0, 1 + n_backgrounds)
    measured = 1 + 0.5 * uncertainties * rng.standard_normal(1 + n_backgrounds)
    n = rng.poisson(signal + backgrounds.sum(axis=0)).astype(float)
    return signal, backgrounds, n, measured, uncertainties


def test_poisson_is_twice_the_log_likelihood_ratio():
    n = np.array([0.0, 1, 7, 1000, 123456])
    mu = np.array([0.3, 2.5, 7, 950, 123000])
    assert kernels.poisson(n, mu) == pytest.approx(poisson_deviance(n, mu), rel=1e-9)


def test_poisson_of_data_equal_to_expectation_is_zero():
    n = np.array([0.0, 3.0, 1e9])
    assert kernels.poisson(n, n) == pytest.approx(0, abs=1e-290)


def test_poisson_is_finite_where_nothing_is_expected():
    assert kernels.poisson(np.array([2.0]), np.zeros(1)) > 1000
    assert kernels.poisson(np.zeros(1), np.zeros(1)) == pytest.approx(0, abs=1e-290)


def test_poisson_of_huge_counts_does_not_cancel():
    """(μ-n)²/n with the next two terms of the series; the plain form is off by 1e-7 here."""
    n, x = np.array([1e9]), 1e-6
    series = 1e9 * (x**2 - 2 * x**3 / 3 + x**4 / 2)
    assert kernels.poisson(n, n * (1 + x)) == pytest.approx(series, rel=1e-6)


def test_gaussian_is_the_papers_chi2():
    n, mu, errors = np.array([10.0, 20, 30]), np.array([11.0, 18, 30]), np.array([1.0, 4, 2])
    assert kernels.gaussian(n, mu, errors) == pytest.approx(1 + 0.25)


def test_constraints_leave_fixed_factors_out():
    factors, measured = np.array([1.2, 3.0, 0.9]), np.array([1.0, 1.0, 1.1])
    assert kernels.constraints(factors, measured, np.array([0.1, 0.0, 0.2])) == pytest.approx(4 + 1)


@pytest.mark.parametrize("errors", [NONE, np.full(5, 7.0)])
def test_cost_is_the_sum_of_its_parts(errors):
    signal, backgrounds, n, measured, uncertainties = problem(1)
    factors = np.array([1.1, 0.7, 1.3])
    mu = factors[0] * signal + factors[1] * backgrounds[0] + factors[2] * backgrounds[1]
    data = poisson_deviance(n, mu) if len(errors) == 0 else np.sum(((n - mu) / 7) ** 2)
    total = data + np.sum(((factors - measured) / uncertainties) ** 2)
    found = kernels.cost(signal, backgrounds, factors, n, errors, measured, uncertainties)
    assert found == pytest.approx(total, rel=1e-12)


def test_cost_of_a_polynomial_signal():
    coefficients = np.array([[10.0, 20], [3, -1], [0.5, 0.25]])
    signal = coefficients[0] + 2 * coefficients[1] + 4 * coefficients[2]
    rest = (np.empty((0, 2)), np.ones(1), np.array([12.0, 15]), NONE, np.ones(1), np.zeros(1))
    assert kernels.polynomial_cost(2.0, coefficients, *rest) == kernels.cost(signal, *rest)


@pytest.mark.parametrize("size", [0.2, 100.0, 1e9])
@pytest.mark.parametrize("paper", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_profile_finds_the_minimum_over_the_normalisations(seed, paper, size):
    signal, backgrounds, n, measured, uncertainties = problem(seed, size=size)
    errors = np.sqrt(n + 1) if paper else NONE
    factors = np.empty(3)
    found = profile(signal, backgrounds, n, errors, measured, uncertainties, factors)

    def cost(x):
        return kernels.cost(signal, backgrounds, x, n, errors, measured, uncertainties)

    assert found == cost(factors)
    for start in (np.ones(3), factors):
        other = minimize(cost, start, bounds=[(0, None)] * 3, method="L-BFGS-B")
        assert found <= other.fun + 1e-9 * max(1, other.fun)
    assert factors.min() >= 0


def test_profile_stays_at_zero_where_the_minimum_is_negative():
    signal, backgrounds = np.array([50.0, 50]), np.array([[30.0, 10]])
    factors = np.empty(2)
    measured, uncertainties = np.array([1.0, -0.5]), np.array([0.0, 0.4])
    profile(signal, backgrounds, np.array([40.0, 45]), NONE, measured, uncertainties, factors)
    assert factors.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("seed", range(20))
def test_profile_with_some_normalisations_at_zero(seed):
    """Where a measured normalisation is negative the slopes at the minimum are zero, or upwards at zero."""
    signal, backgrounds, n, _, _ = problem(seed, n_backgrounds=3)
    rng = np.random.default_rng(100 + seed)
    uncertainties = 10 ** rng.uniform(-1, 0.5, 4)
    measured = rng.uniform(-1.5, 1.5, 4)
    factors = np.empty(4)
    n = np.maximum(n - 0.9 * signal, 0)
    profile(signal, backgrounds, n, NONE, measured, uncertainties, factors)
    templates = np.vstack([signal, backgrounds])
    mu = factors @ templates
    slopes = 2 * templates @ (1 - np.divide(n, mu, where=n > 0, out=np.zeros(5)))
    slopes += 2 * (factors - measured) / uncertainties**2
    size = np.sqrt(2 / uncertainties**2 + 2 * (templates**2 * n / np.maximum(mu, 1e-9) ** 2).sum(axis=1))
    assert factors.min() >= 0
    assert slopes[factors > 0] / size[factors > 0] == pytest.approx(0, abs=1e-5)
    assert np.all(slopes[factors == 0] >= 0)


def test_profile_of_one_bin_and_one_constraint_in_closed_form():
    """n/μ and the pull balance: s(1 - n/(ηs)) + (η-1)/u² = 0, a quadratic equation."""
    s, n, u = 200.0, 260.0, 0.1
    eta = max(np.roots([1, s * u**2 - 1, -n * u**2]))
    factors = np.empty(1)
    profile(np.array([s]), np.empty((0, 1)), np.array([n]), NONE, np.ones(1), np.array([u]), factors)
    assert factors[0] == pytest.approx(eta, rel=1e-10)


def test_fixed_factors_are_not_fitted():
    signal, backgrounds, n, measured, _ = problem(5)
    factors = np.empty(3)
    profile(signal, backgrounds, 2 * n, NONE, measured, np.array([0.0, 0.3, 0.0]), factors)
    assert factors[0] == factors[2] == 1
    assert factors[1] > 1.1


def test_scan_is_the_profile_of_each_signal():
    signal, backgrounds, n, measured, uncertainties = problem(6)
    signals = np.array([0.5 * signal, signal, 2 * signal])
    values = np.empty(3)
    scan(signals, backgrounds, n, NONE, measured, uncertainties, values)
    single = [profile(s, backgrounds, n, NONE, measured, uncertainties, np.empty(3)) for s in signals]
    assert values.tolist() == single
