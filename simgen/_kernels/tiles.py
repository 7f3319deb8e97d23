"""Tiles: 256 neighbouring events side by side, in rows of one array that fits into the first-level cache.

Loops run over a row, so that the compiler vectorises them. Rows have fixed positions in one array: the
compiler then knows that they do not overlap. Event i is in tile i // TILE at position i % TILE, in every run.
"""

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import four_shorter, member_uniforms, normal_pair

__all__ = [
    "ACCEPTED", "CHANCE", "ENERGY", "FIRST", "LEFT", "MEASURED", "NUMBER", "ONE", "OWN", "RECOIL", "ROW",
    "ROWS", "SECOND", "SPAN", "THREE", "TILE", "TWO", "UNIFORM", "VISIBLE", "WORK", "fill_normals",
    "fill_own", "fill_paired",
]  # fmt: skip

Array = NDArray[np.float64]

TILE = 256
ROW, HALF, QUARTER = np.uint64(TILE), np.uint64(TILE // 2), np.uint64(TILE // 4)

PAIRED, FOURFOLD = 1, 2
"""Members of the draws that two or four events of a tile share: see `simgen.random`."""

(
    UNIFORM, OWN, WORK, FIRST, SECOND, SPAN, ENERGY, RECOIL, ONE, TWO, THREE, NUMBER, LEFT,
) = (np.uint64(j * TILE) for j in range(13))  # fmt: skip
"""Uniform of channel and recoil; two uniforms that no other event shares; coefficients of the recoil's
distribution (see `simgen.generator.recoil`); neutrino energy and recoil [MeV]; work space; positions of
events that are not drawn yet."""

MEASURED, VISIBLE, ACCEPTED, CHANCE = FIRST, SECOND, UNIFORM, WORK
"""Use of the rows by the detector stage, after the vertex: normal, then measured energy;
visible energy; the uniform of the acceptance, and its probability."""

ROWS = 13


@kernel(inner=True)
def fill_paired(w: Array, row: np.uint64, tile: np.uint64, draw: int, k0: np.uint64, k1: np.uint64) -> None:
    """Fill a row with a uniform of each event."""
    first = tile * HALF
    for k in range(HALF):
        w[row + k], w[row + HALF + k] = member_uniforms(first + k, draw, PAIRED, k0, k1)


@kernel(inner=True)
def fill_own(w: Array, tile: np.uint64, draw: int, k0: np.uint64, k1: np.uint64) -> None:
    """Fill OWN and WORK with two uniforms of each event, that no other event shares."""
    first = tile * ROW
    for k in range(ROW):
        w[OWN + k], w[WORK + k] = member_uniforms(first + k, draw, 0, k0, k1)


@kernel(inner=True)
def fill_normals(w: Array, tile: np.uint64, draw: int, k0: np.uint64, k1: np.uint64) -> None:
    """Fill MEASURED with a normal of each event."""
    first = tile * QUARTER
    for k in range(QUARTER):
        radii, angles = MEASURED + k, MEASURED + HALF + k
        w[radii], w[angles], w[radii + QUARTER], w[angles + QUARTER] = four_shorter(
            first + k, draw, FOURFOLD, k0, k1
        )
    for k in range(HALF):
        cosine, sine = normal_pair(w[MEASURED + k], w[MEASURED + HALF + k])
        w[MEASURED + k], w[MEASURED + HALF + k] = cosine, sine
