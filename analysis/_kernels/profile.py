"""The cost minimised over the normalisations, by Newton's method.

At a fixed signal the cost is convex in the normalisations: μ is linear in them, and both -ln L and the
constraints are convex. Newton steps that stop at zero find the only minimum to rounding.
"""

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.cost import cost, expected
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_TINY = 1e-300
_STEPS = 60
_HALVINGS = 50
_CONVERGED = 1e-13


@kernel()
def _template(j: int, i: int, signal: Array, backgrounds: Array) -> float:
    value: float = signal[i] if j == 0 else backgrounds[j - 1, i]
    return value


@kernel()
def _derivatives(
    signal: Array,
    backgrounds: Array,
    factors: Array,
    n: Array,
    errors: Array,
    measured: Array,
    uncertainties: Array,
    gradient: Array,
    hessian: Array,
) -> None:
    """Fill gradient and Hessian of the cost in the constrained factors; rows of fixed factors stay zero."""
    mu = np.empty(len(n))
    expected(signal, backgrounds, factors, mu)
    gradient[:] = 0.0
    hessian[:] = 0.0
    for i in range(len(n)):
        if len(errors):
            slope = 2.0 * (mu[i] - n[i]) / errors[i] ** 2
            curvature = 2.0 / errors[i] ** 2
        else:
            m = max(mu[i], _TINY)
            slope = 2.0 * (1.0 - n[i] / m)
            curvature = 2.0 * (n[i] / m) / m
        for j in range(len(factors)):
            t_j = _template(j, i, signal, backgrounds)
            if uncertainties[j] == 0.0 or t_j == 0.0:
                continue
            gradient[j] += slope * t_j
            for k in range(j + 1):
                t_k = _template(k, i, signal, backgrounds)
                if uncertainties[k] > 0.0 and t_k != 0.0:
                    hessian[j, k] += curvature * t_j * t_k
    for j in range(len(factors)):
        if uncertainties[j] > 0.0:
            gradient[j] += 2.0 * (factors[j] - measured[j]) / uncertainties[j] ** 2
            hessian[j, j] += 2.0 / uncertainties[j] ** 2


@kernel()
def _newton_step(gradient: Array, hessian: Array, held: Mask, step: Array) -> None:
    """Solve H step = -gradient for the factors that are not held, by Cholesky decomposition."""
    size = len(gradient)
    lower = np.zeros((size, size))
    for j in range(size):
        step[j] = 0.0
        if held[j]:
            continue
        for k in range(j + 1):
            if held[k]:
                continue
            total = hessian[j, k]
            for m in range(k):
                total -= lower[j, m] * lower[k, m]
            lower[j, k] = np.sqrt(max(total, 1e-14 * hessian[j, j])) if j == k else total / lower[k, k]
    for j in range(size):
        if not held[j]:
            total = -gradient[j]
            for m in range(j):
                total -= lower[j, m] * step[m]
            step[j] = total / lower[j, j]
    for j in range(size - 1, -1, -1):
        if not held[j]:
            total = step[j]
            for m in range(j + 1, size):
                total -= lower[m, j] * step[m]
            step[j] = total / lower[j, j]


@kernel()
def _shorten(factors: Array, step: Array, trial: Array) -> float:
    """Go along a step until a factor is zero, at most to its end; return the fraction gone."""
    fraction, first = 1.0, -1
    for j in range(len(factors)):
        if factors[j] + fraction * step[j] < 0.0:
            fraction, first = -factors[j] / step[j], j
    for j in range(len(factors)):
        trial[j] = 0.0 if j == first else max(factors[j] + fraction * step[j], 0.0)
    return fraction


@kernel()
def profile(
    signal: Array,
    backgrounds: Array,
    n: Array,
    errors: Array,
    measured: Array,
    uncertainties: Array,
    factors: Array,
) -> float:
    """Minimise the cost over the constrained factors ≥ 0; fill them and return the minimum."""
    size = len(factors)
    gradient, step, trial = np.empty(size), np.empty(size), np.empty(size)
    hessian = np.empty((size, size))
    held = np.empty(size, np.bool_)
    factors[:] = 1.0
    best = cost(signal, backgrounds, factors, n, errors, measured, uncertainties)
    for _ in range(_STEPS):
        _derivatives(signal, backgrounds, factors, n, errors, measured, uncertainties, gradient, hessian)
        for j in range(size):
            held[j] = uncertainties[j] == 0.0 or (factors[j] == 0.0 and gradient[j] >= 0.0)
        again = True
        while again:  # a factor at zero that would go below stays there
            _newton_step(gradient, hessian, held, step)
            again = False
            for j in range(size):
                if not held[j] and factors[j] == 0.0 and step[j] < 0.0:
                    held[j] = again = True
        gain = 0.0
        for j in range(size):
            gain -= gradient[j] * step[j]
        if not gain > _CONVERGED * max(best, 1.0):
            break
        longest = _shorten(factors, step, trial)
        value = cost(signal, backgrounds, trial, n, errors, measured, uncertainties)
        for _ in range(_HALVINGS):
            if value < best:
                break
            longest *= 0.5
            for j in range(size):
                trial[j] = factors[j] + longest * step[j]
            value = cost(signal, backgrounds, trial, n, errors, measured, uncertainties)
        if not value < best:
            break
        best = value
        factors[:] = trial
    return best


@kernel()
def scan(
    signals: Array,
    backgrounds: Array,
    n: Array,
    errors: Array,
    measured: Array,
    uncertainties: Array,
    values: Array,
) -> None:
    """Fill the profiled cost of many signals, shape (n_points, n_bins)."""
    factors = np.empty(len(uncertainties))
    for p in range(len(signals)):
        values[p] = profile(signals[p], backgrounds, n, errors, measured, uncertainties, factors)
