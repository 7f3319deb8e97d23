"""The other side of a peer's process: it works when it is told to, and says how long it took."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.eventspec import EventSpec
from benchmarks.spec import Spec

__all__ = ["Fits", "Passes", "one_core", "serve", "serve_events"]

Array = NDArray[np.float64]
R = TypeVar("R")
Fits = Callable[[int], tuple[Array, Array, Array]]
"""Fits the first n toys: free estimates of γ, -2 ln L at the minima, and at the true γ."""

Passes = Callable[[int], tuple[int, float]]
"""Draws and measures so many events: number of those recorded, and their mean measured energy."""

ANSWER = "ANSWER"


def one_core() -> None:
    """Stay on one core: a peer of one thread."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def serve(make: Callable[[Spec, int], tuple[Fits, str]]) -> None:
    """Prepare a peer for the case and number of toys of the command line, then fit at each line read."""
    one_core()
    spec, n = Spec.load(sys.argv[1]), int(sys.argv[2])
    with contextlib.redirect_stdout(sys.stderr):
        fits, note = make(spec, n)
        fits(min(n, 100))
    for seconds, (estimates, free, conditional) in _turns(fits, n, note):
        ratio = np.asarray(conditional) - np.asarray(free)
        _say({"seconds": seconds, "estimates": list(map(float, estimates)), "q": list(map(float, ratio))})


def serve_events(make: Callable[[EventSpec, int], tuple[Passes, str]]) -> None:
    """Prepare a peer for events, then draw and measure them at each line read."""
    one_core()
    spec, n = EventSpec.load(sys.argv[1]), int(sys.argv[2])
    with contextlib.redirect_stdout(sys.stderr):
        passes, note = make(spec, n)
        passes(n)
    for seconds, (kept, mean) in _turns(passes, n, note):
        _say({"seconds": seconds, "kept": int(kept), "mean": float(mean)})


def _turns(work: Callable[[int], R], n: int, note: str) -> Iterator[tuple[tuple[float, float], R]]:
    """Work at each line read; give the seconds by the clock and of the CPU, and the result."""
    _say({"note": note})
    for _ in sys.stdin:
        begin = time.perf_counter(), time.process_time()
        result = work(n)
        yield (time.perf_counter() - begin[0], time.process_time() - begin[1]), result


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(ANSWER + json.dumps(answer) + "\n")
    sys.stdout.flush()
