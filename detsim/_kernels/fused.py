"""Fused simulation: events are drawn and measured tile by tile; recorded ones are stored or only counted."""

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.response import ResponseArrays, measure_tile
from simgen._kernels.channels import LineArrays, PlanArrays
from simgen._kernels.events import draw_tile, neutrino_energy
from simgen._kernels.machine.jit import kernel
from simgen._kernels.tables import n_not_above
from simgen._kernels.tiles import MEASURED, RECOIL, ROW, ROWS, TILE

__all__ = ["count_events", "record_events"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]
Mask = NDArray[np.bool_]
Keys = NDArray[np.uint64]
"""Two words of the key of the vertex stage, and two of the detector stage."""

_FEW = 48
"""Largest number of bin edges for which all events are compared with all edges, without a binary search.

Comparisons are vectorised: with a binary search, counting in 6 bins takes 2.4 times as long (user time,
minimum of 18).
"""


@kernel(part=True)
def _pass_tile(
    w: Array, channel: Numbers, component: Numbers, keep: Mask, tile: np.uint64, lines: LineArrays,
    all_tables: PlanArrays | None,
    response: ResponseArrays, keys: Keys,
) -> None:  # fmt: skip
    """Draw and measure the events of a tile."""
    draw_tile(w, channel, tile, lines, all_tables, keys[0], keys[1])
    if len(response.smeared) > 0:
        for k in range(ROW):
            component[k] = lines.component[channel[k]]
    measure_tile(w, component, keep, tile, response, keys[2], keys[3])


@kernel(nogil=True)
def record_events(
    first: int, n: int, lines: LineArrays, all_tables: PlanArrays | None, response: ResponseArrays,
    keys: Keys,
    event: NDArray[np.int64], numbers: Numbers, energies: Array,
) -> int:  # fmt: skip
    """Draw and measure n events, and store the recorded ones.

    Parameters
    ----------
    event : ndarray, shape (n,)
        Filled with the indices of recorded events.
    numbers : ndarray, shape (2, n)
        Filled with component and line.
    energies : ndarray, shape (3, n)
        Filled with E_nu, T and T_reco.

    Returns
    -------
    int
        Number of recorded events.
    """
    w, chosen = np.empty(ROWS * TILE), np.empty(TILE, np.uint64)
    channel, component, keep = np.empty(TILE, np.int32), np.zeros(TILE, np.int32), np.empty(TILE, np.bool_)
    end, n_recorded = first + n, 0
    for tile in range(first // TILE, -(-end // TILE)):
        _pass_tile(w, channel, component, keep, np.uint64(tile), lines, all_tables, response, keys)
        tile_start = tile * TILE
        n_kept = 0
        for k in range(np.uint64(max(first - tile_start, 0)), np.uint64(min(end - tile_start, TILE))):
            chosen[n_kept] = k
            n_kept += keep[k]
        for j in range(n_kept):
            k = chosen[j]
            c = channel[k]
            event[n_recorded + j] = tile_start + np.int64(k)
            numbers[0, n_recorded + j], numbers[1, n_recorded + j] = lines.component[c], lines.line[c]
            energies[0, n_recorded + j] = neutrino_energy(w, k, c, lines, all_tables)
            energies[1, n_recorded + j], energies[2, n_recorded + j] = w[RECOIL + k], w[MEASURED + k]
        n_recorded += n_kept
    return n_recorded


@kernel(inner=True)
def _add(w: Array, keep: Mask, edges: Array, counts: NDArray[np.int64]) -> None:
    """Add recorded events to the bins."""
    if len(edges) > _FEW:
        for k in range(ROW):
            counts[n_not_above(edges, len(edges), w[MEASURED + k])] += keep[k]
        return
    n_above = 0
    for k in range(ROW):
        n_above += keep[k]
    for i in range(len(edges)):
        edge, n_above_edge = edges[i], 0
        for k in range(ROW):
            n_above_edge += keep[k] & (w[MEASURED + k] >= edge)
        counts[i] += n_above - n_above_edge
        n_above = n_above_edge
    counts[len(edges)] += n_above


@kernel(nogil=True)
def count_events(
    first: int, n: int, lines: LineArrays, all_tables: PlanArrays | None, response: ResponseArrays,
    keys: Keys,
    counts: NDArray[np.int64],
) -> None:  # fmt: skip
    """Draw and measure n events, and add recorded ones to the bins, with flow bins at both ends."""
    w = np.empty(ROWS * TILE)
    channel, component, keep = np.empty(TILE, np.int32), np.zeros(TILE, np.int32), np.empty(TILE, np.bool_)
    end = first + n
    for tile in range(first // TILE, -(-end // TILE)):
        _pass_tile(w, channel, component, keep, np.uint64(tile), lines, all_tables, response, keys)
        keep[: max(first - tile * TILE, 0)] = False
        keep[min(end - tile * TILE, TILE) :] = False
        _add(w, keep, response.edges, counts)
