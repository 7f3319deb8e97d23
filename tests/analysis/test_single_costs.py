"""Compiled costs of single data sets against NumPy and scipy."""

import numba
import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from support.plain import poisson_deviance

from analysis.batch.engine._kernels import cost as kernels, counts


@numba.njit
def poisson(n, mu):
    return kernels.poisson(n, mu)


@numba.njit
def gaussian(n, mu, errors):
    return kernels.gaussian(n, mu, errors)


@numba.njit
def finite_templates(n, mu, errors):
    return kernels.finite_templates(n, mu, errors)


def test_poisson_is_twice_the_log_likelihood_ratio():
    n = np.array([0.0, 1, 7, 1000, 123456])
    mu = np.array([0.3, 2.5, 7, 950, 123000])
    assert poisson(n, mu) == pytest.approx(poisson_deviance(n, mu), rel=1e-9)


def test_poisson_of_data_equal_to_expectation_is_zero():
    n = np.array([0.0, 3.0, 1e9])
    assert poisson(n, n) == pytest.approx(0, abs=1e-280)


def test_poisson_is_finite_where_nothing_is_expected():
    assert poisson(np.array([2.0]), np.zeros(1)) > 1000
    assert poisson(np.zeros(1), np.zeros(1)) == pytest.approx(0, abs=1e-280)


def test_poisson_of_huge_counts_does_not_cancel():
    """(μ-n)²/n with the next two terms of the series; the plain form is off by 1e-7 here."""
    n, x = np.array([1e9]), 1e-6
    series = 1e9 * (x**2 - 2 * x**3 / 3 + x**4 / 2)
    assert poisson(n, n * (1 + x)) == pytest.approx(series, rel=1e-6)


def test_gaussian_is_the_papers_chi2():
    n, mu, errors = np.array([10.0, 20, 30]), np.array([11.0, 18, 30]), np.array([1.0, 4, 2])
    assert gaussian(n, mu, errors) == pytest.approx(1 + 0.25)


@pytest.mark.parametrize("n", [0.0, 3.0, 250.0])
@pytest.mark.parametrize("mu", [0.5, 4.0, 200.0])
@pytest.mark.parametrize("delta", [0.01, 0.2, 1.0])
def test_finite_templates_against_a_minimiser(n, mu, delta):
    """The factor of the expectation, measured as 1 ± δ, is profiled by scipy."""

    def cost(beta):
        return poisson(np.array([n]), np.array([beta * mu])) + ((beta - 1) / delta) ** 2

    found = finite_templates(np.array([n]), np.array([mu]), np.array([delta]))
    top = 2 + 2 * n / mu
    best = minimize_scalar(cost, bounds=(1e-12, top), method="bounded", options={"xatol": 1e-10})
    assert found == pytest.approx(best.fun, rel=1e-7, abs=1e-9)


def test_exact_templates_are_poisson():
    n, mu = np.array([0.0, 7.0]), np.array([1.0, 6.0])
    assert finite_templates(n, mu, np.zeros(2)) == poisson(n, mu)


@pytest.mark.parametrize("y", [1e-250, 1e-3, 0.7, 1 - 1e-9, 1.0, 1 + 1e-12, 1.4, 1.5, 77.0, 1e250])
def test_excess_is_accurate_to_rounding(y):
    """y - 1 - ln y with forty digits."""
    from mpmath import log, mp, mpf

    with mp.workdps(60):
        exact = float(mpf(y) - 1 - log(mpf(y)))
    assert counts.excess(y) == pytest.approx(exact, rel=3e-15, abs=0)
