"""Plan of a campaign: the size of its chunks, and what the whole costs."""

from dataclasses import dataclass
from typing import Any

from macros.setup import Trial

__all__ = ["Cost", "cost_of", "rows_for"]

_PER_WORKER, _SHORTEST = 4, 2.0
"""Least number of chunks of each worker, if they take that long [s]."""
_LARGEST_CHUNK = 256e6
"""Most bytes of a chunk, which may have to travel through a scheduler."""


def rows_for(trial: Trial, seconds: float, *, n: int, workers: int) -> int:
    """Return the number of rows of a chunk that takes some time, and is not too large to travel.

    Parameters
    ----------
    trial : Trial
    seconds : float
        Longest time of a chunk, about [s].
    n : int
        Rows that are left for all chunks.
    workers : int
        Each gets some chunks, so that all end at the same time, as long as a chunk takes some seconds.
    """
    share = -(-n // (_PER_WORKER * workers))
    even = max(share, _rows(trial, _SHORTEST))
    return max(1, min(_rows(trial, seconds), even, int(_LARGEST_CHUNK / max(trial.bytes, 1e-9))))


def _rows(trial: Trial, seconds: float) -> int:
    left = max(seconds - trial.overhead, trial.overhead, 0.1 * seconds)
    return int(left / (trial.seconds + trial.audit))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What rows of a campaign cost, as far as its trial tells.

    Parameters
    ----------
    chunks : int
    core_seconds : float
        Of all workers together [s].
    bytes : float
        Of all chunks.
    seconds : float
        With a number of workers side by side [s].
    workers : int
    """

    chunks: int
    core_seconds: float
    bytes: float
    seconds: float
    workers: int

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "chunks": self.chunks,
            "core_hours": self.core_seconds / 3600,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "workers": self.workers,
        }


def cost_of(trial: Trial, n: int, chunks: int, *, workers: int) -> Cost:
    """Estimate the cost of rows in chunks."""
    total = trial.time(n, chunks)
    return Cost(
        chunks=chunks,
        core_seconds=total * trial.threads,
        bytes=n * trial.bytes + chunks * trial.chunk_bytes,
        seconds=total / max(min(workers, chunks), 1),
        workers=workers,
    )
