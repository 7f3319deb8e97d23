"""Single fits as notebooks call them, beside other programs: `python -m benchmarks.latency --help`."""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from itertools import cycle
from pathlib import Path

import numba
import numpy as np
from numpy.typing import NDArray

from analysis.contours import Plane, fit_plane
from analysis.fits import make_fitter
from analysis.fits.estimate import fit_counts
from analysis.fits.limits import limit_of_counts
from analysis.studies.expected_limits import expected_limit
from benchmarks.cases import CASES, make_case
from benchmarks.measure import Peer, Spread, environment
from macros.card import load_card
from macros.studies import ScanKey, scan_limits

CASE = "16 bins, γ + 3"
CARD = "borexino-cr51-realistic"
N_DATA = 50
"""Data sets; each call has the next one."""
N_POINTS, N_TOYS = 100, 20_000
_SCANNED = {
    "thresholds": ("detector.threshold", "keV", np.linspace(250, 300, N_POINTS)),
    "masses": ("detector.mass", "t", np.linspace(50, 150, N_POINTS)),
    "durations": ("exposure.duration", "d", np.linspace(20, 200, N_POINTS)),
}


def tasks() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield names and calls."""
    case, model = make_case(CASE), load_card(CARD).model
    fitter = case.fitter
    counts, auxiliary = case.thrower.block(0, N_DATA)
    data = cycle(zip(counts, auxiliary, strict=True))

    def on_data(work: Callable[[NDArray[np.float64], NDArray[np.float64]], object]) -> Callable[[], object]:
        return lambda: work(*next(data))

    x, y = np.linspace(0.0, 0.2, 41), np.linspace(-2.0, 2.0, 41)
    plane = Plane(fitter=fitter, y=fitter.templates.names[1])
    mixing = Plane(fitter=fitter, y="sin2_theta_w")
    yield "experiment and model to a fitter", lambda: make_fitter(CASES[CASE](), model)
    yield "fit: errors, MINOS ends, all minima", on_data(lambda n, a: fit_counts(fitter, n, a, level=0.95))
    yield "one-sided limit", on_data(lambda n, a: limit_of_counts(fitter, n, a, level=0.95))
    yield f"limit with its band, {N_TOYS} toys", lambda: expected_limit(fitter, n_toys=N_TOYS, seed=1)
    sigma = fitter.templates.nuisances[0].uncertainty
    yield "contour with a nuisance, 41 × 41", on_data(lambda n, a: fit_plane(plane, n, x, 1 + sigma * y, a))
    sine = np.linspace(0.22, 0.26, 41)
    yield "contour with sin²θ_W, 41 × 41", on_data(lambda n, a: fit_plane(mixing, n, x, sine, a))
    for name, (key, unit, values) in _SCANNED.items():
        scanned = ScanKey(key=key, values=tuple(f"{value:.5g} {unit}" for value in values))
        yield f"scan of {N_POINTS} {name}", partial(scan_limits, CARD, None, [scanned])


def seconds(task: Callable[[], object], repeats: int) -> Spread:
    """Measure the time of calls after the first."""
    found = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        task()
        found.append(time.perf_counter() - begin)
    return Spread.of(found[1:])


def peers(repeats: int) -> Iterator[tuple[str, Spread]]:
    """Measure the time of one data set in other programs."""
    chosen = [("minuit", ()), ("minuit", ("whole",)), ("roofit", ()), ("roofit", ("whole",)), ("pyhffit", ())]
    for module, arguments in [*chosen, ("pyhffit", ("limit",))]:
        n = 5 if module == "pyhffit" else 200
        peer = Peer(module=module, n=n, arguments=arguments)
        if peer.start(make_case(CASE).spec(max(n, 200))):
            rates = [peer()[0] for _ in range(repeats)]
            yield f"{peer.label} ({peer.note})", Spread.of([1 / rate for rate in rates])
            peer.stop()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[str, object] = {"environment": environment(), "threads": numba.get_num_threads()}
    print(json.dumps(found["environment"]))
    print("| | ms: median (least–most) |\n|---|---|")

    def show(name: str, spread: Spread) -> None:
        low, high = f"{1e3 * spread.low:.3g}", f"{1e3 * spread.high:.3g}"
        print(f"| {name} | {1e3 * spread.median:.3g} ({low}–{high}) |", flush=True)
        found[name] = asdict(spread)

    for name, task in tasks():
        show(name, seconds(task, options.repeats))
    for name, spread in peers(options.repeats):
        show(name, spread)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
