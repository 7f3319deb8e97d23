"""-2 ln L of many data sets side by side, with first and second derivatives."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.bits import excess
from analysis._kernels.expectation import expected, factors
from analysis._kernels.fused import evaluate_fused, is_plain, mixed_factor
from analysis._kernels.layout import (
    BIN,
    CURVATURE,
    FIRST,
    GAUSSIAN,
    INVERSE,
    LOG_NORMAL,
    MU,
    N,
    POISSON,
    ROW,
    SECOND,
    SHAPE,
    SLOPE,
    Layout,
    Rows,
    at,
)
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]

_FLOOR = 1e-290


@kernel()
def _deviance(layout: Layout, r: Rows, w: Array) -> None:
    """Fill -2 ln L/L_saturated of the bins, its slope and curvature in μ; Fisher's, where it is not exact."""
    for k in range(ROW):
        w[at(r.value) + k] = 0.0
    for i in range(layout.bins.shape[1]):
        spread = layout.bins[1, i]
        if layout.likelihood == POISSON:
            for k in range(ROW):
                mu, n = (
                    max(w[at(r.bins + BIN * i + MU) + k], _FLOOR),
                    w[at(r.bins + BIN * i + N) + k],
                )
                inverse = 1.0 / mu
                ratio = n * inverse
                w[at(r.bins + BIN * i + SLOPE) + k] = 2.0 - 2.0 * ratio
                w[at(r.bins + BIN * i + CURVATURE) + k] = (
                    2.0 * inverse * (ratio if w[at(r.exact) + k] > 0.0 else 1.0)
                )
            for k in range(ROW):
                mu, n = (
                    max(w[at(r.bins + BIN * i + MU) + k], _FLOOR),
                    w[at(r.bins + BIN * i + N) + k],
                )
                y = mu / (n if n > 0.0 else 1.0)
                w[at(r.value) + k] += 2.0 * (n * excess(y) if n > 0.0 else mu)
        elif layout.likelihood == GAUSSIAN:
            weight = 1.0 / spread**2
            for k in range(ROW):
                difference = w[at(r.bins + BIN * i + MU) + k] - w[at(r.bins + BIN * i + N) + k]
                w[at(r.bins + BIN * i + SLOPE) + k] = 2.0 * weight * difference
                w[at(r.bins + BIN * i + CURVATURE) + k] = 2.0 * weight
                w[at(r.value) + k] += weight * difference * difference
        else:
            for k in range(ROW):
                _finite_templates(i, k, spread**2, r, w)


@kernel()
def _finite_templates(i: int, k: int, variance: float, r: Rows, w: Array) -> None:
    """Fill the same for an expectation that is known to a relative variance, minimised over it.

    The factor β of the expectation is measured as 1 ± δ, and β² + β(μδ² - 1) = nδ² at the minimum (Conway,
    arXiv:1103.0354).
    """
    mu, n = max(w[at(r.bins + BIN * i + MU) + k], _FLOOR), w[at(r.bins + BIN * i + N) + k]
    beta, change = 1.0, 0.0
    if variance > 0.0:
        half = 0.5 * (mu * variance - 1.0)
        root = math.sqrt(half * half + n * variance)
        beta = n * variance / (half + root) if half > 0.0 else root - half
        w[at(r.value) + k] += (beta - 1.0) ** 2 / variance
        # from the equation above, differentiated in μ
        change = -beta * variance / max(2.0 * beta + mu * variance - 1.0, _FLOOR)
    m = max(beta * mu, _FLOOR)
    w[at(r.value) + k] += 2.0 * (n * excess(m / n) if n > 0.0 else m)
    w[at(r.bins + BIN * i + SLOPE) + k] = 2.0 * (beta - n / mu)
    exact = 2.0 * (change + n / mu**2)
    w[at(r.bins + BIN * i + CURVATURE) + k] = (
        exact if w[at(r.exact) + k] > 0.0 else 2.0 / (mu * (1.0 + mu * variance))
    )


@kernel()
def _changes(layout: Layout, r: Rows, w: Array) -> None:
    """Fill ∂μ_i/∂p."""
    n_bins, n_columns = layout.bins.shape[1], layout.layers.shape[1]
    n_shapes = layout.layers.shape[0] // 2
    for row in range(r.changes, r.changes + (1 + len(layout.nuisances)) * n_bins):
        for k in range(ROW):
            w[at(row) + k] = 0.0
    for c in range(layout.n_signals):
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(ROW):
                w[at(r.changes + i) + k] = w[at(r.factor + c) + k] * w[at(r.bins + BIN * i + FIRST) + k]
    for a in range(len(layout.pairs)):
        c, p = layout.pairs[a, 0], 1 + layout.pairs[a, 1]
        shift = r.columns + layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(ROW):
                w[at(r.changes + p * n_bins + i) + k] += w[at(r.slope_of + a) + k] * w[at(shift + i) + k]
    for m in range(len(layout.nuisances)):
        if layout.nuisances[m, 0] != SHAPE:
            continue
        linear = r.layers + (1 + layout.nuisances[m, 1]) * n_columns
        square = linear + n_shapes * n_columns
        for c in range(len(layout.components)):
            shift = layout.components[c, 2] - layout.components[c, 0]
            for i in range(layout.components[c, 0], layout.components[c, 1]):
                for k in range(ROW):
                    change = (
                        w[at(linear + shift + i) + k]
                        + 2.0 * w[at(r.at + 1 + m) + k] * w[at(square + shift + i) + k]
                    )
                    w[at(r.changes + (1 + m) * n_bins + i) + k] += w[at(r.factor + c) + k] * change


@kernel()
def evaluate(layout: Layout, r: Rows, w: Array, start: int, valued: bool, plain: bool) -> None:
    """Fill value and gradient, and the Hessian of the parameters from `start` on.

    Parameters
    ----------
    start : int
    valued : bool
        False: the value is not needed.
    plain : bool
        Take the fused path, for which the model has to be plain.
    """
    size = len(layout.ranges)
    factors(layout, r, w)
    if plain:
        evaluate_fused(layout, r, w, valued)
    else:
        _evaluate_general(layout, r, w, start)
    for m in range(size - 1):
        weight = layout.constraints[m, 1]
        for k in range(ROW):
            distance = w[at(r.at + 1 + m) + k] - w[at(r.measured + m) + k]
            w[at(r.value) + k] += weight * distance * distance
            w[at(r.gradient + 1 + m) + k] += 2.0 * weight * distance
            w[at(r.hessian + (1 + m) * size + 1 + m) + k] += 2.0 * weight


@kernel()
def _evaluate_general(layout: Layout, r: Rows, w: Array, start: int) -> None:
    """Fill the same but for the constraints, of any model."""
    n_bins, size, any_exact = layout.bins.shape[1], len(layout.ranges), False
    for k in range(ROW):
        any_exact |= w[at(r.exact) + k] > 0.0
    expected(layout, r, w)
    _deviance(layout, r, w)
    _changes(layout, r, w)
    for p in range(size):
        for k in range(ROW):
            w[at(r.gradient + p) + k] = 0.0
        for i in range(layout.ranges[p, 0], layout.ranges[p, 1]):
            slope, change = at(r.bins + BIN * i + SLOPE), at(r.changes + p * n_bins + i)
            for k in range(ROW):
                w[at(r.gradient + p) + k] += w[slope + k] * w[change + k]
        for q in range(p + 1):
            row = at(r.hessian + p * size + q)
            for k in range(ROW):
                w[row + k] = 0.0
            low, high = layout.ranges[p, 0], layout.ranges[p, 1]
            low, high = max(low, layout.ranges[q, 0]), min(high, layout.ranges[q, 1])
            for i in range(low, high if q >= start else low):
                curvature = at(r.bins + BIN * i + CURVATURE)
                one, other = at(r.changes + p * n_bins + i), at(r.changes + q * n_bins + i)
                for k in range(ROW):
                    w[row + k] += w[curvature + k] * w[one + k] * w[other + k]
    if any_exact:
        _component_sums(layout, r, w)
        _second_order(layout, r, w)


@kernel()
def _component_sums(layout: Layout, r: Rows, w: Array) -> None:
    """Sum slope × (T, ∂T, ∂²T, then of each shape ∂T/∂x, ∂²T/∂x², ∂²T/∂x∂θ) over the bins of a component.

    In the lanes whose Hessian is not exact the sums are zero.
    """
    n_layers, n_columns = layout.layers.shape
    n_shapes, n_bins, n_components = n_layers // 2, layout.bins.shape[1], len(layout.components)
    for row in range(r.sums, r.value):
        for k in range(ROW):
            w[at(row) + k] = 0.0
    for c in range(n_components):
        signal, shift = c < layout.n_signals, layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(ROW):  # the row of the step serves as room
                w[at(r.trial) + k] = w[at(r.bins + BIN * i + SLOPE) + k] * w[at(r.exact) + k]
            for k in range(ROW):
                w[at(r.sums + c) + k] += w[at(r.trial) + k] * w[at(r.columns + shift + i) + k]
            if signal:
                for k in range(ROW):
                    w[at(r.sums + n_components + c) + k] += (
                        w[at(r.trial) + k] * w[at(r.bins + BIN * i + FIRST) + k]
                    )
                    w[at(r.sums + 2 * n_components + c) + k] += (
                        w[at(r.trial) + k] * w[at(r.bins + BIN * i + SECOND) + k]
                    )
            for m in range(len(layout.nuisances)):
                s = layout.nuisances[m, 1]
                if s < 0:
                    continue
                row = r.sums + 3 * (1 + s) * n_components + c
                linear, square = (1 + s), (1 + n_shapes + s)
                for k in range(ROW):
                    u = w[at(r.layers + linear * n_columns + shift + i) + k]
                    v = w[at(r.layers + square * n_columns + shift + i) + k]
                    w[at(row) + k] += w[at(r.trial) + k] * (u + 2.0 * w[at(r.at + 1 + m) + k] * v)
                    w[at(row + n_components) + k] += w[at(r.trial) + k] * 2.0 * v
                if signal:
                    for k in range(ROW):
                        u = w[at(r.layers_first + linear * n_bins + i) + k]
                        v = w[at(r.layers_first + square * n_bins + i) + k]
                        w[at(row + 2 * n_components) + k] += w[at(r.trial) + k] * (
                            u + 2.0 * w[at(r.at + 1 + m) + k] * v
                        )


@kernel()
def _second_order(layout: Layout, r: Rows, w: Array) -> None:
    """Add Σ_i slope_i ∂²μ_i/∂p∂q to the Hessian."""
    n_components, size = len(layout.components), len(layout.ranges)
    for c in range(layout.n_signals):
        for k in range(ROW):
            w[at(r.hessian) + k] += w[at(r.factor + c) + k] * w[at(r.sums + 2 * n_components + c) + k]
    for a in range(len(layout.pairs)):
        c, p = layout.pairs[a, 0], 1 + layout.pairs[a, 1]
        for k in range(ROW):
            w[at(r.hessian + p * size) + k] += (
                w[at(r.slope_of + a) + k] * w[at(r.sums + n_components + c) + k]
            )
        if layout.nuisances[p - 1, 0] == LOG_NORMAL:
            for k in range(ROW):
                w[at(r.hessian + p * size + p) + k] += (
                    layout.constraints[p - 1, 0] * w[at(r.slope_of + a) + k] * w[at(r.sums + c) + k]
                )
        for b in range(a):
            if layout.pairs[b, 0] == c:
                q = 1 + layout.pairs[b, 1]
                row = r.hessian + max(p, q) * size + min(p, q)
                for k in range(ROW):
                    w[at(row) + k] += mixed_factor(layout, r, w, a, b, k) * w[at(r.sums + c) + k]
    for m in range(len(layout.nuisances)):
        s = layout.nuisances[m, 1]
        if s < 0:
            continue
        p, row = 1 + m, r.sums + 3 * (1 + s) * n_components
        for c in range(n_components):
            for k in range(ROW):
                w[at(r.hessian + p * size + p) + k] += (
                    w[at(r.factor + c) + k] * w[at(row + n_components + c) + k]
                )
                w[at(r.hessian + p * size) + k] += (
                    w[at(r.factor + c) + k] * w[at(row + 2 * n_components + c) + k]
                )
        for a in range(len(layout.pairs)):
            q = 1 + layout.pairs[a, 1]
            target = r.hessian + max(p, q) * size + min(p, q)
            for k in range(ROW):
                w[at(target) + k] += w[at(r.slope_of + a) + k] * w[at(row + layout.pairs[a, 0]) + k]
