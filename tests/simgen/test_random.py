"""Random streams: known answers, moments, and independence of stages and identities."""

import math

import numba
import numpy as np
import pytest
from scipy import stats
from support.examples import few

from simgen._kernels.philox import four_shorter, normal_pair, philox4x32, uniforms, unit_interval
from simgen.random import Stage, check_seed, float_bits, fresh_seed, generator, kernel_key

WORD = 0xFFFFFFFF


@numba.njit
def _encrypt(c, k):
    return philox4x32(c[0], c[1], c[2], c[3], k[0], k[1])


@numba.njit
def _unit(a, b):
    return unit_interval(a, b)


@numba.njit
def _draw(first, n, draw, k0, k1):
    out = np.empty((2, n))
    for i in range(n):
        out[0, i], out[1, i] = uniforms(first + i, draw, k0, k1)
    return out


@numba.njit
def _normals(u, v):
    out = np.empty((2, len(u)))
    for i in range(len(u)):
        out[0, i], out[1, i] = normal_pair(u[i], v[i])
    return out


@numba.njit
def _shorter(n, k0, k1):
    out = np.empty((4, n))
    for i in range(n):
        out[0, i], out[1, i], out[2, i], out[3, i] = four_shorter(i, 0, 2, k0, k1)
    return out


def draws(key, n, *, first=0, draw=0):
    return _draw(first, n, draw, *np.asarray(key).astype(np.uint64))


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([WORD] * 4, [WORD] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
)
def test_philox_known_answers(counter, key, answer):
    """Golden. Finds one wrong bit: the known-answer vectors of Random123 (philox 4x32, 10 rounds)."""
    assert list(_encrypt(np.array(counter, np.uint64), np.array(key, np.uint64))) == answer


def test_uniforms_stay_inside_the_open_interval():
    """Closed form. Finds a 0 or a 1, which the extreme words would give if rounding were forgotten."""
    words = np.array([0, 1, WORD - 1, WORD], np.uint64)
    values = [_unit(a, b) for a in words for b in words]
    assert min(values) > 0
    assert max(values) < 1
    assert _unit(words[0], words[0]) + _unit(words[3], words[3]) == 1.0


def test_uniforms_are_uniform():
    """Twin. Finds a bias of 1e-3 in the mean, or correlated pairs (KS and χ², 1e6 draws, α = 1e-3)."""
    u, v = draws((1, 2), 1_000_000)
    for sample in (u, v):
        assert stats.kstest(sample, "uniform").pvalue > 1e-3
    cells = np.histogram2d(u, v, bins=20, range=[[0, 1], [0, 1]])[0]
    assert stats.chisquare(cells.ravel()).pvalue > 1e-3


@pytest.mark.parametrize("n", few([300_000, 1_000_000], 300_000))
def test_normals(n):
    """Twin. Finds a wrong variance, a cut tail or a correlated pair (KS and moments, α = 1e-3)."""
    x, y = _normals(*draws((3, 4), n))
    for sample in (x, y, (x + y) / math.sqrt(2)):
        assert stats.kstest(sample, "norm").pvalue > 1e-3
        moments = [np.mean(sample**k) - m for k, m in ((1, 0), (2, 1), (3, 0), (4, 3))]
        errors = np.sqrt(np.array([1, 2, 15, 96]) / sample.size)
        assert np.all(np.abs(moments) < stats.norm.isf(5e-4 / 12) * errors)
        assert np.max(np.abs(sample)) > 4.5


def test_normals_are_those_of_the_formula():
    """Closed form. Finds a series that ends too early, at the ends of its range and between."""
    u = np.concatenate(
        [10.0 ** -np.arange(1, 300, 7), np.linspace(0.01, 0.99, 99), 1 - 2.0 ** -np.arange(2, 50)]
    )
    u, v = (grid.ravel() for grid in np.meshgrid(u, (np.arange(32) + 0.3) / 32))
    radius, angle = np.sqrt(-2 * np.log(u)), math.pi * (2 * v - 1)
    x, y = _normals(u, v)
    assert np.max(np.abs(x - radius * np.cos(angle)) / radius) < 2e-15
    assert np.max(np.abs(y - radius * np.sin(angle)) / radius) < 2e-15


@pytest.mark.parametrize("n", few([300_000, 1_000_000], 300_000))
def test_shorter_uniforms(n):
    """Twin. Finds bits that two numbers share, or that are lost (KS, χ² of pairs, α = 1e-3)."""
    sample = _shorter(n, np.uint64(5), np.uint64(6))
    assert 0 < sample.min() < sample.max() < 1
    for i in range(4):
        assert stats.kstest(sample[i], "uniform").pvalue > 1e-3
        for j in range(i):
            cells = np.histogram2d(sample[i], sample[j], bins=20, range=[[0, 1], [0, 1]])[0]
            assert stats.chisquare(cells.ravel()).pvalue > 1e-3
    np.testing.assert_array_equal(sample[::2] * 2**40 % 1, 0.5)
    np.testing.assert_array_equal(sample[1::2] * 2**24 % 1, 0.5)


def test_draws_of_one_event_differ():
    """Property. Finds two draws that share their counter, or an index cut to 32 bits."""
    key = (5, 6)
    one, two = draws(key, 1000), draws(key, 1000, draw=1)
    assert len({*one.ravel(), *two.ravel()}) == 4000
    assert not np.intersect1d(one, draws(key, 1000, first=2**32)).size
    np.testing.assert_array_equal(draws(key, 10, first=990), one[:, 990:])


def test_streams_differ():
    """Contract. Finds stages, identities or seeds that share a key, also those that pad with zeros."""
    identities = [
        (),
        (0,),
        (1,),
        (0, 0),
        (1, 0),
        (0, 1),
        (2**32,),
        (2**32 + 1,),
        float_bits(0.1),
        float_bits(0.2),
    ]
    keys = {
        tuple(kernel_key(seed, stage, *identity))
        for seed in (0, 1, 2**32, 2**63 - 1)
        for stage in Stage
        for identity in identities
    }
    assert len(keys) == 4 * len(Stage) * len(identities)


def test_streams_are_repeatable():
    """Contract. Finds a stream that depends on anything but (seed, stage, identity)."""
    first = generator(7, Stage.COUNT, 3).random(5)
    np.testing.assert_array_equal(first, generator(7, Stage.COUNT, 3).random(5))
    assert not np.isin(first, generator(7, Stage.TOY_COUNTS, 3).random(5)).any()


def test_float_bits():
    """Closed form. Finds neighbouring floats that share an identity, or 0.0 and -0.0 that do not."""
    assert float_bits(-0.0) == float_bits(0.0)
    assert float_bits(1.0, 2.0) == (0x3FF00000, 0, 0x40000000, 0)
    assert float_bits(0.1) != float_bits(math.nextafter(0.1, 1))


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, True, "1", None])
def test_bad_seeds(seed):
    """Contract. Finds a seed that files cannot hold, or a bool taken as 1."""
    with pytest.raises(ValueError, match="seed must be an integer"):
        check_seed(seed)


def test_fresh_seeds():
    """Contract. Finds a fresh seed that is not valid, or always the same."""
    seeds = {fresh_seed() for _ in range(20)}
    assert len(seeds) == 20
    assert all(check_seed(seed) == seed for seed in seeds)
