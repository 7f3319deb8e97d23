"""Drawing of the times of events."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.functions import logarithm_of_rest
from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import uniforms

__all__ = ["fill_times"]


@kernel(nogil=True)
def fill_times(
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    n_source: int,
    duration: float,
    rate: float,
    backgrounds: NDArray[np.float64],
    k0: np.uint64,
    k1: np.uint64,
    time: NDArray[np.float64],
) -> None:
    """Fill times since the start: of decays with these rates [1/s], even where the rate is 0.

    rate is that of the components below n_source, backgrounds has those of the next; all others are even.
    """
    lived = -math.expm1(-rate * duration)
    decays, life = (n_source, -1.0 / rate) if lived > 0.0 else (0, 0.0)
    for i in range(len(event)):
        u, _ = uniforms(np.uint64(event[i]), 0, k0, k1)
        decayed, even = min(life * logarithm_of_rest(u * lived), duration), u * duration
        time[i] = decayed if component[i] < decays else even
    # one after the other: the loop vectorises as long as all its events have one rate
    for b in range(len(backgrounds)):
        lived, c = -math.expm1(-backgrounds[b] * duration), n_source + b
        if lived > 0.0:
            life = -1.0 / backgrounds[b]
            for i in range(len(event)):
                u, _ = uniforms(np.uint64(event[i]), 0, k0, k1)
                decayed = min(life * logarithm_of_rest(u * lived), duration)
                time[i] = decayed if component[i] == c else time[i]
