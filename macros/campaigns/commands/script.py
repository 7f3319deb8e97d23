"""`nugauge campaign script`: the chunks of a campaign as array jobs of a batch system."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from macros.campaigns.commands.new import DirectoryArgument
from macros.terminal import (
    JsonOption,
    count,
    duration_text,
    emit_json,
    emit_text,
    message,
    number_of,
    say,
)

__all__ = ["script"]


def script(
    directory: DirectoryArgument,
    slurm: Annotated[bool, typer.Option("--slurm", help="A script for sbatch.")] = False,
    htcondor: Annotated[bool, typer.Option("--htcondor", help="A file for condor_submit.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="File to write; else it goes to standard output.",
            show_default=False,
        ),
    ] = None,
    tasks: Annotated[
        int, typer.Option("--tasks", parser=count(1), metavar="N", help="Most tasks of the array.")
    ] = 1000,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="TEXT",
            help="Line for the batch system, such as --option=--partition=short; repeat.",
            show_default=False,
        ),
    ] = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of each task.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Write an array job that makes the chunks that are not there."""
    from macros.campaigns import read_campaign
    from macros.campaigns.clusters import ArrayJobs, htcondor_text, slurm_text

    if slurm == htcondor:
        raise typer.BadParameter("say for which batch system: --slurm or --htcondor")
    campaign = read_campaign(directory)
    if output is not None and os.path.lexists(output):
        raise FileExistsError(f"{output} exists: name another file, or remove it")
    jobs = ArrayJobs.of_campaign(campaign, most=tasks, threads=threads, options=options or ())
    text = slurm_text(jobs) if slurm else htcondor_text(jobs)
    if not jobs.tasks:
        raise typer.BadParameter(
            f"{directory}: all chunks are there; join them with: nugauge campaign merge {directory} -o FILE"
        )
    (campaign.directory / "logs").mkdir(exist_ok=True)
    if output is not None:
        _write(output, text)
    if as_json:
        emit_json(
            {
                "directory": str(directory),
                "file": None if output is None else str(output),
                "chunks": jobs.n_chunks,
                "tasks": len(jobs.tasks),
                "task_seconds": jobs.seconds,
                "text": text,
            }
        )
        return
    submit = (
        f"{'sbatch' if slurm else 'condor_submit'} {'FILE' if output is None else shlex.quote(str(output))}"
    )
    tell: Callable[[str], None] = message
    if output is None:
        emit_text(text)
    else:
        tell = say
        say(f"{output}: {number_of(jobs.n_chunks, 'chunk')} in {number_of(len(jobs.tasks), 'task')}")
    tell(f"a task takes {duration_text(jobs.seconds)}, about, and writes to {jobs.logs}")
    tell(f"submit it with: {submit}")
    tell(f"then: nugauge campaign status {directory}; nugauge campaign merge {directory} -o FILE")


def _write(output: Path, text: str) -> None:
    from detsim.files import whole_file

    with whole_file(output, former={}) as stream:
        stream.write(text.encode())
