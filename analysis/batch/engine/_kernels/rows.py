"""Where numbers of the fits stand that Python and compiled code both know.

All numbers stand in one array of rows of `LANES` data sets, side by side; no lane depends on another. First
come the rows of the search, then PARAMETER rows of each parameter, then the data, a row each bin, then what
`analysis.batch.engine.workspaces` needs.
"""

import numpy as np

from simgen._kernels.machine.simd import STEP

LANES = int(STEP)
ROW = np.uint64(LANES)
"""Length of a row. Places in the array are unsigned: one that cannot be negative needs no branch."""

SEARCH, PARAMETER = 12, 10
"""Rows of the search and of a parameter."""

(
    VALUE, EXACT, REGULAR, BEST_VALUE, SLOPE_AT_BEST, FRACTION, DECREASE, TRUSTED, SHORTENED, CAUTIOUS, DONE,
    FAILED,
) = (np.uint64(j * LANES) for j in range(SEARCH))  # fmt: skip
"""-2 ln L/L_saturated; 1 where the Hessian is exact, 0 where it is Fisher's; whether the matrix was positive
definite; the lowest value so far; ∂/∂θ there, by the envelope theorem that of the profile; how much of the
step is tried, and its expected decrease; 1 where steps are so small that they are made without looking at the
value; 1 where the last step was too long; 1 where trust was misplaced."""

AT, BEST, STEP_OF, TRIAL, GRADIENT, KEEP, BEFORE, MEASURED, LOW, HIGH = (
    np.uint64((SEARCH + j) * LANES) for j in range(PARAMETER)
)
"""Where the model is evaluated; the best so far; the step; the next one; ∂/∂p; 0 where it stays at an end of
its range; before the last step that was trusted; auxiliary measurement (of none for θ); range."""

APART = np.uint64(PARAMETER * LANES)
"""From one parameter to the next."""


def row_of(place: np.uint64, parameter: int = 0) -> int:
    """Return the number of a row of the search or of a parameter."""
    return int(place) // LANES + PARAMETER * parameter


def row_of_data(size: int, i: int) -> int:
    """Return the number of the row of a bin's data, with so many parameters."""
    return SEARCH + PARAMETER * size + i
