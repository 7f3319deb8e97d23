"""Energies that another program measured, by the index of the event."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError, checksum
from detsim.measured.root_rows import RootTable
from detsim.measured.text_rows import TextTable
from simgen.units import read_quantity

__all__ = ["ENERGY_UNITS", "Measurements", "read_measurements"]

_ROWS = 500_000
"""Rows that are read at a time."""
ENERGY_UNITS = ("eV", "keV", "MeV", "GeV")
_SHIFT = 40
"""Bits of the index of an event within a pseudo-experiment."""
_LARGEST = 2.0**53
"""Up to which whole numbers are exact as floats."""


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Measured energies of events, in the order of their indices.

    Parameters
    ----------
    path : Path
    keys : ndarray of int64, shape (n,)
        Index of each event, ascending, with that of its pseudo-experiment if there are any; see `key`.
    energies : ndarray, shape (n,)
        [MeV]
    column, unit : str
        Name of the energies in the file, and their unit there.
    index : str
        Name of the index in the file.
    experiment : str or None
        Name of the index of pseudo-experiments.
    tree : str or None
        Tree of a ROOT file that holds them.
    sha256 : str
        Of the file.
    """

    path: Path
    keys: NDArray[np.int64]
    energies: NDArray[np.float64]
    column: str
    unit: str
    index: str
    experiment: str | None
    tree: str | None
    sha256: str

    @staticmethod
    def key(event: NDArray[np.int64], experiment: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Join the index of an event and that of its pseudo-experiment into one number."""
        return event if experiment is None else event + (experiment << _SHIFT)

    def describe(self, row: int) -> str:
        """Say for a person which event a row is of."""
        key = int(self.keys[row])
        if self.experiment is None:
            return f"{self.index} {key}"
        return f"{self.index} {key & ((1 << _SHIFT) - 1)} of {self.experiment} {key >> _SHIFT}"

    def record(self) -> dict[str, Any]:
        """Return what a provenance says of the file."""
        return {
            "file": str(self.path.absolute()),
            "sha256": self.sha256,
            "rows": len(self.keys),
            "tree": self.tree,
            "column": self.column,
            "unit": self.unit,
            "index": self.index,
            "experiment": self.experiment,
        }


def read_measurements(
    path: Path,
    *,
    column: str,
    index: str = "event",
    unit: str | None = None,
    tree: str | None = None,
    experiment: str | None = None,
) -> Measurements:
    """Read measured energies of events from a table of another program.

    Parameters
    ----------
    path : Path
        CSV (also .gz), or a ROOT file with a TTree or RNTuple. Rows may be in any order.
    column : str
        Of the energies.
    index : str
        Column with the indices of the events.
    unit : {"eV", "keV", "MeV", "GeV"}, optional
        Of the energies; else what the file states, in brackets: in the header of a CSV file, or in the title
        of a branch.
    tree : str, optional
        Name of the tree in a ROOT file; else the only one that has the columns.
    experiment : str, optional
        Column with the indices of pseudo-experiments.

    Raises
    ------
    FileError
        If the file is missing or damaged, a column is missing or no number, an index is there twice, or an
        energy is below 0 or not finite.
    ValueError
        If the unit is not known, or not the one that the file states.

    Notes
    -----
    A row takes 16 bytes of memory, twice that while the file is read, and 40 bytes while rows are sorted.
    """
    names = [index, column, *([] if experiment is None else [experiment])]
    is_root = path.suffix == ".root"
    if tree is not None and not is_root:
        raise ValueError(f"--tree {tree} goes with a ROOT file, and {path} is none")
    table = RootTable(path, names, tree) if is_root else TextTable(path)
    try:
        _check_names(table, names)
        found = _unit(table, column, unit)
        keys, energies = _join(_checked(table, names))
    finally:
        table.close()
    if not keys.size:
        raise FileError(path, "empty", f"has no rows of {', '.join(names)}")
    if np.any(keys[1:] < keys[:-1]):
        order = np.argsort(keys, kind="stable")
        keys, energies = keys[order], energies[order]
    energies *= read_quantity(f"1 {found}", "energy")
    measurements = Measurements(
        path=path,
        keys=keys,
        energies=energies,
        column=column,
        unit=found,
        index=index,
        experiment=experiment,
        tree=table.tree if isinstance(table, RootTable) else None,
        sha256=checksum(path),
    )
    twice = np.flatnonzero(keys[1:] == keys[:-1])
    if twice.size:
        reason = (
            f"has {measurements.describe(int(twice[0]))} more than once ({twice.size} rows too many): an "
            "index names one event of one run; attach tables of several runs one by one"
        )
        raise FileError(path, "duplicate", reason)
    return measurements


def _check_names(table: RootTable | TextTable, names: list[str]) -> None:
    """Refuse a table without one of the columns, and name those that it has."""
    missing = [name for name in names if name not in table.names]
    if missing:
        where = f" in {table.tree!r}" if isinstance(table, RootTable) else ""
        known = [name for name in table.names if name]
        shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
        reason = f"has no column {', '.join(map(repr, missing))}{where}; it has {shown}"
        raise FileError(table.path, "foreign", reason)
    double = [name for name in names if table.names.count(name) > 1]
    if double:
        raise FileError(table.path, "foreign", f"has several columns {double[0]!r}: rename one")


def _unit(table: RootTable | TextTable, column: str, stated: str | None) -> str:
    """Return the unit of the energies: as stated, or as the file has it."""
    known = table.unit(column)
    if stated is not None and stated not in ENERGY_UNITS:
        raise ValueError(f"the unit of {column} must be {', '.join(ENERGY_UNITS)}; got {stated!r}")
    if known is not None and known not in ENERGY_UNITS:
        if stated is not None:
            return stated
        reason = (
            f"states the unit [{known}] of {column!r}; energies are in {', '.join(ENERGY_UNITS)}: give --unit"
        )
        raise FileError(table.path, "foreign", reason)
    if stated is not None and known is not None and stated != known:
        raise ValueError(f"--unit {stated}: {table.path} states {column} [{known}]; leave --unit out")
    if stated is None and known is None:
        where = "title of its branch" if isinstance(table, RootTable) else "header"
        raise ValueError(
            f"{table.path} does not state the unit of {column}: give --unit, one of "
            f"{', '.join(ENERGY_UNITS)}, or write it into the {where}, as {column} [keV]"
        )
    return str(stated or known)


def _checked(
    table: RootTable | TextTable, names: list[str]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Read keys and energies in chunks, and refuse what cannot be either."""
    for index, energies, *experiment in table.chunks(names, rows=_ROWS):
        event = _whole(table.path, names[0], index)
        wrong = np.flatnonzero(~(np.isfinite(energies) & (energies >= 0)))
        if wrong.size:
            reason = (
                f"has {names[1]} = {energies[wrong[0]]:g} at {names[0]} {event[wrong[0]]}: a measured energy "
                "is finite and at least 0; leave out the rows of events that were not recorded"
            )
            raise FileError(table.path, "foreign", reason)
        of = _whole(table.path, names[2], experiment[0]) if experiment else None
        yield Measurements.key(event, of), np.asarray(energies, np.float64)


def _whole(path: Path, name: str, values: NDArray[Any]) -> NDArray[np.int64]:
    """Return indices as whole numbers."""
    if values.dtype.kind == "u" and values.dtype.itemsize == 8:
        wrong = values > np.uint64(2**62)
    elif values.dtype.kind in "iu":
        wrong = values < 0
    else:
        exact = 2.0**24 if values.dtype == np.float32 else _LARGEST
        with np.errstate(invalid="ignore"):
            wrong = ~((values >= 0) & (values <= exact) & (values == np.floor(values)))
    bad = np.flatnonzero(wrong)
    if bad.size:
        raise FileError(
            path, "foreign", f"has {name} = {values[bad[0]]:g}: an index is a whole number from 0 on"
        )
    return values.astype(np.int64)


def _join(
    parts: Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Put chunks one after the other."""
    pairs = list(parts)
    keys = np.concatenate([np.zeros(0, np.int64), *(pair[0] for pair in pairs)])
    energies = np.concatenate([np.zeros(0), *(pair[1] for pair in pairs)])
    return keys, energies
