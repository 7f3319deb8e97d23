"""Expected counts of many data sets side by side: see `analysis._kernels.layout`."""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.layout import LINEAR, ROW, Layout, Rows, at
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]


@kernel()
def prepare(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the rows that stay as they are."""
    n_layers, n_columns = layout.layers.shape
    for column in range(n_columns):
        row = r.columns + at(column)
        for k in range(ROW):
            w[row + k] = layout.layers[0, column]
        for layer in range(n_layers):
            row = r.layers + at(layer * n_columns + column)
            for k in range(ROW):
                w[row + k] = layout.layers[layer, column]
    for k in range(ROW):
        w[r.pulls + k] = 1.0


@kernel(inner=True)
def factors(layout: Layout, r: Rows, w: Array) -> None:
    """Fill the factors of the components and their first derivatives."""
    for c in range(len(layout.components)):
        row = r.factor + at(c)
        for k in range(ROW):
            w[row + k] = 1.0
    for a in range(len(layout.pairs)):
        row = r.slope_of + at(a)
        for k in range(ROW):
            w[row + k] = 1.0
    for b in range(len(layout.pairs)):
        c, m = layout.pairs[b, 0], layout.pairs[b, 1]
        size, linear = layout.constraints[m, 0], layout.nuisances[m, 0] == LINEAR
        x, factor = r.at + at(1 + m), r.factor + at(c)
        if linear:  # the row of the trial step serves as room
            for k in range(ROW):
                w[r.trial + k] = 1.0 + size * w[x + k]
        else:
            for k in range(ROW):
                w[r.trial + k] = math.exp(size * w[x + k])
        for k in range(ROW):
            w[factor + k] *= w[r.trial + k]
        for a in range(len(layout.pairs)):
            slope = r.slope_of + at(a)
            if layout.pairs[a, 0] != c:
                continue
            if a == b:
                for k in range(ROW):
                    w[slope + k] *= size
            if a != b or not linear:
                for k in range(ROW):
                    w[slope + k] *= w[r.trial + k]


@kernel(inner=True)
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


@kernel(inner=True)
def mixed_factor(layout: Layout, r: Rows, w: Array, a: int, b: int, k: int) -> float:
    """Evaluate ∂²F/∂x_a∂x_b of two factors of one component."""
    product = 1.0
    for pair in range(len(layout.pairs)):
        if layout.pairs[pair, 0] != layout.pairs[a, 0]:
            continue
        m = layout.pairs[pair, 1]
        size, linear = layout.constraints[m, 0], layout.nuisances[m, 0] == LINEAR
        x = size * w[r.at + at(1 + m) + k]
        own = 1.0 + x if linear else math.exp(x)
        if pair in (a, b):
            own = size if linear else size * own
        product *= own
    return product
