"""One chunk of a campaign, made by the command of its task in this process."""

import contextlib
import io
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macros.campaigns.directory import Campaign, Chunk, read_campaign
from macros.campaigns.inputs import check_inputs
from macros.campaigns.notes import Notes
from macros.campaigns.tasks import Task, find_task
from macros.terminal import Interrupted, RunError, warn

__all__ = ["Made", "make_chunk", "make_rows", "read_run", "run_chunk"]

_ONE_AT_A_TIME = threading.RLock()
"""A command writes to the standard streams of its process, and sets its number of threads."""
_WARNING = "warning: "


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a chunk.

    Parameters
    ----------
    new : bool
        Whether it was made now; it may have been there.
    warning : str or None
        What the command said against its rows: the file is whole.
    """

    new: bool
    warning: str | None = None


def run_chunk(directory: str | Path, number: int, *, threads: int = 1) -> bool:
    """Make one chunk of a campaign, whole or not at all.

    Parameters
    ----------
    directory : str or Path
    number : int
    threads : int

    Returns
    -------
    bool
        Whether it was made; False if it was there.

    Raises
    ------
    RunError
        If an input has changed, or the command fails.
    BusyError
        If another process makes it.
    """
    return make_chunk(read_campaign(directory), number, threads=threads).new


def make_chunk(campaign: Campaign, number: int, *, threads: int = 1) -> Made:
    """Make one chunk of a campaign; see `run_chunk`."""
    chunk = campaign.chunk(number)
    final = campaign.path(chunk)
    if final.exists():
        return Made(new=False)
    check_inputs(campaign.input_directory, campaign.inputs)
    campaign.work_directory.mkdir(exist_ok=True)
    unfinished = campaign.work_directory / campaign.name(chunk)
    warning = make_rows(
        find_task(campaign.task),
        [*campaign.resolved(campaign.options), f"--seed={campaign.seed}"],
        campaign.resolved(campaign.arguments),
        count=campaign.count,
        chunk=chunk,
        path=unfinished,
        threads=threads,
    )
    new = _give_name(unfinished, final)
    if warning:
        Notes(campaign, "warning").write(number, warning)
    Notes(campaign, "failed").remove(number)
    return Made(new=new, warning=warning)


def make_rows(
    task: Task,
    options: Sequence[str],
    arguments: Sequence[str],
    *,
    count: str,
    chunk: Chunk,
    path: Path,
    threads: int,
    quiet: bool = True,
) -> str | None:
    """Make rows of a task by its command, and check that the file holds them.

    Parameters
    ----------
    task : Task
    options, arguments : sequence of str
        Of all chunks.
    count : str
        Option that says how many rows there are.
    chunk : Chunk
        Which rows.
    path : Path
        File to write.
    threads : int
    quiet : bool
        Whether warnings of the command are not shown, either.

    Returns
    -------
    str or None
        What the command said against its rows.

    Raises
    ------
    Exception
        Whatever the command raises, if there is no whole file.
    """
    rows = [count, str(chunk.n), "--first", str(chunk.first)]
    guarded = ["--", *arguments] if any(text.startswith("-") for text in arguments) else arguments
    line = [*options, *rows, "--threads", str(threads), "--output", str(path), *guarded]
    with _ONE_AT_A_TIME:
        path.unlink(missing_ok=True)
        command = task.parser()
        warning = None
        try:
            with _as_command([task.name, *guarded, *options, *rows], quiet=quiet):
                context = command.make_context(task.name, line)
                with context:
                    command.invoke(context)
        except RunError as error:
            if not path.exists():
                raise
            warning = str(error)  # of rows that are written
        except Interrupted:
            path.unlink(missing_ok=True)
            raise KeyboardInterrupt from None
    _check_rows(path, chunk)
    return warning


@contextlib.contextmanager
def _as_command(arguments: list[str], *, quiet: bool) -> Iterator[None]:
    """Let provenance state the arguments of the command, and keep what it says."""
    before = sys.argv
    sys.argv = ["nugauge", *arguments]
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            said = stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
            yield
        if not quiet:
            for line in filter(lambda text: text.startswith(_WARNING), said.getvalue().split("\n")):
                warn(line.removeprefix(_WARNING))
    finally:
        sys.argv = before


def _check_rows(path: Path, chunk: Chunk) -> None:
    run = read_run(path)
    first = min((part.first for part in run.parts), default=-1)
    last = max((part.last for part in run.parts), default=-1)
    if (first, last) != (chunk.first, chunk.last):
        path.unlink()
        raise RunError(f"{path} holds rows {first} to {last}, not {chunk.first} to {chunk.last}")


def read_run(path: Path) -> Any:
    """Read what the file of a chunk says of itself.

    Raises
    ------
    FileError
        If it is not whole, or holds several runs.
    """
    from detsim.event_files import table_name
    from detsim.files import FileError
    from macros.merging import read_runs

    runs = read_runs(path, table_name(path))
    if len(runs) != 1:
        raise FileError(path, "foreign", f"holds {len(runs)} runs, and a chunk has one")
    return runs[0]


def _give_name(unfinished: Path, final: Path) -> bool:
    """Give a whole file its name, unless another process has been first."""
    from detsim.files import sync_directory

    try:
        os.link(unfinished, final)
    except FileExistsError:
        unfinished.unlink(missing_ok=True)
        return False
    except OSError:  # a file system without links
        unfinished.rename(final)
    else:
        unfinished.unlink()
    sync_directory(final.parent)
    return True
