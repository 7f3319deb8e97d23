"""Two threads beside two processes of one thread each: `python -m benchmarks.threads --help`.

Two processes side by side are what the machine allows: cores share its clock, caches and memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numba

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.studies.coverage_study import coverage
from analysis.studies.thresholds import calibrate
from benchmarks.cases import CASES, make_case
from benchmarks.measure import ROOT, Spread, environment
from detsim.simulation.monte_carlo import stream
from macros.card import load_card
from macros.runs.production import produce
from macros.studies import prepare_toys, write_toys

CASE = "16 bins, γ + 3"
CARD = "borexino-cr51-paper"
READY, DONE = "READY", "DONE"


def whole_toys(folder: Path) -> tuple[Callable[[int], object], int]:
    """Throw and fit whole toys in memory."""
    thrower = make_case(CASE).thrower
    return lambda n: [None for _ in toys(thrower, n)], 1_000_000


def toys_to_a_file(folder: Path) -> tuple[Callable[[int], object], int]:
    """Write toys as `nugauge toys` does, without its start."""
    card, path = load_card("borexino-cr51-realistic").seeded(1), folder / "toys.root"

    def write(n: int) -> None:
        path.unlink(missing_ok=True)
        run = prepare_toys(card, n, level=None)
        write_toys(run, path, {}, former=None, on_toys=lambda columns: None)

    return write, 1_000_000


def covered(folder: Path) -> tuple[Callable[[int], object], int]:
    """Study coverage at two true values."""
    experiment, model = CASES[CASE](), load_card("borexino-cr51-realistic").model
    return lambda n: coverage(experiment, model, [0.0, 0.05], n // 2, seed=1, audit=0), 1_000_000


def calibrated(folder: Path) -> tuple[Callable[[int], object], int]:
    """Compute thresholds at eight true values."""
    fitter = make_fitter(CASES[CASE](), load_card("borexino-cr51-realistic").model)
    at = [0.02 * k for k in range(8)]
    return lambda n: calibrate(fitter, at, n // 8, seed=1, keep="sums"), 1_000_000


def streamed(folder: Path) -> tuple[Callable[[int], object], int]:
    """Draw events in a loop over them."""
    card = load_card(CARD)
    return lambda n: [None for _ in stream(card.experiment, card.model, seed=1, n=n)], 40_000_000


def events_to_a_file(folder: Path) -> tuple[Callable[[int], object], int]:
    """Write events to a ROOT file."""
    card, path = load_card(CARD), folder / "events.root"

    def write(n: int) -> None:
        path.unlink(missing_ok=True)
        produce(card, path, seed=1, n=n)

    return write, 10_000_000


TASKS = {
    "whole toys": whole_toys,
    "toys to a file": toys_to_a_file,
    "coverage": covered,
    "calibrate": calibrated,
    "stream of events": streamed,
    "events to a file": events_to_a_file,
}


def work(name: str, threads: int, scale: float) -> None:
    """Do a task at each line read, and say how many a second."""
    numba.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        task, n = TASKS[name](Path(folder))
        task(max(int(scale * n) // 50, 1000))
        print(READY, flush=True)
        for _ in sys.stdin:
            begin = time.perf_counter()
            task(int(scale * n))
            print(DONE, int(scale * n) / (time.perf_counter() - begin), flush=True)


class Worker:
    """A process that does one task."""

    def __init__(self, name: str, threads: int, scale: float) -> None:
        command = [sys.executable, "-m", "benchmarks.threads", "--work", name, "--threads", str(threads)]
        self._process = subprocess.Popen(
            [*command, "--scale", str(scale)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer(READY)

    def go(self) -> None:
        """Begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def rate(self) -> float:
        """Wait for the end."""
        return float(self._answer(DONE).split()[1])

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self, word: str) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return line
        raise RuntimeError(f"the process of {word!r} ended")


def measure(name: str, repeats: int, scale: float) -> dict[str, list[float]]:
    """Take turns: one thread, two threads, two processes of one thread."""
    one, other, both = Worker(name, 1, scale), Worker(name, 1, scale), Worker(name, 2, scale)
    found: dict[str, list[float]] = {"one": [], "threads": [], "processes": []}
    try:
        for _ in range(repeats):
            for key, workers in (("one", [one]), ("threads", [both]), ("processes", [one, other])):
                for worker in workers:
                    worker.go()
                found[key].append(sum(worker.rate() for worker in workers))
    finally:
        for worker in (one, other, both):
            worker.stop()
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="length of the work")
    parser.add_argument("--only", choices=list(TASKS), action="append")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--work", choices=list(TASKS), help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.threads, options.scale)
        return
    found: dict[str, object] = {"environment": environment()}
    print(json.dumps(found["environment"]))
    columns = ("two threads against one", "two processes against one", "two threads against two processes")
    print(f"| | one thread, a second | {' | '.join(columns)} |\n|---|---|---|---|---|")
    for name in options.only or TASKS:
        rates = measure(name, options.repeats, options.scale)
        pairs = [("threads", "one"), ("processes", "one"), ("threads", "processes")]
        ratios = [Spread.of([a / b for a, b in zip(rates[x], rates[y], strict=True)]) for x, y in pairs]
        cells = [f"{r.median:.2f} ({r.low:.2f}–{r.high:.2f})" for r in ratios]
        print(f"| {name} | {Spread.of(rates['one']).median:.3g} | " + " | ".join(cells) + " |", flush=True)
        found[name] = {"rates": rates, "ratios": [asdict(r) for r in ratios]}
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
