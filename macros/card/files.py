"""Tables in files of their own: found beside the card, with their checksums."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from macros.card.checks import CardFault

__all__ = ["locate_files", "used_files"]


def locate_files(document: dict[str, Any], directory: Path) -> list[CardFault]:
    """Make every file that a card names absolute, and write its SHA-256 beside it.

    Parameters
    ----------
    document : dict
        The card; it is changed. A file is a text under the key ``table``.
    directory : Path
        Where relative names start: that of the card.

    Returns
    -------
    list of CardFault
        Files that cannot be read, or that are not those of the checksum that the card states.
    """
    tables = list(_tables_of_files(document))
    if not tables:
        return []
    from detsim.files import FileError
    from detsim.formats import checksum, table_path

    faults = []
    for path, table in tables:
        unusual = _check_name(table["table"], directory)
        if unusual:
            faults.append(CardFault(key=f"{path}.table", reason=unusual))
            continue
        name = os.path.abspath(directory / table["table"])  # noqa: PTH100 (a symbolic link stays one)
        table["table"] = name
        try:
            sha256 = checksum(table_path(name))
        except FileError as error:
            faults.append(CardFault(key=f"{path}.table", reason=str(error)))
            continue
        if table.setdefault("sha256", sha256) != sha256:
            reason = f"{name} has changed: its SHA-256 is {sha256}, the card was made with {table['sha256']}"
            faults.append(
                CardFault(key=f"{path}.table", reason=reason, suggestion="restore the file, or drop sha256")
            )
    return faults


def _check_name(name: str, directory: Path) -> str:
    """Say why no file can have this name, or why a file of this name cannot be stated in other files."""
    if not name or "\0" in name:
        return f"{name!r} is not the name of a file"
    try:
        os.path.abspath(directory / name).encode()  # noqa: PTH100
    except UnicodeEncodeError:
        return f"{directory / name}: the name of the file, or of its directory, is not UTF-8: rename it"
    return ""


def used_files(document: dict[str, Any]) -> dict[str, str]:
    """List the files of a located card with their SHA-256."""
    return {table["table"]: table["sha256"] for _, table in _tables_of_files(document) if "sha256" in table}


def _tables_of_files(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Find the tables of the card that name a file."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _tables_of_files(item, f"{path}.{i}")
    elif isinstance(value, dict):
        if isinstance(value.get("table"), str):
            yield path, value
        for key, item in value.items():
            yield from _tables_of_files(item, f"{path}.{key}" if path else key)
