"""Expected counts of many data sets side by side: see `analysis._kernels.layout`."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.layout import BIN, FIRST, LINEAR, MU, ROW, SECOND, Layout, Rows, at
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]


@kernel()
def prepare(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the rows that stay as they are."""
    n_layers, n_columns = layout.layers.shape
    for layer in range(n_layers):
        for column in range(n_columns):
            for k in range(ROW):
                w[at(r.layers + layer * n_columns + column) + k] = layout.layers[layer, column]
    for column in range(n_columns):
        for k in range(ROW):
            w[at(r.columns + column) + k] = layout.layers[0, column]
    for k in range(ROW):
        w[at(r.pulls) + k] = 1.0


@kernel()
def factors(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the factors of the components and their first derivatives."""
    for c in range(len(layout.components)):
        for k in range(ROW):
            w[at(r.factor + c) + k] = 1.0
    for a in range(len(layout.pairs)):
        for k in range(ROW):
            w[at(r.slope_of + a) + k] = 1.0
    for b in range(len(layout.pairs)):
        c, m = layout.pairs[b, 0], layout.pairs[b, 1]
        size, linear = layout.constraints[m, 0], layout.nuisances[m, 0] == LINEAR
        for k in range(ROW):  # the row of the step serves as room
            x = size * w[at(r.at + 1 + m) + k]
            w[at(r.trial) + k] = 1.0 + x if linear else math.exp(x)
        for k in range(ROW):
            w[at(r.factor + c) + k] *= w[at(r.trial) + k]
        for a in range(len(layout.pairs)):
            if layout.pairs[a, 0] != c:
                continue
            for k in range(ROW):
                w[at(r.slope_of + a) + k] *= (
                    w[at(r.trial) + k] if a != b else size * (1.0 if linear else w[at(r.trial) + k])
                )


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
                for k in range(ROW):
                    t = w[at(r.at) + k] - origin
                    w[at(value) + k] = a + t * (b + t * (c + t * d))
                    w[at(slope) + k] = b + t * (2.0 * c + t * 3.0 * d)
                    w[at(r.trial) + k] = 2.0 * c + 6.0 * d * t
            else:
                for k in range(ROW):
                    j = piece(layout.knots, w[at(r.at) + k])
                    t = w[at(r.at) + k] - layout.knots[j]
                    a, b = layout.powers[j, 0, layer, i], layout.powers[j, 1, layer, i]
                    c, d = layout.powers[j, 2, layer, i], layout.powers[j, 3, layer, i]
                    w[at(value) + k] = a + t * (b + t * (c + t * d))
                    w[at(slope) + k] = b + t * (2.0 * c + t * 3.0 * d)
                    w[at(r.trial) + k] = 2.0 * c + 6.0 * d * t
            for k in range(ROW):
                pull = w[at(r.pulls + layer) + k]
                before = 0.0 if layer == 0 else 1.0
                w[at(r.columns + i) + k] = before * w[at(r.columns + i) + k] + pull * w[at(value) + k]
                w[at(r.bins + BIN * i + FIRST) + k] = (
                    before * w[at(r.bins + BIN * i + FIRST) + k] + pull * w[at(slope) + k]
                )
                w[at(r.bins + BIN * i + SECOND) + k] = (
                    before * w[at(r.bins + BIN * i + SECOND) + k] + pull * w[at(r.trial) + k]
                )


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
            for k in range(ROW):
                x = w[at(r.at + 1 + m) + k]
                w[at(r.pulls + 1 + s) + k] = x
                w[at(r.pulls + 1 + n_shapes + s) + k] = x * x
    _signals(layout, r, w)
    for column in range(n_bins, n_columns if n_shapes else 0):
        for layer in range(n_layers):
            before = 0.0 if layer == 0 else 1.0
            for k in range(ROW):
                w[at(r.columns + column) + k] = (
                    before * w[at(r.columns + column) + k]
                    + w[at(r.pulls + layer) + k] * w[at(r.layers + layer * n_columns + column) + k]
                )
    for i in range(n_bins):
        for k in range(ROW):
            w[at(r.bins + BIN * i + MU) + k] = layout.bins[0, i]
    for c in range(len(layout.components)):
        shift = layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            for k in range(ROW):
                w[at(r.bins + BIN * i + MU) + k] += w[at(r.factor + c) + k] * w[at(r.columns + shift + i) + k]
