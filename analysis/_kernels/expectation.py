"""Expected counts of many data sets side by side: see `analysis._kernels.layout`."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.layout import LANES, LINEAR, Layout, Rows
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]


@kernel()
def prepare(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the rows that stay as they are."""
    n_layers, n_columns = layout.layers.shape
    for layer in range(n_layers):
        for column in range(n_columns):
            for k in range(LANES):
                w[r.layers + layer * n_columns + column, k] = layout.layers[layer, column]
    for column in range(n_columns):
        for k in range(LANES):
            w[r.columns + column, k] = layout.layers[0, column]
    for k in range(LANES):
        w[r.pulls, k] = 1.0


@kernel()
def factors(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the factors of the components and their first derivatives."""
    for c in range(len(layout.components)):
        for k in range(LANES):
            w[r.factor + c, k] = 1.0
    for a in range(len(layout.pairs)):
        for k in range(LANES):
            w[r.slope_of + a, k] = 1.0
    for b in range(len(layout.pairs)):
        c, m = layout.pairs[b, 0], layout.pairs[b, 1]
        size, linear = layout.constraints[m, 0], layout.nuisances[m, 0] == LINEAR
        for k in range(LANES):  # the row of the step serves as room
            x = size * w[r.at + 1 + m, k]
            w[r.trial, k] = 1.0 + x if linear else math.exp(x)
        for k in range(LANES):
            w[r.factor + c, k] *= w[r.trial, k]
        for a in range(len(layout.pairs)):
            if layout.pairs[a, 0] != c:
                continue
            for k in range(LANES):
                w[r.slope_of + a, k] *= w[r.trial, k] if a != b else size * (1.0 if linear else w[r.trial, k])


@kernel()
def _signals(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the signals' layers and their derivatives in θ, and sum them up to columns."""
    n_layers, n_columns = layout.layers.shape
    n_bins, last = layout.bins.shape[1], len(layout.knots) - 1
    for layer in range(n_layers):
        for i in range(n_bins):
            value, slope = r.layers + layer * n_columns + i, r.layers_first + layer * n_bins + i
            if last == 0:
                a, b = layout.powers[0, 0, layer, i], layout.powers[0, 1, layer, i]
                c, d = layout.powers[0, 2, layer, i], layout.powers[0, 3, layer, i]
                origin = layout.knots[0]
                for k in range(LANES):
                    t = w[r.at, k] - origin
                    w[value, k] = a + t * (b + t * (c + t * d))
                    w[slope, k] = b + t * (2.0 * c + t * 3.0 * d)
                    w[r.trial, k] = 2.0 * c + 6.0 * d * t
            else:
                for k in range(LANES):
                    j = piece(layout.knots, w[r.at, k])
                    t = w[r.at, k] - layout.knots[j]
                    a, b = layout.powers[j, 0, layer, i], layout.powers[j, 1, layer, i]
                    c, d = layout.powers[j, 2, layer, i], layout.powers[j, 3, layer, i]
                    w[value, k] = a + t * (b + t * (c + t * d))
                    w[slope, k] = b + t * (2.0 * c + t * 3.0 * d)
                    w[r.trial, k] = 2.0 * c + 6.0 * d * t
            for k in range(LANES):
                pull = w[r.pulls + layer, k]
                before = 0.0 if layer == 0 else 1.0
                w[r.columns + i, k] = before * w[r.columns + i, k] + pull * w[value, k]
                w[r.first + i, k] = before * w[r.first + i, k] + pull * w[slope, k]
                w[r.second + i, k] = before * w[r.second + i, k] + pull * w[r.trial, k]


@kernel()
def piece(knots: Array, theta: float) -> int:
    """Find the piece in which a value lies: the last knot not above it, or the first."""
    low, high = 0, len(knots)
    while high - low > 1:
        middle = (low + high) // 2
        if knots[middle] <= theta:
            low = middle
        else:
            high = middle
    return low


@kernel()
def expected(layout: Layout, r: Rows, w: Array) -> None:
    """Fill μ; the factors are there."""
    n_layers, n_columns = layout.layers.shape
    n_shapes, n_bins = n_layers // 2, layout.bins.shape[1]
    for m in range(len(layout.nuisances)):
        s = layout.nuisances[m, 1]
        if s >= 0:
            for k in range(LANES):
                x = w[r.at + 1 + m, k]
                w[r.pulls + 1 + s, k] = x
                w[r.pulls + 1 + n_shapes + s, k] = x * x
    _signals(layout, r, w)
    for column in range(n_bins, n_columns if n_shapes else 0):
        for layer in range(n_layers):
            before = 0.0 if layer == 0 else 1.0
            for k in range(LANES):
                w[r.columns + column, k] = (
                    before * w[r.columns + column, k]
                    + w[r.pulls + layer, k] * w[r.layers + layer * n_columns + column, k]
                )
    for i in range(n_bins):
        for k in range(LANES):
            w[r.mu + i, k] = layout.bins[0, i]
    for c in range(len(layout.components)):
        shift = layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(LANES):
                w[r.mu + i, k] += w[r.factor + c, k] * w[r.columns + shift + i, k]
