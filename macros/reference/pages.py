"""The pages of the documentation, which lie beside the program: their tables, and the schema of a card."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Table", "card_schema", "page", "pages", "tables"]

_MACROS = Path(__file__).parents[1]
_PLACES = (_MACROS / "docs", _MACROS.parent / "docs")
"""In an installed package, and in the source."""
_SCHEMA = Path("reference", "card.schema.json")
_CELL = re.compile(r"(?<!\\)\|")
_HEADING = re.compile(r"(#+) (.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of a page.

    Parameters
    ----------
    page : str
        Name of the page.
    heading : str
        What it stands under.
    number : int
        Of the tables under this heading, from 0.
    head : tuple of str
        Cells of the first row.
    rows : tuple of tuple of str
        Cells of the others.
    """

    page: str
    heading: str
    number: int
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@cache
def _directory() -> Path:
    for place in _PLACES:
        if (place / _SCHEMA).is_file():
            return place
    raise FileNotFoundError(2, "the documentation is not installed beside the program", str(_PLACES[0]))


def pages() -> dict[str, str]:
    """Return the pages by their names, such as "reference/files.md"."""
    directory = _directory()
    return {
        str(path.relative_to(directory)): path.read_text(encoding="utf-8")
        for path in sorted(directory.rglob("*.md"))
        if "_build" not in path.parts
    }


def page(title: str) -> tuple[str, str]:
    """Return name and text of the page with a title.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    for name, text in pages().items():
        if text.startswith(f"# {title}\n"):
            return name, text
    raise FileNotFoundError(2, f"there is no page {title!r}", str(_directory()))


@cache
def card_schema() -> dict[str, Any]:
    """Return the JSON schema of a card."""
    document: dict[str, Any] = json.loads((_directory() / _SCHEMA).read_text(encoding="utf-8"))
    return document


def tables(name: str, text: str) -> Iterator[Table]:
    r"""Read the tables of a page.

    Examples
    --------
    >>> [found] = tables("x.md", "## Event files\n\n| branch | unit |\n|---|---|\n| `T` | MeV |\n")
    >>> found.heading, found.head, found.rows
    ('Event files', ('branch', 'unit'), (('`T`', 'MeV'),))
    """
    heading, number, lines = "", 0, []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            lines.append(tuple(cell.strip() for cell in _CELL.split(line)[1:-1]))
            continue
        if len(lines) > 1:
            yield Table(page=name, heading=heading, number=number, head=lines[0], rows=tuple(lines[2:]))
            number += 1
        lines = []
        match = _HEADING.fullmatch(line)
        if match is not None:
            heading, number = match[2], 0
