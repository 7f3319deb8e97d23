"""-2 ln L with its derivatives in few passes, of models whose nuisance parameters are factors.

It is the path of most studies: Poisson counts, no shape that varies, a signal of one polynomial in θ. Others
goes through `analysis._kernels.general`, which tests hold this against.
"""

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.bits import excess
from analysis._kernels.expectation import mixed_factor
from analysis._kernels.layout import (
    BIN,
    CURVATURE,
    EXACT,
    FACTOR,
    FIRST,
    INVERSE,
    LOG_NORMAL,
    MU,
    POISSON,
    ROW,
    SIGNAL,
    SLOPE,
    SUM_FIRST,
    SUM_SECOND,
    SUM_SQUARE,
    THETA,
    TOTALS,
    VALUE,
    Layout,
    N,
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


@kernel(inner=True)
def _rest(layout: Layout, r: Rows, w: Array) -> None:
    """Fill μ with all but the signals."""
    for i in range(layout.bins.shape[1]):
        row, constant = r.bins + MU + at(BIN * i), layout.bins[0, i]
        for k in range(ROW):
            w[row + k] = constant
    for c in range(layout.n_signals, len(layout.components)):
        factor, shift = r.factor + at(c), layout.components[c, 2] - layout.components[c, 0]
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            row, content = r.bins + MU + at(BIN * i), layout.layers[0, shift + i]
            for k in range(ROW):
                w[row + k] += w[factor + k] * content


@kernel(inner=True)
def _start_totals(r: Rows, w: Array, e: int) -> None:
    total = r.totals + at(TOTALS * e)
    for k in range(ROW):
        w[total + VALUE + k] = 0.0
        w[total + SUM_FIRST + k] = 0.0
        w[total + SUM_SECOND + k] = 0.0
        w[total + SUM_SQUARE + k] = 0.0
    for k in range(ROW):
        w[total + THETA + k] = w[r.at + k]
    for k in range(ROW):
        w[total + EXACT + k] = w[r.exact + k]
    for k in range(ROW):
        w[total + FACTOR + k] = w[r.factor + at(e) + k]


@kernel(inner=True)
def _bins(layout: Layout, r: Rows, w: Array, e: int, valued: bool) -> None:
    """Fill the rows of the bins of an experiment, and sum them up."""
    origin, total = layout.knots[0], r.totals + at(TOTALS * e)
    for i in range(layout.components[e, 0], layout.components[e, 1]):
        a, b, c = layout.powers[0, 0, 0, i], layout.powers[0, 1, 0, i], layout.powers[0, 2, 0, i]
        row, second = r.bins + at(BIN * i), 2.0 * layout.powers[0, 2, 0, i]
        for k in range(ROW):
            t = w[total + THETA + k] - origin
            w[row + SIGNAL + k] = a + t * (b + t * c)
            w[row + FIRST + k] = b + t * second
        for k in range(ROW):
            mu = w[row + MU + k] + w[total + FACTOR + k] * w[row + SIGNAL + k]
            w[row + MU + k] = max(mu, _FLOOR)
        for k in range(ROW):
            inverse = 1.0 / w[row + MU + k]
            ratio = w[row + N + k] * inverse
            w[row + SLOPE + k] = 2.0 - 2.0 * ratio
            w[row + CURVATURE + k] = 2.0 * inverse * (ratio if w[total + EXACT + k] > 0.0 else 1.0)
        for k in range(ROW):
            slope, first = w[row + SLOPE + k], w[row + FIRST + k]
            w[total + SUM_FIRST + k] += slope * first
            w[total + SUM_SECOND + k] += slope * second
            w[total + SUM_SQUARE + k] += w[row + CURVATURE + k] * first * first
        if valued:
            for k in range(ROW):
                mu, n = w[row + MU + k], w[row + N + k]
                deviance = n * excess(max(mu * w[row + INVERSE + k], _FLOOR))
                w[total + VALUE + k] += 2.0 * (deviance if n > 0.0 else mu)


@kernel(inner=True)
def _products(layout: Layout, r: Rows, w: Array) -> None:
    """Sum slopes and curvatures times the columns of components that have a factor."""
    n = len(layout.components)
    for c in range(n):
        if layout.components[c, 4] == 0:
            continue
        target = r.products + at(c * (2 + n))
        for j in range(2 + n):
            for k in range(ROW):
                w[target + at(j) + k] = 0.0
        shift = layout.components[c, 2] - layout.components[c, 0]
        own = at(2 + c)
        for i in range(layout.components[c, 0], layout.components[c, 1]):
            row = r.bins + at(BIN * i)
            if c < layout.n_signals:
                for k in range(ROW):
                    signal = w[row + SIGNAL + k]
                    bent = w[row + CURVATURE + k] * signal
                    w[target + k] += w[row + SLOPE + k] * signal
                    w[target + ROW + k] += bent * w[row + FIRST + k]
                    w[target + own + k] += bent * signal
                continue
            content = layout.layers[0, shift + i]
            for k in range(ROW):
                bent = w[row + CURVATURE + k] * content
                w[target + k] += w[row + SLOPE + k] * content
                w[target + ROW + k] += bent * w[row + FIRST + k]
                w[target + own + k] += bent * content
            for d in range(c):
                if layout.components[d, 4] == 0 or layout.components[d, 3] != layout.components[c, 3]:
                    continue
                other = at(2 + d)
                if d < layout.n_signals:
                    for k in range(ROW):
                        signal = w[row + SIGNAL + k]
                        w[target + other + k] += w[row + CURVATURE + k] * signal * content
                else:
                    shifted = layout.components[d, 2] - layout.components[d, 0]
                    both = content * layout.layers[0, shifted + i]
                    for k in range(ROW):
                        w[target + other + k] += w[row + CURVATURE + k] * both


@kernel(inline="always")
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
        w[r.value + k] = 0.0
    for j in range(size + size * size):
        row = r.gradient + at(j)
        for k in range(ROW):
            w[row + k] = 0.0
    for e in range(layout.n_signals):
        total = r.totals + at(TOTALS * e)
        for k in range(ROW):
            w[r.value + k] += w[total + VALUE + k]
        for k in range(ROW):
            w[r.gradient + k] += w[total + FACTOR + k] * w[total + SUM_FIRST + k]
        for k in range(ROW):
            factor = w[total + FACTOR + k]
            bent = w[total + EXACT + k] * w[total + SUM_SECOND + k]
            w[r.hessian + k] += factor * (factor * w[total + SUM_SQUARE + k] + bent)
    if len(layout.pairs):
        _products(layout, r, w)
        _assemble(layout, r, w)


@kernel(inner=True)
def _assemble(layout: Layout, r: Rows, w: Array) -> None:
    """Add what concerns the nuisance parameters to gradient and Hessian."""
    size, n = len(layout.ranges), len(layout.components)
    for a in range(len(layout.pairs)):
        c, m = layout.pairs[a, 0], layout.pairs[a, 1]
        p, change = 1 + m, r.slope_of + at(a)
        e = layout.components[c, 3]
        total, product = r.totals + at(TOTALS * e), r.products + at(c * (2 + n))
        row = r.gradient + at(p)
        for k in range(ROW):
            w[row + k] += w[change + k] * w[product + k]
        row = r.hessian + at(p * size)
        signal = 1.0 if c < layout.n_signals else 0.0
        for k in range(ROW):
            bent = w[total + FACTOR + k] * w[product + ROW + k]
            mixed = signal * w[total + EXACT + k] * w[total + SUM_FIRST + k]
            w[row + k] += w[change + k] * (bent + mixed)
        if layout.nuisances[m, 0] == LOG_NORMAL:
            row, bend = r.hessian + at(p * size + p), layout.constraints[m, 0]
            for k in range(ROW):
                w[row + k] += bend * w[total + EXACT + k] * w[change + k] * w[product + k]
        for b in range(a + 1):
            d, other = layout.pairs[b, 0], 1 + layout.pairs[b, 1]
            if layout.components[d, 3] != e:
                continue
            high, low = max(c, d), min(c, d)
            both = r.products + at(high * (2 + n) + 2 + low)
            row, second = r.hessian + at(max(p, other) * size + min(p, other)), r.slope_of + at(b)
            twice = 2.0 if b < a and p == other else 1.0
            for k in range(ROW):
                w[row + k] += twice * w[change + k] * w[second + k] * w[both + k]
            if b < a and c == d:
                for k in range(ROW):
                    w[row + k] += w[total + EXACT + k] * mixed_factor(layout, r, w, a, b, k) * w[product + k]
