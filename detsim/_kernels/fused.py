"""Fused simulation: events drawn and measured tile by tile; recorded events are kept or only counted."""

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.response import ResponseArrays, measure_tile
from simgen._kernels.channels import LineArrays, PlanArrays
from simgen._kernels.events import draw_tile, neutrino_energy
from simgen._kernels.machine.jit import kernel
from simgen._kernels.tiles import MEASURED, RECOIL, ROW, ROWS, TILE

__all__ = ["count_events", "record_events"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]
Mask = NDArray[np.bool_]
Keys = NDArray[np.uint64]
"""Two of the vertex stage, two of the detector stage."""

_FEW = 48
"""Largest number of bin edges with which all events are compared; with more, each event is searched for.

Comparisons vectorise: with a binary search, counting in 6 bins takes 2.4 times as long (user time, minimum
of 18).
"""


@kernel()
def _pass_tile(
    w: Array, channel: Numbers, component: Numbers, keep: Mask, tile: np.uint64, lines: LineArrays,
    rest: PlanArrays | None,
    response: ResponseArrays, keys: Keys,
) -> None:  # fmt: skip
    """Draw and measure the events of a tile."""
    draw_tile(w, channel, tile, lines, rest, keys[0], keys[1])
    if len(response.smeared) > 0:
        for k in range(ROW):
            component[k] = lines.component[channel[k]]
    measure_tile(w, component, keep, tile, response, keys[2], keys[3])


@kernel(nogil=True)
def record_events(
    first: int, n: int, lines: LineArrays, rest: PlanArrays | None, response: ResponseArrays, keys: Keys,
    event: NDArray[np.int64], numbers: Numbers, energies: Array,
) -> int:  # fmt: skip
    """Draw and measure n events, and pack those that are recorded.

    Parameters
    ----------
    event : ndarray, shape (n,)
        Filled with their indices.
    numbers : ndarray, shape (2, n)
        Filled with component and line.
    energies : ndarray, shape (3, n)
        Filled with E_nu, T and T_reco.

    Returns
    -------
    int
        How many there are.
    """
    w, chosen = np.empty(ROWS * TILE), np.empty(TILE, np.uint64)
    channel, component, keep = np.empty(TILE, np.int32), np.zeros(TILE, np.int32), np.empty(TILE, np.bool_)
    end, done = first + n, 0
    for tile in range(first // TILE, -(-end // TILE)):
        _pass_tile(w, channel, component, keep, np.uint64(tile), lines, rest, response, keys)
        begin = tile * TILE
        found = 0
        for k in range(np.uint64(max(first - begin, 0)), np.uint64(min(end - begin, TILE))):
            chosen[found] = k
            found += keep[k]
        for j in range(found):
            k = chosen[j]
            c = channel[k]
            event[done + j] = begin + np.int64(k)
            numbers[0, done + j], numbers[1, done + j] = lines.component[c], lines.line[c]
            energies[0, done + j] = neutrino_energy(w, k, c, lines, rest)
            energies[1, done + j], energies[2, done + j] = w[RECOIL + k], w[MEASURED + k]
        done += found
    return done


@kernel(inner=True)
def _add(w: Array, keep: Mask, edges: Array, counts: NDArray[np.int64]) -> None:
    """Add recorded events to the bins."""
    if len(edges) > _FEW:
        for k in range(ROW):
            counts[np.searchsorted(edges, w[MEASURED + k], side="right")] += keep[k]
        return
    above = 0
    for k in range(ROW):
        above += keep[k]
    for i in range(len(edges)):
        edge, still = edges[i], 0
        for k in range(ROW):
            still += keep[k] & (w[MEASURED + k] >= edge)
        counts[i] += above - still
        above = still
    counts[len(edges)] += above


@kernel(nogil=True)
def count_events(
    first: int, n: int, lines: LineArrays, rest: PlanArrays | None, response: ResponseArrays, keys: Keys,
    counts: NDArray[np.int64],
) -> None:  # fmt: skip
    """Draw and measure n events, and add those that are recorded to the bins, flow bins at both ends."""
    w = np.empty(ROWS * TILE)
    channel, component, keep = np.empty(TILE, np.int32), np.zeros(TILE, np.int32), np.empty(TILE, np.bool_)
    end = first + n
    for tile in range(first // TILE, -(-end // TILE)):
        _pass_tile(w, channel, component, keep, np.uint64(tile), lines, rest, response, keys)
        keep[: max(first - tile * TILE, 0)] = False
        keep[min(end - tile * TILE, TILE) :] = False
        _add(w, keep, response.edges, counts)
