"""Slices of long work: all toys once, a few tenths of a second at a time; no bit depends on the slices."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support.examples import every
from support.plain import with_nuisances

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments import loop
from analysis.pseudo_experiments.loop import CHUNK, largest_chunk, paced, thrown_blocks, toy_statistics
from analysis.studies.coverage_study import coverage
from simgen.interaction.models import E6

CHI = E6(beta="chi")


@pytest.mark.parametrize(("n", "most", "first"), [(1, 10, 0), (1000, 7, 3), (5, 1, 0), (123_457, 10**6, 10)])
def test_slices_are_everything_once(n, most, first):
    slices = list(paced(n, most=most, first=first))
    assert max(count for _, count in slices) <= most
    assert sum(count for _, count in slices) == n
    ends = [start + count for start, count in slices]
    assert [start for start, _ in slices] == [first, *ends[:-1]]


@pytest.mark.parametrize("seconds_each", [1e-6, 1e-3, 0.05, 2.0])
def test_slices_take_a_few_tenths_of_a_second(monkeypatch, seconds_each):
    """With a clock that goes on by what each thing takes: no slice is longer, unless it is a single thing."""
    now = [0.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    lengths = []
    for _, count in itertools.islice(paced(10**9, most=10**6), 12):
        now[0] += count * seconds_each
        lengths.append((count, count * seconds_each))
    for count, took in lengths[1:]:
        assert took < 0.35 or count == 1
    assert lengths[-1][1] > 0.25


def test_the_last_slices_are_short(monkeypatch):
    """With such a clock: no thread has much left when the others end, and slices are not split to nothing."""
    now = [0.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    lengths = []
    for _, count in paced(100_000, most=10**6):
        now[0] += 1e-4 * count
        lengths.append(1e-4 * count)
    assert max(lengths) > 0.25
    assert max(lengths[-2:]) < 0.02
    assert min(lengths[1:-1]) > 0.009


def test_a_slow_start_is_forgotten(monkeypatch):
    """The first slice had to compile for 40 s; soon slices are as long as without."""
    now = [0.0]
    monkeypatch.setattr(loop.time, "perf_counter", lambda: now[0])
    counts = []
    for _, count in itertools.islice(paced(10**9, most=10**6), 9):
        now[0] += 1e-5 * count + (40.0 if not counts else 0.0)
        counts.append(count)
    assert counts[-1] == pytest.approx(30_000, rel=0.1)


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("most", [1, 7, 1000])
def test_statistics_do_not_depend_on_the_blocks(most, even):
    """Contract. Each toy has its own in blocks of any size; those that failed are kept as NaN."""
    told, starts = [], []

    def statistic(start, toys):
        starts.append(start)
        return np.stack([toys, np.where(toys % 5 == 0, np.nan, -toys)])

    found = toy_statistics(
        lambda first, n: np.arange(first, first + n, dtype=float),
        40,
        statistic,
        first=3,
        most=most,
        even=even,
        dtype=np.float32,
        on_toys=told.append,
    )
    toys = np.arange(3, 43)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [toys, np.where(toys % 5 == 0, np.nan, -toys)])
    assert sum(told) == 40
    np.testing.assert_array_equal(starts, 3 + np.concatenate([[0], np.cumsum(told)[:-1]]))


def test_a_block_is_told_when_it_is_finished_and_not_before():
    """Contract. A study that ends within a block does not count it."""
    told = []
    blocks = thrown_blocks(lambda first, n: n, 10, most=4, even=True, on_toys=told.append)
    assert next(blocks) == (0, 4)
    assert told == []
    assert next(blocks) == (4, 4)
    assert told == [4]
    blocks.close()
    assert told == [4]


def test_many_bins_are_thrown_in_smaller_chunks():
    fitter = make_fitter(with_nuisances(1e-2), CHI)
    assert largest_chunk(fitter) == CHUNK
    wide = SimpleNamespace(templates=SimpleNamespace(n_bins=10_000))
    assert largest_chunk(wide) == 400


@pytest.mark.parametrize("seconds", every(2, [1e-9, 2e-3]))
def test_no_bit_of_a_study_depends_on_the_chunks(monkeypatch, seconds):
    """Sums too: they are made toy by toy, not by pairs."""
    arguments = (with_nuisances(1e-2), replace(CHI, gamma=0.1), [0.1, 0.2], 70)
    whole = coverage(*arguments, seed=5, audit=3)
    monkeypatch.setattr(loop, "_SECONDS", seconds)
    sizes = []
    count = {"on_toys": lambda columns: sizes.append(len(columns["toy"]))}
    study = coverage(*arguments, seed=5, audit=3, **count)
    assert len(sizes) > 5
    assert study == whole


def test_a_study_that_is_stopped_keeps_what_is_complete(monkeypatch):
    """The second value is under way when it is to end."""
    monkeypatch.setattr(loop, "CHUNK", 16)
    whole = coverage(with_nuisances(1e-2), CHI, [0.1], 40, seed=6, audit=0)
    seen = []
    study = coverage(
        with_nuisances(1e-2),
        CHI,
        [0.1, 0.2, 0.3],
        40,
        seed=6,
        audit=0,
        on_toys=lambda columns: seen.append(len(columns["toy"])),
        stopped=lambda: sum(seen) > 50,
    )
    assert study.points == whole.points
    assert np.sum(seen) < 80
