"""Worker processes on this machine, as an executor in which one that dies takes only its own work with it."""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, ParamSpec, TypeVar

__all__ = ["Processes"]

_POLITE = (signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
P = ParamSpec("P")
T = TypeVar("T")


class Processes(Executor):
    """Processes that are started anew, not forked, and are replaced when they die.

    Parameters
    ----------
    n : int
        How many.

    Notes
    -----
    `concurrent.futures.ProcessPoolExecutor` ends all of its processes when one dies, and their work is lost.
    Here a thread feeds each process, and only the future of a process that died gets a `BrokenExecutor`.
    Ctrl-C at a terminal reaches processes too; they leave it to the one that started them. When that is
    killed, or at SIGTERM and SIGHUP, they finish what they are at, and end.
    """

    def __init__(self, n: int) -> None:
        if n < 1:
            raise ValueError(f"there must be at least 1 worker, got {n}")
        self._max_workers = n
        self._tasks: queue.SimpleQueue[tuple[Future[Any], tuple[Any, ...]] | None] = queue.SimpleQueue()
        self._processes: dict[int, BaseProcess] = {}
        self._ended = False
        self._threads = [threading.Thread(target=self._feed, args=(i,), daemon=True) for i in range(n)]
        self._started = 0

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand on a call to the next free process; its function and arguments are pickled."""
        if self._ended:
            raise RuntimeError("these processes have ended")
        future: Future[T] = Future()
        self._tasks.put((future, (fn, args, kwargs)))
        if self._started < len(self._threads):
            self._threads[self._started].start()
            self._started += 1
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes when they have done what was handed to them, or what they are at."""
        self._ended = True
        if cancel_futures:
            while not self._tasks.empty():
                task = self._tasks.get()
                if task is not None:
                    task[0].cancel()
        for _ in range(self._started):
            self._tasks.put(None)
        if wait:
            for thread in self._threads[: self._started]:
                thread.join()

    def kill(self) -> None:
        """End the processes at once."""
        self.shutdown(wait=False, cancel_futures=True)
        for process in list(self._processes.values()):
            process.kill()

    def _feed(self, number: int) -> None:
        """Hand calls to a process, one at a time, and start it anew when it has died."""
        connection: Connection | None = None
        while (task := self._tasks.get()) is not None:
            future, call = task
            if not future.set_running_or_notify_cancel():
                continue
            try:
                connection, (good, value) = self._answer(number, connection, call)
            except (EOFError, OSError) as error:
                connection = None
                future.set_exception(BrokenExecutor(_death(self._processes.get(number), error)))
                continue
            except Exception as error:  # what cannot be pickled
                good, value = False, error
            if good:
                future.set_result(value)
            else:
                future.set_exception(value)
        if connection is not None:
            connection.close()
            self._processes[number].join()

    def _answer(
        self, number: int, connection: Connection | None, call: tuple[Any, ...]
    ) -> tuple[Connection, tuple[bool, Any]]:
        """Ask a process; one that was asked to end, and has, is replaced by another."""
        while True:
            if connection is None or not self._processes[number].is_alive():
                connection = self._start(number)
            try:
                return connection, _ask(connection, self._processes[number], call)
            except (EOFError, OSError):
                process, connection = self._processes[number], None
                process.join(1)
                if process.exitcode != 0 or self._ended:
                    raise

    def _start(self, number: int) -> Connection:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), daemon=True, name=f"worker-{number}")
        process.start()
        theirs.close()
        self._processes[number] = process
        return ours


def _ask(connection: Connection, process: BaseProcess, call: tuple[Any, ...]) -> tuple[bool, Any]:
    connection.send(call)
    wait([connection, process.sentinel])
    if not connection.poll():
        raise EOFError
    good, value = connection.recv()
    return bool(good), value


def _death(process: BaseProcess | None, error: BaseException) -> str:
    if process is None:
        return f"no worker process could be started: {error}"
    code = process.exitcode
    if code is not None and code < 0:
        return f"the worker process {process.pid} was ended by {signal.Signals(-code).name}"
    return f"the worker process {process.pid} ended with exit status {code}"


def _serve(connection: Connection) -> None:
    """Answer calls until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    busy = asked = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        if not busy:
            raise SystemExit(0)

    for number in _POLITE:
        if signal.getsignal(number) is not signal.SIG_IGN:  # `nohup`
            signal.signal(number, end)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    while not asked:
        try:
            call = connection.recv()
        except EOFError:
            return
        except Exception as error:
            call = error
        busy = True
        try:
            connection.send(_called(call))
        except OSError:
            return  # nobody waits for it any more
        busy = False


def _called(call: Any) -> tuple[bool, Any]:
    if isinstance(call, Exception):
        return False, call
    fn, args, kwargs = call
    try:
        return True, fn(*args, **kwargs)
    except Exception as error:
        return False, error
