"""Drawing of true events: channel, neutrino energy, recoil energy."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
from simgen._kernels.philox import uniforms
from simgen._kernels.radiative import kappa, qed_factors
from simgen.constants import M_E

WEAK, MAGNETIC, FLAT, BOXES, POWER = 0, 1, 2, 3, 4


class PlanArrays(NamedTuple):
    """All that the kernel reads; one entry a channel unless said otherwise."""

    cumulative: NDArray[np.float64]
    """Cumulative probability of the channels as proposed."""
    process: NDArray[np.int64]
    """WEAK, MAGNETIC: closed form. BOXES: rejection from a table. FLAT, POWER: no neutrino; a FLAT channel
    with nodes is tabulated."""
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    energy: NDArray[np.float64]
    """Neutrino energy of a line, low end of a FLAT or POWER channel."""
    width: NDArray[np.float64]
    """Width of a FLAT channel."""
    first_node: NDArray[np.int64]
    """First row of `nodes` of a continuum, -1 for lines."""
    last_node: NDArray[np.int64]
    first_box: NDArray[np.int64]
    """First row of `boxes` of a BOXES channel."""
    last_box: NDArray[np.int64]
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
    """shape (n_boxes, 6): cumulative probability in its channel, low end and width in ω and in the fraction
    g = (T - T_low)/(T_max - T_low), bound of the density."""
    T_low: float
    vector_mass2: float
    scalar_mass2: float
    """Squared masses of the mediators [MeV²]."""
    running: bool
    """Whether κ runs."""
    qed: bool


@kernel(inner=True)
def _line_density_inverse(p: float, q: float, u: float) -> float:
    """Solve the CDF of a density that runs linearly from p to q over (0, 1)."""
    if p + q <= 0.0:
        return u
    # x = 2 c / (p + √(p² + 2 (q - p) c)) with c = u (p + q)/2 does not cancel
    c = 0.5 * u * (p + q)
    return min(2.0 * c / (p + math.sqrt(max(p * p + 2.0 * (q - p) * c, 0.0))), 1.0)


@kernel(inner=True)
def _find(value: float, column: int, i: int, last: int, nodes: NDArray[np.float64]) -> int:
    """Find the row from i to last - 1 whose cell holds a value of an ascending column."""
    while last - i > 1:
        middle = (i + last) // 2
        if nodes[middle, column] <= value:
            i = middle
        else:
            last = middle
    return i


@kernel(inner=True)
def _continuum_energy(u: float, first: int, last: int, nodes: NDArray[np.float64]) -> float:
    """Draw a neutrino energy from the piecewise linear density between two rows of the nodes."""
    i = _find(u, 2, first, last, nodes)
    step = nodes[i + 1, 2] - nodes[i, 2]
    inside = (u - nodes[i, 2]) / step if step > 0.0 else 0.5
    x = _line_density_inverse(nodes[i, 1], nodes[i + 1, 1], inside)
    return float(nodes[i, 0] + (nodes[i + 1, 0] - nodes[i, 0]) * x)


@kernel(inner=True)
def _power_law(u: float, p: float, span: float) -> float:
    """Invert the CDF of x^(p-1) between 1 and exp(span)."""
    if p == 0.0:
        return math.exp(u * span)
    return float(math.exp(math.log1p(u * math.expm1(p * span)) / p))


@kernel(inner=True)
def _spectrum(omega: float, first: int, last: int, nodes: NDArray[np.float64]) -> float:
    """Interpolate the weight in the neutrino energy between two rows of the nodes."""
    i = _find(omega, 0, first, last, nodes)
    span = nodes[i + 1, 0] - nodes[i, 0]
    x = (omega - nodes[i, 0]) / span if span > 0.0 else 0.0
    return float(nodes[i, 1] + x * (nodes[i + 1, 1] - nodes[i, 1]))


@kernel(inner=True)
def _weak_recoil(u: float, omega: float, low: float, high: float, a2: float, b2: float, ab: float) -> float:
    """Solve the cubic CDF of the tree-level recoil spectrum, by Newton steps kept in a bracket."""
    quadratic = ab * M_E / (2.0 * omega * omega)
    third = b2 * omega / 3.0
    z_low, z_high = 1.0 - low / omega, 1.0 - high / omega
    F_low = a2 * low - third * z_low**3 - quadratic * low * low
    F_high = a2 * high - third * z_high**3 - quadratic * high * high
    target = F_low + u * (F_high - F_low)
    left, right = low, high
    T = low + u * (high - low)
    tolerance = 1e-9 * high  # the step behind it is of the order of its square
    for _ in range(60):
        z = 1.0 - T / omega
        excess = a2 * T - third * z * z * z - quadratic * T * T - target
        slope = a2 + b2 * z * z - 2.0 * quadratic * T
        if excess > 0.0:
            right = T
        else:
            left = T
        new = T - excess / slope
        if not (left <= new <= right):
            new = 0.5 * (left + right)
        if abs(new - T) <= tolerance:
            return new
        T = new
    return T


@kernel(inner=True)
def _magnetic_recoil(u: float, omega: float, low: float, high: float) -> float:
    """Solve ln T - T/ω = G, the CDF of the magnetic recoil spectrum, by Newton steps in ln T."""
    G_low = math.log(low) - low / omega
    G_high = math.log(high) - high / omega
    target = G_low + u * (G_high - G_low)
    x = min(max(target, math.log(low)), math.log(high))
    for _ in range(60):
        T = math.exp(x)
        new = x - (x - T / omega - target) / (1.0 - T / omega)
        x, step = new, abs(new - x)
        if step <= 1e-9:
            break
    return min(max(math.exp(x), low), high)


@kernel(inner=True)
def _differential(T: float, omega: float, plan: PlanArrays, c: int) -> float:
    """Evaluate dσ/dT of a BOXES channel in units of σ0."""
    k = kappa(T, plan.charged_current[c]) if plan.running else 1.0
    inverse = 1.0 / T
    propagator = 1.0 / (2.0 * M_E * T + plan.vector_mass2)
    x = plan.amplitudes
    a = x[c, 0, 0] + x[c, 0, 1] * k + x[c, 0, 2] * inverse + x[c, 0, 3] * propagator
    b = x[c, 1, 0] + x[c, 1, 1] * k + x[c, 1, 2] * inverse + x[c, 1, 3] * propagator
    z = T / omega
    h0, h1, h2 = 1.0, (1.0 - z) ** 2, -M_E * T / (omega * omega)
    if plan.qed:
        q0, q1, q2 = qed_factors(T, omega)
        h0, h1, h2 = h0 + q0, h1 + q1, h2 + q2
    total = (a * a + plan.shifts[c, 0]) * h0 + (b * b + plan.shifts[c, 1]) * h1 + a * b * h2
    if plan.shifts[c, 2] > 0.0:
        scalar = M_E * M_E * T * (1.0 + T / (2.0 * M_E)) / (4.0 * math.pi * omega * omega)
        total += plan.shifts[c, 2] * scalar / (2.0 * M_E * T + plan.scalar_mass2) ** 2
    return float(total)


@kernel(inner=True)
def _draw_box(
    index: int, draw: int, c: int, u: float, v: float, plan: PlanArrays, k0: np.uint64, k1: np.uint64
) -> tuple[bool, float, float]:
    """Propose E_nu and T uniformly in a box, and accept or reject them."""
    i, last = plan.first_box[c], plan.last_box[c]
    while i < last:
        middle = (i + last) // 2
        if plan.boxes[middle, 0] <= u:
            i = middle + 1
        else:
            last = middle
    below = plan.boxes[i - 1, 0] if i > plan.first_box[c] else 0.0
    u = (u - below) / (plan.boxes[i, 0] - below)
    omega = plan.boxes[i, 1] + u * plan.boxes[i, 2]
    high = 2.0 * omega * omega / (M_E + 2.0 * omega)
    T = plan.T_low + (high - plan.T_low) * (plan.boxes[i, 3] + v * plan.boxes[i, 4])
    # at T_max itself the QED factors diverge: a set of measure zero that rounding can hit
    if not 0.0 < T < high:
        return False, omega, T
    density = (high - plan.T_low) * _differential(T, omega, plan, c)
    if plan.first_node[c] >= 0:
        density *= _spectrum(omega, plan.first_node[c], plan.last_node[c], plan.nodes)
    w, _ = uniforms(index, draw + 1, k0, k1)
    return w * plan.boxes[i, 5] < density, omega, T


@kernel(inner=True)
def draw_vertex(index: int, plan: PlanArrays, k0: np.uint64, k1: np.uint64) -> tuple[int, float, float]:
    """Draw channel, E_nu and T of one event; draws 2n and 2n+1 of its stream belong to the n-th attempt."""
    draw = 0
    while True:
        u, v = uniforms(index, draw, k0, k1)
        c = 0
        while plan.cumulative[c] <= u:
            c += 1
        below = plan.cumulative[c - 1] if c > 0 else 0.0
        u = (u - below) / (plan.cumulative[c] - below)
        process = plan.process[c]
        if process == FLAT:
            if plan.first_node[c] >= 0:
                return c, 0.0, _continuum_energy(v, plan.first_node[c], plan.last_node[c], plan.nodes)
            return c, 0.0, plan.energy[c] + v * plan.width[c]
        if process == POWER:
            return c, 0.0, plan.energy[c] * _power_law(v, plan.products[c, 0], plan.products[c, 1])
        if process == BOXES:
            accepted, omega, T = _draw_box(index, draw, c, u, v, plan, k0, k1)
            if accepted:
                return c, omega, T
            draw += 2
            continue
        if plan.first_node[c] >= 0:
            omega = _continuum_energy(u, plan.first_node[c], plan.last_node[c], plan.nodes)
        else:
            omega = plan.energy[c]
        low, high = plan.T_low, 2.0 * omega * omega / (M_E + 2.0 * omega)
        if process == MAGNETIC:
            return c, omega, _magnetic_recoil(v, omega, low, high)
        p0, p1, p2 = plan.products[c, 0], plan.products[c, 1], plan.products[c, 2]
        return c, omega, _weak_recoil(v, omega, low, high, p0, p1, p2)


@kernel(nogil=True)
def fill_vertices(
    first: int,
    begin: int,
    end: int,
    plan: PlanArrays,
    k0: np.uint64,
    k1: np.uint64,
    component: NDArray[np.int32],
    line: NDArray[np.int32],
    E_nu: NDArray[np.float64],
    T: NDArray[np.float64],
    cos_theta: NDArray[np.float64],
) -> None:
    """Fill rows from begin to end of the columns for the events first, first + 1, ..."""
    for i in range(begin, end):
        c, omega, recoil = draw_vertex(first + i, plan, k0, k1)
        component[i], line[i] = plan.component[c], plan.line[c]
        E_nu[i], T[i] = omega, recoil
        if omega > 0.0:
            cosine = (1.0 + M_E / omega) * math.sqrt(recoil / (recoil + 2.0 * M_E))
            cos_theta[i] = min(cosine, 1.0)
        else:
            cos_theta[i] = 0.0
