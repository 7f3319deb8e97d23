"""Rows on their way to a file: in order, in bounded memory, and without waiting."""

import hashlib
import threading
import time

import numpy as np
import pytest

from detsim.event_files.queue import Baskets, Branch

BRANCHES = {"n": Branch(dtype="int64"), "x": Branch(dtype="float32", shape=(2,))}


def rows(n, first=0):
    return {"n": np.arange(first, first + n), "x": np.arange(2.0 * n).reshape(n, 2)}


class Sink:
    """A file that is as slow as one says."""

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.written = []
        self.arrays = set()
        self.size = 0

    def __call__(self, columns):
        time.sleep(self.seconds)
        self.written.append({name: column.copy() for name, column in columns.items()})
        self.arrays.add(columns["n"].__array_interface__["data"][0])
        self.size += 7 * len(columns["n"])
        return self.size


@pytest.mark.parametrize("chunks", [(25,), (3, 0, 22), (10, 15), (1,) * 25])
def test_baskets_are_full_and_in_order_whatever_the_chunks(chunks):
    sink = Sink()
    baskets = Baskets(BRANCHES, 10, sink)
    start = 0
    for n in chunks:
        baskets.put({name: column[start : start + n] for name, column in rows(25).items()})
        start += n
    baskets.flush()
    baskets.close()
    assert [len(b["n"]) for b in sink.written] == [10, 10, 5]
    assert baskets.n_rows == 25
    for name, column in rows(25).items():
        joined = np.concatenate([b[name] for b in sink.written])
        np.testing.assert_array_equal(joined, column)
        assert joined.dtype == BRANCHES[name].numpy
        expected = hashlib.sha256(column.astype(BRANCHES[name].numpy).tobytes()).hexdigest()
        assert baskets.digests()[name] == expected


def test_the_caller_does_not_wait_for_the_disk():
    """Contract: what fits into the waiting baskets is taken at once."""
    sink, allowed = Sink(), threading.Event()

    def waiting(columns):
        allowed.wait(20)
        return sink(columns)

    baskets = Baskets(BRANCHES, 10, waiting)
    baskets.put(rows(50))
    assert sink.written == []
    allowed.set()
    baskets.flush()
    baskets.close()
    assert len(sink.written) == 5


def test_no_more_than_a_few_baskets_exist():
    """Contract: a slow disk holds the caller up; the arrays are used again."""
    sink = Sink(seconds=0.005)
    baskets = Baskets(BRANCHES, 10, sink)
    for i in range(40):
        baskets.put(rows(10, first=10 * i))
    baskets.flush()
    baskets.close()
    assert len(sink.arrays) < 20
    np.testing.assert_array_equal(np.concatenate([b["n"] for b in sink.written]), np.arange(400))


@pytest.mark.parametrize("seconds", [0, 0.02])
def test_what_is_settled_depends_on_the_rows_alone(seconds):
    baskets = Baskets(BRANCHES, 10, Sink(seconds))
    found = []
    for n in (5, 7, 30, 1, 20):
        baskets.put(rows(n))
        found.append(baskets.settled())
    baskets.close()
    assert found == [(0, 0), (10, 70), (10, 70), (40, 280), (40, 280)]


def test_a_failing_disk_ends_the_writing():
    failed = threading.Event()

    def full(columns):
        failed.set()
        raise OSError(28, "No space left on device")

    baskets = Baskets(BRANCHES, 10, full)
    baskets.put(rows(10))
    assert failed.wait(5)
    with pytest.raises(OSError, match="No space"):
        baskets.flush()
    baskets.close()
