"""Histograms to and from files: ROOT TH1, UHI JSON, CSV."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hist
import numpy as np
import uhi.io.json
import uproot
from numpy.typing import NDArray
from uproot.writing import identify

from detsim.files import FileError, whole_file
from detsim.rootreader import open_root, reading

__all__ = ["read_histogram", "write_json", "write_root"]

Array = NDArray[np.float64]
CSV_COLUMNS = ["low", "high", "counts"]


def write_root(
    path: str | Path, histograms: Mapping[str, hist.Hist[Any]], *, entries: Mapping[str, float] | None = None
) -> None:
    """Write histograms as TH1D with Sumw2 to a ROOT file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    histograms : mapping of str to hist.Hist
        One-dimensional, by the name they get. The axis label becomes the x title, the histogram's label the y
        title, its name the title. Without variances of their own, those of counts are stored.
    entries : mapping of str to float, optional
        Number of fills; without it the effective number (Σw)²/Σw², which for unit weights is the same.

    Raises
    ------
    ValueError
        If a histogram is not one-dimensional.
    OSError
        If the file cannot be written; nothing is left of it.
    """
    given = dict(entries or {})
    converted = {name: _th1(h, given.get(name)) for name, h in histograms.items()}
    with whole_file(path) as stream:
        root = uproot.recreate(stream, compression=uproot.ZSTD(1))
        for name, th1 in converted.items():
            root[name] = th1


def write_json(path: str | Path, histogram: hist.Hist[Any]) -> None:
    """Write a histogram as UHI JSON to a file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    histogram : hist.Hist

    Raises
    ------
    OSError
        If the file cannot be written; nothing is left of it.
    """
    text = json.dumps(histogram, default=uhi.io.json.default, allow_nan=False, indent=1)
    with whole_file(path) as stream:
        stream.write(text.encode() + b"\n")


def read_histogram(spec: str | Path) -> hist.Hist[Any]:
    """Read a one-dimensional histogram of the measured energy [MeV].

    Parameters
    ----------
    spec : str or Path
        ``file.root:name`` (the name may be left out if there is one), ``file.json`` (UHI) or ``file.csv``
        with the columns low, high, counts.

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


def _th1(h: hist.Hist[Any], entries: float | None) -> Any:
    if h.ndim != 1:
        raise ValueError(f"a TH1 has one dimension, the histogram has {h.ndim}")
    axis = h.axes[0]
    low, high = int(not axis.traits.underflow), int(not axis.traits.overflow)
    values = np.pad(np.asarray(h.values(flow=True), np.float64), (low, high))
    stored = h.variances(flow=True)
    variances = values if stored is None else np.pad(np.asarray(stored, np.float64), (low, high))
    centres, inside = axis.centers, values[1:-1]
    if entries is None:
        entries = values.sum() ** 2 / variances.sum() if variances.sum() > 0 else 0.0
    regular = isinstance(axis, hist.axis.Regular) and axis.transform is None
    edges = np.asarray(axis.edges, np.float64)
    return identify.to_TH1x(
        fName=None,
        fTitle=h.name or "",
        data=values,
        fEntries=float(entries),
        fTsumw=inside.sum(),
        fTsumw2=variances[1:-1].sum(),
        fTsumwx=(inside * centres).sum(),
        fTsumwx2=(inside * centres**2).sum(),
        fSumw2=variances,
        fXaxis=identify.to_TAxis(
            "xaxis", axis.label, len(centres), edges[0], edges[-1], fXbins=None if regular else edges
        ),
        fYaxis=identify.to_TAxis("yaxis", h.label or "Events per bin", 1, 0.0, 1.0),
    )


def _from_root(path: Path, name: str | None) -> hist.Hist[Any]:
    with open_root(path) as root:
        with reading(path):
            classes = root.classnames(cycle=False)
        names = [n for n, kind in classes.items() if kind.startswith("TH1")]
        held = f"it has {', '.join(names[:5])}" if names else "it has none"
        if name is None and len(names) != 1:
            if "events" in classes:
                raise FileError(path, "foreign", "is an event file, not a histogram; fill one from it")
            raise FileError(path, "foreign", f"needs the name of a TH1, {path.name}:name; {held}")
        name = name or names[0]
        if name not in names:
            what = f"is a {classes[name]}, not a TH1" if name in classes else "is not there"
            raise FileError(path, "foreign", f"{name!r} {what}; {held}")
        with reading(path):
            th1 = root[name]
            edges, values = th1.axis().edges(), th1.values(flow=True)
            variances = th1.variances(flow=True) if len(th1.member("fSumw2")) else None
            label = th1.axis().member("fTitle")
            y_label = th1.member("fYaxis").member("fTitle")
        return _checked(path, edges, values, variances, label=label, y_label=y_label, title=th1.title)


def _from_json(path: Path) -> hist.Hist[Any]:
    text = _text(path)
    try:
        document = json.loads(text, object_hook=uhi.io.json.object_hook)
        h = hist.Hist(document)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FileError(path, "foreign", f"is not a histogram in UHI JSON: {error!r}") from error
    if h.ndim != 1 or h.kind != "COUNT":
        raise FileError(path, "foreign", f"must hold a one-dimensional histogram of counts, got {h!r:.80}")
    axis = h.axes[0]
    low, high = int(not axis.traits.underflow), int(not axis.traits.overflow)
    values = np.pad(np.asarray(h.values(flow=True), np.float64), (low, high))
    weighted = isinstance(h.storage_type(), hist.storage.Weight)
    variances = np.pad(np.asarray(h.variances(flow=True)), (low, high)) if weighted else None
    label, y_label, title = axis.label, h.label or "", h.name or ""
    return _checked(path, axis.edges, values, variances, label=label, y_label=y_label, title=title)


def _from_csv(path: Path) -> hist.Hist[Any]:
    lines = [line for line in _text(path).splitlines() if line.strip() and not line.startswith("#")]
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines)]
    if not rows or rows[0] != CSV_COLUMNS:
        got = ",".join(rows[0]) if rows else "no line"
        raise FileError(path, "foreign", f"must begin with the line {','.join(CSV_COLUMNS)}, got {got!r}")
    try:
        table = np.array([[float(cell) for cell in row] for row in rows[1:]])
    except ValueError as error:
        raise FileError(path, "foreign", f"must hold three numbers a line: {error}") from error
    if table.ndim != 2 or table.shape[1] != 3:
        raise FileError(path, "foreign", "must hold lines of three numbers below its first line")
    low, high, counts = table.T
    if not np.array_equal(low[1:], high[:-1]):
        raise FileError(
            path, "foreign", "must hold bins without gaps: each low is the high of the line above"
        )
    return _checked(path, np.append(low, high[-1]), np.pad(counts, 1), None)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileError(path, "missing", "there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(path, "foreign", f"cannot be read as text: {error}") from error


def _checked(
    path: Path,
    edges: Array,
    values: Array,
    variances: Array | None,
    *,
    label: str = "",
    y_label: str = "",
    title: str = "",
) -> hist.Hist[Any]:
    """Build a histogram with flow bins from numbers that may be wrong."""
    if not (np.isfinite(edges).all() and (np.diff(edges) > 0).all()):
        raise FileError(path, "foreign", f"must have finite, ascending bin edges [MeV], got {edges.tolist()}")
    spread = values if variances is None else variances
    if not (np.isfinite(values).all() and np.isfinite(spread).all() and (spread >= 0).all()):
        what = "counts" if variances is None else "counts, and variances"
        raise FileError(path, "foreign", f"must have finite {what} that are not negative")
    axis = hist.axis.Variable(edges, name="T_reco", label=label or "T_reco [MeV]")
    storage = hist.storage.Double() if variances is None else hist.storage.Weight()
    h = hist.Hist(axis, storage=storage, name=title, label=y_label or "Events per bin")
    h[...] = values if variances is None else np.stack([values, variances], axis=-1)
    return h
