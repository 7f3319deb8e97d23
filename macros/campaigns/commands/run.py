"""`nugauge campaign run`, `nugauge campaign chunk`: the chunks of a campaign, made here."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from macros.campaigns.commands.engines import ClusterOption, DaskOption, Engine, MixedOption
from macros.campaigns.commands.new import DirectoryArgument
from macros.campaigns.commands.words import WorkersOption, say_cost
from macros.terminal import (
    Interrupted,
    JsonOption,
    RunError,
    count,
    duration_text,
    emit_json,
    message,
    number_of,
    progress,
    say,
    stop_on_interrupt,
    warn,
)

if TYPE_CHECKING:
    from macros.campaigns import Campaign, Outcome

__all__ = ["chunk", "run"]

ThreadsOption = Annotated[int, typer.Option("--threads", min=1, help="Of each worker.")]


def run(
    directory: DirectoryArgument,
    workers: WorkersOption = None,
    threads: ThreadsOption = 1,
    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            parser=count(0, 1000),
            metavar="N",
            help="How often a failed chunk is tried again.",
        ),
    ] = 2,
    dask: DaskOption = None,
    cluster: ClusterOption = None,
    mixed: MixedOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is left, and its cost.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make all chunks that are not there.

    After Ctrl-C, a failure or the end of the machine, the same command goes on. Ctrl-C waits for the chunks
    that are being made; a second one drops them.
    """
    import os

    from macros.campaigns import read_campaign, run_campaign

    campaign = read_campaign(directory)
    engine = Engine(dask=dask, cluster=cluster, mixed=mixed, workers=workers, threads=threads)
    number = engine.n_jobs or workers or os.cpu_count() or 1
    if dry_run:
        _say_left(campaign, number, as_json=as_json)
        if not as_json:
            engine.say_script()
        return
    present = campaign.finished()
    left = campaign.n - sum(campaign.chunk(k).n for k in present)
    on = f"nugauge campaign run {directory}"
    try:
        with stop_on_interrupt() as stop, progress("campaign", left, "rows") as advance:
            stop.keeps = True
            with engine.open(campaign, _told_once(stop)) as (executor, stopped):
                outcome = run_campaign(
                    directory,
                    executor,
                    workers=number,
                    threads=threads,
                    retries=retries,
                    on_rows=advance,
                    on_failure=_say_failure,
                    on_death=_first_death(),
                    stopped=stopped,
                )
    except KeyboardInterrupt:
        raise Interrupted(f"the chunks that were being made are dropped; go on with: {on}") from None
    if as_json:
        emit_json(_document(outcome))
    else:
        _say(directory, outcome)
    _end(outcome, on)


def _told_once(stop: Callable[[], bool]) -> Callable[[], bool]:
    """Say at the first Ctrl-C what is waited for."""
    told = False

    def stopped() -> bool:
        nonlocal told
        if stop() and not told:
            told = True
            message("waiting for the chunks that are being made; Ctrl-C again drops them")
        return stop()

    return stopped


def _first_death() -> Callable[[str], None]:
    """Say of the first worker that dies how it did."""
    told = False

    def died(text: str) -> None:
        nonlocal told
        if not told:
            warn(f"{text}; its chunk is made again, as those of others that die")
        told = True

    return died


def _say_failure(number: int, text: str) -> None:
    warn(f"chunk {number} failed: {text}")


def _say(directory: Path, outcome: "Outcome") -> None:
    done = outcome.n_chunks - outcome.left
    say(f"{directory}: {done} of {number_of(outcome.n_chunks, 'chunk')} finished, {outcome.made} now")
    message(duration_text(outcome.seconds))
    for number, text in list(outcome.warnings.items())[:5]:
        warn(f"chunk {number}: {text}")
    if outcome.complete:
        say(f"join them with: nugauge campaign merge {directory} -o FILE")


def _document(outcome: "Outcome") -> dict[str, Any]:
    return {
        "directory": str(outcome.directory),
        "chunks": outcome.n_chunks,
        "made": outcome.made,
        "left": outcome.left,
        "failed": [{"number": n, "message": text} for n, text in outcome.failed.items()],
        "warnings": [{"number": n, "message": text} for n, text in outcome.warnings.items()],
        "seconds": outcome.seconds,
        "complete": outcome.complete,
    }


def _end(outcome: "Outcome", on: str) -> None:
    """End with the exit status of what happened."""
    if outcome.stopped and not outcome.complete:
        raise Interrupted(f"{number_of(outcome.left, 'chunk')} left; go on with: {on}")
    if outcome.failed:
        number, text = next(iter(outcome.failed.items()))
        raise RunError(
            f"{number_of(len(outcome.failed), 'chunk')} failed, chunk {number}: {text}; all others are "
            f"finished; try again with: {on}"
        )


def _say_left(campaign: "Campaign", workers: int, *, as_json: bool) -> None:
    from macros.campaigns import cost_of
    from macros.setup import Trial

    present = campaign.finished()
    rows = campaign.n - sum(campaign.chunk(k).n for k in present)
    chunks = campaign.n_chunks - len(present)
    cost = cost_of(Trial(**campaign.trial), rows, chunks, workers=workers)
    if as_json:
        emit_json({"directory": str(campaign.directory), "rows": rows, "cost": cost.document()})
        return
    left = f"{rows} of {number_of(campaign.n, 'row')} left, in {number_of(chunks, 'chunk')}"
    say(f"{campaign.directory}: {left}")
    say_cost(cost)


def chunk(
    directory: DirectoryArgument,
    numbers: Annotated[
        list[str], typer.Argument(metavar="K...", help="Numbers of chunks, or ranges such as 10-19.")
    ],
    threads: ThreadsOption = 1,
    as_json: JsonOption = False,
) -> None:
    """Make one or more chunks here, as jobs of a farm do."""
    from macros.campaigns import Notes, make_chunk, read_campaign
    from macros.terminal import explain

    campaign = read_campaign(directory)
    chosen = _numbers(numbers, campaign.n_chunks)
    made: list[int] = []
    failed: dict[int, str] = {}
    with progress("campaign", float(len(chosen)), "chunks") as advance:
        for number in chosen:
            try:
                if make_chunk(campaign, number, threads=threads).new:
                    made.append(number)
            except KeyboardInterrupt:
                raise Interrupted(
                    f"{number_of(len(made), 'chunk')} of {len(chosen)} made, chunk {number} is dropped; "
                    "the same command makes the others"
                ) from None
            except Exception as error:
                failed[number] = " ".join(explain(error)[1])
                Notes(campaign, "failed").write(number, failed[number], tries=1)
                _say_failure(number, failed[number])
            advance(1)
    present = [k for k in chosen if k not in made and k not in failed]
    if as_json:
        emit_json(
            {
                "directory": str(directory),
                "made": made,
                "present": present,
                "failed": [{"number": n, "message": text} for n, text in failed.items()],
            }
        )
    else:
        say(f"{directory}: {number_of(len(made), 'chunk')} made, {len(present)} were there")
    if failed:
        raise RunError(f"{number_of(len(failed), 'chunk')} failed: {', '.join(map(str, failed))}")


def _numbers(texts: Sequence[str], n_chunks: int) -> list[int]:
    """Read numbers and ranges of chunks."""
    found: list[int] = []
    for text in texts:
        match = re.fullmatch(r"(\d{1,18})(?:-(\d{1,18}))?", text)
        first, last = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
        if match is None or last < first:
            raise typer.BadParameter(f"K {text!r}: write numbers of chunks, or ranges such as 10-19")
        if last >= n_chunks:
            raise typer.BadParameter(f"K {text}: the campaign has chunks 0 to {n_chunks - 1}")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))
