"""Thrown counts and normals: exact tables, random words, distributions, independence."""

from itertools import pairwise

import mpmath
import numba
import numpy as np
import pytest
from scipy import stats
from support.examples import every, few
from support.throwing_soak import Shared, study

from analysis.pseudo_experiments.counts import (
    LARGEST_MEAN,
    count_table,
    throw_counts,
    throw_normals,
    throw_varied,
)
from simgen._kernels.philox import fill_pairs, philox4x32, uniforms
from simgen._kernels.poisson import log_probability, poisson
from simgen.random import Stage, kernel_key

ALPHA = 1e-3
MEANS = [1e-3, 0.5, 3.0, 9.99, 10.01, 100.0, 1e5, 1e6, 1.1e6, 1e8]
KEY = kernel_key(11, Stage.TOY_COUNTS)


def table_of(mean):
    arrays = count_table([mean]).arrays
    return int(arrays.lowest[0]), [int(x) for x in arrays.thresholds]


def chi2_pvalue(n, mean):
    """Compare counts with the Poisson probabilities of up to 100 cells, the last not too rare."""
    edges = np.unique(stats.poisson.ppf(np.linspace(0, 1, 101)[1:-1], mean))
    below = np.concatenate([stats.poisson.cdf(edges, mean), [1.0]])
    observed = np.bincount(np.searchsorted(edges, n), minlength=len(edges) + 1)
    expected = len(n) * np.diff(below, prepend=0.0)
    while expected[-1] < 5:
        expected = np.append(expected[:-2], expected[-2:].sum())
        observed = np.append(observed[:-2], observed[-2:].sum())
    return stats.chisquare(observed, expected * len(n) / expected.sum()).pvalue


@pytest.mark.parametrize("mean", every(3, [1e-3, 0.5, 9.99, 100.0, 1e4, 1e6]))
def test_tables_are_exact_in_both_tails(mean):
    """Closed form. Finds a tail lost to rounding: probabilities summed with 40 digits, against 2⁻⁶³."""
    low, thresholds = table_of(mean)
    assert thresholds == sorted(thresholds)
    assert thresholds[-1] == 2**63
    with mpmath.workdps(40):
        for z in (-8, -5, -2, 0, 2, 5, 8):
            n = round(mean + z * mean**0.5)
            if not 0 <= n - low < len(thresholds):
                continue
            direction = 1 if z > 0 else -1
            k = n + 1 if z > 0 else n
            term = total = mpmath.exp(k * mpmath.log(mean) - mean - mpmath.loggamma(k + 1))
            while k >= 0 and term > 1e-25 * total:
                term *= mpmath.mpf(mean) / (k + 1) if z > 0 else k / mpmath.mpf(mean)
                k += direction
                total += term
            found = mpmath.mpf(2**63 - thresholds[n - low] if z > 0 else thresholds[n - low]) / 2**63
            assert abs(found - total) <= 2.0**-62 + 1e-14 * total, (mean, z)


def test_counts_are_the_inverse_of_the_words():
    """Twin. Finds another layout of the counter than that written down, or a guide that starts too high."""
    means, first, n = [0.0, 0.7, 42.0, 3e4, 1e6], 2**32 - 20, 3000
    counts = throw_counts(means, n, key=KEY, first=first)
    k0, k1 = (np.uint64(word) for word in KEY)
    for toy in [*range(40), n - 1]:
        i = first + toy
        for pair in range(3):
            low, high = np.uint64(i % 2**32), np.uint64(i >> 32)
            a, b, c, d = (int(w) for w in philox4x32(low, high, np.uint64(1), np.uint64(pair), k0, k1))
            for b_in_pair, word in enumerate([(a << 32 | b) >> 1, (c << 32 | d) >> 1]):
                column = 2 * pair + b_in_pair
                if column < len(means):
                    lowest, thresholds = table_of(means[column])
                    assert counts[toy, column] == lowest + sum(word >= t for t in thresholds)


@pytest.mark.parametrize("mean", every(2, [0.0, *MEANS]))
@pytest.mark.parametrize("varied", [False, True])
def test_counts_follow_poisson(mean, varied):
    """Twin. Finds a wrong constant of the rejection, a seam, a cut tail (moments and χ², 4e5 numbers)."""
    if varied:
        n = throw_varied(np.full((100_000, 4), mean), key=KEY).ravel()
    else:
        n = throw_counts(np.full(4, mean), 100_000, key=KEY).ravel()
    if mean == 0:
        assert np.all(n == 0)
        return
    assert np.all((n >= 0) & (n == np.floor(n)))
    sigma = np.sqrt(mean / len(n))
    assert abs(n.mean() - mean) < 4 * sigma
    assert abs(np.mean((n - mean) ** 2) - mean) < 4 * np.sqrt((2 * mean**2 + mean) / len(n))
    assert chi2_pvalue(n, mean) > ALPHA


def test_proposals_are_judged_together_as_one_by_one():
    """Finds a wrong series or a wrong bound in the judgement without branches, at any mean."""
    means = np.geomspace(3.0, 3e7, 300) * np.ones((300, 1))
    n = throw_varied(means, key=KEY)
    k0, k1 = map(np.uint64, KEY)
    each = [[poisson(mean, t, b, k0, k1) for b, mean in enumerate(row)] for t, row in enumerate(means)]
    assert np.array_equal(n, each)


@pytest.mark.parametrize("mean", [9e7, 1.1e8, 1e12, 1e15])
def test_probabilities_of_large_means(mean):
    """Twin. Finds ln P that cancels where n ln(mean) is large: with 40 digits."""
    for z in (-6, -1, 0, 2, 6):
        n = float(round(mean + z * mean**0.5))
        with mpmath.workdps(40):
            exact = n * mpmath.log(mean) - mean - mpmath.loggamma(n + 1)
        assert log_probability(n, mean) == pytest.approx(float(exact), abs=1e-6)


def test_largest_means():
    """Closed form. Finds the largest mean drawn with a wrong width (KS against a Gaussian, 1e5 numbers)."""
    n = throw_counts([LARGEST_MEAN], 100_000, key=KEY)[:, 0]
    assert stats.kstest((n - LARGEST_MEAN) / np.sqrt(LARGEST_MEAN), "norm").pvalue > ALPHA


@pytest.mark.parametrize("n_toys", few([50_000, 100_000], 50_000))
def test_bins_and_toys_are_independent(n_toys):
    """Property. Finds bins, or toys one behind the other, that share words: ranks in 5 by 5 cells, α = 1e-3.

    Bins with a table stand beside bins drawn by rejection: members of the counter with the same numbers.
    """
    means = [20.0, 1e7, 300.0, 2e6, 1e4, 5e7, 50.0]
    samples = {
        "shared": throw_counts(means, n_toys, key=KEY),
        "varied": throw_varied(np.tile(means, (n_toys, 1)), key=KEY),
        "normals": throw_normals(n_toys, 7, key=kernel_key(11, Stage.TOY_AUXILIARY)),
    }
    columns = {}
    for name, values in samples.items():
        cuts = [np.quantile(column, [0.2, 0.4, 0.6, 0.8]) for column in values.T]
        for b, column in enumerate(values.T):
            columns[name, b] = np.searchsorted(cuts[b], column)
    names = list(columns)
    pairs = [(columns[x], columns[y]) for i, x in enumerate(names) for y in names[:i] if x[0] == y[0]]
    pairs += [(columns["shared", b], columns["normals", c]) for b in range(7) for c in range(7)]
    pairs += [(columns[x][1:], columns[x][:-1]) for x in names]
    p_values = [stats.chi2_contingency(np.histogram2d(x, y, 5)[0]).pvalue for x, y in pairs]
    assert min(p_values) > ALPHA / len(p_values)
    assert stats.kstest(p_values, "uniform").pvalue > ALPHA


def throws(n, first):
    """Throw all kinds, with tables and without."""
    means = np.array([0.3, 2e6, 77.0])
    varied = means * (1 + np.arange(first, first + n)[:, None] % 5)
    return [
        throw_counts(means, n, key=KEY, first=first),
        throw_varied(varied, key=KEY, first=first),
        throw_normals(n, 3, key=KEY, first=first),
    ]


@pytest.mark.parametrize("first", [0, 2**32 - 700])
def test_chunks_change_nothing(first):
    """Contract. Finds numbers that depend on the first toy or on blocks, or an index cut to 32 bits."""
    whole = throws(2000, first)
    cuts = [0, 1, 512, 1025, 1025, 2000]
    parts = [throws(b - a, first + a) for a, b in pairwise(cuts)]
    for i, values in enumerate(whole):
        np.testing.assert_array_equal(np.concatenate([part[i] for part in parts]), values)


def test_threads_change_nothing():
    """Contract. Finds bits that depend on the number of threads."""
    available = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            results.append(throws(20_000, 3))
    finally:
        numba.set_num_threads(available)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


def test_other_bins_change_nothing():
    """Contract. Finds a bin that depends on its neighbours, or a table that changes with its input array."""
    means = np.array([3.0, 2e6, 500.0, 8.0])
    whole = throw_counts(means, 1000, key=KEY)
    table = count_table(means)
    means[1:3] = 40.0
    np.testing.assert_array_equal(throw_counts(table, 1000, key=KEY), whole)
    np.testing.assert_array_equal(throw_counts(means, 1000, key=KEY)[:, [0, 3]], whole[:, [0, 3]])
    np.testing.assert_array_equal(throw_counts(means[:1], 1000, key=KEY)[:, 0], whole[:, 0])
    assert not np.array_equal(throw_counts(table, 1000, key=kernel_key(12, Stage.TOY_COUNTS)), whole)


def test_normals():
    """Twin. Finds a wrong variance, a cut tail, or columns out of order: against the library's functions."""
    x = throw_normals(200_000, 5, key=KEY)
    assert stats.kstest(x.ravel(), "norm").pvalue > ALPHA
    k0, k1 = (np.uint64(word) for word in KEY)
    u, v = uniforms(7, 0, k0, k1)
    radius, angle = np.sqrt(-2 * np.log(u)), np.pi * (2 * v - 1)
    np.testing.assert_allclose(x[7, :2], [radius * np.cos(angle), radius * np.sin(angle)], atol=1e-14)


def test_normals_against_the_library():
    """Twin. Finds a lost term of a series or a wrong quarter of the circle: 1e-14, ends included."""
    ends = np.array([2.0**-53, 1 - 2.0**-53, 0.5 - 2.0**-53, 0.5, 0.5**0.5, 0.125, 0.375, 0.625, 0.875])
    inside = (np.arange(1000) + 0.5) / 1000
    u, v = (grid.ravel() for grid in np.meshgrid(np.append(ends, inside), np.append(ends, inside)))
    one, two = np.empty_like(u), np.empty_like(u)
    fill_pairs(u.copy(), v, one, two)
    radius, angle = np.sqrt(-2 * np.log(u)), np.pi * (2 * v - 1)
    np.testing.assert_allclose(one, radius * np.cos(angle), rtol=0, atol=1e-14)
    np.testing.assert_allclose(two, radius * np.sin(angle), rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.hypot(one, two), radius, rtol=2e-15)


def test_nothing_to_throw():
    """Contract. Finds an empty table or an empty chunk that fails."""
    assert throw_counts([1.0, 2.0], 0, key=KEY).shape == (0, 2)
    assert throw_counts([], 3, key=KEY).shape == (3, 0)
    assert throw_varied(np.empty((0, 2)), key=KEY).shape == (0, 2)
    assert throw_normals(3, 0, key=KEY).shape == (3, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: throw_counts([1.0, -1.0], 1, key=KEY), r"from 0 to 1e\+15 a bin, got -1 at 1"),
        (lambda: throw_counts([np.nan], 1, key=KEY), "got nan at 0"),
        (lambda: throw_counts([2e15], 1, key=KEY), r"got 2e\+15 at 0"),
        (lambda: throw_counts([[1.0]], 1, key=KEY), r"shape \(n_bins,\), got \(1, 1\)"),
        (lambda: throw_varied([1.0], key=KEY), r"shape \(n, n_bins\), got \(1,\)"),
        (lambda: throw_varied([[1.0, 2.0], [1.0, np.inf]], key=KEY), r"got inf at \(1, 1\)"),
        (lambda: throw_counts([1.0], -1, key=KEY), "n must be an integer ≥ 0, got -1"),
        (lambda: throw_counts([1.0], 1.0, key=KEY), "n must be an integer ≥ 0, got 1.0"),
        (lambda: throw_varied([[1.0]], key=KEY, first=-1), "first must be an integer ≥ 0, got -1"),
        (lambda: throw_counts([1.0], 1, key=KEY, first=2**63 - 1), "numbered up to"),
        (lambda: throw_normals(1, -2, key=KEY), "n_columns must be an integer ≥ 0, got -2"),
        (lambda: throw_normals(1, 1, key=np.array([1, 2])), "key must be two uint32 words"),
        (lambda: throw_normals(1, 1, key=7), "key must be two uint32 words"),
    ],
)
def test_invalid_input(call, message):
    """Contract. Finds wrong input that is accepted."""
    with pytest.raises(ValueError, match=message):
        call()


def test_soak_finds_a_wrong_mean():
    """Contract. Finds a soak that cannot fail: a mean off by a thousandth of itself."""
    good, bad = Shared(100.0), Shared(100.0)
    bad.thrown = 100.1
    assert min(study(good, 2_000_000, seed=1).p_values) > ALPHA / 8
    assert min(study(bad, 2_000_000, seed=1).p_values) < 1e-6
