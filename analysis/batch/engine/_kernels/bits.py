"""The logarithm's parts without branches, for numbers and for values of many data sets."""

from typing import Any

from simgen._kernels.machine.jit import kernel
from simgen._kernels.machine.simd import exponent, mantissa, where

_LN2 = 0.6931471805599453


@kernel(inline="always")
def excess(y: Any) -> Any:
    """Evaluate y - 1 - ln y to rounding, for 1e-300 < y < 1e300, of a number or of values side by side.

    With y = 2^e m, √½ ≤ m < √2, and z = (m - 1)/(m + 1): ln m = 2 artanh z. Where e = 0 the leading z cancels
    in closed form: m - 1 - 2z = z² (m + 1).
    """
    e, m = exponent(y), mantissa(y)
    z = (m - 1.0) / (m + 1.0)
    w = z * z
    p = 1.0 / 21.0
    p = p * w + 1.0 / 19.0
    p = p * w + 1.0 / 17.0
    p = p * w + 1.0 / 15.0
    p = p * w + 1.0 / 13.0
    p = p * w + 1.0 / 11.0
    p = p * w + 1.0 / 9.0
    p = p * w + 1.0 / 7.0
    p = p * w + 1.0 / 5.0
    p = p * w + 1.0 / 3.0
    rest = 2.0 * z * w * p  # 2 artanh z - 2z
    near = w * (m + 1.0) - rest
    far = y - 1.0 - (e * _LN2 + 2.0 * z + rest)
    return where(e * e, far, near)
