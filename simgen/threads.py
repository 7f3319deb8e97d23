"""Parallel work on ranges of indices, with the threads that numba may use; compiled kernels release the GIL.

The result for an index must not depend on the division of the range; then no result depends on threads.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Generic, TypeVar, cast

from simgen._kernels.machine.internals import n_threads
from simgen._kernels.machine.memory import keep_freed_memory
from simgen.process import signals_held

__all__ = [
    "PART",
    "Pending",
    "ahead",
    "in_chunks",
    "in_parts",
    "n_threads",
    "shut_down",
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


class Pending(Generic[R]):
    """Work that is given to a pool, and its result when it is done.

    Parameters
    ----------
    pool : ThreadPoolExecutor
    work : callable

    Notes
    -----
    Ctrl-C raises KeyboardInterrupt between any two steps of Python, and a lock of `concurrent.futures` that
    was taken just before stays locked for ever. So it comes before or after the work is given to the pool,
    and waiting, which one thread may do, takes none of these locks.
    """

    __slots__ = ("_done", "_error", "_finished", "_future", "_gate", "_work")

    def __init__(self, pool: ThreadPoolExecutor, work: Callable[[], R]) -> None:
        self._work: Callable[[], R] | None = work
        self._done: R | None = None
        self._error: BaseException | None = None
        self._finished = False
        self._gate = threading.Lock()
        self._gate.acquire()
        with signals_held(signal.SIGINT):
            self._future = pool.submit(self._run)

    def _run(self) -> None:
        work, self._work = self._work, None
        try:
            self._done = work() if work is not None else None
        except BaseException as error:
            self._error = error
        finally:
            self._finished = True
            self._gate.release()

    def result(self) -> R:
        """Wait for the result; Ctrl-C interrupts the waiting, after which it can be waited for again.

        Raises
        ------
        Exception
            What the work has raised.
        """
        if not self._finished:
            self._gate.acquire()
        if self._error is not None:
            raise self._error
        return cast("R", self._done)

    def cancel(self) -> None:
        """Drop the work if it has not begun; its result must not be waited for."""
        self._future.cancel()


def shut_down(pool: ThreadPoolExecutor) -> None:
    """Drop the tasks of a pool that have not begun, and wait for its threads."""
    with signals_held(signal.SIGINT):
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
    pool, waiting = _pool(threads, os.getpid()), deque[Pending[R]]()
    try:
        for task in tasks:
            waiting.append(Pending(pool, task))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        with signals_held(signal.SIGINT):
            for pending in waiting:
                pending.cancel()


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
