"""Instructions of the compiled fit: the format of a program.

A program is an array of unsigned integers: a header, then tables. A table has the instructions of one
operation, one after the other, each with the same number of operands. The operations are carried out in a
fixed order, each for all instructions of its table; `counts.py` has those up to the expected counts,
`steps.py` those of the derivatives. The header has single values, and the beginning and the end of each
table. An operand is the address of a register, the index of a constant, a number of bins, or a flag; a range
of other entries is two operands, its beginning and its end. Registers of consecutive bins follow each other.
Constants are numbers that are the same for all data sets. `analysis.batch.engine.program` writes programs,
`analysis.batch.engine.listing` prints them, and `analysis.batch.engine._kernels.layout` has the symbols.

The counts of a component are its factor F(x) times a column K(θ, x_s) of bins. A column is a sum of terms: a
scale, which is a monomial in θ and pulls and the same for all bins, times a template, which is a constant for
each bin, or a register for each bin where the signal is tabulated. A column that depends on no parameter is
one of constants.
"""

import numpy as np

__all__: list[str] = []

(
    LIKELIHOOD, N_BINS, DATA, MU, SLOPE, CURVATURE, BIN_VALUES, SIGNAL, PIECE, CONSTANTS, ERRORS, MATRIX,
) = (np.uint64(j) for j in range(12))  # fmt: skip
"""Kind of the likelihood; number of bins; first register of the counts, the expected counts, the slope ∂(-2
ln L)/∂μ, the curvature and, with errors of templates, the value of each bin; first register of a tabulated
signal, bins of the first layer, then those of the other layers, then two derivatives in θ (0 if the signal is
a polynomial); register of the number of the spline's piece, before that of θ - knot; first constant counts
and errors of bins; first register of the Hessian, whose lower triangle is stored row by row.
"""

(
    PULLS, PRODUCTS, PRODUCT_OF, MONOMIALS, COLUMNS, TERMS, COUNTS, DOT_PRODUCTS, JOINED, JOINED_OF, WEIGHTED,
    GRAM, PARAMETERS, FREE, SUMS, PAIRS,
) = (np.uint64(12 + 2 * j) for j in range(16))  # fmt: skip
"""Where tables begin in the header; their ends stand behind. "In registers" is 1 where bins are registers, 0
where they are constants. Operands of an instruction:

PULLS: kind of a nuisance parameter, registers of x, of its relative change ∂F/∂x / F and of its factor;
    index of the constant σ or ln(1 + σ), behind which stands 1 if the parameter is measured, else 0.
PRODUCTS: register of F of a component, range of PRODUCT_OF.
PRODUCT_OF: an entry of PULLS.
MONOMIALS: register, registers of its two factors.
COLUMNS: first register, number of bins, first constant, range of TERMS.
TERMS: register of a scale, template, in registers.
COUNTS: first register of expected counts, number of bins, register of F, column, in registers.
DOT_PRODUCTS: register of Σ slope × column, first register of slopes, column, number of bins, in registers.
JOINED: first register of a sum over components, number of bins, range of JOINED_OF.
JOINED_OF: first register within the sum, column, number of bins, register of F, in registers.
WEIGHTED: first registers of curvature × derivative of the counts, of the curvature and of the derivative,
    number of bins.
GRAM: register of F F' Σ curvature × derivative × derivative, registers of F and F', first register of
    curvature × derivative or of the curvature, the other derivative or the product of both, number of bins,
    in registers.
PARAMETERS: those whose derivative is needed: distance of their registers from those of θ, register of the
    relative change, range of SUMS, index of the constant that is 1 if the parameter is measured.
FREE: those that move: distance of their registers from those of θ, register of the relative change, index of
    that constant, and 1 if the counts may not determine the parameter beside others, else 0.
SUMS: register of F, register of Σ slope × column.
PAIRS: of parameters that move, the lower triangle: register of GRAM, range of SUMS with second derivatives of
    the counts.
"""

N_SINGLE, N_TABLES = 12, 16
HEADER = N_SINGLE + 2 * N_TABLES
