"""Compiled work on many data sets, shared out among threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numba

__all__ = ["CHUNK", "in_chunks"]

CHUNK = 4096
"""Data sets that are worth a thread; a multiple of all blocks."""
_EACH = 4
"""Chunks of one thread, so that none waits long for another."""


def in_chunks(n: int, work: Callable[[int, int], None]) -> None:
    """Do work on the data sets from 0 to n, on as many threads as numba may use.

    Parameters
    ----------
    n : int
    work : callable
        Takes where it begins and ends; what it does must not depend on that.
    """
    threads = min(numba.get_num_threads(), -(-n // CHUNK))
    if threads <= 1:
        work(0, n)
        return
    size = CHUNK * max(1, n // (_EACH * threads * CHUNK))
    begins = range(0, n, size)
    for _ in _pool(threads, os.getpid()).map(lambda begin: work(begin, min(begin + size, n)), begins):
        pass


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Keep the threads: a forked process has none of its parent's."""
    return ThreadPoolExecutor(threads)
