"""`nugauge campaign new`: the directory of a campaign, with its plan."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.campaigns.commands.words import WorkersOption, say_cost
from macros.terminal import JsonOption, completed, count, emit_json, number_of, say

if TYPE_CHECKING:
    from macros.campaigns import Draft, Request

__all__ = ["DirectoryArgument", "new"]

DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="Directory of the campaign.", show_default=False)
]
_LEAST = 0.1


def new(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Directory to make; or an empty one.", show_default=False)
    ],
    task: Annotated[
        str,
        typer.Argument(
            metavar="TASK",
            help="simulate, toys, ...",
            show_default=False,
            autocompletion=completed("task"),
        ),
    ],
    typed: Annotated[
        list[str],
        typer.Argument(
            metavar="CARD ...",
            help="Arguments and options of the command TASK; -n N says how many rows.",
            show_default=False,
            autocompletion=completed("card"),
        ),
    ],
    chunk_time: Annotated[
        str | None,
        typer.Option(
            "--chunk-time",
            metavar="TIME",
            help="How long a chunk takes, about; 30 s if not given.",
            show_default=False,
        ),
    ] = None,
    chunk_size: Annotated[
        int | None,
        typer.Option(
            "--chunk-size",
            parser=count(1),
            metavar="N",
            help="Rows of a chunk, instead of a time.",
            show_default=False,
        ),
    ] = None,
    workers: WorkersOption = None,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of each worker, for the cost.")] = 1,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check, measure and say the cost; leave nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check a study, cut it into chunks, measure its cost."""
    import os

    from macros.campaigns import (
        PlanSettings,
        check_free,
        chosen_seed,
        cost_of,
        create,
        draft,
        find_task,
        read_request,
    )

    if chunk_size is not None and chunk_time is not None:
        raise typer.BadParameter("--chunk-time and --chunk-size exclude each other: chunks have one size")
    seconds = _seconds(chunk_time or "30 s")
    request = read_request(find_task(task), typed)
    check_free(directory)
    seed = chosen_seed(request)
    processes = workers or os.cpu_count() or 1
    settings = PlanSettings(
        seed=seed, chunk_seconds=seconds, chunk_size=chunk_size, threads=threads, workers=processes
    )
    plan = draft(request, settings) if dry_run else create(request, directory, settings)[1]
    cost = cost_of(plan.trial, request.n, plan.chunks, workers=processes)
    if as_json:
        emit_json(
            {
                "directory": None if dry_run else str(directory),
                "task": request.task.name,
                "n": request.n,
                "seed": seed,
                "chunk_size": plan.size,
                "trial": plan.trial.document(),
                "cost": cost.document(),
            }
        )
        return
    _say(directory, request, plan, seed, dry_run=dry_run)
    say_cost(cost)
    if not dry_run:
        say(f"run it with: nugauge campaign run {directory}")


def _seconds(text: str) -> float:
    from simgen.units import read_quantity

    try:
        seconds = read_quantity(text, "time")
    except ValueError as error:
        raise typer.BadParameter(f"--chunk-time: {error}") from None
    if seconds < _LEAST:
        raise typer.BadParameter(f"--chunk-time must be at least {_LEAST:g} s, got {text}")
    return seconds


def _say(directory: Path, request: "Request", plan: "Draft", seed: int, *, dry_run: bool) -> None:
    where = f"{request.task.name}, not made" if dry_run else f"{directory}: {request.task.name}"
    chunks = number_of(plan.chunks, "chunk")
    size = f" of {plan.size}" if plan.chunks > 1 else ""
    say(f"{where}: {number_of(request.n, 'row')} in {chunks}{size}, seed {seed}")
    trial = plan.trial
    say(
        f"trial: {number_of(trial.n, 'row')}, {1 / trial.seconds:.3g} rows/s of "
        f"{number_of(trial.threads, 'thread')}, "
        f"{trial.overhead:.2g} s for each chunk, {trial.bytes:.3g} bytes a row"
    )
