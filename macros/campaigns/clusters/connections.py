"""Clients of dask schedulers: by address, by scheduler file, or of jobs of a batch system."""

import json
import re
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer

from macros.campaigns.clusters.workers import WorkerTerms

__all__ = [
    "Connection",
    "SchedulerAddress",
    "find_scheduler",
    "import_dask",
    "limit_of",
    "quiet",
    "wait_for_worker",
]

_ANSWER = 10.0
"""Seconds in which a scheduler has to answer."""
_LEAST, _MOST = 16, 4000
"""Smallest and largest number of jobs that a scheduler is given at a time, for few and for many workers."""
_POLL = 0.5
INSTALL = "it needs dask, distributed and dask-jobqueue: pip install 'nugauge[cluster]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerAddress:
    """Where a scheduler listens.

    Parameters
    ----------
    address : str
        Such as tcp://HOST:PORT.
    typed : str
        What the user wrote.
    """

    address: str
    typed: str


def import_dask(option: str) -> Any:
    """Load distributed.

    Raises
    ------
    typer.BadParameter
        If it is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise typer.BadParameter(f"{option}: {INSTALL} ({error})") from None
    return distributed


def find_scheduler(typed: str) -> SchedulerAddress:
    """Read an address or a scheduler file.

    Raises
    ------
    typer.BadParameter
        If it is neither.
    """
    if re.fullmatch(r"\w+://\S+|[^/\s:]+:\d+|\[[^/\s]+\]:\d+", typed) and not Path(typed).exists():
        return SchedulerAddress(address=typed, typed=typed)
    wanted = "write the address of a dask scheduler, such as tcp://HOST:8786, or its scheduler file"
    try:
        address = json.loads(Path(typed).read_text(encoding="utf-8"))["address"]
    except OSError as error:
        raise typer.BadParameter(f"--dask {typed}: {error.strerror}; {wanted}") from None
    except (ValueError, KeyError, TypeError):
        raise typer.BadParameter(f"--dask {typed}: is no scheduler file of dask; {wanted}") from None
    return SchedulerAddress(address=str(address), typed=typed)


@contextmanager
def quiet() -> Iterator[None]:
    """Leave versions of dask, and ports of its pages, to our own messages."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*Mismatched versions")
        warnings.filterwarnings("ignore", message=r"(?s).*Port \d+ is already in use")
        yield


@dataclass(kw_only=True)
class Connection(WorkerTerms):
    """A client of a scheduler that others have started, opened when it is first used.

    Parameters
    ----------
    scheduler : SchedulerAddress
    campaign, threads, mixed, tell, warn
        As for `WorkerTerms`.
    """

    scheduler: SchedulerAddress
    client: Any = field(default=None, init=False)

    def __post_init__(self) -> None:
        distributed = import_dask("--dask")
        try:
            with quiet():
                self.client = distributed.Client(
                    self.scheduler.address, timeout=_ANSWER, set_as_default=False, name="nugauge"
                )
        except (OSError, ValueError, RuntimeError) as error:
            reason = f"no dask scheduler answers at {self.scheduler.address} ({error})"
            raise typer.BadParameter(f"--dask {self.scheduler.typed}: {reason}") from None

    @property
    def most(self) -> int:
        """Twice as many jobs as workers, so that none waits for its next one; more may join."""
        return limit_of(len(self.client.nthreads()))

    def open(self, stopped: Callable[[], bool]) -> Any:
        """Return the client when there is a worker, and all workers suit."""
        where = f"the scheduler at {self.scheduler.address}"
        if not wait_for_worker(self.client, stopped, lambda: self.tell(f"{where} has no worker: waiting")):
            return None
        self.check(self.client)
        return self.client

    def keep(self) -> None:
        """Workers are the business of those who have started them."""

    def close(self) -> None:
        """Leave the scheduler to others."""
        with suppress(Exception):
            self.client.close(timeout=_ANSWER)


def wait_for_worker(client: Any, stopped: Callable[[], bool], tell: Callable[[], None]) -> bool:
    """Wait until there is a worker; return False if it was asked to end before."""
    told = False
    while not client.nthreads():
        if stopped():
            return False
        if not told:
            tell()
            told = True
        time.sleep(_POLL)
    return True


def limit_of(workers: int) -> int:
    """Return how many jobs are with a scheduler at a time: two a worker, and some for those that join."""
    return min(max(2 * workers, _LEAST), _MOST)
