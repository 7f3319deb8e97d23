"""`nugauge inspect`: what a file is, and whether it is whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from macros.console import emit_json, plain, say
from macros.options import JsonOption

__all__ = ["inspect"]


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An event, toy or histogram file.")],
    hashes: Annotated[
        bool, typer.Option("--hashes", help="Read everything and compare the SHA-256 of each branch.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Say what a file is and whether it is whole."""
    from detsim.inspection import describe

    document = describe(file, check_hashes=hashes)
    if as_json:
        emit_json(document)
        return
    _say(plain(document))


def _say(document: Mapping[str, Any], indent: str = "") -> None:
    for key, value in document.items():
        if isinstance(value, Mapping):
            say(f"{indent}{key}")
            _say(value, indent + "  ")
        elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
            for i, item in enumerate(value):
                say(f"{indent}{key} {i + 1}")
                _say(item, indent + "  ")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else value
            say(f"{indent}{key}: {text}")
