"""Smearing, acceptance and threshold of single events, and the fused path into a histogram."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
from simgen._kernels.philox import normal, uniforms
from simgen._kernels.poisson import poisson
from simgen._kernels.vertex import PlanArrays, draw_vertex

BLOCK = 8192


class ResponseArrays(NamedTuple):
    """The detector as the kernel sees it; an empty table is none."""

    constant2: float
    stochastic2: float
    proportional2: float
    """Squares of a, b, c in σ² = a² + b²E + c²E², E the visible energy."""
    sigma_energy: NDArray[np.float64]
    sigma_value: NDArray[np.float64]
    """Tabulated σ, which then takes their place."""
    light_yield: float
    """Photo-electrons per MeV, where they are counted; else 0."""
    visible_break: NDArray[np.float64]
    visible_power: NDArray[np.float64]
    """Visible energy as piecewise polynomial of the true one: see `detsim.quenching.Visible`."""
    scale: float
    threshold: float
    step_energy: NDArray[np.float64]
    step_value: NDArray[np.float64]
    """Acceptance as a step function of the true recoil energy; the first energy is 0."""
    efficiency: float
    """Of what is no recoil."""
    true_energy: NDArray[np.float64]
    true_value: NDArray[np.float64]
    measured_energy: NDArray[np.float64]
    measured_value: NDArray[np.float64]
    """Tabulated efficiencies."""
    edges: NDArray[np.float64]
    smeared: NDArray[np.bool_]
    """Of the components from n_source on, which are backgrounds: whether they are measured as recoils are."""
    n_source: int


@kernel(inner=True)
def _interpolate(x: float, energy: NDArray[np.float64], value: NDArray[np.float64]) -> float:
    """Interpolate linearly, constant beyond the ends."""
    last = len(energy) - 1
    if x <= energy[0]:
        return float(value[0])
    if x >= energy[last]:
        return float(value[last])
    i = np.searchsorted(energy, x, side="right") - 1
    return float(value[i] + (x - energy[i]) * ((value[i + 1] - value[i]) / (energy[i + 1] - energy[i])))


@kernel(inner=True)
def _visible(T: float, response: ResponseArrays) -> float:
    """Evaluate the visible energy."""
    if len(response.visible_power) == 0:
        return T
    i = int(np.searchsorted(response.visible_break, T, side="right")) - 1
    i = min(max(i, 0), len(response.visible_power) - 1)
    x, c = T - response.visible_break[i], response.visible_power[i]
    return float(c[0] + x * (c[1] + x * (c[2] + x * c[3])))


@kernel(inner=True)
def measure(
    index: int, T: float, recoil: bool, response: ResponseArrays, k0: np.uint64, k1: np.uint64
) -> tuple[bool, float]:
    """Measure one electron; draw 1 of its stream is the acceptance, all others the smearing."""
    E = _visible(T, response)
    if response.light_yield > 0.0:
        n = poisson(response.light_yield * E, index, 0, k0, k1)
        T_reco = response.scale * (n / response.light_yield)
    else:
        if len(response.sigma_energy) > 0:
            sigma = _interpolate(E, response.sigma_energy, response.sigma_value)
        else:
            variance = response.constant2 + E * (response.stochastic2 + E * response.proportional2)
            sigma = math.sqrt(variance)
        u, v = uniforms(index, 0, k0, k1)
        T_reco = response.scale * (E + sigma * normal(u, v))
    if T_reco < response.threshold:
        return False, T_reco
    accepted = response.efficiency
    if recoil:
        accepted = response.step_value[0]
        for i in range(1, len(response.step_energy)):
            if response.step_energy[i] <= T:
                accepted = response.step_value[i]
    if len(response.true_energy) > 0:
        accepted *= _interpolate(T, response.true_energy, response.true_value)
    if len(response.measured_energy) > 0:
        accepted *= _interpolate(T_reco, response.measured_energy, response.measured_value)
    if accepted >= 1.0:
        return True, T_reco
    w, _ = uniforms(index, 1, k0, k1)
    return w < accepted, T_reco


@kernel(inner=True)
def record(
    index: int, component: int, T: float, response: ResponseArrays, k0: np.uint64, k1: np.uint64
) -> tuple[bool, float]:
    """Measure one event of any kind; the energy of a background that is not smeared is the measured one."""
    background = component - response.n_source
    if background >= 0 and not response.smeared[background]:
        return response.threshold <= T, T
    return measure(index, T, background < 0, response, k0, k1)


@kernel(nogil=True)
def fill_measured(
    begin: int,
    end: int,
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    T: NDArray[np.float64],
    response: ResponseArrays,
    k0: np.uint64,
    k1: np.uint64,
    T_reco: NDArray[np.float64],
    keep: NDArray[np.bool_],
) -> None:
    """Fill the measured energies of the events from begin to end, and whether they are recorded."""
    for i in range(begin, end):
        keep[i], T_reco[i] = record(event[i], component[i], T[i], response, k0, k1)


@kernel(nogil=True)
def fill_normals(
    begin: int, end: int, event: NDArray[np.int64], k0: np.uint64, k1: np.uint64, values: NDArray[np.float64]
) -> None:
    """Fill one standard normal an event, from begin to end."""
    for i in range(begin, end):
        u, v = uniforms(event[i], 0, k0, k1)
        values[i] = normal(u, v)


@kernel(nogil=True)
def fill_counts(
    begin: int,
    end: int,
    first: int,
    n: int,
    plan: PlanArrays,
    response: ResponseArrays,
    v0: np.uint64,
    v1: np.uint64,
    d0: np.uint64,
    d1: np.uint64,
    counts: NDArray[np.int64],
) -> None:
    """Draw, measure and count events in bins, for blocks from begin to end; counts has a row a block."""
    for block in range(begin, end):
        for i in range(first + block * BLOCK, min(first + (block + 1) * BLOCK, first + n)):
            c, _, T = draw_vertex(i, plan, v0, v1)
            recorded, T_reco = record(i, plan.component[c], T, response, d0, d1)
            if recorded:
                counts[block, np.searchsorted(response.edges, T_reco, side="right")] += 1
