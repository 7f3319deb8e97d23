"""Rows that are made to measure how long a run takes, and how large its file gets."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from macros.setup.card import usable_threads

__all__ = ["Trial", "measure_rows"]

_TRIAL_SECONDS = 3.0
"""How long the rows of a trial take, about."""
_FILLED = 3.0
"""Size of sums of very many toys, in that of sums of a trial: bins and tails of distributions fill up."""
_FEW = 2
_REPEATS = 2
_SLOW = 1.5
"""Times the foretold time of rows from which they are made again."""
_LEAST_SHARE = 0.1
"""Of the time of a trial that is taken for that of its rows, however long a chunk without rows took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Rows that were made to measure how long they take.

    Parameters
    ----------
    n : int
        How many there are in the file of the trial.
    seconds : float
        For each row, without the audit [s].
    overhead : float
        For each chunk: the card is opened, the fit is prepared, the file is finished, one of the worst toys
        is fitted again [s].
    bytes : float
        For each row.
    chunk_bytes : float
        For each chunk, however few rows it has.
    threads : int
    audit : float
        For each row, of the fits of the random sample of the campaign's audit [s].
    """

    n: int
    seconds: float
    overhead: float
    bytes: float
    chunk_bytes: float
    threads: int
    audit: float = 0.0

    def time(self, rows: float, chunks: int = 1) -> float:
        """Return how long rows in chunks take, about, one chunk after the other [s]."""
        return rows * (self.seconds + self.audit) + chunks * self.overhead

    def with_audit(self, seconds: float, n_audited: int, n: int) -> "Trial":
        """Add the audit of a campaign.

        Parameters
        ----------
        seconds : float
            For each toy that is fitted again [s].
        n_audited : int
            Toys of the random sample.
        n : int
            Rows of the campaign.
        """
        return replace(self, overhead=self.overhead + seconds, audit=n_audited * seconds / n)

    def document(self) -> dict[str, Any]:
        """Return what a campaign keeps of it."""
        return {
            "n": self.n,
            "seconds": self.seconds,
            "overhead": self.overhead,
            "bytes": self.bytes,
            "chunk_bytes": self.chunk_bytes,
            "threads": self.threads,
            "audit": self.audit,
        }


def measure_rows(
    make: Callable[[int], None],
    path: Path,
    n: int,
    *,
    seconds: float,
    threads: int,
    most: int,
    sums: bool = False,
) -> Trial:
    """Make more and more rows, until they take some seconds.

    What compiles functions, loads libraries or waits is not counted: few rows are made twice, and rows that
    took longer than fewer ones had foretold are made again.

    Parameters
    ----------
    make : callable
        Makes a number of rows as the file `path`, without an audit.
    path : Path
        Holds the rows that were made last.
    n : int
        Rows of the run, or of the campaign.
    seconds : float
        Time that a chunk is going to take: a trial takes no longer.
    threads : int
    most : int
        Most rows to make.
    sums : bool
        Whether files hold sums, whose size does not grow with the rows.
    """
    least, target = min(n, _FEW, most), min(_TRIAL_SECONDS, seconds)
    overhead, smallest = min(_timed(make, path, least) for _ in range(_REPEATS))
    rows, per_row, bytes_ = least, 0.0, smallest
    while rows < min(n, most):
        factor = 20.0 if per_row <= 0 else min(max(target / (per_row * rows), 1.5), 20.0)
        rows = min(n, most, max(int(rows * factor), rows + 1))
        took, bytes_ = _timed(make, path, rows)
        if per_row <= 0 or took > overhead + _SLOW * per_row * rows:
            took = min(took, _timed(make, path, rows)[0])
        per_row = max(took - overhead, _LEAST_SHARE * took) / rows
        if took - overhead >= 0.7 * target or took >= 2 * target:
            break
    if per_row <= 0:
        per_row, overhead = overhead / rows, 0.0
    return Trial(
        n=rows,
        seconds=per_row,
        overhead=overhead,
        bytes=0.0 if sums else max(bytes_ - smallest, 0.0) / max(rows - least, 1),
        chunk_bytes=_FILLED * bytes_ if sums else smallest,
        threads=usable_threads(threads),
    )


def _timed(make: Callable[[int], None], path: Path, rows: int) -> tuple[float, float]:
    start = time.perf_counter()
    make(rows)
    return time.perf_counter() - start, float(path.stat().st_size)
