"""Drawing of true events: channel, neutrino energy, recoil energy."""

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
from simgen._kernels.philox import uniforms
from simgen._kernels.radiative import kappa, qed_factors
from simgen.constants import M_E

WEAK, MAGNETIC, FLAT = 0, 1, 2
TREE, ELECTROWEAK, FULL = 0, 1, 2


class PlanArrays(NamedTuple):
    """All that the kernel reads; one entry a channel unless said otherwise."""

    cumulative: NDArray[np.float64]
    """Cumulative probability of the channels as proposed."""
    process: NDArray[np.int64]
    """WEAK, MAGNETIC or FLAT."""
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    energy: NDArray[np.float64]
    """Neutrino energy of a line, low end of a FLAT channel."""
    width: NDArray[np.float64]
    """Width of a FLAT channel."""
    table: NDArray[np.int64]
    """Row of the continuum tables, -1 for lines."""
    proposal: NDArray[np.float64]
    """shape (n, 3): coefficients of 1, (1-T/ω)², -m_e T/ω² of the proposal in T."""
    amplitudes: NDArray[np.float64]
    """shape (n, 4): a₀, a₁, b₀, b₁ with a = a₀ + a₁κ(T), antineutrinos exchanged."""
    envelope: NDArray[np.float64]
    """Bound on the ratio of dσ/dT to the proposal; not used at tree level."""
    charged_current: NDArray[np.bool_]
    nodes: NDArray[np.float64]
    """shape (n_tables, n_nodes): neutrino energies of the continua [MeV]."""
    density: NDArray[np.float64]
    """shape (n_tables, n_nodes): proposal in the neutrino energy at the nodes, not normalised."""
    integral: NDArray[np.float64]
    """shape (n_tables, n_nodes): its cumulative trapezoids, ending at 1."""
    T_low: float
    corrections: int
    """TREE, ELECTROWEAK or FULL."""


@kernel()
def _line_density_inverse(p: float, q: float, u: float) -> float:
    """Solve the CDF of a density that runs linearly from p to q over (0, 1)."""
    if p + q <= 0.0:
        return u
    # x = 2 c / (p + √(p² + 2 (q - p) c)) with c = u (p + q)/2 does not cancel
    c = 0.5 * u * (p + q)
    return min(2.0 * c / (p + math.sqrt(max(p * p + 2.0 * (q - p) * c, 0.0))), 1.0)


@kernel()
def _continuum_energy(
    u: float,
    row: int,
    nodes: NDArray[np.float64],
    density: NDArray[np.float64],
    integral: NDArray[np.float64],
) -> float:
    """Draw a neutrino energy from the piecewise linear density in one row of the tables."""
    i, last = 0, nodes.shape[1] - 1
    while last - i > 1:
        middle = (i + last) // 2
        if integral[row, middle] <= u:
            i = middle
        else:
            last = middle
    step = integral[row, i + 1] - integral[row, i]
    inside = (u - integral[row, i]) / step if step > 0.0 else 0.5
    x = _line_density_inverse(density[row, i], density[row, i + 1], inside)
    return float(nodes[row, i] + (nodes[row, i + 1] - nodes[row, i]) * x)


@kernel()
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


@kernel()
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


@kernel()
def _corrected(
    T: float, omega: float, a0: float, a1: float, b0: float, b1: float, charged_current: bool, full: bool
) -> float:
    """Evaluate dσ/dT with radiative corrections in units of σ0."""
    k = kappa(T, charged_current)
    a, b = a0 + a1 * k, b0 + b1 * k
    z = T / omega
    h0, h1, h2 = 1.0, (1.0 - z) ** 2, -M_E * T / (omega * omega)
    if full:
        q0, q1, q2 = qed_factors(T, omega)
        h0, h1, h2 = h0 + q0, h1 + q1, h2 + q2
    return a * a * h0 + b * b * h1 + a * b * h2


@kernel()
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
            return c, 0.0, plan.energy[c] + v * plan.width[c]
        row = plan.table[c]
        if row >= 0:
            omega = _continuum_energy(u, row, plan.nodes, plan.density, plan.integral)
        else:
            omega = plan.energy[c]
        low, high = plan.T_low, 2.0 * omega * omega / (M_E + 2.0 * omega)
        if process == MAGNETIC:
            return c, omega, _magnetic_recoil(v, omega, low, high)
        p0, p1, p2 = plan.proposal[c, 0], plan.proposal[c, 1], plan.proposal[c, 2]
        T = _weak_recoil(v, omega, low, high, p0, p1, p2)
        if plan.corrections == TREE:
            return c, omega, T
        proposed = p0 + p1 * (1.0 - T / omega) ** 2 - p2 * M_E * T / (omega * omega)
        w, _ = uniforms(index, draw + 1, k0, k1)
        # at T_max itself the QED factors diverge: a set of measure zero that rounding can hit
        if 0.0 < T < high:
            corrected = _corrected(
                T,
                omega,
                plan.amplitudes[c, 0],
                plan.amplitudes[c, 1],
                plan.amplitudes[c, 2],
                plan.amplitudes[c, 3],
                plan.charged_current[c],
                plan.corrections == FULL,
            )
            if w * plan.envelope[c] * proposed < corrected:
                return c, omega, T
        draw += 2


@kernel(parallel=True, nogil=True)
def fill_vertices(
    first: int,
    plan: PlanArrays,
    k0: np.uint64,
    k1: np.uint64,
    component: NDArray[np.int32],
    line: NDArray[np.int32],
    E_nu: NDArray[np.float64],
    T: NDArray[np.float64],
    cos_theta: NDArray[np.float64],
) -> None:
    """Fill the columns for the events first, first + 1, ..."""
    for i in numba.prange(len(T)):
        c, omega, recoil = draw_vertex(first + i, plan, k0, k1)
        component[i], line[i] = plan.component[c], plan.line[c]
        E_nu[i], T[i] = omega, recoil
        if omega > 0.0:
            cosine = (1.0 + M_E / omega) * math.sqrt(recoil / (recoil + 2.0 * M_E))
            cos_theta[i] = min(cosine, 1.0)
        else:
            cos_theta[i] = 0.0
