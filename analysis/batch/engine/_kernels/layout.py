"""The model of a fit as arrays.

Counts of bin i are a sum over components c, the signal of each experiment first, then the backgrounds:

    μ_i(θ, x) = const_i + Σ_c F_c(x) [T_ci(θ) + Σ_s x_s U_csi(θ) + x_s² V_csi(θ)]

F_c is a product of factors 1 + σ x_m or (1 + σ)^x_m, s runs over the nuisance parameters that change shapes,
and T, U, V of the signal are piecewise polynomials in the parameter of interest θ. Every x_m is measured as
a_m ± 1 in its own units.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Layout"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

LINEAR, LOG_NORMAL, SHAPE = 0, 1, 2
"""Kinds of nuisance parameters."""

POISSON, GAUSSIAN, TEMPLATES = 0, 1, 2
"""Kinds of likelihood: Poisson; the paper's χ²; Poisson with templates that are known to a relative error."""


class Layout(NamedTuple):
    """The model; C components, M nuisance parameters, S of them shapes, N bins."""

    n_signals: int
    """Number of experiments, and of components that are signals."""
    likelihood: int
    components: Integers
    """First bin, end of the bins, column of the first bin, experiment, and whether the component has a
    factor, shape (C, 5); columns of signals are bins."""
    pairs: Integers
    """Component and nuisance parameter that is a factor of it, shape (n_pairs, 2), ascending."""
    nuisances: Integers
    """Kind; index of the pair of layers of a shape, else -1; and 1 if the counts may not distinguish it from
    others (`analysis.model.degeneracy`), else 0; shape (M, 3)."""
    constraints: Array
    """σ of a linear factor, ln(1 + σ) of a log-normal one; 1 if measured, else 0; lowest: (M, 3)."""
    ranges: Integers
    """First bin that a parameter changes, and the end of these bins, θ first, shape (1 + M, 2)."""
    layers: Array
    """T, U_s ..., V_s ... of the columns of backgrounds, shape (1 + 2S, n_columns)."""
    bins: Array
    """Constant counts; absolute errors of the paper's χ², or relative errors of templates: (2, N)."""
    knots: Array
    """Lower ends of the pieces in θ, shape (J,)."""
    powers: Array
    """Coefficients of (θ - knot)^k of the signals' layers, shape (J, 4, 1 + 2S, N)."""
