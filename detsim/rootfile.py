"""Tables in ROOT files, written in chunks: a TTree of rows, what made it, and a one-row TTree `runinfo`."""

import hashlib
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from detsim.files import WholeFile
from detsim.origin import origin

__all__ = ["Branch", "Compression", "TableWriter"]

Compression = Literal["zstd-1", "lz4-4", "none"]
Columns = Mapping[str, NDArray[Any]]

COMPRESSIONS = {"zstd-1": uproot.ZSTD(1), "lz4-4": uproot.LZ4(4), "none": None}
BASKET_ROWS = 100_000
_BASKET_BYTES = 64_000_000
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch of a table.

    Parameters
    ----------
    dtype : str
        A number's type as numpy names it: ``int64``, ``float32``, ...
    unit : str
        Empty for a pure number.
    description : str
    shape : tuple of int
        Of one row: ``()`` a number, ``(n,)`` an array of fixed length.

    Raises
    ------
    ValueError
        If the type is not an integer or a float of at most 64 bits.
    """

    dtype: str
    unit: str = ""
    description: str = ""
    shape: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        dtype = np.dtype(self.dtype)
        if dtype.kind not in "iuf" or not 1 <= dtype.itemsize <= 8 or dtype == np.float16:
            raise ValueError(f"branch dtype must be an integer or float32, float64; got {self.dtype!r}")

    @property
    def numpy(self) -> np.dtype[Any]:
        """The type of one value, little-endian."""
        return np.dtype(self.dtype).newbyteorder("<")


class TableWriter:
    """Write a table to a ROOT file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    tree : str
        Name of the TTree: ``events``, ``toys``.
    branches : mapping of str to Branch
    provenance : mapping
        Whatever made the rows (card, seed, ...), ready for JSON. Versions, processor, commit, branches and
        their SHA-256 are added.
    compression : {"zstd-1", "lz4-4", "none"}

    Raises
    ------
    OSError
        If the disk is full or the file cannot be written; nothing is left of it.
    ValueError
        For unknown compressions and for a provenance that is not JSON or holds a name that is added.

    Notes
    -----
    The rows, the provenance, then `runinfo`; only then the file gets its name. Compressing and hashing run in
    two threads while the caller makes the next rows.

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
    ) -> None:
        if compression not in COMPRESSIONS:
            raise ValueError(f"compression must be one of {', '.join(COMPRESSIONS)}; got {compression!r}")
        if not branches:
            raise ValueError("a table needs at least one branch")
        self.tree = tree
        self.branches = dict(branches)
        self.n_rows = 0
        self._provenance = _checked(provenance)
        self._hashes = {name: hashlib.sha256() for name in self.branches}
        self._waiting: list[dict[str, NDArray[Any]]] = []
        self._n_waiting = 0
        width = sum(b.numpy.itemsize * math.prod(b.shape) for b in self.branches.values())
        self._basket = max(1, min(BASKET_ROWS, _BASKET_BYTES // width))
        self._jobs: list[Future[None]] = []
        self._done = False
        self._file = WholeFile(path)
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="writer")
        try:
            self._root = uproot.recreate(self._file.stream, compression=COMPRESSIONS[compression])
            types = {name: np.dtype((b.numpy, b.shape)) for name, b in self.branches.items()}
            self._ttree = self._root.mktree(tree, types, title=tree)
        except BaseException:
            self._discard()
            raise

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
        n = len(next(iter(columns.values())))
        start = 0
        while start < n:
            stop = min(n, start + self._basket - self._n_waiting)
            rows = {k: np.array(columns[k][start:stop], b.numpy, order="C") for k, b in self.branches.items()}
            self._waiting.append(rows)
            self._n_waiting += stop - start
            start = stop
            if self._n_waiting == self._basket:
                self._flush()

    def finish(
        self, runinfo: Mapping[str, int | float | str], *, provenance: Mapping[str, Any] | None = None
    ) -> None:
        """Write what waits, the provenance and `runinfo`, and make the file final.

        Parameters
        ----------
        runinfo : mapping of str to int, float or str
            Its one row. ``n_<tree>`` and ``uuid`` are added if they are not there.
        provenance : mapping, optional
            What came to be known of the rows meanwhile.

        Raises
        ------
        ValueError
            If ``n_<tree>`` is not the number of rows.
        OSError
            If the file could not be written; nothing is left of it.
        """
        try:
            self._flush()
            self._wait()
            self._provenance |= _checked(provenance or {})
            row = self._row(runinfo)
            self._root["provenance"] = _json(self._document(str(row["uuid"])))
            types = {name: _runinfo_type(name, value) for name, value in row.items()}
            tree = self._root.mktree("runinfo", types, title="one row a run: what sums, and what identifies")
            tree.extend({name: ak.Array([value]) for name, value in row.items()})
            self._file.commit()
        except BaseException:
            self._discard()
            raise
        self._done = True
        self._pool.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._done:
            return
        self._discard()
        if kind is None:
            raise ValueError(f"the table {self._file.path} was left without finish(); nothing was kept")

    def discard(self) -> None:
        """Leave nothing, on purpose."""
        self._done = True
        self._discard()

    def _discard(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._file.discard()

    def _row(self, runinfo: Mapping[str, int | float | str]) -> dict[str, int | float | str]:
        count = f"n_{self.tree}"
        row = {count: self.n_rows, "uuid": str(uuid.uuid4()), **runinfo}
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
            if (found := column.shape[1:]) != branch.shape:
                raise ValueError(f"column {name} has rows of shape {found}, its branch {branch.shape}")
            to_float = column.dtype.kind == branch.numpy.kind == "f"
            if not (to_float or np.can_cast(column.dtype, branch.numpy, "safe")):
                raise TypeError(
                    f"column {name} is {column.dtype} and would lose digits in a branch {branch.dtype}"
                )

    def _flush(self) -> None:
        if not self._waiting:
            return
        self._wait()
        blocks = self._waiting
        rows = {
            n: np.concatenate([b[n] for b in blocks]) if len(blocks) > 1 else blocks[0][n] for n in blocks[0]
        }
        self.n_rows += self._n_waiting
        self._waiting, self._n_waiting = [], 0
        self._jobs = [self._pool.submit(self._ttree.extend, rows), self._pool.submit(self._hash, rows)]

    def _wait(self) -> None:
        jobs, self._jobs = self._jobs, []
        for job in jobs:
            job.result()

    def _hash(self, rows: Columns) -> None:
        for name, column in rows.items():
            self._hashes[name].update(column.data)

    def _document(self, identity: str) -> dict[str, Any]:
        hashes = {name: {"sha256": found.hexdigest()} for name, found in self._hashes.items()}
        branches = {name: asdict(branch) | hashes[name] for name, branch in self.branches.items()}
        ours = {"table": self.tree, "schema": SCHEMA, "uuid": identity, "rows": self.n_rows}
        return {**self._provenance, **origin(), **ours, "branches": branches}


def _checked(provenance: Mapping[str, Any]) -> dict[str, Any]:
    ours: Sequence[str] = ["table", "schema", "uuid", "rows", "branches", *origin()]
    taken = sorted(set(provenance) & set(ours))
    if taken:
        raise ValueError(f"provenance must not hold {', '.join(taken)}: the file adds them")
    try:
        _json(dict(provenance))
    except (TypeError, ValueError) as error:
        raise ValueError(f"provenance must be ready for JSON: {error}") from error
    return dict(provenance)


def _runinfo_type(name: str, value: float | str) -> str:
    if isinstance(value, str):
        return "string"
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"runinfo {name} must be an int, a float or a str, got {value!r}")
    if not np.isfinite(value):
        raise ValueError(f"runinfo {name} must be finite, got {value}")
    return "int64" if isinstance(value, (int, np.integer)) else "float64"


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, allow_nan=False, ensure_ascii=False)
