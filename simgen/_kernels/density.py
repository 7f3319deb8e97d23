"""dσ/dT at one point, where it is drawn by rejection."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel
from simgen._kernels.radiative import kappa, qed_factors
from simgen.constants import M_E

__all__ = ["differential"]

Array = NDArray[np.float64]


@kernel()
def differential(
    T: float, omega: float, amplitudes: Array, shifts: Array, charged_current: bool, vector_mass2: float,
    scalar_mass2: float, running: bool, qed: bool,
) -> float:  # fmt: skip
    """Evaluate dσ/dT in units of σ0; for the arguments see `simgen._kernels.events.PlanArrays`."""
    k = kappa(T, charged_current) if running else 1.0
    inverse = 1.0 / T
    propagator = 1.0 / (2.0 * M_E * T + vector_mass2)
    x = amplitudes
    a = x[0, 0] + x[0, 1] * k + x[0, 2] * inverse + x[0, 3] * propagator
    b = x[1, 0] + x[1, 1] * k + x[1, 2] * inverse + x[1, 3] * propagator
    z = T / omega
    h0, h1, h2 = 1.0, (1.0 - z) ** 2, -M_E * T / (omega * omega)
    if qed:
        q0, q1, q2 = qed_factors(T, omega)
        h0, h1, h2 = h0 + q0, h1 + q1, h2 + q2
    total = (a * a + shifts[0]) * h0 + (b * b + shifts[1]) * h1 + a * b * h2
    if shifts[2] > 0.0:
        scalar = M_E * M_E * T * (1.0 + T / (2.0 * M_E)) / (4.0 * math.pi * omega * omega)
        total += shifts[2] * scalar / (2.0 * M_E * T + scalar_mass2) ** 2
    return float(total)
