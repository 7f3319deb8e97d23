"""Sampling tables of the event kernels: probabilities of channels and parameters of their distributions."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BOXES", "FLAT", "MAGNETIC", "POWER", "WEAK", "LineArrays", "PlanArrays"]

WEAK, MAGNETIC, FLAT, BOXES, POWER = 0, 1, 2, 3, 4


class LineArrays(NamedTuple):
    """Tables for runs in which every channel is a WEAK line; for the fields see `PlanArrays`.

    With these alone numba compiles kernels without the code for other channels. That saves a sixth of the
    time of recorded events, and a quarter of that of counted ones (four lines, user time, minimum of 18).
    """

    cumulative: NDArray[np.float64]
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    energy: NDArray[np.float64]
    inverse: NDArray[np.float64]
    steps: int
    series: bool
    T_low: float


class PlanArrays(NamedTuple):
    """Tables for runs with channels of all kinds; one entry per channel unless another shape is given.

    Where `nodes` or `boxes` are None, numba compiles kernels without the code for them.
    """

    cumulative: NDArray[np.float64]
    """Cumulative probability of the channels, before any rejection."""
    process: NDArray[np.int64]
    """Method of drawing the recoil. WEAK: closed form. MAGNETIC: rejection from 1/T. BOXES: rejection from a
    density that is constant in boxes. FLAT, POWER: backgrounds; a FLAT channel with nodes is tabulated."""
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    energy: NDArray[np.float64]
    """Neutrino energy of a line, low end of a FLAT or POWER channel."""
    width: NDArray[np.float64]
    """Width of a FLAT channel."""
    inverse: NDArray[np.float64]
    """shape (n, 5): cumulative probability below the channel, 1/probability; of a WEAK line p, q and the span
    of the recoil energy (`simgen.generator.recoil`)."""
    steps: int
    """Householder steps in the inversion of the recoil's distribution."""
    series: bool
    """Whether the inversion starts from a series in p and q; else from a square root."""
    extra_uniforms: bool
    """Whether any channel needs two more uniforms per event, as continua and rejection do."""
    has_continua: bool
    """Whether any channel is a WEAK continuum."""
    has_others: bool
    """Whether any channel is not WEAK."""
    first_cell: NDArray[np.int64]
    n_cells: NDArray[np.int64]
    cells: NDArray[np.float64]
    """shape (n_all, 2): alias tables that choose boxes or intervals of nodes (`simgen.generator.tables`)."""
    first_node: NDArray[np.int64]
    """First row of `nodes` of a continuum, -1 for lines."""
    last_node: NDArray[np.int64]
    nodes: Any
    """shape (n_nodes, 2): neutrino energy of a continuum [MeV], and weight there. None if no
    channel needs any."""
    first_box: NDArray[np.int64]
    boxes: Any
    """shape (n_boxes, 8): low edge and width in E_nu [MeV] and in the fraction g = (T - T_low)/(T_max -
    T_low); upper and lower bound of the density; first and last row of `nodes` that the spectrum needs
    there, the same for a line. None if no channel is drawn from boxes; if any is, none is WEAK."""
    bounds: NDArray[np.float64]
    """shape (n_boxes, 2): upper and lower bound of (T_max - T_low) dσ/dT in a box."""
    products: NDArray[np.float64]
    """shape (n, 3): coefficients of 1, (1-T/ω)², -m_e T/ω² of a WEAK channel; of a POWER channel 1 - index
    and the logarithm of the ratio of its ends."""
    amplitudes: NDArray[np.float64]
    """shape (n, 2, 4): factors of 1, κ, 1/T and the vector propagator in a and b."""
    shifts: NDArray[np.float64]
    """shape (n, 3): terms added to a² and to b², and (g_ν g_e)² of a scalar mediator in units of σ0."""
    charged_current: NDArray[np.bool_]
    T_low: float
    vector_mass2: float
    scalar_mass2: float
    """Squared masses of the mediators [MeV²]."""
    running: bool
    """Whether κ runs."""
    qed: bool
