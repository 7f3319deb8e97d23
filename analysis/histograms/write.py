"""Histograms to files: ROOT TH1 and TH2, UHI JSON, CSV."""

import errno
import json
import os
from collections.abc import Mapping
from itertools import chain, pairwise, product
from pathlib import Path
from typing import Any

import hist
import numpy as np
import uhi.io.json
import uproot
from numpy.typing import NDArray
from uproot.writing import identify

from analysis.histograms.histograms import is_weighted, with_flow
from detsim.files import Former, whole_file

__all__ = ["CSV_COLUMNS", "write_csv", "write_json", "write_root"]

Array = NDArray[np.float64]

CSV_COLUMNS = {1: ["low", "high", "counts"], 2: ["L_low", "L_high", "low", "high", "counts"]}
"""First line of a CSV, by the dimension of its histogram; energies in MeV, distances in cm."""


def write_root(
    path: str | Path,
    histograms: Mapping[str, hist.Hist[Any]],
    *,
    entries: Mapping[str, float] | None = None,
    texts: Mapping[str, str] | None = None,
    former: Former | None = None,
) -> None:
    """Write histograms as TH1D or TH2D with Sumw2 to a ROOT file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    histograms : mapping of str to hist.Hist
        Histograms of one or two dimensions, by their names in the file. The labels of the axes become the
        titles of x and y, the histogram's label the title of the contents (y, or z), and its name the title.
        Histograms without variances get those of counts.
    entries : mapping of str to float, optional
        Number of fills; by default the effective number (Σw)²/Σw², which for unit weights is the same.
    texts : mapping of str to str, optional
        Texts that stand beside them as TObjString, by their names in the file.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If a histogram has more than two dimensions.
    OSError
        If the file cannot be written, or does not read back; nothing is left of it.
    """
    entries_by_name = dict(entries or {})
    converted = {name: _root_histogram(h, entries_by_name.get(name)) for name, h in histograms.items()}
    with whole_file(path, former=former) as stream:
        root = uproot.recreate(stream, compression=uproot.ZSTD(1))
        for name, text in (texts or {}).items():
            root[name] = text
        for name, root_histogram in converted.items():
            root[name] = root_histogram
        stream.flush()
        with os.fdopen(os.dup(stream.fileno()), "rb") as written, uproot.open(written) as back:
            for name, h in histograms.items():
                _compare(name, back[name], h)


def write_json(
    path: str | Path,
    histogram: hist.Hist[Any] | Mapping[str, hist.Hist[Any]],
    *,
    former: Former | None = None,
) -> None:
    """Write a histogram, or several by their names, as UHI JSON to a file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    histogram : hist.Hist, or mapping of str to hist.Hist
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    OSError
        If the file cannot be written; nothing is left of it.
    """
    text = json.dumps(histogram, default=uhi.io.json.default, allow_nan=False, indent=1)
    with whole_file(path, former=former) as stream:
        stream.write(text.encode() + b"\n")


def write_csv(path: str | Path, histogram: hist.Hist[Any]) -> None:
    """Write the counts in the bins of a histogram as CSV to a file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    histogram : hist.Hist
        Histogram of the measured energy [MeV], or of distance [cm] and energy. Flow bins are left out. For a
        weighted histogram the last column has the variances. A label that begins with "Simulated" stands in
        a comment.

    Raises
    ------
    ValueError
        If the histogram is not finite.
    OSError
        If the file cannot be written; nothing is left of it.
    """
    if not np.all(np.isfinite(histogram.values())):
        raise ValueError("the histogram holds counts that are not finite")
    bins = [list(pairwise(np.asarray(axis.edges).tolist())) for axis in histogram.axes]
    weighted = is_weighted(histogram)
    contents = (histogram.values(), histogram.variances()) if weighted else (histogram.values(),)
    columns = [np.asarray(values, np.float64).ravel().tolist() for values in contents]
    said = [f"# {histogram.label}"] if str(histogram.label or "").startswith("Simulated") else []
    lines = [*said, ",".join([*CSV_COLUMNS[histogram.ndim], *(["variance"] if weighted else [])])]
    for edges, *numbers in zip(product(*bins), *columns, strict=True):
        lines.append(",".join(f"{number:.15g}" for number in (*chain(*edges), *numbers)))
    with whole_file(path) as stream:
        stream.write("\n".join([*lines, ""]).encode())


def _compare(name: str, back: Any, h: hist.Hist[Any]) -> None:
    """Compare the histogram that is read back with the one that was written, and refuse a difference.

    Raises
    ------
    OSError
    """
    values, variances = with_flow(h)
    same = np.array_equal(back.values(flow=True), values, equal_nan=True) and all(
        np.array_equal(read.edges(), axis.edges) for read, axis in zip(back.axes, h.axes, strict=True)
    )
    if not same or not np.array_equal(
        back.variances(flow=True), values if variances is None else variances, equal_nan=True
    ):
        raise OSError(
            errno.EIO, f"was not written as it should be: the histogram {name!r} reads back otherwise"
        )


def _root_histogram(h: hist.Hist[Any], entries: float | None) -> Any:
    if h.ndim not in (1, 2):
        raise ValueError(f"a TH1 has one dimension and a TH2 two, the histogram has {h.ndim}")
    values, stored = with_flow(h)
    variances = values if stored is None else stored
    if entries is None:
        entries = values.sum() ** 2 / variances.sum() if variances.sum() > 0 else 0.0
    inner = (slice(1, -1),) * h.ndim
    contents = h.label or "Events per bin"
    common = {
        "fName": None,
        "fTitle": h.name or "",
        "data": values.ravel(order="F"),  # ROOT counts x fastest
        "fEntries": float(entries),
        "fTsumw": values[inner].sum(),
        "fTsumw2": variances[inner].sum(),
        "fSumw2": variances.ravel(order="F"),
        "fXaxis": _root_axis("xaxis", h.axes[0]),
    }
    x = np.asarray(h.axes[0].centers)
    if h.ndim == 1:
        moments = _moments(values[inner], x)
        contents_axis = identify.to_TAxis("yaxis", contents, 1, 0.0, 1.0)
        return identify.to_TH1x(**common, fTsumwx=moments[0], fTsumwx2=moments[1], fYaxis=contents_axis)
    y = np.asarray(h.axes[1].centers)
    along_x, along_y = _moments(values[inner].sum(axis=1), x), _moments(values[inner].sum(axis=0), y)
    return identify.to_TH2x(
        **common,
        fTsumwx=along_x[0],
        fTsumwx2=along_x[1],
        fTsumwy=along_y[0],
        fTsumwy2=along_y[1],
        fTsumwxy=float(x @ values[inner] @ y),
        fYaxis=_root_axis("yaxis", h.axes[1]),
        fZaxis=identify.to_TAxis("zaxis", contents, 1, 0.0, 1.0),
    )


def _moments(values: Array, centres: Array) -> tuple[float, float]:
    return float((values * centres).sum()), float((values * centres**2).sum())


def _root_axis(name: str, axis: Any) -> Any:
    edges = np.asarray(axis.edges, np.float64)
    regular = isinstance(axis, hist.axis.Regular) and axis.transform is None
    bins = None if regular else edges
    return identify.to_TAxis(name, axis.label, len(edges) - 1, edges[0], edges[-1], fXbins=bins)
