"""Parallel work on ranges of indices, with the threads that numba may use; compiled kernels release the GIL.

The result for an index must not depend on the division of the range; then no result depends on threads.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import TypeVar

from simgen._kernels.machine.internals import n_threads
from simgen._kernels.machine.memory import keep_freed_memory
from simgen.process import signals_held

__all__ = [
    "PART",
    "ahead",
    "in_chunks",
    "in_parts",
    "n_threads",
    "result_of",
    "shut_down",
    "submit",
]

R = TypeVar("R")

PART = 131_072
"""Number of events that a thread takes at a time: their columns fit into a core's cache."""

CHUNK = 4096
"""Least number of data sets for which a thread pays; a multiple of all block sizes."""
_EACH = 4
"""Number of chunks for each thread, so that no thread waits long for another."""

_worker = threading.local()


@cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    """Make the thread pool of a process, once: a forked process cannot use the pool of its parent."""

    def mark() -> None:
        _worker.busy = True

    keep_freed_memory()
    return ThreadPoolExecutor(threads, thread_name_prefix="nugauge", initializer=mark)


def submit(pool: ThreadPoolExecutor, task: Callable[[], R]) -> Future[R]:
    """Give a task to a pool; Ctrl-C comes before or after."""
    with signals_held():
        return pool.submit(task)


def result_of(future: Future[R]) -> R:
    """Wait for a result; Ctrl-C interrupts the waiting, and leaves no lock behind."""
    gate = threading.Lock()
    gate.acquire()
    with signals_held():
        future.add_done_callback(lambda _: gate.release())
    gate.acquire()
    with signals_held():
        return future.result()


def shut_down(pool: ThreadPoolExecutor) -> None:
    """Drop the tasks of a pool that have not begun, and wait for its threads."""
    with signals_held():
        pool.shutdown(wait=False, cancel_futures=True)
    pool.shutdown()


def ahead(tasks: Iterable[Callable[[], R]], *, busy: int = 0) -> Iterator[R]:
    """Run tasks on all threads, ahead of the consumer of the results.

    Parameters
    ----------
    tasks : iterable of callables
    busy : int
        Number of threads that are left for other work, such as writing the results.

    Yields
    ------
    object
        The results, in the order of the tasks.
    """
    threads = n_threads() - busy
    if threads <= 1 or getattr(_worker, "busy", False):  # workers that wait for each other could deadlock
        for task in tasks:
            yield task()
        return
    pool, waiting = _pool(threads, os.getpid()), deque[Future[R]]()
    try:
        for task in tasks:
            waiting.append(submit(pool, task))
            if len(waiting) > threads:
                yield result_of(waiting.popleft())
        while waiting:
            yield result_of(waiting.popleft())
    finally:
        with signals_held():
            for future in waiting:
                future.cancel()


def in_parts(
    task: Callable[[int, int], R],
    first: int,
    n: int,
    *,
    size: int = PART,
    on_part: Callable[[int], None] | None = None,
) -> list[R]:
    """Run a task for the parts of a range on all threads.

    Parameters
    ----------
    task : callable
        Called with the first index of a part and the index after its last.
    first, n : int
        First index, and number of indices.
    size : int
        Parts begin at multiples of this number.
    on_part : callable, optional
        Called after each part with its number of indices, to show progress.

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
    starts = [first, *range((first // size + 1) * size, end, size)]
    parts = [partial(task, a, b) for a, b in zip(starts, [*starts[1:], end], strict=True)]
    if len(parts) == 1:
        return [parts[0]()]
    results = []
    for part, result in zip(parts, ahead(parts), strict=True):
        results.append(result)
        if on_part is not None:
            begin, end = part.args
            on_part(end - begin)
    return results


def in_chunks(n: int, work: Callable[[int, int], None], least: int = CHUNK) -> None:
    """Run a function on the indices from 0 to n, in few chunks that occupy all threads equally.

    Parameters
    ----------
    n : int
    work : callable
        Called with the begin and the end of a chunk.
    least : int
        Least number of indices for which a thread pays; chunks begin at multiples of it.
    """
    threads = min(n_threads(), -(-n // least))
    if threads <= 1:
        work(0, n)
    else:
        in_parts(work, 0, n, size=least * max(1, n // (_EACH * threads * least)))
