"""Limits and regions against root finding on an independent likelihood."""

import math

import numpy as np
import pytest
from support.experiments import borexino, lama
from support.plain import PlainLikelihood, scaled, with_nuisances

from analysis.fits.estimate import make_fitter
from analysis.fits.limits import delta_chi2, limit, limit_of_counts, regions, upper_limit
from analysis.histograms.histograms import from_counts
from simgen.interaction.models import E6, LR, SM

CHI = E6(beta="chi")
ONE_SIDED, TWO_SIDED = 2.705543, 3.841459


def test_thresholds():
    assert delta_chi2(0.95, "one-sided") == pytest.approx(ONE_SIDED, abs=1e-5)
    assert delta_chi2(0.95, "two-sided") == pytest.approx(TWO_SIDED, abs=1e-5)
    assert delta_chi2(0.90, "two-sided") == pytest.approx(ONE_SIDED, abs=1e-5)


@pytest.mark.parametrize(
    ("level", "method", "message"),
    [
        (0.4, "one-sided", "above 0.5 if it is one-sided, got 0.4"),
        (1.0, "two-sided", "between 0 and 1"),
        (0.95, "sided", "got 'sided'"),
    ],
)
def test_wrong_levels_are_errors(level, method, message):
    with pytest.raises(ValueError, match=message):
        delta_chi2(level, method)


@pytest.mark.parametrize("shift", [-0.02, 0.0, 0.03])
@pytest.mark.parametrize("paper", [False, True])
def test_limit_is_the_crossing_of_an_independent_likelihood(shift, paper):
    settings = {"likelihood": "paper", "error_per_bin": 0.05} if paper else {}
    fitter = make_fitter(borexino(), CHI, **settings)
    counts = fitter.templates.expected(shift)
    errors = 0.05 * fitter.templates.reference if paper else None
    plain = PlainLikelihood(borexino(), CHI, "gamma", counts, errors=errors)
    floor = plain((max(shift, 0.0),))
    expected = plain.crossing(floor + ONE_SIDED, max(shift, 0.0), 1.0)
    found = limit_of_counts(fitter, counts)
    assert found.upper == pytest.approx(expected, rel=1e-5)
    assert len(found.regions) == 1
    assert found.regions[0] == pytest.approx((0.0, expected), rel=1e-5)


def test_limit_with_normalisations():
    experiment = with_nuisances(1e-2)
    counts = np.round(make_fitter(experiment, CHI).templates.expected(0.1))
    plain = PlainLikelihood(experiment, CHI, "gamma", counts)
    best, floor = plain.minimum(-0.5, 1.0)
    found = limit_of_counts(make_fitter(experiment, CHI), counts, method="two-sided")
    upper = plain.crossing(floor + TWO_SIDED, best, 2.0)
    assert found.upper == pytest.approx(upper, rel=1e-5)
    assert found.regions[0] == pytest.approx((0.0, upper), rel=1e-5)


def test_two_sided_region_away_from_zero_has_two_ends():
    fitter = make_fitter(borexino(), CHI)
    counts = fitter.templates.expected(0.1)
    plain = PlainLikelihood(borexino(), CHI, "gamma", counts)
    ((low, high),) = limit_of_counts(fitter, counts, method="two-sided").regions
    assert low == pytest.approx(plain.crossing(TWO_SIDED, 0.0, 0.1), rel=1e-6)
    assert high == pytest.approx(plain.crossing(TWO_SIDED, 0.1, 0.5), rel=1e-6)
    assert limit_of_counts(fitter, counts).regions[0][0] == 0


def test_estimate_below_zero_is_compared_with_zero():
    """The free minimum is far below: against it, everything physical would be excluded."""
    fitter = make_fitter(borexino(), CHI)
    counts = fitter.templates.expected(-0.05)
    data = fitter.data(counts)
    minuit = fitter.minimise(data)
    assert minuit.values[0] == pytest.approx(-0.05, abs=1e-4)
    upper = upper_limit(fitter, data, minuit, ONE_SIDED)
    profile = fitter.profile(data)
    assert 0 < upper < limit_of_counts(fitter, fitter.templates.expected(0)).upper
    assert profile(upper) - profile(0.0) == pytest.approx(ONE_SIDED, abs=1e-6)
    assert regions(fitter, data, minuit, TWO_SIDED)[0][0] == 0


@pytest.mark.parametrize("size", [1e-4, 1e-2, 1.0, 100.0])
def test_second_minimum_gives_two_regions(size):
    """Counts are a parabola in δc_L; the dip far below is narrower than the scan's steps."""
    experiment = scaled(borexino(), size)
    fitter = make_fitter(experiment, SM(), poi="delta_c_L")
    counts = fitter.templates.expected(0.0)
    plain = PlainLikelihood(experiment, SM(), "delta_c_L", counts)
    far, depth = plain.minimum(-2.0, -1.0)
    threshold = depth + 0.2
    data = fitter.data(counts)
    minuit = fitter.minimise(data)
    assert minuit.values[0] == pytest.approx(0, abs=2e-3 * fitter.hesse(data, minuit)[0])
    expected = [
        plain.crossing(threshold, far - 1, far),
        plain.crossing(threshold, far, far + 0.5),
        plain.crossing(threshold, -0.73, 0.0),
        plain.crossing(threshold, 0.0, 3.0),
    ]
    assert np.ravel(regions(fitter, data, minuit, threshold)) == pytest.approx(expected, rel=1e-6)
    assert len(regions(fitter, data, minuit, 0.9 * depth)) == 1


def test_the_upper_limit_is_the_end_of_the_highest_region():
    """Data of the lower minimum: above the barrier there is a second region, which is allowed, too."""
    experiment = scaled(borexino(), 1e-4)
    fitter = make_fitter(experiment, SM(), poi="delta_c_L")
    data = fitter.data(fitter.templates.expected(-1.5))
    threshold = PlainLikelihood(experiment, SM(), "delta_c_L", data.counts).minimum(-0.5, 0.5)[1] + 0.3
    (_, first), (second, last) = regions(fitter, data, None, threshold)
    assert -1.5 < first < -0.73 < second < last
    assert upper_limit(fitter, data, None, threshold) == pytest.approx(last, rel=1e-6)
    fits = fitter.batch.fit(data.counts[None], data.auxiliary[None])
    limits = fitter.batch.upper_limits(data.counts[None], data.auxiliary[None], fits, threshold)
    assert limits[0] == pytest.approx(last, rel=1e-6)
    ((low, high), (again, _)) = regions(fitter, data, None, threshold, method="one-sided")
    assert low is None
    assert (high, again) == pytest.approx((first, second), rel=1e-6)


def test_limit_on_the_magnetic_moment():
    fitter = make_fitter(lama(), SM(), poi="mu_nu")
    counts = fitter.templates.reference
    plain = PlainLikelihood(lama(), SM(), "mu_nu", counts)
    expected = plain.crossing(ONE_SIDED, 0.0, 1e-11)
    found = limit_of_counts(fitter, counts)
    assert found.upper == pytest.approx(expected, rel=1e-5)
    assert found.regions[0] == pytest.approx((0.0, expected), rel=1e-5)
    assert found.M_Zprime_GeV is None


def test_mixed_model_starts_above_zero():
    model = LR(phi=0.005, gamma=0.05)
    fitter = make_fitter(borexino(), model)
    found = limit_of_counts(fitter, fitter.templates.expected(0.05), method="two-sided")
    low, high = found.regions[0]
    assert low >= fitter.range[0] > 0
    assert low < 0.05 < high
    assert found.upper == pytest.approx(high, rel=1e-6)


def test_blind_model_has_no_limit_and_everything_is_allowed():
    model = E6(beta=math.atan2(-9, math.sqrt(15)))
    found = limit_of_counts(make_fitter(borexino(), model), make_fitter(borexino(), CHI).templates.reference)
    assert found.upper is None
    assert found.asimov is None
    assert found.regions == ((0.0, None),)
    assert found.M_Zprime_GeV is None


def test_open_ends_of_a_two_sided_range_are_none():
    """A 1e-12th of BOREXINO expects nothing: nothing about δc_L is excluded but its far ends."""
    fitter = make_fitter(scaled(borexino(), 1e-12), SM(), poi="delta_c_L")
    data = fitter.data(np.zeros(6))
    found = regions(fitter, data, fitter.minimise(data), ONE_SIDED, method="one-sided")
    assert found[0][0] is None


@pytest.mark.parametrize("n", [0.0, 1.0, 1e9])
@pytest.mark.parametrize("factor", [2.5e-7, 1.0, 2500.0])
def test_extreme_counts_give_a_limit(factor, n):
    """From 0.1 to 1e9 expected events, and 0 to 6e9 seen."""
    experiment = scaled(borexino(), factor)
    found = limit_of_counts(make_fitter(experiment, CHI), np.full(6, n))
    assert found.upper is None or found.upper > 0
    assert found.regions
    assert found.asimov > 0


def test_no_events_where_a_tenth_is_expected():
    """-2 ln L is twice the expected number of events: the limit is where it has grown by 1.3528."""
    experiment = scaled(borexino(), 0.1 / make_fitter(borexino(), CHI).templates.reference.sum())
    plain = PlainLikelihood(experiment, CHI, "gamma", np.zeros(6))

    def total(gamma):
        return plain.expected(gamma).sum()

    upper = limit_of_counts(make_fitter(experiment, CHI), np.zeros(6)).upper
    assert total(upper) - total(0.0) == pytest.approx(ONE_SIDED / 2, rel=1e-6)


def test_limit_of_a_histogram_and_of_none():
    fitter = make_fitter(borexino(), CHI)
    counts = fitter.templates.reference.round()
    assert limit(from_counts(counts, borexino()), borexino(), CHI) == limit_of_counts(fitter, counts)
    expected = limit(None, borexino(), CHI)
    assert expected.upper == expected.asimov
    assert expected.M_Zprime_GeV == pytest.approx(91.1876 / math.sqrt(expected.upper))
