"""Neutrino energies drawn from spectra that are linear between nodes."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.channels import WEAK, PlanArrays
from simgen._kernels.machine.jit import kernel
from simgen._kernels.tiles import (
    ENERGY,
    FIRST,
    ONE,
    OWN,
    ROW,
    SECOND,
    SPAN,
    THREE,
    TWO,
    UNIFORM,
    WORK,
)
from simgen.constants import M_E

__all__ = ["choose_cell", "draw_continua", "draw_node"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]


@kernel(part=True)
def choose_cell(u: float, c: int | np.int32, plan: PlanArrays) -> tuple[int, float]:
    """Choose a box of a channel, or an interval between its nodes, and make a uniform in it."""
    x = min(max(u, 0.0), 1.0 - 2.0**-53) * plan.n_cells[c]  # rounding may have made a 1
    i = int(x)
    x -= i
    keep, alias = plan.cells[plan.first_cell[c] + i, 0], int(plan.cells[plan.first_cell[c] + i, 1])
    stays = x < keep
    share = keep if stays else 1.0 - keep
    return i if stays else alias, (x if stays else x - keep) / share


@kernel(inner=True)
def _between(x: float, p: float, q: float) -> float:
    """Invert the CDF of a density that changes linearly from p to q over (0, 1)."""
    # x = 2 c / (p + √(p² + 2 (q - p) c)) with c = u (p + q)/2 has no cancellation
    scaled = 0.5 * x * (p + q)
    return min(2.0 * scaled / (p + math.sqrt(max(p * p + 2.0 * (q - p) * scaled, 0.0))), 1.0)


@kernel(part=True)
def draw_node(u: float, c: int | np.int32, plan: PlanArrays, nodes: Array | None) -> float:
    """Draw an energy from the piecewise linear density between the nodes of a channel."""
    if nodes is None:
        return 0.0
    cell, x = choose_cell(u, c, plan)
    i = plan.first_node[c] + cell
    x = _between(x, nodes[i, 1], nodes[i + 1, 1])
    return float(nodes[i, 0] + (nodes[i + 1, 0] - nodes[i, 0]) * x)


@kernel(inner=True)
def draw_continua(w: Array, channel: Numbers, plan: PlanArrays, nodes: Array | None) -> None:
    """Draw the neutrino energies of WEAK continua, and prepare the recoils of all WEAK channels."""
    if nodes is None:
        return
    for k in range(ROW):
        c = channel[k]
        a2, b2, ab = plan.products[c, 0], plan.products[c, 1], plan.products[c, 2]
        w[ONE + k], w[TWO + k], w[THREE + k] = a2, b2, ab * M_E
        low, width, p, q = plan.energy[c], 0.0, 1.0, 1.0
        if plan.process[c] == WEAK and plan.first_node[c] >= 0:
            cell, w[WORK + k] = choose_cell(w[UNIFORM + k], c, plan)
            i = plan.first_node[c] + cell
            low, width, p, q = nodes[i, 0], nodes[i + 1, 0] - nodes[i, 0], nodes[i, 1], nodes[i + 1, 1]
            w[UNIFORM + k] = w[OWN + k]
        w[ENERGY + k], w[SPAN + k], w[FIRST + k], w[SECOND + k] = low, width, p, q
    for k in range(ROW):
        w[ENERGY + k] += w[SPAN + k] * _between(w[WORK + k], w[FIRST + k], w[SECOND + k])
    T_low = plan.T_low
    for k in range(ROW):
        omega, a2, b2 = w[ENERGY + k], w[ONE + k], w[TWO + k]
        inverse = 1.0 / omega
        span = 2.0 * omega * omega / (M_E + 2.0 * omega) - T_low
        y, s, m = 1.0 - T_low * inverse, span * inverse, w[THREE + k] * inverse * inverse
        slope, third = -(b2 * y * s + 0.5 * m * span), b2 * s * s / 3.0
        scale = 1.0 / (a2 + b2 * y * y - m * T_low + slope + third)
        w[SPAN + k], w[FIRST + k], w[SECOND + k] = span, slope * scale, third * scale
