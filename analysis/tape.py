"""Writing programs of operations on rows: see `analysis._kernels.tape`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis._kernels.rows import LANES
from analysis._kernels.tape import HEAD, SUM, UNLESS_HELD

__all__ = ["Expression", "Program", "Tape", "Term"]

Expression = float | int
"""A number that is known, or the row in which one of every data set stands."""
Term = tuple[Expression, ...]
"""Factors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Operations, ready to run.

    Parameters
    ----------
    code : ndarray of uint64
    numbers : ndarray of float64
        Constants.
    ends : ndarray of uint64
        Where its parts begin, and the end.
    n_rows : int
        Rows that it needs.
    """

    code: NDArray[np.uint64]
    numbers: NDArray[np.float64]
    ends: NDArray[np.uint64]
    n_rows: int


@dataclass(slots=True)
class _Operation:
    what: int
    outputs: list[int]
    inputs: list[int]
    numbers: list[float]
    extra: tuple[int, ...] = ()
    """Whole numbers between the outputs and the inputs; of a jump, over how many operations it goes."""


class Tape:
    """A program that is being written.

    Parameters
    ----------
    pinned : int
        So many rows have a fixed place; others are given one, and share it where they are not needed at the
        same time.
    """

    def __init__(self, pinned: int) -> None:
        self._pinned = self._n = pinned
        self._operations: list[_Operation] = []
        self._parts: list[int] = []
        self._known: dict[object, int] = {}
        self._kept: dict[object, int] = {}

    def row(self) -> int:
        """Return a new row."""
        self._n += 1
        return self._n - 1

    def add(
        self,
        what: int,
        outputs: list[int],
        inputs: list[int],
        *,
        numbers: Sequence[float] = (),
        last: int | None = None,
    ) -> None:
        """Write an operation; `last` is a whole number behind the rows."""
        extra = () if last is None else (last,)
        self._operations.append(_Operation(what, outputs, inputs, list(numbers), extra))

    def sum(self, terms: Iterable[Term], target: int | None = None) -> Expression:
        """Sum products up: what is known is known at once, and what was summed before is found again.

        Parameters
        ----------
        terms : iterable of tuples of expressions
        target : int, optional
            Row in which to put the sum.
        """
        constant, found = 0.0, dict[tuple[int, ...], float]()
        for term in terms:
            size, rows = 1.0, []
            for factor in term:
                if isinstance(factor, float):
                    size *= factor
                else:
                    rows.append(factor)
            if size == 0.0:
                continue
            if not rows:
                constant += size
                continue
            rows.sort()
            while len(rows) > 2:
                rows[:2] = [self.row_of(((rows[0], rows[1]),))]
            key = tuple(rows)
            found[key] = found.get(key, 0.0) + size
        if target is None:
            if not found:
                return constant
            if constant == 0.0 and len(found) == 1:
                ((key, size),) = found.items()
                if size == 1.0 and len(key) == 1:
                    return key[0]
            known = (constant, *found.items())
            if known in self._known:
                return self._known[known]
            target = self._known[known] = self.row()
        linear = [key for key in found if len(key) == 1]
        pairs = [key for key in found if len(key) == 2]
        inputs = [row for key in linear + pairs for row in key]
        numbers = [constant, *(found[key] for key in linear + pairs)]
        self._operations.append(_Operation(SUM, [target], inputs, numbers, (len(linear), 2 * len(pairs))))
        return target

    def row_of(self, terms: Iterable[Term]) -> int:
        """Sum products up, in a row even if the sum is known."""
        found = self.sum(terms)
        if isinstance(found, float):
            target = self.row()
            self.sum(((found,),), target)
            return target
        return found

    def own(self, terms: Iterable[Term]) -> int | None:
        """Sum products up in a row that stands for nothing else and may be changed; None if the sum is 0."""
        found = self.sum(terms)
        if found == 0.0 and isinstance(found, float):
            return None
        target = self.row()
        if isinstance(found, int) and self._operations[-1].outputs == [found]:
            self._operations[-1].outputs = [target]
            self._known = {key: row for key, row in self._known.items() if row != found}
        else:
            self.sum([(found,)], target)
        return target

    def unless_held(self, rows: list[int], begin: int) -> None:
        """Leave the operations from a number on out where no data set is marked in the rows."""
        jumped = self._operations[begin:]
        self._operations.insert(begin, _Operation(UNLESS_HELD, [], rows, [], (len(jumped),)))

    @property
    def length(self) -> int:
        """Number of operations."""
        return len(self._operations)

    def begin_aside(self) -> None:
        """Begin a part that is not always run: nothing in it is there for others."""
        self._kept = dict(self._known)

    def end_aside(self) -> None:
        """End such a part."""
        self._known = self._kept
        self.end_part()

    def end_part(self) -> None:
        """End a part of the program."""
        self._parts.append(len(self._operations))

    def program(self, *, shared: bool = True) -> Program:
        """Give every row a place, which it shares with others or not, and write the numbers down."""
        places, n_rows = self._places() if shared else ({row: row for row in range(self._n)}, self._n)
        code: list[int] = []
        numbers: list[float] = []
        starts: list[int] = []
        jumps: list[tuple[int, int, int]] = []
        for number, o in enumerate(self._operations):
            starts.append(len(code))
            rows = [[places[row] * LANES for row in some] for some in (o.outputs, o.inputs)]
            extra = list(o.extra)
            body = (
                [*rows[0], *extra, *rows[1]] if o.what in (SUM, UNLESS_HELD) else [*rows[0], *rows[1], *extra]
            )
            if o.what == UNLESS_HELD:
                jumps.append((len(code) + HEAD, number + 1, number + 1 + o.extra[0]))
            code += [o.what, HEAD + len(body), len(numbers), *body]
            numbers += o.numbers
        starts.append(len(code))
        for place, first, last in jumps:
            code[place] = starts[last] - starts[first]
        return Program(
            code=np.array(code, np.uint64),
            numbers=np.array([*numbers, 0.0], np.float64),
            ends=np.array([0, *(starts[end] for end in self._parts)], np.uint64),
            n_rows=n_rows,
        )

    def _places(self) -> tuple[dict[int, int], int]:
        last = {row: j for j, o in enumerate(self._operations) for row in (*o.outputs, *o.inputs)}
        places = {row: row for row in range(self._pinned)}
        free: list[int] = []
        n_rows = self._pinned
        for j, o in enumerate(self._operations):
            for row in o.outputs:
                if row not in places:
                    if free:
                        places[row] = free.pop()
                    else:
                        places[row], n_rows = n_rows, n_rows + 1
            ended = {row for row in (*o.outputs, *o.inputs) if row >= self._pinned and last[row] == j}
            free += [places[row] for row in sorted(ended)]
        return places, n_rows
