"""Numbers of some data sets side by side, as one value: what a processor computes at once.

Loops over them need no compiler that recognises them as such, sums stay in registers, and the code that is
compiled is short.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import ConcreteTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

__all__ = [
    "STEP",
    "exponent",
    "fused",
    "less",
    "load",
    "mantissa",
    "root",
    "spread",
    "store",
    "total",
    "where",
]

_WIDTH = 32
STEP = np.uint64(_WIDTH)
"""So many make one value."""

_VECTOR = ir.VectorType(ir.DoubleType(), _WIDTH)


class _Lanes(types.Type):
    """Type of such a value."""

    def __init__(self) -> None:
        super().__init__(name=f"lanes{_WIDTH}")


_lanes = _Lanes()


@register_model(_Lanes)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, described: Any) -> None:
        super().__init__(manager, described, _VECTOR)  # type: ignore[no-untyped-call]


def _splat(builder: Any, value: Any) -> Any:
    zero = ir.Constant(ir.IntType(32), 0)
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, zero)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH)
    return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), mask)


def _operation(function: Any, instruction: str) -> None:
    """Let an operator act on two values, or on one and a number."""
    kinds = ((_lanes, _lanes), (_lanes, types.float64), (types.float64, _lanes))

    class Typed(ConcreteTemplate):
        cases = [signature(_lanes, *kind) for kind in kinds]  # type: ignore[no-untyped-call]  # noqa: RUF012

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        pair = [a if t is _lanes else _splat(builder, a) for a, t in zip(args, typed.args, strict=True)]
        return getattr(builder, instruction)(*pair)

    infer_global(function)(Typed)  # type: ignore[no-untyped-call]
    for kind in kinds:
        lower_builtin(function, *kind)(generate)  # type: ignore[no-untyped-call]


for _function, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _operation(_function, _instruction)


def _known(typed: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of compiled code, from what tells its type and writes it down."""
    return cast("Callable[..., Any]", intrinsic(typed))


def _place(context: Any, builder: Any, typed: Any, args: Any) -> Any:
    array = context.make_array(typed.args[0])(context, builder, args[0])
    return builder.bitcast(builder.gep(array.data, [args[1]]), _VECTOR.as_pointer())


@_known
def load(typing_context: Any, w: Any, begin: Any) -> Any:
    """Take a value from an array, from a place on."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        found = builder.load(_place(context, builder, typed, args))
        found.align = 8
        return found

    return _lanes(w, types.uint64), generate


@_known
def store(typing_context: Any, w: Any, begin: Any, value: Any) -> Any:
    """Put a value, or a number many times, into an array."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        value = args[2] if typed.args[2] is _lanes else _splat(builder, args[2])
        builder.store(value, _place(context, builder, typed, args)).align = 8
        return context.get_dummy_value()

    return types.none(w, types.uint64, value if value is _lanes else types.float64), generate


def _common(*kinds: Any) -> Any:
    return _lanes if _lanes in kinds else types.float64


def _alike(builder: Any, typed: Any, args: Any) -> list[Any]:
    """Repeat what is a number where others are values."""
    mixed = _lanes in typed.args
    return [
        _splat(builder, a) if mixed and t is not _lanes else a for a, t in zip(args, typed.args, strict=True)
    ]


@_known
def less(typing_context: Any, one: Any, other: Any) -> Any:
    """Tell with 1 or 0 where one value, or number, is below another."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        pair = _alike(builder, typed, args)
        return builder.uitofp(builder.fcmp_ordered("<", *pair), pair[0].type)

    kind = _common(one, other)
    return kind(*(t if t is _lanes else types.float64 for t in (one, other))), generate


@_known
def where(typing_context: Any, condition: Any, one: Any, other: Any) -> Any:
    """Choose one where a value is above 0, else the other."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        chosen = _alike(builder, typed, args)
        zero = ir.Constant(chosen[0].type, [0.0] * _WIDTH if _lanes in typed.args else 0.0)
        return builder.select(builder.fcmp_ordered(">", chosen[0], zero), chosen[1], chosen[2])

    kind = _common(condition, one, other)
    return kind(*(t if t is _lanes else types.float64 for t in (condition, one, other))), generate


def _split(of_bits: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function of the bits of a value or number, y = 2^e m with √½ ≤ m < √2."""

    def typed(typing_context: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
            many = typed.args[0] is _lanes
            kind = ir.VectorType(ir.IntType(64), _WIDTH) if many else ir.IntType(64)

            def constant(number: int) -> Any:
                return ir.Constant(kind, [number] * _WIDTH if many else number)

            bits = builder.bitcast(args[0], kind)
            e = builder.ashr(builder.sub(bits, constant(0x3FE6A09E667F3BCD)), constant(52))  # bits of √½
            return of_bits(builder, bits, e, constant(52), args[0].type)

        return value(value), generate

    return _known(typed)


def _exponent_of(builder: Any, bits: Any, e: Any, width: Any, kind: Any) -> Any:
    return builder.sitofp(e, kind)


def _mantissa_of(builder: Any, bits: Any, e: Any, width: Any, kind: Any) -> Any:
    return builder.bitcast(builder.sub(bits, builder.shl(e, width)), kind)


exponent, mantissa = _split(_exponent_of), _split(_mantissa_of)


@_known
def root(typing_context: Any, value: Any) -> Any:
    """Take the square root."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        name, kind = f"llvm.sqrt.v{_WIDTH}f64", ir.FunctionType(_VECTOR, [_VECTOR])
        function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        return builder.call(function, args)

    return _lanes(value), generate


@_known
def total(typing_context: Any, value: Any) -> Any:
    """Sum a value up, in halves."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        (left,), n = args, _WIDTH
        while n > 1:
            n //= 2
            low, high = (
                ir.Constant(ir.VectorType(ir.IntType(32), n), list(range(begin, begin + n)))
                for begin in (0, n)
            )
            left = builder.fadd(
                builder.shuffle_vector(left, left, low), builder.shuffle_vector(left, left, high)
            )
        return builder.extract_element(left, ir.Constant(ir.IntType(32), 0))

    return types.float64(value), generate


@_known
def spread(typing_context: Any, number: Any) -> Any:
    """Repeat a number."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        return _splat(builder, args[0])

    return _lanes(types.float64), generate


@_known
def fused(typing_context: Any, one: Any, other: Any, rest: Any) -> Any:
    """Multiply and add, with one rounding where the processor does both at once."""

    def generate(context: Any, builder: Any, typed: Any, args: Any) -> Any:
        name, kind = f"llvm.fmuladd.v{_WIDTH}f64", ir.FunctionType(_VECTOR, [_VECTOR] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        return builder.call(function, _alike(builder, typed, args))

    return _lanes(*(t if t is _lanes else types.float64 for t in (one, other, rest))), generate
