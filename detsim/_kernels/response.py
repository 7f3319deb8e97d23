"""Smearing, acceptance and threshold of single events, and the fused path into a histogram."""

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
from simgen._kernels.philox import normal, uniforms
from simgen._kernels.vertex import FLAT, PlanArrays, draw_vertex

BLOCK = 8192


class ResponseArrays(NamedTuple):
    """The detector as the kernel sees it."""

    constant2: float
    stochastic2: float
    proportional2: float
    """Squares of a, b, c in σ² = a² + b²T + c²T²."""
    threshold: float
    step_energy: NDArray[np.float64]
    step_value: NDArray[np.float64]
    """Acceptance as a step function of the true recoil energy; the first energy is 0."""
    edges: NDArray[np.float64]
    n_source: int
    """Components from this number on are backgrounds in measured energy."""


@kernel()
def measure(
    index: int, T: float, response: ResponseArrays, k0: np.uint64, k1: np.uint64
) -> tuple[bool, float]:
    """Smear one recoil; draw 0 of its stream is the smearing, draw 1 the acceptance."""
    u, v = uniforms(index, 0, k0, k1)
    variance = response.constant2 + T * (response.stochastic2 + T * response.proportional2)
    T_reco = T + math.sqrt(variance) * normal(u, v)
    if T_reco < response.threshold:
        return False, T_reco
    n = len(response.step_energy)
    accepted = response.step_value[0]
    for i in range(1, n):
        if response.step_energy[i] <= T:
            accepted = response.step_value[i]
    if accepted >= 1.0:
        return True, T_reco
    w, _ = uniforms(index, 1, k0, k1)
    return w < accepted, T_reco


@kernel(parallel=True, nogil=True)
def fill_measured(
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    T: NDArray[np.float64],
    response: ResponseArrays,
    k0: np.uint64,
    k1: np.uint64,
    T_reco: NDArray[np.float64],
    keep: NDArray[np.bool_],
) -> None:
    """Fill the measured energy of every event and whether it is recorded."""
    for i in numba.prange(len(T)):
        if component[i] >= response.n_source:
            keep[i], T_reco[i] = T[i] >= response.threshold, T[i]
        else:
            keep[i], T_reco[i] = measure(event[i], T[i], response, k0, k1)


@kernel(parallel=True, nogil=True)
def fill_counts(
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
    """Draw and measure events and count them in bins, block by block; counts has a row a block."""
    for block in numba.prange(len(counts)):
        for i in range(first + block * BLOCK, min(first + (block + 1) * BLOCK, first + n)):
            c, _, T = draw_vertex(i, plan, v0, v1)
            if plan.process[c] == FLAT:
                recorded, T_reco = response.threshold <= T, T
            else:
                recorded, T_reco = measure(i, T, response, d0, d1)
            if recorded:
                counts[block, np.searchsorted(response.edges, T_reco, side="right")] += 1
