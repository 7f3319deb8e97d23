"""Workspaces of the compiled fit: a model written down as tables of indices."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import (
    model as K,  # noqa: N812
    rows as R,  # noqa: N812
)
from analysis.batch.engine._kernels.layout import LINEAR, Layout
from analysis.batch.engine._kernels.rows import LANES
from analysis.batch.engine.columns import Column, Columns, Space, is_polynomial, row_of_parameter

__all__ = ["Workspace", "workspace"]

Array = NDArray[np.float64]

_KEPT = 64
_known: OrderedDict[object, "Workspace"] = OrderedDict()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A model as the compiled fit takes it.

    Parameters
    ----------
    code : ndarray of uint64
        Tables of indices: see `analysis.batch.engine._kernels.model`.
    numbers : ndarray
    n_rows : int
        Rows that it needs.
    """

    code: NDArray[np.uint64]
    numbers: Array
    n_rows: int


def workspace(layout: Layout, held: NDArray[np.bool_]) -> Workspace:
    """Write the workspace of a model with some parameters held; the last ones are kept.

    Parameters
    ----------
    layout : Layout
    held : ndarray of bool, shape (P,)
        Parameters that stay: θ, then the nuisance parameters.
    """
    powers = layout.powers if is_polynomial(layout) else np.array(layout.powers.shape[2:])
    key = (layout[:2], tuple((a.shape, a.tobytes()) for a in (*layout[2:-2], powers)), held.tobytes())
    found = _known.get(key)
    if found is None:
        found = _Writer(layout, [p for p in range(len(held)) if not held[p]]).workspace()
        if len(_known) >= _KEPT:
            _known.popitem(last=False)
        _known[key] = found
    return found


class _Writer:
    """Writes the tables of a model."""

    def __init__(self, layout: Layout, free: list[int]) -> None:
        self.layout, self.free = layout, free
        self.size, self.n_bins = len(layout.ranges), layout.bins.shape[1]
        self.space = Space(n_rows=R.row_of_data(self.size, 0))
        self.data = self.space.rows(self.n_bins)
        self.one = self.space.rows()
        self.columns = Columns(layout, self.space, self.one)
        self.tables = _Tables()

    def workspace(self) -> Workspace:
        """Write all tables."""
        layout, n, space, tables = self.layout, self.n_bins, self.space, self.tables
        mu, slope, curvature, rest = (space.rows(n) for _ in range(4))
        changes, measured = self._pulls()
        self._write_columns(mu, slope)
        needed = sorted({0, *self.free})
        pairs = [(q, p) for a, p in enumerate(self.free) for q in self.free[: a + 1]]
        sums = [self.columns.of((p,)) for p in needed] + [self._second(pair) for pair in pairs]
        ranges = tables.lists(K.SUMS, [[(x.product, x.total) for x in own] for own in sums])
        grams = self._grams(curvature)
        tables.table(
            K.PARAMETERS,
            [(_apart(p), changes[p], *ends, measured[p]) for p, ends in zip(needed, ranges, strict=False)],
        )
        tables.table(K.FREE, [(_apart(p), changes[p], measured[p], self._is_vague(p)) for p in self.free])
        ends_of = ranges[len(needed) :]
        tables.table(K.PAIRS, [(grams[pair], *ends) for pair, ends in zip(pairs, ends_of, strict=True)])
        code = tables.code(
            {
                K.LIKELIHOOD: layout.likelihood,
                K.N_BINS: n,
                K.DATA: self.data,
                K.MU: mu,
                K.SLOPE: slope,
                K.CURVATURE: curvature,
                K.REST: rest,
                K.SIGNAL: self.columns.signal,
                K.PIECE: space.rows(2),
                K.CONSTANTS: space.put(layout.bins[0]),
                K.ERRORS: space.put(layout.bins[1]),
                K.MATRIX: space.rows(len(pairs)),
            }
        )
        return Workspace(code=code, numbers=np.array(space.numbers, np.float64), n_rows=space.n_rows)

    def _is_vague(self, p: int) -> int:
        return int(self.layout.nuisances[p - 1, 2]) if p > 0 else 0

    def _pulls(self) -> tuple[list[int], list[int]]:
        """Write nuisance parameters and factors; return relative changes, and where 1 stands if measured."""
        sizes = [self.space.put(row[:2]) for row in self.layout.constraints]
        relative = [self.space.rows() for _ in sizes]
        pulls = self.tables.table(
            K.PULLS,
            [
                (int(kind), row_of_parameter(1 + m), relative[m], self.space.rows(), sizes[m])
                for m, (kind, *_) in enumerate(self.layout.nuisances)
            ],
        )
        factors = [*self.columns.factors, []]  # a product of nothing is 1
        ranges = self.tables.lists(K.PRODUCT_OF, [[(pulls[p - 1],) for p in own] for own in factors])
        rows = [*self.columns.products, self.one]
        self.tables.table(K.PRODUCTS, [(row, *ends) for row, ends in zip(rows, ranges, strict=True)])
        changes = [self.one if self.columns.is_inside(p) else relative[p - 1] for p in range(self.size)]
        return changes, [self.space.put([0.0]), *(place + 1 for place in sizes)]

    def _write_columns(self, mu: int, slope: int) -> None:
        """Write columns, the sum of the components and the sums over bins."""
        tables = self.tables
        ranges = tables.lists(K.TERMS, [terms for *_, terms in self.columns.sums])
        tables.table(
            K.COLUMNS,
            [(*column, *ends) for (*column, _), ends in zip(self.columns.sums, ranges, strict=True)],
        )
        tables.table(K.MONOMIALS, self.columns.monomials())
        values = [column for (_, by), column in self.columns.columns.items() if by == ()]
        tables.table(
            K.COUNTED,
            [(mu + x.first * LANES, x.last - x.first, x.product, x.start, int(x.is_row)) for x in values],
        )
        tables.table(
            K.DOTS,
            [
                (x.total, slope + x.first * LANES, x.start, x.last - x.first, int(x.is_row))
                for x in self.columns.columns.values()
            ],
        )

    def _second(self, pair: tuple[int, int]) -> list[Column]:
        q, p = pair
        if q == p and not self.columns.is_inside(p) and int(self.layout.nuisances[p - 1, 0]) == LINEAR:
            return []
        return self.columns.of(pair)

    def _grams(self, curvature: int) -> dict[tuple[int, int], int]:
        """Write Σ curvature × derivative × derivative: rows of them for pairs of free parameters.

        Parameters that change the same components share a derivative, up to their relative changes.
        """
        of: dict[int, Column] = {}
        known: dict[tuple[int, ...], Column] = {}
        joined: list[tuple[Column, list[Column]]] = []
        for p in self.free:
            own = self.columns.of((p,))
            key = tuple(column.total for column in own)
            if key not in known:
                known[key] = own[0] if len(own) == 1 else self._joined(own)
                if len(own) != 1:
                    joined.append((known[key], own))
            of[p] = known[key]
        parts = [
            [(x.at(y.first), y.start, y.last - y.first, y.product, int(y.is_row)) for y in own]
            for x, own in joined
        ]
        ranges = self.tables.lists(K.JOINED_OF, parts)
        self.tables.table(
            K.JOINED,
            [(x.start, x.last - x.first, *ends) for (x, _), ends in zip(joined, ranges, strict=True)],
        )
        weighted = {x.start: self.space.rows(x.last - x.first) for x in known.values() if x.is_row}
        self.tables.table(
            K.WEIGHTED,
            [
                (weighted[x.start], curvature + x.first * LANES, x.start, x.last - x.first)
                for x in known.values()
                if x.is_row
            ],
        )
        entries: dict[tuple[int, int], tuple[int, ...]] = {}
        found = {}
        for a, p in enumerate(self.free):
            for q in self.free[: a + 1]:
                one_, other = sorted((of[p], of[q]), key=lambda x: (x.is_row, x.total))
                key2 = (one_.total, other.total)
                if key2 not in entries:
                    entries[key2] = (
                        self.space.rows(),
                        one_.product,
                        other.product,
                        *self._gram(one_, other, weighted, curvature),
                    )
                found[q, p] = entries[key2][0]
        self.tables.table(K.GRAM, list(entries.values()))
        return found

    def _joined(self, own: list[Column]) -> Column:
        first, last = min((x.first for x in own), default=0), max((x.last for x in own), default=0)
        start = self.space.rows(last - first)
        return Column(
            first=first,
            last=last,
            start=start,
            is_row=True,
            values=None,
            product=self.one,
            total=self.space.rows(),
        )

    def _gram(
        self, one: Column, other: Column, weighted: Mapping[int, int], curvature: int
    ) -> tuple[int, int, int, int]:
        """Write a sum over the bins that two derivatives have in common; numbers come before rows."""
        first = max(one.first, other.first)
        last = max(first, min(one.last, other.last))
        if other.is_row:
            rows = weighted[other.start] + (first - other.first) * LANES
            return rows, one.at(first), last - first, int(one.is_row)
        pair = [x.values[first - x.first : last - x.first] for x in (one, other) if x.values is not None]
        return curvature + first * LANES, self.space.put(pair[0] * pair[1]), last - first, 0


class _Tables:
    """Tables behind a header."""

    def __init__(self) -> None:
        self.header: dict[int, int] = {}
        self.entries: list[int] = []

    def table(self, name: np.uint64, entries: Sequence[Sequence[int]]) -> list[int]:
        """Append a table, and return where its entries begin."""
        found = []
        self.header[int(name)] = K.HEADER + len(self.entries)
        for entry in entries:
            found.append(K.HEADER + len(self.entries))
            self.entries += [int(x) for x in entry]
        self.header[int(name) + 1] = K.HEADER + len(self.entries)
        return found

    def lists(self, name: np.uint64, lists: Sequence[Sequence[Sequence[int]]]) -> list[tuple[int, int]]:
        """Append a table of lists, and return the range of each."""
        self.table(name, [entry for own in lists for entry in own])
        ends = np.cumsum([self.header[int(name)], *(sum(len(entry) for entry in own) for own in lists)])
        return [(int(a), int(b)) for a, b in pairwise(ends)]

    def code(self, values: Mapping[np.uint64, int]) -> NDArray[np.uint64]:
        """Put the header before the tables."""
        header = self.header | {int(name): value for name, value in values.items()}
        return np.array([*(header[j] for j in range(K.HEADER)), *self.entries], np.uint64)


def _apart(p: int) -> int:
    """Return how far the rows of a parameter are from those of θ."""
    return p * int(R.APART)
