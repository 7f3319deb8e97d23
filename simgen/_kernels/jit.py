"""One decorator for every compiled function of the four packages."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba

__all__ = ["kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(*, inner: bool = False, **options: Any) -> Callable[[F], F]:
    """Compile a function, cached on disk wherever a place for the cache can be found.

    Parameters
    ----------
    inner : bool
        It is called by other kernels only, never by Python, and makes no arrays: it compiles faster without
        an entry for Python, counts of references and a place in the cache of its own.
    **options
        Passed to `numba.njit`, such as ``parallel=True``. Short functions that stand in the loops of others
        are ``inner`` with ``forceinline=True``: LLVM puts them in place, faster than numba's own ``inline``.

    Notes
    -----
    Where the installation is read-only and there is no home directory, numba finds no place for its cache
    and raises RuntimeError; the function is then compiled anew in each process.
    """

    def compile_(function: F) -> F:
        if inner:
            plain: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
            return numba.njit(error_model="numpy", **plain, **options)(function)  # type: ignore[no-any-return]
        try:
            compiled = numba.njit(cache=True, error_model="numpy", **options)(function)
        except RuntimeError:
            compiled = numba.njit(error_model="numpy", **options)(function)
        return compiled  # type: ignore[no-any-return]

    return compile_
