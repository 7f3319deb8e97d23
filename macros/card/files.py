"""Tables in files of their own: found beside the card, with their checksums."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from macros.card.checks import CardFault

__all__ = ["FILE_KEYS", "locate_files", "used_files"]

FILE_KEYS = {"table": "sha256", "template_file": "template_sha256"}
"""Keys that name a file, and those of its checksum beside them."""


def locate_files(document: dict[str, Any], directory: Path) -> list[CardFault]:
    """Make every file that a card names absolute, and write its SHA-256 beside it.

    Parameters
    ----------
    document : dict
        The card; it is changed. A file is a text under one of `FILE_KEYS`.
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
    for path, table, key in tables:
        unusual = _check_name(table[key], directory)
        if unusual:
            faults.append(CardFault(key=f"{path}.{key}", reason=unusual))
            continue
        name = os.path.abspath(directory / table[key])  # noqa: PTH100 (a symbolic link stays one)
        table[key] = name
        try:
            sha256 = checksum(table_path(name))
        except FileError as error:
            faults.append(CardFault(key=f"{path}.{key}", reason=str(error)))
            continue
        stated = table.setdefault(FILE_KEYS[key], sha256)
        if stated != sha256:
            reason = f"{name} has changed: its SHA-256 is {sha256}, the card was made with {stated}"
            advice = f"restore the file, or drop {FILE_KEYS[key]}"
            faults.append(CardFault(key=f"{path}.{key}", reason=reason, suggestion=advice))
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
    files = _tables_of_files(document)
    return {table[key]: table[FILE_KEYS[key]] for _, table, key in files if FILE_KEYS[key] in table}


def _tables_of_files(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any], str]]:
    """Find the tables of the card that name a file, each with the key that does."""
    if isinstance(value, list):
        for i, item in enumerate(value):
            yield from _tables_of_files(item, f"{path}.{i}")
    elif isinstance(value, dict):
        for key in FILE_KEYS:
            if isinstance(value.get(key), str):
                yield path, value, key
        for key, item in value.items():
            yield from _tables_of_files(item, f"{path}.{key}" if path else key)
