"""Tables: binary search, and averages of the oscillation phase interpolated in a table."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel

__all__ = ["fill_mean_cosines", "n_not_above"]


@kernel()
def fill_mean_cosines(
    k: NDArray,  # type: ignore[type-arg]
    largest: float,
    step: float,
    middle: float,
    table: NDArray,  # type: ignore[type-arg]
    mean_cosines: NDArray,  # type: ignore[type-arg]
) -> None:
    """Interpolate the mean of exp(ik(r - r0)) by cubics through four points, and turn it by exp(ikr0).

    `table` has a row for every `step` in k; `mean_cosines` has one for every wave number, 0 beyond the
    largest.
    """
    for i in range(len(k)):
        if k[i] > largest:
            mean_cosines[i] = 0.0
            continue
        x = k[i] / step
        row = min(max(int(x), 1), len(table) - 3)
        t = x - row
        w0 = -t * (t - 1) * (t - 2) / 6
        w1 = (t + 1) * (t - 1) * (t - 2) / 2
        w2 = -(t + 1) * t * (t - 2) / 2
        w3 = (t + 1) * t * (t - 1) / 6
        cosine, sine = math.cos(k[i] * middle), math.sin(k[i] * middle)
        for j in range(table.shape[1]):
            mean = (
                w0 * table[row - 1, j] + w1 * table[row, j] + w2 * table[row + 1, j] + w3 * table[row + 2, j]
            )
            mean_cosines[i, j] = mean.real * cosine - mean.imag * sine


@kernel(part=True)
def n_not_above(table: NDArray[np.float64], n: int, x: float) -> int:
    """Count those of the first n entries of a table that are not above x.

    It is `np.searchsorted(table[:n], x, side="right")`, which numba compiles in 0.4 s for each kernel.
    """
    low, high = 0, n
    while low < high:
        middle = low + ((high - low) >> 1)
        if x < table[middle]:
            high = middle
        else:
            low = middle + 1
    return low
