"""Normal random numbers, in pairs (Box and Muller 1958)."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.functions import circle, logarithm
from simgen._kernels.machine.jit import kernel


@kernel(inner=True, forceinline=True)
def normal_pair(u: float, v: float) -> tuple[float, float]:
    """Turn two uniforms in (0, 1) into two normals (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * logarithm(u))
    cosine, sine = circle(v)
    return radius * cosine, radius * sine


@kernel()
def fill_pairs(
    u: NDArray[np.float64], v: NDArray[np.float64], cosines: NDArray[np.float64], sines: NDArray[np.float64]
) -> None:
    """Turn uniforms in (0, 1) into pairs of normals."""
    for t in range(len(u)):
        cosines[t], sines[t] = normal_pair(u[t], v[t])
