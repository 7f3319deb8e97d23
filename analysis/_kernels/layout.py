"""The model of a fit as arrays, and the rows in which it is evaluated for many data sets side by side.

Counts of bin i are a sum over components c, the signal of each experiment first, then the backgrounds:

    μ_i(θ, x) = const_i + Σ_c F_c(x) [T_ci(θ) + Σ_s x_s U_csi(θ) + x_s² V_csi(θ)]

F_c is a product of factors 1 + σ x_m or (1 + σ)^x_m, s runs over the nuisance parameters that change shapes,
and T, U, V of the signal are piecewise polynomials in the parameter of interest θ. Every x_m is measured as
a_m ± 1 in its own units.

All that is computed stands in one array of rows of `LANES` data sets, so that the innermost loops run over
the lanes and vectorise: one array alone needs no checks whether two overlap. No lane depends on another.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel

__all__ = ["LANES", "Layout", "Rows", "make_rows"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

LANES = 64

ROW = np.uint64(LANES)
"""Length of a row. Places in the array are unsigned: one that cannot be negative needs no branch."""

BIN, TOTALS = 8, 7
"""Rows of a bin, and of the totals of an experiment in the fused path."""

N, INVERSE, MU, SLOPE, CURVATURE, FIRST, SECOND, SIGNAL = (np.uint64(j * LANES) for j in range(BIN))
"""Rows of a bin: data and their inverse; μ, with slope and curvature of -2 ln L in it; derivatives of the
signal in θ; in the fused path the signal. Rows at fixed distances need no checks whether they overlap."""

VALUE, SUM_FIRST, SUM_SECOND, SUM_SQUARE, THETA, EXACT, FACTOR = (np.uint64(j * LANES) for j in range(TOTALS))
"""Totals: -2 ln L; Σ slope × ∂T/∂θ, × ∂²T/∂θ²; Σ curvature × (∂T/∂θ)²; copies of what they are made of."""

LINEAR, LOG_NORMAL, SHAPE = 0, 1, 2
"""Kinds of nuisance parameters."""

POISSON, GAUSSIAN, TEMPLATES = 0, 1, 2
"""Kinds of likelihood: Poisson; the paper's χ²; Poisson with templates that are known to a relative error."""


class Layout(NamedTuple):
    """The model; C components, M nuisance parameters, S of them shapes, N bins."""

    n_signals: int
    """Number of experiments: so many components are signals."""
    likelihood: int
    components: Integers
    """First bin, end of the bins, column of the first, experiment, and whether it has a factor, shape (C, 5);
    the signals' columns are the bins."""
    pairs: Integers
    """Component and nuisance parameter that is a factor of it, shape (n_pairs, 2), ascending."""
    nuisances: Integers
    """Kind, and number of the pair of layers of a shape, else -1, shape (M, 2)."""
    constraints: Array
    """σ of a linear factor, ln(1 + σ) of a log-normal one; 1 if measured, else 0; lowest: (M, 3)."""
    ranges: Integers
    """First bin that a parameter changes, and the end of them, θ first, shape (1 + M, 2)."""
    layers: Array
    """T, U_s ..., V_s ... of the columns of backgrounds, shape (1 + 2S, n_columns)."""
    bins: Array
    """What no parameter changes; absolute errors of the paper's χ², or relative ones of templates: (2, N)."""
    knots: Array
    """Where the pieces in θ begin, shape (J,)."""
    powers: Array
    """Coefficients of (θ - knot)^k of the signals' layers, shape (J, 4, 1 + 2S, N)."""


class Rows(NamedTuple):
    """Where the rows of each quantity begin; P = 1 + M parameters, L = 1 + 2S layers."""

    bins: np.uint64
    """Bins, BIN rows each."""
    measured: np.uint64
    """Auxiliary measurements, M."""
    at: np.uint64
    """Parameters at which the model is evaluated, P."""
    exact: np.uint64
    """1 where the Hessian is exact, 0 where it is Fisher's."""
    factor: np.uint64
    """F_c, C."""
    slope_of: np.uint64
    """∂F_c/∂x_m of each pair."""
    pulls: np.uint64
    """1, x_s ..., x_s² ..., L."""
    layers: np.uint64
    """T, U_s ..., V_s ... of every column, L × n_columns; of no use without shapes."""
    layers_first: np.uint64
    """Their derivatives in θ, L × N."""
    columns: np.uint64
    """T + Σ x U + x² V of every column."""
    changes: np.uint64
    """∂μ_i/∂p, P × N."""
    totals: np.uint64
    """Of the fused path, TOTALS for each experiment."""
    products: np.uint64
    """Of the fused path for each component: Σ slope × T, Σ curvature × T × ∂T/∂θ, Σ curvature × T × T' of
    every other: C × (2 + C)."""
    sums: np.uint64
    """Σ_i slope × columns and their derivatives of each component, (3 + 3S) × C."""
    value: np.uint64
    """-2 ln L/L_saturated, 1."""
    gradient: np.uint64
    hessian: np.uint64
    """P, and P × P of which the lower triangle counts."""
    best: np.uint64
    """Best parameters so far, P."""
    best_value: np.uint64
    slope_at_best: np.uint64
    """∂/∂θ of -2 ln L at the minimum: by the envelope theorem that of the profile."""
    step: np.uint64
    trial: np.uint64
    """P each."""
    fraction: np.uint64
    """Of the step that is tried."""
    decrease: np.uint64
    """Expected of the step."""
    keep: np.uint64
    """0 for a parameter that stays where it is, P."""
    trusted: np.uint64
    """1 where steps are so small that they are made without looking at the value."""
    shortened: np.uint64
    """1 where the last step was too long."""
    cautious: np.uint64
    """1 where trust was misplaced."""
    before: np.uint64
    """Parameters before the last step that was trusted, P."""
    done: np.uint64
    failed: np.uint64
    regular: np.uint64
    """Whether the matrix was positive definite."""
    size: int
    """Number of rows."""


@kernel(inner=True)
def at(row: int) -> np.uint64:
    """Return where the row of a number begins, counted from another one."""
    return np.uint64(row) * ROW


@kernel()
def make_rows(layout: Layout) -> Rows:
    """Lay the rows out."""
    n_bins, m, c = layout.bins.shape[1], len(layout.nuisances), len(layout.components)
    n_layers, n_columns = layout.layers.shape
    p = 1 + m
    measured = BIN * n_bins
    point = measured + m
    exact = point + p
    factor = exact + 1
    slope_of = factor + c
    pulls = slope_of + len(layout.pairs)
    layers = pulls + n_layers
    layers_first = layers + n_layers * n_columns
    columns = layers_first + n_layers * n_bins
    changes = columns + n_columns
    totals = changes + p * n_bins
    products = totals + TOTALS * layout.n_signals
    sums = products + c * (2 + c)
    value = sums + (3 + 3 * (n_layers // 2)) * c
    gradient = value + 1
    hessian = gradient + p
    best = hessian + p * p
    best_value = best + p
    step = best_value + 2
    trial = step + p
    fraction = trial + p
    keep = fraction + 2
    trusted = keep + p
    before = trusted + 3
    done = before + p
    return Rows(
        at(0), at(measured), at(point), at(exact), at(factor), at(slope_of), at(pulls), at(layers),
        at(layers_first), at(columns), at(changes), at(totals), at(products), at(sums), at(value),
        at(gradient), at(hessian), at(best), at(best_value), at(best_value + 1), at(step), at(trial),
        at(fraction), at(fraction + 1), at(keep), at(trusted), at(trusted + 1), at(trusted + 2), at(before),
        at(done), at(done + 1), at(done + 2), done + 3,
    )  # fmt: skip
