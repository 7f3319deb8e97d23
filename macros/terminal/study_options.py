"""Options of studies that can be made in parts: first toy, file of a part, rows or sums."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from macros.terminal.options import count

__all__ = ["FirstToyOption", "Keep", "KeepOption", "PartOption"]


class Keep(StrEnum):
    """What a file keeps of toys."""

    ROWS = "rows"
    SUMS = "sums"


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
