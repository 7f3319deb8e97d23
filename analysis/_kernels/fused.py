"""-2 ln L with its derivatives in few passes, where nuisance parameters are factors and the signal a polynomial.

It is the path of most studies: Poisson counts, no shape that varies, one piece in θ. Everything else goes through
`analysis._kernels.derivatives`, which tests hold this against.
"""

import math

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.bits import excess
from analysis._kernels.layout import (
    BIN,
    CURVATURE,
    EXACT,
    FACTOR,
    FIRST,
    INVERSE,
    LINEAR,
    LOG_NORMAL,
    MU,
    N,
    POISSON,
    SIGNAL,
    SLOPE,
    SUM_FIRST,
    SUM_SECOND,
    SUM_SQUARE,
    THETA,
    TOTALS,
    VALUE,
    Layout,
    ROW,
    Rows,
    at,
)
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]

_FLOOR = 1e-290


@kernel()
def is_plain(layout: Layout) -> bool:
    """Tell whether a model can take this path."""
    return layout.likelihood == POISSON and len(layout.layers) == 1 and len(layout.knots) == 1


@kernel()
def _rest(layout: Layout, r: Rows, w: Array) -> None:
    """Fill μ with all but the signals."""
    for i in range(layout.bins.shape[1]):
        row, constant = at(r.bins + BIN * i + MU), layout.bins[0, i]
        for k in range(ROW):
            w[row + k] = constant
    for c in range(layout.n_signals, len(layout.components)):
        factor, shift = at(r.factor + c), layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            row, content = at(r.bins + BIN * i + MU), layout.layers[0, shift + i]
            for k in range(ROW):
                w[row + k] += w[factor + k] * content


@kernel()
def _start_totals(r: Rows, w: Array, e: int) -> None:
    total = at(r.totals + TOTALS * e)
    for k in range(ROW):
        w[total + at(VALUE) + k] = 0.0
        w[total + at(SUM_FIRST) + k] = 0.0
        w[total + at(SUM_SECOND) + k] = 0.0
        w[total + at(SUM_SQUARE) + k] = 0.0
    for k in range(ROW):
        w[total + at(THETA) + k] = w[at(r.at) + k]
    for k in range(ROW):
        w[total + at(EXACT) + k] = w[at(r.exact) + k]
    for k in range(ROW):
        w[total + at(FACTOR) + k] = w[at(r.factor + e) + k]


@kernel()
def _bins(layout: Layout, r: Rows, w: Array, e: int, valued: bool) -> None:
    """Fill the rows of the bins of an experiment, and sum them up."""
    origin, total = layout.knots[0], at(r.totals + TOTALS * e)
    for i in range(layout.components[e, 0], layout.components[e, 1]):
        a, b, c = layout.powers[0, 0, 0, i], layout.powers[0, 1, 0, i], layout.powers[0, 2, 0, i]
        row, second = at(r.bins + BIN * i), 2.0 * layout.powers[0, 2, 0, i]
        for k in range(ROW):
            t = w[total + at(THETA) + k] - origin
            w[row + at(SIGNAL) + k] = a + t * (b + t * c)
            w[row + at(FIRST) + k] = b + t * second
        for k in range(ROW):
            mu = w[row + at(MU) + k] + w[total + at(FACTOR) + k] * w[row + at(SIGNAL) + k]
            w[row + at(MU) + k] = max(mu, _FLOOR)
        for k in range(ROW):
            inverse = 1.0 / w[row + at(MU) + k]
            ratio = w[row + at(N) + k] * inverse
            w[row + at(SLOPE) + k] = 2.0 - 2.0 * ratio
            w[row + at(CURVATURE) + k] = 2.0 * inverse * (ratio if w[total + at(EXACT) + k] > 0.0 else 1.0)
        for k in range(ROW):
            slope, first = w[row + at(SLOPE) + k], w[row + at(FIRST) + k]
            w[total + at(SUM_FIRST) + k] += slope * first
            w[total + at(SUM_SECOND) + k] += slope * second
            w[total + at(SUM_SQUARE) + k] += w[row + at(CURVATURE) + k] * first * first
        if valued:
            for k in range(ROW):
                mu, n = w[row + at(MU) + k], w[row + at(N) + k]
                deviance = n * excess(max(mu * w[row + at(INVERSE) + k], _FLOOR))
                w[total + at(VALUE) + k] += 2.0 * (deviance if n > 0.0 else mu)


@kernel()
def _products(layout: Layout, r: Rows, w: Array) -> None:
    """Sum slopes and curvatures times the columns of components that have a factor."""
    n = len(layout.components)
    for c in range(n):
        if layout.components[c, 4] == 0:
            continue
        target = at(r.products + c * (2 + n))
        for row in range(2 + n):
            for k in range(ROW):
                w[target + at(row) + k] = 0.0
        shift = layout.components[c, 2] - layout.components[c, 0]
        own = at(2 + c)
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            row = at(r.bins + BIN * i)
            if c < layout.n_signals:
                for k in range(ROW):
                    signal = w[row + at(SIGNAL) + k]
                    bent = w[row + at(CURVATURE) + k] * signal
                    w[target + k] += w[row + at(SLOPE) + k] * signal
                    w[target + ROW + k] += bent * w[row + at(FIRST) + k]
                    w[target + own + k] += bent * signal
                continue
            content = layout.layers[0, shift + i]
            for k in range(ROW):
                bent = w[row + at(CURVATURE) + k] * content
                w[target + k] += w[row + at(SLOPE) + k] * content
                w[target + ROW + k] += bent * w[row + at(FIRST) + k]
                w[target + own + k] += bent * content
            for d in range(c):
                if layout.components[d, 4] == 0 or layout.components[d, 3] != layout.components[c, 3]:
                    continue
                other = at(2 + d)
                if d < layout.n_signals:
                    for k in range(ROW):
                        signal = w[row + at(SIGNAL) + k]
                        w[target + other + k] += w[row + at(CURVATURE) + k] * signal * content
                else:
                    shifted = layout.components[d, 2] - layout.components[d, 0]
                    both = content * layout.layers[0, shifted + i]
                    for k in range(ROW):
                        w[target + other + k] += w[row + at(CURVATURE) + k] * both


@kernel()
def evaluate_fused(layout: Layout, r: Rows, w: Array, valued: bool) -> None:
    """Fill value, gradient and Hessian but for the constraints; the factors are there.

    Parameters
    ----------
    valued : bool
        Whether the value itself is wanted, which takes the logarithms.
    """
    size = len(layout.ranges)
    _rest(layout, r, w)
    for e in range(layout.n_signals):
        _start_totals(r, w, e)
        _bins(layout, r, w, e, valued)
    for k in range(ROW):
        w[at(r.value) + k] = 0.0
    for row in range(r.gradient, r.hessian + size * size):
        for k in range(ROW):
            w[at(row) + k] = 0.0
    for e in range(layout.n_signals):
        total = at(r.totals + TOTALS * e)
        for k in range(ROW):
            w[at(r.value) + k] += w[total + at(VALUE) + k]
        for k in range(ROW):
            w[at(r.gradient) + k] += w[total + at(FACTOR) + k] * w[total + at(SUM_FIRST) + k]
        for k in range(ROW):
            factor = w[total + at(FACTOR) + k]
            bent = w[total + at(EXACT) + k] * w[total + at(SUM_SECOND) + k]
            w[at(r.hessian) + k] += factor * (factor * w[total + at(SUM_SQUARE) + k] + bent)
    if len(layout.pairs):
        _products(layout, r, w)
        _assemble(layout, r, w)


@kernel()
def _assemble(layout: Layout, r: Rows, w: Array) -> None:
    """Add what concerns the nuisance parameters to gradient and Hessian."""
    size, n = len(layout.ranges), len(layout.components)
    for a in range(len(layout.pairs)):
        c, m = layout.pairs[a, 0], layout.pairs[a, 1]
        p, change = 1 + m, at(r.slope_of + a)
        e = layout.components[c, 3]
        total, product = at(r.totals + TOTALS * e), at(r.products + c * (2 + n))
        row = at(r.gradient + p)
        for k in range(ROW):
            w[row + k] += w[change + k] * w[product + k]
        row = at(r.hessian + p * size)
        signal = 1.0 if c < layout.n_signals else 0.0
        for k in range(ROW):
            bent = w[total + at(FACTOR) + k] * w[product + ROW + k]
            mixed = signal * w[total + at(EXACT) + k] * w[total + at(SUM_FIRST) + k]
            w[row + k] += w[change + k] * (bent + mixed)
        if layout.nuisances[m, 0] == LOG_NORMAL:
            row, bend = at(r.hessian + p * size + p), layout.constraints[m, 0]
            for k in range(ROW):
                w[row + k] += bend * w[total + at(EXACT) + k] * w[change + k] * w[product + k]
        for b in range(a + 1):
            d, other = layout.pairs[b, 0], 1 + layout.pairs[b, 1]
            if layout.components[d, 3] != e:
                continue
            high, low = max(c, d), min(c, d)
            both = at(r.products + high * (2 + n) + 2 + low)
            row, second = at(r.hessian + max(p, other) * size + min(p, other)), at(r.slope_of + b)
            twice = 2.0 if b < a and p == other else 1.0
            for k in range(ROW):
                w[row + k] += twice * w[change + k] * w[second + k] * w[both + k]
            if b < a and c == d:
                for k in range(ROW):
                    w[row + k] += (
                        w[total + at(EXACT) + k] * mixed_factor(layout, r, w, a, b, k) * w[product + k]
                    )


@kernel()
def mixed_factor(layout: Layout, r: Rows, w: Array, a: int, b: int, k: int) -> float:
    """Evaluate ∂²F/∂x_a∂x_b of two factors of one component."""
    product = 1.0
    for pair in range(len(layout.pairs)):
        if layout.pairs[pair, 0] != layout.pairs[a, 0]:
            continue
        m = layout.pairs[pair, 1]
        size, linear = layout.constraints[m, 0], layout.nuisances[m, 0] == LINEAR
        x = size * w[at(r.at + 1 + m) + k]
        own = 1.0 + x if linear else math.exp(x)
        if pair in (a, b):
            own = size if linear else size * own
        product *= own
    return product
