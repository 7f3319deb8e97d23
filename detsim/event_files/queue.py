"""Queue of rows for a file: gathered in baskets by the caller, written and hashed by two threads."""

import hashlib
import math
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from detsim.names import is_name
from simgen.threads import Pending, shut_down

__all__ = ["Baskets", "Branch", "Format", "check_names", "row_bytes"]

Format = Literal["ttree", "rntuple"]
Columns = Mapping[str, NDArray[Any]]

_WAITING_BYTES = 12_000_000
"""Size of the rows that may wait to be written; when no more are made, these are still to be written."""
_MOST_WAITING = 16


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

    @property
    def row(self) -> np.dtype[Any]:
        """The type of one row."""
        return np.dtype((self.numpy, self.shape))


def check_names(branches: Mapping[str, Branch]) -> None:
    """Refuse names that ROOT reads as something else: with brackets, full stops, colons, blanks.

    Raises
    ------
    ValueError
    """
    wrong = [name for name in branches if not is_name(name)]
    if wrong:
        named = ", ".join(map(repr, wrong))
        raise ValueError(f"names of branches have only ASCII letters, digits, _ and -, got {named}")


def row_bytes(branches: Mapping[str, Branch]) -> int:
    """Compute the size of a row in memory."""
    return sum(branch.numpy.itemsize * math.prod(branch.shape) for branch in branches.values())


@dataclass(slots=True)
class _Flight:
    """A basket that is being written and hashed; `size` is that of the file with it."""

    rows: dict[str, NDArray[Any]]
    size: Pending[int]
    hashed: Pending[None]


class Baskets:
    """Gather rows in baskets of equal length, and write and hash the full ones behind the caller's back.

    Parameters
    ----------
    branches : mapping of str to Branch
    length : int
        Rows of a basket.
    write : callable
        Appends the rows of a basket to the file and returns the file's size.

    Notes
    -----
    One thread writes and one hashes, each in the order of the rows. The arrays of a basket are used again
    when both are done with it, and the caller waits if none is free: memory does not grow with the table.
    """

    def __init__(self, branches: Mapping[str, Branch], length: int, write: Callable[[Columns], int]) -> None:
        self.length = length
        self.n_rows = 0
        self._branches = branches
        self._write = write
        self._hashes = {name: hashlib.sha256() for name in branches}
        self._most = min(max(_WAITING_BYTES // (length * row_bytes(branches)), 2), _MOST_WAITING)
        self._filled = 0
        self._current: dict[str, NDArray[Any]] | None = None
        self._free: list[dict[str, NDArray[Any]]] = []
        self._flights: deque[_Flight] = deque()
        self._sent: tuple[int, Pending[int] | None] = (0, None)
        self._sent_before: tuple[int, Pending[int] | None] = self._sent
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._hasher = ThreadPoolExecutor(1, thread_name_prefix="hasher")

    def put(self, columns: Columns) -> None:
        """Append rows; their values are copied, and converted to the types of the branches.

        Raises
        ------
        OSError
            If an earlier basket could not be written.
        """
        self._sent_before = self._sent
        n, start = len(next(iter(columns.values()))), 0
        while start < n:
            if self._current is None:
                self._current = self._empty()
            stop = min(n, start + self.length - self._filled)
            end = self._filled + stop - start
            for name, array in self._current.items():
                array[self._filled : end] = columns[name][start:stop]
            self._filled, start = end, stop
            if end == self.length:
                self._send()
        self.n_rows += n

    def settled(self) -> tuple[int, int]:
        """Wait for baskets that were full before the last `put`: their rows, and the file's size with them.

        Both depend on the rows alone, not on how fast they are written. If there were none, those that are
        full now; the size is 0 if there are none either.
        """
        rows, size = self._sent_before if self._sent_before[0] else self._sent
        return rows, 0 if size is None else size.result()

    def flush(self) -> None:
        """Write and hash all rows."""
        if self._filled:
            self._send()
        while self._flights:
            self._land()

    def close(self) -> None:
        """End both threads; rows in the queue are dropped."""
        shut_down(self._writer)
        shut_down(self._hasher)

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of each branch, of all rows after `flush`."""
        return {name: sha256.hexdigest() for name, sha256 in self._hashes.items()}

    def _empty(self) -> dict[str, NDArray[Any]]:
        if not self._free and len(self._flights) >= self._most:
            self._land()
        if self._free:
            return self._free.pop()
        return {name: np.empty(self.length, branch.row) for name, branch in self._branches.items()}

    def _send(self) -> None:
        basket, n = self._current or {}, self._filled
        rows = {name: array[:n] for name, array in basket.items()}
        size = Pending(self._writer, partial(self._write, rows))
        hashed = Pending(self._hasher, partial(self._hash, rows))
        self._flights.append(_Flight(rows=basket, size=size, hashed=hashed))
        self._sent = (self._sent[0] + n, size)
        self._current, self._filled = None, 0

    def _land(self) -> None:
        """Wait for the oldest basket that was sent."""
        flight = self._flights.popleft()
        flight.size.result()
        flight.hashed.result()
        self._free.append(flight.rows)

    def _hash(self, rows: Columns) -> None:
        for name, column in rows.items():
            self._hashes[name].update(column.data)
