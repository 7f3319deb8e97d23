"""`nugauge init`: an annotated card to edit."""

import errno
import sys
from pathlib import Path
from typing import Annotated

import typer

from macros.console import message

__all__ = ["init"]


def init(
    preset: Annotated[
        str, typer.Argument(metavar="[PRESET]", help="Preset to start from; see `nugauge list presets`.")
    ] = "borexino-cr51-realistic",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Card to write; without it, standard output."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write an annotated card to edit."""
    from detsim.files import whole_file
    from macros.card import preset_text

    text = preset_text(preset)
    if output is None:
        sys.stdout.write(text)
        return
    if output.is_file() and not force:
        raise FileExistsError(errno.EEXIST, "exists; --force replaces it", str(output))
    with whole_file(output) as stream:
        stream.write(text.encode())
    message(f"wrote {output}; check it with: nugauge check {output}")
