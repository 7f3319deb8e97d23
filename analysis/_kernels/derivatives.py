"""-2 ln L of many data sets side by side, with first and second derivatives."""

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.expectation import factors
from analysis._kernels.fused import evaluate_fused
from analysis._kernels.general import evaluate_general
from analysis._kernels.layout import ROW, Layout, Rows, at
from simgen._kernels.jit import kernel

Array = NDArray[np.float64]


@kernel(inline="always")
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
        for k in range(ROW):
            if valued or w[r.done + k] == 0.0:
                evaluate_general(layout, r, w, k, start)
    for m in range(size - 1):
        weight, x, measured = layout.constraints[m, 1], r.at + at(1 + m), r.measured + at(m)
        slope, curvature = r.gradient + at(1 + m), r.hessian + at((1 + m) * size + 1 + m)
        for k in range(ROW):
            distance = w[x + k] - w[measured + k]
            w[r.value + k] += weight * distance * distance
            w[slope + k] += 2.0 * weight * distance
        for k in range(ROW):
            w[curvature + k] += 2.0 * weight
