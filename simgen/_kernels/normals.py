"""Normals in pairs, of functions that a compiler can vectorise: no branches and no calls.

The C library's logarithm and cosine are called number by number. The series here are those of the functions
themselves, taken so far that the next term is below the rounding.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.bits import bits_to_float, float_to_bits
from simgen._kernels.jit import kernel

_52 = np.int64(52)
_ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)
"""Bits of √½."""
_LN_2 = math.log(2.0)

# highest power first
_ARTANH = tuple(1.0 / (2 * k + 1) for k in range(10, -1, -1))
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(11, -1, -1))
_COSINE = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(12, -1, -1))


@kernel(inline="always")
def _polynomial(s: float, coefficients: tuple[float, ...]) -> float:
    """Evaluate a polynomial."""
    p = 0.0
    for c in coefficients:
        p = p * s + c
    return p


@kernel(inline="always")
def normal_pair(u: float, v: float) -> tuple[float, float]:
    """Turn two uniforms in (0, 1) into two normals (Box and Muller 1958)."""
    # u = m 2^e with √½ ≤ m < √2, and ln m = 2 artanh((m-1)/(m+1))
    e = (float_to_bits(u) - _ROOT_HALF) >> _52
    m = bits_to_float(float_to_bits(u) - (e << _52))
    f = (m - 1.0) / (m + 1.0)
    log = np.float64(e) * _LN_2 + 2.0 * f * _polynomial(f * f, _ARTANH)
    radius = math.sqrt(-2.0 * log)
    # of the angle 2x from -π to π
    x = math.pi * (v - 0.5)
    sine, cosine = x * _polynomial(x * x, _SINE), _polynomial(x * x, _COSINE)
    return radius * (1.0 - 2.0 * sine * sine), radius * (2.0 * sine * cosine)


@kernel()
def fill_pairs(
    u: NDArray[np.float64], v: NDArray[np.float64], one: NDArray[np.float64], two: NDArray[np.float64]
) -> None:
    """Turn uniforms in (0, 1) into pairs of normals."""
    for t in range(len(u)):
        one[t], two[t] = normal_pair(u[t], v[t])
