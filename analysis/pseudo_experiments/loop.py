"""The toy loop of all studies: toys are thrown in blocks of a few tenths of a second."""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    from analysis.fits import Fitter

__all__ = ["CHUNK", "check_n_toys", "largest_chunk", "paced", "thrown_blocks", "toy_statistics"]

Array = NDArray[np.float64]
Toys = TypeVar("Toys")

CHUNK = 6 * 4096
"""Largest number of toys that are thrown and fitted at once; results do not depend on it."""
_CELLS = 4_000_000
"""Largest number of counts that are thrown at once."""
_SECONDS = 0.3
"""Duration of a block [s]."""
_FIRST_BLOCK = 16
_GROWTH = 8
"""Largest ratio of the sizes of consecutive blocks: the time of the first may include compilation."""


def check_n_toys(n_toys: int) -> None:
    """Refuse a study without toys.

    Raises
    ------
    ValueError
    """
    if n_toys < 1:
        raise ValueError(f"n_toys must be at least 1, got {n_toys}")


def largest_chunk(fitter: "Fitter", n_numbers: int | None = None) -> int:
    """Compute the largest number of toys that are thrown and fitted at once.

    Parameters
    ----------
    fitter : Fitter
    n_numbers : int, optional
        Number of counts that are thrown for a toy; by default one for each bin.
    """
    return max(1, min(CHUNK, _CELLS // (n_numbers or fitter.templates.n_bins)))


def paced(n: int, *, most: int, first: int = 0, even: bool = False) -> Iterator[tuple[int, int]]:
    """Divide n indices into slices that the caller works through in a few tenths of a second each.

    Parameters
    ----------
    n : int
    most : int
        Largest size of a slice.
    first : int
        First index.
    even : bool
        Make all slices as large as allowed, without measuring time.

    Yields
    ------
    start, count : int
        The time of a slice is measured until the next one is requested.

    Notes
    -----
    The slices depend on the measured time: results must not depend on the slices.
    """
    start, end, size = first, first + n, most if even else min(_FIRST_BLOCK, most)
    while start < end:
        count = min(size, end - start)
        began = time.perf_counter()
        yield start, count
        took = max(time.perf_counter() - began, 1e-6)
        start += count
        if even:
            continue
        size = max(1, min(round(count * _SECONDS / took), _GROWTH * count, most))


def thrown_blocks(
    throw: Callable[[int, int], Toys],
    n: int,
    *,
    most: int,
    first: int = 0,
    even: bool = False,
    on_toys: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, Toys]]:
    """Throw toys in blocks, and report each block when the next one is requested.

    Parameters
    ----------
    throw : callable
        Called with the index of the first toy and their number, such as `Thrower.block`.
    n : int
        Number of toys.
    most, first, even
        As for `paced`: largest block, index of the first toy, and whether all blocks have the same size.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    stopped : callable
        Called after each block: if it returns true, no more are thrown.

    Yields
    ------
    start : int
        Index of the first toy of the block.
    toys
        The result of `throw`.
    """
    for start, count in paced(n, most=most, first=first, even=even):
        yield start, throw(start, count)
        if on_toys is not None:
            on_toys(count)
        if stopped():
            return


def toy_statistics(
    throw: Callable[[int, int], Toys],
    n: int,
    statistic: Callable[[int, Toys], Array],
    *,
    most: int,
    first: int = 0,
    even: bool = False,
    dtype: DTypeLike = np.float64,
    on_toys: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> NDArray[Any]:
    """Throw toys, and compute a statistic of each.

    Parameters
    ----------
    throw, n, most, first, even, on_toys, stopped
        As for `thrown_blocks`.
    statistic : callable
        Called with the index of the first toy of a block, and the toys; returns an array of shape (..., n),
        NaN where a fit failed. It may do more with the toys, such as an audit.
    dtype : dtype
        Type of the returned array.

    Returns
    -------
    ndarray, shape (..., n)
        Of as many toys as were thrown, if the study was stopped.
    """
    statistics: NDArray[Any] = np.empty(0, dtype)
    done = 0
    blocks = thrown_blocks(throw, n, most=most, first=first, even=even, on_toys=on_toys, stopped=stopped)
    for start, toys in blocks:
        values = statistic(start, toys)
        if start == first:
            statistics = np.empty((*values.shape[:-1], n), dtype)
        done = start - first + values.shape[-1]
        statistics[..., start - first : done] = values
    return statistics[..., :done]
