"""Output of commands: results on standard output, everything else on standard error."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import IntEnum
from typing import Any

import typer

from macros.terminal.characters import encodable, escape_unsafe, is_unicode, printable, readable_ascii
from simgen.representation import format_number

__all__ = [
    "Interrupted",
    "RunError",
    "Verbosity",
    "announce",
    "begin",
    "complain",
    "detail",
    "emit_json",
    "emit_text",
    "format_number",
    "has_begun",
    "is_quiet",
    "json_text",
    "message",
    "number_of",
    "plain",
    "print_table",
    "say",
    "speaking",
    "timed",
    "warn",
    "withdraw",
]


class Verbosity(IntEnum):
    """How much a command says beside its results."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


_VERBOSITY = ContextVar("verbosity", default=Verbosity.NORMAL)
_announced: list[str] = []
"""Lines for standard error that wait until the work of the command begins."""
_BEGUN = ContextVar("begun", default=False)
"""Whether the work of the command has begun."""


class RunError(Exception):
    """A run that failed for a reason that is not the user's input: exit status 1."""


class Interrupted(Exception):  # noqa: N818 (no error: what it asked for was done)
    """A run that Ctrl-C ended, and that has kept what it had: exit status 130."""


def say(text: str = "", *, bold: bool = False) -> None:
    """Write a line of the result to standard output; control characters are shown as escapes."""
    begin()
    typer.echo(typer.style(printable(text), bold=True) if bold else printable(text))


@contextmanager
def speaking(verbosity: Verbosity) -> Iterator[None]:
    """Say less or more for a while."""
    token = _VERBOSITY.set(verbosity)
    try:
        yield
    finally:
        _VERBOSITY.reset(token)


def is_quiet() -> bool:
    """Tell whether nothing is said but results, warnings and errors."""
    return _VERBOSITY.get() is Verbosity.QUIET


def message(text: str, *, always: bool = False) -> None:
    """Write a line to standard error, with --quiet only if `always`; control characters as escapes."""
    if always or not is_quiet():
        typer.echo(printable(text), err=True)


def detail(text: str) -> None:
    """Write a line to standard error with --verbose only."""
    if _VERBOSITY.get() is Verbosity.VERBOSE:
        message(text)


@contextmanager
def timed(work: str) -> Iterator[None]:
    """With --verbose say how long some work took."""
    start = time.monotonic()
    yield
    detail(f"{work}: {format_number(time.monotonic() - start, 3)} s")


def announce(text: str) -> None:
    """Write a line to standard error when the work begins: not at all if the command refuses it."""
    if not is_quiet():
        _announced.append(text)


def begin(write: Callable[[str], None] = message) -> None:
    """Write what was announced: the first part of the work is done, or a result is there."""
    _BEGUN.set(True)
    while _announced:
        write(_announced.pop(0))


def withdraw() -> None:
    """Forget what was announced, before a command begins."""
    _BEGUN.set(False)
    _announced.clear()


def has_begun() -> bool:
    """Tell whether a part of the work of the command is done."""
    return _BEGUN.get()


def warn(text: str) -> None:
    """Write a warning to standard error."""
    _labelled("warning:", "yellow", [text])


def complain(*lines: str) -> None:
    """Write an error to standard error, on one line or several."""
    _labelled("error:", "red", lines)


def _labelled(label: str, colour: str, lines: Sequence[str]) -> None:
    text = "\n".join(map(printable, lines))
    typer.echo(f"{typer.style(label, fg=colour)} {text}", err=True)


def plain(value: Any) -> Any:
    """Turn a result into what JSON can hold: arrays to lists, what is not finite to None.

    Examples
    --------
    >>> plain({"upper": float("inf"), "edges": (0.25, 0.3)})
    {'upper': None, 'edges': [0.25, 0.3]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, bool | int):
        return value
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Sequence | set | frozenset):
        return [plain(item) for item in value]
    return str(value)


def json_text(document: Mapping[str, Any], *, ascii_only: bool = False) -> str:
    r"""Write a document as JSON, with the escapes of JSON for what a terminal would obey.

    Examples
    --------
    >>> print(json_text({"model": "E6 χ"}, ascii_only=True))
    {
      "model": "E6 \u03c7"
    }
    """
    text = json.dumps(plain(document), allow_nan=False, ensure_ascii=ascii_only, indent=2)
    return escape_unsafe(text)


def emit_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document to standard output: in ASCII, if that has not all characters."""
    begin()
    typer.echo(json_text(document, ascii_only=not is_unicode(sys.stdout.encoding)))


def emit_text(text: str) -> None:
    """Write a document of several lines to standard output: in ASCII, if that has not all characters."""
    unicode = is_unicode(sys.stdout.encoding)
    typer.echo(text if unicode else readable_ascii(text), nl=False)


def number_of(n: int, thing: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> number_of(1, "line"), number_of(3, "line")
    ('1 line', '3 lines')
    """
    return f"{n} {thing}" if n == 1 else f"{n} {thing}s"


def print_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write an aligned table to standard output: texts to the left, numbers to the right."""
    cells = [list(map(_cell, row)) for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    right = [bool(rows) and not any(isinstance(row[i], str) for row in rows) for i in range(len(head))]
    for line in cells:
        padded = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)]
        say("  ".join(padded).rstrip())


def _cell(value: Any) -> str:
    """Write a cell as the terminal shows it, so that columns stay aligned."""
    text = value if isinstance(value, str) else format_number(value)
    return encodable(printable(text), sys.stdout.encoding)
