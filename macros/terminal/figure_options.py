"""Options of commands that show something: pictures, their style, and reports."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["FigureOption", "ReportOption", "StyleOption"]

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
