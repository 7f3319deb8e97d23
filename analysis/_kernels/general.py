"""-2 ln L with its derivatives of any model, lane by lane.

What `analysis._kernels.fused` does not take: shapes that vary, signals in pieces, other likelihoods.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.bits import excess
from analysis._kernels.expectation import mixed_factor, piece
from analysis._kernels.layout import (
    BIN,
    CURVATURE,
    FIRST,
    GAUSSIAN,
    LOG_NORMAL,
    MU,
    POISSON,
    SECOND,
    SHAPE,
    SLOPE,
    Layout,
    N,
    Rows,
    at,
)
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]

_FLOOR = 1e-290


@kernel(inner=True)
def _signals(layout: Layout, r: Rows, w: Array, k: int) -> None:
    """Fill the signals' layers and their derivatives in θ, and sum them up to columns."""
    n_layers, n_columns = layout.layers.shape
    n_bins, powers, j = layout.bins.shape[1], layout.powers, piece(layout.knots, w[r.at + k])
    t = w[r.at + k] - layout.knots[j]
    for layer in range(n_layers):
        pull, before = r.pulls + at(layer), 0.0 if layer == 0 else 1.0
        for i in range(n_bins):
            value, slope = r.layers + at(layer * n_columns + i), r.layers_first + at(layer * n_bins + i)
            row, column = r.bins + at(BIN * i), r.columns + at(i)
            a, b = powers[j, 0, layer, i], powers[j, 1, layer, i]
            c, d = powers[j, 2, layer, i], powers[j, 3, layer, i]
            w[value + k] = a + t * (b + t * (c + t * d))
            w[slope + k] = b + t * (2.0 * c + t * 3.0 * d)
            bend = 2.0 * c + 6.0 * d * t
            w[column + k] = before * w[column + k] + w[pull + k] * w[value + k]
            w[row + FIRST + k] = before * w[row + FIRST + k] + w[pull + k] * w[slope + k]
            w[row + SECOND + k] = before * w[row + SECOND + k] + w[pull + k] * bend


@kernel(inner=True)
def _expected(layout: Layout, r: Rows, w: Array, k: int) -> None:
    """Fill μ; the factors are there."""
    n_layers, n_columns = layout.layers.shape
    n_shapes, n_bins = n_layers // 2, layout.bins.shape[1]
    for m in range(len(layout.nuisances)):
        s = layout.nuisances[m, 1]
        if s >= 0:
            x, linear, square = r.at + at(1 + m), r.pulls + at(1 + s), r.pulls + at(1 + n_shapes + s)
            w[linear + k] = w[x + k]
            w[square + k] = w[x + k] * w[x + k]
    _signals(layout, r, w, k)
    for j in range(n_bins, n_columns if n_shapes else 0):
        column = r.columns + at(j)
        for layer in range(n_layers):
            before, pull = 0.0 if layer == 0 else 1.0, r.pulls + at(layer)
            content = r.layers + at(layer * n_columns + j)
            w[column + k] = before * w[column + k] + w[pull + k] * w[content + k]
    for i in range(n_bins):
        row, constant = r.bins + at(BIN * i) + MU, layout.bins[0, i]
        w[row + k] = constant
    for c in range(len(layout.components)):
        shift, factor = layout.components[c, 2] - layout.components[c, 0], r.factor + at(c)
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            row, column = r.bins + at(BIN * i) + MU, r.columns + at(shift + i)
            w[row + k] += w[factor + k] * w[column + k]


@kernel(inner=True)
def _deviance(layout: Layout, r: Rows, w: Array, k: int) -> None:
    """Fill -2 ln L/L_saturated of the bins, with slope and curvature in μ: Fisher's, if it is not exact."""
    w[r.value + k] = 0.0
    for i in range(layout.bins.shape[1]):
        row, spread = r.bins + at(BIN * i), layout.bins[1, i]
        if layout.likelihood == POISSON:
            w[row + MU + k] = max(w[row + MU + k], _FLOOR)
            inverse = 1.0 / w[row + MU + k]
            ratio = w[row + N + k] * inverse
            w[row + SLOPE + k] = 2.0 - 2.0 * ratio
            w[row + CURVATURE + k] = 2.0 * inverse * (ratio if w[r.exact + k] > 0.0 else 1.0)
            mu, n = w[row + MU + k], w[row + N + k]
            w[r.value + k] += 2.0 * (n * excess(mu / n) if n > 0.0 else mu)
        elif layout.likelihood == GAUSSIAN:
            weight = 1.0 / spread**2
            difference = w[row + MU + k] - w[row + N + k]
            w[row + SLOPE + k] = 2.0 * weight * difference
            w[row + CURVATURE + k] = 2.0 * weight
            w[r.value + k] += weight * difference * difference
        else:
            _finite_templates(row, k, spread**2, r, w)


@kernel(inner=True)
def _finite_templates(row: np.uint64, k: int, variance: float, r: Rows, w: Array) -> None:
    """Fill the same for an expectation that is known to a relative variance, minimised over it.

    The factor β of the expectation is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    mu, n = max(w[row + MU + k], _FLOOR), w[row + N + k]
    beta, change = 1.0, 0.0
    if variance > 0.0:
        half = 0.5 * (mu * variance - 1.0)
        root = math.sqrt(half * half + n * variance)
        beta = n * variance / (half + root) if half > 0.0 else root - half
        w[r.value + k] += (beta - 1.0) ** 2 / variance
        # from the equation above, differentiated in μ
        change = -beta * variance / max(2.0 * beta + mu * variance - 1.0, _FLOOR)
    m = max(beta * mu, _FLOOR)
    w[r.value + k] += 2.0 * (n * excess(m / n) if n > 0.0 else m)
    w[row + SLOPE + k] = 2.0 * (beta - n / mu)
    exact = 2.0 * (change + n / mu**2)
    w[row + CURVATURE + k] = exact if w[r.exact + k] > 0.0 else 2.0 / (mu * (1.0 + mu * variance))


@kernel(inner=True)
def _changes(layout: Layout, r: Rows, w: Array, k: int) -> None:
    """Fill ∂μ_i/∂p."""
    n_bins, n_columns = layout.bins.shape[1], layout.layers.shape[1]
    n_shapes = layout.layers.shape[0] // 2
    for j in range(len(layout.ranges) * n_bins):
        row = r.changes + at(j)
        w[row + k] = 0.0
    for c in range(layout.n_signals):
        factor = r.factor + at(c)
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            target, first = r.changes + at(i), r.bins + at(BIN * i) + FIRST
            w[target + k] = w[factor + k] * w[first + k]
    for a in range(len(layout.pairs)):
        c, p, slope = layout.pairs[a, 0], 1 + layout.pairs[a, 1], r.slope_of + at(a)
        shift = layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            target, column = r.changes + at(p * n_bins + i), r.columns + at(shift + i)
            w[target + k] += w[slope + k] * w[column + k]
    for m in range(len(layout.nuisances)):
        if layout.nuisances[m, 0] != SHAPE:
            continue
        linear, square = 1 + layout.nuisances[m, 1], 1 + n_shapes + layout.nuisances[m, 1]
        pull = r.at + at(1 + m)
        for c in range(len(layout.components)):
            shift, factor = layout.components[c, 2] - layout.components[c, 0], r.factor + at(c)
            for i in range(layout.components[c, 0], layout.components[c, 1]):
                target = r.changes + at((1 + m) * n_bins + i)
                u = r.layers + at(linear * n_columns + shift + i)
                v = r.layers + at(square * n_columns + shift + i)
                w[target + k] += w[factor + k] * (w[u + k] + 2.0 * w[pull + k] * w[v + k])


@kernel(inline="always")
def evaluate_general(layout: Layout, r: Rows, w: Array, k: int, start: int) -> None:
    """Fill value, gradient and Hessian of a lane but for the constraints; the factors are there."""
    n_bins, size = layout.bins.shape[1], len(layout.ranges)
    _expected(layout, r, w, k)
    _deviance(layout, r, w, k)
    _changes(layout, r, w, k)
    for p in range(size):
        target = r.gradient + at(p)
        w[target + k] = 0.0
        for i in range(layout.ranges[p, 0], layout.ranges[p, 1]):
            slope, change = r.bins + at(BIN * i) + SLOPE, r.changes + at(p * n_bins + i)
            w[target + k] += w[slope + k] * w[change + k]
        for q in range(p + 1):
            row = r.hessian + at(p * size + q)
            w[row + k] = 0.0
            low, high = layout.ranges[p, 0], layout.ranges[p, 1]
            low, high = max(low, layout.ranges[q, 0]), min(high, layout.ranges[q, 1])
            for i in range(low, high if q >= start else low):
                curvature = r.bins + at(BIN * i) + CURVATURE
                one, other = r.changes + at(p * n_bins + i), r.changes + at(q * n_bins + i)
                w[row + k] += w[curvature + k] * w[one + k] * w[other + k]
    if w[r.exact + k] > 0.0:
        _component_sums(layout, r, w, k)
        _second_order(layout, r, w, k)


@kernel(inner=True)
def _component_sums(layout: Layout, r: Rows, w: Array, k: int) -> None:
    """Sum slope × (T, ∂T, ∂²T, then of each shape ∂T/∂x, ∂²T/∂x², ∂²T/∂x∂θ) over the bins of a component."""
    n_layers, n_components = layout.layers.shape[0], len(layout.components)
    n_shapes, n_bins, n_columns = n_layers // 2, layout.bins.shape[1], layout.layers.shape[1]
    apart = at(n_components)
    for j in range((3 + 3 * n_shapes) * n_components):
        row = r.sums + at(j)
        w[row + k] = 0.0
    for c in range(n_components):
        signal, shift = c < layout.n_signals, layout.components[c, 2] - layout.components[c, 0]
        sums = r.sums + at(c)
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            row, column = r.bins + at(BIN * i), r.columns + at(shift + i)
            slope = w[row + SLOPE + k]
            w[sums + k] += slope * w[column + k]
            if signal:
                w[sums + apart + k] += slope * w[row + FIRST + k]
                w[sums + apart + apart + k] += slope * w[row + SECOND + k]
            for m in range(len(layout.nuisances)):
                s = layout.nuisances[m, 1]
                if s < 0:
                    continue
                target, pull = sums + at(3 * (1 + s) * n_components), r.at + at(1 + m)
                u = r.layers + at((1 + s) * n_columns + shift + i)
                v = r.layers + at((1 + n_shapes + s) * n_columns + shift + i)
                w[target + k] += slope * (w[u + k] + 2.0 * w[pull + k] * w[v + k])
                w[target + apart + k] += slope * 2.0 * w[v + k]
                if signal:
                    u = r.layers_first + at((1 + s) * n_bins + i)
                    v = r.layers_first + at((1 + n_shapes + s) * n_bins + i)
                    change = w[u + k] + 2.0 * w[pull + k] * w[v + k]
                    w[target + apart + apart + k] += slope * change


@kernel(inner=True)
def _second_order(layout: Layout, r: Rows, w: Array, k: int) -> None:
    """Add Σ_i slope_i ∂²μ_i/∂p∂q to the Hessian."""
    n_components, size = len(layout.components), len(layout.ranges)
    first, second = r.sums + at(n_components), r.sums + at(2 * n_components)
    for c in range(layout.n_signals):
        factor, total = r.factor + at(c), second + at(c)
        w[r.hessian + k] += w[factor + k] * w[total + k]
    for a in range(len(layout.pairs)):
        c, p, change = layout.pairs[a, 0], 1 + layout.pairs[a, 1], r.slope_of + at(a)
        target, total, plain = r.hessian + at(p * size), first + at(c), r.sums + at(c)
        w[target + k] += w[change + k] * w[total + k]
        if layout.nuisances[p - 1, 0] == LOG_NORMAL:
            diagonal, bend = target + at(p), layout.constraints[p - 1, 0]
            w[diagonal + k] += bend * w[change + k] * w[plain + k]
        for b in range(a):
            if layout.pairs[b, 0] == c:
                q = 1 + layout.pairs[b, 1]
                row = r.hessian + at(max(p, q) * size + min(p, q))
                w[row + k] += mixed_factor(layout, r, w, a, b, k) * w[plain + k]
    for m in range(len(layout.nuisances)):
        s, p = layout.nuisances[m, 1], 1 + m
        if s < 0:
            continue
        sums, target = r.sums + at(3 * (1 + s) * n_components), r.hessian + at(p * size)
        diagonal = target + at(p)
        for c in range(n_components):
            factor, total = r.factor + at(c), sums + at(n_components + c)
            mixed = sums + at(2 * n_components + c)
            w[diagonal + k] += w[factor + k] * w[total + k]
            w[target + k] += w[factor + k] * w[mixed + k]
        for a in range(len(layout.pairs)):
            q, change, total = 1 + layout.pairs[a, 1], r.slope_of + at(a), sums + at(layout.pairs[a, 0])
            row = r.hessian + at(max(p, q) * size + min(p, q))
            w[row + k] += w[change + k] * w[total + k]
