"""Directions of neutrinos and electrons."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.functions import circle
from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import uniforms
from simgen.constants import M_E

__all__ = ["fill_directions"]

Array = NDArray[np.float64]


@kernel(inner=True, forceinline=True)
def _polar(E_nu: float, T: float) -> tuple[float, float]:
    """Return cosine and sine of the angle between electron and neutrino.

    1 - cos²θ = 2m (1 - T/T_max)/(T + 2m), which does not cancel where the electron flies forward.
    """
    cosine = (1.0 + M_E / E_nu) * math.sqrt(T / (T + 2.0 * M_E))
    rest = 1.0 - T * (1.0 / E_nu + M_E / (2.0 * E_nu * E_nu))
    return min(cosine, 1.0), math.sqrt(max(2.0 * M_E * rest / (T + 2.0 * M_E), 0.0))


@kernel(nogil=True)
def fill_directions(
    event: NDArray[np.int64],
    E_nu: Array,
    T: Array,
    vertex: Array,
    emission: Array,
    k0: np.uint64,
    k1: np.uint64,
    nu: Array,
    electron: Array,
) -> None:
    """Fill unit vectors of the neutrino and of the electron, shape (3, n); 0 where E_nu is 0.

    Two vectors across the neutrino's direction are those of Duff et al., "Building an Orthonormal Basis,
    Revisited", JCGT 6 (2017) 1: they have no division that can fail.
    """
    for i in range(len(event)):
        if E_nu[i] <= 0.0:
            nu[:, i], electron[:, i] = 0.0, 0.0
            continue
        x, y, z = (
            vertex[0, i] - emission[0, i],
            vertex[1, i] - emission[1, i],
            vertex[2, i] - emission[2, i],
        )
        r = math.sqrt(x * x + y * y + z * z)
        x, y, z = x / r, y / r, z / r
        nu[0, i], nu[1, i], nu[2, i] = x, y, z
        u, _ = uniforms(np.uint64(event[i]), 0, k0, k1)
        cosine, sine = _polar(E_nu[i], T[i])
        a, b = circle(u)
        a, b = sine * a, sine * b
        sign = math.copysign(1.0, z)
        p = -1.0 / (sign + z)
        q = x * y * p
        electron[0, i] = cosine * x + a * (1.0 + sign * x * x * p) + b * q
        electron[1, i] = cosine * y + a * sign * q + b * (sign + y * y * p)
        electron[2, i] = cosine * z - a * sign * x - b * y
