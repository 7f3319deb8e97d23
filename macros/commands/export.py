"""`nugauge export`: events and likelihoods in the formats of other programs."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from macros.terminal import (
    AuxiliaryOption,
    ExperimentOption,
    ForceOption,
    JsonOption,
    OfOption,
    OutputOption,
    PoiOption,
    SeedOption,
    SetOption,
    ToyOption,
    Unit,
    UnitOption,
    emit_json,
    format_number,
    message,
    number_of,
    progress,
    say,
    warn,
)

if TYPE_CHECKING:
    from macros.exports import EventFormat, Export

__all__ = ["export"]


class Format(StrEnum):
    """Formats that events are exported to, and likelihoods."""

    NUHEPMC = "nuhepmc"
    HEPEVT = "hepevt"
    GST = "gst"
    PARQUET = "parquet"
    CSV = "csv"
    PYHF = "pyhf"
    RESPONSE = "response"
    HEPDATA = "hepdata"


class HepevtDialect(StrEnum):
    """Dialects of HEPEVT."""

    CANONICAL = "canonical"
    GEANT4 = "geant4"
    GLG4 = "glg4"


_OF_CARDS = (Format.PYHF, Format.RESPONSE, Format.HEPDATA)
"""Formats of a card and its data; the others are those of events."""
_NO_CARDS = {".root", ".csv", ".json"}
"""Endings of the names of events and of data."""
_SUFFIX = {Format.GST: ".root", Format.PARQUET: ".parquet"}


def export(
    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE|CARD",
            help="An event file, or all files of one run: events-*.root, or the series' name, events.root. "
            "For pyhf, response and hepdata a card, then its DATA as for fit; without: expected counts.",
        ),
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
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="V|a:b:n",
            help="Fix the parameter of interest of a likelihood; with several values a patchset for pyhf.",
            show_default=False,
        ),
    ] = None,
    results: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="FILE",
            help="Add to hepdata what contour, coverage, limit or sensitivity wrote with --json; can be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    poi: PoiOption = None,
    experiment: ExperimentOption = None,
    unit: UnitOption = Unit.MEV,
    auxiliary: AuxiliaryOption = None,
    toy: ToyOption = None,
    of: OfOption = None,
    seed: SeedOption = None,
    override: SetOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write events or a likelihood for another program.

    Events as NuHepMC, HEPEVT or CSV (.gz and .zst compress), a tree as GENIE's gst, or Parquet. NuHepMC,
    HEPEVT and gst need events of `generate --columns vertex,direction`; the dialect geant4 of HEPEVT needs
    `direction` only, and times are written where events have them. The likelihood of a card as a workspace of
    pyhf, which ROOT's HistFactory takes, too; its response matrix and templates as histograms, .root or
    .json; its results as a submission to HEPData, a directory or .tar.gz.
    """
    _check_inputs(inputs, format)
    of_events = {"--dialect": dialect, "--vertex-times": vertex_times, "--gamma-templates": templates}
    of_cards = {
        "--at": at,
        "--with": results,
        "--poi": poi,
        "--experiment": experiment,
        "--auxiliary": auxiliary,
        "--toy": toy,
        "--of": of,
        "--seed": seed,
        "--set": override,
    }
    if format in _OF_CARDS:
        _check_unused(of_events, format, "events")
        from macros.commands.export_card import CardExport, export_card

        export_card(
            CardExport(
                card=inputs[0],
                data=inputs[1:],
                format=format.value,
                output=output,
                at=at,
                poi=poi,
                auxiliary=auxiliary,
                toy=toy,
                experiment=experiment,
                unit=unit.value,
                of=of,
                seed=seed,
                override=override,
                results=tuple(results or ()),
                force=force,
                as_json=as_json,
            )
        )
        return
    _check_unused(of_cards, format, "cards")
    _check_options(format, dialect, vertex_times, output)

    from detsim.files import stored_files
    from macros.exports import export_events, number_of_events
    from macros.setup import FilePlan, Output

    paths = stored_files(map(Path, inputs))
    plan = FilePlan(reads=tuple(paths), writes=(Output(path=output, kind="export"),), force=force)
    with plan.open() as former, progress("exporting", number_of_events(paths), "events") as advance:
        made = export_events(
            paths,
            output,
            cast("EventFormat", format.value),
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
    for text in made.notes:
        warn(text)


def _check_inputs(inputs: list[str], format: Format) -> None:
    """Refuse a card where events are exported, and events where a card is."""
    from macros.card import presets

    first = inputs[0]
    is_card = first in presets() or first.endswith(".toml")
    cards = ", ".join(_OF_CARDS)
    if format in _OF_CARDS and Path(first).suffix in _NO_CARDS:
        raise typer.BadParameter(
            f"--format {format} is of a card (a TOML file or a preset), and {first} is none: nugauge export "
            f"CARD {first} --format {format} -o ..."
        )
    if format not in _OF_CARDS and is_card:
        raise typer.BadParameter(
            f"--format {format} exports events, and {first} is a card: give files of `nugauge "
            f"generate` or `simulate`, or choose {cards}"
        )


def _check_unused(options: dict[str, Any], format: Format, kind: str) -> None:
    """Refuse options of the other kind of export."""
    wrong = next((name for name, value in options.items() if value not in (None, False)), None)
    if wrong is not None:
        raise typer.BadParameter(f"{wrong} is for exports of {kind}, and the format is {format}")


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
