"""Poisson counts and normals of pseudo-experiments; `simgen.random` has the layout of the counter.

Counts of the same means in all toys are inverted from a table: the cumulative distribution in units of 2⁻⁶³,
to be compared with uniform integers of 63 bits, and a guide to it (Chen and Asau, AIIE Transactions 6 (1974)
163): where to begin for each value of the integer's leading bits.
"""

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
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


@kernel()
def _fill_words(
    first: int, pair: int, k0: np.uint64, k1: np.uint64, one: NDArray[np.uint64], two: NDArray[np.uint64]
) -> None:
    """Fill the integers of two bins for the toys first, first + 1, ...; simple enough to be vectorised."""
    k0, k1, member = k0 & _MASK, k1 & _MASK, np.uint64(pair) & _MASK
    for t in range(len(one)):
        i = np.uint64(first + t)
        a, b, c, d = philox4x32(i & _MASK, i >> _SHIFT, np.uint64(TABLE_DRAW), member, k0, k1)
        one[t] = ((a << _SHIFT) | b) >> _1
        two[t] = ((c << _SHIFT) | d) >> _1


@kernel()
def _look_up(
    words: NDArray[np.uint64],
    lowest: float,
    shift: np.uint64,
    thresholds: NDArray[np.uint64],
    guide: NDArray[np.uint32],
    counts: NDArray[np.float64],
) -> None:
    """Find how many thresholds are not above each integer."""
    for t in range(len(words)):
        x = words[t]
        k = np.uint64(guide[x >> shift])
        k += np.uint64(x >= thresholds[k])
        while x >= thresholds[k]:
            k += _1
        counts[t] = lowest + np.float64(k)


@kernel()
def _throw_block(
    first: int, arrays: CountArrays, k0: np.uint64, k1: np.uint64, counts: NDArray[np.float64]
) -> None:
    """Fill the counts of the toys first, first + 1, ..."""
    n, n_bins = counts.shape
    words = np.empty((2, n), np.uint64)
    for b in range(n_bins):
        start, stop = arrays.first[b], arrays.first[b + 1]
        if b % 2 == 0:
            _fill_words(first, b // 2, k0, k1, words[0], words[1])
        if start == stop:
            for t in range(n):
                counts[t, b] = poisson(arrays.expected[b], first + t, b, k0, k1)
            continue
        guide = arrays.guide[arrays.first_guide[b] : arrays.first_guide[b + 1]]
        thresholds = arrays.thresholds[start:stop]
        _look_up(words[b % 2], arrays.lowest[b], arrays.shift[b], thresholds, guide, counts[:, b])


@kernel(parallel=True, nogil=True)
def fill_shared(
    first: int, arrays: CountArrays, k0: np.uint64, k1: np.uint64, counts: NDArray[np.float64]
) -> None:
    """Fill the counts of toys that have the same means."""
    n = len(counts)
    for block in numba.prange((n + BLOCK - 1) // BLOCK):
        start = block * BLOCK
        _throw_block(first + start, arrays, k0, k1, counts[start : min(start + BLOCK, n)])


@kernel()
def _fill_uniforms(
    first: int, member: int, k0: np.uint64, k1: np.uint64, u: NDArray[np.float64], v: NDArray[np.float64]
) -> None:
    """Fill the uniforms of draw 0 of a member for the toys first, first + 1, ...; can be vectorised too."""
    k0, k1 = k0 & _MASK, k1 & _MASK
    for t in range(len(u)):
        u[t], v[t] = member_uniforms(first + t, 0, member, k0, k1)


@kernel()
def _accept(
    u: NDArray[np.float64], v: NDArray[np.float64], mean: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """Fill the numbers that are found without branches, -1 elsewhere: most of them at large means."""
    for t in range(len(u)):
        n, _, _, _, easy = propose(u[t], v[t], mean[t])
        found[t] = n if easy & (mean[t] >= 10.0) else -1.0


@kernel()
def _vary_block(
    first: int, expected: NDArray[np.float64], k0: np.uint64, k1: np.uint64, counts: NDArray[np.float64]
) -> None:
    """Fill the counts of the toys first, first + 1, ..., each with its own means."""
    n, n_bins = counts.shape
    u, v, mean, found = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    rest = np.empty(n, np.int64)
    for b in range(n_bins):
        mean[:] = expected[:, b]
        _fill_uniforms(first, b, k0, k1, u, v)
        _accept(u, v, mean, found)
        n_rest = 0
        for t in range(n):
            rest[n_rest] = t
            n_rest += int(found[t] < 0.0)
        for t in rest[:n_rest]:
            found[t] = poisson_of(u[t], v[t], mean[t], first + t, b, k0, k1)
        counts[:, b] = found


@kernel(parallel=True, nogil=True)
def fill_varied(
    first: int, expected: NDArray[np.float64], k0: np.uint64, k1: np.uint64, counts: NDArray[np.float64]
) -> None:
    """Fill the counts of toys that have their own means."""
    n = len(counts)
    for block in numba.prange((n + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, n)
        _vary_block(first + start, expected[start:stop], k0, k1, counts[start:stop])


@kernel()
def _normal_block(first: int, k0: np.uint64, k1: np.uint64, values: NDArray[np.float64]) -> None:
    """Fill the normals of the toys first, first + 1, ..., two columns from one draw."""
    n, n_columns = values.shape
    u, v, one, two = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    for c in range(0, n_columns, 2):
        _fill_uniforms(first, c // 2, k0, k1, u, v)
        fill_pairs(u, v, one, two)
        values[:, c] = one
        if c + 1 < n_columns:
            values[:, c + 1] = two


@kernel(parallel=True, nogil=True)
def fill_normals(first: int, k0: np.uint64, k1: np.uint64, values: NDArray[np.float64]) -> None:
    """Fill standard normals."""
    n = len(values)
    for block in numba.prange((n + BLOCK - 1) // BLOCK):
        start, stop = block * BLOCK, min((block + 1) * BLOCK, n)
        _normal_block(first + start, k0, k1, values[start:stop])
