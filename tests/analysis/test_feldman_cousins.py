"""Intervals of Feldman and Cousins against their definition; the published ends are in golden.toml."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.stats import norm, poisson
from support.examples import every

from analysis.counting.intervals import FORMS, LARGEST, count_belt, count_interval, gaussian_interval

LEVELS = (0.3, 0.683, 0.9, 0.99)
_COUNTS = ((0, 0.0), (0, 3.3), (2, 0.7), (4, 9.4), (7, 2.6), (25, 14.2))
CASES = [(n, b, level) for level in LEVELS for n, b in _COUNTS]


def accepted(mu, b, level, n_max=120):
    """Accept counts one by one, those of the largest ratio first, until they have the level."""
    n = np.arange(n_max)
    p = poisson.pmf(n, mu + b)
    order = np.argsort(-p / poisson.pmf(n, np.maximum(n, b)), kind="stable")
    size = np.searchsorted(np.cumsum(p[order]), level) + 1
    return set(order[:size].tolist())


def upper(n, b, level=0.9, form="exact"):
    return count_interval(n, b, level=level, form=form)[1]


@pytest.mark.parametrize(("n", "b", "level"), every(3, CASES, unpack=True))
def test_ends_by_accepting_counts(n, b, level):
    """Twin: 1e-6 inside of an end μ is accepted; nowhere outside, on a grid and 1e-6 beyond the end."""
    low, high = count_interval(n, b, level=level)
    if high > 0:
        assert n in accepted(high - 1e-6, b, level)
    beyond = [high + 1e-6, *(high + np.linspace(1e-3, 10, 400))]
    assert not [mu for mu in beyond if n in accepted(mu, b, level)]
    if low > 0:
        assert n in accepted(low + 1e-6, b, level)
        assert not [
            mu for mu in [low - 1e-6, *np.linspace(0, low - 1e-3, 400)] if n in accepted(mu, b, level)
        ]


@pytest.mark.parametrize("form", every(3, FORMS))
@pytest.mark.parametrize("level", [0.683, 0.9, 0.95])
@pytest.mark.parametrize("b", [0.0, 0.3, 3.0, 11.5])
def test_coverage(b, level, form):
    """Property: no true μ is covered with less than the level; the probabilities are summed, not thrown."""
    belt = count_belt(range(80), b, level=level, form=form)
    low, high = np.array(belt.low), np.array(belt.high)
    ends = np.array([x for x in (*belt.low, *belt.high) if x < 25])
    for mu in np.concatenate((np.linspace(0, 25, 501), ends - 1e-7, ends + 1e-7)):
        if mu >= 0:
            inside = (low <= mu) & (mu <= high)
            assert poisson.pmf(belt.n, mu + b)[inside].sum() >= level - 1e-9, mu


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    n=st.integers(0, 60),
    b=st.floats(0, 60),
    more=st.floats(0, 5),
    level=st.sampled_from([0.5, 0.683, 0.9, 0.99]),
)
def test_order(n, b, more, level):
    """Property: ends rise with n; monotone holds exact, differs above only, and falls with b."""
    low, high = count_interval(n, b, level=level)
    assert 0 <= low <= max(n - b, 0) <= high
    next_low, next_high = count_interval(n + 1, b, level=level)
    assert (low, high) <= (next_low, next_high)
    assert high <= next_high
    same, wide = count_interval(n, b, level=level, form="monotone")
    assert same == low
    assert wide >= high
    assert upper(n, b + more, level, "monotone") <= wide + 1e-9
    assert wide <= upper(n + 1, b, level, "monotone")


@pytest.mark.parametrize(
    ("n", "level"), every(6, [(0, 0.5), (0, 0.9), (1, 0.683), (1, 0.95), (3, 0.9), (6, 0.9)], unpack=True)
)
def test_monotone_is_the_largest_to_come(n, level):
    """Twin: the largest exact end on a grid of larger backgrounds, up to what falls between two points."""
    step = 2e-3
    grid = np.arange(0, n + 20, step)
    exact = np.array([upper(n, b, level) for b in grid])
    largest = np.maximum.accumulate(exact[::-1])[::-1]
    compared = range(0, len(grid) - int(8 / step), 250)
    rises = 0
    for i in compared:
        found = upper(n, grid[i], level, "monotone")
        assert largest[i] - 1e-9 <= found <= largest[i] + step
        rises += found > exact[i] + step
    assert rises > 0


@pytest.mark.parametrize("level", every(3, [0.683, 0.9, 0.99]))
@pytest.mark.parametrize("n", [0, 1, 4, 15, 60])
def test_the_next_rise_is_the_largest(n, level):
    """Property: what `monotone` relies on. Finds a rise that ends above an earlier one."""
    from analysis.counting.acceptance import rise_at

    rises = [rise_at(n, n, 1 - level, k) for k in range(n + 1, n + 300)]
    heights = [height for height in rises if height is not None]
    assert len(heights) > 100
    assert np.all(np.diff(heights) < 0)


def test_closed_forms():
    """Closed form: ends that are roots of one Poisson term, and shifts by b where nothing is below b."""
    assert count_interval(1, 0.0)[0] == pytest.approx(-math.log(0.9), abs=1e-10)
    assert count_interval(1, 0.0, level=0.683)[0] == pytest.approx(1 / math.e, abs=1e-10)
    assert count_interval(0, 0.0, level=0.1) == (0, pytest.approx(1 / math.e, abs=1e-10))
    for b in (0.5, 4.0, 10.0):
        assert upper(10, b) == pytest.approx(upper(10, 0.0) - b, abs=1e-10)


def test_large_counts_are_gaussian():
    """Closed form. Finds cancellation, and a search that does not reach the ends."""
    z = norm.ppf(0.95)
    for n in (10**6, LARGEST):
        low, high = count_interval(n, 0)
        assert (n - low) / math.sqrt(n) == pytest.approx(z, abs=3 / math.sqrt(n))
        assert (high - n) / math.sqrt(n) == pytest.approx(z, abs=3 / math.sqrt(n))
    b, error = 1e8, 1e4
    for x in (-2, -1, 0, 2, 3):
        low, high = count_interval(int(b + x * error), b)
        assert (low / error, high / error) == pytest.approx(gaussian_interval(x, 1), abs=1e-3)
    limit = norm.ppf(0.9) ** 2 / 2  # n far below b
    assert upper(0, LARGEST) == pytest.approx(limit, abs=1e-4)


@pytest.mark.parametrize("level", every(4, [0.2, 0.683, 0.9, 0.99]))
@pytest.mark.parametrize("mu", [0.02, 0.5, 1.7, 4.0])
def test_gaussian_coverage(mu, level):
    """Closed form: a continuous measurement is covered with the level itself."""
    x = mu + (np.arange(-7, 7, 4e-3) + 2e-3)
    ends = np.array([gaussian_interval(t, 1, level=level) for t in x])
    inside = (ends[:, 0] <= mu) & (mu <= ends[:, 1])
    assert norm.pdf(x - mu)[inside].sum() * 4e-3 == pytest.approx(level, abs=3.5e-3)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(x=st.floats(-30, 30), level=st.floats(0.01, 0.9999), sigma=st.floats(1e-3, 1e3))
def test_gaussian_scales(x, level, sigma):
    """Property: ends in units of σ, with the best μ between them."""
    low, high = gaussian_interval(x, 1, level=level)
    assert 0 <= low <= max(x, 0) <= high
    assert gaussian_interval(x * sigma, sigma, level=level) == pytest.approx(
        (low * sigma, high * sigma), rel=1e-6, abs=1e-9 * sigma
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": -1}, "observed counts must be an integer from 0"),
        ({"n": 2.5}, r"got 2\.5"),
        ({"n": 2.0}, "must be an integer"),
        ({"n": LARGEST + 1}, "observed counts"),
        ({"background": -0.1}, "background must be from 0"),
        ({"background": math.nan}, "got nan"),
        ({"background": math.inf}, "got inf"),
        ({"level": 0.0}, "level must lie between 0 and 1"),
        ({"level": 90.0}, "got 90: 90 % is 0.9"),
        ({"level": math.nan}, "got nan"),
        ({"form": "printed"}, "'exact' or 'monotone', got 'printed'"),
    ],
)
def test_wrong_arguments(change, words):
    """Contract: errors name the argument, what would be right, and what it was."""
    arguments = {"n": 1, "background": 1.0, "level": 0.9, "form": "exact"} | change
    with pytest.raises(ValueError, match=words):
        count_interval(arguments.pop("n"), arguments.pop("background"), **arguments)


@pytest.mark.parametrize(("x", "sigma"), [(1, 0), (1, -1), (math.nan, 1), (math.inf, 1), (1, math.inf)])
def test_wrong_gaussian(x, sigma):
    """Contract: as above."""
    with pytest.raises(ValueError, match="sigma finite and above 0"):
        gaussian_interval(x, sigma)
    with pytest.raises(ValueError, match="level must lie"):
        gaussian_interval(1, 1, level=1)


def test_a_belt_is_its_intervals():
    """Contract: the same numbers, in the order of the counts."""
    belt = count_belt(np.array([5, 0]), 2, level=0.68, form="monotone")
    assert belt.n == (5, 0)
    assert list(zip(belt.low, belt.high, strict=True)) == [
        count_interval(n, 2, level=0.68, form="monotone") for n in (5, 0)
    ]
