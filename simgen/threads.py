"""Compiled work on many events or data sets, shared out among threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numba

__all__ = ["CHUNK", "in_chunks"]

CHUNK = 4096
"""So many are worth a thread; a multiple of all blocks."""
_EACH = 4
"""Chunks of one thread, so that none waits long for another."""


def in_chunks(n: int, work: Callable[[int, int], None], least: int = CHUNK) -> None:
    """Do work on all that is numbered from 0 to n, on as many threads as numba may use.

    Parameters
    ----------
    n : int
    work : callable
        Takes where it begins and ends; what it does must not depend on that.
    least : int
        Numbers that are worth a thread.
    """
    threads = min(numba.get_num_threads(), -(-n // least))
    if threads <= 1:
        work(0, n)
        return
    size = least * max(1, n // (_EACH * threads * least))
    begins = range(0, n, size)
    for _ in _pool(threads, os.getpid()).map(lambda begin: work(begin, min(begin + size, n)), begins):
        pass


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Keep the threads: a forked process has none of its parent's."""
    return ThreadPoolExecutor(threads)
