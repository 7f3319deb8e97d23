"""Reader of event files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import awkward as ak
import numpy as np
from numpy.typing import NDArray

from detsim.event_files.consistency import EventColumns
from detsim.event_files.reader import TableFile
from detsim.event_files.runinfo import RunInfo, Totals
from detsim.files import FileError

__all__ = ["EventFile"]


class EventFile:
    """An event file, checked when it is opened.

    Parameters
    ----------
    path : str or Path

    Attributes
    ----------
    rows : tuple of RunInfo
        One a run; `hadd` puts the runs of several files side by side.
    runinfo : Totals
        Sums over the runs.
    provenances : tuple of dict
        Provenance of each run.
    provenance : dict
        The first of them.
    columns : tuple of str
    table : TableFile
        The table of the events, whose rows of `runinfo` are as they are stored.

    Raises
    ------
    FileError
        As `TableFile`, and if two runs have drawn the same events: one seed, overlapping ranges.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.table = TableFile(path, "events")
        try:
            self.rows = tuple(self._row(row) for row in self.table.rows)
            self._check_overlap()
        except BaseException:
            self.table.close()
            raise
        self.provenances = self.table.provenances
        self.provenance = self.provenances[0]
        self.columns = tuple(self.table.branches)
        sums = {f.name: sum(getattr(row, f.name) for row in self.rows) for f in fields(Totals)}
        self.runinfo = Totals(**sums)

    def _row(self, row: Mapping[str, Any]) -> RunInfo:
        names = {f.name for f in fields(RunInfo)}
        if not names <= set(row):
            raise FileError(
                self.path, "foreign", f"has a 'runinfo' without {', '.join(sorted(names - set(row)))}"
            )
        return RunInfo(**{name: row[name] for name in names})

    def _check_overlap(self) -> None:
        runs = zip(self.table.provenances, self.rows, strict=True)
        drawn = sorted(
            (str(p["seed"]), first, last)
            for p, r in runs
            if "seed" in p and not r.n_experiments
            for first, last in _ranges(p, r)
            if last >= first
        )
        for (seed, _, last), (other, begin, end) in pairwise(drawn):
            if seed == other and begin <= last:
                reason = f"holds events {begin} to {min(last, end)} of seed {seed} twice; merge other ranges"
                raise FileError(self.path, "overlapping", reason)
        for (first, last), (begin, _) in pairwise(sorted(self._experiment_ranges)):
            if begin <= last:
                reason = (
                    f"holds pseudo-experiments {first} to {last} and again from {begin}; merge disjoint ones"
                )
                raise FileError(self.path, "overlapping", reason)

    @property
    def _experiment_ranges(self) -> list[tuple[int, int]]:
        runs = (r for r in self.rows if r.n_experiments)
        return [(r.first_experiment, r.first_experiment + r.n_experiments - 1) for r in runs]

    @property
    def precision(self) -> Literal["float32", "float64"]:
        """Of the energies."""
        return "float64" if self.table.branches["T"]["dtype"] == "float64" else "float32"

    @property
    def starts(self) -> tuple[int, ...]:
        """First row of each run, and one past the last row."""
        return self.table.starts

    def __len__(self) -> int:
        return self.table.n_rows

    def arrays(self, names: Sequence[str] | None = None) -> dict[str, NDArray[Any]]:
        """Read columns into memory; see `TableFile.arrays`.

        Raises
        ------
        FileError
            If the bytes are damaged, or weights do not add up to the sums of `runinfo`.
        """
        columns = self.table.arrays(names)
        check = self._columns_check()
        check.update(columns, 0)
        check.refuse(self.path)
        return columns

    def _columns_check(self) -> EventColumns:
        return EventColumns(self.table.starts, self.table.rows, self.table.provenances)

    def iterate(
        self, names: Sequence[str] | None = None, *, step: int = 1_000_000
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """Read columns, `step` events at a time; errors are raised after the last events."""
        check, start = self._columns_check(), 0
        for columns in self.table.iterate(names, step=step):
            check.update(columns, start)
            start += max(map(len, columns.values()), default=0)
            yield columns
        check.refuse(self.path)

    def check_hashes(self) -> dict[str, bool]:
        """Say of each branch whether its bytes are those that were written.

        Raises
        ------
        FileError
            If they are, and do not agree with `runinfo` and provenance.
        """
        check = self._columns_check()
        intact = self.table.check_hashes(watch=check.update)
        if all(intact.values()):
            check.refuse(self.path)
        return intact

    @cached_property
    def experiments(self) -> NDArray[np.int64]:
        """Index of each pseudo-experiment, ascending."""
        ranges = [np.arange(first, last + 1) for first, last in sorted(self._experiment_ranges)]
        return np.concatenate(ranges) if ranges else np.zeros(0, np.int64)

    def jagged(self, name: str) -> ak.Array:
        """Read a column as one list per pseudo-experiment.

        Parameters
        ----------
        name : str

        Returns
        -------
        awkward.Array, shape (n_experiments, var)
            In the order of `experiments`; an experiment without events is an empty list.

        Raises
        ------
        ValueError
            If the file has no pseudo-experiments or no such column.
        FileError
            If events lie outside their run's experiments.
        """
        if not self.runinfo.n_experiments or "experiment" not in self.columns:
            raise ValueError(f"{self.path} has no pseudo-experiments: it was made without --experiments")
        table = self.table.arrays(["experiment", name])
        parts = []
        for row, (start, stop) in zip(self.rows, pairwise(self.table.starts), strict=True):
            index = table["experiment"][start:stop] - row.first_experiment
            if len(index) and not (index.min() >= 0 and index.max() < row.n_experiments):
                reason = f"has events outside the pseudo-experiments of their run {row.uuid}"
                raise FileError(self.path, "damaged", reason)
            order = np.argsort(index, kind="stable")
            counts = np.bincount(index, minlength=row.n_experiments)
            parts.append((row.first_experiment, ak.unflatten(table[name][start:stop][order], counts)))
        return ak.concatenate([part for _, part in sorted(parts, key=lambda p: p[0])])

    def close(self) -> None:
        """Close the file."""
        self.table.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.table.close()


def _ranges(provenance: Mapping[str, Any], row: RunInfo) -> list[tuple[int, int]]:
    """Return the first and the last event of each part that a merged file has, or of the only one."""
    parts = provenance.get("parts") or [{"first": row.first, "last": row.last}]
    return [(int(part["first"]), int(part["last"])) for part in parts]
