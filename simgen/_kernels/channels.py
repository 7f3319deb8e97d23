"""What there is to draw from, as the kernels see it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["BOXES", "FLAT", "MAGNETIC", "POWER", "WEAK", "LineArrays", "PlanArrays"]

WEAK, MAGNETIC, FLAT, BOXES, POWER = 0, 1, 2, 3, 4


class LineArrays(NamedTuple):
    """All that is needed where every channel is a WEAK line; see `PlanArrays`."""

    cumulative: NDArray[np.float64]
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    energy: NDArray[np.float64]
    inverse: NDArray[np.float64]
    steps: int
    gentle: bool
    T_low: float


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
    of the recoil energy (`simgen.generator.recoil`)."""
    steps: int
    """Steps that a recoil takes from its start."""
    gentle: bool
    """Whether recoils start from a series in p and q."""
    own: bool
    """Whether any channel needs uniforms of the event's own: continua and rejection do."""
    continua: bool
    """Whether any channel is a WEAK continuum."""
    boxed: bool
    """Whether any is drawn from boxes; then none is WEAK."""
    others: bool
    """Whether any is not WEAK."""
    first_cell: NDArray[np.int64]
    n_cells: NDArray[np.int64]
    cells: NDArray[np.float64]
    """shape (n_all, 2): alias tables that choose boxes or intervals of nodes (`simgen.generator.tables`)."""
    first_node: NDArray[np.int64]
    """First row of `nodes` of a continuum, -1 for lines."""
    last_node: NDArray[np.int64]
    nodes: NDArray[np.float64]
    """shape (n_nodes, 2): neutrino energy of a continuum [MeV], and weight there."""
    first_box: NDArray[np.int64]
    boxes: NDArray[np.float64]
    """shape (n_boxes, 8): low edge and width in E_nu [MeV] and in the fraction g = (T - T_low)/(T_max -
    T_low); what the density is not above, and not below; first and last row of `nodes` that the spectrum
    needs there, the same for a line."""
    bounds: NDArray[np.float64]
    """shape (n_boxes, 2): what (T_max - T_low) dσ/dT is not above, and not below, in a box."""
    products: NDArray[np.float64]
    """shape (n, 3): coefficients of 1, (1-T/ω)², -m_e T/ω² of a WEAK channel; of a POWER channel 1 - index
    and the logarithm of the ratio of its ends."""
    amplitudes: NDArray[np.float64]
    """shape (n, 2, 4): factors of 1, κ, 1/T and the vector propagator in a and b."""
    shifts: NDArray[np.float64]
    """shape (n, 3): what is added to a², to b², and (g_ν g_e)² of a scalar mediator in units of σ0."""
    charged_current: NDArray[np.bool_]
    T_low: float
    vector_mass2: float
    scalar_mass2: float
    """Squared masses of the mediators [MeV²]."""
    running: bool
    """Whether κ runs."""
    qed: bool
