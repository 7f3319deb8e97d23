"""iminuit with a compiled cost and gradient, in the fastest of its settings.

With the argument `whole` it does all that a whole toy needs: MIGRAD, HESSE, MINOS at 95 %, and MINOS at 90 %,
whose upper end is a one-sided limit.
"""

import sys
import time
from itertools import product

import numpy as np
from iminuit import Minuit
from numpy.typing import NDArray

from benchmarks.peers.likelihood import make_cost
from benchmarks.peers.worker import Fits, serve
from benchmarks.spec import Spec

Array = NDArray[np.float64]


def _fits(spec: Spec, strategy: int, anew: bool, whole: bool) -> Fits:
    """Make the fits: one Minuit for the free and one for the conditional ones, kept from toy to toy."""
    value, gradient = make_cost(spec)
    data = [spec.counts[0], spec.auxiliary[0]]
    start = np.zeros(1 + len(spec.sigma))
    start[0] = spec.truth / spec.width

    def make() -> Minuit:
        minuit = Minuit(lambda p: value(p, *data), start, grad=lambda p: gradient(p, *data))
        minuit.errordef, minuit.strategy = 1, strategy
        return minuit

    free, held = make(), make()
    held.fixed[0] = True

    def fits(n: int) -> tuple[Array, Array, Array]:
        found = np.empty((3, n))
        for i in range(n):
            data[:] = spec.counts[i], spec.auxiliary[i]
            if anew:
                free.reset()
            else:
                free.values = start
            free.migrad()
            found[0, i], found[1, i] = free.values[0] * spec.width, free.fval
            if whole:
                free.hesse()
                for level in (0.95, 0.9):
                    free.minos(0, cl=level)
            if held.nfit == 0:
                found[2, i] = value(start, *data)
                continue
            if anew:
                held.reset()
                held.fixed[0] = True
            else:
                held.values = start
            held.migrad()
            found[2, i] = held.fval
        return found[0], found[1], found[2]

    return fits


def make(spec: Spec, n: int) -> tuple[Fits, str]:
    """Try every setting, and take the fastest."""
    tried, whole = [], "whole" in sys.argv[3:]
    for strategy, anew in product((0, 1), (True, False)):
        fits, few = _fits(spec, strategy, anew, whole), min(n, 200)
        fits(few)
        seconds = []
        for _ in range(3):
            begin = time.perf_counter()
            fits(few)
            seconds.append(time.perf_counter() - begin)
        tried.append((min(seconds), strategy, anew, fits))
    _, strategy, anew, fits = min(tried, key=lambda t: t[0])
    return fits, f"strategy {strategy}, {'reset()' if anew else 'values set'}"


if __name__ == "__main__":
    serve(make)
