"""Options of fits and studies: data, parameter, goodness of fit, pictures; first toy, part, rows or sums."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from macros.terminal.options.completion import completed
from macros.terminal.options.shared import count

__all__ = [
    "DATA_HELP",
    "ExperimentOption",
    "FigureOption",
    "FirstToyOption",
    "GoodnessOption",
    "Keep",
    "KeepOption",
    "LimitMethod",
    "PartOption",
    "PoiOption",
    "ReportOption",
    "StyleOption",
]

DATA_HELP = (
    "Event file, or all files of one run; file.root:name of a TH1 or TH2, UHI JSON, CSV; of several "
    "experiments NAME=FILE each."
)


class Keep(StrEnum):
    """What a file keeps of toys."""

    ROWS = "rows"
    SUMS = "sums"


class LimitMethod(StrEnum):
    """Limits whose threshold is that of a χ²."""

    ONE_SIDED = "one-sided"
    TWO_SIDED = "two-sided"


PoiOption = Annotated[
    str | None,
    typer.Option(
        "--poi",
        metavar="NAME",
        help="Parameter of interest; else the card's fit.poi.",
        show_default=False,
        autocompletion=completed("poi"),
    ),
]
ExperimentOption = Annotated[
    int | None,
    typer.Option(
        "--experiment",
        parser=count(0),
        metavar="N",
        help="Which pseudo-experiment of an event file.",
        show_default=False,
    ),
]
GoodnessOption = Annotated[
    int,
    typer.Option(
        "--gof",
        parser=count(0),
        metavar="N",
        help="Test the goodness of fit with N pseudo-experiments.",
    ),
]
FirstToyOption = Annotated[
    int, typer.Option("--first", parser=count(0), metavar="N", help="Index of the first toy.")
]
PartOption = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE.root",
        help="File of the toys' statistics, which `merge` joins with those of other toys.",
        show_default=False,
    ),
]
KeepOption = Annotated[
    Keep,
    typer.Option(
        "--keep", help="What the file keeps: a row for each toy, or sums, whose size does not grow with them."
    ),
]
FigureOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--figure",
        metavar="FILE",
        help="Picture to draw, PDF, PNG or SVG, with its numbers beside it as CSV and JSON; can be repeated.",
        show_default=False,
    ),
]
ReportOption = Annotated[
    Path | None,
    typer.Option(
        "--report",
        metavar="DIR",
        help="Directory to make, with a page (report.html), figure and numbers.",
        show_default=False,
    ),
]
StyleOption = Annotated[
    str | None,
    typer.Option(
        "--style",
        metavar="STYLE",
        help="How pictures look: a style file of matplotlib, or the name of a style of mplhep (ATLAS, CMS, "
        "LHCb2, ...) or matplotlib.",
        show_default=False,
    ),
]
