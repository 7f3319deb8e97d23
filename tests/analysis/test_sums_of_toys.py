"""Sums over toys: exact moments, distributions of statistics, and thresholds that are read from them."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.special import ndtr
from scipy.stats import chi2
from support.physical_fit_cases import counting, gaussian, last_accepted, parameter_at

from analysis.calibration import LARGEST, RESOLUTION, Distributions
from analysis.calibration.ranks import fraction_above, ranked
from analysis.pseudo_experiments import Moments
from analysis.studies import calibrate

NUMBERS = st.floats(-1e150, 1e150, allow_subnormal=True)  # whose squares are finite


@given(st.lists(NUMBERS, max_size=60), st.integers(1, 7))
def test_moments_are_exact(values, n_parts):
    """The sums of rational numbers, however the values are divided."""
    parts = np.array_split(np.array(values, np.float64), n_parts)
    squares = [float(x) * float(x) for x in values]  # ** is not always rounded to the nearest
    found = Moments()
    for part in reversed(parts):
        found = found + Moments().with_values(part)
    unit = 1 << 1074
    assert Fraction(found.total, unit) == sum(map(Fraction, values))
    assert Fraction(found.squares, unit) == sum(map(Fraction, squares))
    assert Moments.of_document(found.document()) == found


def test_moments_are_those_of_numpy():
    """Mean and deviation of many values; of a thousand millions of equal ones no digit is lost."""
    x = np.random.default_rng(1).normal(3.0, 0.1, 10_001)
    found = Moments().with_values(x)
    assert found.mean == pytest.approx(x.mean(), rel=1e-14)
    assert found.deviation == pytest.approx(x.std(ddof=1), rel=1e-12)
    one = Moments().with_values([0.1])
    many = Moments(n=10**9, total=one.total * 10**9, squares=one.squares * 10**9)
    assert many.mean == 0.1
    assert Moments().mean is None
    assert one.deviation is None


def test_values_without_a_sum_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        Moments().with_values([1.0, np.inf])


def statistics(seed, n, *, discrete=False):
    """Signed statistics of n toys: of a χ², or of few values as those of counts."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    z = np.round(4 * z) / 4 if discrete else z
    return (z * np.abs(z)).astype(np.float32)


def made(values, kept=LARGEST):
    found = Distributions.empty(1, kept)
    found.add(0, values)
    return found


FIELDS = ("counts", "farthest", "highest", "lowest", "n_failed")


@settings(max_examples=40)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 3000),
    st.integers(1, 6),
    st.integers(0, 200),
    st.booleans(),
    st.integers(0, 3),
)
def test_parts_of_a_distribution_add_up(seed, n, n_parts, kept, discrete, n_failed):
    """Any division, in any order: the same bits as all toys at once, and as many toys as were added."""
    values = statistics(seed, n, discrete=discrete)
    values[:n_failed] = np.inf
    whole, joined = made(values, kept), Distributions.empty(1, kept)
    for part in reversed(np.array_split(values, n_parts)):
        joined = joined + made(part, kept)
    for name in FIELDS:
        assert np.array_equal(getattr(whole, name), getattr(joined, name), equal_nan=True), name
    weighted = whole.values()
    assert weighted.counts.sum() == n == whole.n_toys
    assert np.all(np.diff(weighted.values[0]) >= 0)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.integers(0, 300), st.booleans())
def test_quantiles_of_a_distribution(seed, n, kept, discrete):
    """Every rank: at most a bin farther from 0 in √|q|; exact among the kept, and for few values."""
    values = statistics(seed, n, discrete=discrete)
    exact = np.sort(values).astype(np.float64)
    weighted = made(values, kept).values()
    ranks = range(1, n + 1)
    found = np.array([row[0] for row in ranked(weighted.values, weighted.counts, ranks)])
    excess = np.sqrt(np.abs(found)) - np.sqrt(np.abs(exact))
    assert np.all(excess > -1e-6)
    assert np.all(excess < RESOLUTION * (1 + 1e-6))
    assert np.array_equal(found[n - min(kept, n) :], exact[n - min(kept, n) :])
    assert np.array_equal(found[:kept], exact[:kept])
    if discrete:
        assert np.array_equal(found, exact)


def test_fractions_above():
    """P(q ≥ value) of a thousand values, as of the sorted statistics, to what one bin holds."""
    values = np.abs(statistics(3, 200_000))
    weighted = made(values, 1000).values()
    at = np.linspace(0, 20, 1001)
    found = fraction_above(weighted.values[0], weighted.counts[0], at)
    exact = fraction_above(np.sort(values), None, at)
    in_a_bin = fraction_above(np.sort(values), None, np.maximum(np.sqrt(at) - RESOLUTION, 0) ** 2) - exact
    assert np.all(found >= exact)
    assert np.all(found - exact <= in_a_bin + 1e-12)


@pytest.fixture(scope="module")
def tables():
    """One calibration as rows and as sums, of a Gaussian measurement at and above the boundary."""
    fitter, _, error = gaussian()
    at = [0.0, error, 4 * error]
    settings = {"seed": 5, "on_toys": None}
    rows = calibrate(fitter, at, 6000, **settings)
    sums = calibrate(fitter, at, 6000, keep="sums", largest_kept=50, **settings)
    return rows, sums


@pytest.mark.parametrize("method", ["feldman-cousins", "calibrated"])
@pytest.mark.parametrize("level", [0.683, 0.9, 0.95, 0.997])
def test_thresholds_of_sums(tables, method, level):
    """Not below those of the rows, and above them by less than the resolution; p-values and CLs alike."""
    exact, found = (table.thresholds(method, level) for table in tables)
    for name in ("centre", "low", "high"):
        a, b = np.sqrt(getattr(exact, name)), np.sqrt(getattr(found, name))
        assert np.all(b >= a - 1e-6)
        assert np.all(b - a <= RESOLUTION + 1e-6)
    q = np.array([0.5, 2.0, 5.0])
    for i in range(3):
        assert tables[1].p_values(i, q, method) == pytest.approx(tables[0].p_values(i, q, method), abs=2e-3)
        values, errors = zip(*(table.log_cls(i, q) for table in tables), strict=True)
        assert values[1] == pytest.approx(values[0], abs=0.02)
        assert errors[1] == pytest.approx(errors[0], rel=0.1, abs=1e-12)


def test_a_calibration_starts_anywhere(tables):
    """Toys 2000 to 5999 and the first 2000 make the table of all."""
    fitter, _, error = gaussian()
    at = [0.0, error, 4 * error]
    parts = [calibrate(fitter, at, n, seed=5, first=first) for first, n in ((0, 2000), (2000, 4000))]
    joined = np.sort(np.concatenate([part.signed for part in parts], axis=1), axis=1)
    assert np.array_equal(joined, tables[0].signed)
    assert parts[1].last == 5999


def test_a_calibration_that_is_stopped():
    """The toys so far are the first of those that were asked for."""
    fitter, _, error = gaussian()
    stopped = calibrate(fitter, [error], 200_000, seed=5, stopped=lambda: True)
    assert 0 < stopped.n_toys < 200_000
    again = calibrate(fitter, [error], stopped.n_toys, seed=5)
    assert np.array_equal(stopped.signed, again.signed)


def threshold_of_counts(sigma, n_toys):
    """The threshold of a counting experiment at a number of standard deviations, and its exact limits."""
    background, mean = 3.0, 2.0
    fitter = counting(background)
    table = calibrate(fitter, parameter_at(fitter, [mean]), n_toys, seed=11, keep="sums", largest_kept=1000)
    level = float(chi2.cdf(sigma**2, 1))
    curve = table.thresholds("feldman-cousins", level)
    spread = 5 * np.sqrt(level * (1 - level) / n_toys)
    least, most = (last_accepted(mean, background, level + k * spread)[0] for k in (-1, 1))
    return curve, least, most


def test_a_threshold_of_three_standard_deviations():
    """Exact: q of the last count that is accepted, at levels that differ by five errors of the toys."""
    curve, least, most = threshold_of_counts(3, 400_000)
    assert least - 1e-5 <= curve.centre[0] <= most + 1e-5
    assert curve.low[0] <= curve.centre[0] <= curve.high[0]


@pytest.mark.slow
def test_a_threshold_of_five_standard_deviations():
    """Of 1e8 toys 57 may be above it."""
    curve, least, most = threshold_of_counts(5, 100_000_000)
    assert least - 1e-5 <= curve.centre[0] <= most + 1e-5
    assert curve.low[0] <= curve.centre[0] <= curve.high[0]


def test_the_tail_of_a_normal_distribution():
    """A 5 σ threshold from 1e7 toys of a χ²: within five of its errors, with a kept tail of a hundred."""
    rng = np.random.default_rng(8)
    found = Distributions.empty(1, 100)
    for _ in range(10):
        found.add(0, rng.normal(size=1_000_000).astype(np.float32) ** 2)
    weighted = found.values()
    p = 2 * float(ndtr(-5.0))
    rank = int(np.ceil((1 - p) * (10**7 + 1)))
    above = 10**7 - rank
    centre, low, high = (
        ranked(weighted.values, weighted.counts, [rank + k])[0][0]
        for k in (0, -5 * int(np.ceil(np.sqrt(above))), above)
    )
    assert low <= 25.0 <= high
    assert np.sqrt(centre) == pytest.approx(5.0, abs=0.5)
