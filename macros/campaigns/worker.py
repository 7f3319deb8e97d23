"""Work of a process on chunks: in the directory of the campaign, or in a copy of it that is thrown away."""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from macros.campaigns.chunk import make_chunk, make_rows
from macros.campaigns.directory import FILE, Campaign, Chunk, read_campaign
from macros.campaigns.tasks import find_task
from macros.terminal import explain

__all__ = ["Job", "Report", "bundle", "get_ready", "warm_up", "work"]

State = Literal["made", "present", "busy", "failed", "unseen"]
_WARM_UP = 2
"""Rows of a warm-up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Chunks that a worker makes, one after another.

    Parameters
    ----------
    directory : str
        Of the campaign, where the worker may see it.
    id : str
        Of the campaign.
    numbers : tuple of int
    threads : int
    travels : bool
        Whether the worker sends the bytes of the chunks, even if it sees the directory.
    bundle : mapping of str to bytes, optional
        Files that stand for the directory where the worker does not see it.
    """

    directory: str
    id: str
    numbers: tuple[int, ...]
    threads: int = 1
    travels: bool = False
    bundle: Mapping[str, bytes] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a worker says of a chunk.

    Parameters
    ----------
    number : int
    state : {"made", "present", "busy", "failed", "unseen"}
        Made; there before; being made by another process; failed; the worker does not see the campaign.
    message : str
        Why it failed, or what the command said against its rows.
    host : str
    seconds : float
        How long it took.
    content : bytes or None
        Its file, if the worker does not share the directory.
    """

    number: int
    state: State
    message: str = ""
    host: str = ""
    seconds: float = 0.0
    content: bytes | None = None


def bundle(campaign: Campaign) -> dict[str, bytes]:
    """Read the files that a worker needs that does not see the directory."""
    files = {FILE: (campaign.directory / FILE).read_bytes()}
    for one in campaign.inputs:
        files[f"inputs/{one.name}"] = (campaign.input_directory / one.name).read_bytes()
    return files


_copies: dict[str, tempfile.TemporaryDirectory[str]] = {}
"""Directories of campaigns that this process does not see, by their identity; removed when it ends."""


def _campaign(job: Job) -> tuple[Campaign, bool] | None:
    """Find the campaign of a job, and tell whether its directory is shared; None if it is not seen."""
    from detsim.files import FileError

    with suppress(OSError, FileError):
        seen = read_campaign(job.directory)
        if seen.id == job.id:
            return seen, True
    if job.id not in _copies:
        if job.bundle is None:
            return None
        place = tempfile.TemporaryDirectory(prefix="nugauge-campaign-")
        for name in ("inputs", "chunks"):
            (Path(place.name) / name).mkdir()
        for name, content in job.bundle.items():
            (Path(place.name) / name).write_bytes(content)
        _copies[job.id] = place
    return read_campaign(_copies[job.id].name), False


def _stop_profiler() -> None:
    """Let a worker of dask no longer note what its threads are at, with Python 3.11.

    Notes
    -----
    It calls `sys._current_frames` a hundred times a second. If Python 3.11 collects garbage there, and a
    thread-local object is part of it, the process locks itself for ever (python/cpython, issue 106883).
    """
    if sys.version_info >= (3, 12) or "distributed" not in sys.modules:
        return
    from distributed import get_worker

    with suppress(ValueError):  # this is no worker of dask
        worker = get_worker()
        profiler = worker.periodic_callbacks.get("profile")
        if profiler is not None:
            worker.loop.add_callback(profiler.stop)


def work(job: Job) -> list[Report]:
    """Make the chunks of a job; what goes wrong is reported, not raised."""
    _stop_profiler()
    host = socket.gethostname()
    try:
        found = _campaign(job)
    except Exception as error:
        message = " ".join(explain(error)[1])
        return [Report(number=n, state="failed", message=message, host=host) for n in job.numbers]
    if found is None:
        return [Report(number=n, state="unseen", host=host) for n in job.numbers]
    campaign, shared = found
    return [_report(job, campaign, number, host, travels=job.travels or not shared) for number in job.numbers]


def _report(job: Job, campaign: Campaign, number: int, host: str, *, travels: bool) -> Report:
    from detsim.files import BusyError

    start, content = time.perf_counter(), None
    try:
        made = make_chunk(campaign, number, threads=job.threads)
        path = campaign.path(campaign.chunk(number))
        if travels:
            content = path.read_bytes()
            if str(campaign.directory) != job.directory:
                path.unlink()
    except BusyError as error:
        return Report(number=number, state="busy", message=str(error), host=host)
    except Exception as error:
        message = " ".join(explain(error)[1])
        return Report(number=number, state="failed", message=message, host=host)
    return Report(
        number=number,
        state="made" if made.new else "present",
        message=made.warning or "",
        host=host,
        seconds=time.perf_counter() - start,
        content=content,
    )


def get_ready(_: int) -> None:
    """Load the libraries that every chunk needs, in the worker of a number."""
    from importlib import import_module

    for name in ("macros.runs.production", "macros.studies.toys"):  # all that a chunk needs
        import_module(name)


def warm_up(job: Job) -> str:
    """Make a few rows and throw them away, so that compiled functions are on disk for other processes.

    Returns
    -------
    str
        Why it was not possible; chunks then say the same. ``unseen`` if the campaign is not seen.
    """
    _stop_profiler()
    try:
        found = _campaign(job)
        if found is None:
            return "unseen"
        campaign, _ = found
        with tempfile.TemporaryDirectory(prefix="nugauge-warm-up-") as place:
            make_rows(
                find_task(campaign.task),
                [*campaign.resolved(campaign.options), f"--seed={campaign.seed}"],
                campaign.resolved(campaign.arguments),
                count=campaign.count,
                chunk=Chunk(number=0, first=0, n=min(campaign.n, _WARM_UP)),
                path=Path(place) / f"{os.getpid()}.root",
                threads=job.threads,
            )
    except Exception as error:
        return " ".join(explain(error)[1])
    return ""
