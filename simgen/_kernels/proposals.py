"""Rejection sampling of events that are not weak scattering at tree level, and backgrounds."""

import math

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.channels import BOXES, MAGNETIC, POWER, WEAK, PlanArrays
from simgen._kernels.continua import choose_cell, draw_node
from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import uniforms
from simgen._kernels.radiative import kappa, qed_factors
from simgen._kernels.tables import n_not_above
from simgen._kernels.tiles import (
    ENERGY,
    FIRST,
    LEFT,
    NUMBER,
    ONE,
    OWN,
    RECOIL,
    ROW,
    SECOND,
    SPAN,
    THREE,
    TWO,
    UNIFORM,
    WORK,
)
from simgen.constants import M_E

__all__ = ["draw_left", "draw_others", "propose"]

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]
Index = int | np.uint64
Channel = int | np.int32

LOW, WIDTH, START, STEP, UPPER, LOWER = FIRST, SECOND, SPAN, ONE, TWO, THREE
"""Rows for the box of an attempt: low edge and width in E_nu and in the fraction g, bounds of the density."""


@kernel(part=True)
def _spectrum(omega: float, box: int, nodes: Array, boxes: Array) -> float:
    """Interpolate the weight in the neutrino energy between the nodes of a box."""
    i, upper_node = int(boxes[box, 6]), int(boxes[box, 7])
    if i == upper_node:
        return 1.0
    while upper_node - i > 1:
        middle = (i + upper_node) // 2
        if nodes[middle, 0] <= omega:
            i = middle
        else:
            upper_node = middle
    span = nodes[i + 1, 0] - nodes[i, 0]
    x = (omega - nodes[i, 0]) / span if span > 0.0 else 0.0
    return float(nodes[i, 1] + x * (nodes[i + 1, 1] - nodes[i, 1]))


@kernel(part=True)
def _power_law(u: float, p: float, span: float) -> float:
    """Invert the CDF of x^(p-1) between 1 and exp(span)."""
    if p == 0.0:
        return math.exp(u * span)
    return float(math.exp(math.log1p(u * math.expm1(p * span)) / p))


@kernel(part=True)
def _next_uniforms(w: Array, j: Index, index: Index, draw: int, k0: np.uint64, k1: np.uint64) -> None:
    """Draw the uniforms of an event's next attempt, from two more draws of its stream."""
    w[UNIFORM + j], w[OWN + j] = uniforms(index, draw, k0, k1)
    w[WORK + j], _ = uniforms(index, draw + 1, k0, k1)


@kernel(part=True)
def _channel_of(w: Array, j: Index, plan: PlanArrays) -> int:
    """Choose the channel of an event again, and make a new uniform from the one that chose it."""
    c = n_not_above(plan.cumulative, len(plan.cumulative) - 1, w[UNIFORM + j])
    w[UNIFORM + j] = (w[UNIFORM + j] - plan.inverse[c, 0]) * plan.inverse[c, 1]
    return c


@kernel(part=True)
def _choose_box(w: Array, j: Index, c: Channel, plan: PlanArrays) -> None:
    """Choose a box of a channel, and make a uniform in it."""
    i, w[UNIFORM + j] = choose_cell(w[UNIFORM + j], c, plan)
    i += plan.first_box[c]
    box = plan.boxes
    w[LOW + j], w[WIDTH + j], w[START + j], w[STEP + j] = box[i, 0], box[i, 1], box[i, 2], box[i, 3]
    w[UPPER + j], w[LOWER + j] = box[i, 4], box[i, 5]
    w[NUMBER + j] = i


@kernel(inner=True)
def _propose_in_box(w: Array, j: Index, T_low: float) -> None:
    """Propose E_nu and T uniformly in the box, and a height up to its upper bound (row WORK)."""
    omega = w[LOW + j] + w[UNIFORM + j] * w[WIDTH + j]
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    T = T_low + (high - T_low) * (w[START + j] + w[OWN + j] * w[STEP + j])
    w[ENERGY + j], w[RECOIL + j] = omega, T
    # at T_max itself the QED factors diverge: a set of measure zero that rounding can hit
    w[WORK + j] = w[WORK + j] * w[UPPER + j] if 0.0 < T < high else math.inf


@kernel(inner=True)
def propose(w: Array, channel: Numbers, plan: PlanArrays) -> int:
    """Make the first attempt of all events; return how many it leaves, whose positions are in the row LEFT.

    It leaves events that the lower bound of the density does not accept, and those of other channels. With a
    list of them, a run with backgrounds takes 10 % less time than with a test of each event again.
    """
    for k in range(ROW):
        c = channel[k]
        if plan.process[c] == BOXES:
            _choose_box(w, k, c, plan)
        else:  # a valid box for the loop below; E_nu and T of these channels are drawn later
            w[LOW + k], w[WIDTH + k], w[START + k], w[STEP + k], w[UPPER + k] = 1e3, 0.0, 0.5, 0.0, 1.0
            w[LOWER + k] = -math.inf
    T_low = plan.T_low
    for k in range(ROW):
        _propose_in_box(w, k, T_low)
    n_left = 0
    for k in range(ROW):
        w[LEFT + np.uint64(n_left)] = np.float64(k)
        n_left += not w[WORK + k] < w[LOWER + k]
    return n_left


@kernel(part=True)
def differential(
    T: float, omega: float, amplitudes: Array, shifts: Array, charged_current: bool, vector_mass2: float,
    scalar_mass2: float, running: bool, qed: bool,
) -> float:  # fmt: skip
    """Evaluate dσ/dT in units of σ0; for the arguments see `simgen._kernels.channels.PlanArrays`."""
    k = kappa(T, charged_current) if running else 1.0
    inverse = 1.0 / T
    propagator = 1.0 / (2.0 * M_E * T + vector_mass2)
    x = amplitudes
    a = x[0, 0] + x[0, 1] * k + x[0, 2] * inverse + x[0, 3] * propagator
    b = x[1, 0] + x[1, 1] * k + x[1, 2] * inverse + x[1, 3] * propagator
    z = T / omega
    h0, h1, h2 = 1.0, (1.0 - z) ** 2, -M_E * T / (omega * omega)
    if qed:
        q0, q1, q2 = qed_factors(T, omega)
        h0, h1, h2 = h0 + q0, h1 + q1, h2 + q2
    total = (a * a + shifts[0]) * h0 + (b * b + shifts[1]) * h1 + a * b * h2
    if shifts[2] > 0.0:
        scalar = M_E * M_E * T * (1.0 + T / (2.0 * M_E)) / (4.0 * math.pi * omega * omega)
        total += shifts[2] * scalar / (2.0 * M_E * T + scalar_mass2) ** 2
    return float(total)


@kernel(part=True)
def _accepted(w: Array, j: Index, c: Channel, plan: PlanArrays) -> bool:
    """Accept a proposal below the density; this is evaluated only if the bounds do not decide.

    Without the bounds of a box, events with QED factors take 5.4 times as long. Without the lower bound that
    is tested first, which includes the spectrum, a continuum takes twice as long, lines take 9 % more time.
    """
    if w[WORK + j] < w[LOWER + j]:
        return True
    if not w[WORK + j] < math.inf:
        return False
    omega, T, box = w[ENERGY + j], w[RECOIL + j], int(w[NUMBER + j])
    height = w[WORK + j] / _spectrum(omega, box, plan.nodes, plan.boxes)
    if height < plan.bounds[box, 1] or height >= plan.bounds[box, 0]:
        return bool(height < plan.bounds[box, 1])
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    density = (high - plan.T_low) * differential(
        T, omega, plan.amplitudes[c], plan.shifts[c], plan.charged_current[c], plan.vector_mass2,
        plan.scalar_mass2, plan.running, plan.qed,
    )  # fmt: skip
    return bool(height < density)


@kernel(part=True)
def _magnetic(w: Array, j: Index, low: float) -> bool:
    """Propose T with density 1/T, and accept it with 1 - T/E_nu."""
    omega = w[ENERGY + j]
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    T = low * math.exp(w[OWN + j] * math.log(high / low))
    w[RECOIL + j] = min(T, high)
    return bool(w[WORK + j] * omega < omega - T)


@kernel(part=True)
def _draw_other(
    w: Array, k: Index, c: Channel, draw: int, tile: np.uint64, plan: PlanArrays, k0: np.uint64, k1: np.uint64
) -> None:
    """Draw an event of a channel that is neither WEAK nor BOXES, after some draws of its stream."""
    process = plan.process[c]
    if plan.first_node[c] >= 0:
        energy = draw_node(w[UNIFORM + k], c, plan, plan.nodes)
    elif process == POWER:
        ratio = _power_law(w[UNIFORM + k], plan.products[c, 0], plan.products[c, 1])
        energy = plan.energy[c] * ratio
    else:
        energy = plan.energy[c] + w[UNIFORM + k] * plan.width[c]
    if process == MAGNETIC:
        w[ENERGY + k] = energy
        while not _magnetic(w, k, plan.T_low):
            draw += 2
            _next_uniforms(w, k, tile * ROW + k, draw, k0, k1)
    else:
        w[ENERGY + k], w[RECOIL + k] = 0.0, energy


@kernel(part=True)
def draw_others(
    w: Array, channel: Numbers, tile: np.uint64, plan: PlanArrays, k0: np.uint64, k1: np.uint64
) -> None:
    """Draw the events of all channels but the WEAK ones; draws 2n and 2n+1 belong to their n-th attempt."""
    for k in range(ROW):
        c = channel[k]
        if plan.process[c] != WEAK:
            _draw_other(w, k, c, 0, tile, plan, k0, k1)


@kernel(part=True)
def draw_left(
    w: Array, channel: Numbers, n_left: int, tile: np.uint64, plan: PlanArrays, k0: np.uint64, k1: np.uint64
) -> None:
    """Draw the events that `propose` has left; draws 2n and 2n+1 belong to their n-th attempt.

    Probabilities of BOXES channels are those of their proposals: after a rejection, the channel is chosen
    again. A run has either BOXES or WEAK channels.
    """
    for j in range(np.uint64(n_left)):
        k, draw = np.uint64(w[LEFT + j]), 0
        c = channel[k]
        process = plan.process[c]
        while process == BOXES:
            if _accepted(w, k, c, plan):
                break
            draw += 2
            _next_uniforms(w, k, tile * ROW + k, draw, k0, k1)
            c = _channel_of(w, k, plan)
            process = plan.process[c]
            if process == BOXES:
                _choose_box(w, k, c, plan)
                _propose_in_box(w, k, plan.T_low)
        channel[k] = c
        if process != BOXES:
            _draw_other(w, k, c, draw, tile, plan, k0, k1)
