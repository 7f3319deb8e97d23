"""Programs of operations on rows against NumPy."""

import numba
import numpy as np
import pytest

from analysis._kernels import tape as kernels
from analysis._kernels.rows import EXACT, LANES, SEARCH, row_of
from analysis.tape import Tape

PINNED = SEARCH + 3
X, Y, FOUND = range(SEARCH, PINNED)


@numba.njit
def run_code(code, numbers, begin, end, w):
    kernels.run(code, numbers, begin, end, np.zeros(1), np.zeros((1, 4, 1)), w)


def run(tape, *, shared=True):
    """Rows after all parts, of random ones."""
    program = tape.program(shared=shared)
    w = np.zeros((program.n_rows, LANES))
    w[[X, Y]] = np.random.default_rng(1).normal(size=(2, LANES))
    w[row_of(EXACT)] = 1
    for begin, end in zip(program.ends[:-1], program.ends[1:], strict=True):
        run_code(program.code, program.numbers, begin, end, w.reshape(-1))
    return w, program


@pytest.mark.parametrize("shared", [True, False])
def test_sums_of_products(shared):
    """Closed form. Finds a row that is given away while it is needed."""
    tape = Tape(PINNED)
    squares = [tape.row_of([(float(j), X), (0.5, Y, Y)]) for j in range(1, 6)]
    cubes = [tape.row_of([(1.0, row, X, Y), (2.0,)]) for row in squares]
    tape.sum([(3.0, row, other) for row, other in zip(squares, cubes, strict=True)], FOUND)
    tape.end_part()
    w, _ = run(tape, shared=shared)
    x, y = w[X], w[Y]
    expected = sum(3 * (j * x + y**2 / 2) * ((j * x + y**2 / 2) * x * y + 2) for j in range(1, 6))
    assert w[FOUND] == pytest.approx(expected, rel=1e-13)


def test_rows_share_places():
    """Two numbers that go on side by side need four at a time; finds a place that is given to both."""
    tape, rows = Tape(PINNED), (X, Y)
    for _ in range(9):
        left, right = rows
        rows = (
            tape.row_of([(1.0, left, X), (1.0, right)]),
            tape.row_of([(1.0, right, Y), (1.0, left, right)]),
        )
    tape.sum([(1.0, rows[0]), (1.0, rows[1])], FOUND)
    tape.end_part()
    w, program = run(tape)
    left, right = w[X], w[Y]
    for _ in range(9):
        left, right = left * w[X] + right, right * w[Y] + left * right
    assert w[FOUND] == pytest.approx(left + right, rel=1e-10, abs=1e-10)
    assert program.n_rows <= PINNED + 4


def test_what_is_known_needs_no_operation():
    tape = Tape(PINNED)
    assert tape.sum([(2.0, 3.0), (0.0, X), (1.5,)]) == 7.5
    assert tape.sum([(1.0, X)]) == X
    assert tape.sum([(1.0, X, Y), (1.0, Y, X)]) == tape.sum([(2.0, Y, X)])
    assert tape.own([(0.0, X)]) is None
    assert tape.length == 1


def test_what_stands_aside_is_not_used_elsewhere():
    """The part in the middle is left out of a run, and the last part must not need it."""
    tape = Tape(PINNED)
    tape.end_part()
    tape.begin_aside()
    aside = tape.sum([(1.0, X, Y)])
    tape.end_aside()
    assert tape.sum([(1.0, X, Y)]) != aside


@pytest.mark.parametrize("marked", [True, False])
def test_operations_are_left_out_where_nothing_is_held(marked):
    """The mark is set in one data set of all; the operations then act on all."""
    tape = Tape(PINNED)
    keep, begin = tape.row(), 2
    tape.sum([(1.0,)], keep)
    tape.sum([(1.0, X)], FOUND)
    if marked:
        low, high = (tape.row_of([(x,)]) for x in (-1e9, 1.5))
        tape.add(kernels.HOLD, [keep], [X, low, low, high])
        begin = tape.length
    tape.sum([(5.0,)], FOUND)
    tape.unless_held([keep], begin)
    tape.end_part()
    w, _ = run(tape)
    assert w[FOUND] == pytest.approx(np.full(LANES, 5.0) if marked else w[X], rel=1e-15)
