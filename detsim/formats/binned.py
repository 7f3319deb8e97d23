"""Histograms read from files, as arrays, and the checks that all of them have to pass."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detsim.files import apart

__all__ = ["Binned", "add_flow", "same_edges", "unequal"]

Array = NDArray[np.float64]

ROUNDING = 1e-6
"""Relative difference up to which edges, or Σw and Σw², are the same: files round."""

_HOW = (
    "scaled or weighted contents need their variances Σw²: a TH1 with Sumw2() from before it was filled or "
    "scaled, UHI JSON of weighted storage, a CSV with a column variance, hist.storage.Weight() in Python; "
    "expected counts of a card are fitted by `nugauge fit CARD` without DATA, in Python by "
    "card.fit(other.expect())"
)


@dataclass(frozen=True, kw_only=True)
class Binned:
    """Edges and contents of a histogram, from a file of any format.

    Parameters
    ----------
    edges : tuple of ndarray, shape (n + 1,)
        Of each axis.
    values : ndarray, shape (n + 2, ...)
        Contents with the flow bins of each axis: counts, or sums of weights Σw.
    variances : ndarray of the same shape, or None
        Σw²; None if they were not kept.
    units : tuple of str
        Of each axis, for messages; empty: without.
    lines : ndarray of int, shape (n, ...), or None
        Line of a text file in which a bin stands.
    labels : tuple of str
        Of each axis.
    contents, title : str
        Label of the contents, and the histogram's own.

    Raises
    ------
    ValueError
        If edges do not ascend, contents and edges do not fit together, or contents or variances are negative
        or not finite; with the axis or the bin.
    """

    edges: tuple[Array, ...]
    values: Array
    variances: Array | None = None
    units: tuple[str, ...] = ()
    lines: NDArray[np.int64] | None = None
    labels: tuple[str, ...] = ()
    contents: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        for k, edges in enumerate(self.edges):
            if (
                edges.ndim != 1
                or len(edges) < 2
                or not (np.isfinite(edges).all() and (np.diff(edges) > 0).all())
            ):
                unit = f" [{self.units[k]}]" if self.units else ""
                raise ValueError(f"must have finite, ascending bin edges{unit}, got {edges.tolist()!r:.200}")
        shape = tuple(len(edges) + 1 for edges in self.edges)
        for name, array in (("contents", self.values), ("variances", self.variances)):
            if array is None:
                continue
            if array.shape != shape:
                have, want = (" × ".join(map(str, s)) or "0" for s in (array.shape, shape))
                raise ValueError(f"has {have} {name}, and its axes have {want} bins, flow included")
            self._refuse(~np.isfinite(array), array, f"{name} must be finite")
            self._refuse(array < 0, array, f"{name} must be finite and not negative")

    def name(self, position: Sequence[int]) -> str:
        """Name a bin by its position in the arrays with flow."""
        names = []
        for k, (edges, number) in enumerate(zip(self.edges, position, strict=True)):
            unit = f" {self.units[k]}" if self.units else ""
            i = int(number) - 1
            if i < 0:
                names.append("the underflow bin")
            elif i > len(edges) - 2:
                names.append("the overflow bin")
            else:
                names.append(f"the bin from {edges[i]:g} to {edges[i + 1]:g}{unit}")
        inside = all(0 < p <= len(e) - 1 for p, e in zip(position, self.edges, strict=True))
        line = ""
        if self.lines is not None and inside:
            line = f"line {self.lines[tuple(p - 1 for p in position)]}, "
        return line + ", ".join(names)

    def _refuse(self, wrong: NDArray[np.bool_], array: Array, why: str) -> None:
        """Raise a `ValueError` that names the first wrong bin."""
        if np.any(wrong):
            position = tuple(int(i) for i in np.argwhere(wrong)[0])
            raise ValueError(f"{self.name(position)}: {why}, got {array[position]:g}")

    @property
    def is_weighted(self) -> bool:
        """Whether the variances are other than the contents, which then are no counts."""
        return self.variances is not None and not np.allclose(
            self.variances, self.values, rtol=ROUNDING, atol=0
        )

    def check_data(self) -> None:
        """Refuse contents that are neither counts nor sums of weights with their variances.

        Raises
        ------
        ValueError
            If contents without variances are not integers, or Σw and Σw² are not those of weights ≥ 0.
        """
        if self.variances is None:
            wrong = self.values != np.rint(self.values)
            if np.any(wrong):
                position = tuple(int(i) for i in np.argwhere(wrong)[0])
                value = repr(float(self.values[position]))
                raise ValueError(
                    f"{self.name(position)}: {value} is no number of counts, which are whole; {_HOW}"
                )
            return
        if not self.is_weighted:
            return
        for wrong, why in (
            (
                (self.variances == 0) & (self.values > 0),
                "counts need no Σw², and events with weights have one",
            ),
            (
                (self.values == 0) & (self.variances > 0),
                "weights of both signs cancel, and only weights ≥ 0 can be fitted",
            ),
        ):
            if np.any(wrong):
                position = tuple(int(i) for i in np.argwhere(wrong)[0])
                sums = f"Σw = {self.values[position]:g} and Σw² = {self.variances[position]:g}"
                raise ValueError(f"{self.name(position)}: {sums}; {why}")


def add_flow(contents: ArrayLike, has: Sequence[tuple[bool, bool]]) -> Array:
    """Add the flow bins that axes have not, with nothing in them.

    Parameters
    ----------
    contents : array_like
    has : sequence of (bool, bool)
        Of each axis, whether it has underflow and overflow.
    """
    return np.pad(np.asarray(contents, np.float64), [(int(not a), int(not b)) for a, b in has])


def same_edges(found: ArrayLike, wanted: ArrayLike) -> bool:
    """Tell whether edges are the same but for the rounding of files."""
    return unequal(found, wanted) == ""


def unequal(found: ArrayLike, wanted: ArrayLike, units: tuple[str, str] = ("", "")) -> str:
    """Describe how edges differ; an empty text if they agree within rounding.

    Parameters
    ----------
    found, wanted : array_like
    units : tuple of two str
        Of both, for the text.

    Examples
    --------
    >>> unequal([0.25, 0.35, 0.45], [0.25, 0.36, 0.45], ("MeV", "MeV"))
    'edge 2 is 0.35 MeV and not 0.36 MeV'
    """
    a, b = np.asarray(found, np.float64), np.asarray(wanted, np.float64)
    unit, other = (f" {u}" if u else "" for u in units)
    if len(a) != len(b):
        given, needed = (f"{len(e) - 1} bins from {e[0]:g} to {e[-1]:g}" for e in (a, b))
        return f"{given}{unit}, not {needed}{other}"
    differ = ~np.isclose(a, b, rtol=ROUNDING, atol=ROUNDING * float(np.min(np.diff(b))))
    if not np.any(differ):
        return ""
    i = int(np.argmax(differ))
    first, second = apart(float(a[i]), float(b[i]))
    return f"edge {i + 1} is {first}{unit} and not {second}{other}"
