"""Consistency checks of a run in a file: rows, ranges, sums of weights, exposure, components."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError
from simgen.units import read_quantity

__all__ = ["EventColumns", "check_consistency", "contradictions"]

_ROUNDING = 1e-9
"""Relative; sums of the same weights in another order."""
_DRAWN_HERE = ("generate", "simulate")
"""Commands whose files hold what was drawn between first and last, and nothing else."""


def check_consistency(path: Path, tree: str, document: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Refuse a run that contradicts itself.

    Parameters
    ----------
    path : Path
    tree : str
        ``events``, ``toys``, ``statistics`` or ``calibration``; of others the rows alone are compared.
    document : mapping
        Its provenance.
    row : mapping
        Its row of `runinfo`.

    Raises
    ------
    FileError
    """
    _refuse(path, contradictions(tree, document, row))


def _refuse(path: Path, problems: Sequence[str]) -> None:
    if problems:
        reason = f"contradicts itself: {'; '.join(problems)}; it is damaged: make it again"
        raise FileError(path, "damaged", reason)


def contradictions(tree: str, document: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """List contradictions in the data of a run, in words for a person.

    Examples
    --------
    >>> origin = {"table": "toys", "rows": 5, "branches": {}, "command": "toys"}
    >>> contradictions("toys", origin, {"n_toys": 5, "first": 0, "last": 3})
    ['runinfo says 5 toys, first and last 4']
    """
    checks = {"events": _events, "toys": _toys, "statistics": _statistics, "calibration": _calibration}
    in_rows = list(_rows(tree, document, row))
    return in_rows or list(checks[tree](document, row) if tree in checks else ())


def _rows(tree: str, document: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    n = row[f"n_{tree}"]
    if document.get("table") != tree:
        yield f"it holds {tree!r}, and its provenance is of {document.get('table')!r}"
    if document.get("rows") != n:
        yield f"runinfo says {n} rows, the provenance {document.get('rows')}"
    parts = document.get("parts") if tree not in {"sums", "calibration"} else None
    if parts and sum(part["n_rows"] for part in parts) != n:
        yield f"runinfo says {n} rows, the parts it was merged from {sum(part['n_rows'] for part in parts)}"


def _ranges(document: Mapping[str, Any], first: int, last: int) -> list[tuple[int, int]]:
    parts: Sequence[Mapping[str, Any]] = document.get("parts") or [{"first": first, "last": last}]
    return [(part["first"], part["last"]) for part in parts]


def _length(ranges: Sequence[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)


def _ends(ranges: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the lowest and the highest index of ranges, of which some may be empty."""
    drawn = [r for r in ranges if r[1] >= r[0]] or [(0, -1)]
    return min(first for first, _ in drawn), max(last for _, last in drawn)


def _events(document: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    if not {"n_generated", "sum_w", "sum_w2", "equivalent_exposure", "first", "last"} <= set(row):
        return  # the reader of events says what is missing
    n, drawn, exposure = row["n_events"], row["n_generated"], row["equivalent_exposure"]
    if not 0 <= n <= drawn:
        yield f"runinfo says {n} events of {drawn} that were drawn"
    if not (math.isfinite(exposure) and exposure >= 0) or (drawn and not exposure):
        yield f"runinfo says an exposure of {exposure:g} s, in which {drawn} events were drawn"
    stated = _exposure(document, row)
    if stated is not None and not math.isclose(exposure, stated, rel_tol=_ROUNDING):
        yield f"runinfo says an exposure of {exposure:.12g} s, the card and the run {stated:.12g} s"
    yield from _weights(n, row["sum_w"], row["sum_w2"], weighted="weight" in document["branches"])
    if row.get("n_experiments"):
        first, number = row["first_experiment"], row["n_experiments"]
        ranges = _ranges(document, first, first + number - 1)
        if first < 0 or number < 0 or _length(ranges) != number or _ends(ranges)[0] != first:
            yield f"runinfo says {number} pseudo-experiments from {first}, the parts {_length(ranges)}"
        return
    ranges = _ranges(document, row["first"], row["last"])
    exact = document.get("command") in _DRAWN_HERE
    if (_length(ranges) != drawn) if exact else (_length(ranges) < drawn):
        yield f"runinfo says {drawn} events were drawn, first and last {_length(ranges)}"
    elif "parts" in document and _ends(ranges) != (row["first"], row["last"]):
        low, high = _ends(ranges)
        yield f"runinfo says events {row['first']} to {row['last']}, the parts {low} to {high}"


def _exposure(document: Mapping[str, Any], row: Mapping[str, Any]) -> float | None:
    """Compute the exposure [s] of a whole run or of pseudo-experiments; None where no card fixes it."""
    try:
        duration = read_quantity(document["card"]["exposure"]["duration"], "time")
    except (KeyError, TypeError, ValueError):
        return None
    if row.get("n_experiments"):
        return float(row["n_experiments"]) * duration
    run = document.get("run") or {}
    full_exposure = document.get("command") in _DRAWN_HERE and "events" in run and run["events"] is None
    return duration if full_exposure else None


def _weights(n: int, sum_w: float, sum_w2: float, *, weighted: bool) -> Iterator[str]:
    if not weighted and not sum_w == sum_w2 == n:
        yield f"runinfo says {n} events without weights, Σw = {sum_w:g} and Σw² = {sum_w2:g}"
    if weighted and not (
        math.isfinite(sum_w) and math.isfinite(sum_w2) and sum_w**2 <= n * sum_w2 * (1 + _ROUNDING)
    ):
        yield f"{n} events cannot have weights with Σw = {sum_w:g} and Σw² = {sum_w2:g}"


def _toys(document: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    if not {"first", "last"} <= set(row):
        return
    n = row["n_toys"]
    ranges = _ranges(document, row["first"], row["last"])
    total = _length(ranges)
    if document.get("command") == "coverage" and "at" in document:
        total = _length(document.get("ranges", ranges * len(document["at"])))
    if document.get("command") in {"toys", "coverage"} and total != n:
        yield f"runinfo says {n} toys, first and last {total}"


def _statistics(document: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    total = _length(_ranges(document, row["first"], row["last"])) if {"first", "last"} <= set(row) else None
    if total not in {None, row["n_statistics"]}:
        yield f"runinfo says {row['n_statistics']} toys, first and last {total}"


def _calibration(document: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    shape = document["branches"].get("statistic", {}).get("shape")
    if "n_toys" in row and shape is not None and [row["n_toys"]] != list(shape):
        yield f"runinfo says {row['n_toys']} toys a value, the branch 'statistic' holds {list(shape)}"


class EventColumns:
    """Compares columns of events, as they are read, with `runinfo` and provenance.

    Parameters
    ----------
    starts : sequence of int
        Where each run's rows start, and the number of rows at the end.
    rows, documents : sequence of mapping
        Of each run its row of `runinfo` and its provenance.
    """

    def __init__(
        self,
        starts: Sequence[int],
        rows: Sequence[Mapping[str, Any]],
        documents: Sequence[Mapping[str, Any]],
    ) -> None:
        self._runs = list(zip(pairwise(starts), rows, documents, strict=True))
        self._sums = np.zeros((len(rows), 3))
        self._out_of_range: dict[str, None] = {}

    def update(self, columns: Mapping[str, NDArray[Any]], start: int) -> None:
        """Add rows of some columns, of which the first is number `start` of the file."""
        n = max(map(len, columns.values()), default=0)
        for run, ((first, last), row, document) in enumerate(self._runs):
            part = slice(max(first - start, 0), max(min(last - start, n), 0))
            if part.start >= part.stop:
                continue
            if "weight" in columns:
                w = columns["weight"][part]
                self._sums[run] += len(w), w.sum(), (w**2).sum()
            if "component" in columns and "components" in document:
                self._between("component", columns["component"][part], 0, len(document["components"]) - 1)
            if "event" in columns and not row["n_experiments"]:
                self._between("event", columns["event"][part], row["first"], row["last"])

    def refuse(self, path: Path) -> None:
        """Refuse rows that are not those of which `runinfo` and provenance speak.

        Raises
        ------
        FileError
        """
        problems = list(self._out_of_range)
        for (n, *sums), (_, row, _) in zip(self._sums.tolist(), self._runs, strict=True):
            for name, total in zip(("sum_w", "sum_w2"), sums, strict=True):
                if n == row["n_events"] and not math.isclose(
                    total, row[name], rel_tol=_ROUNDING, abs_tol=1e-300
                ):
                    problems.append(f"runinfo says {name} = {row[name]:.12g}, the weights {total:.12g}")
        _refuse(path, problems)

    def _between(self, name: str, values: NDArray[Any], low: int, high: int) -> None:
        least, most = int(values.min()), int(values.max())
        if least < low or most > high:
            self._out_of_range[f"{name} is {least} to {most}, and may be {low} to {high}"] = None
