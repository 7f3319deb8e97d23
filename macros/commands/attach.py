"""`nugauge attach`: measured energies of another program, joined to true events by their index."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from macros.terminal import (
    ForceOption,
    JsonOption,
    OutputOption,
    Unit,
    emit_json,
    format_number,
    message,
    number_of,
    progress,
    say,
    warn,
)

if TYPE_CHECKING:
    from macros.attaching import Attachment

__all__ = ["attach"]


def attach(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="TRUE", help="File of `nugauge generate`, or all files of one run."),
    ],
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="What was measured: file.csv, file.csv.gz or file.root.")
    ],
    column: Annotated[
        str, typer.Option("--column", metavar="NAME", help="Column of the energies.", show_default=False)
    ],
    output: OutputOption,
    index: Annotated[
        str, typer.Option("--index", metavar="NAME", help="Column with the indices of the events.")
    ] = "event",
    unit: Annotated[
        Unit | None,
        typer.Option(
            "--unit", help="Of the energies; else the one in brackets, T_reco [keV].", show_default=False
        ),
    ] = None,
    tree: Annotated[
        str | None,
        typer.Option(
            "--tree",
            metavar="NAME",
            help="Tree in a ROOT file; else the only one that has the columns.",
            show_default=False,
        ),
    ] = None,
    experiment: Annotated[
        str | None,
        typer.Option(
            "--experiment",
            metavar="NAME",
            help="Column with the indices of pseudo-experiments, if the events are of some.",
            show_default=False,
        ),
    ] = None,
    trust_unit: Annotated[
        bool,
        typer.Option(
            "--trust-unit", help="Attach even if the mean energy fits the true ones in another unit."
        ),
    ] = False,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Attach energies that another program measured.

    The table has a row for each event that was recorded, in any order.
    """
    from detsim.files import stored_files
    from macros.setup import FilePlan, Output

    files = stored_files(files)
    plan = FilePlan(reads=(*files, table), writes=(Output(path=output, kind="events"),), force=force)

    from detsim.measured import read_measurements
    from macros.attaching import attach as attach_energies, check_indices

    with plan.open() as former:
        experiment = check_indices(files, experiment)
        measurements = read_measurements(
            table,
            column=column,
            index=index,
            unit=None if unit is None else unit.value,
            tree=tree,
            experiment=experiment,
        )
        with progress("attaching", None, "events") as advance:
            made = attach_energies(
                files, measurements, output, trust_unit=trust_unit, advance=advance, former=former
            )
            if as_json:
                emit_json(made.document())
            else:
                _say(made)
    _warn(made)


def _say(made: "Attachment") -> None:
    from simgen.units import write_quantity

    say(
        f"{made.file}: {number_of(made.n_recorded, 'event')} recorded of {made.n_true} true ones, "
        f"{format_number(100 * made.n_recorded / made.n_true)} %"
    )
    say(
        f"exposure {write_quantity(made.exposure, 'd', digits=6)}; the mean measured energy is "
        f"{format_number(made.mean_ratio)} of the mean true one"
    )
    message(f"{format_number(made.n_true / made.seconds, 3)} events/s")


def _warn(made: "Attachment") -> None:
    """Say what may be wrong with the energies, or is missing."""
    for text in made.notes:
        warn(text)
    if made.unit_is_doubtful:
        of = made.measurements
        warn(
            f"the mean of {of.column} is {format_number(made.mean_ratio)} times the mean true energy of "
            f"these events: is its unit {of.unit}?"
        )
    if made.lacks_backgrounds:
        warn(
            f"none of the {number_of(made.n_backgrounds, 'background event')} has a measured energy: the "
            "file is of the signal alone, and its card has no backgrounds"
        )
