"""Histograms from files: ROOT TH1 and TH2, UHI JSON, CSV."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hist
import numpy as np
import uhi.io.json
from numpy.typing import NDArray

from analysis.export import CSV_COLUMNS
from analysis.histograms import with_flow
from detsim.files import FileError
from detsim.rootreader import open_root, reading

__all__ = ["read_histogram"]

Array = NDArray[np.float64]

_NUMBERS = {3: "three", 5: "five"}
_AXES = {1: (("T_reco", "MeV"),), 2: (("L_reco", "cm"), ("T_reco", "MeV"))}


def read_histogram(spec: str | Path) -> hist.Hist[Any]:
    """Read a histogram of the measured energy [MeV], or of distance [cm] and energy.

    Parameters
    ----------
    spec : str or Path
        ``file.root:name`` (the name may be left out if there is one), ``file.json`` (UHI) or ``file.csv``
        with the columns low, high, counts, or L_low, L_high, low, high, counts.

    Returns
    -------
    hist.Hist
        With underflow and overflow, which a CSV has not and are 0. Weighted if the file has variances.

    Raises
    ------
    FileError
        If the file is missing or damaged, has no such histogram, or holds numbers that no histogram has.
    """
    path, name = _split(str(spec))
    if path.suffix == ".root":
        return _from_root(path, name)
    if path.suffix.lower() == ".json":
        return _from_json(path)
    if path.suffix.lower() == ".csv":
        return _from_csv(path)
    reason = "must be a histogram: file.root:name, file.json or file.csv"
    raise FileError(path, "foreign", reason)


def _split(spec: str) -> tuple[Path, str | None]:
    head, colon, name = spec.rpartition(".root:")
    return (Path(f"{head}.root"), name) if colon and name else (Path(spec.removesuffix(":")), None)


def _from_root(path: Path, name: str | None) -> hist.Hist[Any]:
    with open_root(path) as root:
        with reading(path):
            classes = root.classnames(cycle=False)
        names = [n for n, kind in classes.items() if kind.startswith(("TH1", "TH2"))]
        held = f"it has {', '.join(names[:5])}" if names else "it has none"
        if name is None and len(names) != 1:
            if "events" in classes:
                raise FileError(path, "foreign", "is an event file, not a histogram; fill one from it")
            raise FileError(path, "foreign", f"needs the name of a TH1 or TH2, {path.name}:name; {held}")
        name = name or names[0]
        if name not in names:
            what = f"is a {classes[name]}, not a TH1 or TH2" if name in classes else "is not there"
            raise FileError(path, "foreign", f"{name!r} {what}; {held}")
        with reading(path):
            found = root[name]
            edges, values = [axis.edges() for axis in found.axes], found.values(flow=True)
            variances = found.variances(flow=True) if len(found.member("fSumw2")) else None
            *labels, contents = [
                found.member(f"f{axis}axis").member("fTitle") for axis in "XYZ"[: len(edges) + 1]
            ]
        return _checked(path, edges, values, variances, labels=labels, contents=contents, title=found.title)


def _from_json(path: Path) -> hist.Hist[Any]:
    text = _text(path)
    try:
        document = json.loads(text, object_hook=uhi.io.json.object_hook)
        h = hist.Hist(document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(path, "foreign", f"is not a histogram in UHI JSON: {error!r}") from error
    if h.ndim not in _AXES or h.kind != "COUNT":
        reason = f"must hold a histogram of counts in one or two dimensions, got {h!r:.80}"
        raise FileError(path, "foreign", reason)
    values, variances = with_flow(h)
    if not isinstance(h.storage_type(), hist.storage.Weight):
        variances = None
    edges, labels = [axis.edges for axis in h.axes], [axis.label for axis in h.axes]
    return _checked(path, edges, values, variances, labels=labels, contents=h.label or "", title=h.name or "")


def _from_csv(path: Path) -> hist.Hist[Any]:
    lines = [line for line in _text(path).splitlines() if line.strip() and not line.startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    if not rows or rows[0] not in CSV_COLUMNS.values():
        got = ",".join(rows[0]) if rows else "no line"
        known = " or ".join(",".join(columns) for columns in CSV_COLUMNS.values())
        raise FileError(path, "foreign", f"must begin with the line {known}, got {got!r}")
    n = len(rows[0])
    for row in rows[1:]:
        if len(row) != n:
            raise FileError(
                path, "foreign", f"must hold lines of {_NUMBERS[n]} numbers, got {','.join(row)!r}"
            )
    try:
        table = np.array([[float(cell) for cell in row] for row in rows[1:]])
    except ValueError as error:
        raise FileError(path, "foreign", f"must hold {_NUMBERS[n]} numbers a line: {error}") from error
    if table.ndim != 2 or table.shape[1] != n:
        raise FileError(path, "foreign", f"must hold lines of {_NUMBERS[n]} numbers below its first line")
    if n == len(CSV_COLUMNS[1]):
        low, high, counts = table.T
        return _checked(path, [_joined(path, low, high)], np.pad(counts, 1), None)
    return _plane(path, table)


def _plane(path: Path, table: Array) -> hist.Hist[Any]:
    """Order lines, which may stand in any order, into a plane where each bin is stated once."""
    near, far, low, high, counts = table.T
    distances, j = np.unique(np.stack([near, far]), axis=1, return_inverse=True)
    energies, i = np.unique(np.stack([low, high]), axis=1, return_inverse=True)
    edges = [_joined(path, *distances), _joined(path, *energies)]
    shape = (distances.shape[1], energies.shape[1])
    stated = np.bincount(j.ravel() * shape[1] + i.ravel(), minlength=shape[0] * shape[1])
    if not np.all(stated == 1):
        wrong = int(np.flatnonzero(stated != 1)[0])
        (a, b), (c, d) = distances[:, wrong // shape[1]], energies[:, wrong % shape[1]]
        where = f"from {a:g} to {b:g} cm and from {c:g} to {d:g} MeV"
        raise FileError(
            path, "foreign", f"must state every bin once: {where} is stated {stated[wrong]} times"
        )
    plane = np.zeros(shape)
    plane[j.ravel(), i.ravel()] = counts
    return _checked(path, edges, np.pad(plane, 1), None)


def _joined(path: Path, low: Array, high: Array) -> Array:
    if not np.array_equal(low[1:], high[:-1]):
        raise FileError(
            path, "foreign", "must hold bins without gaps: each low is the high of the line above"
        )
    return np.append(low, high[-1])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError(path, "missing", "there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, "foreign", f"cannot be read as text: {error}") from error


def _checked(
    path: Path,
    edges: Sequence[Array],
    values: Array,
    variances: Array | None,
    *,
    labels: Sequence[str] = ("", ""),
    contents: str = "",
    title: str = "",
) -> hist.Hist[Any]:
    """Build a histogram with flow bins from numbers that may be wrong."""
    axes = []
    for (name, unit), found, label in zip(_AXES[len(edges)], edges, labels, strict=False):
        if not (np.isfinite(found).all() and (np.diff(found) > 0).all()):
            reason = f"must have finite, ascending bin edges [{unit}], got {found.tolist()}"
            raise FileError(path, "foreign", reason)
        axes.append(hist.axis.Variable(found, name=name, label=label or f"{name} [{unit}]"))
    spread = values if variances is None else variances
    if not (np.isfinite(values).all() and np.isfinite(spread).all() and (spread >= 0).all()):
        what = "counts" if variances is None else "counts, and variances"
        raise FileError(path, "foreign", f"must have finite {what} that are not negative")
    storage = hist.storage.Double() if variances is None else hist.storage.Weight()
    h = hist.Hist(*axes, storage=storage, name=title, label=contents or "Events per bin")
    h[...] = values if variances is None else np.stack([values, variances], axis=-1)
    return h
