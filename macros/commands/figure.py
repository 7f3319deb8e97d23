"""`nugauge figure`: the paper's figures and more, with their numbers."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from macros.figures import FIGURES, figure_outputs, make_figure
from macros.terminal import (
    ForceOption,
    JsonOption,
    LimitMethod,
    StyleOption,
    completed,
    emit_json,
    progress,
    say,
)

__all__ = ["figure"]


class Format(StrEnum):
    """Of the pictures."""

    PDF = "pdf"
    PNG = "png"
    SVG = "svg"


def figure(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help=f"{', '.join(FIGURES)}, or all.",
            show_default=False,
            autocompletion=completed("figure"),
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="DIR", help="Directory for the files.", show_default=False),
    ],
    kind: Annotated[Format, typer.Option("--format", help="Of the pictures.")] = Format.PDF,
    method: Annotated[
        LimitMethod, typer.Option("--method", help="At 95 %: Δχ² = 2.7055, the paper's, or 3.8415.")
    ] = LimitMethod.ONE_SIDED,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make figures: picture, numbers (CSV) and caption of each."""
    from macros.plots import look
    from macros.setup import FilePlan, read_look

    chosen = read_look(style)
    names = list(FIGURES) if name == "all" else [name]
    writes = tuple(file for each in names for file in figure_outputs(each, output, kind.value))
    files: list[Path] = []
    with (
        FilePlan(reads=(), writes=writes, force=force, makes_directory=True).open() as former,
        progress("figures", len(names), "figures") as advance,
        look(chosen),
    ):
        for each in names:
            files += make_figure(each, output, format=kind.value, method=method.value, former=former)
            advance(1)
        if as_json:
            emit_json({"files": [str(file) for file in files]})
            return
        for file in files:
            say(str(file))
