"""`nugauge campaign status`, `nugauge campaign merge`: its state, and all of it as one file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from macros.campaigns.commands.new import DirectoryArgument
from macros.terminal import (
    ForceOption,
    JsonOption,
    OutputOption,
    ReportOption,
    duration_text,
    emit_json,
    end_time,
    number_of,
    progress,
    say,
    size_text,
    warn,
)

if TYPE_CHECKING:
    from macros.campaigns import State

__all__ = ["merge", "status"]

_SHOWN = 10


def status(
    directory: DirectoryArgument,
    report: ReportOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what is done, running, failed, and when it ends."""
    from macros.campaigns import read_campaign, read_state

    state = read_state(read_campaign(directory))
    page = None
    if report is not None:
        from macros.runs import ReportPlan, campaign_report

        page = ReportPlan(directory=report, force=force).write(
            campaign_report(state.document(), [f"{line}." for line in _lines(state)])
        )
    if as_json:
        emit_json({**state.document(), "report": page})
    else:
        _say(state)
        if page:
            say(page)


def _lines(state: "State") -> Iterator[str]:
    """Write the state for a person."""
    campaign = state.campaign
    rows = number_of(campaign.n, "row")
    yield f"{campaign.directory}: {campaign.task}, {rows}, seed {campaign.seed}, id {campaign.id}"
    yield (
        f"{state.done} of {number_of(campaign.n_chunks, 'chunk')} done "
        f"({100 * state.rows / campaign.n:.4g} % of the rows), {len(state.running)} with workers, "
        f"{len(state.failed)} failed"
    )
    if state.rate and state.seconds_left is not None:
        left = state.seconds_left
        yield f"{state.rate:.3g} rows/s; {duration_text(left)} left: it ends {end_time(left)}"
    hours = f"{state.core_seconds / 3600:.3g} core hours so far, as the trial tells"
    yield f"{hours}; {size_text(state.bytes)} on disk"


def _say(state: "State") -> None:
    campaign = state.campaign
    for line in _lines(state):
        say(line)
    for note in state.failed[:_SHOWN]:
        warn(
            f"chunk {note.get('number')} failed after {number_of(int(note.get('tries', 1)), 'try')} on "
            f"{note.get('host')}: {note.get('message')}"
        )
    for note in state.warnings[:_SHOWN]:
        warn(f"chunk {note.get('number')}: {note.get('message')}")
    if state.done == campaign.n_chunks:
        say(f"complete; join the chunks with: nugauge campaign merge {campaign.directory} -o FILE")
    elif state.driven and not state.running:
        say("a process runs it, and its workers are starting")
    elif not state.running:
        say(f"nothing runs; go on with: nugauge campaign run {campaign.directory}")


def merge(
    directory: DirectoryArgument,
    output: OutputOption,
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed", help="Join chunks of different versions or processors, equal to rounding only."
        ),
    ] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Join all chunks into one file.

    It is refused while a chunk is missing.
    """
    from macros.campaigns import (
        advise_on_chunks,
        check_chunks,
        join_chunks,
        judge_campaign,
        read_campaign,
    )
    from macros.merging import merged_kind
    from macros.setup import FilePlan, Output

    campaign = read_campaign(directory)
    files = check_chunks(campaign)
    with advise_on_chunks(campaign):
        kind = merged_kind(files[0])
    plan = FilePlan(reads=tuple(files), writes=(Output(path=output, kind=kind),), force=force)
    with plan.open() as former, progress("merging", campaign.n, "rows") as advance:
        made = join_chunks(campaign, output, mixed=mixed, advance=advance, former=former)
        if as_json:
            emit_json({**made.document(), "campaign": campaign.id})
        else:
            if made.result is not None:
                made.result.say()
            chunks = number_of(made.n_files, "chunk")
            say(f"{made.file}: {made.contents(chunks)}, seed {campaign.seed}")
    judge_campaign(campaign, made)
