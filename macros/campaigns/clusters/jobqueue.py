"""Jobs of a batch system as workers of a dask scheduler, by dask-jobqueue."""

import math
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from macros.campaigns import Campaign
from macros.campaigns.clusters.connections import (
    Connection,
    SchedulerAddress,
    import_dask,
    limit_of,
    quiet,
    wait_for_worker,
)
from macros.campaigns.clusters.executor import DaskExecutor
from macros.campaigns.clusters.settings import JobSettings
from macros.campaigns.clusters.workers import WorkerTerms, versions_of
from macros.terminal import RunError, number_of

__all__ = ["JobQueue", "dask_executor"]

_ANSWER = 30.0
"""Seconds in which jobs are ended."""


@dataclass(kw_only=True)
class JobQueue(WorkerTerms):
    """A scheduler of our own, whose workers are jobs of a batch system; they are submitted when it is opened.

    Parameters
    ----------
    settings : JobSettings
    campaign, threads, mixed, tell, warn
        As for `WorkerTerms`.
    """

    settings: JobSettings
    cluster: Any = field(default=None, init=False)
    client: Any = field(default=None, init=False)
    _fixed: int | None = field(default=None, init=False)

    @property
    def most(self) -> int:
        """Most jobs that are handed to the scheduler at a time."""
        return limit_of(self.settings.maximum * self.settings.processes)

    @property
    def _jobs(self) -> tuple[int, int]:
        """Return the least and the largest number of jobs that have something to do.

        One at least: without work, as before the first worker is there, dask would end all that it may.
        """
        left = self.campaign.n_chunks - len(self.campaign.finished())
        useful = max(math.ceil(left / self.settings.processes), 1)
        return min(max(self.settings.minimum, 1), useful), min(self.settings.maximum, useful)

    def open(self, stopped: Callable[[], bool]) -> Any:
        """Start the scheduler, submit jobs, and return a client when the first worker is there."""
        distributed = import_dask("--cluster")
        minimum, maximum = self._jobs
        try:
            with quiet():
                self.cluster = self.settings.cluster_class(**self.settings.options)
                for _ in range(minimum):  # `scale` would not raise what the batch system says
                    self.cluster.worker_spec.update(self.cluster.new_worker_spec())
                self.cluster.sync(self.cluster._correct_state)
                if self.settings.minimum < self.settings.maximum:
                    self.cluster.adapt(minimum_jobs=minimum, maximum_jobs=maximum)
                else:
                    self._fixed = maximum
                self.client = distributed.Client(self.cluster, set_as_default=False, name="nugauge")
        except (OSError, RuntimeError, ValueError) as error:
            with suppress(AttributeError):
                self.cluster._created.clear()  # jobs that have not begun, for whose end `close` would look
            raise RunError(f"{self.settings.system} takes no job: {_reason(error)}") from None
        jobs = f"{number_of(minimum, 'job')} of {self.settings.system}"
        told = f"{jobs} submitted; waiting for the first to begin (its queue says why it does not)"
        if not wait_for_worker(self.client, stopped, lambda: self.tell(told)):
            return None
        self.check(self.client)
        return self.client

    def keep(self) -> None:
        """Submit jobs anew in place of those that have ended, as at the end of their wall time."""
        if self._fixed is not None:
            self.cluster.scale(jobs=self._fixed)

    def close(self) -> None:
        """End all jobs, and the scheduler."""
        for one in (self.client, self.cluster):
            if one is not None:
                with suppress(Exception):
                    one.close(timeout=_ANSWER)


def _reason(error: Exception) -> str:
    """Return what the command that submits has said, on one line."""
    lines = str(error).rpartition("stderr:")[2].splitlines()
    said = [re.sub(r"^(\w+: )?(error|ERROR): ", "", line.strip()) for line in lines if line.strip()]
    return "; ".join(said) or type(error).__name__


def dask_executor(
    settings: SchedulerAddress | JobSettings,
    campaign: Campaign,
    *,
    threads: int = 1,
    mixed: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda _: None,
    warn: Callable[[str], None] = lambda _: None,
) -> DaskExecutor:
    """Return an executor of a scheduler that others have started, or of jobs that are going to be submitted.

    Parameters
    ----------
    settings : SchedulerAddress or JobSettings
    campaign : Campaign
    threads : int
        Of a chunk.
    mixed : bool
        Whether workers of other versions than the campaign's are taken.
    stopped : callable
        Whether to end.
    tell, warn : callable
        Called with what a user has to know.
    """
    words: dict[str, Any] = {"campaign": campaign, "threads": threads, "mixed": mixed}
    words |= {"tell": tell, "warn": warn}
    source: Connection | JobQueue
    if isinstance(settings, SchedulerAddress):
        source = Connection(scheduler=settings, **words)
    else:
        source = JobQueue(settings=settings, **words)
    expected = None if mixed else versions_of(campaign.made_by)
    return DaskExecutor(source, expected=expected, stopped=stopped, warn=warn)
