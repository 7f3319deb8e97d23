"""State of a campaign, read from its files."""

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from macros.campaigns.directory import Campaign
from macros.campaigns.notes import LOCK, Notes
from macros.setup import Trial

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
        Rows each second, from the chunks that were finished last, without what came before the present run
        and without its compilation.
    seconds_left : float or None
        At this rate; None where nothing runs.
    core_seconds : float
        What the chunks that are there took, as the trial tells.
    driven : bool
        Whether a process gives chunks to workers; these may still be starting.
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
    driven: bool = False

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
    driver = _driver(campaign)
    running = tuple(n for n in _running(campaign, driver) if n not in finished)
    times = sorted((stat.st_mtime, number) for number, stat in finished.items())
    rate = _rate(campaign, times, float(driver.get("started", 0.0))) if running else None
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
        driven=bool(driver),
    )


def _rate(campaign: Campaign, times: Sequence[tuple[float, int]], started: float) -> float | None:
    """Compute rows each second from the ends of chunks, since a driver started; None if it is not known.

    Without a driver, and of many chunks, the clock starts at the end of one of them.
    """
    later = [(end, number) for end, number in times if end > started][-_RECENT:]
    if later and (not started or len(later) == _RECENT):
        (started, _), *later = later
    if not later or later[-1][0] <= started:
        return None
    return sum(campaign.chunk(number).n for _, number in later) / (later[-1][0] - started)


def _driver(campaign: Campaign) -> dict[str, Any]:
    """Read what the process says that runs the campaign; empty if there is none."""
    lock = campaign.directory / LOCK
    with suppress(OSError, ValueError):
        if time.time() - lock.stat().st_mtime < _ALIVE:
            told = json.loads(lock.read_text(encoding="utf-8"))
            return told if isinstance(told, dict) else {}
    return {}


def _running(campaign: Campaign, driver: Mapping[str, Any]) -> list[int]:
    """Find the chunks that a driver has handed out, and those whose files are being written."""
    found = set(driver.get("chunks", ()))
    long = max(10 * campaign.chunk_seconds, 600.0)
    with suppress(OSError):
        for path in campaign.work_directory.iterdir():
            with suppress(OSError, ValueError):
                if time.time() - path.stat().st_mtime < long:
                    found.add(int(Path(path).name.partition("-")[0]))
    return sorted(found)
