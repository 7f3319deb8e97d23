"""Rounding to float32 within intervals: no number crosses a boundary, such as an edge of a bin."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel
from simgen._kernels.tables import n_not_above

__all__ = ["FACTOR", "N_FLAGS", "SHIFT", "BoundaryArrays", "fill_rounded"]

FACTOR, SHIFT = np.uint32(0x9E3779B1), np.uint32(18)
"""Of the multiplicative hash of the 32 bits of a number: (bits · FACTOR mod 2³²) >> SHIFT."""
N_FLAGS = 2**14


class BoundaryArrays(NamedTuple):
    """Boundaries as the kernel sees them, ascending."""

    boundary: NDArray[np.float64]
    lowest: NDArray[np.float32]
    """The least float32 at or above the lower boundary of each interval; -inf of the first interval."""
    highest: NDArray[np.float32]
    """The greatest float32 below the upper boundary of each interval; inf of the last interval."""
    beside: NDArray[np.bool_]
    """Flags, by the hash of a float32: whether it is next to a boundary. A few that are not have one too."""


@kernel(nogil=True)
def fill_rounded(
    values: NDArray[np.float64],
    boundaries: BoundaryArrays,
    rounded: NDArray[np.float32],
    bits: NDArray[np.uint32],
) -> int:
    """Fill rounded with the nearest float32 of the same interval; bits is its memory as integers.

    Returns
    -------
    int
        Index of a value whose interval holds no float32; -1 if there is none.
    """
    for i in range(len(values)):
        rounded[i] = np.float32(values[i])
    for i in range(len(values)):
        if boundaries.beside[np.uint32(bits[i] * FACTOR) >> SHIFT]:
            k = n_not_above(boundaries.boundary, len(boundaries.boundary), values[i])
            low, high = boundaries.lowest[k], boundaries.highest[k]
            if low > high:
                return i
            rounded[i] = min(max(rounded[i], low), high)
    return -1
