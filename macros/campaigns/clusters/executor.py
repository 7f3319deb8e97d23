"""A dask scheduler as an executor, which is asked for workers when the first work is handed to it."""

import time
import warnings
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import replace
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from uuid import uuid4

from macros.campaigns.clusters.workers import Versions, called, executing

__all__ = ["DaskExecutor", "Source"]

_ALONE = 10.0
"""Seconds between questions whether there are workers."""
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
        future: Future[T] = self._executor.submit(called, self._expected, fn, job, bundle, key=key)
        self._futures[key] = future
        future.add_done_callback(lambda _: self._futures.pop(key, None))
        return future

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
        if time.monotonic() - self._looked > _ALONE:
            self._looked = time.monotonic()
            with suppress(Exception):
                self._source.keep()
                if not self._client.nthreads():
                    self._warn("there is no worker: waiting for one; Ctrl-C ends it")
        return False

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
