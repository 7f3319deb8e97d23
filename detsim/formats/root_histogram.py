"""Histograms from ROOT files: TH1 and TH2 of every type of contents."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError, open_root, reading
from detsim.formats.binned import Binned

__all__ = ["read_root"]

Array = NDArray[np.float64]

_CLASS = re.compile(r"TH([12])[CSILFD]")
_LARGEST = {"C": 2**7 - 1, "S": 2**15 - 1, "I": 2**31 - 1, "L": 2**63 - 1, "F": 2**24}
"""Contents at which counting stops: the largest integer, or the float that adding 1 does not change."""
_IS_AVERAGE = 1 << 18
_CAN_EXTEND = 1 << 1
_ROUNDING = 1e-6


def read_root(
    path: str | Path, name: str | None, *, dimensions: tuple[int, ...], units: tuple[str, ...]
) -> Binned:
    """Read a TH1 or TH2.

    Parameters
    ----------
    path : str or Path
    name : str or None
        None: the only one.
    dimensions : tuple of int
        Those that are wanted: 1, 2.
    units : tuple of str
        Of energies, or of distances and energies, for messages.

    Raises
    ------
    FileError
        If the file is missing or damaged, or has no such histogram.
    ValueError
        If the histogram is not one of counts or weights, or its contents are not all there.

    Notes
    -----
    Fills that stand in ROOT's buffer are filled in, as ROOT does when it reads the histogram.
    """
    path = Path(path)
    allowed = " or ".join(f"TH{d}" for d in dimensions)
    with open_root(path) as root:
        with reading(path):
            classes = root.classnames(cycle=False)
        names = [n for n, kind in classes.items() if _dimension(kind) in dimensions]
        content = f"it has {', '.join(names[:5])}" if names else "it has none"
        if name is None and len(names) != 1:
            if "events" in classes:
                raise FileError(path, "foreign", "is an event file, not a histogram; fill one from it")
            raise FileError(path, "foreign", f"needs the name of a {allowed}, {path.name}:name; {content}")
        name = name or names[0]
        bare = name.partition(";")[0]
        if bare not in names:
            what = f"is a {classes[bare]}, not a {allowed}" if bare in classes else "is not there"
            raise FileError(path, "foreign", f"{name!r} {what}; {content}")
        with reading(path):
            histogram = root[name]
            members = _members(histogram, classes[bare])
    return _binned(members, units)


def _dimension(kind: str) -> int:
    match = _CLASS.fullmatch(kind)
    return int(match[1]) if match else 0


def _members(h: Any, kind: str) -> dict[str, Any]:
    """Read the needed members of a histogram."""
    n = _dimension(kind)
    axes = [h.member(f"f{axis}axis") for axis in "XYZ"[: n + 1]]
    return {
        "type": kind[-1],
        "edges": tuple(np.asarray(axis.edges(), np.float64) for axis in axes[:n]),
        "named": [[str(label) for label in axis.member("fLabels") or ()] for axis in axes[:n]],
        "extends": any(axis.member("fBits2") & _CAN_EXTEND for axis in axes[:n]),
        "titles": tuple(axis.member("fTitle") for axis in axes),
        "title": h.title,
        "values": np.asarray(h.values(flow=True), np.float64),
        "squares": np.asarray(h.member("fSumw2"), np.float64),
        "sums": (float(h.member("fTsumw")), float(h.member("fTsumw2"))),
        "buffer": np.asarray(h.member("fBuffer"), np.float64),
        "average": bool(int(h.member("@fBits", none_if_missing=True) or 0) & _IS_AVERAGE),
    }


def _binned(th: dict[str, Any], units: tuple[str, ...]) -> Binned:
    """Make the checks that are special to ROOT's histograms, and fill in the buffered entries."""
    edges, values, squares = th["edges"], th["values"], th["squares"]
    for label in th["named"]:
        if label:
            raise ValueError(
                f"has bins with labels ({', '.join(label[:3])}), and bins of the energy are needed"
            )
    if th["average"]:
        raise ValueError("holds averages (the bit kIsAverage of ROOT is set), and counts are needed")
    if squares.size not in (0, values.size):
        raise ValueError(f"has {squares.size} sums of squared weights for {values.size} bins: it is damaged")
    variances = squares.reshape(values.shape[::-1]).T if squares.size else None
    values, variances = _with_buffer(th, values, variances)
    _check_statistics(th, values, variances)
    return Binned(
        edges=edges,
        values=values,
        variances=variances,
        units=units[-len(edges) :] if units else (),
        labels=th["titles"][: len(edges)],
        contents=th["titles"][-1],
        title=th["title"],
    )


def _check_statistics(th: dict[str, Any], values: Array, variances: Array | None) -> None:
    """Refuse contents that ROOT's own statistics contradict."""
    total, squared = th["sums"]
    if total > 0 and not values.any():
        raise ValueError(f"holds nothing, and ROOT counted {total:g}: its contents are lost, fill it again")
    largest = _LARGEST.get(th["type"])
    if largest is not None and variances is None and np.any(values == largest):
        raise ValueError(
            f"has a bin with {largest}, where a histogram of the type {th['type']} stops counting: fill one "
            "of the type D"
        )
    if variances is None and total > 0 and squared > 0 and abs(squared / total - 1) > _ROUNDING:
        raise ValueError(
            f"was scaled or filled with weights (ROOT's statistics are Σw = {total:g}, Σw² = {squared:g}), "
            "and has no Σw² of its bins: call Sumw2() before it is filled or scaled"
        )


def _with_buffer(th: dict[str, Any], values: Array, variances: Array | None) -> tuple[Array, Array | None]:
    """Add the fills that wait in ROOT's buffer: their number, then weight and coordinates of each.

    A negative number says that they are in the contents already.
    """
    buffer, edges = th["buffer"], th["edges"]
    n = int(buffer[0]) if buffer.size else 0
    if n <= 0:
        return values, variances
    width = 1 + len(edges)
    if buffer.size < 1 + n * width:
        raise ValueError(f"says that {n} fills are in its buffer, which has no room for them: it is damaged")
    if th["extends"] or any(not axis[-1] > axis[0] for axis in edges):
        raise ValueError(
            f"has {n} fills in ROOT's buffer and no bins yet, which ROOT chooses from the fills: give the "
            "axis its limits, or call BufferEmpty(1) before it is written"
        )
    weights, *columns = buffer[1 : 1 + n * width].reshape(n, width).T
    where = tuple(
        np.searchsorted(axis, column, side="right")  # 0 is the underflow; NaN is overflow
        for column, axis in zip(columns, edges, strict=True)
    )
    if variances is None and np.any(weights != 1):
        variances = values.copy()
    filled = values.copy()
    np.add.at(filled, where, weights)
    if variances is not None:
        variances = variances.copy()
        np.add.at(variances, where, weights**2)
    return filled, variances
