"""Writer of tables in ROOT files, in chunks: rows, provenance, and a one-row TTree `runinfo`."""

import errno
import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from detsim.event_files.consistency import contradictions
from detsim.event_files.environment import ORIGIN, origin
from detsim.event_files.provenance import CHECKSUM, SCHEMA, checksum
from detsim.event_files.queue import Baskets, Branch, Format, check_names, row_bytes
from detsim.event_files.reader import TableFile
from detsim.event_files.runinfo import runinfo_types, runinfo_value
from detsim.event_files.titles import branch_titles
from detsim.files import FileError, Former, WholeFile

__all__ = ["Branch", "Compression", "Format", "TableWriter"]

Compression = Literal["zstd-1", "lz4-4", "none"]
Columns = Mapping[str, NDArray[Any]]

COMPRESSIONS = {"zstd-1": uproot.ZSTD(1), "lz4-4": uproot.LZ4(4), "none": None}
FORMATS = ("ttree", "rntuple")
BASKET_ROWS, CLUSTER_ROWS = 100_000, 500_000  # each cluster rewrites the list of all before it
_BASKET_BYTES = 64_000_000
_RUNINFO = "one row a run: what sums, and what identifies"


class TableWriter:
    """Write a table to a ROOT file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    tree : str
        Name of the table: ``events``, ``toys``.
    branches : mapping of str to Branch
    provenance : mapping
        Whatever made the rows (card, seed, ...), ready for JSON. Versions, processor, commit, branches and
        their SHA-256 are added.
    compression : {"zstd-1", "lz4-4", "none"}
    format : {"ttree", "rntuple"}
        Kind of object that holds the rows; `runinfo` is always a TTree.
    former, removes
        What may be replaced, and removed when this file is whole: see `detsim.files.atomic.WholeFile`.
    basket_bytes : int
        Largest size of the rows that are written at once.

    Raises
    ------
    OSError
        If the disk is full or the file cannot be written; nothing is left of it.
    ValueError
        For unknown compressions and formats, and for a provenance that is not JSON or holds a name that is
        added.

    Notes
    -----
    The rows, the provenance, then `runinfo`. The file is read back before it gets its name: branches with
    their types, number of rows, `runinfo` and the checksum of the provenance. Compressing and hashing run in
    two threads while the caller makes the next rows; memory does not grow with their number.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     branches = {"n": Branch(dtype="int64", description="a count")}
    ...     with TableWriter(f"{directory}/a.root", "toys", branches, provenance={"seed": 1}) as table:
    ...         table.extend({"n": np.arange(3)})
    ...         table.finish({"first": 0, "last": 2})
    """

    def __init__(
        self,
        path: str | Path,
        tree: str,
        branches: Mapping[str, Branch],
        *,
        provenance: Mapping[str, Any],
        compression: Compression = "zstd-1",
        format: Format = "ttree",
        former: Former | None = None,
        removes: Sequence[Path] = (),
        basket_bytes: int = _BASKET_BYTES,
    ) -> None:
        if compression not in COMPRESSIONS:
            raise ValueError(f"compression must be one of {', '.join(COMPRESSIONS)}; got {compression!r}")
        if format not in FORMATS:
            raise ValueError(f"format must be ttree or rntuple, got {format!r}")
        if not branches:
            raise ValueError("a table needs at least one branch")
        check_names(branches)
        self.tree, self.branches, self._provenance = tree, dict(branches), _checked(provenance)
        most = BASKET_ROWS if format == "ttree" else CLUSTER_ROWS
        length = max(1, min(most, basket_bytes // row_bytes(self.branches)))
        self._done = False
        self._baskets = Baskets(self.branches, length, self._write)
        self._file = WholeFile(path, former=former, removes=removes)
        try:
            self._root = uproot.recreate(self._file.stream, compression=COMPRESSIONS[compression])
            types = {name: branch.row for name, branch in self.branches.items()}
            if format == "ttree":
                with branch_titles(self.branches):
                    self._rows = self._root.mktree(tree, types, title=tree)
            else:
                self._rows = self._root.mkrntuple(tree, types)
        except BaseException as error:
            self._name(error)
            self._discard()
            raise

    @property
    def n_rows(self) -> int:
        """Number of rows given so far."""
        return self._baskets.n_rows

    @property
    def final(self) -> bool:
        """Whether the file is whole, and has its name."""
        return self._file.final

    def settled(self) -> tuple[int, int]:
        """Say how many of the rows given before the last `extend` are written, and the file's size with them.

        Returns
        -------
        rows, size : int
            They depend on the rows alone, not on how fast the disk is; see `Baskets.settled`.
        """
        return self._baskets.settled()

    def extend(self, columns: Columns) -> None:
        """Append rows.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (n, ...)
            Exactly the branches of the table. The values are copied.

        Raises
        ------
        ValueError
            For missing or unknown branches and for wrong shapes.
        TypeError
            For a type that would lose digits; float64 to float32 is no loss if the branch says so.
        OSError
            If an earlier chunk could not be written.
        """
        self._check(columns)
        self._baskets.put(columns)

    def finish(
        self, runinfo: Mapping[str, int | float | str], *, provenance: Mapping[str, Any] | None = None
    ) -> None:
        """Write the remaining rows, the provenance and `runinfo`, and give the file its name.

        Parameters
        ----------
        runinfo : mapping of str to int, float or str
            Its one row. ``n_<tree>`` and ``uuid`` are added if they are not there.
        provenance : mapping, optional
            Entries that became known while rows were written.

        Raises
        ------
        ValueError
            If ``n_<tree>`` is not the number of rows, or numbers contradict each other.
        OSError
            If the file could not be written, or does not read back; nothing is left of it.
        """
        try:
            self._baskets.flush()
            self._provenance |= _checked(provenance or {})
            row = self._row(runinfo)
            document = self._document(row)
            self._root["provenance"] = _json(document)
            tree = self._root.mktree("runinfo", runinfo_types(row), title=_RUNINFO)
            tree.extend({name: ak.Array([value]) for name, value in row.items()})
            self._read_back(document, row)
            self._file.commit()
        except BaseException:
            self._discard()
            raise
        self._done = True
        self._baskets.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._done:
            return
        self._discard()
        self._name(error)
        if kind is None:
            raise ValueError(f"the table {self._file.path} was left without finish(); nothing was kept")

    def discard(self) -> None:
        """Leave nothing, on purpose."""
        self._done = True
        self._discard()

    def _name(self, error: BaseException | None) -> None:
        """Say in an error of the disk which file it was."""
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(self._file.path)

    def _discard(self) -> None:
        self._baskets.close()
        self._file.discard()

    def _row(self, runinfo: Mapping[str, int | float | str]) -> dict[str, int | float | str]:
        count = f"n_{self.tree}"
        values = {count: self.n_rows, "uuid": str(uuid.uuid4()), **runinfo}
        row = {name: runinfo_value(name, value) for name, value in values.items()}
        if row[count] != self.n_rows:
            raise ValueError(f"{count} is {row[count]}, but {self.n_rows} rows were written")
        return row

    def _check(self, columns: Columns) -> None:
        if set(columns) != set(self.branches):
            missing = sorted(set(self.branches) - set(columns))
            unknown = sorted(set(columns) - set(self.branches))
            raise ValueError(f"columns differ from the branches: missing {missing}, unknown {unknown}")
        lengths = {name: len(column) for name, column in columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")
        for name, branch in self.branches.items():
            column = columns[name]
            if (shape := column.shape[1:]) != branch.shape:
                raise ValueError(f"column {name} has rows of shape {shape}, its branch {branch.shape}")
            to_float = column.dtype.kind == branch.numpy.kind == "f"
            if not (to_float or np.can_cast(column.dtype, branch.numpy, "safe")):
                raise TypeError(
                    f"column {name} is {column.dtype} and would lose digits in a branch {branch.dtype}"
                )

    def _write(self, rows: Columns) -> int:
        self._rows.extend(rows)
        return os.fstat(self._file.stream.fileno()).st_size

    def _document(self, row: Mapping[str, int | float | str]) -> dict[str, Any]:
        digests = self._baskets.digests()
        branches = {n: {**asdict(branch), "sha256": digests[n]} for n, branch in self.branches.items()}
        ours = {"table": self.tree, "schema": SCHEMA, "uuid": row["uuid"], "rows": self.n_rows}
        text = _json({**self._provenance, **origin(), **ours, "branches": branches})
        document: dict[str, Any] = json.loads(text)
        if wrong := contradictions(self.tree, document, row):
            raise ValueError(f"{self._file.path}: {'; '.join(wrong)}")
        return {**document, CHECKSUM: checksum(document, row)}

    def _read_back(self, document: Mapping[str, Any], row: Mapping[str, int | float | str]) -> None:
        """Open the written file, and compare everything except the values of the rows.

        Raises
        ------
        OSError
            If it is not what was to be written.
        """
        self._file.stream.flush()
        try:
            with (
                os.fdopen(os.dup(self._file.stream.fileno()), "rb") as stream,
                TableFile.of_stream(stream, self._file.path, self.tree) as file,
            ):
                none = file.arrays(stop=0)
                same = file.provenances == (document,) and file.rows == (row,)
                types = {name: (column.dtype, column.shape[1:]) for name, column in none.items()}
        except FileError as error:
            raise OSError(errno.EIO, f"was not written as it should be: it {error.reason}") from error
        expected = {n: (b.numpy.newbyteorder("="), b.shape) for n, b in self.branches.items()}
        if not same or types != expected:
            raise OSError(errno.EIO, "was not written as it should be: what was read back differs")


def _checked(provenance: Mapping[str, Any]) -> dict[str, Any]:
    reserved = {"table", "schema", "uuid", "rows", "branches", CHECKSUM, *ORIGIN}
    if forbidden := sorted(reserved.intersection(provenance)):
        raise ValueError(f"provenance must not hold {', '.join(forbidden)}: the file adds them")
    try:
        _json(dict(provenance))
    except (TypeError, ValueError) as error:
        raise ValueError(f"provenance must be ready for JSON: {error}") from error
    return dict(provenance)


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, ensure_ascii=False)
