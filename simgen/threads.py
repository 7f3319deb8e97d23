"""Parallel work in parts, on as many threads as numba may use; compiled kernels release the GIL.

What a part makes must not depend on how a range is divided; then no result depends on threads.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from simgen._kernels.machine.internals import load_registries, n_threads

__all__ = ["PART", "ahead", "in_chunks", "in_parts"]

R = TypeVar("R")

PART = 131_072
"""Events that a thread takes at a time: their columns fit into a core's cache."""

CHUNK = 4096
"""Data sets that are worth a thread; a multiple of all blocks."""
_EACH = 4
"""Chunks of one thread, so that none waits long for another."""

_worker = threading.local()


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Make the thread pool of a process, once: a forked process cannot use that of its parent."""

    def mark() -> None:
        _worker.busy = True

    load_registries()
    return ThreadPoolExecutor(threads, thread_name_prefix="nugauge", initializer=mark)


def ahead(tasks: Iterable[Callable[[], R]]) -> Iterator[R]:
    """Do tasks on all threads, some of them ahead of the consumer of the results.

    Parameters
    ----------
    tasks : iterable of callables

    Yields
    ------
    object
        The results, in the order of the tasks.
    """
    threads = n_threads()
    if threads == 1 or getattr(_worker, "busy", False):  # a worker that waited for others could wait for ever
        for task in tasks:
            yield task()
        return
    pool, waiting = _pool(threads, os.getpid()), deque[Future[R]]()
    try:
        for task in tasks:
            waiting.append(pool.submit(task))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def in_parts(task: Callable[[int, int], R], first: int, n: int, *, size: int = PART) -> list[R]:
    """Do a task for the parts of a range on all threads.

    Parameters
    ----------
    task : callable
        Called with the first index of a part and the one behind its last.
    first, n : int
        First index, and number of indices.
    size : int
        Parts begin at multiples of it.

    Returns
    -------
    list
        Results of the calls, in order; for an empty range the result of one empty part.

    Examples
    --------
    >>> in_parts(lambda begin, end: (begin, end), 5, 7, size=4)
    [(5, 8), (8, 12)]
    """
    end = first + n
    begins = [first, *range((first // size + 1) * size, end, size)]
    parts = [partial(task, a, b) for a, b in zip(begins, [*begins[1:], end], strict=True)]
    if len(parts) == 1:
        return [parts[0]()]
    return list(ahead(parts))


def in_chunks(n: int, work: Callable[[int, int], None], least: int = CHUNK) -> None:
    """Do work on all that is numbered from 0 to n, in as few chunks as share it out well.

    Parameters
    ----------
    n : int
    work : callable
        Takes where it begins and ends.
    least : int
        Numbers that are worth a thread; chunks begin at multiples of it.
    """
    threads = min(n_threads(), -(-n // least))
    if threads <= 1:
        work(0, n)
    else:
        in_parts(work, 0, n, size=least * max(1, n // (_EACH * threads * least)))
