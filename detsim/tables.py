"""Tables that users bring: columns of CSV files, and spectra from CSV, ROOT and JSON."""

import csv
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError
from simgen.spectra import HistogramSpectrum, TableSpectrum

__all__ = ["Columns", "checksum", "read_columns", "read_spectrum", "table_path"]

Array = NDArray[np.float64]

_POINTS = ("energy", "density")
_BINS = ("low", "high", "content")
_TOO_LARGE = 1e5


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
        """Raise a `FileError` that names the first row in which a column is not what it must be."""
        if not np.all(good):
            i = int(np.argmin(good))
            raise _wrong(self.path, f"line {self.lines[i]}", f"{name} {words}, got {self.column(name)[i]:g}")

    def require_ascending(self, name: str) -> None:
        """Raise a `FileError` if a column does not ascend from row to row."""
        values = self.column(name)
        for i in np.flatnonzero(np.diff(values) <= 0)[:1]:
            reason = f"{name} must ascend, got {values[i + 1]:g} after {values[i]:g}"
            raise _wrong(self.path, f"line {self.lines[i + 1]}", reason)


def read_columns(path: str | Path, *choices: Sequence[str], at_least: int = 1) -> Columns:
    """Read a CSV file whose first line names its columns; lines that begin with # are comments.

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
    """
    path = Path(path)
    numbered = [
        (number, [cell.strip() for cell in next(csv.reader([line]))])
        for number, line in enumerate(_text(path).splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    wanted = " or ".join(",".join(names) for names in choices)
    if not numbered:
        raise FileError(path, "empty", f"has no line; it must begin with {wanted}")
    line, header = numbered[0]
    if tuple(header) not in {tuple(names) for names in choices}:
        raise _wrong(path, f"line {line}", f"must name the columns {wanted}, got {','.join(header)!r}")
    rows = []
    for number, cells in numbered[1:]:
        if len(cells) != len(header):
            raise _wrong(path, f"line {number}", f"must have {len(header)} columns, got {len(cells)}")
        rows.append([_number(path, number, *pair) for pair in zip(header, cells, strict=True)])
    if len(rows) < at_least:
        raise FileError(
            path, "empty", f"must have at least {at_least} rows of {','.join(header)}: {len(rows)}"
        )
    lines = tuple(number for number, _ in numbered[1:])
    return Columns(path=path, names=tuple(header), values=np.array(rows), lines=lines)


def read_spectrum(spec: str | Path, *, unit: float) -> TableSpectrum | HistogramSpectrum:
    """Read the spectrum of a source.

    Parameters
    ----------
    spec : str or Path
        ``file.csv`` with the columns energy, density (points, straight lines between them) or low, high,
        content (bins); ``file.root:name`` of a TH1 (the name may be left out if there is one);
        ``file.json``, a histogram as the hist library writes it. Densities are neutrinos per decay and energy
        unit, contents neutrinos per decay.
    unit : float
        What the energies of the file are in [MeV].

    Returns
    -------
    TableSpectrum or HistogramSpectrum

    Raises
    ------
    FileError
        If the file is missing or damaged or is no spectrum, with the row in which something is wrong.
    """
    path, name = _split(str(spec))
    match path.suffix:
        case ".csv":
            return _from_csv(path, unit)
        case ".json":
            edges, contents, flow = _from_json(path)
        case ".root":
            edges, contents, flow = _from_root(path, name)
        case _:
            raise FileError(path, "foreign", "must be file.csv, file.json or file.root:name")
    _check_bins(path, edges, contents, flow, unit)
    return HistogramSpectrum(edges=tuple((edges * unit).tolist()), contents=tuple(contents.tolist()))


def table_path(spec: str | Path) -> Path:
    """Return the file of ``file.root:name`` or any other name."""
    return _split(str(spec))[0]


def checksum(path: str | Path) -> str:
    """Compute the SHA-256 of a file.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    return hashlib.sha256(_bytes(Path(path))).hexdigest()


def _from_csv(path: Path, unit: float) -> TableSpectrum | HistogramSpectrum:
    table = read_columns(path, _POINTS, _BINS)
    for name in table.names[:-1]:
        energies = table.column(name)
        table.require(energies >= 0, name, "must be at least 0")
        table.require(energies * unit <= _TOO_LARGE, name, "is beyond 100 GeV: is the unit right?")
        table.require_ascending(name)
    weight = table.names[-1]
    table.require(table.column(weight) >= 0, weight, "must be at least 0")
    if not table.column(weight).any():
        raise FileError(path, "foreign", f"has no {weight} above 0: an empty spectrum")
    if table.names == _POINTS:
        if len(table.lines) < 2:
            raise FileError(path, "foreign", "must have at least two points")
        return TableSpectrum(
            energies=tuple((table.column("energy") * unit).tolist()),
            densities=tuple((table.column("density") / unit).tolist()),
        )
    low, high = table.column("low"), table.column("high")
    table.require(high > low, "high", "must be above low")
    for i in np.flatnonzero(low[1:] != high[:-1])[:1]:
        reason = f"low must be the high of the row above, {high[i]:g}, got {low[i + 1]:g}"
        raise _wrong(path, f"line {table.lines[i + 1]}", reason)
    edges = np.append(low, high[-1]) * unit
    return HistogramSpectrum(edges=tuple(edges.tolist()), contents=tuple(table.column("content").tolist()))


def _check_bins(path: Path, edges: Array, contents: Array, flow: tuple[float, float], unit: float) -> None:
    if not (np.isfinite(edges).all() and np.all(np.diff(edges) > 0)):
        raise FileError(path, "foreign", f"must have finite, ascending bin edges, got {edges.tolist()!r:.80}")
    if edges[0] < 0 or edges[-1] * unit > _TOO_LARGE:
        reason = (
            f"edges must be from 0 to 100 GeV, got {edges[0]:g} to {edges[-1]:g} in units of {unit:g} MeV"
        )
        raise FileError(path, "foreign", reason)
    for i, content in enumerate(contents, start=1):
        if not (math.isfinite(content) and content >= 0):
            raise _wrong(path, f"bin {i}", f"content must be finite and at least 0, got {content:g}")
    for name, content in zip(("underflow", "overflow"), flow, strict=True):
        if content != 0:
            reason = f"must be empty, got {content:g}: it has no energy"
            raise _wrong(path, name, reason)
    if not contents.any():
        raise FileError(path, "foreign", "has no content above 0: an empty spectrum")


def _from_root(path: Path, name: str | None) -> tuple[Array, Array, tuple[float, float]]:
    from detsim.rootreader import open_root, reading  # noqa: PLC0415 (uproot, only here)

    with open_root(path) as root, reading(path):
        names = [n for n, kind in root.classnames(cycle=False).items() if kind.startswith("TH1")]
        if name not in names and (name is not None or len(names) != 1):
            held = f"it has {', '.join(names[:5])}" if names else "it has none"
            missing = f"has no TH1 {name!r}" if name else f"needs the name of a TH1, {path.name}:name"
            raise FileError(path, "foreign", f"{missing}; {held}")
        th1 = root[name or names[0]]
        values = np.asarray(th1.values(flow=True), np.float64)
        edges = np.asarray(th1.axis().edges(), np.float64)
    return edges, values[1:-1], (float(values[0]), float(values[-1]))


def _from_json(path: Path) -> tuple[Array, Array, tuple[float, float]]:
    try:
        document: Any = json.loads(_text(path))
        (axis,), storage = document["axes"], document["storage"]
        edges = (
            np.linspace(axis["lower"], axis["upper"], axis["bins"] + 1)
            if axis["type"] == "regular"
            else np.array(axis["edges"], np.float64)
        )
        values = np.array(storage["values"], np.float64)
        low, high = int(axis["underflow"]), int(axis["overflow"])
    except (ValueError, TypeError, KeyError) as error:
        reason = f"is not a one-dimensional histogram as hist writes it to JSON ({error!r:.80})"
        raise FileError(path, "foreign", reason) from None
    if values.shape != (len(edges) - 1 + low + high,):
        raise FileError(path, "foreign", f"has {values.size} contents for {len(edges) - 1} bins")
    flow = (float(values[0]) if low else 0.0, float(values[-1]) if high else 0.0)
    return edges, values[low : values.size - high], flow


def _split(spec: str) -> tuple[Path, str | None]:
    head, colon, name = spec.rpartition(".root:")
    return (Path(f"{head}.root"), name) if colon and name else (Path(spec.removesuffix(":")), None)


def _number(path: Path, line: int, name: str, cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise _wrong(path, f"line {line}", f"{name} must be a number, got {cell!r}") from None
    if not math.isfinite(value):
        raise _wrong(path, f"line {line}", f"{name} must be finite, got {cell}")
    return value


def _wrong(path: Path, place: str, reason: str) -> FileError:
    return FileError(path, "foreign", f"{place}: {reason}")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileError(path, "missing", "there is no such file") from None
    except OSError as error:
        raise FileError(path, "foreign", f"cannot be read: {error.strerror}") from None


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(path, "foreign", "is not a text file") from None
