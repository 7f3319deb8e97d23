"""True events, tile by tile: channel, neutrino energy, recoil energy."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.channels import LineArrays, PlanArrays
from simgen._kernels.continua import draw_continua
from simgen._kernels.machine.jit import kernel
from simgen._kernels.proposals import draw_left, draw_others, propose
from simgen._kernels.tables import n_not_above
from simgen._kernels.tiles import (
    ENERGY,
    FIRST,
    RECOIL,
    ROW,
    ROWS,
    SECOND,
    SPAN,
    TILE,
    UNIFORM,
    fill_own,
    fill_paired,
)
from simgen.constants import M_E

__all__ = ["draw_tile", "fill_cosines", "fill_vertices", "neutrino_energy", "recoils"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]

_SELECTED, _COMPARED = 4, 24
"""Largest numbers of channels for which two other methods are faster than a binary search.

Up to 4 channels are chosen by comparisons in registers: with a table, 4 lines take 10 % more time. Up to 24
channels are found by comparison with all borders: with a binary search, 12 lines take 2.7 times as long.
(User time of recorded events, minimum of 18. No bit of an event depends on the method.)
"""


@kernel(inner=True)
def _channels(w: Array, channel: Numbers, lines: LineArrays) -> None:
    """Choose channels by the uniforms, make new uniforms within the channels, look up p, q and the span."""
    if len(lines.cumulative) <= _SELECTED:
        _select(w, channel, lines)
        return
    cumulative, last = lines.cumulative, len(lines.cumulative) - 1
    for k in range(ROW):
        channel[k] = 0
    for c in range(last if last < _COMPARED else 0):
        border = cumulative[c]
        for k in range(ROW):
            channel[k] += np.int32(w[UNIFORM + k] >= border)
    for k in range(ROW if last >= _COMPARED else 0):
        channel[k] = n_not_above(cumulative, last, w[UNIFORM + k])
    for k in range(ROW):
        c = channel[k]
        w[UNIFORM + k] = (w[UNIFORM + k] - lines.inverse[c, 0]) * lines.inverse[c, 1]
        w[FIRST + k], w[SECOND + k] = lines.inverse[c, 2], lines.inverse[c, 3]
        w[SPAN + k] = lines.inverse[c, 4]


@kernel(part=True)
def _row(c: int | np.int32, lines: LineArrays) -> tuple[float, float, float, float, float]:
    """Look up the parameters of a channel."""
    t = lines.inverse
    return t[c, 0], t[c, 1], t[c, 2], t[c, 3], t[c, 4]


@kernel(inner=True)
def _select(w: Array, channel: Numbers, lines: LineArrays) -> None:
    """Do as `_channels`, for up to four channels, by comparisons, which are vectorised."""
    last = len(lines.cumulative) - 1
    i, j, m = np.int32(min(1, last)), np.int32(min(2, last)), np.int32(min(3, last))
    _, s0, p0, q0, r0 = _row(0, lines)
    u1, s1, p1, q1, r1 = _row(i, lines)
    u2, s2, p2, q2, r2 = _row(j, lines)
    u3, s3, p3, q3, r3 = _row(m, lines)
    for k in range(ROW):
        u = w[UNIFORM + k]
        is_above_1, is_above_2, is_above_3 = u >= u1, u >= u2, u >= u3
        low_channel, high_channel = (i if is_above_1 else np.int32(0)), (m if is_above_3 else j)
        channel[k] = high_channel if is_above_2 else low_channel
        low, high = (p1 if is_above_1 else p0), (p3 if is_above_3 else p2)
        w[FIRST + k] = high if is_above_2 else low
        low, high = (q1 if is_above_1 else q0), (q3 if is_above_3 else q2)
        w[SECOND + k] = high if is_above_2 else low
        low, high = (r1 if is_above_1 else r0), (r3 if is_above_3 else r2)
        w[SPAN + k] = high if is_above_2 else low
        low, high = (s1 if is_above_1 else s0), (s3 if is_above_3 else s2)
        scale = high if is_above_2 else low
        low, high = (u1 if is_above_1 else 0.0), (u3 if is_above_3 else u2)
        w[UNIFORM + k] = (u - (high if is_above_2 else low)) * scale


@kernel(inner=True)
def recoils(w: Array, steps: int, series: bool, T_low: float) -> None:
    """Invert the cubic CDF of the recoil energy: see `simgen.generator.recoil`.

    The start from a series saves 5 % of the time of four lines. Another start changes the last bits of T.
    """
    if series:
        for k in range(ROW):
            u, p, q = w[UNIFORM + k], w[FIRST + k], w[SECOND + k]
            shift = u * (u - 1.0) * (p + q * (1.0 + u))
            slope = p * (2.0 * u - 1.0) + q * (3.0 * u * u - 1.0)
            x = u - shift * (1.0 - slope * (1.0 - slope)) - shift * shift * (p + 3.0 * q * u)
            w[RECOIL + k] = min(max(x, 0.0), 1.0)
    else:
        for k in range(ROW):
            u, p, q = w[UNIFORM + k], w[FIRST + k], w[SECOND + k]
            low, high = 1.0 - p - q, 1.0 + p + 2.0 * q
            root = math.sqrt(max(low * low + (high - low) * (high + low) * u, 0.0))
            w[RECOIL + k] = min(max(u * (high + low) / (low + root), 0.0), 1.0)
    for _ in range(steps):
        for k in range(ROW):
            x, p, q = w[RECOIL + k], w[FIRST + k], w[SECOND + k]
            low = 1.0 - p - q
            F = x * (low + x * (p + x * q)) - w[UNIFORM + k]
            f, bend = low + x * (2.0 * p + x * 3.0 * q), p + 3.0 * q * x
            square = f * f
            below = f * (square - 2.0 * F * bend) + F * F * q
            step = F * (square - F * bend) / (below if below != 0.0 else 1.0)
            w[RECOIL + k] = min(max(x - step, 0.0), 1.0)
    for k in range(ROW):
        w[RECOIL + k] = T_low + w[RECOIL + k] * w[SPAN + k]


@kernel(part=True)
def _draw_from_tables(
    w: Array,
    channel: Numbers,
    tile: np.uint64,
    lines: LineArrays,
    all_tables: PlanArrays,
    boxes: Array | None,
    k0: np.uint64,
    k1: np.uint64,
) -> None:
    """Draw recoils by inversion, or in boxes."""
    if boxes is None:
        if all_tables.has_continua:
            draw_continua(w, channel, all_tables, all_tables.nodes)
        recoils(w, lines.steps, lines.series, lines.T_low)
        if all_tables.has_others:
            draw_others(w, channel, tile, all_tables, k0, k1)
    else:
        n_left = propose(w, channel, all_tables)
        draw_left(w, channel, n_left, tile, all_tables, k0, k1)


@kernel(part=True)
def draw_tile(
    w: Array, channel: Numbers, tile: np.uint64, lines: LineArrays, all_tables: PlanArrays | None, k0:
    np.uint64, k1: np.uint64,
) -> None:  # fmt: skip
    """Draw channel, E_nu (see `neutrino_energy`) and T (row RECOIL) of the events of a tile.

    If all channels are lines, `all_tables` is None, and the code for other channels is not compiled.
    """
    fill_paired(w, UNIFORM, tile, 0, k0, k1)
    _channels(w, channel, lines)
    if all_tables is None:
        recoils(w, lines.steps, lines.series, lines.T_low)
    else:
        for k in range(ROW):
            w[ENERGY + k] = lines.energy[channel[k]]
        if all_tables.extra_uniforms:
            fill_own(w, tile, 1, k0, k1)
        _draw_from_tables(w, channel, tile, lines, all_tables, all_tables.boxes, k0, k1)


@kernel(part=True)
def neutrino_energy(
    w: Array, k: int | np.uint64, c: int | np.int32, lines: LineArrays, all_tables: PlanArrays | None
) -> float:
    """Return the neutrino energy of an event of a tile: from the table of lines, or from the row ENERGY."""
    if all_tables is None:
        return float(lines.energy[c])
    return float(w[ENERGY + k])


@kernel(nogil=True)
def fill_vertices(
    first: int, lines: LineArrays, all_tables: PlanArrays | None, k0: np.uint64, k1: np.uint64,
    component: Numbers, line: Numbers, E_nu: Array, T: Array, cos_theta: Array,
) -> None:  # fmt: skip
    """Fill the columns for the events first, first + 1, ..."""
    w, channel = np.empty(ROWS * TILE), np.empty(TILE, np.int32)
    end = first + len(T)
    for tile in range(first // TILE, -(-end // TILE)):
        draw_tile(w, channel, np.uint64(tile), lines, all_tables, k0, k1)
        first_of_tile = max(first, tile * TILE)
        for i in range(first_of_tile, min(end, (tile + 1) * TILE)):
            k = np.uint64(i - tile * TILE)
            c = channel[k]
            component[i - first], line[i - first] = lines.component[c], lines.line[c]
            E_nu[i - first], T[i - first] = neutrino_energy(w, k, c, lines, all_tables), w[RECOIL + k]
    fill_cosines(E_nu, T, cos_theta)


@kernel(nogil=True)
def fill_cosines(E_nu: Array, T: Array, cos_theta: Array) -> None:
    """Fill the cosines of the angle between electron and neutrino; 0 for backgrounds."""
    for i in range(len(T)):
        ratio = math.sqrt(max(T[i] / (T[i] + 2.0 * M_E), 0.0))
        cosine = min((1.0 + M_E / E_nu[i]) * ratio, 1.0)
        cos_theta[i] = cosine if E_nu[i] > 0.0 else 0.0
