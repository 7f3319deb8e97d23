"""Many experiments at once: every event drawn and measured, and only counted.

`simgen.random` has the layout of their streams.
"""

import math
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from detsim._kernels.response import ResponseArrays, record
from simgen._kernels.jit import kernel
from simgen._kernels.philox import normal, philox4x32, uniforms
from simgen._kernels.poisson import poisson
from simgen._kernels.position import PlaceArrays, _inside, draw_interaction, draw_uniform
from simgen._kernels.vertex import PlanArrays, draw_vertex
from simgen.random import Stage

PIECE = 8192
"""Events that a thread counts in one go, at least."""
MOST_PIECES = 4096

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_COUNT, _VERTEX, _DETECTOR = int(Stage.COUNT), int(Stage.VERTEX), int(Stage.DETECTOR)
_POSITION, _DISTANCE = int(Stage.VERTEX_POSITION), int(Stage.DISTANCE)


class SpaceArrays(NamedTuple):
    """What a detector makes of the places of events."""

    spatial: bool
    """Whether it looks at them; nothing else matters if not."""
    amplitude: NDArray[np.float64]
    """Of the oscillation of each component of the source."""
    wave: float
    """Phase of the oscillation per way, times the neutrino energy."""
    edges: NDArray[np.float64]
    """Of the distance from the source; none: it is not measured."""
    resolution: float


@kernel()
def derived_key(
    index: int, stage: int, group: int, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Encrypt what a stream is of into a key of its own."""
    i = np.uint64(index)
    a, b, _, _ = philox4x32(i & _MASK, i >> _SHIFT, np.uint64(stage), np.uint64(group), k0, k1)
    return a, b


@kernel(parallel=True, nogil=True)
def fill_numbers(
    first: int,
    means: NDArray[np.float64],
    group: int,
    k0: np.uint64,
    k1: np.uint64,
    numbers: NDArray[np.int64],
) -> None:
    """Draw the number of events of one group in each experiment."""
    for t in numba.prange(len(numbers)):
        c0, c1 = derived_key(first + t, _COUNT, group, k0, k1)
        numbers[t] = int(poisson(means[t], 0, 0, c0, c1))


@kernel()
def _count_slice(
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
    """Draw, measure and count the events first, first + 1, ... of one stream."""
    for i in range(first, first + n):
        c, _, T = draw_vertex(i, plan, v0, v1)
        recorded, T_reco = record(i, plan.component[c], T, response, d0, d1)
        if recorded:
            counts[np.searchsorted(response.edges, T_reco, side="right")] += 1


@kernel()
def _count_placed(
    first: int,
    n: int,
    plan: PlanArrays,
    response: ResponseArrays,
    space: SpaceArrays,
    place: PlaceArrays,
    region: PlaceArrays,
    v0: np.uint64,
    v1: np.uint64,
    d0: np.uint64,
    d1: np.uint64,
    p0: np.uint64,
    p1: np.uint64,
    l0: np.uint64,
    l1: np.uint64,
    counts: NDArray[np.int64],
) -> None:
    """Do the same where places matter; only what is recorded needs one, and is kept in the region."""
    n_energies, n_distances = len(response.edges) - 1, len(space.edges) - 1
    for i in range(first, first + n):
        c, omega, T = draw_vertex(i, plan, v0, v1)
        component = plan.component[c]
        recorded, T_reco = record(i, component, T, response, d0, d1)
        if not recorded:
            continue
        if component < len(space.amplitude):
            x, y, z, _ = draw_interaction(i, place, space.amplitude[component], space.wave / omega, p0, p1)
        else:
            x, y, z = draw_uniform(i, place, p0, p1)
        if not _inside(x, y, z, region):
            continue
        number = int(np.searchsorted(response.edges, T_reco, side="right"))
        if n_distances > 0 and number > 0:
            dx, dy, dz = x - place.source[0], y - place.source[1], z - place.source[2]
            L_reco = math.sqrt(dx * dx + dy * dy + dz * dz)
            if space.resolution > 0.0:
                u, v = uniforms(i, 0, l0, l1)
                L_reco += space.resolution * normal(u, v)
            distance = int(np.searchsorted(space.edges, L_reco, side="right")) - 1
            if number > n_energies or distance < 0 or distance >= n_distances:
                number = n_distances * n_energies + 1
            else:
                number += distance * n_energies
        counts[number] += 1


@kernel()
def _count(
    index: int,
    first: int,
    n: int,
    plan: PlanArrays,
    response: ResponseArrays,
    space: SpaceArrays,
    place: PlaceArrays,
    region: PlaceArrays,
    group: int,
    k0: np.uint64,
    k1: np.uint64,
    counts: NDArray[np.int64],
) -> None:
    """Count events of one experiment under its own keys."""
    v0, v1 = derived_key(index, _VERTEX, group, k0, k1)
    d0, d1 = derived_key(index, _DETECTOR, group, k0, k1)
    if space.spatial:
        p0, p1 = derived_key(index, _POSITION, group, k0, k1)
        l0, l1 = derived_key(index, _DISTANCE, group, k0, k1)
        _count_placed(first, n, plan, response, space, place, region, v0, v1, d0, d1, p0, p1, l0, l1, counts)
    else:
        _count_slice(first, n, plan, response, v0, v1, d0, d1, counts)


@kernel(parallel=True, nogil=True)
def fill_ensemble(
    first: int,
    numbers: NDArray[np.int64],
    plan: PlanArrays,
    response: ResponseArrays,
    space: SpaceArrays,
    place: PlaceArrays,
    region: PlaceArrays,
    group: int,
    k0: np.uint64,
    k1: np.uint64,
    counts: NDArray[np.int64],
) -> None:
    """Add the counts of one group of events to those of the experiments first, first + 1, ...

    The events of all experiments, one behind the other, are cut into pieces of equal size, whatever
    experiments they belong to. What a piece has of an experiment that begins or ends in another one is
    added at the end.
    """
    n = len(numbers)
    ends = np.zeros(n + 1, np.int64)
    for t in range(n):
        ends[t + 1] = ends[t] + numbers[t]
    size = max(PIECE, (ends[n] + MOST_PIECES - 1) // MOST_PIECES)
    n_pieces = (ends[n] + size - 1) // size
    part = np.zeros((2 * n_pieces, counts.shape[1]), np.int64)
    owner = np.full(2 * n_pieces, -1, np.int64)
    for piece in numba.prange(n_pieces):
        begin, stop = piece * size, min((piece + 1) * size, ends[n])
        t, at = np.searchsorted(ends, begin, side="right") - 1, begin
        while at < stop:
            end = min(ends[t + 1], stop)
            row = counts[t]
            if at > ends[t] or end < ends[t + 1]:
                shared = 2 * piece + int(at > begin)
                owner[shared], row = t, part[shared]
            own, m = at - ends[t], end - at
            _count(first + t, own, m, plan, response, space, place, region, group, k0, k1, row)
            at = end
            t += 1
    for row in range(2 * n_pieces):
        if owner[row] >= 0:
            counts[owner[row]] += part[row]
