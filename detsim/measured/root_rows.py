"""Columns of numbers in the trees of other programs' ROOT files, read in chunks."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import uproot
from numpy.typing import NDArray

from detsim.files import FileError, open_root, reading

__all__ = ["RootTable"]

_TREES = ("TTree", "TNtuple", "TNtupleD", "ROOT::RNTuple")
_UNIT = re.compile(r"\[\s*(\w+)\s*\]")


class RootTable:
    """A TTree or RNTuple of a ROOT file, of which some columns are read.

    Parameters
    ----------
    path : Path
    columns : sequence of str
        That are going to be read.
    tree : str, optional
        Its name in the file; else the only one that has the columns.

    Attributes
    ----------
    tree : str
    names : tuple of str
        Of its columns.

    Raises
    ------
    FileError
        If the file is missing, damaged, or has not exactly one such tree.
    """

    def __init__(self, path: Path, columns: Sequence[str], tree: str | None = None) -> None:
        self.path = path
        self._root = open_root(path)
        try:
            with reading(path):
                self._open(columns, tree)
        except BaseException:
            self._root.close()
            raise

    def _open(self, columns: Sequence[str], tree: str | None) -> None:
        classes = self._root.classnames(cycle=False)
        trees = [name for name, kind in classes.items() if kind in _TREES]
        if not trees:
            content = ", ".join(f"{kind} {name!r}" for name, kind in list(classes.items())[:5]) or "nothing"
            raise FileError(self.path, "foreign", f"has no TTree or RNTuple (it holds {content})")
        if tree is not None and tree not in trees:
            reason = f"has no TTree or RNTuple {tree!r}; it has {', '.join(trees)}"
            raise FileError(self.path, "foreign", reason)
        names = {name: tuple(self._root[name].keys()) for name in trees if tree in {None, name}}
        having = [name for name, keys in names.items() if set(columns) <= set(keys)]
        if len(having) > 1:
            reason = f"has columns {', '.join(columns)} in {', '.join(having)}: choose with --tree NAME"
            raise FileError(self.path, "foreign", reason)
        self.tree = having[0] if having else max(names, key=lambda name: len(set(columns) & set(names[name])))
        self.names = names[self.tree]
        self._rows = self._root[self.tree]

    def unit(self, name: str) -> str | None:
        """Return the unit that the title of a branch states in brackets."""
        if _is_rntuple(self._rows):
            return None
        stated = _UNIT.search(str(self._rows[name].title))
        return None if stated is None else stated.group(1)

    def chunks(self, names: Sequence[str], *, rows: int) -> Iterator[tuple[NDArray[Any], ...]]:
        """Read columns, some rows at a time.

        Yields
        ------
        tuple of ndarray, shape (n,)
            One for each name, of whole numbers or floats.

        Raises
        ------
        FileError
            If a column does not hold one number in each row, or the file is damaged.
        """
        for name in names:
            self._check(name)
        for start in range(0, int(self._rows.num_entries), rows):
            with reading(self.path):
                part = tuple(self._column(name, start, start + rows) for name in names)
            yield part

    def _column(self, name: str, start: int, stop: int) -> NDArray[Any]:
        if _is_rntuple(self._rows):
            column = ak.to_numpy(self._rows.arrays([name], entry_start=start, entry_stop=stop)[name])
        else:
            column = self._rows[name].array(library="np", entry_start=start, entry_stop=stop)
        return np.asarray(column, column.dtype.newbyteorder("="))

    def _check(self, name: str) -> None:
        """Refuse a column of lists, texts or objects."""
        if _is_rntuple(self._rows):
            with reading(self.path):
                kind = str(self._rows.arrays([name], entry_stop=0)[name].type.content)
            right = kind in _NUMBERS
        else:
            interpretation = self._rows[name].interpretation
            kind = str(self._rows[name].typename)
            right = isinstance(interpretation, uproot.AsDtype) and (
                interpretation.to_dtype.kind in "iuf" and not interpretation.to_dtype.shape
            )
        if not right:
            reason = f"has {name!r} of type {kind} in {self.tree!r}, and one number in each row is needed"
            raise FileError(self.path, "foreign", reason)

    def close(self) -> None:
        """Close the file."""
        self._root.close()


_NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float32", "float64"}


def _is_rntuple(rows: Any) -> bool:
    """Tell an RNTuple from a TTree."""
    return not isinstance(rows, uproot.TTree)
