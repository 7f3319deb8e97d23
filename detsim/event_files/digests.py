"""SHA-256 of each branch of each run, computed while rows are read, compared with the one written."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError

__all__ = ["Digests"]


class Digests:
    """SHA-256 of branches, run by run, of rows that come in their order.

    Parameters
    ----------
    starts : sequence of int
        Where each run's rows start, and the number of rows at the end.
    names : sequence of str
        Of the branches.
    """

    def __init__(self, starts: Sequence[int], names: Sequence[str]) -> None:
        self._starts, self._names, self._next = starts, names, 0
        self._hashes = [{name: hashlib.sha256() for name in names} for _ in starts[1:]]

    def update(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Add the next rows."""
        n = max(map(len, columns.values()), default=0)
        for (first, last), hashes in zip(pairwise(self._starts), self._hashes, strict=True):
            a, b = max(first - self._next, 0), min(last - self._next, n)
            for name in self._names if a < b else ():
                part = columns[name][a:b]
                hashes[name].update(np.ascontiguousarray(part, part.dtype.newbyteorder("<")).data)
        self._next += n

    def compare(self, provenances: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
        """Say of each branch whether its bytes are those that were written, in all runs."""
        return {
            name: all(
                hashes[name].hexdigest() == provenance["branches"][name]["sha256"]
                for hashes, provenance in zip(self._hashes, provenances, strict=True)
            )
            for name in self._names
        }

    def refuse(self, path: Path, provenances: Sequence[Mapping[str, Any]]) -> None:
        """Refuse bytes that are not those that were written.

        Raises
        ------
        FileError
        """
        damaged = [name for name, intact in self.compare(provenances).items() if not intact]
        if damaged:
            reason = f"is damaged: the SHA-256 of {', '.join(damaged)} is not the one written; make it again"
            raise FileError(path, "damaged", reason)
