"""The toy loop of all studies: toys are thrown in blocks of a few tenths of a second."""

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from simgen.threads import ahead, n_threads

if TYPE_CHECKING:
    from analysis.fits import Fitter

__all__ = [
    "CHUNK",
    "Pace",
    "check_n_toys",
    "largest_chunk",
    "paced",
    "thrown_blocks",
    "thrown_series",
    "toy_statistics",
]

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
_EACH, _LEAST = 4, 1024
"""Number of blocks for each thread, if they do not have fewer toys than the second number."""
_LAST_SECONDS = 0.01
"""Least duration of the last blocks, which are smaller so that all threads end at the same time [s]."""


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


class Pace:
    """Divides indices into blocks that take a few tenths of a second each, by the times of earlier blocks.

    Parameters
    ----------
    n : int
        Number of indices.
    most : int
        Largest size of a block.
    first : int
        First index.
    even : bool
        Make all blocks as large as allowed, without measuring time.
    series : int
        Number of times that `blocks` is called, for as many studies of the same indices.

    Notes
    -----
    The blocks depend on the measured time: results must not depend on the blocks.
    """

    def __init__(self, n: int, *, most: int, first: int = 0, even: bool = False, series: int = 1) -> None:
        self._n, self._first, self._left, self._even = n, first, n * series, even
        share = -(-self._left // (_EACH * n_threads()))  # no thread waits long for another
        self._most = most if even else max(1, min(most, max(share, _LEAST)))
        self._size = self._least = self._most if even else min(_FIRST_BLOCK, self._most)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Yield the start and the size of each block."""
        start, end = self._first, self._first + self._n
        while start < end:
            share = -(-self._left // (2 * n_threads()))
            count = min(max(self._least, min(self._size, share)), end - start)
            yield start, count
            start, self._left = start + count, self._left - count

    def took(self, count: int, seconds: float) -> None:
        """Set the size of the next blocks by the time of one."""
        if not self._even:
            rate = count / max(seconds, 1e-6)
            self._size = max(1, min(round(rate * _SECONDS), _GROWTH * count, self._most))
            self._least = max(1, min(round(rate * _LAST_SECONDS), self._size))


def paced(n: int, *, most: int, first: int = 0, even: bool = False) -> Iterator[tuple[int, int]]:
    """Divide n indices into slices that the caller works through in a few tenths of a second each.

    Parameters
    ----------
    n, most, first, even
        As for `Pace`.

    Yields
    ------
    start, count : int
        The time of a slice is measured until the next one is requested.
    """
    pace = Pace(n, most=most, first=first, even=even)
    for start, count in pace.blocks():
        began = time.perf_counter()
        yield start, count
        pace.took(count, time.perf_counter() - began)


def thrown_blocks(
    make: Callable[[int, int], Toys],
    n: int,
    *,
    most: int,
    first: int = 0,
    even: bool = False,
    on_toys: Callable[[int], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[tuple[int, Toys]]:
    """Throw toys in blocks on all threads, and report each block when the next one is requested.

    Parameters
    ----------
    make : callable
        Called with the index of the first toy and their number, on any thread: throws the toys, such as
        `Thrower.block`, and does all with them that no other block needs, such as the fits.
    n : int
        Number of toys.
    most, first, even
        As for `Pace`: largest block, index of the first toy, and whether all blocks have the same size.
    on_toys : callable, optional
        Called with the number of toys that were finished since the last call.
    stopped : callable
        Called after each block: if it returns true, no more are thrown.

    Yields
    ------
    start : int
        Index of the first toy of the block.
    toys
        The result of `make`, in the order of the toys.
    """
    for _, start, count, made in thrown_series([make], n, most=most, first=first, even=even):
        yield start, made
        if on_toys is not None:
            on_toys(count)
        if stopped():
            return


def thrown_series(
    makes: Sequence[Callable[[int, int], Toys]], n: int, *, most: int, first: int = 0, even: bool = False
) -> Iterator[tuple[int, int, int, Toys]]:
    """Throw toys of several studies, such as true values, as `thrown_blocks` does, without a pause between.

    Parameters
    ----------
    makes : sequence of callable
        One for each study; see `thrown_blocks`.
    n : int
        Number of toys of each.
    most, first, even
        As for `Pace`.

    Yields
    ------
    study : int
        Index of the study; one comes after the other.
    start, count : int
        Index of the first toy of the block, and number of toys.
    toys
        The result of the study's callable, in the order of the toys.
    """
    pace = Pace(n, most=most, first=first, even=even, series=len(makes))

    def timed(study: int, start: int, count: int) -> tuple[int, int, int, Toys]:
        began = time.perf_counter()
        made = makes[study](start, count)
        pace.took(count, time.perf_counter() - began)
        return study, start, count, made

    tasks = (partial(timed, study, *block) for study in range(len(makes)) for block in pace.blocks())
    # the first block prepares, on all threads, what the others share
    begin = (task() for task in islice(tasks, 1))
    yield from chain(begin, ahead(tasks))


def toy_statistics(
    make: Callable[[int, int], Toys],
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
    make, n, most, first, even, on_toys, stopped
        As for `thrown_blocks`.
    statistic : callable
        Called with the index of the first toy of a block, and the result of `make`, one block after the
        other; returns an array of shape (..., n), NaN where a fit failed. It may do more with the toys, such
        as an audit.
    dtype : dtype
        Type of the returned array.

    Returns
    -------
    ndarray, shape (..., n)
        Of as many toys as were thrown, if the study was stopped.
    """
    statistics: NDArray[Any] = np.empty(0, dtype)
    done = 0
    blocks = thrown_blocks(make, n, most=most, first=first, even=even, on_toys=on_toys, stopped=stopped)
    for start, toys in blocks:
        values = statistic(start, toys)
        if start == first:
            statistics = np.empty((*values.shape[:-1], n), dtype)
        done = start - first + values.shape[-1]
        statistics[..., start - first : done] = values
    return statistics[..., :done]
