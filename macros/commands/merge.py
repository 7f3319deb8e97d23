"""`nugauge merge`: files of one campaign as one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import ForceOption, JsonOption, emit_json, message, number_of, progress, say, warn

if TYPE_CHECKING:
    from macros.merging import Merging

__all__ = ["merge"]


def merge(
    output: Annotated[Path, typer.Argument(metavar="OUT.root", help="File to write.")],
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="IN.root",
            help="Files of one card, seed and command: events, toys, statistics, sums, calibrations.",
        ),
    ],
    complete: Annotated[
        bool, typer.Option("--complete", help="Refuse gaps: all from index 0 to the last has to be there.")
    ] = False,
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed", help="Join files of different versions or processors, equal to rounding only."
        ),
    ] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Join files of one command, made in parts.

    Events or toys in the order of their indices, if they belong together; of a study its result is told.
    """
    from detsim.files import stored_files
    from macros.merging import merge as join, merged_kind
    from macros.setup import FilePlan, Output

    inputs = stored_files(inputs)
    target = Output(path=output, kind=merged_kind(inputs[0]))
    files = FilePlan(reads=tuple(inputs), writes=(target,), force=force)
    with files.open() as former, progress("merging", None, "rows") as advance:
        made = join(output, inputs, complete=complete, mixed=mixed, advance=advance, former=former)
        _report(made, as_json)


def _report(made: "Merging", as_json: bool) -> None:
    output = made.file
    if as_json:
        emit_json(made.document())
        return
    files = number_of(made.n_files, "file")
    if made.result is not None:
        made.result.say()
    say(f"{output}: {made.contents(files)}")
    if made.gaps:
        missing = ", ".join(f"{first} to {last}" for first, last in made.gaps)
        exposure = "; the exposure is that of those that are" if made.tree == "events" else ""
        warn(f"{made.tree} {missing} are in none of the files{exposure}")
        message(
            "make them with --first and --events, or -n of toys, and merge again; --complete refuses gaps"
        )
