"""The model of a fit as tables of indices, for the compiled fit of many data sets.

The workspace of a fit is one array of rows, each of a number for `LANES` data sets side by side. A row
is named by the position of its first number; rows of consecutive bins follow each other. An array of
indices tells what is computed: a header, then tables. The header has single values, and beginning and
end of each table; a range in an entry names beginning and end of other entries. Numbers that are the
same for all data sets have an array of their own. `analysis.batch.engine.workspaces` writes them;
`analysis.batch.engine._kernels.layout` has the symbols.

The counts of a component are its factor F(x) times a column K(θ, x_s). A column is a sum of products: of
a scale, which is a monomial in θ and pulls and the same for all bins, and a template, which is a number
of each bin, or a row of it where the signal is tabulated. A column that depends on nothing stands among
the numbers.
"""

import numpy as np

__all__: list[str] = []

(
    LIKELIHOOD, N_BINS, DATA, MU, SLOPE, CURVATURE, REST, SIGNAL, PIECE, CONSTANTS, ERRORS, MATRIX,
) = (np.uint64(j) for j in range(12))  # fmt: skip
"""Kind of the likelihood; number of bins; rows of the first bin's counts, expected counts, slope ∂(-2 ln
L)/∂μ, curvature and, with errors of templates, value; of a tabulated signal the row of the first bin of
the first layer, behind which stand the other layers and two derivatives in θ (0 if it is a polynomial),
and the row of the number of the piece, before the place in it; where among the numbers constant counts
and errors of bins begin; row of the first element of the matrix, whose lower triangle is stored row by
row.
"""

(
    PULLS, PRODUCTS, PRODUCT_OF, MONOMIALS, COLUMNS, TERMS, COUNTED, DOTS, JOINED, JOINED_OF, WEIGHTED, GRAM,
    PARAMETERS, FREE, SUMS, PAIRS,
) = (np.uint64(12 + 2 * j) for j in range(16))  # fmt: skip
"""Where tables begin in the header; their ends stand behind. "Which" tells whether a column is a row (1) or
numbers.

PULLS: kind of a nuisance parameter, rows of x, of its relative change ∂F/∂x / F and of its factor; where
    σ or ln(1 + σ) is among the numbers, with 1 behind it if the parameter is measured, else 0.
PRODUCTS: row of F of a component, range of PRODUCT_OF: entries of PULLS.
MONOMIALS: row, rows of its two factors.
COLUMNS: first row, number of bins, constants, range of TERMS.
TERMS: row of a scale, template, which.
COUNTED: first row of expected counts, number of bins, row of F, column, which; component by component.
DOTS: row of Σ slope × column, first row of slopes, column, number of bins, which.
JOINED: first row of a sum over components, number of bins, range of JOINED_OF.
JOINED_OF: first row within the sum, column, number of bins, row of F, which.
WEIGHTED: first rows of curvature × derivative of the counts, of the curvature and of the derivative,
    number of bins.
GRAM: row of F F' Σ curvature × derivative × derivative, rows of F and F', first row of curvature ×
    derivative or of the curvature, the other derivative or the product of both, number of bins, which.
PARAMETERS: those whose derivative is needed: how far their rows are from those of θ, row of the relative
    change, range of SUMS, where 1 stands among the numbers if it is measured.
FREE: those that move: how far their rows are from those of θ, row of the relative change, where 1
    stands, and 1 if the counts may not know it beside others, else 0.
SUMS: row of F, row of Σ slope × column.
PAIRS: of parameters that move, the lower triangle: row of GRAM, range of SUMS with second derivatives of
    the counts.
"""

HEADER = 12 + 2 * 16
