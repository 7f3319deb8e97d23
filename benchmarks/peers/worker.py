"""The other side of a peer's process: it fits when it is told to, and says how long it took."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.spec import Spec

__all__ = ["Fits", "one_core", "serve"]

Array = NDArray[np.float64]
Fits = Callable[[int], tuple[Array, Array, Array]]
"""Fits the first n toys: free estimates of γ, -2 ln L at the minima, and at the true γ."""

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
    _say({"note": note})
    for _ in sys.stdin:
        begin = time.perf_counter(), time.process_time()
        estimates, free, conditional = fits(n)
        seconds = time.perf_counter() - begin[0], time.process_time() - begin[1]
        ratio = np.asarray(conditional) - np.asarray(free)
        _say({"seconds": seconds, "estimates": list(map(float, estimates)), "q": list(map(float, ratio))})


def _say(answer: dict[str, object]) -> None:
    sys.stdout.write(ANSWER + json.dumps(answer) + "\n")
    sys.stdout.flush()
