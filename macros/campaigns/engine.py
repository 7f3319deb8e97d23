"""Runs of a campaign: all chunks that are not there, made by the workers of an executor."""

import os
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from macros.campaigns.directory import read_campaign
from macros.campaigns.dispatch import Dispatch
from macros.campaigns.inputs import check_inputs
from macros.campaigns.notes import driver_lock
from macros.campaigns.processes import Processes
from macros.campaigns.worker import get_ready

__all__ = ["RETRIES", "Outcome", "run_campaign"]

RETRIES = 2
_OUTSTANDING = 16
"""Jobs that wait or work, where an executor does not say how many workers it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of a campaign came to.

    Parameters
    ----------
    directory : Path
    n_chunks : int
        Of the campaign.
    made : int
        Chunks that this run made.
    left : int
        Chunks that are not there, those that failed among them.
    failed : mapping of int to str
        Chunks that failed, with the last message.
    warnings : mapping of int to str
        What was said against rows of chunks.
    seconds : float
        How long it took.
    stopped : bool
        Whether it was asked to end.
    """

    directory: Path
    n_chunks: int
    made: int
    left: int
    failed: dict[int, str]
    warnings: dict[int, str]
    seconds: float
    stopped: bool

    @property
    def complete(self) -> bool:
        """Whether all chunks are there."""
        return not self.left


def run_campaign(
    directory: str | Path,
    executor: Executor | None = None,
    *,
    workers: int | None = None,
    threads: int = 1,
    retries: int = RETRIES,
    outstanding: int | None = None,
    on_rows: Callable[[float], None] | None = None,
    on_failure: Callable[[int, str], None] | None = None,
    on_death: Callable[[str], None] | None = None,
    stopped: Callable[[], bool] | None = None,
) -> Outcome:
    """Make the chunks of a campaign that are not there.

    Parameters
    ----------
    directory : str or Path
        Of `nugauge campaign new`.
    executor : concurrent.futures.Executor, optional
        What makes the chunks: its workers have nugauge of the same version, and need not see the directory.
        Without it, processes of this machine. It is not shut down.
    workers : int, optional
        Number of processes without an executor; else as many as there are processors.
    threads : int
        Of each worker.
    retries : int
        How many times a chunk is tried again that failed.
    outstanding : int, optional
        Most jobs that are handed to the executor at a time; else as many as it has workers.
    on_rows : callable, optional
        Called with the number of rows of each chunk that was made.
    on_failure : callable, optional
        Called with the number of a chunk that was given up, and why.
    on_death : callable, optional
        Called when a worker died, with how: what it was at is made again.
    stopped : callable, optional
        Whether to end: chunks that are being made are waited for.

    Returns
    -------
    Outcome

    Raises
    ------
    FileError
        If there is no campaign, or the directory has chunks of another one.
    ValueError
        If another process runs it.
    RunError
        If an input has changed, or the executor takes no more.

    Notes
    -----
    All chunks that were finished are kept, whatever happens; the same call makes the others.
    """
    if retries < 0:
        raise ValueError(f"retries must be at least 0, got {retries}")
    campaign = read_campaign(directory)
    with ExitStack() as stack:
        lock = stack.enter_context(driver_lock(campaign.directory, "runs this campaign"))
        check_inputs(campaign.input_directory, campaign.inputs)
        present = campaign.finished()
        left = [k for k in range(campaign.n_chunks) if k not in present]
        own = 0
        if executor is None:
            own = min(workers or os.cpu_count() or 1, max(len(left), 1))
            executor = pool = Processes(own)
            stack.push(lambda kind, *_: pool.kill() if kind else pool.shutdown())
        limit = outstanding or getattr(executor, "_max_workers", None) or _OUTSTANDING
        run = Dispatch(
            campaign=campaign,
            executor=executor,
            limit=int(limit),
            threads=threads,
            retries=retries,
            lock=lock,
            on_rows=on_rows or (lambda _: None),
            on_failure=on_failure or (lambda _, __: None),
            on_death=on_death or (lambda _: None),
            stopped=stopped or (lambda: False),
            waiting=deque(left),
        )
        start = time.monotonic()
        if left:
            for number in range(1, own):
                executor.submit(get_ready, number)  # the others load their libraries meanwhile
            run.warm_up()
        run.all()
        n_left = len(left) - run.made
        if not n_left:
            with suppress(OSError):
                campaign.work_directory.rmdir()
        return Outcome(
            directory=campaign.directory,
            n_chunks=campaign.n_chunks,
            made=run.made,
            left=n_left,
            failed=dict(sorted(run.failed.items())),
            warnings=dict(sorted(run.warnings.items())),
            seconds=time.monotonic() - start,
            stopped=run.ends,
        )
