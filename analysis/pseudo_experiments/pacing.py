"""Long work in slices that take a few tenths of a second each."""

import time
from collections.abc import Iterator

__all__ = ["paced"]

_SECONDS = 0.3
"""What a slice is to take."""
_FIRST = 16
_GROWTH = 8
"""A slice has at most so many times as many as the one before: the first may have had to compile."""


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
