"""Columns of the components of a model: expected counts up to a factor, and their derivatives."""

import math
from dataclasses import dataclass, field
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch.engine._kernels import rows as R  # noqa: N812
from analysis.batch.engine._kernels.layout import SHAPE, Layout
from analysis.batch.engine._kernels.rows import LANES

__all__ = ["Column", "Columns", "Inside", "Space", "is_polynomial", "row_of_parameter"]

Array = NDArray[np.float64]
Inside = tuple[int, ...]
"""Parameters in which a column is differentiated, ascending: θ is 0, nuisance parameter m is 1 + m."""


@dataclass(slots=True)
class Space:
    """Rows and numbers of a workspace that have been given out."""

    n_rows: int
    numbers: list[float] = field(default_factory=list)

    def rows(self, n: int = 1) -> int:
        """Give out rows, and return the first."""
        self.n_rows += n
        return (self.n_rows - n) * LANES

    def put(self, values: ArrayLike) -> int:
        """Store numbers, and return where the first is."""
        self.numbers += [float(x) for x in np.ravel(values)]
        return len(self.numbers) - np.size(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What is inside a component, or a derivative of it: rows of bins, or numbers of them."""

    first: int
    last: int
    start: int
    is_row: bool
    values: Array | None
    """The numbers."""
    product: int
    """Row of the component's factor."""
    total: int
    """Row of Σ slope × column."""

    def at(self, i: int) -> int:
        """Return where a bin is."""
        return self.start + (i - self.first) * (LANES if self.is_row else 1)


def is_polynomial(layout: Layout) -> bool:
    """Tell whether the signal is one polynomial in θ; else it is tabulated."""
    return len(layout.knots) == 1 and layout.knots[0] == 0.0


def row_of_parameter(p: int) -> int:
    """Return the row of a parameter."""
    return R.row_of(R.AT, p) * LANES


class Columns:
    """All columns of a model, and the sums of scale × template that they are.

    Parameters
    ----------
    layout : Layout
    space : Space
    one : int
        Row of ones.

    Attributes
    ----------
    columns : dict of (int, Inside) to Column
        By component and what they are differentiated in; () is the column itself.
    sums : list of tuple
        First row, number of bins, constants and terms of each that is a row: entries of COLUMNS and TERMS.
    """

    def __init__(self, layout: Layout, space: Space, one: int) -> None:
        self.layout, self.space, self.one = layout, space, one
        self.n_shapes, self.n_layers, self.n_bins = (
            len(layout.layers) // 2,
            len(layout.layers),
            layout.bins.shape[1],
        )
        self.size = len(layout.ranges)
        self.components = [[int(x) for x in row] for row in layout.components]
        self.factors = [[1 + int(m) for c, m in layout.pairs if c == j] for j in range(len(self.components))]
        self.products = [space.rows() for _ in self.components]
        self.signal = 0 if is_polynomial(layout) else space.rows(3 * self.n_layers * self.n_bins)
        self._monomials: dict[tuple[int, ...], int] = {}
        self.columns: dict[tuple[int, Inside], Column] = {}
        self.sums: list[tuple[int, int, int, list[tuple[int, int, int]]]] = []
        for c in range(len(self.components)):
            self._component(c)

    def is_inside(self, p: int) -> bool:
        """Tell whether a parameter is inside the components: θ, or one that changes shapes."""
        return p == 0 or int(self.layout.nuisances[p - 1, 0]) == SHAPE

    def _component(self, c: int) -> None:
        """Name the columns of a component."""
        first, last = self.components[c][:2]
        inside = [
            p
            for p in range(self.size)
            if self.is_inside(p) and (c < self.layout.n_signals if p == 0 else self._overlaps(p, first, last))
        ]
        second = [
            pair for pair in combinations_with_replacement(inside, 2) if 0 in pair or pair[0] == pair[1]
        ]
        for by in [(), *((p,) for p in inside), *second]:
            self._column(c, by, [p for p in inside if p > 0])

    def _overlaps(self, p: int, first: int, last: int) -> bool:
        low, high = self.layout.ranges[p]
        return bool(low < last and first < high)

    def _column(self, c: int, by: Inside, shapes: list[int]) -> None:
        """Write a column as a sum of scale × template."""
        first, last = self.components[c][:2]
        constant, terms, n = np.zeros(last - first), dict[tuple[tuple[int, ...], int], Array](), last - first
        rows: list[tuple[int, int, int]] = []
        for layer, times, pulls in self._layers(by, shapes):
            if c >= self.layout.n_signals:
                column = self.components[c][2]
                template = times * self.layout.layers[layer, column : column + n]
                terms[pulls, 0] = terms.get((pulls, 0), 0.0) + template
            elif is_polynomial(self.layout):
                order = by.count(0)
                for k in range(order, self.layout.powers.shape[1]):
                    template = times * math.perm(k, order) * self.layout.powers[0, k, layer, first:last]
                    key = (pulls + (row_of_parameter(0),) * (k - order), 0)
                    terms[key] = terms.get(key, 0.0) + template
            else:
                place = ((by.count(0) * self.n_layers + layer) * self.n_bins + first) * LANES
                rows += [(self._monomial(pulls), self.signal + place, 1)] * times
        for (pulls, _), template in terms.items():
            if not pulls:
                constant = constant + template
            elif template.any():
                rows.append((self._monomial(pulls), self.space.put(template), 0))
        total, product = self.space.rows(), self.products[c]
        values, is_row = (constant, False) if not rows else (None, True)
        start = self.space.put(constant)
        if rows:
            start = self.space.rows(n)
            self.sums.append((start, n, self.space.put(constant), rows))
        self.columns[c, by] = Column(
            first=first, last=last, start=start, is_row=is_row, values=values, product=product, total=total
        )

    def _layers(self, by: Inside, shapes: list[int]) -> list[tuple[int, int, tuple[int, ...]]]:
        """List layers T, U_s, V_s, each with the number and rows that multiply it, differentiated in x_s."""
        of = [p for p in by if p > 0]
        n = {p: int(self.layout.nuisances[p - 1, 1]) for p in shapes}
        if len(of) == 2:
            return [(1 + self.n_shapes + n[of[0]], 2, ())]
        if len(of) == 1:
            (p,) = of
            return [(1 + n[p], 1, ()), (1 + self.n_shapes + n[p], 2, (row_of_parameter(p),))]
        found: list[tuple[int, int, tuple[int, ...]]] = [(0, 1, ())]
        for p in shapes:
            x = row_of_parameter(p)
            found += [(1 + n[p], 1, (x,)), (1 + self.n_shapes + n[p], 1, (x, x))]
        return found

    def _monomial(self, rows: tuple[int, ...]) -> int:
        """Return the row of a product of rows."""
        if not rows:
            return self.one
        if len(rows) == 1:
            return rows[0]
        key = tuple(sorted(rows))
        if key not in self._monomials:
            self._monomial(key[:-1])
            self._monomials[key] = self.space.rows()
        return self._monomials[key]

    def monomials(self) -> list[tuple[int, int, int]]:
        """Return rows and their two factors: entries of MONOMIALS."""
        return [(row, self._monomial(key[:-1]), key[-1]) for key, row in self._monomials.items()]

    def of(self, parameters: Inside) -> list[Column]:
        """List columns with derivatives of the counts in parameters, up to relative changes."""
        inside = tuple(sorted(p for p in parameters if self.is_inside(p)))
        factors = [p for p in parameters if not self.is_inside(p)]
        return [
            column
            for (c, by), column in self.columns.items()
            if by == inside and all(p in self.factors[c] for p in factors)
        ]
