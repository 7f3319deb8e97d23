"""-2 ln L of many data sets side by side, with first and second derivatives."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.bits import excess
from analysis._kernels.expectation import expected, factors
from analysis._kernels.layout import GAUSSIAN, LANES, LINEAR, LOG_NORMAL, POISSON, SHAPE, Layout, Rows
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]

_FLOOR = 1e-290


@kernel()
def _deviance(layout: Layout, r: Rows, w: Array) -> None:
    """Fill -2 ln L/L_saturated of the bins, its slope and curvature in μ; Fisher's, where it is not exact."""
    for k in range(LANES):
        w[r.value, k] = 0.0
    for i in range(layout.bins.shape[1]):
        spread = layout.bins[1, i]
        if layout.likelihood == POISSON:
            for k in range(LANES):
                mu, n = max(w[r.mu + i, k], _FLOOR), w[r.n + i, k]
                inverse = 1.0 / mu
                ratio = n * inverse
                w[r.slope + i, k] = 2.0 - 2.0 * ratio
                w[r.curvature + i, k] = 2.0 * inverse * (ratio if w[r.exact, k] > 0.0 else 1.0)
            for k in range(LANES):
                mu, n = max(w[r.mu + i, k], _FLOOR), w[r.n + i, k]
                y = mu / (n if n > 0.0 else 1.0)
                w[r.value, k] += 2.0 * (n * excess(y) if n > 0.0 else mu)
        elif layout.likelihood == GAUSSIAN:
            weight = 1.0 / spread**2
            for k in range(LANES):
                difference = w[r.mu + i, k] - w[r.n + i, k]
                w[r.slope + i, k] = 2.0 * weight * difference
                w[r.curvature + i, k] = 2.0 * weight
                w[r.value, k] += weight * difference * difference
        else:
            for k in range(LANES):
                _finite_templates(i, k, spread**2, r, w)


@kernel()
def _finite_templates(i: int, k: int, variance: float, r: Rows, w: Array) -> None:
    """Fill the same for an expectation that is known to a relative variance, minimised over it.

    The factor β of the expectation is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    mu, n = max(w[r.mu + i, k], _FLOOR), w[r.n + i, k]
    beta, change = 1.0, 0.0
    if variance > 0.0:
        half = 0.5 * (mu * variance - 1.0)
        root = math.sqrt(half * half + n * variance)
        beta = n * variance / (half + root) if half > 0.0 else root - half
        w[r.value, k] += (beta - 1.0) ** 2 / variance
        # from the equation above, differentiated in μ
        change = -beta * variance / max(2.0 * beta + mu * variance - 1.0, _FLOOR)
    m = max(beta * mu, _FLOOR)
    w[r.value, k] += 2.0 * (n * excess(m / n) if n > 0.0 else m)
    w[r.slope + i, k] = 2.0 * (beta - n / mu)
    exact = 2.0 * (change + n / mu**2)
    w[r.curvature + i, k] = exact if w[r.exact, k] > 0.0 else 2.0 / (mu * (1.0 + mu * variance))


@kernel()
def _changes(layout: Layout, r: Rows, w: Array) -> None:
    """Fill ∂μ_i/∂p."""
    n_bins, n_columns = layout.bins.shape[1], layout.layers.shape[1]
    n_shapes = layout.layers.shape[0] // 2
    for row in range(r.changes, r.changes + (1 + len(layout.nuisances)) * n_bins):
        for k in range(LANES):
            w[row, k] = 0.0
    for c in range(layout.n_signals):
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(LANES):
                w[r.changes + i, k] = w[r.factor + c, k] * w[r.first + i, k]
    for a in range(len(layout.pairs)):
        c, p = layout.pairs[a, 0], 1 + layout.pairs[a, 1]
        shift = r.columns + layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(LANES):
                w[r.changes + p * n_bins + i, k] += w[r.slope_of + a, k] * w[shift + i, k]
    for m in range(len(layout.nuisances)):
        if layout.nuisances[m, 0] != SHAPE:
            continue
        linear = r.layers + (1 + layout.nuisances[m, 1]) * n_columns
        square = linear + n_shapes * n_columns
        for c in range(len(layout.components)):
            shift = layout.components[c, 2] - layout.components[c, 0]
            for i in range(layout.components[c, 0], layout.components[c, 1]):
                for k in range(LANES):
                    change = w[linear + shift + i, k] + 2.0 * w[r.at + 1 + m, k] * w[square + shift + i, k]
                    w[r.changes + (1 + m) * n_bins + i, k] += w[r.factor + c, k] * change


@kernel()
def evaluate(layout: Layout, r: Rows, w: Array, start: int) -> None:
    """Fill value and gradient, and the Hessian of the parameters from `start` on."""
    n_bins, size, any_exact = layout.bins.shape[1], len(layout.ranges), False
    for k in range(LANES):
        any_exact |= w[r.exact, k] > 0.0
    factors(layout, r, w)
    expected(layout, r, w)
    _deviance(layout, r, w)
    _changes(layout, r, w)
    for p in range(size):
        for k in range(LANES):
            w[r.gradient + p, k] = 0.0
        for i in range(layout.ranges[p, 0], layout.ranges[p, 1]):
            for k in range(LANES):
                w[r.gradient + p, k] += w[r.slope + i, k] * w[r.changes + p * n_bins + i, k]
        for q in range(p + 1):
            row = r.hessian + p * size + q
            for k in range(LANES):
                w[row, k] = 0.0
            low, high = layout.ranges[p, 0], layout.ranges[p, 1]
            low, high = max(low, layout.ranges[q, 0]), min(high, layout.ranges[q, 1])
            for i in range(low, high if q >= start else low):
                for k in range(LANES):
                    w[row, k] += (
                        w[r.curvature + i, k]
                        * w[r.changes + p * n_bins + i, k]
                        * w[r.changes + q * n_bins + i, k]
                    )
    if any_exact:
        _component_sums(layout, r, w)
        _second_order(layout, r, w)
    for m in range(size - 1):
        weight = layout.constraints[m, 1]
        for k in range(LANES):
            distance = w[r.at + 1 + m, k] - w[r.measured + m, k]
            w[r.value, k] += weight * distance * distance
            w[r.gradient + 1 + m, k] += 2.0 * weight * distance
            w[r.hessian + (1 + m) * size + 1 + m, k] += 2.0 * weight


@kernel()
def _component_sums(layout: Layout, r: Rows, w: Array) -> None:
    """Sum slope × (T, ∂T, ∂²T, then of each shape ∂T/∂x, ∂²T/∂x², ∂²T/∂x∂θ) over the bins of a component.

    In the lanes whose Hessian is not exact the sums are zero.
    """
    n_layers, n_columns = layout.layers.shape
    n_shapes, n_bins, n_components = n_layers // 2, layout.bins.shape[1], len(layout.components)
    for row in range(r.sums, r.value):
        for k in range(LANES):
            w[row, k] = 0.0
    for c in range(n_components):
        signal, shift = c < layout.n_signals, layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(LANES):  # the row of the step serves as room
                w[r.trial, k] = w[r.slope + i, k] * w[r.exact, k]
            for k in range(LANES):
                w[r.sums + c, k] += w[r.trial, k] * w[r.columns + shift + i, k]
            if signal:
                for k in range(LANES):
                    w[r.sums + n_components + c, k] += w[r.trial, k] * w[r.first + i, k]
                    w[r.sums + 2 * n_components + c, k] += w[r.trial, k] * w[r.second + i, k]
            for m in range(len(layout.nuisances)):
                s = layout.nuisances[m, 1]
                if s < 0:
                    continue
                row = r.sums + 3 * (1 + s) * n_components + c
                linear, square = (1 + s), (1 + n_shapes + s)
                for k in range(LANES):
                    u = w[r.layers + linear * n_columns + shift + i, k]
                    v = w[r.layers + square * n_columns + shift + i, k]
                    w[row, k] += w[r.trial, k] * (u + 2.0 * w[r.at + 1 + m, k] * v)
                    w[row + n_components, k] += w[r.trial, k] * 2.0 * v
                if signal:
                    for k in range(LANES):
                        u = w[r.layers_first + linear * n_bins + i, k]
                        v = w[r.layers_first + square * n_bins + i, k]
                        w[row + 2 * n_components, k] += w[r.trial, k] * (u + 2.0 * w[r.at + 1 + m, k] * v)


@kernel()
def _second_order(layout: Layout, r: Rows, w: Array) -> None:
    """Add Σ_i slope_i ∂²μ_i/∂p∂q to the Hessian."""
    n_components, size = len(layout.components), len(layout.ranges)
    for c in range(layout.n_signals):
        for k in range(LANES):
            w[r.hessian, k] += w[r.factor + c, k] * w[r.sums + 2 * n_components + c, k]
    for a in range(len(layout.pairs)):
        c, p = layout.pairs[a, 0], 1 + layout.pairs[a, 1]
        for k in range(LANES):
            w[r.hessian + p * size, k] += w[r.slope_of + a, k] * w[r.sums + n_components + c, k]
        if layout.nuisances[p - 1, 0] == LOG_NORMAL:
            for k in range(LANES):
                w[r.hessian + p * size + p, k] += (
                    layout.constraints[p - 1, 0] * w[r.slope_of + a, k] * w[r.sums + c, k]
                )
        for b in range(a):
            if layout.pairs[b, 0] == c:
                q = 1 + layout.pairs[b, 1]
                row = r.hessian + max(p, q) * size + min(p, q)
                for k in range(LANES):
                    w[row, k] += _mixed(layout, r, w, a, b, k) * w[r.sums + c, k]
    for m in range(len(layout.nuisances)):
        s = layout.nuisances[m, 1]
        if s < 0:
            continue
        p, row = 1 + m, r.sums + 3 * (1 + s) * n_components
        for c in range(n_components):
            for k in range(LANES):
                w[r.hessian + p * size + p, k] += w[r.factor + c, k] * w[row + n_components + c, k]
                w[r.hessian + p * size, k] += w[r.factor + c, k] * w[row + 2 * n_components + c, k]
        for a in range(len(layout.pairs)):
            q = 1 + layout.pairs[a, 1]
            target = r.hessian + max(p, q) * size + min(p, q)
            for k in range(LANES):
                w[target, k] += w[r.slope_of + a, k] * w[row + layout.pairs[a, 0], k]


@kernel()
def _mixed(layout: Layout, r: Rows, w: Array, a: int, b: int, k: int) -> float:
    """Evaluate ∂²F/∂x_a∂x_b of two factors of one component."""
    product = 1.0
    for pair in range(len(layout.pairs)):
        if layout.pairs[pair, 0] != layout.pairs[a, 0]:
            continue
        m = layout.pairs[pair, 1]
        size, linear = layout.constraints[m, 0], layout.nuisances[m, 0] == LINEAR
        x = size * w[r.at + 1 + m, k]
        own = 1.0 + x if linear else math.exp(x)
        if pair in (a, b):
            own = size if linear else size * own
        product *= own
    return product
