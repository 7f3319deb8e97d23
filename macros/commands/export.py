"""`nugauge export`: events in the formats of other programs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import (
    ForceOption,
    JsonOption,
    OutputOption,
    emit_json,
    format_number,
    message,
    number_of,
    progress,
    say,
)

if TYPE_CHECKING:
    from macros.exports import Export

__all__ = ["export"]


class Format(StrEnum):
    """Formats that events are exported to."""

    NUHEPMC = "nuhepmc"
    HEPEVT = "hepevt"
    GST = "gst"
    PARQUET = "parquet"
    CSV = "csv"


class HepevtDialect(StrEnum):
    """Dialects of HEPEVT."""

    CANONICAL = "canonical"
    GEANT4 = "geant4"
    GLG4 = "glg4"


_SUFFIX = {Format.GST: ".root", Format.PARQUET: ".parquet"}


def export(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="An event file, or all files of one run (events-*.root)."),
    ],
    format: Annotated[Format, typer.Option("--format", help="Format to write.", show_default=False)],
    output: OutputOption,
    dialect: Annotated[
        HepevtDialect | None,
        typer.Option("--dialect", help="Dialect of hepevt, which needs one.", show_default=False),
    ] = None,
    vertex_times: Annotated[
        bool,
        typer.Option(
            "--vertex-times", help="Write the time in the exposure as the time of the vertex, into hepevt."
        ),
    ] = False,
    templates: Annotated[
        bool,
        typer.Option(
            "--gamma-templates", help="Add A, B, C of each event for the file's card: w(γ) = A + Bγ + Cγ²."
        ),
    ] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write events in the format of another program.

    NuHepMC (.gz and .zst compress), HEPEVT, a tree as GENIE's gst, Parquet or CSV. The first three need
    events that were simulated with --columns vertex,time,direction.
    """
    _check_options(format, dialect, vertex_times, output)

    from macros.exports import export_events
    from macros.setup import FilePlan, Output

    plan = FilePlan(reads=tuple(files), writes=(Output(path=output, kind="export"),), force=force)
    with plan.open() as former, progress("exporting", None, "events") as advance:
        made = export_events(
            files,
            output,
            format.value,
            dialect=None if dialect is None else dialect.value,
            vertex_times=vertex_times,
            templates=templates,
            advance=advance,
            former=former,
        )
        if as_json:
            emit_json(made.document())
        else:
            _say(made)


def _check_options(format: Format, dialect: HepevtDialect | None, vertex_times: bool, output: Path) -> None:
    """Refuse options that do not fit the format."""
    if format is Format.HEPEVT and dialect is None:
        raise typer.BadParameter(
            f"--format hepevt needs --dialect, one of {', '.join(HepevtDialect)}: programs differ in it"
        )
    if format is not Format.HEPEVT and (dialect is not None or vertex_times):
        option = "--vertex-times" if dialect is None else "--dialect"
        raise typer.BadParameter(f"{option} is for --format hepevt, and the format is {format}")
    suffix = _SUFFIX.get(format)
    if suffix and output.suffix != suffix:
        raise typer.BadParameter(f"-o {output}: the name of a file of {format} has to end in {suffix}")


def _say(made: "Export") -> None:
    """Say what was written, and what the format has no place for."""
    what = made.format if made.dialect is None else f"{made.format} ({made.dialect})"
    say(f"{made.file}: {number_of(made.n_events, 'event')} as {what}, {format_number(made.bytes / 1e6)} MB")
    if made.n_left_out:
        say(f"left out: {number_of(made.n_left_out, 'background event')}, which are no interactions")
    if made.not_held:
        say(f"not in this format: {'; '.join(made.not_held)}")
    rate = (made.n_events + made.n_left_out) / made.seconds
    message(f"{format_number(rate, 3)} events/s")
