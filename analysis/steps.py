"""Newton's step and Hesse's errors as operations on rows."""

from analysis._kernels import rows as R  # noqa: N812
from analysis._kernels.tape import ERROR, HOLD, PIVOT
from analysis.tape import Expression, Tape, Term

__all__ = ["Factor", "Hessian", "factorise", "fill_errors", "hold", "solve"]

Hessian = dict[tuple[int, int], int | None]
"""Rows of the elements (p, q), q ≤ p; None where one is 0."""
Factor = tuple[dict[tuple[int, int], Expression], dict[int, int]]
"""Elements of Cholesky's factor below the diagonal, and rows of the inverse of those on it."""


def hold(tape: Tape, free: list[int], hessian: Hessian) -> None:
    """Take parameters that stand at an end of their range, and would go beyond, out of the Hessian.

    Their gradient is set to 0.
    """
    keep, gradient = ({p: R.row_of(place, p) for p in free} for place in (R.KEEP, R.GRADIENT))
    for p in free:
        inputs = [R.row_of(place, p) for place in (R.AT, R.GRADIENT, R.LOW, R.HIGH)]
        tape.add(HOLD, [keep[p]], inputs)
    begin = tape.length
    for p in free:
        tape.sum([(gradient[p], keep[p])], gradient[p])
    for (p, q), element in hessian.items():
        if element is not None and p == q:
            tape.sum([(element, keep[p]), (1.0,), (-1.0, keep[p])], element)
        elif element is not None:
            tape.sum([(element, keep[p])], element)
            tape.sum([(element, keep[q])], element)
    tape.unless_held(list(keep.values()), begin)


def factorise(tape: Tape, free: list[int], hessian: Hessian) -> Factor:
    """Write Cholesky's factor, and where there is none."""
    tape.sum([(1.0,)], R.row_of(R.REGULAR))
    below: dict[tuple[int, int], Expression] = {}
    inverse: dict[int, int] = {}

    def element(p: int, q: int) -> Term:
        row = hessian[p, q]
        return (0.0,) if row is None else (row,)

    for k, p in enumerate(free):
        for j, q in enumerate(free[:k]):
            known = [(-1.0, below[p, x], below[q, x]) for x in free[:j]]
            below[p, q] = tape.sum([(tape.sum([element(p, q), *known]), inverse[q])])
        diagonal = tape.row_of([element(p, p)])
        left = tape.row_of([(diagonal,), *((-1.0, below[p, x], below[p, x]) for x in free[:k])])
        inverse[p] = tape.row()
        tape.add(PIVOT, [inverse[p]], [left, diagonal])
    return below, inverse


def solve(tape: Tape, free: list[int], factor: Factor) -> None:
    """Fill the trial step, -H⁻¹ gradient."""
    below, inverse = factor
    half: dict[int, Expression] = {}
    for k, p in enumerate(free):
        rest = tape.sum([(-1.0, R.row_of(R.GRADIENT, p)), *((-1.0, below[p, q], half[q]) for q in free[:k])])
        half[p] = tape.sum([(rest, inverse[p])])
    for k, p in reversed(list(enumerate(free))):
        later = [(-1.0, below[q, p], R.row_of(R.TRIAL, q)) for q in free[k + 1 :]]
        tape.sum([(tape.sum([(half[p],), *later]), inverse[p])], R.row_of(R.TRIAL, p))


def fill_errors(tape: Tape, free: list[int], factor: Factor) -> None:
    """Fill the steps with Hesse's errors: √2 times the norms of the columns of the factor's inverse."""
    below, inverse = factor
    for k, p in enumerate(free):
        column: dict[int, Expression] = {p: inverse[p]}
        for j, q in enumerate(free[k + 1 :], start=k + 1):
            rest = tape.sum([(-1.0, below[q, x], column[x]) for x in free[k:j]])
            column[q] = tape.sum([(rest, inverse[q])])
        square = tape.row_of([(x, x) for x in column.values()])
        tape.add(ERROR, [R.row_of(R.STEP_OF, p)], [square], numbers=[2.0])
