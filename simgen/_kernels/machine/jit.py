"""One decorator for every compiled function of the four packages."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from simgen._kernels.machine import internals
from simgen._kernels.machine.cache import Cache

__all__ = ["has_to_be_compiled", "kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(*, inner: bool = False, part: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function; cache it on disk if there is a directory for the cache.

    Parameters
    ----------
    inner : bool
        It is called by other kernels only, never by Python, and makes no arrays: it compiles faster without
        an entry for Python, counts of references, a place in the cache, and machine code of its own, because
        callers contain it.
    part : bool
        It is inner, and has no optimisation of its own: it compiles faster still. Loops that a compiler has
        to recognise as ones over numbers side by side need their own;
        what `simgen._kernels.machine.simd` has does not.
    **options
        Passed to `numba.njit`, such as ``parallel=True``. Short functions that stand in the loops of others
        are ``inner`` with ``forceinline=True``: LLVM puts them in place, faster than numba's own ``inline``.

    Notes
    -----
    `simgen._kernels.machine.cache` says where compiled functions are kept, and when they are compiled anew.
    """

    def compiled(function: F, **more: Any) -> F:
        settings = {"error_model": "numpy", "no_cfunc_wrapper": True, **options, **more}
        return cast("F", internals.with_quick_flags(numba.njit(**settings)(function)))

    def compile_(function: F) -> F:
        if inner or part:
            pipeline = internals.PART if part else internals.INNER
            more = {} if pipeline is None else {"pipeline_class": pipeline}
            return compiled(function, no_cpython_wrapper=True, _nrt=False, **more)
        entry = internals.with_store(compiled(function), Cache(function))
        return cast("F", internals.with_locked_types(entry))

    return compile_


def has_to_be_compiled(function: Any) -> bool:
    """Tell whether a kernel is not on disk yet, but will be when any process has compiled it."""
    store = getattr(function, "_cache", None)
    return isinstance(store, Cache) and bool(store.cache_path) and not store.files
