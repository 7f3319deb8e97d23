"""Chunks of a campaign handed to an executor: some at a time, grouped, and tried again when they fail."""

import json
import math
import os
import socket
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import IO, Any, TypeVar

from detsim.files import signals_held
from macros.campaigns.directory import Campaign
from macros.campaigns.notes import Notes
from macros.campaigns.worker import Job, Report, bundle, warm_up as warm, work
from macros.setup import Trial
from macros.terminal import RunError

__all__ = ["Dispatch"]

_GROUP_SECONDS = 10.0
"""Time that a job of several short chunks takes."""
_GROUP_BYTES = 128e6
"""Most bytes of the chunks of a job."""
_POLL = 0.5
_BUSY_PAUSE = 2.0
_BUSY_MOST = 3600.0
"""How long to wait for a chunk that another process makes [s]."""
_HOPELESS = 20
"""Chunks that fail before one succeeds: then all do."""
_LARGEST_BUNDLE = 256e6
R = TypeVar("R")


def _wait(futures: Iterable[Future[R]]) -> set[Future[R]]:
    """Wait half a second until one is done; Ctrl-C comes afterwards, and leaves no lock of theirs closed."""
    with signals_held():
        return wait(futures, timeout=_POLL, return_when=FIRST_COMPLETED).done


@dataclass(kw_only=True)
class Dispatch:
    """Chunks that wait, are being made, and failed, in one run of a campaign.

    Parameters
    ----------
    campaign : Campaign
    executor : concurrent.futures.Executor
    limit : int
        Most jobs that are handed to it at a time.
    threads : int
        Of each worker.
    retries : int
        How many times a chunk is tried again.
    lock : file object
        In which stands what is being made.
    on_rows, on_failure, on_death, stopped : callable
        See `run_campaign`.
    waiting : deque of int
        Chunks to be made.
    """

    campaign: Campaign
    executor: Executor
    limit: int
    threads: int
    retries: int
    lock: IO[bytes]
    on_rows: Callable[[float], None]
    on_failure: Callable[[int, str], None]
    on_death: Callable[[str], None]
    stopped: Callable[[], bool]
    waiting: deque[int]
    jobs: dict[Future[list[Report]], Job] = field(default_factory=dict)
    tries: Counter[int] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)
    warnings: dict[int, str] = field(default_factory=dict)
    busy: dict[int, float] = field(default_factory=dict)
    bundle: dict[str, bytes] | None = None
    travels: bool = False
    made: int = 0
    ends: bool = False
    started: float = 0.0

    @property
    def _job(self) -> Job:
        return Job(
            directory=str(self.campaign.directory),
            id=self.campaign.id,
            numbers=(),
            threads=self.threads,
            travels=self.travels,
            bundle=self.bundle,
        )

    def warm_up(self) -> None:
        """Let one worker compile what all need; whether it can is left to the chunks."""
        said = self._result(self.executor.submit(warm, self._job))
        if said == "unseen":
            self._take_bundle()
            self._result(self.executor.submit(warm, self._job))

    def _result(self, future: Future[str]) -> str:
        while not future.done():
            if self.stopped():
                self.ends = True
                future.cancel()
                return ""
            _wait([future])
        with suppress(Exception), signals_held():  # the chunks will say it
            return future.result()
        return ""

    def _take_bundle(self) -> None:
        """Send the inputs with each job: a worker does not see the directory."""
        size = sum(one.size for one in self.campaign.inputs)
        if size > _LARGEST_BUNDLE:
            raise RunError(
                f"{self.campaign.directory}: a worker does not see this directory, and its inputs have "
                f"{size / 1e6:.0f} MB, too much to travel: put it on a disk that all workers share"
            )
        self.bundle = bundle(self.campaign)

    def all(self) -> None:
        """Make all chunks that wait; the clock of the rate starts when everything is compiled."""
        self.started = time.time()
        self.on_rows(0.0)
        while True:
            self.ends = self.ends or self.stopped()
            if not self.ends:
                self._submit()
            if not self.jobs:
                if self.ends or not self.waiting:
                    return
                time.sleep(_BUSY_PAUSE)  # others make what is left
                continue
            self._tell()
            for future in _wait(self.jobs):
                self._take(future, self.jobs.pop(future))

    def _submit(self) -> None:
        now = time.monotonic()
        while self.waiting and len(self.jobs) < self.limit:
            numbers = tuple(self._next_group(now))
            if not numbers:
                return
            try:
                job = replace(self._job, numbers=numbers)
                self.jobs[self.executor.submit(work, job)] = job
            except (BrokenExecutor, RuntimeError) as error:
                self.waiting.extendleft(reversed(numbers))
                if self.jobs:
                    return
                raise RunError(
                    f"the executor takes no more work ({error}); finished chunks are kept, and the same call "
                    "with a new executor makes the others"
                ) from error

    def _next_group(self, now: float) -> Iterator[int]:
        """Take chunks that together are worth a job; those that were busy after a pause."""
        trial, size = Trial(**self.campaign.trial), self.campaign.size
        seconds = trial.time(size)
        by_time = _GROUP_SECONDS / max(seconds, 1e-9)
        by_bytes = _GROUP_BYTES / max(size * trial.bytes + trial.chunk_bytes, 1.0)
        share = math.ceil(len(self.waiting) / (4 * self.limit))
        for _ in range(max(1, int(min(by_time, by_bytes, share)))):
            for _ in range(len(self.waiting)):
                number = self.waiting.popleft()
                if now - self.busy.get(number, -math.inf) < _BUSY_PAUSE:
                    self.waiting.append(number)
                    continue
                yield number
                break
            else:
                return

    def _take(self, future: Future[list[Report]], job: Job) -> None:
        try:
            with signals_held():
                reports = future.result()
        except CancelledError:
            self.waiting.extend(job.numbers)
            return
        except Exception as error:
            self._broken(job, str(error) or type(error).__name__)
            return
        for report in reports:
            self._judge(report, job)

    def _broken(self, job: Job, message: str) -> None:
        """Count a failure of a worker against the chunk that it was at: the first that is not there."""
        self.on_death(message)
        at = None
        for number in job.numbers:
            if self.campaign.path(self.campaign.chunk(number)).exists():
                self._judge(Report(number=number, state="made"), job)
            elif at is None:
                at = number
            else:
                self.waiting.append(number)
        if at is not None:
            self._try_again(at, message, host="")

    def _judge(self, report: Report, job: Job) -> None:
        number = report.number
        if report.state == "unseen":
            if self.bundle is None:
                self._take_bundle()
            self.waiting.append(number)
        elif report.state == "busy":
            first = self.busy.setdefault(number, time.monotonic())
            if time.monotonic() - first > _BUSY_MOST:
                self._try_again(number, report.message, host=report.host)
            else:
                self.waiting.append(number)
        elif report.state == "failed":
            self._try_again(number, report.message, host=report.host)
        elif self._arrived(report, job):
            self.made += 1
            self._accept(report)

    def _arrived(self, report: Report, job: Job) -> bool:
        """Write a chunk that travelled; ask for its bytes if the worker has another disk."""
        path = self.campaign.path(self.campaign.chunk(report.number))
        if report.content is not None:
            from detsim.files import whole_file

            try:
                with whole_file(path, former={}) as stream:
                    stream.write(report.content)
            except OSError as error:
                if not path.exists():
                    self._try_again(report.number, str(error), host=socket.gethostname())
                    return False
        elif not path.exists():
            if job.travels:
                self._try_again(report.number, f"{path} did not arrive", host=report.host)
            else:
                self.travels = True
                self.waiting.append(report.number)
            return False
        return True

    def _accept(self, report: Report) -> None:
        number = report.number
        self.failed.pop(number, None)
        Notes(self.campaign, "failed").remove(number)
        if report.message:
            self.warnings[number] = report.message
            if report.content is not None:
                Notes(self.campaign, "warning").write(number, report.message, host=report.host)
        self.on_rows(self.campaign.chunk(number).n)

    def _try_again(self, number: int, message: str, *, host: str) -> None:
        """Put a chunk that failed to the end, or give it up."""
        self.tries[number] += 1
        if self.tries[number] <= self.retries:
            self.waiting.append(number)
            return
        self.failed[number] = message
        notes: dict[str, Any] = {"tries": self.tries[number]} | ({"host": host} if host else {})
        Notes(self.campaign, "failed").write(number, message, **notes)
        self.on_failure(number, message)
        if len(self.failed) >= _HOPELESS and not self.made:
            raise RunError(
                f"the first {_HOPELESS} chunks all failed, and no more are tried; chunk {number}: {message}"
            )

    def _tell(self) -> None:
        """Write into the lock which chunks are being made, for `campaign status`."""
        numbers = [number for job in self.jobs.values() for number in job.numbers]
        told = {"workers": self.limit, "chunks": numbers, "started": self.started}
        text = json.dumps({"host": socket.gethostname(), "pid": os.getpid(), **told})
        with suppress(OSError):
            self.lock.seek(0)
            self.lock.truncate()
            self.lock.write(text.encode())
            self.lock.flush()
