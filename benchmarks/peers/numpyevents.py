"""NumPy: the same steps on whole arrays, in blocks of the size and with the generator that are fastest."""

import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.eventspec import EventSpec
from benchmarks.peers.worker import Passes, serve_events

Array = NDArray[np.float64]

_BLOCKS = (2048, 4096, 8192, 16384, 65536)
_GENERATORS = (np.random.PCG64DXSM, np.random.SFC64)


def _block(spec: EventSpec, random: np.random.Generator, n: int) -> tuple[Array, Array, Array, Array]:
    """Draw and measure a block: line, E_nu, T and T_reco of what is recorded."""
    below = np.concatenate([[0.0], spec.cumulative[:-1]])
    u = random.random(n)
    c = np.searchsorted(spec.cumulative[:-1], u, side="right")
    u = (u - below[c]) / (spec.cumulative - below)[c]
    p, q = spec.p[c], spec.q[c]
    low, high = 1 - p - q, 1 + p + 2 * q
    x = u * (low + high) / (low + np.sqrt(low * low + (high - low) * (high + low) * u))
    for _ in range(2):
        x -= (x * (low + x * (p + x * q)) - u) / (low + x * (2 * p + 3 * q * x))
    T = x * spec.span[c]
    T_reco = T + spec.stochastic * np.sqrt(T) * random.standard_normal(n)
    keep = T_reco >= spec.threshold
    c = c[keep]
    return c, spec.energy[c], T[keep], T_reco[keep]


def make(spec: EventSpec, n: int) -> tuple[Passes, str]:
    """Try blocks and generators, and take the fastest."""
    tried = []

    def prepare(size: int, bits: type[np.random.BitGenerator]) -> Passes:
        random = np.random.Generator(bits(1))
        columns = np.zeros((4, n))

        def passes(number: int) -> tuple[int, float]:
            kept = 0
            for begin in range(0, number, size):
                found = _block(spec, random, min(size, number - begin))
                for column, values in zip(columns, found, strict=True):
                    column[kept : kept + len(values)] = values
                kept += len(found[0])
            return kept, float(columns[3, :kept].mean())

        return passes

    for size in _BLOCKS:
        for bits in _GENERATORS:
            passes, few = prepare(size, bits), min(n, 500_000)
            passes(few)
            begin = time.perf_counter()
            passes(few)
            tried.append((time.perf_counter() - begin, size, bits.__name__, passes))
    _, size, name, passes = min(tried, key=lambda t: t[0])
    return passes, f"NumPy {np.__version__}, blocks of {size}, {name}"


if __name__ == "__main__":
    serve_events(make)
