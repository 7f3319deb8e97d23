"""Programs of the compiled fit: a model as a list of instructions, and the allocation of registers."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine._kernels import (
    instructions as K,  # noqa: N812
    registers as R,  # noqa: N812
)
from analysis.batch.engine._kernels.layout import LINEAR, Layout
from analysis.batch.engine._kernels.registers import LANES
from analysis.batch.engine.allocation import Allocator, Tables
from analysis.batch.engine.columns import Column, Columns, address_of, is_polynomial

__all__ = ["Program", "Workspace", "make_program", "workspace"]

Array = NDArray[np.float64]

_N_CACHED, _N_RECENT = 64, 8
_cache: dict[object, "Program"] = {}
_recent: dict[tuple[int, bytes], tuple[Layout, "Program"]] = {}
"""Programs by the content of layouts; and by the ids of the latest layouts, which are kept so that no other
one gets their id."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A model as input of the compiled fit.

    Parameters
    ----------
    instructions : ndarray of uint64, shape (n_entries,)
        A header and tables: see `analysis.batch.engine._kernels.instructions`.
    constants : ndarray, shape (n_constants,)
        Numbers that are the same for all data sets.
    n_registers : int
        Registers that a workspace needs.
    """

    instructions: NDArray[np.uint64]
    constants: Array
    n_registers: int


def make_program(layout: Layout, held: NDArray[np.bool_]) -> Program:
    """Write the program of a model with some parameters fixed; the latest programs are cached.

    Parameters
    ----------
    layout : Layout
    held : ndarray of bool, shape (P,)
        Which parameters are fixed: θ, then the nuisance parameters.
    """
    recent = _recent.get((id(layout), held.tobytes()))
    if recent is not None:
        return recent[1]
    powers = layout.powers if is_polynomial(layout) else np.array(layout.powers.shape[2:])
    key = (layout[:2], tuple((a.shape, a.tobytes()) for a in (*layout[2:-2], powers)), held.tobytes())
    program = _cache.get(key) or _Writer(layout, list(map(int, np.flatnonzero(~held)))).program()
    _keep(_cache, key, program, _N_CACHED)
    _keep(_recent, (id(layout), held.tobytes()), (layout, program), _N_RECENT)
    return program


def _keep(cached: dict[Any, Any], key: object, value: object, most: int) -> None:
    """Store a value in place of the oldest; threads may do so at once."""
    with _lock:
        while len(cached) >= most:
            del cached[next(iter(cached))]
        cached[key] = value


Workspace, workspace = Program, make_program
"""Former names."""


class _Writer:
    """Writes the tables of a model with some parameters free, and allocates their registers."""

    def __init__(self, layout: Layout, free: list[int]) -> None:
        self.layout, self.free = layout, free
        self.size, self.n_bins = len(layout.ranges), layout.bins.shape[1]
        self.allocator = Allocator(n_registers=R.register_of_data(self.size, 0))
        self.data = self.allocator.registers(self.n_bins)
        self.one = self.allocator.registers()
        self.columns = Columns(layout, self.allocator, self.one)
        self.tables = Tables()

    def program(self) -> Program:
        """Write all tables, and the header."""
        layout, n, allocator, tables = self.layout, self.n_bins, self.allocator, self.tables
        mu, slope, curvature, values = (allocator.registers(n) for _ in range(4))
        changes, measured = self._pulls()
        self._write_columns(mu, slope)
        needed = sorted({0, *self.free})
        pairs = [(q, p) for a, p in enumerate(self.free) for q in self.free[: a + 1]]
        sums = [self.columns.of((p,)) for p in needed] + [self._second(pair) for pair in pairs]
        ranges = tables.lists(K.SUMS, [[(x.factor, x.slope_sum) for x in columns] for columns in sums])
        grams = self._grams(curvature)
        tables.table(
            K.PARAMETERS,
            [(_offset(p), changes[p], *ends, measured[p]) for p, ends in zip(needed, ranges, strict=False)],
        )
        tables.table(K.FREE, [(_offset(p), changes[p], measured[p], self._is_vague(p)) for p in self.free])
        ends_of = ranges[len(needed) :]
        tables.table(K.PAIRS, [(grams[pair], *ends) for pair, ends in zip(pairs, ends_of, strict=True)])
        instructions = tables.instructions(
            {
                K.LIKELIHOOD: layout.likelihood,
                K.N_BINS: n,
                K.DATA: self.data,
                K.MU: mu,
                K.SLOPE: slope,
                K.CURVATURE: curvature,
                K.BIN_VALUES: values,
                K.SIGNAL: self.columns.signal,
                K.PIECE: allocator.registers(2),
                K.CONSTANTS: allocator.constants(layout.bins[0]),
                K.ERRORS: allocator.constants(layout.bins[1]),
                K.MATRIX: allocator.registers(len(pairs)),
            }
        )
        return Program(
            instructions=instructions,
            constants=np.array(allocator.values, np.float64),
            n_registers=allocator.n_registers,
        )

    def _is_vague(self, p: int) -> int:
        return int(self.layout.nuisances[p - 1, 2]) if p > 0 else 0

    def _pulls(self) -> tuple[list[int], list[int]]:
        """Write pulls and factors; return relative changes, and constants that are 1 if measured."""
        sizes = [self.allocator.constants(row[:2]) for row in self.layout.constraints]
        relative = [self.allocator.registers() for _ in sizes]
        pulls = self.tables.table(
            K.PULLS,
            [
                (int(kind), address_of(1 + m), relative[m], self.allocator.registers(), sizes[m])
                for m, (kind, *_) in enumerate(self.layout.nuisances)
            ],
        )
        factors = [*self.columns.factors, []]  # a product of nothing is 1
        ranges = self.tables.lists(
            K.PRODUCT_OF, [[(pulls[p - 1],) for p in parameters] for parameters in factors]
        )
        products = [*self.columns.products, self.one]
        self.tables.table(K.PRODUCTS, [(f, *ends) for f, ends in zip(products, ranges, strict=True)])
        changes = [self.one if self.columns.is_inside(p) else relative[p - 1] for p in range(self.size)]
        return changes, [self.allocator.constants([0.0]), *(constant + 1 for constant in sizes)]

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
            K.COUNTS,
            [
                (mu + x.first * LANES, x.last - x.first, x.factor, x.start, int(x.in_registers))
                for x in values
            ],
        )
        tables.table(
            K.DOT_PRODUCTS,
            [
                (x.slope_sum, slope + x.first * LANES, x.start, x.last - x.first, int(x.in_registers))
                for x in self.columns.columns.values()
            ],
        )

    def _second(self, pair: tuple[int, int]) -> list[Column]:
        q, p = pair
        if q == p and not self.columns.is_inside(p) and int(self.layout.nuisances[p - 1, 0]) == LINEAR:
            return []
        return self.columns.of(pair)

    def _grams(self, curvature: int) -> dict[tuple[int, int], int]:
        """Write Σ curvature × derivative × derivative; return their registers for pairs of free parameters.

        Parameters that change the same components share a derivative, up to their relative changes.
        """
        derivative_of: dict[int, Column] = {}
        by_columns: dict[tuple[int, ...], Column] = {}
        joined: list[tuple[Column, list[Column]]] = []
        for p in self.free:
            columns = self.columns.of((p,))
            key = tuple(column.slope_sum for column in columns)
            if key not in by_columns:
                by_columns[key] = columns[0] if len(columns) == 1 else self._joined(columns)
                if len(columns) != 1:
                    joined.append((by_columns[key], columns))
            derivative_of[p] = by_columns[key]
        entries_of_sums = [
            [(x.at(y.first), y.start, y.last - y.first, y.factor, int(y.in_registers)) for y in columns]
            for x, columns in joined
        ]
        ranges = self.tables.lists(K.JOINED_OF, entries_of_sums)
        self.tables.table(
            K.JOINED,
            [(x.start, x.last - x.first, *ends) for (x, _), ends in zip(joined, ranges, strict=True)],
        )
        weighted = {
            x.start: self.allocator.registers(x.last - x.first) for x in by_columns.values() if x.in_registers
        }
        self.tables.table(
            K.WEIGHTED,
            [
                (weighted[x.start], curvature + x.first * LANES, x.start, x.last - x.first)
                for x in by_columns.values()
                if x.in_registers
            ],
        )
        gram_of: dict[tuple[int, int], tuple[int, ...]] = {}
        gram = {}
        for a, p in enumerate(self.free):
            for q in self.free[: a + 1]:
                first, second = sorted(
                    (derivative_of[p], derivative_of[q]), key=lambda x: (x.in_registers, x.slope_sum)
                )
                pair = (first.slope_sum, second.slope_sum)
                if pair not in gram_of:
                    gram_of[pair] = (
                        self.allocator.registers(),
                        first.factor,
                        second.factor,
                        *self._gram(first, second, weighted, curvature),
                    )
                gram[q, p] = gram_of[pair][0]
        self.tables.table(K.GRAM, list(gram_of.values()))
        return gram

    def _joined(self, columns: list[Column]) -> Column:
        """Allocate the sum of columns of several components, each times its factor."""
        first = min((x.first for x in columns), default=0)
        last = max((x.last for x in columns), default=0)
        start = self.allocator.registers(last - first)
        return Column(
            first=first,
            last=last,
            start=start,
            in_registers=True,
            values=None,
            factor=self.one,
            slope_sum=self.allocator.registers(),
        )

    def _gram(
        self, one: Column, other: Column, weighted: Mapping[int, int], curvature: int
    ) -> tuple[int, int, int, int]:
        """Write a sum over the bins of both derivatives; a column of constants comes first."""
        first = max(one.first, other.first)
        last = max(first, min(one.last, other.last))
        if other.in_registers:
            register = weighted[other.start] + (first - other.first) * LANES
            return register, one.at(first), last - first, int(one.in_registers)
        constants = [x.values[first - x.first : last - x.first] for x in (one, other) if x.values is not None]
        return (
            curvature + first * LANES,
            self.allocator.constants(constants[0] * constants[1]),
            last - first,
            0,
        )


def _offset(p: int) -> int:
    """Return the distance of the registers of a parameter from those of θ."""
    return p * int(R.STRIDE)
