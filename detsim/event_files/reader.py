"""Reader of tables in ROOT files, whole or merged by `hadd`, with checks."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from detsim.event_files.consistency import check_consistency
from detsim.event_files.provenance import (
    ChecksumWarning,
    Digests,
    check_document,
    check_same_branches,
    matched,
    read_document,
    without_checksum,
)
from detsim.event_files.queue import Format
from detsim.files import FileError, open_root, reading

__all__ = ["TABLES", "TREES", "TableFile", "TableName", "open_root", "reading", "table_name"]

TableName = Literal["events", "toys", "calibration", "statistics", "sums"]
TABLES: dict[TableName, str] = {
    "events": "event file",
    "toys": "toy file",
    "calibration": "calibration",
    "statistics": "file of statistics of toys",
    "sums": "file of sums of toys",
}
"""Kinds of files, by their tables."""
TREES = "'events', 'toys', 'calibration', 'statistics' or 'sums'"
"""Their names in a message."""
FORMATS: dict[str, Format] = {"TTree": "ttree", "ROOT::RNTuple": "rntuple"}
Watch = Callable[[dict[str, NDArray[Any]], int], None]
_STEP = 1_000_000


def table_name(path: str | Path) -> TableName:
    """Find which table of ours a ROOT file holds.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str
        ``events``, ``toys``, ``calibration``, ``statistics`` or ``sums``.

    Raises
    ------
    FileError
        If the file is missing, damaged, or has none of these.
    """
    path = Path(path)
    with open_root(path) as root, reading(path):
        tables = [name for name in TABLES if name in root.classnames(cycle=False, recursive=False)]
    if not tables:
        raise FileError(path, "foreign", f"has no TTree {TREES}")
    return tables[0]


class TableFile:
    """A table in a ROOT file, whole or merged by `hadd` from whole ones.

    Parameters
    ----------
    path : str or Path
    tree : str
        Name of the table: ``events``, ``toys``.

    Attributes
    ----------
    format : {"ttree", "rntuple"}
        Kind of object that holds the rows.
    rows : tuple of dict
        The rows of `runinfo`, one a run, in the order of the file.
    provenances : tuple of dict
        Provenance of each run, in the same order.
    branches : dict of str to dict
        dtype, unit, description, shape and SHA-256 of each branch of the first run.

    Raises
    ------
    FileError
        If the file is missing, empty, foreign, truncated, unfinished, damaged, of a schema that is not
        known, or holds a run twice or runs of different branches.

    Warns
    -----
    ChecksumWarning
        If a run's provenance has no checksum, as those of schema 1.
    """

    def __init__(self, path: str | Path, tree: str) -> None:
        self._open(Path(path), tree, open_root(path))
        if warning := without_checksum(self.provenances):
            warnings.warn(f"{path}: {warning}", ChecksumWarning, stacklevel=2)

    @classmethod
    def of_stream(cls, stream: IO[bytes], path: Path, tree: str) -> Self:
        """Read an open file that has no name yet; messages call it `path`."""
        file = cls.__new__(cls)
        file._open(path, tree, uproot.open(stream, array_cache=None))
        return file

    def _open(self, path: Path, tree: str, root: Any) -> None:
        self.path, self.tree, self._root = path, tree, root
        try:
            with reading(self.path):
                self._check()
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        classes = self._root.classnames(cycle=False, recursive=False)
        if classes.get(self.tree) not in FORMATS:
            content = ", ".join(f"{kind} {name!r}" for name, kind in list(classes.items())[:5]) or "nothing"
            reason = f"is a ROOT file, but has no TTree or RNTuple {self.tree!r} (it holds {content})"
            raise FileError(self.path, "foreign", reason)
        keys = [key for key in self._root.keys(recursive=False) if key.startswith("provenance;")]
        if classes.get("runinfo") != "TTree" or not keys:
            what = "runinfo" if keys else "provenance"
            reason = f"is incomplete: {self.tree!r} is there, {what!r}, written last, is not; make it again"
            raise FileError(self.path, "incomplete", reason)
        self.format = FORMATS[classes[self.tree]]
        self._rows = self._root[self.tree]
        runinfo = self._root["runinfo"].arrays(library="np")
        columns = [column.tolist() for column in runinfo.values()]
        self.rows = tuple(dict(zip(runinfo, row, strict=True)) for row in zip(*columns, strict=True))
        self._check_rows()
        documents = [read_document(self.path, str(self._root[key])) for key in keys]
        self.provenances = matched(self.path, documents, self.rows)
        for document, row in zip(self.provenances, self.rows, strict=True):
            check_document(self.path, document, row)
            check_consistency(self.path, self.tree, document, row)
        self.branches: dict[str, dict[str, Any]] = self.provenances[0]["branches"]
        absent = sorted(set(self.branches) - set(self._rows.keys()))
        if absent:
            raise FileError(
                self.path, "incomplete", f"is incomplete: branches {', '.join(absent)} are missing"
            )
        check_same_branches(self.path, self.provenances)

    def _check_rows(self) -> None:
        count = f"n_{self.tree}"
        if not self.rows or not {count, "uuid"} <= set(self.rows[0]):
            raise FileError(
                self.path, "foreign", f"has a 'runinfo' without rows, {count!r} or 'uuid': not our table"
            )
        expected = sum(row[count] for row in self.rows)
        lengths = {
            self.tree: self._rows.num_entries,
            **({b.name: b.num_entries for b in self._rows.branches} if self.format == "ttree" else {}),
        }
        for name, length in lengths.items():
            if length != expected:
                reason = (
                    f"is incomplete: {name!r} has {length} entries, runinfo says {expected}; make it again"
                )
                raise FileError(self.path, "incomplete", reason)

    def only_run(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return provenance and row of `runinfo` of a table that was not joined by `hadd`.

        Raises
        ------
        FileError
            If it holds several runs.
        """
        if len(self.rows) != 1:
            reason = f"joins {len(self.rows)} files by `hadd`: join them with `nugauge merge`"
            raise FileError(self.path, "foreign", reason)
        return self.provenances[0], self.rows[0]

    @property
    def n_rows(self) -> int:
        """Number of rows of the table."""
        return int(self._rows.num_entries)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each run's rows start, and the number of rows at the end."""
        return (0, *accumulate(row[f"n_{self.tree}"] for row in self.rows))

    def arrays(
        self, names: Sequence[str] | None = None, start: int = 0, stop: int | None = None
    ) -> dict[str, NDArray[Any]]:
        """Read columns; the SHA-256 is checked of columns that are read from first to last row.

        Parameters
        ----------
        names : sequence of str, optional
            All without it.
        start, stop : int
            First row and one past the last.

        Returns
        -------
        dict of str to ndarray, shape (stop - start, ...)

        Raises
        ------
        ValueError
            If there is no such branch.
        FileError
            If the bytes are damaged.
        """
        chosen = self._chosen(names)
        columns = self._columns(chosen, start, stop)
        if start == 0 and stop is None:
            digests = Digests(self.starts, chosen)
            digests.update(columns)
            digests.refuse(self.path, self.provenances)
        return columns

    def _chosen(self, names: Sequence[str] | None) -> list[str]:
        chosen = list(self.branches) if names is None else list(names)
        unknown = sorted(set(chosen) - set(self.branches))
        if unknown:
            raise ValueError(
                f"{self.path} has no branch {', '.join(unknown)}; it has {', '.join(self.branches)}"
            )
        return chosen

    def _columns(self, chosen: Sequence[str], start: int, stop: int | None) -> dict[str, NDArray[Any]]:
        with reading(self.path):
            columns = {n: self.read_column(n, start, stop) for n in chosen}
        n_rows = (self.n_rows if stop is None else min(stop, self.n_rows)) - start
        for name, column in columns.items():
            if len(column) != n_rows:
                reason = f"has {len(column)} values of {name} in {n_rows} rows; make it again"
                raise FileError(self.path, "damaged", reason)
        return {name: np.asarray(c, c.dtype.newbyteorder("=")) for name, c in columns.items()}

    def read_column(self, name: str, start: int, stop: int | None) -> NDArray[Any]:
        """Read rows of a branch as they are stored."""
        if self.format == "ttree":
            column = self._rows[name].array(library="np", entry_start=start, entry_stop=stop)
        else:
            column = ak.to_numpy(self._rows.arrays([name], entry_start=start, entry_stop=stop)[name])
        return np.asarray(column)

    def iterate(
        self, names: Sequence[str] | None = None, *, step: int = 1_000_000
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """Read columns, `step` rows at a time; whether bytes are damaged is known after the last ones."""
        if step < 1:
            raise ValueError(f"step must be at least 1 row, got {step}")
        chosen = self._chosen(names)
        digests = Digests(self.starts, chosen)
        for start in range(0, self.n_rows, step):
            columns = self._columns(chosen, start, min(start + step, self.n_rows))
            digests.update(columns)
            yield columns
        digests.refuse(self.path, self.provenances)

    def check_hashes(self, *, watch: Watch = lambda _, __: None) -> dict[str, bool]:
        """Read every branch and compare its SHA-256 with the one that its writer stored, run by run.

        `watch` is given the columns that are read, and the number of their first row.
        """
        intact: dict[str, bool] = {}
        for name in self.branches:
            digests = Digests(self.starts, [name])
            for start in range(0, self.n_rows, _STEP):
                columns = self._columns([name], start, min(start + _STEP, self.n_rows))
                digests.update(columns)
                watch(columns, start)
            intact |= digests.compare(self.provenances)
        return intact

    def close(self) -> None:
        """Close the file."""
        self._root.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
