"""Columns of the components of a model: expected counts up to a factor, and their derivatives."""

import math
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import registers as R  # noqa: N812
from analysis.batch.engine._kernels.layout import SHAPE, Layout
from analysis.batch.engine._kernels.registers import LANES
from analysis.batch.engine.allocation import Allocator

__all__ = [
    "Column",
    "Columns",
    "Inside",
    "Space",
    "address_of",
    "is_polynomial",
    "row_of_parameter",
]

Array = NDArray[np.float64]
Inside = tuple[int, ...]
"""Parameters with respect to which a column is differentiated, ascending: θ is 0, nuisance parameter m is
1 + m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Counts of a component without its factor, or their derivatives; bins are registers or constants."""

    first: int
    last: int
    start: int
    in_registers: bool
    values: Array | None
    """The constants; None if the column is in registers."""
    factor: int
    """Register of the component's factor."""
    slope_sum: int
    """Register of Σ slope × column."""

    def at(self, i: int) -> int:
        """Return the address or the index of a bin."""
        return self.start + (i - self.first) * (LANES if self.in_registers else 1)


def is_polynomial(layout: Layout) -> bool:
    """Tell whether the signal is one polynomial in θ; else it is tabulated."""
    return len(layout.knots) == 1 and layout.knots[0] == 0.0


def address_of(p: int) -> int:
    """Return the address of the value of a parameter."""
    return R.register_of(R.AT, p) * LANES


Space, row_of_parameter = Allocator, address_of
"""Former names."""


class Columns:
    """All columns of a model, each written as a sum of scale × template.

    Parameters
    ----------
    layout : Layout
    allocator : Allocator
    one : int
        Register of ones.

    Attributes
    ----------
    columns : dict of (int, Inside) to Column
        By component and the parameters of the derivative; () is the column itself.
    sums : list of tuple
        First register, number of bins, constants and terms of each column in registers: entries of COLUMNS
        and TERMS.
    """

    def __init__(self, layout: Layout, allocator: Allocator, one: int) -> None:
        self.layout, self.allocator, self.one = layout, allocator, one
        self.n_shapes, self.n_layers, self.n_bins = (
            len(layout.layers) // 2,
            len(layout.layers),
            layout.bins.shape[1],
        )
        self.size = len(layout.ranges)
        self.components = [[int(x) for x in row] for row in layout.components]
        self.factors = [[1 + int(m) for c, m in layout.pairs if c == j] for j in range(len(self.components))]
        self.products = [allocator.registers() for _ in self.components]
        self.signal = 0 if is_polynomial(layout) else allocator.registers(3 * self.n_layers * self.n_bins)
        self._monomials: dict[tuple[int, ...], int] = {}
        self.columns: dict[tuple[int, Inside], Column] = {}
        self.sums: list[tuple[int, int, int, list[tuple[int, int, int]]]] = []
        for c in range(len(self.components)):
            self._component(c)

    def is_inside(self, p: int) -> bool:
        """Tell whether the columns depend on a parameter: θ, or one that changes shapes."""
        return p == 0 or int(self.layout.nuisances[p - 1, 0]) == SHAPE

    def _component(self, c: int) -> None:
        """Write the column of a component, and the derivatives that are needed."""
        first, last = self.components[c][:2]
        shape_parameters = [
            p
            for p in range(self.size)
            if self.is_inside(p) and (c < self.layout.n_signals if p == 0 else self._overlaps(p, first, last))
        ]
        second = [
            pair
            for pair in combinations_with_replacement(shape_parameters, 2)
            if 0 in pair or pair[0] == pair[1]
        ]
        for by in [(), *((p,) for p in shape_parameters), *second]:
            self._column(c, by, [p for p in shape_parameters if p > 0])

    def _overlaps(self, p: int, first: int, last: int) -> bool:
        low, high = self.layout.ranges[p]
        return bool(low < last and first < high)

    def _column(self, c: int, by: Inside, shapes: list[int]) -> None:
        """Write a column as a sum of scale × template."""
        first, last = self.components[c][:2]
        constant, terms, n = np.zeros(last - first), dict[tuple[tuple[int, ...], int], Array](), last - first
        entries: list[tuple[int, int, int]] = []
        for layer, times, pulls in self._layers(by, shapes):
            if c >= self.layout.n_signals:
                column = self.components[c][2]
                template = times * self.layout.layers[layer, column : column + n]
                terms[pulls, 0] = terms.get((pulls, 0), 0.0) + template
            elif is_polynomial(self.layout):
                order = by.count(0)
                for k in range(order, self.layout.powers.shape[1]):
                    template = times * math.perm(k, order) * self.layout.powers[0, k, layer, first:last]
                    key = (pulls + (address_of(0),) * (k - order), 0)
                    terms[key] = terms.get(key, 0.0) + template
            else:
                position = ((by.count(0) * self.n_layers + layer) * self.n_bins + first) * LANES
                entries += [(self._monomial(pulls), self.signal + position, 1)] * times
        for (pulls, _), template in terms.items():
            if not pulls:
                constant = constant + template
            elif template.any():
                entries.append((self._monomial(pulls), self.allocator.constants(template), 0))
        slope_sum, factor = self.allocator.registers(), self.products[c]
        values, in_registers = (constant, False) if not entries else (None, True)
        start = self.allocator.constants(constant)
        if entries:
            start = self.allocator.registers(n)
            self.sums.append((start, n, self.allocator.constants(constant), entries))
        self.columns[c, by] = Column(
            first=first,
            last=last,
            start=start,
            in_registers=in_registers,
            values=values,
            factor=factor,
            slope_sum=slope_sum,
        )

    def _layers(self, by: Inside, shapes: list[int]) -> list[tuple[int, int, tuple[int, ...]]]:
        """List layers T, U_s, V_s with their multiplicity and scales, differentiated with respect to x_s."""
        shifted = [p for p in by if p > 0]
        n = {p: int(self.layout.nuisances[p - 1, 1]) for p in shapes}
        if len(shifted) == 2:
            return [(1 + self.n_shapes + n[shifted[0]], 2, ())]
        if len(shifted) == 1:
            (p,) = shifted
            return [(1 + n[p], 1, ()), (1 + self.n_shapes + n[p], 2, (address_of(p),))]
        layers: list[tuple[int, int, tuple[int, ...]]] = [(0, 1, ())]
        for p in shapes:
            x = address_of(p)
            layers += [(1 + n[p], 1, (x,)), (1 + self.n_shapes + n[p], 1, (x, x))]
        return layers

    def _monomial(self, registers: tuple[int, ...]) -> int:
        """Return the register of a product of registers."""
        if not registers:
            return self.one
        if len(registers) == 1:
            return registers[0]
        key = tuple(sorted(registers))
        if key not in self._monomials:
            self._monomial(key[:-1])
            self._monomials[key] = self.allocator.registers()
        return self._monomials[key]

    def monomials(self) -> list[tuple[int, int, int]]:
        """Return registers and their two factors: entries of MONOMIALS."""
        return [(register, self._monomial(key[:-1]), key[-1]) for key, register in self._monomials.items()]

    def of(self, parameters: Inside) -> list[Column]:
        """List the columns of a derivative of the counts, without the relative changes of factors."""
        shape_parameters = tuple(sorted(p for p in parameters if self.is_inside(p)))
        factors = [p for p in parameters if not self.is_inside(p)]
        return [
            column
            for (c, by), column in self.columns.items()
            if by == shape_parameters and all(p in self.factors[c] for p in factors)
        ]
