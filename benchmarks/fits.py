"""Fits, throwing and whole toys beside others' fits: `python -m benchmarks.fits --help`."""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numba
import numpy as np

from analysis.batch.fitter import BatchFitter
from analysis.pseudo_experiments.fitted_toys import toys
from benchmarks.accuracy import accuracy
from benchmarks.cases import CASES, Case, make_case
from benchmarks.compiletime import compile_times
from benchmarks.measure import CPU, WALL, Peer, Rate, Spread, environment, interleave, timed
from benchmarks.spec import Spec

FIT, THROW, BOTH, FULL = "fit", "throw", "throw + fit", "toys"
NUMPY = "NumPy's Poisson counts"
WHOLE, LIMIT = "whole", "limit"
"""Arguments of peers that do what a whole toy needs, or its upper limit."""


def _threads(n: int, task: Callable[[], object]) -> None:
    before = numba.get_num_threads()
    numba.set_num_threads(n)
    try:
        task()
    finally:
        numba.set_num_threads(before)


def _own(case: Case, n: int, cores: int) -> dict[str, Callable[[], Rate]]:
    """Make the project's tasks, on one and on two threads."""
    batch = BatchFitter(fitter=case.fitter)
    counts, auxiliary = case.thrower.block(0, n)
    truth = np.full(n, case.fitter.truth)

    def fit(data: tuple[Any, Any]) -> None:
        fits = batch.fit(*data, errors=False)
        batch.profile(*data, truth, fits)

    def full() -> None:
        for _ in toys(case.thrower, n):
            pass

    tasks: dict[str, Callable[[], object]] = {
        FIT: lambda: fit((counts, auxiliary)),
        THROW: lambda: case.thrower.block(0, n),
        BOTH: lambda: fit(case.thrower.block(0, n)),
        FULL: full,
    }
    made = {
        f"{name}, {threads} thread{'s' if threads > 1 else ''}": timed(partial(_threads, threads, task), n)
        for name, task in tasks.items()
        for threads in range(1, cores + 1)
    }
    generator, expected = np.random.default_rng(1), case.thrower.expected
    made[NUMPY] = timed(lambda: generator.poisson(expected, (n, len(expected))), n)
    return made


def _peers(other: str, quick: bool) -> list[Peer]:
    less = 4 if quick else 1
    return [
        Peer(module="minuit", n=4000 // less),
        Peer(module="roofit", n=2000 // less),
        Peer(module="jaxfit", n=20_000 // less, python=other),
        Peer(module="pyhffit", n=100 // less),
        Peer(module="pyhffit", n=100 // less, python=other, arguments=("jax",)),
        Peer(module="minuit", n=1000 // less, arguments=(WHOLE,)),
        Peer(module="roofit", n=400 // less, arguments=(WHOLE,)),
        Peer(module="pyhffit", n=8 // less, arguments=(LIMIT,)),
    ]


def _off(case: Case, spec: Spec, peers: list[Peer]) -> dict[str, float]:
    """Tell how far the peers' estimates are from ours, in units of the error."""
    fits = BatchFitter(fitter=case.fitter).fit(spec.counts, spec.auxiliary)
    best, error = fits.parameters[:, 0], fits.errors[:, 0]
    return {
        p.label: float(np.max(np.abs(np.array(p.last["estimates"]) - best[: p.n]) / error[: p.n]))
        for p in peers
        if LIMIT not in p.arguments
    }


def _ratios(ours: list[float], theirs: list[float]) -> Spread:
    return Spread.of([a / b for a, b in zip(ours, theirs, strict=True)])


def run_case(name: str, *, other: str, quick: bool, repeats: int) -> dict[str, Any]:
    """Measure one case."""
    case = make_case(name)
    n = (20_000 if case.fitter.templates.shapes else 200_000) // (4 if quick else 1)
    candidates = _peers(other, quick)
    spec = case.spec(max(p.n for p in candidates))
    peers = [p for p in candidates if p.start(spec)]
    try:
        own = _own(case, n, min(2, len(os.sched_getaffinity(0))))
        taken = interleave({**own, **{p.label: p for p in peers}}, repeats)
        off = _off(case, spec, peers)
    finally:
        for peer in candidates:
            peer.stop()
    rates = {k: [r[WALL if "2 threads" in k else CPU] for r in v] for k, v in taken.items()}
    ratios = {
        p.label: _ratios(
            rates[f"{FULL if {WHOLE, LIMIT} & {*p.arguments} else FIT}, 1 thread"], rates[p.label]
        )
        for p in peers
    }
    ratios[f"{FULL}, 1 thread"] = _ratios(rates[f"{FULL}, 1 thread"], rates[f"{FIT}, 1 thread"])
    both = [k for k in own if k.startswith(BOTH)]
    to_numpy = {k: _ratios([r[WALL] for r in taken[k]], [r[WALL] for r in taken[NUMPY]]) for k in both}
    return {
        "rates": {k: asdict(Spread.of(v)) for k, v in rates.items()},
        "ratios": {k: asdict(v) for k, v in ratios.items()},
        "to_numpy": {k: asdict(v) for k, v in to_numpy.items()},
        "notes": {p.label: p.note for p in peers},
        "off": off,
        "accuracy": accuracy(case, 100 if quick else 500, 20 if quick else 100),
        "load": os.getloadavg()[0],
    }


def _number(x: float) -> str:
    for size, unit in ((1e6, " M"), (1e3, " k")):
        if x >= size:
            return f"{x / size:.3g}{unit}"
    return f"{x:.3g}"


def print_case(name: str, found: dict[str, Any]) -> None:
    """Print a table in Markdown."""
    print(f"\n### {name}\n\n| | toys/s: median (least–most) | ours, 1 thread, is faster by | off by |")
    print("|---|---|---|---|")
    for key, rate in found["rates"].items():
        cells = [key, f"{_number(rate['median'])} ({_number(rate['low'])}–{_number(rate['high'])})", "", ""]
        if key in found["ratios"]:
            ratio = found["ratios"][key]
            digits = 0 if key in found["notes"] else 2
            low, high = (f"{ratio[end]:.{digits}f}" for end in ("low", "high"))
            cells[2] = f"{ratio['median']:.{digits}f} ({low}–{high})"
            cells[0] += f" ({found['notes'][key]})" if key in found["notes"] else ", beside a fit"
            cells[3] = f"{found['off'][key]:.1e} σ" if key in found["off"] else ""
        print("| " + " | ".join(cells) + " |")
    print()
    for key, ratio in found["to_numpy"].items():
        print(f"{key} to {NUMPY}: {ratio['median']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f}).")
    worst = ", ".join(f"{k} {v:.1e}" for k, v in found["accuracy"].items())
    print(f"Largest differences from tight iminuit and its roots: {worst}. Load {found['load']:.1f}.")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fits", description=__doc__)
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    parser.add_argument("--quick", action="store_true", help="a quarter of the toys, to try it out")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", choices=list(CASES), action="append", help="one case")
    parser.add_argument("--no-compile", action="store_true", help="leave the time to compile out")
    parser.add_argument("--other-python", default=sys.executable, help="an interpreter that has jax and pyhf")
    arguments = parser.parse_args()
    found: dict[str, Any] = {"environment": environment(), "cases": {}}
    print(json.dumps(found["environment"]))
    for name in arguments.only or CASES:
        found["cases"][name] = run_case(
            name, other=arguments.other_python, quick=arguments.quick, repeats=arguments.repeats
        )
        print_case(name, found["cases"][name])
        sys.stdout.flush()
    if not arguments.no_compile:
        times = compile_times(list(CASES)[1], 1 if arguments.quick else 3)
        found["compile"] = {
            kind: {stage: {w: asdict(s) for w, s in each.items()} for stage, each in stages.items()}
            for kind, stages in times.items()
        }
        print("\n### First use\n\n| | cold: wall, CPU [s] | warm: wall, CPU [s] |\n|---|---|---|")
        for stage, cold in times["cold"].items():
            warm = times["warm"][stage]
            cells = [f"{t['wall'].median:.2f}, {t['cpu'].median:.2f}" for t in (cold, warm)]
            print(f"| {stage} | {cells[0]} | {cells[1]} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
