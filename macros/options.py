"""Arguments and options that commands share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CardArgument",
    "ForceOption",
    "JsonOption",
    "OfOption",
    "OutputOption",
    "SeedOption",
    "SetOption",
    "TableOption",
    "ThreadsOption",
]

_MAX_SEED = 2**63 - 1

CardArgument = Annotated[
    str, typer.Argument(metavar="CARD", help="A card: the path of a TOML file, or a preset's name.")
]
OfOption = Annotated[
    str | None,
    typer.Option(
        "--of", metavar="NAME", help="One experiment of a card that has several.", show_default=False
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Override a key of the card, such as model.gamma=0.05; the value as TOML, else a string.",
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        max=_MAX_SEED,
        help="Seed; else the card's, else drawn and printed.",
        show_default=False,
    ),
]
TableOption = Annotated[
    Path | None,
    typer.Option(
        "--table",
        metavar="FILE",
        help="Thresholds that `nugauge calibrate` made for this card.",
        show_default=False,
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Threads; they do not change the result.", show_default=False),
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Write one JSON document to standard output, and nothing else.")
]
OutputOption = Annotated[
    Path, typer.Option("-o", "--output", metavar="FILE", help="File to write.", show_default=False)
]
