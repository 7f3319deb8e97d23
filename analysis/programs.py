"""Programs that evaluate a model, its derivatives and the steps of a fit for many data sets at once."""

import math
from collections import OrderedDict
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from analysis._kernels import rows as R  # noqa: N812
from analysis._kernels import tape as O  # noqa: E741, N812
from analysis._kernels.layout import GAUSSIAN, LINEAR, POISSON, Layout
from analysis.tape import Expression, Program, Tape, Term

__all__ = ["program"]

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
        Parameters do not leave their range; else the last part fills Hesse's errors.

    Returns
    -------
    Program
        Its parts: expected counts; -2 ln L; derivatives and the next step; errors.
    """
    arrays = layout[2:] if is_folded(layout) else (*layout[2:-2], np.array(layout.powers.shape[2:]))
    key = (layout[:2], tuple((a.shape, a.tobytes()) for a in arrays), held.tobytes(), bounded)
    found = _known.get(key)
    if found is None:
        found = _Writer(layout, [p for p in range(len(held)) if not held[p]]).program(bounded=bounded)
        if len(_known) >= _KEPT:
            _known.popitem(last=False)
        _known[key] = found
    return found


def is_folded(layout: Layout) -> bool:
    """Tell whether the coefficients of the signal are constants of the program."""
    return len(layout.knots) == 1 and layout.knots[0] == 0.0


class _Writer:
    """What is on the tape so far of a model: `analysis._kernels.layout` has the symbols.

    Derivatives are named by the parameters, ascending; θ is 0 and nuisance parameter m is 1 + m.
    """

    def __init__(self, layout: Layout, free: list[int]) -> None:
        self.layout, self.free = layout, free
        self.size, self.n_bins = len(layout.ranges), layout.bins.shape[1]
        self.tape = Tape(R.row_of_data(self.size, self.n_bins, 0))
        self.n_shapes = len(layout.layers) // 2
        self.theta: dict[int, int] = {}
        self.signals: dict[tuple[int, int], list[int]] = {}
        self.columns: dict[tuple[int, int, tuple[int, ...]], Expression] = {}
        self.sums: dict[object, Expression] = {}
        self.kinds = [int(kind) for kind in layout.nuisances[:, 0]]
        self.sizes = [float(size) for size in layout.constraints[:, 0]]
        self.components = [[int(x) for x in row] for row in layout.components]
        self.of = [[int(m) for c, m in layout.pairs if c == j] for j in range(len(layout.components))]

    def program(self, *, bounded: bool) -> Program:
        """Write all parts."""
        tape = self.tape
        self._place_pieces()
        mu = [self._expected(i) for i in range(self.n_bins)]
        self.pulls = [
            tape.row_of([(1.0, R.row_of(R.AT, p)), (-1.0, R.row_of(R.MEASURED, p))])
            for p in range(1, self.size)
        ]
        slopes, mean = self._slopes(mu)
        tape.end_part()
        tape.begin_aside()
        self._value(mean)
        tape.end_part(aside=True)
        self._derive(slopes)
        self._step(bounded=bounded)
        tape.end_part()
        if not bounded:
            self._errors()
        tape.end_part()
        return tape.program()

    def _place_pieces(self) -> None:
        theta = R.row_of(R.AT)
        if is_folded(self.layout):
            self.theta = {1: theta}
            return
        self.place = [self.tape.row(), self.tape.row()]
        self.tape.add(O.PIECE, self.place, [theta])

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

    def _slopes(self, mu: list[int]) -> tuple[list[tuple[int, Expression]], list[int]]:
        """Slope and curvature of -2 ln L in the expectation of every bin, and what its value is made of."""
        tape, found, rest = self.tape, [], []
        for i, mean in enumerate(mu):
            n, spread = R.row_of_data(self.size, i, R.COUNT), float(self.layout.bins[1, i])
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

    def _value(self, rest: list[int]) -> None:
        tape, measured = self.tape, [float(x) for x in self.layout.constraints[:, 1]]
        terms: list[Term] = [(w, d, d) for w, d in zip(measured, self.pulls, strict=True)]
        if self.layout.likelihood == GAUSSIAN:
            spread = [float(x) for x in self.layout.bins[1]]
            terms += [(1.0 / s**2, d, d) for s, d in zip(spread, rest, strict=True)]
        elif self.layout.likelihood == POISSON:
            data = [R.row_of_data(self.size, i, j) for i in range(self.n_bins) for j in (R.COUNT, R.INVERSE)]
            inputs = [x for i, mean in enumerate(rest) for x in (*data[2 * i : 2 * i + 2], mean)]
            deviance = tape.row()
            tape.add(O.DEVIANCE, [deviance], inputs)
            terms.append((deviance,))
        else:
            terms += [(d,) for d in rest]
        tape.sum(terms, R.row_of(R.VALUE))

    def _splits(self, by: tuple[int, ...]) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
        """Components that depend on all the parameters, with what acts on their factor and on their columns."""
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
            self.sums[key] = self.tape.sum(
                [(*self._bent(c, i, by), self._column(d, i, and_)) for i in bins]
            )
        return self.sums[key]

    def _bent(self, c: int, i: int, by: tuple[int, ...]) -> Term:
        column = self._column(c, i, by)
        if isinstance(column, float):
            return (column, self.slopes[i][1])
        return (self.tape.sum([(self.slopes[i][1], column)]),)

    def _derive(self, slopes: list[tuple[int, Expression]]) -> None:
        """Fill the gradient, and write the Hessian of the free parameters."""
        self.slopes = slopes
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

    def _step(self, *, bounded: bool) -> None:
        """Fill the trial step, -H⁻¹ gradient, of the parameters that do not stay at an end of their range."""
        tape = self.tape
        gradient = {p: R.row_of(R.GRADIENT, p) for p in self.free}
        if bounded and self.free:
            gradient = self._hold(gradient)
        tape.sum([(1.0,)], R.row_of(R.REGULAR))
        self.factor: dict[tuple[int, int], Expression] = {}
        self.inverse: dict[int, int] = {}
        f, below = self.factor, [(p, self.free[:j]) for j, p in enumerate(self.free)]
        for p, before in below:
            for j, q in enumerate(before):
                rest = tape.sum([self._element(p, q), *((-1.0, f[p, x], f[q, x]) for x in before[:j])])
                f[p, q] = tape.sum([(rest, self.inverse[q])])
            diagonal = tape.row_of([self._element(p, p)])
            left = tape.row_of([(diagonal,), *((-1.0, f[p, x], f[p, x]) for x in before)])
            self.inverse[p] = tape.row()
            tape.add(O.PIVOT, [self.inverse[p]], [left, diagonal])
        half: dict[int, Expression] = {}
        for p, before in below:
            rest = tape.sum([(-1.0, gradient[p]), *((-1.0, f[p, q], half[q]) for q in before)])
            half[p] = tape.sum([(rest, self.inverse[p])])
        trial: dict[int, Expression] = {}
        for p, _ in reversed(below):
            rest = tape.sum([(half[p],), *((-1.0, f[q, p], trial[q]) for q in self.free if q > p)])
            trial[p] = R.row_of(R.TRIAL, p)
            tape.sum([(rest, self.inverse[p])], R.row_of(R.TRIAL, p))

    def _element(self, p: int, q: int) -> Term:
        element = self.hessian[p, q]
        return (0.0,) if element is None else (element,)

    def _hold(self, gradient: dict[int, int]) -> dict[int, int]:
        tape, masked = self.tape, {}
        keep = {p: R.row_of(R.KEEP, p) for p in self.free}
        for p in self.free:
            inputs = [R.row_of(place, p) for place in (R.AT, R.GRADIENT, R.LOW, R.HIGH)]
            tape.add(O.HOLD, [keep[p]], inputs)
        for p in self.free:
            masked[p] = tape.row()
            tape.sum([(gradient[p],)], masked[p])
        begin = tape.length
        for p in self.free:
            tape.sum([(masked[p], keep[p])], masked[p])
        for (p, q), element in self.hessian.items():
            if p == q and element is not None:
                tape.sum([(element, keep[p]), (1.0,), (-1.0, keep[p])], element)
            elif element is not None:
                both = tape.row()
                tape.sum([(keep[p], keep[q])], both)
                tape.sum([(element, both)], element)
        tape.unless_held(list(keep.values()), begin)
        return masked

    def _errors(self) -> None:
        """Fill the steps with Hesse's errors: √2 times the norms of the columns of the factor's inverse."""
        tape = self.tape
        for j, p in enumerate(self.free):
            column: dict[int, Expression] = {p: self.inverse[p]}
            for k, q in enumerate(self.free[j + 1 :], start=j + 1):
                rest = tape.sum([(-1.0, self.factor[q, x], column[x]) for x in self.free[j:k]])
                column[q] = tape.sum([(rest, self.inverse[q])])
            square = tape.row_of([(x, x) for x in column.values()])
            tape.add(O.ERROR, [R.row_of(R.STEP_OF, p)], [square], numbers=[2.0])
