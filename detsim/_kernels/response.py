"""Smearing, acceptance and threshold of the events of a tile: see `simgen._kernels.tiles`."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import normal_pair, uniforms
from simgen._kernels.poisson import first_proposal, poisson_again, poisson_of
from simgen._kernels.tables import n_not_above
from simgen._kernels.tiles import (
    ACCEPTED,
    CHANCE,
    MEASURED,
    OWN,
    RECOIL,
    ROW,
    ROWS,
    TILE,
    VISIBLE,
    WORK,
    fill_normals,
    fill_own,
    fill_paired,
)

Array = NDArray[np.float64]
Numbers = NDArray[np.int32]
Mask = NDArray[np.bool_]


class ResponseArrays(NamedTuple):
    """The detector as arrays; a table that the detector does not have is empty."""

    constant2: float
    stochastic2: float
    proportional2: float
    """Squares of a, b, c in σ² = a² + b²E + c²E², E the visible energy."""
    sigma_energy: NDArray[np.float64]
    sigma_value: NDArray[np.float64]
    """Tabulated σ, used instead if not empty."""
    light_yield: float | None
    """Photo-electrons per MeV if these are counted; else None, and numba compiles no code for them."""
    visible_break: NDArray[np.float64]
    visible_power: NDArray[np.float64]
    """Visible energy as piecewise polynomial of the true one: see `detsim.detector.quenching.Visible`."""
    scale: float
    threshold: float
    step_energy: NDArray[np.float64]
    step_value: NDArray[np.float64]
    """Acceptance as a step function of the true recoil energy; the first energy is 0."""
    efficiency: float
    """Acceptance of backgrounds."""
    true_energy: NDArray[np.float64]
    true_value: NDArray[np.float64]
    measured_energy: NDArray[np.float64]
    measured_value: NDArray[np.float64]
    """Tabulated efficiencies."""
    partial: bool
    """Whether any of these is below 1."""
    edges: NDArray[np.float64]
    smeared: NDArray[np.bool_]
    """Whether each background, a component from n_source on, is smeared like recoils."""
    n_source: int


@kernel(inner=True)
def _interpolate(x: float, energy: NDArray[np.float64], value: NDArray[np.float64]) -> float:
    """Interpolate linearly, constant beyond the ends."""
    last = len(energy) - 1
    if x <= energy[0]:
        return float(value[0])
    if x >= energy[last]:
        return float(value[last])
    i = n_not_above(energy, len(energy), x) - 1
    return float(value[i] + (x - energy[i]) * ((value[i + 1] - value[i]) / (energy[i + 1] - energy[i])))


@kernel(inner=True)
def _visible(T: float, response: ResponseArrays) -> float:
    """Evaluate the visible energy, if it differs from the true one."""
    i = n_not_above(response.visible_break, len(response.visible_break), T) - 1
    i = min(max(i, 0), len(response.visible_power) - 1)
    x, c = T - response.visible_break[i], response.visible_power[i]
    return float(c[0] + x * (c[1] + x * (c[2] + x * c[3])))


@kernel(inner=True)
def _count_photoelectrons(
    w: Array, tile: np.uint64, scale: float, light_yield: float, k0: np.uint64, k1: np.uint64
) -> None:
    """Count photo-electrons: Poisson numbers from draws 0, 2, 3, ... of each event.

    Most numbers are judged in a loop that is vectorised.
    """
    fill_own(w, tile, 0, k0, k1)
    for k in range(ROW):
        n, accepted, rejected = first_proposal(w[OWN + k], w[WORK + k], light_yield * w[VISIBLE + k])
        w[MEASURED + k] = n
        w[ACCEPTED + k] = 1.0 if accepted else (-1.0 if rejected else 0.0)
    for k in range(ROW):
        if w[ACCEPTED + k] > 0.0:
            continue
        mean, index = light_yield * w[VISIBLE + k], tile * ROW + k
        if w[ACCEPTED + k] < 0.0:
            w[MEASURED + k] = poisson_again(mean, index, 0, k0, k1)
        else:
            w[MEASURED + k] = poisson_of(w[OWN + k], w[WORK + k], mean, index, 0, k0, k1)
    for k in range(ROW):
        w[MEASURED + k] = scale * (w[MEASURED + k] / light_yield)


@kernel(inner=True)
def _smear(w: Array, tile: np.uint64, response: ResponseArrays, k0: np.uint64, k1: np.uint64) -> None:
    """Smear the visible energy with normal errors."""
    fill_normals(w, tile, 0, k0, k1)
    scale, constant2, stochastic2 = response.scale, response.constant2, response.stochastic2
    proportional2 = response.proportional2
    if len(response.sigma_energy) > 0:
        for k in range(ROW):
            sigma = _interpolate(w[VISIBLE + k], response.sigma_energy, response.sigma_value)
            w[MEASURED + k] = scale * (w[VISIBLE + k] + sigma * w[MEASURED + k])
    else:
        for k in range(ROW):
            E = w[VISIBLE + k]
            sigma = math.sqrt(constant2 + E * (stochastic2 + E * proportional2))
            w[MEASURED + k] = scale * (E + sigma * w[MEASURED + k])


@kernel(part=True)
def _fill_measured(
    w: Array, tile: np.uint64, response: ResponseArrays, light_yield: float | None, k0: np.uint64,
    k1: np.uint64,
) -> None:  # fmt: skip
    """Fill measured energies from visible ones."""
    if light_yield is None:
        _smear(w, tile, response, k0, k1)
    else:
        _count_photoelectrons(w, tile, response.scale, light_yield, k0, k1)


@kernel(inner=True)
def _accept(w: Array, component: Numbers, keep: Mask, response: ResponseArrays) -> None:
    """Apply the acceptance to events above the threshold."""
    for k in range(ROW):
        w[CHANCE + k] = response.step_value[0]
    for i in range(1, len(response.step_energy)):
        energy, value = response.step_energy[i], response.step_value[i]
        for k in range(ROW):
            w[CHANCE + k] = value if w[RECOIL + k] >= energy else w[CHANCE + k]
    for k in range(ROW if len(response.smeared) > 0 else 0):
        if component[k] >= response.n_source:
            w[CHANCE + k] = response.efficiency
    for k in range(ROW if len(response.true_energy) > 0 else 0):
        w[CHANCE + k] *= _interpolate(w[RECOIL + k], response.true_energy, response.true_value)
    for k in range(ROW if len(response.measured_energy) > 0 else 0):
        w[CHANCE + k] *= _interpolate(w[MEASURED + k], response.measured_energy, response.measured_value)
    for k in range(ROW):
        keep[k] = keep[k] and w[ACCEPTED + k] < w[CHANCE + k]


@kernel(part=True)
def measure_tile(
    w: Array, component: Numbers, keep: Mask, tile: np.uint64, response: ResponseArrays, k0: np.uint64,
    k1: np.uint64,
) -> None:  # fmt: skip
    """Measure the events of a tile: fill row MEASURED and `keep` from row RECOIL and components.

    Draws 0 are used for smearing, draw 1, shared by two events, for acceptance. The energy of a background
    that is not smeared is its measured energy.
    """
    if len(response.visible_power) > 0:
        for k in range(ROW):
            w[VISIBLE + k] = _visible(w[RECOIL + k], response)
    else:
        for k in range(ROW):
            w[VISIBLE + k] = w[RECOIL + k]
    _fill_measured(w, tile, response, response.light_yield, k0, k1)
    threshold = response.threshold
    for k in range(ROW):
        keep[k] = w[MEASURED + k] >= threshold
    if response.partial:
        fill_paired(w, ACCEPTED, tile, 1, k0, k1)
        _accept(w, component, keep, response)
    if len(response.smeared) > 0:
        for k in range(ROW):
            background = component[k] - response.n_source
            if background >= 0 and not response.smeared[background]:
                w[MEASURED + k] = w[RECOIL + k]
                keep[k] = w[RECOIL + k] >= threshold


@kernel(nogil=True)
def fill_measured(
    event: NDArray[np.int64], component: Numbers, T: Array, response: ResponseArrays, k0: np.uint64,
    k1: np.uint64, T_reco: Array, keep: Mask,
) -> None:  # fmt: skip
    """Fill measured energies, and whether events are recorded; fastest if indices are ascending."""
    w = np.ones(ROWS * TILE)
    components, is_kept = np.zeros(TILE, np.int32), np.zeros(TILE, np.bool_)
    i = 0
    while i < len(T):
        tile, stop = event[i] // TILE, i + 1
        while stop < len(T) and event[stop] // TILE == tile:
            stop += 1
        for j in range(i, stop):
            k = np.uint64(event[j] - tile * TILE)
            w[RECOIL + k], components[k] = T[j], component[j]
        measure_tile(w, components, is_kept, np.uint64(tile), response, k0, k1)
        for j in range(i, stop):
            k = np.uint64(event[j] - tile * TILE)
            T_reco[j], keep[j] = w[MEASURED + k], is_kept[k]
        i = stop


@kernel(nogil=True)
def fill_shifts(event: NDArray[np.int64], k0: np.uint64, k1: np.uint64, values: Array) -> None:
    """Fill a normal random number for each event, from the stream of its index."""
    for i in range(len(event)):
        u, v = uniforms(np.uint64(event[i]), 0, k0, k1)
        values[i], _ = normal_pair(u, v)
