"""Histograms from files of every format that is read: ROOT TH1 and TH2, UHI JSON, CSV."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detsim.files import Columns, FileError, apart, split_spec
from detsim.formats.binned import ROUNDING, Binned
from detsim.formats.uhi_json import read_json

__all__ = ["bins_of_columns", "faults_of", "read_binned"]

Array = NDArray[np.float64]


@contextlib.contextmanager
def faults_of(path: str | Path) -> Iterator[None]:
    """Turn a `ValueError` about a histogram into a `FileError` that names its file."""
    try:
        yield
    except ValueError as error:
        raise FileError(path, "foreign", str(error)) from None


def read_binned(
    spec: str | Path, *, dimensions: tuple[int, ...] = (1,), units: tuple[str, ...] = ()
) -> Binned:
    """Read a histogram from a ROOT file or UHI JSON.

    Parameters
    ----------
    spec : str or Path
        ``file.root:name`` (the name may be left out if there is one), or ``file.json``.
    dimensions : tuple of int
        Those that are wanted: 1, 2.
    units : tuple of str
        Of energies, or of distances and energies, for messages.

    Raises
    ------
    FileError
        If the file is missing or damaged, or has no such histogram, or one that is not all there.
    """
    path, name = split_spec(spec)
    with faults_of(path):
        if path.suffix.lower() == ".json":
            return read_json(path, dimensions=dimensions, units=units)
        from detsim.formats.root_histogram import read_root  # noqa: PLC0415 (uproot, only here)

        return read_root(path, name, dimensions=dimensions, units=units)


def bins_of_columns(table: Columns, units: tuple[str, ...] = ()) -> Binned:
    """Make bins of the rows of a CSV.

    Parameters
    ----------
    table : Columns
        Of the columns low, high and the contents; or L_low, L_high, low, high and the contents, where every
        bin is stated once, in any order. A last column ``variance`` holds Σw².
    units : tuple of str
        As for `read_binned`.

    Raises
    ------
    FileError
        If the rows are no bins, with the line.
    """
    names = [name for name in table.names if name != "variance"]
    for low, high in zip(names[:-1:2], names[1:-1:2], strict=True):
        table.require(table.column(high) > table.column(low), high, f"must be above {low}")
    edges, positions = _line(table) if len(names) == 3 else _plane(table, units)
    shape = tuple(len(e) - 1 for e in edges)
    arrays = []
    for name in (names[-1], "variance"):
        if name in table.names:
            table.require(table.column(name) >= 0, name, "must be at least 0")
            inside = np.empty(shape)
            inside[positions] = table.column(name)
            arrays.append(np.pad(inside, 1))
    lines = np.empty(shape, np.int64)
    lines[positions] = table.lines
    with faults_of(table.path):
        return Binned(
            edges=edges,
            values=arrays[0],
            variances=arrays[1] if len(arrays) > 1 else None,
            units=units[-len(edges) :] if units else (),
            lines=lines,
        )


def _line(table: Columns) -> tuple[tuple[Array, ...], tuple[NDArray[np.intp], ...]]:
    """Return the edges of bins that follow each other, and the number of each row's bin."""
    low, high = table.column("low"), table.column("high")
    wrong = np.abs(low[1:] - high[:-1]) > ROUNDING * np.minimum(np.diff(low), high[1:] - low[1:])
    for i in np.flatnonzero(wrong)[:1]:
        above, here = apart(float(high[i]), float(low[i + 1]))
        raise table.wrong(
            i + 1, f"low must be the high of the row above, {above}, got {here}: bins have no gaps"
        )
    return (np.append(low, high[-1]),), (np.arange(len(low)),)


def _plane(table: Columns, units: tuple[str, ...]) -> tuple[tuple[Array, ...], tuple[NDArray[np.intp], ...]]:
    """Return the edges of a plane of which every bin is stated once, and each row's bin."""
    edges, positions = [], []
    for names in (("L_low", "L_high"), ("low", "high")):
        axis, numbers = _axis(table, *names)
        edges.append(axis)
        positions.append(numbers)
    shape = tuple(len(e) - 1 for e in edges)
    flat = np.ravel_multi_index(positions, shape)
    stated = np.bincount(flat, minlength=shape[0] * shape[1])
    if not np.all(stated == 1):
        wrong = int(np.flatnonzero(stated != 1)[0])
        bins = [(e[i], e[i + 1]) for e, i in zip(edges, np.unravel_index(wrong, shape), strict=True)]
        where = " and ".join(
            f"from {a:g} to {b:g} {unit}".rstrip()
            for (a, b), unit in zip(bins, units or ("", ""), strict=True)
        )
        reason = f"must state every bin once: {where} is stated {stated[wrong]} times"
        raise FileError(table.path, "foreign", reason)
    return tuple(edges), tuple(positions)


def _axis(table: Columns, *names: str) -> tuple[Array, NDArray[np.intp]]:
    """Return the edges of an axis whose bins stand in any order, and the number of each row's bin."""
    low, high = (table.column(name) for name in names)
    margin = ROUNDING * float(np.min(high - low))
    every = np.unique(np.concatenate([low, high]))
    edges = every[np.diff(every, prepend=-np.inf) > margin]
    first, last = (np.searchsorted(edges, x + margin, side="right") - 1 for x in (low, high))
    for i in np.flatnonzero(last != first + 1)[:1]:
        inner = edges[first[i] + 1]
        reason = f"the bin from {low[i]:g} to {high[i]:g} holds an edge of another, {inner:g}"
        raise table.wrong(i, reason)
    return edges, first
