"""Poisson counts and normals of pseudo-experiments; `simgen.random` has the layout of the counter.

If all toys have the same means, counts are drawn by inversion of a table. It has the cumulative distribution
in units of 2⁻⁶³, which is compared with uniform integers of 63 bits, and a guide table (Chen and Asau, AIIE
Transactions 6 (1974) 163): the starting index for each value of the integer's leading bits.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import fill_pairs, member_uniforms, philox4x32
from simgen._kernels.poisson import first_proposal, poisson, poisson_again, poisson_of

BLOCK = 512
BITS = 63
TABLE_DRAW = 1
"""Never used by `poisson`."""

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_1 = np.uint64(1)
_DRAW = np.uint64(TABLE_DRAW)
_TWO_TO_63 = 2.0**BITS
_NEGLIGIBLE = 1e-24
"""Probability relative to the mode's beyond which counts are not tabulated: the rest is far below 2⁻⁶³."""


class CountArrays(NamedTuple):
    """The tables as arrays; one entry for each bin unless stated otherwise."""

    expected: NDArray[np.float64]
    lowest: NDArray[np.float64]
    """Count of the first threshold."""
    first: NDArray[np.int64]
    """Index of each bin's first threshold, and the end; a bin without thresholds is drawn by rejection."""
    first_guide: NDArray[np.int64]
    shift: NDArray[np.uint64]
    """Number of trailing bits of the integer that the guide ignores."""
    thresholds: NDArray[np.uint64]
    """P(counts ≤ n) 2⁶³, concatenated for all bins."""
    guide: NDArray[np.uint32]


@kernel()
def extent(mean: float) -> tuple[int, int]:
    """Find the smallest and largest count whose probability is not negligible."""
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

    Probabilities are computed by recurrence from the mode, and summed from both ends towards it, small ones
    first. Above the mode the table has 1 minus the sum from the upper end.
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
    scale = _TWO_TO_63 / (below + p[mode] + above)
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
    """Count the thresholds that are not above each integer."""
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
        Buffer for the integers of two bins; the compiler vectorises the loop that fills it.
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


@kernel(inner=True)
def _fill_uniforms(
    first: int, n: int, member: int, k0: np.uint64, k1: np.uint64, u: NDArray[np.float64],
    v: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the uniforms of draw 0 of a member for the toys first, first + 1, ...; vectorised, too."""
    k0, k1 = k0 & _MASK, k1 & _MASK
    for t in range(n):
        u[t], v[t] = member_uniforms(first + t, 0, member, k0, k1)


@kernel(inner=True)
def _judge(
    n: int, u: NDArray[np.float64], v: NDArray[np.float64], mean: NDArray[np.float64],
    numbers: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the counts whose first proposal is accepted; -1 if it is rejected, -2 if that is not clear."""
    for t in range(n):
        number, accepted, rejected = first_proposal(u[t], v[t], mean[t])
        numbers[t] = number if accepted else (-1.0 if rejected else -2.0)


@kernel(nogil=True)
def fill_varied(
    first: int, begin: int, end: int, expected: NDArray[np.float64], k0: np.uint64, k1: np.uint64,
    buffers: NDArray[np.float64], counts: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill the counts of toys with different means; see `fill_shared`."""
    u, v, mean, numbers = buffers[0], buffers[1], buffers[2], buffers[3]
    for start in range(begin, end, BLOCK):
        n = min(BLOCK, end - start)
        for b in range(counts.shape[1]):
            _fill_uniforms(first + start, n, b, k0, k1, u, v)
            for t in range(n):
                mean[t] = expected[start + t, b]
            _judge(n, u, v, mean, numbers)
            for t in range(n):
                if numbers[t] == -1.0:
                    numbers[t] = poisson_again(mean[t], first + start + t, b, k0, k1)
                elif numbers[t] < 0.0:
                    numbers[t] = poisson_of(u[t], v[t], mean[t], first + start + t, b, k0, k1)
                counts[start + t, b] = numbers[t]


@kernel(nogil=True)
def fill_normals(
    first: int, begin: int, end: int, k0: np.uint64, k1: np.uint64, buffers: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:  # fmt: skip
    """Fill standard normals, two columns from one draw; see `fill_shared`."""
    u, v, even, odd = buffers[0], buffers[1], buffers[2], buffers[3]
    for start in range(begin, end, BLOCK):
        n = min(BLOCK, end - start)
        for c in range(0, values.shape[1], 2):
            _fill_uniforms(first + start, n, c // 2, k0, k1, u, v)
            fill_pairs(u, v, even, odd)
            for t in range(n):
                values[start + t, c] = even[t]
                if c + 1 < values.shape[1]:
                    values[start + t, c + 1] = odd[t]
