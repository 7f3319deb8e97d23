"""How cost grows with bins, nuisances, experiments, events, toys: `python -m benchmarks.growth --help`."""

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numba
import numpy as np

from analysis.fits.fitter import Fitter, make_fitter
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from benchmarks.cases import ACTIVITY, DAY
from benchmarks.measure import environment, watched
from detsim.backgrounds import Background
from detsim.experiment import Experiment
from macros.card import load_card
from simgen.deposits import Uniform

LOW, HIGH = 0.25, 0.65
SECONDS = 0.5


def experiment(n_bins: int, n_backgrounds: int, name: str = "A", total: float = 40.0) -> Experiment:
    """Make BOREXINO with some number of bins, and of backgrounds known to 10 %, each in its own range.

    Together they have 40 events a day, whatever their number, so that γ can be measured.
    """
    preset = load_card("borexino-cr51-realistic").experiment
    edges = tuple(float(e) for e in np.linspace(LOW, HIGH, n_bins + 1))
    starts, rate = np.linspace(0.0, 0.3, n_backgrounds), total / max(n_backgrounds, 1)
    backgrounds = tuple(
        Background(
            name=f"b{j}", spectrum=Uniform(low=float(start), high=float(start) + 0.4), rate=rate / DAY,
            smeared=False, uncertainty=0.1,
        )
        for j, start in enumerate(starts)
    )  # fmt: skip
    detector = replace(preset.detector, edges=edges, threshold=LOW)
    return replace(
        preset,
        name=name,
        detector=detector,
        backgrounds=backgrounds,
        systematics=(replace(ACTIVITY, common=True),),
    )


def fitter(n_bins: int = 16, n_nuisances: int = 3, n_experiments: int = 1) -> Fitter:
    """Make a fitter; one nuisance parameter is the activity of all, the others are backgrounds."""
    each = (n_nuisances - 1) // n_experiments
    together = [experiment(n_bins, each, f"E{k}") for k in range(n_experiments)]
    if n_nuisances == 0:
        together = [replace(e, systematics=()) for e in together]
    return make_fitter(tuple(together), load_card("borexino-cr51-realistic").model)


def cost(made: Fitter) -> float:
    """Measure the CPU time of a whole toy [s], the least of several passes of half a second."""
    thrower, n, found = Thrower(fitter=made, seed=1), 64, []
    for _ in toys(thrower, n):
        pass
    while not found or len(found) < 4:
        begin = time.process_time()
        for _ in toys(thrower, n):
            pass
        took = time.process_time() - begin
        if took < SECONDS / 4:
            n *= 4
            continue
        found.append(took / n)
    return min(found)


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Fit the power of the growth over the upper half of the sizes; NaN for fewer than two."""
    upper = [k for k, size in enumerate(sizes) if size >= np.sqrt(sizes[0] * sizes[-1])]
    if len(upper) < 2:
        return math.nan
    x, y = np.log([sizes[k] for k in upper]), np.log([costs[k] for k in upper])
    return float(np.polyfit(x, y, 1)[0])


def table(title: str, sizes: Sequence[int], make: Callable[[int], Fitter]) -> dict[str, list[float]]:
    """Measure and print one table."""
    costs = []
    print(f"\n| {title} | µs of one core a toy |\n|---|---|")
    for size in sizes:
        costs.append(cost(make(size)))
        print(f"| {size} | {1e6 * costs[-1]:.3g} |", flush=True)
    print(f"\nThe upper half grows with the power {exponent(sizes, costs):.2f}.", flush=True)
    return {"sizes": list(sizes), "seconds": costs}


_STREAM = """
import sys
from detsim.simulation.monte_carlo import stream
from macros.card import load_card
card = load_card(sys.argv[2])
print(sum(len(events) for events in stream(card.experiment, card.model, seed=1, n=int(sys.argv[1]))))
"""
_TOYS = """
import sys
from macros.cli import main
sys.argv = ["nugauge", "toys", sys.argv[2], "-n", sys.argv[1], "--keep", "sums", "--audit", "0",
            "--seed", "1", "-o", sys.argv[3]]
main()
"""


def lengths(title: str, code: str, card: str, numbers: Sequence[int]) -> list[dict[str, float]]:
    """Measure processes of growing length, each with its start: seconds, and most memory."""
    found = []
    print(f"\n| {title} | wall [s] | CPU [s] | memory [MB] |\n|---|---|---|---|")
    for n in numbers:
        with tempfile.TemporaryDirectory() as folder:
            wall, cpu, most = watched([sys.executable, "-c", code, str(n), card, f"{folder}/toys.root"])
        print(f"| {n:.0e} | {wall:.2f} | {cpu:.2f} | {most:.0f} |", flush=True)
        found.append({"n": n, "wall": wall, "cpu": cpu, "MB": most})
    if len(numbers) > 1:
        power = math.log(found[-1]["cpu"] / found[-2]["cpu"]) / math.log(numbers[-1] / numbers[-2])
        print(f"\nBetween the last two, CPU time grows with the power {power:.2f}.")
    return found


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--bins", type=int, nargs="*", default=[6, 16, 60, 250, 1000])
    parser.add_argument("--nuisances", type=int, nargs="*", default=[1, 2, 3, 5, 10, 20])
    parser.add_argument("--experiments", type=int, nargs="*", default=[1, 2, 5, 10])
    parser.add_argument("--events", type=float, nargs="*", default=[], help="of streams, such as 1e6 1e8")
    parser.add_argument("--toys", type=float, nargs="*", default=[], help="of which sums are kept")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, object] = {"environment": environment()}
    print(json.dumps(found["environment"]))
    if options.events:
        found["events"] = lengths("events", _STREAM, "borexino-cr51-paper", [int(n) for n in options.events])
    if options.toys:
        found["toys"] = lengths("toys", _TOYS, "borexino-cr51-realistic", [int(n) for n in options.toys])
    if options.events or options.toys:
        _write(options.json, found)
        return
    numba.set_num_threads(1)
    found["bins"] = table("bins, γ + 3", options.bins, lambda n: fitter(n_bins=n))
    for n_bins in (16, 60):
        title = f"nuisance parameters, {n_bins} bins"
        found[title] = table(title, options.nuisances, partial(fitter, n_bins))
    found["experiments"] = table(
        "experiments of 16 bins, γ + 1 + one each", options.experiments, lambda k: fitter(16, 1 + k, k)
    )
    _write(options.json, found)


def _write(path: Path | None, found: dict[str, object]) -> None:
    if path:
        path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
