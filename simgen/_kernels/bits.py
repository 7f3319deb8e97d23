"""The bits of a double as an integer, and back: for functions without branches that vectorise."""

from collections.abc import Callable
from typing import Any, cast

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["bits_to_float", "float_to_bits"]


def _bitcast(source: Any, target: Any, llvm_type: ir.Type) -> Callable[..., Any]:
    """Make a compiled function that takes the bits of one type for another."""

    def typed(typing_context: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(args[0], llvm_type)

        return target(source), generate

    return cast("Callable[..., Any]", intrinsic(typed))


float_to_bits = _bitcast(types.float64, types.int64, ir.IntType(64))
bits_to_float = _bitcast(types.int64, types.float64, ir.DoubleType())
