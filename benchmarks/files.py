"""Events to a file beside uproot alone, which writes the same arrays from memory."""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import uproot

from benchmarks.measure import CPU, WALL, Spread, environment, interleave, timed
from detsim.event_files.event_writer import EventWriter, RunInfo, event_columns
from detsim.simulation.monte_carlo import draw_measured, event_plan
from macros.card import load_card
from macros.runs.event_totals import Tally
from macros.runs.production import CHUNK, produce
from simgen.events import Events

BASKET, CLUSTER = 100_000, 500_000


class Case:
    """Events of a card in memory, and ways to write them."""

    def __init__(self, card: str, n: int, directory: Path) -> None:
        self.card = load_card(card)
        self.n = n
        self.path = directory / "events.root"
        self.plan = event_plan(self.card.experiment, self.card.model)
        self.names = event_columns(detected=True)
        self.chunks = list(self.draws())
        self.n_rows = sum(map(len, self.chunks))
        self.columns = {}
        for name in self.names:
            column = np.concatenate([events.columns()[name] for events in self.chunks])
            self.columns[name] = column.astype("f4") if column.dtype == np.float64 else column

    def draws(self) -> Iterator[Events]:
        """Draw chunk by chunk."""
        for first in range(0, self.n, CHUNK):
            size = min(CHUNK, self.n - first)
            yield draw_measured(self.plan, self.card.experiment, self.card.model, size, seed=1, first=first)

    def draw(self) -> None:
        """Draw all and keep nothing."""
        for _ in self.draws():
            pass

    def write_uproot(self) -> None:
        """Write the arrays with uproot alone."""
        with uproot.recreate(self.path, compression=uproot.ZSTD(1)) as root:
            tree = root.mktree("events", {name: column.dtype for name, column in self.columns.items()})
            for start in range(0, self.n_rows, BASKET):
                tree.extend({name: c[start : start + BASKET] for name, c in self.columns.items()})

    def write_rntuple(self) -> None:
        """Do the same as an RNTuple."""
        with uproot.recreate(self.path, compression=uproot.ZSTD(1)) as root:
            ntuple = root.mkrntuple("events", {name: column.dtype for name, column in self.columns.items()})
            for start in range(0, self.n_rows, CLUSTER):
                ntuple.extend({name: c[start : start + CLUSTER] for name, c in self.columns.items()})

    def write_ours(self) -> None:
        """Write the same events as an event file: converted, counted, hashed, with provenance."""
        tally = Tally(self.card.experiment)
        given = {"columns": self.names, "provenance": {"seed": 1}, "experiment": self.card.experiment}
        with EventWriter(self.path, **given) as writer:
            for events in self.chunks:
                writer.extend(events)
                tally.add(events)
            writer.finish(self._runinfo(tally))

    def simulate(self, format: str = "ttree") -> None:
        """Draw and write."""
        card = replace(self.card, run=replace(self.card.run, format=format))
        self.path.unlink(missing_ok=True)
        produce(card, self.path, seed=1, n=self.n)

    def _runinfo(self, tally: Tally) -> RunInfo:
        return RunInfo(
            n_events=self.n_rows, n_generated=self.n, sum_w=tally.sum_w, sum_w2=tally.sum_w2,
            equivalent_exposure=1.0, cross_section=1e-44, first=0, last=self.n - 1,
        )  # fmt: skip


def main() -> None:
    """Take turns and print rates of written events."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{Path(__file__).stem}", description=__doc__)
    parser.add_argument("--card", default="borexino-cr51-realistic")
    parser.add_argument("--events", type=int, default=10_000_000, help="drawn")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        case = Case(options.card, options.events, Path(directory))
        tasks = {
            "uproot alone": case.write_uproot,
            "event file from memory": case.write_ours,
            "drawn, not written": case.draw,
            "simulated to a file": case.simulate,
            "RNTuple: uproot alone": case.write_rntuple,
            "RNTuple: simulated": partial(case.simulate, "rntuple"),
        }
        found = interleave({name: timed(task, case.n_rows) for name, task in tasks.items()}, options.repeats)
    print(environment())
    print(f"{options.card}: {options.events} events drawn, {case.n_rows} written, zstd-1, float32")
    rates = {name: Spread.of([rate[WALL] for rate in each]) for name, each in found.items()}
    for name, rate in rates.items():
        spread = f"({rate.low / 1e6:.2f} to {rate.high / 1e6:.2f})"
        ratio = rate.median / rates["uproot alone"].median
        cpu = 1e6 / Spread.of([each[CPU] for each in found[name]]).median
        print(
            f"{name:24} {rate.median / 1e6:7.2f} M/s {spread}, ratio {ratio:.2f}; {cpu:.3f} CPU s a million"
        )


if __name__ == "__main__":
    main()
