"""Rates taken side by side: every task once, then every task again: a slow moment hits all of them.

Rates are by the clock and by the CPU time of the process, which other jobs on the machine change less.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.eventspec import EventSpec
from benchmarks.peers.worker import ANSWER
from benchmarks.spec import Spec

__all__ = ["CPU", "WALL", "Peer", "Rate", "Spread", "environment", "interleave", "timed", "watched"]

ROOT = Path(__file__).parents[1]
WALL, CPU = 0, 1
"""Numbers of the clocks."""
Rate = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median, least and most of repeats."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Summarise."""
        return cls(median=float(np.median(values)), low=min(values), high=max(values))


def timed(task: Callable[[], object], n: int) -> Callable[[], Rate]:
    """Make a task that tells how many of its n items it did a second."""

    def rate() -> Rate:
        begin = time.perf_counter(), time.process_time()
        task()
        return n / (time.perf_counter() - begin[WALL]), n / (time.process_time() - begin[CPU])

    return rate


def interleave(tasks: Mapping[str, Callable[[], Rate]], repeats: int) -> dict[str, list[Rate]]:
    """Take turns; the first round is not counted."""
    found: dict[str, list[Rate]] = {name: [] for name in tasks}
    for number in range(repeats + 1):
        for name, task in tasks.items():
            rate = task()
            if number:
                found[name].append(rate)
    return found


def watched(command: list[str], *, check: bool = True, **variables: str) -> tuple[float, float, float]:
    """Run a command: seconds by the clock, of the CPU, and most memory [MB]; `check` its exit status."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    if check and status:
        raise SystemExit(f"{command}: status {status}")
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


@dataclass(kw_only=True)
class Peer:
    """A peer in a process of its own, which waits for its turn."""

    module: str
    n: int
    python: str = sys.executable
    arguments: tuple[str, ...] = ()
    note: str = ""
    last: dict[str, Any] = field(default_factory=dict)

    def start(self, spec: Spec | EventSpec) -> bool:
        """Prepare it; False, with a message, if it cannot run here."""
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "case.npz"
            spec.save(path)
            command = [self.python, "-m", f"benchmarks.peers.{self.module}", str(path), str(self.n)]
            self._process = subprocess.Popen(
                [*command, *self.arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                text=True,
            )
            try:
                self.note = self._answer()["note"]
            except RuntimeError as error:
                print(f"  {self.label} is left out: {error}", file=sys.stderr)
                return False
        return True

    @property
    def label(self) -> str:
        """Name in tables."""
        return " ".join([self.module.removesuffix("fit"), *self.arguments])

    def __call__(self) -> Rate:
        """Do the work once, and return how many toys or events a second."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        self.last = self._answer()
        wall, cpu = self.last["seconds"]
        return self.n / wall, self.n / cpu

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(ANSWER):
                return dict(json.loads(line.removeprefix(ANSWER)))
        self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        raise RuntimeError(lines[-1] if lines else "it ended")


def environment() -> dict[str, Any]:
    """Describe the machine."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor(),
    )
    wide = any("avx512f" in line for line in _lines("/proc/cpuinfo"))
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": model + (", AVX-512" if wide else ""),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("numpy", "numba", "llvmlite", "iminuit")},
    }


def _lines(path: str) -> list[str]:
    found = Path(path)
    return found.read_text().splitlines() if found.exists() else []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "–"
