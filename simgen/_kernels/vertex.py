"""Drawing of true events, tile by tile: channel, neutrino energy, recoil energy."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.density import differential
from simgen._kernels.jit import kernel
from simgen._kernels.philox import uniforms
from simgen._kernels.tiles import (
    ENERGY,
    FIRST,
    OWN,
    RECOIL,
    ROW,
    ROWS,
    SECOND,
    SPAN,
    TILE,
    UNIFORM,
    WORK,
    fill_own,
    fill_paired,
)
from simgen.constants import M_E

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]

WEAK, MAGNETIC, FLAT, BOXES, POWER = 0, 1, 2, 3, 4

GUIDE = 1024
"""Equal parts of the probability, for each of which a table knows where its search begins."""

_SELECTED = 4
"""So many channels are compared one after the other; more are looked up."""


class PlanArrays(NamedTuple):
    """All that the kernel reads; one entry a channel unless said otherwise."""

    cumulative: NDArray[np.float64]
    """Cumulative probability of the channels as proposed."""
    process: NDArray[np.int64]
    """WEAK: closed form. MAGNETIC: rejection from 1/T. BOXES: rejection from a table. FLAT, POWER: no
    neutrino; a FLAT channel with nodes is tabulated."""
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    energy: NDArray[np.float64]
    """Neutrino energy of a line, low end of a FLAT or POWER channel."""
    width: NDArray[np.float64]
    """Width of a FLAT channel."""
    inverse: NDArray[np.float64]
    """shape (n, 5): cumulative probability below the channel, 1/probability; of a WEAK line p, q and the span
    of the recoil energy (`simgen.recoil`)."""
    steps: int
    """Steps that a recoil takes from its start."""
    gentle: bool
    """Whether recoils start from a series in p and q."""
    own: bool
    """Whether any channel needs uniforms of the event's own: continua and rejection do."""
    others: bool
    """Whether any channel is not WEAK."""
    first_node: NDArray[np.int64]
    """First row of `nodes` of a continuum, -1 for lines."""
    last_node: NDArray[np.int64]
    first_box: NDArray[np.int64]
    """First row of `boxes` of a BOXES channel."""
    guide: NDArray[np.int64]
    """shape (n, GUIDE + 1): first node or box that can be the one of a uniform in this part."""
    products: NDArray[np.float64]
    """shape (n, 3): coefficients of 1, (1-T/ω)², -m_e T/ω² of a WEAK channel; of a POWER channel 1 - index
    and the logarithm of the ratio of its ends."""
    amplitudes: NDArray[np.float64]
    """shape (n, 2, 4): factors of 1, κ, 1/T and the vector propagator in a and b."""
    shifts: NDArray[np.float64]
    """shape (n, 3): what is added to a², to b², and (g_ν g_e)² of a scalar mediator in units of σ0."""
    charged_current: NDArray[np.bool_]
    nodes: NDArray[np.float64]
    """shape (n_nodes, 3): neutrino energy of a continuum [MeV], weight there, cumulative trapezoids to 1."""
    boxes: NDArray[np.float64]
    """shape (n_boxes, 7): cumulative probability in its channel, low end and width in ω and in the fraction
    g = (T - T_low)/(T_max - T_low), bound of the density and a value that the density is not below."""
    T_low: float
    vector_mass2: float
    scalar_mass2: float
    """Squared masses of the mediators [MeV²]."""
    running: bool
    """Whether κ runs."""
    qed: bool


@kernel(inner=True)
def _find(value: float, column: int, i: int, last: int, table: Array) -> int:
    """Find the row from i to last whose entry, or that of a row behind it, is not above a value."""
    while i < last:
        middle = (i + last + 1) // 2
        if table[middle, column] <= value:
            i = middle
        else:
            last = middle - 1
    return i


@kernel(inner=True)
def _inside(u: float) -> float:
    """Return a uniform that is not 1, as rounding may make one that was scaled."""
    return min(max(u, 0.0), 1.0 - 2.0**-53)


@kernel(inner=True)
def _node(u: float, c: int, plan: PlanArrays) -> float:
    """Draw an energy from the piecewise linear density between the nodes of a channel."""
    u, nodes = _inside(u), plan.nodes
    g = int(u * GUIDE)
    i = _find(u, 2, plan.guide[c, g], min(plan.guide[c, g + 1], plan.last_node[c] - 1), nodes)
    step = nodes[i + 1, 2] - nodes[i, 2]
    x = (u - nodes[i, 2]) / step if step > 0.0 else 0.5
    p, q = nodes[i, 1], nodes[i + 1, 1]
    if p + q > 0.0:
        # x = 2 c / (p + √(p² + 2 (q - p) c)) with c = u (p + q)/2 does not cancel
        part = 0.5 * x * (p + q)
        x = min(2.0 * part / (p + math.sqrt(max(p * p + 2.0 * (q - p) * part, 0.0))), 1.0)
    return float(nodes[i, 0] + (nodes[i + 1, 0] - nodes[i, 0]) * x)


@kernel(inner=True)
def _spectrum(omega: float, c: int, plan: PlanArrays) -> float:
    """Interpolate the weight in the neutrino energy between the nodes of a channel."""
    nodes = plan.nodes
    i = _find(omega, 0, plan.first_node[c], plan.last_node[c] - 1, nodes)
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
def _another(w: Array, j: int | np.uint64, plan: PlanArrays) -> int:
    """Choose the channel of an event anew, and make a uniform in the channel of that which chose it."""
    c = np.searchsorted(plan.cumulative[: len(plan.cumulative) - 1], w[UNIFORM + j], side="right")
    w[UNIFORM + j] = (w[UNIFORM + j] - plan.inverse[c, 0]) * plan.inverse[c, 1]
    return int(c)


@kernel(inner=True)
def _from_boxes(w: Array, j: int | np.uint64, c: int, plan: PlanArrays) -> bool:
    """Propose E_nu and T evenly in a box, and accept or reject them."""
    boxes, u = plan.boxes, _inside(w[UNIFORM + j])
    g = int(u * GUIDE)
    i, last = plan.guide[c, g], plan.guide[c, g + 1]
    while i < last and boxes[i, 0] <= u:
        middle = (i + last) // 2
        if boxes[middle, 0] <= u:
            i = middle + 1
        else:
            last = middle
    below = boxes[i - 1, 0] if i > plan.first_box[c] else 0.0
    omega = boxes[i, 1] + (u - below) / (boxes[i, 0] - below) * boxes[i, 2]
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    T = plan.T_low + (high - plan.T_low) * (boxes[i, 3] + w[OWN + j] * boxes[i, 4])
    w[ENERGY + j], w[RECOIL + j] = omega, T
    # at T_max itself the QED factors diverge: a set of measure zero that rounding can hit
    if not 0.0 < T < high:
        return False
    height = w[WORK + j] * boxes[i, 5]
    if height < boxes[i, 6]:
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
def _channels(w: Array, channel: Numbers, plan: PlanArrays) -> None:
    """Choose channels by the uniforms, make uniforms in the channel of them, and fetch what recoils need."""
    if len(plan.cumulative) <= _SELECTED:
        _select(w, channel, plan)
        return
    for k in range(ROW):
        channel[k] = _another(w, k, plan)
    for k in range(ROW):
        c = channel[k]
        w[FIRST + k], w[SECOND + k] = plan.inverse[c, 2], plan.inverse[c, 3]
        w[SPAN + k] = plan.inverse[c, 4]


@kernel(inner=True)
def _row(c: int | np.int32, plan: PlanArrays) -> tuple[float, float, float, float, float]:
    """Fetch what belongs to a channel."""
    t = plan.inverse
    return t[c, 0], t[c, 1], t[c, 2], t[c, 3], t[c, 4]


@kernel(inner=True)
def _select(w: Array, channel: Numbers, plan: PlanArrays) -> None:
    """Do the work of `_channels` for few channels, without looking into tables: it vectorises."""
    last = len(plan.cumulative) - 1
    i, j, m = np.int32(min(1, last)), np.int32(min(2, last)), np.int32(min(3, last))
    _, s0, p0, q0, r0 = _row(0, plan)
    u1, s1, p1, q1, r1 = _row(i, plan)
    u2, s2, p2, q2, r2 = _row(j, plan)
    u3, s3, p3, q3, r3 = _row(m, plan)
    for k in range(ROW):
        u = w[UNIFORM + k]
        one, two, three = u >= u1, u >= u2, u >= u3
        first, second = (i if one else np.int32(0)), (m if three else j)
        channel[k] = second if two else first
        low, high = (p1 if one else p0), (p3 if three else p2)
        w[FIRST + k] = high if two else low
        low, high = (q1 if one else q0), (q3 if three else q2)
        w[SECOND + k] = high if two else low
        low, high = (r1 if one else r0), (r3 if three else r2)
        w[SPAN + k] = high if two else low
        low, high = (s1 if one else s0), (s3 if three else s2)
        scale = high if two else low
        low, high = (u1 if one else 0.0), (u3 if three else u2)
        w[UNIFORM + k] = (u - (high if two else low)) * scale


@kernel(inner=True)
def _continua(w: Array, channel: Numbers, plan: PlanArrays) -> None:
    """Draw the neutrino energies of WEAK continua, and prepare the recoil: see `simgen.recoil`."""
    for k in range(ROW):
        c = channel[k]
        if plan.process[c] != WEAK or plan.first_node[c] < 0:
            continue
        omega = _node(w[UNIFORM + k], c, plan)
        a2, b2, ab = plan.products[c, 0], plan.products[c, 1], plan.products[c, 2]
        span = 2.0 * omega * omega / (M_E + 2.0 * omega) - plan.T_low
        y, s, m = 1.0 - plan.T_low / omega, span / omega, ab * M_E / (omega * omega)
        slope, third = -(b2 * y * s + 0.5 * m * span), b2 * s * s / 3.0
        scale = 1.0 / (a2 + b2 * y * y - m * plan.T_low + slope + third)
        w[ENERGY + k], w[SPAN + k], w[UNIFORM + k] = omega, span, w[OWN + k]
        w[FIRST + k], w[SECOND + k] = slope * scale, third * scale


@kernel(inner=True)
def _recoils(w: Array, steps: int, gentle: bool, T_low: float) -> None:
    """Invert the cubic CDF of the recoil energy: see `simgen.recoil`."""
    if gentle:
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


@kernel(inner=True)
def _others(
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
            c = _another(w, k, plan)
            process = plan.process[c]
        channel[k] = c
        if process == BOXES:
            continue
        if plan.first_node[c] >= 0:
            energy = _node(w[UNIFORM + k], c, plan)
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


@kernel()
def draw_tile(
    w: Array, channel: Numbers, tile: np.uint64, plan: PlanArrays, k0: np.uint64, k1: np.uint64
) -> None:
    """Draw channel, E_nu (see `neutrino_energy`) and T (row RECOIL) of the events of a tile."""
    fill_paired(w, UNIFORM, tile, 0, k0, k1)
    _channels(w, channel, plan)
    for k in range(ROW if plan.own or plan.others else 0):
        w[ENERGY + k] = plan.energy[channel[k]]
    if plan.own:
        fill_own(w, tile, 1, k0, k1)
        _continua(w, channel, plan)
    _recoils(w, plan.steps, plan.gentle, plan.T_low)
    if plan.others:
        _others(w, channel, tile, plan, k0, k1)


@kernel(inner=True)
def neutrino_energy(w: Array, k: int | np.uint64, c: int | np.int32, plan: PlanArrays) -> float:
    """Return the neutrino energy of an event of a tile; the row ENERGY has it where not all are lines."""
    return w[ENERGY + k] if plan.own or plan.others else plan.energy[c]


@kernel(nogil=True)
def fill_vertices(
    first: int, plan: PlanArrays, k0: np.uint64, k1: np.uint64, component: Numbers, line: Numbers,
    E_nu: Array, T: Array, cos_theta: Array,
) -> None:  # fmt: skip
    """Fill the columns for the events first, first + 1, ..."""
    w, channel = np.empty(ROWS * TILE), np.empty(TILE, np.int32)
    end = first + len(T)
    for tile in range(first // TILE, -(-end // TILE)):
        draw_tile(w, channel, np.uint64(tile), plan, k0, k1)
        begin = max(first, tile * TILE)
        for i in range(begin, min(end, (tile + 1) * TILE)):
            k = np.uint64(i - tile * TILE)
            c = channel[k]
            component[i - first], line[i - first] = plan.component[c], plan.line[c]
            E_nu[i - first], T[i - first] = neutrino_energy(w, k, c, plan), w[RECOIL + k]
    fill_cosines(E_nu, T, cos_theta)


@kernel(inner=True)
def fill_cosines(E_nu: Array, T: Array, cos_theta: Array) -> None:
    """Fill the cosines of the angle between electron and neutrino, 0 where there is none."""
    for i in range(len(T)):
        ratio = math.sqrt(max(T[i] / (T[i] + 2.0 * M_E), 0.0))
        cosine = min((1.0 + M_E / E_nu[i]) * ratio, 1.0)
        cos_theta[i] = cosine if E_nu[i] > 0.0 else 0.0
