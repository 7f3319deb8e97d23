"""SIMD vectors: `WIDTH` numbers of type float64 as one value of compiled code, and the operations on them.

An operation acts on every lane of a vector at once, as the vector instructions of the processor do. The
compiler need not recognise loops that could be vectorised, and the code that is compiled is short.
`docs: fit-engine.md` explains how the fits of many data sets use them. What is used of numba stands in
`numba.extending`, its public module for new types.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model

from simgen._kernels.machine.internals import type_operator

__all__ = [
    "WIDTH",
    "broadcast",
    "exponent",
    "fma",
    "less",
    "load",
    "mantissa",
    "sqrt",
    "store",
    "sum_lanes",
    "where",
]

_N_LANES = 32
WIDTH = np.uint64(_N_LANES)
"""Number of lanes of a vector; unsigned, because numba handles indices that cannot be negative faster."""

_LLVM_VECTOR = ir.VectorType(ir.DoubleType(), _N_LANES)


class _VectorType(types.Type):
    """numba's type of a vector."""

    def __init__(self) -> None:
        super().__init__(name=f"float64x{_N_LANES}")


_vector = _VectorType()


@register_model(_VectorType)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, described: Any) -> None:
        super().__init__(manager, described, _LLVM_VECTOR)  # type: ignore[no-untyped-call]


def _broadcast(builder: Any, value: Any) -> Any:
    """Write the instructions that copy a number into all lanes."""
    zero = ir.Constant(ir.IntType(32), 0)
    vector = builder.insert_element(ir.Constant(_LLVM_VECTOR, ir.Undefined), value, zero)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), _N_LANES), [0] * _N_LANES)
    return builder.shuffle_vector(vector, ir.Constant(_LLVM_VECTOR, ir.Undefined), mask)


def _define_operator(function: Any, instruction: str) -> None:
    """Let an operator act on two vectors, or on a vector and a number."""
    signatures = ((_vector, _vector), (_vector, types.float64), (types.float64, _vector))

    def result_type(one: Any, other: Any = None) -> Any:
        return _vector if (one, other) in signatures else None

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*_broadcast_numbers(builder, typed, args))

    type_operator(function, result_type)
    for signature in signatures:
        lower_builtin(function, *signature)(generate)  # type: ignore[no-untyped-call]


def _broadcast_numbers(builder: Any, typed: Any, args: Any) -> list[Any]:
    """Broadcast those arguments that are numbers, if any other is a vector."""
    mixed = _vector in typed.args
    return [
        _broadcast(builder, a) if mixed and t is not _vector else a
        for a, t in zip(args, typed.args, strict=True)
    ]


for _function, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _define_operator(_function, _instruction)


def _intrinsic(typed: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of compiled code from one that returns its signature and its code generator."""
    return cast("Callable[..., Any]", intrinsic(typed))


def _address(context: Any, builder: Any, typed: Any, args: Any) -> Any:
    array = context.make_array(typed.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), _LLVM_VECTOR.as_pointer())


@_intrinsic
def load(typing_context: Any, w: Any, begin: Any) -> Any:
    """Read a vector from an array, beginning at an index."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        vector = builder.load(_address(context, builder, typed, args))
        vector.align = 8
        return vector

    return _vector(w, types.uint64), generate


@_intrinsic
def store(typing_context: Any, w: Any, begin: Any, value: Any) -> Any:
    """Write a vector, or a number into all lanes, to an array, beginning at an index."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        value = args[2] if typed.args[2] is _vector else _broadcast(builder, args[2])
        builder.store(value, _address(context, builder, typed, args)).align = 8
        return context.get_dummy_value()

    return types.none(w, types.uint64, value if value is _vector else types.float64), generate


def _result_type(*kinds: Any) -> Any:
    return _vector if _vector in kinds else types.float64


def _argument_types(*kinds: Any) -> list[Any]:
    return [kind if kind is _vector else types.float64 for kind in kinds]


@_intrinsic
def less(typing_context: Any, one: Any, other: Any) -> Any:
    """Return 1 where the first argument is less than the second, else 0; of vectors or numbers."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        pair = _broadcast_numbers(builder, typed, args)
        return builder.uitofp(builder.fcmp_ordered("<", *pair), pair[0].type)

    return _result_type(one, other)(*_argument_types(one, other)), generate


@_intrinsic
def where(typing_context: Any, condition: Any, one: Any, other: Any) -> Any:
    """Return the second argument where the first is above 0, else the third, as `numpy.where` does."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        values = _broadcast_numbers(builder, typed, args)
        zero = ir.Constant(values[0].type, [0.0] * _N_LANES if _vector in typed.args else 0.0)
        return builder.select(builder.fcmp_ordered(">", values[0], zero), values[1], values[2])

    kinds = condition, one, other
    return _result_type(*kinds)(*_argument_types(*kinds)), generate


def _split(of_bits: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of the bits of a vector or a number, y = 2^e m with √½ ≤ m < √2."""

    def typed(typing_context: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
            is_vector = typed.args[0] is _vector
            kind = ir.VectorType(ir.IntType(64), _N_LANES) if is_vector else ir.IntType(64)

            def constant(number: int) -> Any:
                return ir.Constant(kind, [number] * _N_LANES if is_vector else number)

            bits = builder.bitcast(args[0], kind)
            e = builder.ashr(builder.sub(bits, constant(0x3FE6A09E667F3BCD)), constant(52))  # bits of √½
            return of_bits(builder, bits, e, constant(52), args[0].type)

        return value(value), generate

    return _intrinsic(typed)


def _exponent_of(builder: Any, bits: Any, e: Any, width: Any, kind: Any) -> Any:
    return builder.sitofp(e, kind)


def _mantissa_of(builder: Any, bits: Any, e: Any, width: Any, kind: Any) -> Any:
    return builder.bitcast(builder.sub(bits, builder.shl(e, width)), kind)


exponent, mantissa = _split(_exponent_of), _split(_mantissa_of)


def _call_llvm(builder: Any, name: str, args: list[Any]) -> Any:
    """Call a function of LLVM on vectors."""
    name = f"llvm.{name}.v{_N_LANES}f64"
    function = builder.module.globals.get(name)
    if function is None:
        kind = ir.FunctionType(_LLVM_VECTOR, [_LLVM_VECTOR] * len(args))
        function = ir.Function(builder.module, kind, name)
    return builder.call(function, args)


@_intrinsic
def sqrt(typing_context: Any, vector: Any) -> Any:
    """Return the square root of every lane."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        return _call_llvm(builder, "sqrt", args)

    return _vector(vector), generate


@_intrinsic
def sum_lanes(typing_context: Any, vector: Any) -> Any:
    """Return the sum of all lanes, a number: halves are added until one lane is left."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        (rest,), n = args, _N_LANES
        while n > 1:
            n //= 2
            low, high = (
                ir.Constant(ir.VectorType(ir.IntType(32), n), list(range(begin, begin + n)))
                for begin in (0, n)
            )
            rest = builder.fadd(
                builder.shuffle_vector(rest, rest, low), builder.shuffle_vector(rest, rest, high)
            )
        return builder.extract_element(rest, ir.Constant(ir.IntType(32), 0))

    return types.float64(vector), generate


@_intrinsic
def broadcast(typing_context: Any, number: Any) -> Any:
    """Return a vector with a number in all lanes."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        return _broadcast(builder, args[0])

    return _vector(types.float64), generate


@_intrinsic
def fma(typing_context: Any, one: Any, other: Any, rest: Any) -> Any:
    """Return one × other + rest of vectors, or of vectors and numbers.

    It is a fused multiply-add, with one rounding, where the processor has one; else there are two roundings.
    """

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        return _call_llvm(builder, "fmuladd", _broadcast_numbers(builder, typed, args))

    return _vector(*_argument_types(one, other, rest)), generate
