"""Columns of numbers in large CSV files, plain or compressed, read in chunks."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError, open_input

__all__ = ["TextTable"]

_SEPARATORS = (",", ";", "\t", " ")
_CELL = re.compile(r"([^\[\]]+?)\s*(?:\[\s*([^\[\]]+?)\s*\])?")
"""A name, and its unit in brackets."""
_LONGEST = 1_000_000
"""Characters of a line."""


@dataclass(slots=True)
class _Lines:
    """Lines of a text that hold cells, counted; comments are remembered until the header is read."""

    path: Path
    stream: IO[str]
    number: int = 0
    line: str = ""
    comments: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while True:
            try:
                self.line = self.stream.readline(_LONGEST)
            except (OSError, EOFError, zlib.error) as error:
                reason = f"cannot be decompressed after line {self.number} ({error}): copy or make it again"
                raise FileError(self.path, "damaged", reason) from error
            if not self.line:
                raise StopIteration
            self.number += 1
            text = self.line.lstrip(" \t\"'")
            if text.startswith("#"):
                if len(self.comments) < 100:
                    self.comments.append(text)
                continue
            if text.strip(" \t\r\n,;\"'"):
                return self.line


class TextTable:
    """A CSV file with a header, of which some columns are read.

    Parameters
    ----------
    path : Path
        A name that ends in .gz is decompressed.

    Attributes
    ----------
    names : tuple of str
        Of the columns, without units.

    Raises
    ------
    FileError
        If it is missing, empty, no text, or has no header.

    Notes
    -----
    Cells are separated by commas, semicolons, tabs or blanks; lines that begin with # are comments, of which
    the last before the numbers may be the header, as NumPy's ``savetxt`` writes it. The unit
    of a column stands in brackets behind its name, ``T_reco [keV]``, or in a comment before the header,
    ``# units: T_reco [keV], L [cm]``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        raw = open_input(path)
        stream = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace")
        self._raw, self._text = raw, text
        self._lines, self._first = _Lines(path, text), list[str]()
        try:
            self._read_header()
        except BaseException:
            self.close()
            raise

    def _read_header(self) -> None:
        header = next(self._lines, None)
        if header is None:
            raise FileError(self.path, "empty", "holds no line of cells; make it again")
        if "\0" in header or "\ufffd" in header:
            reason = "is not a text file in UTF-8 (.csv, or .csv.gz if compressed)"
            raise FileError(self.path, "foreign", reason)
        n_cells = self._divide(header)
        if all(_is_number(name) for name in self.names if name):
            self._first = [header]
            if not self._lines.comments or self._divide(self._lines.comments[-1].lstrip("# \t")) != n_cells:
                raise self._wrong(f"must be a header with the names of columns, got {header.strip()!r:.80}")

    def _divide(self, header: str) -> int:
        """Read separator, names and units of a header; return the number of its cells."""
        header = header.strip()
        self._separator = next((s for s in _SEPARATORS if s in header), ",")
        if self._separator == " ":
            header = re.sub(r"\s+\[", "[", header)
        cells = next(csv.reader([header], delimiter=self._separator, skipinitialspace=True))
        found = [_CELL.fullmatch(cell.strip()) for cell in cells]
        self.names = tuple("" if m is None else m.group(1).strip() for m in found)
        self._units = {m.group(1).strip(): m.group(2) for m in found if m is not None and m.group(2)}
        return len(cells)

    def unit(self, name: str) -> str | None:
        """Return the unit that the file states of a column."""
        if name in self._units:
            return self._units[name]
        for comment in self._lines.comments:
            stated = re.search(
                r"units:.*?(?<![\w.])" + re.escape(name) + r"\s*\[\s*([^\[\]]+?)\s*\]", comment
            )
            if stated:
                return stated.group(1)
        return None

    def chunks(self, names: Sequence[str], *, rows: int) -> Iterator[tuple[NDArray[np.float64], ...]]:
        """Read columns, some rows at a time.

        Yields
        ------
        tuple of ndarray, shape (n,)
            One for each name.

        Raises
        ------
        FileError
            If a cell is no number, with its line.
        """
        positions = [self.names.index(name) for name in names]
        separator = None if self._separator == " " else self._separator
        for first in chain(self._first, self._lines):
            try:
                part = np.loadtxt(
                    chain([first], self._lines),
                    delimiter=separator,
                    comments=None,
                    usecols=positions,
                    max_rows=rows,
                    ndmin=2,
                    quotechar='"',
                    unpack=True,
                )
            except ValueError:
                raise self._fault(names, positions) from None
            yield tuple(np.ascontiguousarray(column) for column in part)

    def _fault(self, names: Sequence[str], positions: Sequence[int]) -> FileError:
        """Say what is wrong with the line that was read last."""
        line = self._lines.line.strip()
        cells = line.split() if self._separator == " " else line.split(self._separator)
        if len(cells) <= max(positions):
            return self._wrong(f"has {len(cells)} cells, and the header {len(self.names)}")
        for name, position in zip(names, positions, strict=True):
            cell = cells[position].strip().strip('"')
            if not _is_number(cell):
                return self._wrong(f"{name} must be a number, got {cell!r:.80}")
        return self._wrong(f"cannot be read: {line!r:.80}")

    def _wrong(self, reason: str) -> FileError:
        return FileError(self.path, "foreign", f"line {self._lines.number}: {reason}")

    def close(self) -> None:
        """Close the file."""
        self._text.close()
        self._raw.close()


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
