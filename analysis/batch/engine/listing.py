"""Listing of the program of a model: its instructions in words, in the order of execution."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import (
    instructions as K,  # noqa: N812
    registers as R,  # noqa: N812
)
from analysis.batch.engine._kernels.layout import GAUSSIAN, LINEAR, LOG_NORMAL, POISSON, Layout
from analysis.batch.engine._kernels.registers import LANES
from analysis.batch.engine.columns import address_of
from analysis.batch.engine.program import Program, make_program

__all__ = ["describe_program"]

_MOST = 6
"""Largest number of constants of a template that are printed."""
_LIKELIHOODS = {POISSON: "Poisson", GAUSSIAN: "chi-square"}


def describe_program(layout: Layout, *, held: NDArray[np.bool_] | None = None) -> str:
    """Return the program of a model in words, one instruction per line.

    Parameters
    ----------
    layout : Layout
        The model in arrays, such as `FitModel.polynomial`.
    held : ndarray of bool, shape (1 + n_nuisances,), optional
        Parameters that are fixed: θ, then the nuisance parameters; by default none.

    Returns
    -------
    str
        ``r7`` is a register, with one number for each data set, and ``r7..r9`` are registers of consecutive
        bins. ``theta`` is the parameter of interest, ``x1`` the first nuisance parameter in units of its
        uncertainty. Numbers are constants of the program.
    """
    held = np.zeros(len(layout.ranges), np.bool_) if held is None else np.asarray(held, np.bool_)
    return "\n".join(_Listing(make_program(layout, held), len(layout.ranges)).lines()) + "\n"


class _Listing:
    """Text of the instructions of a program."""

    def __init__(self, program: Program, n_parameters: int) -> None:
        self.code, self.constants = [int(x) for x in program.instructions], program.constants
        self.n_registers, self.n_parameters = program.n_registers, n_parameters
        self.names = {address_of(p) // LANES: "theta" if p == 0 else f"x{p}" for p in range(n_parameters)}

    def lines(self) -> Iterator[str]:
        """List a title and the instructions, in the order of execution."""
        n_bins = self[K.N_BINS]
        yield (
            f"{self.n_parameters} parameters, {n_bins} bins, "
            f"{_LIKELIHOODS.get(self[K.LIKELIHOOD], 'Poisson with errors of templates')}: "
            f"{self.n_registers} registers of {LANES} data sets, {len(self.constants)} constants"
        )
        yield f"data      {self.bins(self[K.DATA], n_bins)}"
        yield "expected counts"
        yield from self.factors()
        yield from self.columns()
        yield f"  counts  {self.bins(self[K.MU], n_bins)} = {self.template(self[K.CONSTANTS], n_bins)}"
        for mu, n, factor, column, in_registers in self.table(K.COUNTS, 5):
            added = f"{self.name(factor)} * {self.column(column, n, in_registers)}"
            yield f"  counts  {self.bins(mu, n)} += {added}"
        means, data = self.bins(self[K.MU], n_bins), self.bins(self[K.DATA], n_bins)
        for first, derivative in ((K.SLOPE, "slope"), (K.CURVATURE, "curve")):
            registers = self.bins(self[first], n_bins)
            yield f"  {derivative:<7} {registers} of -2 ln L in {means}, with data {data}"
        yield "gradient"
        for total, slope, column, n, in_registers in self.table(K.DOT_PRODUCTS, 5):
            dot = f"{self.bins(slope, n)} . {self.column(column, n, in_registers)}"
            yield f"  dot     {self.name(total)} = {dot}"
        for offset, change, begin, end, measured in self.table(K.PARAMETERS, 5):
            yield f"  d/d{self.parameter(offset)} = {self.derivative(offset, change, begin, end, measured)}"
        yield "Hessian"
        yield from self.products()
        yield from self.matrix()

    def __getitem__(self, name: np.uint64) -> int:
        """Return a value of the header."""
        return self.code[int(name)]

    def table(self, name: np.uint64, size: int) -> Iterator[list[int]]:
        """List the instructions of a table, each with its operands."""
        yield from self.entries(self.code[int(name)], self.code[int(name) + 1], size)

    def entries(self, begin: int, end: int, size: int) -> Iterator[list[int]]:
        """List the entries of a range."""
        for x in range(begin, end, size):
            yield self.code[x : x + size]

    def name(self, address: int) -> str:
        """Return the name of a register."""
        return self.names.get(address // LANES, f"r{address // LANES}")

    def bins(self, address: int, n: int) -> str:
        """Return the name of registers of consecutive bins."""
        return (
            self.name(address) if n == 1 else f"{self.name(address)}..{self.name(address + (n - 1) * LANES)}"
        )

    def template(self, index: int, n: int) -> str:
        """Return constants of consecutive bins."""
        numbers = [f"{x:.6g}" for x in self.constants[index : index + min(n, _MOST)]]
        return f"[{', '.join(numbers)}{', ...' if n > _MOST else ''}]"

    def column(self, start: int, n: int, in_registers: int) -> str:
        """Return a column, of registers or of constants."""
        return self.bins(start, n) if in_registers else self.template(start, n)

    def parameter(self, offset: int) -> str:
        """Return the name of a parameter."""
        return self.name(int(R.AT) + offset)

    def factors(self) -> Iterator[str]:
        """List the instructions for factors, their products and monomials."""
        if self[K.SIGNAL]:
            piece_register, signal = self.name(self[K.PIECE]), self.name(self[K.SIGNAL])
            yield f"  spline  piece of theta in {piece_register}, signal from {signal}"
        factor_of = {}
        begin = self[K.PULLS]
        for j, (kind, x, change, factor, size) in enumerate(self.table(K.PULLS, 5)):
            factor_of[begin + 5 * j] = factor
            width = f"{self.constants[size]:.6g}"
            if kind == LINEAR:
                yield f"  factor  {self.name(factor)} = 1 + {width} * {self.name(x)}"
                yield f"  change  {self.name(change)} = {width} / {self.name(factor)}"
            elif kind == LOG_NORMAL:
                yield f"  factor  {self.name(factor)} = exp({width} * {self.name(x)})"
                yield f"  change  {self.name(change)} = {width}"
        for product, first, last in self.table(K.PRODUCTS, 3):
            factors = [self.name(factor_of[x]) for x in self.code[first:last]]
            yield f"  product {self.name(product)} = {' * '.join(factors) or '1'}"
        for monomial, left, right in self.table(K.MONOMIALS, 3):
            yield f"  monom   {self.name(monomial)} = {self.name(left)} * {self.name(right)}"

    def columns(self) -> Iterator[str]:
        """List the instructions for columns: one fma for each term and bin."""
        for first, n, constants, begin, end in self.table(K.COLUMNS, 5):
            terms = [self.template(constants, n)]
            for scale, template, in_registers in self.entries(begin, end, 3):
                terms.append(f"{self.name(scale)} * {self.column(template, n, in_registers)}")
            yield f"  column  {self.bins(first, n)} = {' + '.join(terms)}"

    def sums(self, begin: int, end: int) -> str:
        """Return a sum of sums over bins, each times the factor of its component."""
        terms = [f"{self.name(factor)} * {self.name(total)}" for factor, total in self.entries(begin, end, 2)]
        return " + ".join(terms)

    def derivative(self, offset: int, change: int, begin: int, end: int, measured: int) -> str:
        """Return the derivative of -2 ln L with respect to a parameter."""
        text = f"{self.name(change)} * ({self.sums(begin, end)})"
        x = self.parameter(offset)
        return text + (f" + 2 * ({x} - measured)" if self.constants[measured] else "")

    def products(self) -> Iterator[str]:
        """List the instructions for sums of curvature × derivative × derivative."""
        for register, n, begin, end in self.table(K.JOINED, 4):
            yield f"  joined  {self.bins(register, n)} = 0"
            for first, column, m, factor, in_registers in self.entries(begin, end, 5):
                added = f"{self.name(factor)} * {self.column(column, m, in_registers)}"
                yield f"  joined  {self.bins(first, m)} += {added}"
        for register, curvature, derivative, n in self.table(K.WEIGHTED, 4):
            product = f"{self.bins(curvature, n)} * {self.bins(derivative, n)}"
            yield f"  weight  {self.bins(register, n)} = {product}"
        for total, left, right, first, column, n, in_registers in self.table(K.GRAM, 7):
            dot = f"({self.bins(first, n)} . {self.column(column, n, in_registers)})"
            yield f"  gram    {self.name(total)} = {self.name(left)} * {self.name(right)} * {dot}"

    def matrix(self) -> Iterator[str]:
        """List the elements of the Hessian of the free parameters."""
        free, element = list(self.table(K.FREE, 4)), self[K.MATRIX]
        pairs = self.table(K.PAIRS, 3)
        for a, (row, change, measured, _) in enumerate(free):
            for column, other_change, *_ in free[: a + 1]:
                gram, begin, end = next(pairs)
                second = f" + exact * ({self.sums(begin, end)})" if end > begin else ""
                text = f"{self.name(change)} * {self.name(other_change)} * ({self.name(gram)}{second})"
                text += " + 2" if row == column and self.constants[measured] else ""
                yield f"  H[{self.parameter(row)},{self.parameter(column)}] {self.name(element)} = {text}"
                element += LANES
