"""Drawing of the events that are not weak scattering at tree level, one after the other."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.density import differential
from simgen._kernels.jit import kernel
from simgen._kernels.philox import uniforms
from simgen._kernels.plan import BOXES, MAGNETIC, POWER, WEAK, PlanArrays
from simgen._kernels.tiles import ENERGY, OWN, RECOIL, ROW, UNIFORM, WORK
from simgen.constants import M_E

__all__ = ["channel_of", "draw_node", "draw_others"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]


@kernel(inner=True)
def _cell(u: float, c: int, plan: PlanArrays) -> tuple[int, float]:
    """Choose a box of a channel, or an interval between its nodes, and make a uniform in it."""
    x = min(max(u, 0.0), 1.0 - 2.0**-53) * plan.n_cells[c]  # rounding may have made a 1
    i = int(x)
    x -= i
    keep = plan.cells[plan.first_cell[c] + i, 0]
    if x < keep:
        return i, x / keep
    return int(plan.cells[plan.first_cell[c] + i, 1]), (x - keep) / (1.0 - keep)


@kernel(inner=True)
def draw_node(u: float, c: int, plan: PlanArrays) -> float:
    """Draw an energy from the piecewise linear density between the nodes of a channel."""
    cell, x = _cell(u, c, plan)
    nodes, i = plan.nodes, plan.first_node[c] + cell
    p, q = nodes[i, 1], nodes[i + 1, 1]
    # x = 2 c / (p + √(p² + 2 (q - p) c)) with c = u (p + q)/2 does not cancel
    part = 0.5 * x * (p + q)
    x = min(2.0 * part / (p + math.sqrt(max(p * p + 2.0 * (q - p) * part, 0.0))), 1.0)
    return float(nodes[i, 0] + (nodes[i + 1, 0] - nodes[i, 0]) * x)


@kernel(inner=True)
def _spectrum(omega: float, c: int, plan: PlanArrays) -> float:
    """Interpolate the weight in the neutrino energy between the nodes of a channel."""
    nodes, i, last = plan.nodes, plan.first_node[c], plan.last_node[c]
    while last - i > 1:
        middle = (i + last) // 2
        if nodes[middle, 0] <= omega:
            i = middle
        else:
            last = middle
    span = nodes[i + 1, 0] - nodes[i, 0]
    x = (omega - nodes[i, 0]) / span if span > 0.0 else 0.0
    return float(nodes[i, 1] + x * (nodes[i + 1, 1] - nodes[i, 1]))


@kernel(inner=True)
def _power_law(u: float, p: float, span: float) -> float:
    """Invert the CDF of x^(p-1) between 1 and exp(span)."""
    if p == 0.0:
        return math.exp(u * span)
    return float(math.exp(math.log1p(u * math.expm1(p * span)) / p))


@kernel(inner=True)
def _again(
    w: Array, j: int | np.uint64, index: int | np.uint64, draw: int, k0: np.uint64, k1: np.uint64
) -> None:
    """Draw the uniforms of an event's next attempt: those of two more draws of its own."""
    w[UNIFORM + j], w[OWN + j] = uniforms(index, draw, k0, k1)
    w[WORK + j], _ = uniforms(index, draw + 1, k0, k1)


@kernel(inner=True)
def channel_of(w: Array, j: int | np.uint64, plan: PlanArrays) -> int:
    """Choose the channel of an event anew, and make a uniform in the channel of that which chose it."""
    c = np.searchsorted(plan.cumulative[: len(plan.cumulative) - 1], w[UNIFORM + j], side="right")
    w[UNIFORM + j] = (w[UNIFORM + j] - plan.inverse[c, 0]) * plan.inverse[c, 1]
    return int(c)


@kernel(inner=True)
def _from_boxes(w: Array, j: int | np.uint64, c: int, plan: PlanArrays) -> bool:
    """Propose E_nu and T evenly in a box, and accept or reject them."""
    box, x = _cell(w[UNIFORM + j], c, plan)
    row, column = box // plan.n_fractions[c], box % plan.n_fractions[c]
    i, k = plan.first_omega[c] + row, plan.first_fraction[c] + column
    edges, box = plan.edges, plan.first_box[c] + box
    omega = edges[i] + x * (edges[i + 1] - edges[i])
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    T = plan.T_low + (high - plan.T_low) * (edges[k] + w[OWN + j] * (edges[k + 1] - edges[k]))
    w[ENERGY + j], w[RECOIL + j] = omega, T
    # at T_max itself the QED factors diverge: a set of measure zero that rounding can hit
    if not 0.0 < T < high:
        return False
    height = w[WORK + j] * plan.bounds[box, 0]
    if height < plan.bounds[box, 1]:
        return True
    density = (high - plan.T_low) * differential(
        T, omega, plan.amplitudes[c], plan.shifts[c], plan.charged_current[c], plan.vector_mass2,
        plan.scalar_mass2, plan.running, plan.qed,
    )  # fmt: skip
    if plan.first_node[c] >= 0:
        density *= _spectrum(omega, c, plan)
    return bool(height < density)


@kernel(inner=True)
def _magnetic(w: Array, j: int | np.uint64, low: float) -> bool:
    """Propose T with density 1/T, and accept it with 1 - T/E_nu."""
    omega = w[ENERGY + j]
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    T = low * math.exp(w[OWN + j] * math.log(high / low))
    w[RECOIL + j] = min(T, high)
    return bool(w[WORK + j] * omega < omega - T)


@kernel(inner=True)
def draw_others(
    w: Array, channel: Numbers, tile: np.uint64, plan: PlanArrays, k0: np.uint64, k1: np.uint64
) -> None:
    """Draw the events of all channels but the WEAK ones; draws 2n and 2n+1 belong to their n-th attempt.

    Channels of boxes have the probabilities of what they propose: after a rejection any may be next. There
    are none beside WEAK ones.
    """
    for k in range(ROW):
        c = channel[k]
        process = plan.process[c]
        if process == WEAK:
            continue
        draw = 0
        while process == BOXES:
            if _from_boxes(w, k, c, plan):
                break
            draw += 2
            _again(w, k, tile * ROW + k, draw, k0, k1)
            c = channel_of(w, k, plan)
            process = plan.process[c]
        channel[k] = c
        if process == BOXES:
            continue
        if plan.first_node[c] >= 0:
            energy = draw_node(w[UNIFORM + k], c, plan)
        elif process == POWER:
            ratio = _power_law(w[UNIFORM + k], plan.products[c, 0], plan.products[c, 1])
            energy = plan.energy[c] * ratio
        else:
            energy = plan.energy[c] + w[UNIFORM + k] * plan.width[c]
        if process == MAGNETIC:
            w[ENERGY + k] = energy
            while not _magnetic(w, k, plan.T_low):
                draw += 2
                _again(w, k, tile * ROW + k, draw, k0, k1)
        else:
            w[ENERGY + k], w[RECOIL + k] = 0.0, energy
