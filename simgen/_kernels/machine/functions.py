"""Elementary functions in a form that compilers vectorise: without branches and without calls.

The C library's logarithm and cosine are called for one number after the other. The series here are the Taylor
series of the functions, with terms down to the rounding.
"""

import math

from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import exponent, mantissa

__all__ = ["circle", "logarithm", "logarithm_of_rest", "sine_of_half"]

_LN_2 = math.log(2.0)

# highest power first
_ARTANH = tuple(1.0 / (2 * k + 1) for k in range(10, -1, -1))
_SINE = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(11, -1, -1))
_COSINE = tuple((-1.0) ** k / math.factorial(2 * k) for k in range(12, -1, -1))


@kernel(inner=True, forceinline=True)
def _polynomial(s: float, coefficients: tuple[float, ...]) -> float:
    """Evaluate a polynomial."""
    p = 0.0
    for c in coefficients:
        p = p * s + c
    return p


@kernel(inner=True, forceinline=True)
def logarithm(u: float) -> float:
    """Return ln u of a normal number above 0."""
    # u = m 2^e with √½ ≤ m < √2, and ln m = 2 artanh((m-1)/(m+1))
    e, m = exponent(u), mantissa(u)
    f = (m - 1.0) / (m + 1.0)
    result: float = e * _LN_2 + 2.0 * f * _polynomial(f * f, _ARTANH)
    return result


@kernel(inner=True, forceinline=True)
def logarithm_of_rest(u: float) -> float:
    """Return ln(1 - u) of a number in [0, 1), precise to the rounding even for small u."""
    complement = 1.0 - u
    e, m = exponent(complement), mantissa(complement)
    # if no power of 2 was divided out, m - 1 is -u, except for the rounding of 1 - u
    f = (-u if complement == m else m - 1.0) / (m + 1.0)
    result: float = e * _LN_2 + 2.0 * f * _polynomial(f * f, _ARTANH)
    return result


@kernel(inner=True, forceinline=True)
def sine_of_half(v: float) -> float:
    """Return the sine of π(v - ½), v in [0, 1]: half the angle of `circle`."""
    x = math.pi * (v - 0.5)
    return x * _polynomial(x * x, _SINE)


@kernel(inner=True, forceinline=True)
def circle(v: float) -> tuple[float, float]:
    """Return cosine and sine of 2π(v - ½), v in [0, 1]."""
    x = math.pi * (v - 0.5)
    sine, cosine = x * _polynomial(x * x, _SINE), _polynomial(x * x, _COSINE)
    return 1.0 - 2.0 * sine * sine, 2.0 * sine * cosine
