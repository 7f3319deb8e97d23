"""-2 ln L of one data set at one point, for MINUIT: the plain twin of the code for many data sets."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels.layout import GAUSSIAN, LINEAR, POISSON, Layout
from simgen._kernels.machine.jit import kernel

Array = NDArray[np.float64]

_FLOOR = 1e-290


@kernel(part=True)
def expected(layout: Layout, signal: Array, pulls: Array, mu: Array) -> None:
    """Fill the expected counts of a signal, given as layers of shape (1 + 2S, N)."""
    n_shapes = len(layout.layers) // 2
    for i in range(len(mu)):
        mu[i] = layout.bins[0, i]
    for c in range(len(layout.components)):
        factor = 1.0
        for a in range(len(layout.pairs)):
            if layout.pairs[a, 0] == c:
                m = layout.pairs[a, 1]
                x = layout.constraints[m, 0] * pulls[m]
                factor *= 1.0 + x if layout.nuisances[m, 0] == LINEAR else math.exp(x)
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            column = layout.components[c, 2] + i - layout.components[c, 0]
            layers, column = (signal, i) if c < layout.n_signals else (layout.layers, column)
            total = layers[0, column]
            for m in range(len(layout.nuisances)):
                s = layout.nuisances[m, 1]
                if s >= 0:
                    total += pulls[m] * (layers[1 + s, column] + pulls[m] * layers[1 + n_shapes + s, column])
            mu[i] += factor * total


@kernel(part=True)
def _deviance(n: float, mu: float) -> float:
    """Evaluate μ - n + n ln(n/μ).

    Near μ = n it is n(x - ln(1+x)) with x = μ/n - 1, to avoid cancellations at large counts.
    """
    m = max(mu, _FLOOR)
    difference = m - n
    if abs(difference) < 0.5 * n:
        x = difference / n
        return n * (x - math.log1p(x))
    return difference + n * math.log(n / m) if n > 0.0 else difference


@kernel(inner=True)
def poisson(n: Array, mu: Array) -> float:
    """Sum 2(μ - n + n ln(n/μ)), the deviance (Baker and Cousins 1984)."""
    total = 0.0
    for i in range(len(n)):
        total += _deviance(n[i], mu[i])
    return 2.0 * total


@kernel(inner=True)
def gaussian(n: Array, mu: Array, errors: Array) -> float:
    """Sum ((n - μ)/σ)² with fixed errors, the paper's χ²."""
    total = 0.0
    for i in range(len(n)):
        total += ((n[i] - mu[i]) / errors[i]) ** 2
    return total


@kernel(inner=True)
def finite_templates(n: Array, mu: Array, errors: Array) -> float:
    """Sum the deviance for expectations with a relative error δ, minimised over their true values.

    A factor β of each bin is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    data, total = 0.0, 0.0
    for i in range(len(n)):
        beta = 1.0
        variance = errors[i] ** 2
        if variance > 0.0:
            half = 0.5 * (max(mu[i], _FLOOR) * variance - 1.0)
            root = math.sqrt(half * half + n[i] * variance)
            beta = n[i] * variance / (half + root) if half > 0.0 else root - half
            total += (beta - 1.0) ** 2 / variance
        data += _deviance(n[i], beta * mu[i])
    return total + 2.0 * data


@kernel(part=True)
def constraints(layout: Layout, pulls: Array, measured: Array) -> float:
    """Sum (x - a)² over the measured nuisance parameters."""
    total = 0.0
    for m in range(len(pulls)):
        total += layout.constraints[m, 1] * (pulls[m] - measured[m]) ** 2
    return total


@kernel(part=True)
def _total(layout: Layout, signal: Array, pulls: Array, n: Array, measured: Array, mu: Array) -> float:
    expected(layout, signal, pulls, mu)
    if layout.likelihood == POISSON:
        data = poisson(n, mu)
    elif layout.likelihood == GAUSSIAN:
        data = gaussian(n, mu, layout.bins[1])
    else:
        data = finite_templates(n, mu, layout.bins[1])
    return float(data + constraints(layout, pulls, measured))


@kernel()
def cost(layout: Layout, signal: Array, pulls: Array, n: Array, measured: Array) -> float:
    """Evaluate -2 ln L/L_saturated for a given signal."""
    return float(_total(layout, signal, pulls, n, measured, np.empty(len(n))))


@kernel()
def polynomial_cost(layout: Layout, theta: float, pulls: Array, n: Array, measured: Array) -> float:
    """Evaluate -2 ln L/L_saturated for a signal that is one polynomial in the parameter of interest."""
    t, p = theta - layout.knots[0], layout.powers[0]
    signal = np.empty(p.shape[1:])
    for i in range(p.shape[1]):
        for j in range(p.shape[2]):
            signal[i, j] = p[0, i, j] + t * (p[1, i, j] + t * (p[2, i, j] + t * p[3, i, j]))
    return float(_total(layout, signal, pulls, n, measured, np.empty(len(n))))
