"""A second process beside this one, for what threads cannot do at once: compiling, drawing."""

import logging
import os
import pickle
import queue
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, NoReturn, Protocol, TypeVar

from simgen.threads import n_threads

__all__ = ["Submit", "done_here", "has_second_process", "second_process"]

R = TypeVar("R")


class Submit(Protocol):
    """Hands some work to the second process."""

    def __call__(self, work: Callable[[], R], /) -> Callable[[], R]:
        """Return a function that waits for the result of some work, and returns it.

        Parameters
        ----------
        work : callable
            Its result can be pickled, and what it writes to standard output or error is lost. It is
            done after what was submitted before.

        Returns
        -------
        callable
            Where there is no second process, where it failed, or where the work cannot be pickled, this
            function does the work itself, and returns the same result or raises its error.
        """


def done_here(work: Callable[[], R], /) -> Callable[[], R]:
    """Leave some work to this process; in the place of what hands it to another one."""
    return work


def has_second_process() -> bool:
    """Tell whether `second_process` makes one: on Linux, where two threads or more may be used.

    Only the main thread makes one: others may hold locks that nobody releases in a fork.
    """
    is_main = threading.current_thread() is threading.main_thread()
    return sys.platform == "linux" and n_threads() > 1 and is_main


@contextmanager
def second_process() -> Iterator[Submit]:
    """Make a fork of this process, which works beside it until the end of the block.

    Yields
    ------
    Submit
        Hands work to it.

    Notes
    -----
    Ctrl-C is left to this process. When this process ends, in whatever way, a pipe from it to the second one
    is closed, and the second one ends at once, whatever it is at. The processes of
    `concurrent.futures.ProcessPoolExecutor` hold both ends of their pipes, and stay when theirs is killed.
    """
    if not has_second_process():
        yield done_here
        return
    (reading, works), (results, writing) = os.pipe(), os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads, which it does not use
        process = os.fork()
    if process == 0:
        os.close(works)
        os.close(results)
        _work(reading, writing)
    os.close(reading)
    os.close(writing)
    line = _Line(os.fdopen(works, "wb"), os.fdopen(results, "rb"))
    try:
        yield line.submit
    finally:
        line.close()
        os.kill(process, signal.SIGKILL)  # it has nothing to lose
        os.waitpid(process, 0)


class _Line:
    """Pipes to the second process and back."""

    def __init__(self, works: BinaryIO, results: BinaryIO) -> None:
        self._works, self._results = works, results
        self._received: list[object] = []
        self._n = 0

    def submit(self, work: Callable[[], R], /) -> Callable[[], R]:
        """Send some work; see `Submit`."""
        try:
            pickle.dump(pickle.dumps(work), self._works)
            self._works.flush()
        except (OSError, AttributeError, TypeError, pickle.PicklingError):  # it has ended; a local function
            return work
        number, self._n = self._n, self._n + 1

        def result() -> R:
            try:
                while len(self._received) <= number:
                    self._received.append(pickle.load(self._results))
            except (EOFError, OSError, pickle.UnpicklingError):
                return work()
            return self._received[number]  # type: ignore[return-value]  # results come in the order of the works

        return result

    def close(self) -> None:
        """Close the pipes."""
        for pipe in (self._works, self._results):
            with suppress(OSError):
                pipe.close()


def _work(reading: int, writing: int) -> NoReturn:
    """Do in the second process what is submitted, until one work fails."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        logging.disable()
        works: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=_receive, args=(reading, works), daemon=True).start()
        with os.fdopen(writing, "wb") as results:
            while True:
                pickle.dump(pickle.loads(works.get())(), results)
                results.flush()
    finally:
        os._exit(1)


def _receive(reading: int, works: "queue.SimpleQueue[bytes]") -> None:
    """Receive works for the second process; end it when the first one has closed the pipe or ended."""
    try:
        with os.fdopen(reading, "rb") as stream:
            while True:
                works.put(pickle.load(stream))
    finally:
        os._exit(1)
