"""One decorator for every compiled function of the four packages."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.compiler import Compiler

__all__ = ["kernel"]

F = TypeVar("F", bound=Callable[..., Any])


class _Part(Compiler):
    """Compiles what is optimised together with its callers only."""

    def define_pipelines(self) -> Any:
        """Take a library that leaves its functions as they are."""
        state = self.state
        state.library = state.targetctx.codegen().create_library(state.func_id.func_qualname)
        state.library._optimize_final_module = lambda: None
        return super().define_pipelines()  # type: ignore[no-untyped-call]


def kernel(*, inner: bool = False, part: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function, cached on disk wherever a place for the cache can be found.

    Parameters
    ----------
    inner : bool
        It is called by other kernels only, never by Python, and makes no arrays: it compiles faster without
        an entry for Python, counts of references and a place in the cache.
    part : bool
        It is inner, and has no optimisation of its own: it compiles faster still. Loops that a compiler has
        to recognise as ones over numbers side by side need their own; what `simgen._kernels.lanes` has does
        not.
    **options
        Passed to `numba.njit`, such as ``parallel=True``. Short functions that stand in the loops of others
        are ``inner`` with ``forceinline=True``: LLVM puts them in place, faster than numba's own ``inline``.

    Notes
    -----
    Where the installation is read-only and there is no home directory, numba finds no place for its cache
    and raises RuntimeError; the function is then compiled anew in each process.
    """

    def compiled(function: F, **more: Any) -> F:
        settings = {"error_model": "numpy", "no_cfunc_wrapper": True, **options, **more}
        return cast("F", numba.njit(**settings)(function))

    def compile_(function: F) -> F:
        if part:
            return compiled(function, no_cpython_wrapper=True, _nrt=False, pipeline_class=_Part)
        if inner:
            return compiled(function, no_cpython_wrapper=True, _nrt=False)
        try:
            return compiled(function, cache=True)
        except RuntimeError:
            return compiled(function)

    return compile_
