"""Events beside ROOT, NumPy and their own random numbers: `python -m benchmarks.events --help`."""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np

from benchmarks.eventspec import EventSpec
from benchmarks.measure import CPU, WALL, Peer, Rate, Spread, environment, interleave, timed
from detsim._kernels.fused import count_events, record_events
from detsim.detector.resolution import Resolution
from detsim.experiment import Experiment
from detsim.simulation.detection import response_arrays
from detsim.simulation.monte_carlo import count_events as count_in_parts, event_plan, stream
from detsim.simulation.vertices import Occurrence
from macros.card import load_card
from simgen._kernels.machine.jit import kernel
from simgen._kernels.tiles import ROWS, TILE, UNIFORM, fill_normals, fill_paired
from simgen.generator.channels import Plan
from simgen.interaction.models import Model
from simgen.threads import PART

PLAIN = "borexino-cr51-paper"
PACKED, COUNTED, RANDOM = "recorded events in arrays", "histogram only", "their random numbers alone"

Columns = tuple[Occurrence, ...]
MODELS: dict[str, tuple[str, Sequence[str], Columns]] = {
    "plain": (PLAIN, (), ()),
    "with time": (PLAIN, (), ("time",)),
    "vertex and time, cylinder": ("hellaz-cr51-realistic", (), ("vertex", "time")),
    "vertex and time, shell": ("borexino-cr51-central", (), ("vertex", "time")),
    "radiative corrections": (PLAIN, ("model.corrections='full'",), ()),
    "corrections, background, vertex, time": ("borexino-cr51-realistic", (), ("vertex", "time")),
    "beta spectrum": ("lama-pm147-paper", (), ()),
    "beta spectrum, corrections, shells": ("lama-pm147-realistic", (), ()),
    "two beta spectra": (PLAIN, ("source.isotope='Sr90'", "source.data='modern'"), ()),
    "magnetic moment": (PLAIN, ("model.mu_nu=1e-10", "model.generate_above='1 keV'"), ()),
    "millicharge": (PLAIN, ("model.millicharge=1e-12", "model.generate_above='1 keV'"), ()),
    "photo-electrons": (PLAIN, ("detector.resolution={photoelectrons='300 /MeV'}",), ()),
    "oscillation, bins of distance": ("borexino-cr51-sterile", (), ()),
}


@kernel()
def _random_numbers(n: int, k0: np.uint64, k1: np.uint64) -> float:
    """Make a uniform and a normal of each of n events."""
    w, total = np.empty(ROWS * TILE), 0.0
    for tile in range(n // TILE):
        fill_paired(w, UNIFORM, np.uint64(tile), 0, k0, k1)
        fill_normals(w, np.uint64(tile), 0, k0, k1)
        total += w[0]
    return total


class Case:
    """A card, prepared."""

    def __init__(self, card: str, overrides: Sequence[str] = ()) -> None:
        loaded = load_card(card, overrides)
        self.experiment: Experiment = loaded.experiment
        self.model: Model = loaded.model
        self.plan: Plan = event_plan(self.experiment, self.model)
        self.keys = np.arange(1, 5, dtype=np.uint64)
        self.event, self.numbers = np.zeros(PART, np.int64), np.zeros((2, PART), np.int32)
        self.energies = np.zeros((3, PART))

    def spec(self) -> EventSpec:
        """Tell peers what they have to know; the card has lines at tree level only."""
        arrays, detector = self.plan.arrays, self.experiment.detector
        resolution = detector.resolution
        if (
            not isinstance(resolution, Resolution)
            or arrays.extra_uniforms
            or arrays.has_others
            or arrays.T_low
        ):
            raise TypeError("peers know lines at tree level and a stochastic resolution")
        return EventSpec(
            cumulative=arrays.cumulative, energy=arrays.energy, p=arrays.inverse[:, 2],
            q=arrays.inverse[:, 3], span=arrays.inverse[:, 4], stochastic=resolution.stochastic,
            threshold=detector.threshold,
        )  # fmt: skip

    def record(self, n: int) -> int:
        """Draw and measure, part by part, the recorded events in arrays."""
        response, kept = response_arrays(self.experiment), 0
        for first in range(0, n, PART):
            size = min(PART, n - first)
            kept += record_events(
                first, size, *self.plan.kernel, response, self.keys, self.event, self.numbers, self.energies
            )
        return kept

    def count(self, n: int) -> int:
        """Draw, measure and count."""
        counts = np.zeros(self.experiment.detector.n_bins + 2, np.int64)
        count_events(0, n, *self.plan.kernel, response_arrays(self.experiment), self.keys, counts)
        return int(counts.sum())

    def stream(self, n: int, columns: Columns = ()) -> None:
        """Draw and measure as users do, on all threads."""
        for _ in stream(self.experiment, self.model, seed=1, n=n, columns=columns):
            pass


def _on(threads: int, task: Callable[[], object]) -> None:
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    try:
        task()
    finally:
        numba.set_num_threads(before)


def beside_peers(n: int, repeats: int) -> dict[str, Any]:
    """Measure the plain case, and peers on the same."""
    case = Case(PLAIN)
    spec = case.spec()
    peers = [
        p
        for p in (Peer(module="rootevents", n=n // 4), Peer(module="numpyevents", n=n // 4))
        if p.start(spec)
    ]
    counted = partial(count_in_parts, case.plan, case.experiment, case.model, n, seed=1)
    k0, k1 = case.keys[:2]
    tasks: dict[str, Callable[[], Rate]] = {
        PACKED: timed(lambda: case.record(n), n),
        COUNTED: timed(lambda: case.count(n), n),
        RANDOM: timed(lambda: _random_numbers(n, k0, k1), n),
    }
    for threads in range(1, min(2, len(os.sched_getaffinity(0))) + 1):
        tasks[f"stream, threads: {threads}"] = timed(partial(_on, threads, lambda: case.stream(n)), n)
        tasks[f"counts, threads: {threads}"] = timed(partial(_on, threads, counted), n)
    try:
        taken = interleave({**tasks, **{p.label: p for p in peers}}, repeats)
        recorded = {p.label: p.last["kept"] / p.n for p in peers}
        notes = {p.label: p.note for p in peers}
    finally:
        for peer in peers:
            peer.stop()
    return {
        "rates": {
            name: asdict(Spread.of([r[WALL if "threads" in name else CPU] for r in rates]))
            for name, rates in taken.items()
        },
        "ratios": {
            name: asdict(
                Spread.of([a[CPU] / b[CPU] for a, b in zip(taken[PACKED], taken[name], strict=True)])
            )
            for name in (RANDOM, *recorded)
        },
        "two threads": {
            kind: asdict(
                Spread.of(
                    [
                        b[WALL] / a[WALL]
                        for a, b in zip(*(taken[f"{kind}, threads: {t}"] for t in (1, 2)), strict=True)
                    ]
                )
            )
            for kind in ("stream", "counts")
            if f"{kind}, threads: 2" in taken
        },
        "recorded": {"nugauge": case.record(n) / n, **recorded},
        "notes": notes,
    }


def other_models(n: int, repeats: int) -> dict[str, Any]:
    """Measure other sources, models and detectors, one thread, beside the plain case."""
    cases = {name: (Case(card, overrides), columns) for name, (card, overrides, columns) in MODELS.items()}
    tasks = {
        name: timed(partial(_on, 1, partial(case.stream, n, columns)), n)
        for name, (case, columns) in cases.items()
    }
    taken = interleave(tasks, repeats)
    plain = taken["plain"]
    return {
        name: {
            "rate": asdict(Spread.of([r[CPU] for r in rates])),
            "slower": asdict(Spread.of([a[CPU] / b[CPU] for a, b in zip(plain, rates, strict=True)])),
        }
        for name, rates in taken.items()
    }


def _spread(found: dict[str, float], unit: float = 1.0, digits: int = 2) -> str:
    median, low, high = (found[k] / unit for k in ("median", "low", "high"))
    return f"{median:.{digits}f} ({low:.{digits}f}–{high:.{digits}f})"


def main() -> None:
    """Take turns, and print tables."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{Path(__file__).stem}", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000_000, help="drawn a turn")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-models", action="store_true", help="the plain case only")
    options = parser.parse_args()
    found = {"environment": environment(), "plain": beside_peers(options.events, options.repeats)}
    if not options.no_models:
        found["models"] = other_models(options.events // 2, options.repeats)
    plain = found["plain"]
    print("| | million events/s: median (least–most) | our recorded events, 1 thread, are faster by |")
    print("|---|---|---|")
    for name, rate in plain["rates"].items():
        label = f"{name} ({plain['notes'][name]})" if name in plain["notes"] else name
        ratio = _spread(plain["ratios"][name]) if name in plain["ratios"] else ""
        print(f"| {label} | {_spread(rate, 1e6, 1)} | {ratio} |")
    for kind, ratio in plain["two threads"].items():
        print(f"\nTwo threads, {kind}: {_spread(ratio)} times one.")
    print("\nRecorded of those drawn:", ", ".join(f"{k} {v:.4f}" for k, v in plain["recorded"].items()))
    if "models" in found:
        print("\n| one thread | million events/s | times slower than plain |\n|---|---|---|")
        for name, each in found["models"].items():
            print(f"| {name} | {_spread(each['rate'], 1e6, 1)} | {_spread(each['slower'])} |")
    print("\nLoad", os.getloadavg()[0])
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
