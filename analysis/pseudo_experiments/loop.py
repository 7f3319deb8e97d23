"""The loop of all studies: toys thrown in blocks of a few tenths of a second, and a statistic of each toy."""

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
"""Most toys that are thrown and fitted at once; it changes no bit."""
_CELLS = 4_000_000
"""Most numbers that are thrown at once."""
_SECONDS = 0.3
"""Duration of a block."""
_FIRST = 16
_GROWTH = 8
"""A block has at most so many times as many toys as the one before: the first may have had to compile."""


def check_n_toys(n_toys: int) -> None:
    """Refuse a study without toys.

    Raises
    ------
    ValueError
    """
    if n_toys < 1:
        raise ValueError(f"n_toys must be at least 1, got {n_toys}")


def largest_chunk(fitter: "Fitter", n_numbers: int | None = None) -> int:
    """Return how many toys are thrown and fitted at once, at most.

    Parameters
    ----------
    fitter : Fitter
    n_numbers : int, optional
        Numbers that are thrown for a toy; without, one for each bin.
    """
    return max(1, min(CHUNK, _CELLS // (n_numbers or fitter.templates.n_bins)))


def paced(n: int, *, most: int, first: int = 0, even: bool = False) -> Iterator[tuple[int, int]]:
    """Cut n numbered things into slices, as long as what is done with each takes a few tenths of a second.

    Parameters
    ----------
    n : int
    most : int
        In one slice.
    first : int
        Number of the first.
    even : bool
        Take as many as allowed in each slice, whatever the clock says.

    Yields
    ------
    start, count : int
        Time counts from here until the next slice is asked for.

    Notes
    -----
    The clock chooses the slices: nothing may depend on them.
    """
    start, end, size = first, first + n, most if even else min(_FIRST, most)
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
) -> Iterator[tuple[int, Toys]]:
    """Throw toys in blocks, and report each block when the next one is asked for.

    Parameters
    ----------
    throw : callable
        Called with the index of the first toy and their number, such as `Thrower.block`.
    n : int
        How many.
    most, first, even
        As for `paced`: toys of a block at most, index of the first toy, and blocks of one size.
    on_toys : callable, optional
        Called with the number of toys that are finished since the last call.

    Yields
    ------
    start : int
        Index of the first toy of the block.
    toys
        What `throw` returns.
    """
    for start, count in paced(n, most=most, first=first, even=even):
        yield start, throw(start, count)
        if on_toys is not None:
            on_toys(count)


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
) -> NDArray[Any]:
    """Throw toys, and compute a statistic of each.

    Parameters
    ----------
    throw, n, most, first, even, on_toys
        As for `thrown_blocks`.
    statistic : callable
        Called with the index of the first toy of a block, and the toys; returns an array of shape (..., n),
        NaN where a fit failed. It may have more to do with the toys, as an audit has.
    dtype : dtype
        Of the statistics as they are kept.

    Returns
    -------
    ndarray, shape (..., n)
    """
    kept: NDArray[Any] = np.empty(0, dtype)
    for start, toys in thrown_blocks(throw, n, most=most, first=first, even=even, on_toys=on_toys):
        values = statistic(start, toys)
        if start == first:
            kept = np.empty((*values.shape[:-1], n), dtype)
        kept[..., start - first : start - first + values.shape[-1]] = values
    return kept
