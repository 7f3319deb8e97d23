"""Programs that evaluate a model, its derivatives and the steps of a fit for many data sets at once."""

import math
from collections import OrderedDict
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from analysis import steps
from analysis._kernels import rows as R  # noqa: N812
from analysis._kernels import tape as O  # noqa: N812
from analysis._kernels.layout import GAUSSIAN, LINEAR, POISSON, Layout
from analysis.tape import Expression, Program, Tape, Term

__all__ = ["Writer", "program"]

_KEPT = 64
_known: OrderedDict[object, Program] = OrderedDict()


def program(layout: Layout, held: NDArray[np.bool_], *, bounded: bool = True) -> Program:
    """Write the program of a model with some parameters held; those of late are kept.

    Parameters
    ----------
    layout : Layout
    held : ndarray of bool, shape (P,)
        Parameters that stay.
    bounded : bool
        It is for a search, in which parameters do not leave their range; else for Hesse's errors.

    Returns
    -------
    Program
        Its parts: expected counts; -2 ln L; derivatives, with the next step or the errors.
    """
    arrays = layout[2:] if is_folded(layout) else (*layout[2:-2], np.array(layout.powers.shape[2:]))
    key = (layout[:2], tuple((a.shape, a.tobytes()) for a in arrays), held.tobytes(), bounded)
    found = _known.get(key)
    if found is None:
        writer = Writer(layout, [p for p in range(len(held)) if not held[p]])
        writer.expect()
        writer.evaluate()
        writer.derive()
        writer.step(bounded=bounded)
        found = writer.program()
        if len(_known) >= _KEPT:
            _known.popitem(last=False)
        _known[key] = found
    return found


def is_folded(layout: Layout) -> bool:
    """Tell whether the coefficients of the signal are constants of the program."""
    return len(layout.knots) == 1 and layout.knots[0] == 0.0


class Writer:
    """What is on the tape so far of a model: `analysis._kernels.layout` has the symbols.

    Derivatives are named by the parameters, ascending; θ is 0 and nuisance parameter m is 1 + m.
    """

    def __init__(self, layout: Layout, free: list[int]) -> None:
        self.layout, self.free = layout, free
        self.size, self.n_bins = len(layout.ranges), layout.bins.shape[1]
        self.tape = Tape(R.row_of_data(self.size, self.n_bins))
        self.n_shapes = len(layout.layers) // 2
        self.theta: dict[int, int] = {}
        self.signals: dict[tuple[int, int], list[int]] = {}
        self.columns: dict[tuple[int, int, tuple[int, ...]], Expression] = {}
        self.sums: dict[object, Expression] = {}
        self.kinds = [int(kind) for kind in layout.nuisances[:, 0]]
        self.sizes = [float(size) for size in layout.constraints[:, 0]]
        self.components = [[int(x) for x in row] for row in layout.components]
        self.of = [[int(m) for c, m in layout.pairs if c == j] for j in range(len(layout.components))]

    def program(self, *, shared: bool = True) -> Program:
        """Return what was written."""
        self.tape.end_part()
        return self.tape.program(shared=shared)

    def expect(self) -> None:
        """Write what the expected counts are."""
        tape = self.tape
        if is_folded(self.layout):
            self.theta = {1: R.row_of(R.AT)}
        else:
            self.place = [tape.row(), tape.row()]
            tape.add(O.PIECE, self.place, [R.row_of(R.AT)])
        self.mu = [self._expected(i) for i in range(self.n_bins)]
        self.pulls = [
            tape.row_of([(1.0, R.row_of(R.AT, p)), (-1.0, R.row_of(R.MEASURED, p))])
            for p in range(1, self.size)
        ]
        self.slopes, self.rest = self._slopes()
        tape.end_part()

    def _power(self, k: int) -> Term:
        if k == 0:
            return ()
        if k not in self.theta:
            self.theta[k] = self.tape.row_of([(1.0, *self._power(k - 1), self.theta[1])])
        return (self.theta[k],)

    def _signal(self, layer: int, i: int, order: int) -> list[Term]:
        """∂^order/∂θ^order of a layer of the signal of a bin."""
        if is_folded(self.layout):
            found = [float(x) for x in self.layout.powers[0, :, layer, i]]
            return [
                (math.perm(k, order) * found[k], *self._power(k - order))
                for k in range(order, len(found))
                if found[k] != 0.0
            ]
        if (layer, i) not in self.signals:
            self.signals[layer, i] = [self.tape.row() for _ in range(3)]
            column = layer * self.n_bins + i
            self.tape.add(O.LOOK_UP, self.signals[layer, i], self.place, last=column)
        return [(self.signals[layer, i][order],)]

    def _column(self, c: int, i: int, by: tuple[int, ...] = ()) -> Expression:
        """T + Σ x U + x² V of a component in a bin, differentiated."""
        if (c, i, by) not in self.columns:
            order, shapes = by.count(0), [int(self.layout.nuisances[p - 1, 1]) for p in by if p > 0]
            terms: list[Term] = []
            for layer, pull in self._pulls(shapes):
                if c < self.layout.n_signals:
                    terms += [(*pull, *term) for term in self._signal(layer, i, order)]
                elif order == 0:
                    column = self.components[c][2] + i - self.components[c][0]
                    terms.append((*pull, float(self.layout.layers[layer, column])))
            self.columns[c, i, by] = self.tape.sum(terms)
        return self.columns[c, i, by]

    def _pulls(self, shapes: list[int]) -> list[tuple[int, Term]]:
        """Layers and their pulls 1, x_s, x_s², differentiated in some x_s."""
        n = self.n_shapes
        rows = {int(s): R.row_of(R.AT, 1 + m) for m, s in enumerate(self.layout.nuisances[:, 1]) if s >= 0}
        if not shapes:
            every = [(1 + s, (x,)) for s, x in rows.items()] + [(1 + n + s, (x, x)) for s, x in rows.items()]
            return [(0, ()), *every]
        if len(shapes) == 1:
            (s,) = shapes
            return [(1 + s, ()), (1 + n + s, (2.0, rows[s]))]
        return [(1 + n + shapes[0], (2.0,))] if shapes[0] == shapes[1] else []

    def _factor(self, c: int, by: tuple[int, ...] = ()) -> Term:
        """F_c, differentiated."""
        size, rows = 1.0, []
        for m in self.of[c]:
            x, n = R.row_of(R.AT, 1 + m), by.count(1 + m)
            if self.kinds[m] == LINEAR:
                if n > 1:
                    return (0.0,)
                if n == 1:
                    size *= self.sizes[m]
                else:
                    rows.append(self.tape.row_of([(1.0,), (self.sizes[m], x)]))
            else:
                size *= self.sizes[m] ** n
                rows.append(self._exponential(m, x))
        return (size, self.tape.row_of([tuple(rows)])) if rows else (size,)

    def _exponential(self, m: int, x: int) -> int:
        found = self.sums.get(m)
        if found is None:
            found = self.sums[m] = self.tape.row()
            self.tape.add(O.EXPONENTIAL, [found], [x], numbers=[self.sizes[m]])
        return int(found)

    def _in(self, i: int) -> list[int]:
        return [c for c, row in enumerate(self.components) if row[0] <= i < row[1]]

    def _expected(self, i: int) -> int:
        constant = float(self.layout.bins[0, i])
        terms = [(*self._factor(c), self._column(c, i)) for c in self._in(i)]
        return self.tape.row_of([(constant,), *terms])

    def _slopes(self) -> tuple[list[tuple[int, Expression]], list[int]]:
        """Slope and curvature of -2 ln L in the expectation of every bin, and what its value is made of."""
        tape, found, rest = self.tape, [], []
        for i, mean in enumerate(self.mu):
            n, spread = R.row_of_data(self.size, i), float(self.layout.bins[1, i])
            if self.layout.likelihood == GAUSSIAN:
                difference = tape.row_of([(1.0, mean), (-1.0, n)])
                weight = 1.0 / spread**2
                found.append((tape.row_of([(2.0 * weight, difference)]), 2.0 * weight))
                rest.append(difference)
            elif self.layout.likelihood == POISSON:
                rows = [tape.row() for _ in range(3)]
                tape.add(O.POISSON, rows, [mean, n])
                found.append((rows[1], rows[2]))
                rest.append(rows[0])
            else:
                rows = [tape.row() for _ in range(3)]
                tape.add(O.TEMPLATES, rows, [mean, n], numbers=[spread**2])
                found.append((rows[0], rows[1]))
                rest.append(rows[2])
        return found, rest

    def evaluate(self) -> None:
        """Write what -2 ln L is, after what is expected."""
        self.tape.begin_aside()
        tape, measured = self.tape, [float(x) for x in self.layout.constraints[:, 1]]
        terms: list[Term] = [(w, d, d) for w, d in zip(measured, self.pulls, strict=True)]
        if self.layout.likelihood == GAUSSIAN:
            spread = [float(x) for x in self.layout.bins[1]]
            terms += [(1.0 / s**2, d, d) for s, d in zip(spread, self.rest, strict=True)]
        elif self.layout.likelihood == POISSON:
            inputs = [x for i, mean in enumerate(self.rest) for x in (R.row_of_data(self.size, i), mean)]
            deviance = tape.row()
            tape.add(O.DEVIANCE, [deviance], inputs)
            terms.append((deviance,))
        else:
            terms += [(d,) for d in self.rest]
        tape.sum(terms, R.row_of(R.VALUE))
        tape.end_aside()

    def _splits(self, by: tuple[int, ...]) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
        """Components that depend on all parameters; what acts on their factor and on their columns."""
        found = []
        for c in range(len(self.components)):
            factor = tuple(p for p in by if p - 1 in self.of[c])
            column = tuple(p for p in by if p - 1 not in self.of[c])
            shape = all(self.layout.nuisances[p - 1, 1] >= 0 for p in column if p > 0)
            if shape and (0 not in column or c < self.layout.n_signals):
                found.append((c, factor, column))
        return found

    def _first(self, c: int, by: tuple[int, ...]) -> Expression:
        """Σ_i slope × column."""
        key = ("first", c, by)
        if key not in self.sums:
            bins = range(*self.components[c][:2])
            self.sums[key] = self.tape.sum([(self.slopes[i][0], self._column(c, i, by)) for i in bins])
        return self.sums[key]

    def _square(self, one: tuple[int, tuple[int, ...]], other: tuple[int, tuple[int, ...]]) -> Expression:
        """Σ_i curvature × column × column."""
        one, other = sorted((one, other))
        key = (one, other)
        if key not in self.sums:
            (c, by), (d, and_) = key
            (low, high), (bottom, top) = self.components[c][:2], self.components[d][:2]
            bins = range(max(low, bottom), min(high, top))
            self.sums[key] = self.tape.sum([(*self._bent(c, i, by), self._column(d, i, and_)) for i in bins])
        return self.sums[key]

    def _bent(self, c: int, i: int, by: tuple[int, ...]) -> Term:
        column = self._column(c, i, by)
        if isinstance(column, float):
            return (column, self.slopes[i][1])
        return (self.tape.sum([(self.slopes[i][1], column)]),)

    def derive(self) -> None:
        """Write the gradient and the Hessian of the free parameters."""
        measured = [float(x) for x in self.layout.constraints[:, 1]]
        for p in sorted({0, *self.free}):
            terms: list[Term] = [(*self._factor(c, f), self._first(c, by)) for c, f, by in self._splits((p,))]
            if p > 0:
                terms.append((2.0 * measured[p - 1], self.pulls[p - 1]))
            self.tape.sum(terms, R.row_of(R.GRADIENT, p))
        self.hessian: dict[tuple[int, int], int | None] = {}
        for q, p in combinations_with_replacement(self.free, 2):
            bent = [(*self._factor(c, f), self._first(c, by)) for c, f, by in self._splits((q, p))]
            terms = [(self.tape.sum(bent), R.row_of(R.EXACT))]
            terms += [
                (*self._factor(c, f), *self._factor(d, g), self._square((c, by), (d, and_)))
                for c, f, by in self._splits((p,))
                for d, g, and_ in self._splits((q,))
            ]
            if p == q and p > 0:
                terms.append((2.0 * measured[p - 1],))
            self.hessian[p, q] = self.tape.own(terms)

    def step(self, *, bounded: bool) -> None:
        """Write the next step of a search, or the errors."""
        if bounded:
            steps.hold(self.tape, self.free, self.hessian)
        factor = steps.factorise(self.tape, self.free, self.hessian)
        if bounded:
            steps.solve(self.tape, self.free, factor)
        else:
            steps.fill_errors(self.tape, self.free, factor)
