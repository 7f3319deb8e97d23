"""Columns of numbers from CSV files, as people, pandas and spreadsheets write them."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detsim.files.atomic import FileError
from detsim.files.inputs import read_input

__all__ = ["Columns", "apart", "read_columns"]

Array = NDArray[np.float64]
Row = tuple[int, list[str]]
"""Number of a line, and its cells."""

_SEPARATORS = (",", ";", "\t", " ")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+", re.ASCII)
"""Text that may be a number with separators of thousands."""
_NOT_FINITE = {"nan", "inf", "infinity"}
_INDEX_NAMES = {"", "Unnamed: 0"}
"""Names that pandas gives to a column of row numbers."""


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns of a CSV file.

    Parameters
    ----------
    path : Path
    names : tuple of str
    values : ndarray, shape (n_rows, n_columns)
        Finite.
    lines : tuple of int
        Line of the file that each row stands in.
    """

    path: Path
    names: tuple[str, ...]
    values: Array
    lines: tuple[int, ...]

    def column(self, name: str) -> Array:
        """Return one column, shape (n_rows,)."""
        return np.asarray(self.values[:, self.names.index(name)])

    def require(self, good: NDArray[np.bool_], name: str, words: str) -> None:
        """Raise a `FileError` that names the first row in which a condition on a column fails."""
        if not np.all(good):
            i = int(np.argmin(good))
            raise self.wrong(i, f"{name} {words}, got {self.column(name)[i]:g}")

    def require_ascending(self, name: str) -> None:
        """Raise a `FileError` if a column does not ascend from row to row."""
        values = self.column(name)
        for i in np.flatnonzero(np.diff(values) <= 0)[:1]:
            first, second = apart(values[i], values[i + 1])
            raise self.wrong(i + 1, f"{name} must ascend, got {second} after {first}")

    def wrong(self, row: int, reason: str) -> FileError:
        """Return an error with the name of the file, the line of a row and what is wrong with it."""
        return _wrong(self.path, self.lines[row], reason)


def apart(a: float, b: float) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to tell them apart.

    Examples
    --------
    >>> apart(0.35, 0.35000001)
    ('0.35', '0.35000001')
    """
    for digits in range(6, 18):
        first, second = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if first != second or a == b:
            break
    return first, second


def read_columns(path: str | Path, *choices: Sequence[str], at_least: int = 1) -> Columns:
    """Read a CSV file whose first line names its columns.

    Parameters
    ----------
    path : str or Path
    *choices : sequence of str
        The columns that it may have, in order.
    at_least : int
        Number of rows.

    Raises
    ------
    FileError
        With the line in which something is wrong.

    Notes
    -----
    Cells are separated by commas, semicolons, tabulators or spaces, with or without quotes. Lines that begin
    with # are comments, in any encoding. An index column, whose name is empty (pandas), and empty columns and
    rows (spreadsheets) are left out. Names of columns may have other case, if only one choice is then meant.
    Unless commas separate the cells, numbers may have decimal commas, all of them.
    """
    path = Path(path)
    lines = list(_lines(path))
    headers = _described([tuple(names) for names in choices])
    if not lines:
        raise FileError(path, "empty", f"has no line; it must begin with {headers}")
    number, header = lines[0]
    layout = _layout(header, [tuple(names) for names in choices])
    if layout is None:
        raise _wrong(path, number, f"must name the columns {headers}, got {header.strip()!r:.120}")
    rows = []
    for number, line in lines[1:]:
        cells = layout.cells(path, number, line)
        if len(cells) != len(layout.names):
            raise _wrong(path, number, f"must have {len(layout.names)} columns, got {len(cells)}")
        rows.append((number, cells))
    names = ",".join(layout.names)
    if len(rows) < at_least:
        raise FileError(path, "empty", f"must have at least {at_least} rows of {names}: {len(rows)}")
    point = "." if layout.separator == "," else _decimal_point(path, rows, layout.separator)
    values = [
        [_number(path, number, *pair, point) for pair in zip(layout.names, cells, strict=True)]
        for number, cells in rows
    ]
    return Columns(
        path=path,
        names=layout.names,
        values=np.array(values, np.float64).reshape(len(rows), len(layout.names)),
        lines=tuple(number for number, _ in rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """How the lines of a file are divided into cells."""

    names: tuple[str, ...]
    separator: str
    indexed: bool

    def cells(self, path: Path, number: int, line: str) -> list[str]:
        """Divide a line; without the index column, and without empty cells at its end."""
        try:
            cells = _split(line, self.separator)[self.indexed :]
        except csv.Error as error:
            raise _wrong(path, number, f"cannot be divided into cells: {error}") from None
        while len(cells) > len(self.names) and not cells[-1]:
            cells.pop()
        return cells


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines that hold cells, with their numbers.

    Only line feeds and carriage returns end a line: comments may hold what else Unicode takes for its end.
    """
    content = read_input(path).removeprefix(b"\xef\xbb\xbf")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        reason = "is not a text file in UTF-8 (it looks like UTF-16, or like no text); save it as CSV UTF-8"
        raise FileError(path, "foreign", reason)
    first = True
    for number, line in enumerate(re.split(rb"\r\n|\n|\r", content), start=1):
        if line.lstrip(b" \t\f\v\"'").startswith(b"#") or not line.strip(b" \t\f\v,;\"'"):
            continue
        if first and re.fullmatch(rb"\"?sep=.\"?", line.strip()):  # a spreadsheet's note on the separator
            first = False
            continue
        first = False
        try:
            yield number, line.decode()
        except UnicodeDecodeError as error:
            reason = f"holds the byte 0x{line[error.start]:02x}, not UTF-8; save the file as CSV UTF-8"
            raise _wrong(path, number, reason) from None


def _described(choices: Sequence[tuple[str, ...]]) -> str:
    """Write the columns of choices; a last column that may be left out in brackets."""
    longer = {names[:-1]: f"[,{names[-1]}]" for names in choices if names[:-1] in choices}
    shown = (names for names in choices if names[:-1] not in choices)
    return " or ".join(",".join(names) + longer.get(names, "") for names in shown)


def _layout(header: str, choices: Sequence[tuple[str, ...]]) -> _Layout | None:
    """Find the separator with which a header names one of the choices; None if there is none."""
    for separator in _SEPARATORS:
        try:
            cells = _split(header, separator)
        except csv.Error:
            continue
        indexed = cells[0] in _INDEX_NAMES
        names = cells[indexed:]
        while names and not names[-1]:
            names.pop()
        chosen = _chosen(tuple(names), choices)
        if chosen is not None:
            return _Layout(names=chosen, separator=separator, indexed=indexed)
    return None


def _chosen(names: tuple[str, ...], choices: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the choice that a file's names mean, in other case too if only one does; None without one."""
    if names in choices:
        return names
    folded = [name.casefold() for name in names]
    meant = {choice for choice in choices if [name.casefold() for name in choice] == folded}
    return meant.pop() if len(meant) == 1 else None


def _split(line: str, separator: str) -> list[str]:
    """Divide a line into cells, without their quotes and the spaces around them."""
    text = line.strip() if separator == " " else line
    return [cell.strip() for cell in next(csv.reader([text], delimiter=separator, skipinitialspace=True))]


def _decimal_point(path: Path, rows: Sequence[Row], separator: str) -> str:
    """Find whether comma or point is the decimal separator; refuse what may separate thousands."""
    comma, point = ([(n, cell) for n, cells in rows for cell in cells if sign in cell] for sign in (",", "."))
    if comma and point:
        number, cell = max(comma[0], point[0])
        other = min(comma[0], point[0])[1]
        reason = f"{cell!r} and {other!r} cannot both have decimals: write points, or commas, in all"
        raise _wrong(path, number, reason)
    written = comma or point
    if separator != " " and written and all(_GROUPED.fullmatch(cell) for _, cell in written):
        number, cell = written[0]
        plain = cell.replace(",", "").replace(".", "")
        reason = f"{cell!r} may be {plain} or {cell.replace(',', '.', 1)}: write no separators of thousands"
        raise _wrong(path, number, reason)
    return "," if comma else "."


def _number(path: Path, line: int, name: str, cell: str, point: str) -> float:
    text = cell.replace(",", ".") if point == "," else cell
    if text.lower().lstrip("+-") in _NOT_FINITE or (_NUMBER.fullmatch(text) and math.isinf(float(text))):
        raise _wrong(path, line, f"{name} must be finite, got {cell}")
    if not _NUMBER.fullmatch(text):
        hint = " (no separators of thousands)" if _GROUPED.fullmatch(text) else ""
        raise _wrong(path, line, f"{name} must be a number, got {cell!r:.80}{hint}")
    return float(text)


def _wrong(path: Path, line: int, reason: str) -> FileError:
    return FileError(path, "foreign", f"line {line}: {reason}")
