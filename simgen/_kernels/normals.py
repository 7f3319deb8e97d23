"""Normals in pairs, of functions that a compiler can vectorise: no branches and no calls.

The C library's logarithm and cosine are called number by number. The series here are those of the functions
themselves, taken so far that the next term is below the rounding.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
from simgen._kernels.lanes import exponent, mantissa

_LN_2 = math.log(2.0)
_TWO_PI = 2.0 * math.pi

# highest power first
_ARTANH = tuple(1.0 / (2 * k + 1) for k in range(10, -1, -1))
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(8, -1, -1))
_COSINE = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(9, -1, -1))


@kernel(inline="always")
def _polynomial(s: float, coefficients: tuple[float, ...]) -> float:
    """Evaluate a polynomial."""
    p = 0.0
    for c in coefficients:
        p = p * s + c
    return p


@kernel()
def fill_pairs(
    u: NDArray[np.float64], v: NDArray[np.float64], one: NDArray[np.float64], two: NDArray[np.float64]
) -> None:
    """Turn uniforms in (0, 1) into pairs of normals (Box and Muller 1958)."""
    for t in range(len(u)):
        # u = m 2^e with m from √½ to √2, and ln m = 2 artanh((m-1)/(m+1))
        f = (mantissa(u[t]) - 1.0) / (mantissa(u[t]) + 1.0)
        log = exponent(u[t]) * _LN_2 + 2.0 * f * _polynomial(f * f, _ARTANH)
        radius = math.sqrt(-2.0 * log)
        # v = q/4 + x/2π with |x| ≤ π/4: four quarters of the circle
        q = np.floor(4.0 * v[t] + 0.5)
        x = _TWO_PI * (v[t] - 0.25 * q)
        sine, cosine = x * _polynomial(x * x, _SINE), _polynomial(x * x, _COSINE)
        odd = (q == 1.0) | (q == 3.0)
        radius = -radius if (q == 2.0) | (q == 3.0) else radius
        one[t] = -radius * sine if odd else radius * cosine
        two[t] = radius * cosine if odd else radius * sine
