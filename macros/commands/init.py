"""`nugauge init`: an annotated card to edit."""

from pathlib import Path
from typing import Annotated

import typer

from macros.terminal import completed, emit_text, message

__all__ = ["init"]


def init(
    preset: Annotated[
        str,
        typer.Argument(
            metavar="PRESET",
            help="Preset to start from; see `nugauge list presets`.",
            autocompletion=completed("preset"),
        ),
    ] = "borexino-cr51-realistic",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Card to write; without it, standard output."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that `init` wrote, and nobody has edited.")
    ] = False,
) -> None:
    """Write an annotated card to edit."""
    from detsim.files import whole_file
    from macros.card import preset_text
    from macros.setup import FilePlan, Output

    text = preset_text(preset)
    if output is None:
        emit_text(text)
        return
    plan = FilePlan(reads=(), writes=(Output(path=output, kind="card"),), force=force)
    with plan.open() as former:
        with whole_file(output, former=former) as stream:
            stream.write(text.encode())
        message(f"wrote {output}; check it with: nugauge check {output}")
