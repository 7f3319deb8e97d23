"""A dask scheduler as an executor, which is asked for workers when the first work is handed to it."""

import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from uuid import uuid4

from macros.campaigns.clusters.workers import Versions, called, executing
from macros.terminal import RunError

__all__ = ["DaskExecutor", "Source"]

_EVERY = 10.0
"""Seconds between looks at the workers."""
P = ParamSpec("P")
T = TypeVar("T")


class Source(Protocol):
    """What brings a client of a scheduler that has at least one worker."""

    @property
    def most(self) -> int:
        """Most jobs that are handed to the scheduler at a time."""

    def open(self, stopped: Callable[[], bool]) -> Any:
        """Return a client, or None if it was asked to end before there was a worker."""

    def keep(self) -> None:
        """Replace workers that have ended; called every ten seconds."""

    def close(self) -> None:
        """Let workers go that were asked for."""


class DaskExecutor(Executor):
    """Calls made by the workers of a dask scheduler.

    Parameters
    ----------
    source : Source
        Of the scheduler.
    expected : mapping of str to str, optional
        Versions that each worker must have.
    stopped : callable
        Whether to end.
    warn : callable
        Called with what a user has to know.

    Notes
    -----
    A call whose worker dies is made again by another one: that is dask's. After the fourth worker it fails.
    A chunk that failed on a worker, whose disk may be full, is not tried there again while there are others.
    Inputs of workers that do not see the directory are handed to the scheduler once, not with each job.
    """

    def __init__(
        self,
        source: Source,
        *,
        expected: Versions | None,
        stopped: Callable[[], bool],
        warn: Callable[[str], None],
    ) -> None:
        self._source = source
        self._expected = expected
        self._asked = stopped
        self._warn = warn
        self._client: Any = None
        self._executor: Any = None
        self._bundle: Any = None
        self._futures: dict[str, Future[Any]] = {}
        self._bound: dict[str, set[str]] = {}
        self._failed_at: dict[int, set[str]] = {}
        self._dropped = False
        self._looked = time.monotonic()
        self._max_workers = source.most

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand a job to the scheduler."""
        if self._client is None:
            self._client = self._source.open(self._asked)
            if self._client is None:
                ended: Future[T] = Future()
                ended.cancel()
                ended.set_running_or_notify_cancel()
                return ended
            self._executor = self._client.get_executor(pure=False)
        if self._client.status != "running":
            raise RuntimeError("the dask scheduler is gone")
        (job,) = cast("tuple[Any]", args)
        bundle = None
        if job.bundle is not None:
            bundle = self._travelling(job.bundle)
            job = replace(job, bundle=None)
        key = f"nugauge-{uuid4().hex}"
        others = self._others(job.numbers)
        bound = {"workers": sorted(others), "allow_other_workers": False} if others else {}
        theirs = self._executor.submit(called, self._expected, fn, job, bundle, key=key, **bound)
        if others:
            self._bound[key] = others
        self._futures[key] = theirs
        ours: Future[T] = Future()
        ours.add_done_callback(lambda done: theirs.cancel() if done.cancelled() else None)
        theirs.add_done_callback(lambda done: self._pass_on(key, job.numbers, done, ours))
        return ours

    def _others(self, numbers: Sequence[int]) -> set[str]:
        """List the workers where none of these chunks has failed; none if all may be asked."""
        failed = set().union(*(self._failed_at.get(number, ()) for number in numbers))
        return set(self._client.nthreads()) - failed if failed else set()

    def _pass_on(self, key: str, numbers: Sequence[int], theirs: Future[Any], ours: Future[Any]) -> None:
        """Give on what a worker answered, and note where a chunk failed."""
        self._futures.pop(key, None)
        self._bound.pop(key, None)
        if theirs.cancelled():
            if ours.cancel():
                ours.set_running_or_notify_cancel()
            return
        if not ours.set_running_or_notify_cancel():
            return
        error = theirs.exception()
        if error is not None:
            ours.set_exception(error)
            return
        address, result = theirs.result()
        refused = isinstance(result, RunError)
        reports = result if isinstance(result, list) else ()
        for number in numbers if refused else [r.number for r in reports if r.state == "failed"]:
            self._failed_at.setdefault(number, set()).add(address)
        if refused:
            ours.set_exception(result)
        else:
            ours.set_result(result)

    def _travelling(self, bundle: Any) -> Any:
        """Hand inputs to the scheduler, as a task that can be done again when a worker dies."""
        if self._bundle is None:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="Sending large graph")
                self._bundle = self._client.submit(dict, bundle, key=f"nugauge-inputs-{uuid4().hex}")
        return self._bundle

    def stopped(self) -> bool:
        """Tell whether to end; if so, take back what no worker has begun, once."""
        if self._client is None:
            return self._asked()
        if self._asked():
            if not self._dropped:
                self._dropped = True
                self._drop_waiting()
            return True
        if time.monotonic() - self._looked > _EVERY:
            self._looked = time.monotonic()
            with suppress(Exception):  # the scheduler is gone: `submit` says it
                self._look()
        return False

    def _look(self) -> None:
        """Replace workers that have ended, and take jobs back that wait for one of them."""
        self._source.keep()
        present = set(self._client.nthreads())
        if not present:
            self._warn("there is no worker: waiting for one; Ctrl-C ends it")
        for key, addresses in list(self._bound.items()):
            if not addresses & present and key in self._futures:
                self._futures[key].cancel()

    def _drop_waiting(self) -> None:
        begun: set[str] = set()
        with suppress(Exception):  # workers that are gone have begun nothing
            for keys in self._client.run(executing, on_error="return").values():
                if isinstance(keys, list):
                    begun.update(keys)
        for key, future in list(self._futures.items()):
            if key not in begun:
                future.cancel()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the scheduler; jobs of a batch system are ended."""
        if self._executor is not None and self._client.status == "running":
            with suppress(Exception):
                self._executor.shutdown(wait=wait and not cancel_futures)
        self._source.close()
