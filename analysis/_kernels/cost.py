"""Cost functions, -2 ln L up to a constant, and their gradients.

Parameters are laid out as (poi, normalisation of the signal, normalisation of each background); the counts
expected in bin i are μ_i = η s_i(poi) + Σ_j b_j B_ji.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel

Array = NDArray[np.float64]

_FLOOR = 1e-300


@kernel()
def expected(signal: Array, backgrounds: Array, factors: Array, mu: Array) -> None:
    """Fill the expected counts."""
    for i in range(len(mu)):
        total = factors[0] * signal[i]
        for j in range(len(backgrounds)):
            total += factors[1 + j] * backgrounds[j, i]
        mu[i] = total


@kernel()
def polynomial(poi: float, coefficients: Array, signal: Array) -> None:
    """Fill s_i = Σ_k c_ki poi^k."""
    for i in range(len(signal)):
        total = 0.0
        for k in range(len(coefficients) - 1, -1, -1):
            total = total * poi + coefficients[k, i]
        signal[i] = total


@kernel()
def poisson(n: Array, mu: Array) -> float:
    """Sum 2(μ - n + n ln(n/μ)), the deviance (Baker and Cousins 1984).

    Near μ = n, as 2n(x - ln(1+x)) with x = μ/n - 1, so that large counts do not cancel.
    """
    total = 0.0
    for i in range(len(n)):
        m = max(mu[i], _FLOOR)
        difference = m - n[i]
        if abs(difference) < 0.5 * n[i]:
            x = difference / n[i]
            total += n[i] * (x - math.log1p(x))
        elif n[i] > 0.0:
            total += difference + n[i] * math.log(n[i] / m)
        else:
            total += difference
    return 2.0 * total


@kernel()
def gaussian(n: Array, mu: Array, errors: Array) -> float:
    """Sum ((n - μ)/σ)² with fixed errors, the paper's χ²."""
    total = 0.0
    for i in range(len(n)):
        total += ((n[i] - mu[i]) / errors[i]) ** 2
    return total


@kernel()
def constraints(factors: Array, measured: Array, uncertainties: Array) -> float:
    """Sum ((η - a)/σ)² over the constrained factors; an uncertainty of 0 means fixed."""
    total = 0.0
    for j in range(len(factors)):
        if uncertainties[j] > 0.0:
            total += ((factors[j] - measured[j]) / uncertainties[j]) ** 2
    return total


@kernel()
def cost(
    signal: Array,
    backgrounds: Array,
    factors: Array,
    n: Array,
    errors: Array,
    measured: Array,
    uncertainties: Array,
) -> float:
    """Evaluate the cost for a given signal; with errors of length 0 it is Poisson's, else the paper's."""
    mu = np.empty(len(n))
    expected(signal, backgrounds, factors, mu)
    data = gaussian(n, mu, errors) if len(errors) else poisson(n, mu)
    return data + constraints(factors, measured, uncertainties)


@kernel()
def polynomial_cost(
    poi: float,
    coefficients: Array,
    backgrounds: Array,
    factors: Array,
    n: Array,
    errors: Array,
    measured: Array,
    uncertainties: Array,
) -> float:
    """Evaluate the cost where the signal is a polynomial in the parameter of interest."""
    signal = np.empty(len(n))
    polynomial(poi, coefficients, signal)
    return cost(signal, backgrounds, factors, n, errors, measured, uncertainties)
