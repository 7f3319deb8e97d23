"""The logarithm's parts without branches, so that loops over many toys vectorise."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simgen._kernels.jit import kernel

_LN2 = 0.6931471805599453


def _bitcast(source: Any, target: Any, llvm_type: ir.Type) -> Callable[..., Any]:
    """Make a compiled function that takes the bits of one type for another."""

    def typed(typing_context: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], llvm_type)

        return target(source), generate

    return cast("Callable[..., Any]", intrinsic(typed))


_float_to_bits = _bitcast(types.float64, types.int64, ir.IntType(64))
_bits_to_float = _bitcast(types.int64, types.float64, ir.DoubleType())


@kernel(inline="always")
def excess(y: float) -> float:
    """Evaluate y - 1 - ln y to rounding, for 1e-300 < y < 1e300, without branches.

    With y = 2^e m, √½ ≤ m < √2, and z = (m - 1)/(m + 1): ln m = 2 artanh z. Where e = 0 the leading z cancels
    in closed form: m - 1 - 2z = z² (m + 1).
    """
    shifted = _float_to_bits(y) - np.int64(0x3FE6A09E667F3BCD)  # bits of √½
    e = shifted >> np.int64(52)
    m = _bits_to_float(_float_to_bits(y) - (e << np.int64(52)))
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
    far = y - 1.0 - (np.float64(e) * _LN2 + 2.0 * z + rest)
    return float(near if e == 0 else far)
