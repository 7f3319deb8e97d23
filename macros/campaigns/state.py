"""State of a campaign, read from its files."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macros.campaigns.directory import Campaign
from macros.campaigns.notes import LOCK, Notes
from macros.campaigns.plan import Trial

__all__ = ["State", "read_state"]

_RECENT = 64
"""Chunks from which the present rate is taken: those that were finished last."""
_ALIVE = 30.0
"""Seconds after which a driver that has said nothing is taken for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is there of a campaign.

    Parameters
    ----------
    campaign : Campaign
    done : int
        Chunks that are finished.
    rows : int
        Rows in them.
    bytes : int
        Their size.
    running : tuple of int
        Chunks that are being made, as far as can be seen.
    failed : tuple of dict
        Chunks that failed: ``number``, ``first``, ``last``, ``tries``, ``message``, ``host``.
    warnings : tuple of dict
        What was said against rows of chunks.
    rate : float or None
        Rows each second, from the chunks that were finished last.
    seconds_left : float or None
        At this rate; None where nothing runs.
    core_seconds : float
        What the chunks that are there took, as the trial tells.
    """

    campaign: Campaign
    done: int
    rows: int
    bytes: int
    running: tuple[int, ...]
    failed: tuple[dict[str, Any], ...]
    warnings: tuple[dict[str, Any], ...]
    rate: float | None
    seconds_left: float | None
    core_seconds: float

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        c = self.campaign
        return {
            "directory": str(c.directory),
            "id": c.id,
            "task": c.task,
            "n": c.n,
            "seed": c.seed,
            "chunks": c.n_chunks,
            "done": self.done,
            "running": list(self.running),
            "failed": list(self.failed),
            "warnings": list(self.warnings),
            "left": c.n_chunks - self.done,
            "rows": self.rows,
            "rows_per_second": self.rate,
            "seconds_left": self.seconds_left,
            "core_hours": self.core_seconds / 3600,
            "bytes": self.bytes,
            "complete": self.done == c.n_chunks,
        }


def read_state(campaign: Campaign) -> State:
    """Look at the files of a campaign; none of its chunks is opened.

    Raises
    ------
    FileError
        If there is a file of another campaign among the chunks.
    """
    finished = campaign.finished()
    rows = sum(campaign.chunk(number).n for number in finished)
    running = tuple(n for n in _running(campaign) if n not in finished)
    times = sorted((stat.st_mtime, number) for number, stat in finished.items())[-_RECENT:]
    rate = None
    if running and len(times) > 1 and times[-1][0] > times[0][0]:
        rate = sum(campaign.chunk(n).n for _, n in times[1:]) / (times[-1][0] - times[0][0])
    trial = Trial(**campaign.trial)
    return State(
        campaign=campaign,
        done=len(finished),
        rows=rows,
        bytes=sum(stat.st_size for stat in finished.values()),
        running=running,
        failed=tuple(n for n in Notes(campaign, "failed").read() if n.get("number") not in finished),
        warnings=tuple(Notes(campaign, "warning").read()),
        rate=rate,
        seconds_left=(campaign.n - rows) / rate if rate else None,
        core_seconds=trial.time(rows, len(finished)) * trial.threads,
    )


def _running(campaign: Campaign) -> list[int]:
    """Find the chunks that a driver has handed out, and those whose files are being written."""
    found: set[int] = set()
    lock = campaign.directory / LOCK
    with suppress(OSError, ValueError, KeyError, TypeError):
        if time.time() - lock.stat().st_mtime < _ALIVE:
            found |= set(json.loads(lock.read_text(encoding="utf-8"))["chunks"])
    long = max(10 * campaign.chunk_seconds, 600.0)
    with suppress(OSError):
        for path in campaign.work_directory.iterdir():
            with suppress(OSError, ValueError):
                if time.time() - path.stat().st_mtime < long:
                    found.add(int(Path(path).name.partition("-")[0]))
    return sorted(found)
