"""-2 ln L and its gradient in numba, as one would write them for iminuit, and nothing of the project's."""

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from benchmarks.spec import Spec

__all__ = ["make_cost"]


def make_cost(spec: Spec) -> tuple[Callable[..., Any], Callable[..., Any]]:  # noqa: PLR0915
    """Compile value and gradient for one model, whose arrays are constants of the code.

    Returns
    -------
    value, gradient : callable
        Of (parameters, counts, auxiliary); the first parameter is γ in units of its width.
    """
    powers, backgrounds, sigma, target = spec.powers, spec.backgrounds, spec.sigma, spec.target
    n_layers, n_bins = powers.shape[1:]
    n_nuisances, n_backgrounds, unit = len(sigma), len(backgrounds), spec.width
    shape = -1 if spec.shape is None else spec.shape

    @numba.njit(error_model="numpy")
    def value(p, n, a):  # type: ignore[no-untyped-def]
        g, total, x = p[0] * unit, 0.0, 0.0
        factor = np.ones(1 + n_backgrounds)
        for m in range(n_nuisances):
            total += (p[1 + m] - a[m]) ** 2
            if m == shape:
                x = p[1 + m]
            else:
                factor[target[m]] *= 1.0 + sigma[m] * p[1 + m]
        for i in range(n_bins):
            mu = 0.0
            for layer in range(n_layers):
                weight = 1.0 if layer == 0 else (x if layer == 1 else x * x)
                a0, a1, a2 = powers[0, layer, i], powers[1, layer, i], powers[2, layer, i]
                signal = a0 + g * (a1 + g * a2)
                mu += weight * factor[0] * signal
                for j in range(n_backgrounds):
                    mu += weight * factor[1 + j] * backgrounds[j, layer, i]
            mu = max(mu, 1e-290)
            total += 2.0 * (mu - n[i])
            if n[i] > 0.0:
                total += 2.0 * n[i] * np.log(n[i] / mu)
        return total

    @numba.njit(error_model="numpy")
    def gradient(p, n, a):  # type: ignore[no-untyped-def]
        g, x = p[0] * unit, 0.0
        factor, found = np.ones(1 + n_backgrounds), np.zeros(1 + n_nuisances)
        sums = np.zeros(1 + n_backgrounds)
        for m in range(n_nuisances):
            found[1 + m] = 2.0 * (p[1 + m] - a[m])
            if m == shape:
                x = p[1 + m]
            else:
                factor[target[m]] *= 1.0 + sigma[m] * p[1 + m]
        for i in range(n_bins):
            signal = first = bent = bent_rest = rest = 0.0
            for layer in range(n_layers):
                weight = 1.0 if layer == 0 else (x if layer == 1 else x * x)
                change = 0.0 if layer == 0 else (1.0 if layer == 1 else 2.0 * x)
                a0, a1, a2 = powers[0, layer, i], powers[1, layer, i], powers[2, layer, i]
                t = a0 + g * (a1 + g * a2)
                signal += weight * t
                bent += change * t
                first += weight * (a1 + 2.0 * g * a2)
                for j in range(n_backgrounds):
                    rest += weight * factor[1 + j] * backgrounds[j, layer, i]
                    bent_rest += change * factor[1 + j] * backgrounds[j, layer, i]
            slope = 2.0 - 2.0 * n[i] / max(factor[0] * signal + rest, 1e-290)
            found[0] += slope * factor[0] * first * unit
            sums[0] += slope * signal
            for j in range(n_backgrounds):
                for layer in range(n_layers):
                    weight = 1.0 if layer == 0 else (x if layer == 1 else x * x)
                    sums[1 + j] += slope * weight * backgrounds[j, layer, i]
            if shape >= 0:
                found[1 + shape] += slope * (factor[0] * bent + bent_rest)
        for m in range(n_nuisances):
            if m != shape:  # each component has one factor at most
                found[1 + m] += sigma[m] * sums[target[m]]
        return found

    return value, gradient
