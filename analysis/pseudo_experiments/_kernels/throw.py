"""Poisson counts and normals of pseudo-experiments; `simgen.random` has the layout of the counter.

Counts of the same means in all toys are inverted from a table: the cumulative distribution in units of 2⁻⁶³,
to be compared with uniform integers of 63 bits, and a guide to it (Chen and Asau, AIIE Transactions 6 (1974)
163): where to begin for each value of the integer's leading bits.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel
from simgen._kernels.normals import fill_pairs
from simgen._kernels.philox import member_uniforms, philox4x32
from simgen._kernels.poisson import poisson, poisson_of, propose

BLOCK = 512
BITS = 63
TABLE_DRAW = 1
"""Never used by `poisson`."""

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_1 = np.uint64(1)
_DRAW = np.uint64(TABLE_DRAW)
_WHOLE = 2.0**BITS
_NEGLIGIBLE = 1e-24
"""Of the mode's probability: what lies beyond is far below 2⁻⁶³."""


class CountArrays(NamedTuple):
    """The tables as the kernel sees them, one entry a bin unless said otherwise."""

    expected: NDArray[np.float64]
    lowest: NDArray[np.float64]
    """Count of the first threshold."""
    first: NDArray[np.int64]
    """First threshold of each bin, and the end; a bin without any is drawn by rejection."""
    first_guide: NDArray[np.int64]
    shift: NDArray[np.uint64]
    """Bits of the integer that the guide does not look at."""
    thresholds: NDArray[np.uint64]
    """P(counts ≤ n) 2⁶³, bins one behind the other."""
    guide: NDArray[np.uint32]


@kernel()
def extent(mean: float) -> tuple[int, int]:
    """Find the smallest and largest count with a probability that matters."""
    mode = math.floor(mean)
    low, term = mode, 1.0
    while low > 0 and term > _NEGLIGIBLE:
        term *= low / mean
        low -= 1
    high, term = mode, 1.0
    while term > _NEGLIGIBLE:
        high += 1
        term *= mean / high
    return low, high


@kernel()
def fill_table(
    mean: float, low: int, shift: np.uint64, thresholds: NDArray[np.uint64], guide: NDArray[np.uint32]
) -> None:
    """Fill thresholds and guide of one bin.

    Probabilities by recurrence from the mode on, summed from either end towards it: small ones first, and
    the upper ones as what is missing to 1.
    """
    mode, last = math.floor(mean) - low, len(thresholds) - 1
    p = np.empty(last + 1)
    p[mode] = 1.0
    for k in range(mode, 0, -1):
        p[k - 1] = p[k] * ((low + k) / mean)
    for k in range(mode + 1, last + 1):
        p[k] = p[k - 1] * (mean / (low + k))
    below, above = 0.0, 0.0
    for k in range(mode):
        below += p[k]
    for k in range(last, mode, -1):
        above += p[k]
    scale = _WHOLE / (below + p[mode] + above)
    total = 0.0
    for k in range(mode):
        total += p[k]
        thresholds[k] = np.uint64(total * scale)
    total = 0.0
    for k in range(last, mode - 1, -1):
        thresholds[k] = (_1 << np.uint64(BITS)) - np.uint64(total * scale)
        total += p[k]
    k = 0
    for cell in range(len(guide)):
        while thresholds[k] <= np.uint64(cell) << shift:
            k += 1
        guide[cell] = k


@kernel(part=True)
def _look_up(
    words: NDArray[np.uint64], b: int, arrays: CountArrays, start: int, n: int, counts: NDArray[np.float64]
) -> None:
    """Find how many thresholds are not above each integer."""
    guide, first = np.uint64(arrays.first_guide[b]), np.uint64(arrays.first[b])
    half, shift, lowest = b % 2, arrays.shift[b], arrays.lowest[b] - np.float64(first)
    for t in range(n):
        x = words[half, t]
        at = first + np.uint64(arrays.guide[guide + (x >> shift)])
        at += np.uint64(x >= arrays.thresholds[at])
        while x >= arrays.thresholds[at]:
            at += _1
        counts[start + t, b] = lowest + np.float64(at)


@kernel(nogil=True)
def fill_shared(
    first: int, begin: int, end: int, arrays: CountArrays, k0: np.uint64, k1: np.uint64,
    words: NDArray[np.uint64], counts: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the counts of the toys begin, begin + 1, ... before the end, which have the same means.

    Parameters
    ----------
    first : int
        Index of toy 0.
    begin, end : int
    arrays : CountArrays
    k0, k1 : int
        Key.
    words : ndarray of uint64, shape (2, BLOCK)
        Room for the integers of two bins: to fill them is simple enough to be vectorised.
    counts : ndarray, shape (n, n_bins)
    """
    k0, k1 = k0 & _MASK, k1 & _MASK
    for start in range(begin, end, BLOCK):
        n = min(BLOCK, end - start)
        for b in range(counts.shape[1]):
            if b % 2 == 0:
                for t in range(n):
                    i = np.uint64(first + start + t)
                    w0, w1, w2, w3 = philox4x32(i & _MASK, i >> _SHIFT, _DRAW, np.uint64(b // 2), k0, k1)
                    words[0, t] = ((w0 << _SHIFT) | w1) >> _1
                    words[1, t] = ((w2 << _SHIFT) | w3) >> _1
            if arrays.first[b] == arrays.first[b + 1]:
                for t in range(start, start + n):
                    counts[t, b] = poisson(arrays.expected[b], first + t, b, k0, k1)
            else:
                _look_up(words, b, arrays, start, n, counts)


@kernel()
def _fill_uniforms(
    first: int, n: int, member: int, k0: np.uint64, k1: np.uint64, u: NDArray[np.float64],
    v: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the uniforms of draw 0 of a member for the toys first, first + 1, ...; can be vectorised too."""
    k0, k1 = k0 & _MASK, k1 & _MASK
    for t in range(n):
        u[t], v[t] = member_uniforms(first + t, 0, member, k0, k1)


@kernel()
def _accept(
    n: int, u: NDArray[np.float64], v: NDArray[np.float64], mean: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the numbers that are found without branches, -1 elsewhere: most of them at large means."""
    for t in range(n):
        number, _, _, _, easy = propose(u[t], v[t], mean[t])
        found[t] = number if easy & (mean[t] >= 10.0) else -1.0


@kernel(nogil=True)
def fill_varied(
    first: int, begin: int, end: int, expected: NDArray[np.float64], k0: np.uint64, k1: np.uint64,
    room: NDArray[np.float64], counts: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the counts of toys that have their own means; see `fill_shared`."""
    u, v, mean, found = room[0], room[1], room[2], room[3]
    for start in range(begin, end, BLOCK):
        n = min(BLOCK, end - start)
        for b in range(counts.shape[1]):
            _fill_uniforms(first + start, n, b, k0, k1, u, v)
            for t in range(n):
                mean[t] = expected[start + t, b]
            _accept(n, u, v, mean, found)
            for t in range(n):
                if found[t] < 0.0:
                    found[t] = poisson_of(u[t], v[t], mean[t], first + start + t, b, k0, k1)
                counts[start + t, b] = found[t]


@kernel(nogil=True)
def fill_normals(
    first: int, begin: int, end: int, k0: np.uint64, k1: np.uint64, room: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill standard normals, two columns from one draw; see `fill_shared`."""
    u, v, one, two = room[0], room[1], room[2], room[3]
    for start in range(begin, end, BLOCK):
        n = min(BLOCK, end - start)
        for c in range(0, values.shape[1], 2):
            _fill_uniforms(first + start, n, c // 2, k0, k1, u, v)
            fill_pairs(u, v, one, two)
            for t in range(n):
                values[start + t, c] = one[t]
                if c + 1 < values.shape[1]:
                    values[start + t, c + 1] = two[t]
