"""Addresses of registers, for Python and compiled code.

The workspace of a fit is one array of registers. A register holds one quantity, such as -2 ln L or γ, of
`LANES` data sets: it is a SIMD vector with one lane for each data set. No lane depends on another. The
address of a register is the index of its first number in the array. The array begins with the registers of
the search. They are followed by those of each parameter, the data with one register for each bin, and the
registers that `analysis.batch.engine.program` allocates for the model.
"""

import numpy as np

from simgen._kernels.machine.simd import WIDTH

LANES = int(WIDTH)
"""Number of data sets in a register; `WIDTH`, the same number, is the distance of two registers."""

N_SEARCH, N_PARAMETER = 12, 10
"""Number of registers of the search, and of each parameter."""

(
    VALUE, EXACT, REGULAR, BEST_VALUE, SLOPE_AT_BEST, FRACTION, DECREASE, TRUSTED, SHORTENED, CAUTIOUS, DONE,
    FAILED,
) = (np.uint64(j * LANES) for j in range(N_SEARCH))  # fmt: skip
"""-2 ln L/L_saturated; 1 where the Hessian is exact, 0 where it is Fisher's; 1 where the matrix was positive
definite; the lowest value so far; ∂/∂θ there, which is the slope of the profile; the fraction of the
step that is tried, and the decrease expected of the step; 1 where steps are so small that they are made
without computing the value; 1 where the last step was shortened; 1 where a trusted step was taken back; 1
where the search has ended; 1 where it found no minimum."""

AT, BEST, STEP_OF, TRIAL, GRADIENT, KEEP, BEFORE, MEASURED, LOW, HIGH = (
    np.uint64((N_SEARCH + j) * LANES) for j in range(N_PARAMETER)
)
"""Value at which the model is evaluated; best value so far; step; next step; ∂/∂p; 0 where the parameter
stays at an end of its range; value before the last trusted step; auxiliary measurement (none for θ);
range."""

STRIDE = np.uint64(N_PARAMETER * LANES)
"""Distance from the registers of one parameter to those of the next."""


def register_of(address: np.uint64, parameter: int = 0) -> int:
    """Return the number of a register of the search or of a parameter."""
    return int(address) // LANES + N_PARAMETER * parameter


def register_of_data(n_parameters: int, i: int) -> int:
    """Return the number of the register with the data of bin i."""
    return N_SEARCH + N_PARAMETER * n_parameters + i
