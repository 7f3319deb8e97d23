"""The verdict on a whole coverage study: its false alarms and its power, from binomials of NumPy."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy import stats
from support.examples import every, few
from support.experiments import borexino
from support.plain import scaled

from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.fitted_toys import at_truth
from analysis.studies.coverage_study import CoverageStudy, coverage
from analysis.studies.tails import binomial_tails, holm
from analysis.studies.tallies import CoveragePoint, MethodCoverage, clopper_pearson
from analysis.studies.verdict import (
    FALSE_ALARM,
    can_contradict,
    judge,
    over_by_design,
)
from macros.words import verdict_lines
from simgen.interaction.models import E6

CHI = E6(beta="chi")
METHODS = ("hesse", "minos", "one-sided")
LEVEL = 0.95


@cache
def method(k, n, over_by_design):
    low, high = clopper_pearson(k, n)
    verdict = "under" if high < LEVEL else "over" if low > LEVEL else "nominal"
    return MethodCoverage(
        covered=k, fraction=k / n, low=low, high=high, verdict=verdict, over_by_design=over_by_design
    )


def point(value, covered, n, by_design=()):
    """Make a point with these numbers of toys that cover, one for each method."""
    named = zip(METHODS, covered, strict=False)
    methods = {name: method(int(k), n, name in by_design) for name, k in named}
    return CoveragePoint(
        value=value,
        n_toys=n,
        n_failed=0,
        bias=0.0,
        bias_error=0.0,
        pull_mean=0.0,
        pull_width=1.0,
        methods=methods,
    )


def study(covered, n):
    return [point(float(i), row, n) for i, row in enumerate(covered)]


def drawn(rng, probability, n, *, correlated, values=20):
    """Draw the toys that cover, shape (values, methods): methods independent, or all alike."""
    shape = (values, 1 if correlated else len(METHODS))
    return np.broadcast_to(rng.binomial(n, probability, shape), (values, len(METHODS)))


def share(found, n):
    """Return a rate and the error of it."""
    p = np.mean(found)
    return p, math.sqrt(max(p * (1 - p), 1 / n) / n)


@pytest.mark.parametrize(
    ("k", "n"), [(0, 10), (10, 10), (3, 10), (950, 1000), (94_800, 100_000), (949_000, 10**6)]
)
def test_tails_are_those_of_a_binomial(k, n):
    """Twin: scipy.stats."""
    low, high = binomial_tails(k, n, LEVEL)
    assert low == pytest.approx(stats.binom.cdf(k, n, LEVEL), rel=1e-9)
    assert high == pytest.approx(stats.binom.sf(k - 1, n, LEVEL), rel=1e-9)


def test_holm_of_a_published_example():
    """R's `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")`."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("n_studies", few([400, 4000], 400))
@pytest.mark.parametrize("correlated", every(2, [False, True]))
def test_false_alarms_of_a_study(correlated, n_studies):
    """20 values × 3 methods that cover exactly: single verdicts alarm often, that on all at most as stated.

    Twice the stated 10 % would show at 15 σ with 4000 studies and at 5 σ with 400, four times 0.3 % with 4000
    at more than 5 σ. A study alarms at 10 % if one of its p-values is below 5 %, which is compared
    with the verdict for 100 of them.
    """
    rng, n = np.random.default_rng(1), 1000
    single, ten, stated = [], [], []
    for i in range(n_studies):
        points = study(drawn(rng, LEVEL, n, correlated=correlated), n)
        single.append(any(m.verdict != "nominal" for p in points for m in p.methods.values()))
        found = judge(points, LEVEL)
        ten.append(min(found.p_under, found.p_over) <= 0.05)
        stated.append(found.verdict != "nominal")
        if i < 100:
            assert (judge(points, LEVEL, false_alarm=0.1).verdict != "nominal") == ten[-1]
    assert FALSE_ALARM == 0.003
    assert np.mean(single) > 0.03
    for found, allowed in ((ten, 0.1), (stated, FALSE_ALARM)):
        rate, error = share(found, n_studies)
        assert rate <= allowed + 3 * error
    assert np.mean(ten) > 0.02  # of a bound that is not vain


def test_false_alarms_of_tests_that_are_all_the_same():
    """p-values that are one number: adjusted, none is below α more often than α."""
    u = np.random.default_rng(2).uniform(size=20_000)
    smallest = np.array([holm(np.full(63, x)).min() for x in u])
    assert np.mean(smallest <= 0.1) <= 0.1
    assert np.mean(holm(u[:63]) <= 1) == 1


@pytest.mark.parametrize(("n", "bad"), every(2, [(1000, 20), (20_000, 1)], unpack=True))
def test_power_for_an_undercoverage_of_one_per_cent(n, bad):
    """All values cover 0.94 with 1000 toys each, or one of 20 does, with 20 000: found in more than 95 %.

    Of one value the power is that of one binomial at the Bonferroni threshold, exactly known.
    """
    rng, n_studies = np.random.default_rng(3), 150
    found = []
    for _ in range(n_studies):
        covered = np.array(drawn(rng, LEVEL, n, correlated=False))
        covered[:bad] = rng.binomial(n, LEVEL - 0.01, (bad, len(METHODS)))
        found.append(judge(study(covered, n), LEVEL))
    under = [v.verdict == "under" for v in found]
    assert np.mean(under) > 0.95
    n_tests = 20 * 3 + 3
    assert all(v.n_under == v.n_over == n_tests for v in found)
    if bad == 1:
        critical = stats.binom.ppf(FALSE_ALARM / 2 / n_tests, n, LEVEL) - 1
        power = stats.binom.cdf(critical, n, LEVEL - 0.01)
        hits = [any(t.value == 0.0 and t.method == "minos" for t in v.under) for v in found]
        rate, error = share(hits, n_studies)
        assert rate == pytest.approx(power, abs=4 * error + 0.01)
    else:
        assert np.mean([any(t.value is None for t in v.under) for v in found]) > 0.95


@pytest.mark.parametrize("covered", [930, 929, 931, 965, 966, 967, 950, 1000, 0])
def test_of_one_test_it_is_the_single_verdict(covered):
    (p,) = study([[covered]], 1000)
    assert judge([p], LEVEL).verdict == p.methods["hesse"].verdict


def test_what_covers_more_by_design_is_no_overcoverage():
    points = [point(0.0, (950, 950, 1000), 1000, {"one-sided"}), point(1.0, (950, 950, 950), 1000)]
    found = judge(points, LEVEL)
    assert (found.verdict, found.n_under, found.n_over) == ("nominal", 9, 7)
    assert judge([point(0.0, (950, 950, 1000), 1000)], LEVEL).verdict == "over"
    (test,) = judge([point(0.0, (950, 950, 800), 1000, {"one-sided"})], LEVEL).under
    assert (test.value, test.method, test.fraction) == (0.0, "one-sided", 0.8)
    both = judge([point(0.0, (800, 1000, 950), 1000)], LEVEL)
    assert both.verdict == "under and over"
    assert judge([], LEVEL) is None


def test_where_a_limit_covers_more_by_design():
    """Closed form: a one-sided limit of a Gaussian bounded at 0 does below 1.6449 σ; MINOS, free, nowhere."""
    fitter = make_fitter(scaled(borexino(), 1e4), CHI)
    sigma = math.sqrt(1 / fitter.data(fitter.templates.expected(0.0)).nominal(1e-3)) * 1e-3
    for truth, near in ((0.0, True), (1.6 * sigma, True), (1.7 * sigma, False), (5 * sigma, False)):
        found = over_by_design(at_truth(fitter, truth), METHODS, LEVEL)
        assert found == ({"one-sided"} if near else set())
    everything = (*METHODS, "feldman-cousins", "calibrated", "cls")
    assert over_by_design(at_truth(fitter, 0.0), everything, LEVEL) == {"one-sided", "calibrated", "cls"}
    assert over_by_design(at_truth(fitter, 5 * sigma), everything, LEVEL) == {"cls"}
    bounded = replace(at_truth(fitter, 1.9 * sigma), bounded=True)
    assert over_by_design(bounded, METHODS, LEVEL) == {"hesse", "minos"}


@pytest.mark.parametrize("poi", ["mu_nu", "delta_c_L", "sin2_theta_w"])
def test_of_other_parameters(poi):
    """A magnetic moment is bounded at 0 in all fits; others have their ends far away."""
    model = CHI
    fitter = make_fitter(borexino(), model, poi=poi)
    expected = {"hesse", "minos", "one-sided"} if poi == "mu_nu" else set()
    assert over_by_design(fitter, METHODS, LEVEL) == expected


def test_study_has_its_verdict():
    """400 toys at the boundary, and far from it: nominal, although the one-sided limit holds 0 always."""
    found = coverage(borexino(), CHI, [0.0, 0.3], 400, seed=11, audit=0)
    assert found.verdict.verdict == "nominal"
    assert found.points[0].methods["one-sided"].over_by_design
    assert not found.points[1].methods["one-sided"].over_by_design
    assert found.verdict.n_under == 9


@pytest.mark.parametrize("values", [1, 2])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_too_few_toys_are_said(n, values):
    """Contract: only where every outcome is nominal; JSON keeps the word, and texts add the reason."""
    outcomes = [study([(k, k, k)] * values, n) for k in range(n + 1)]
    possible = {judge(points, LEVEL).verdict for points in outcomes}
    assert can_contradict(outcomes[0], LEVEL) == (possible != {"nominal"})
    shown = CoverageStudy(parameter="gamma", level=LEVEL, points=tuple(outcomes[-1]))
    assert shown.verdict.verdict == "nominal"
    few = possible == {"nominal"}
    assert shown.few_toys == few
    why = "nominal, as it would be whatever so few toys cover"
    assert repr(shown).endswith(why) == few
    assert verdict_lines(shown)[0].endswith(", as it would be whatever so few toys cover") == few


def test_one_toy_contradicts_nothing_and_many_may():
    assert not can_contradict(study([(1, 1, 1)], 1), LEVEL)
    assert can_contradict(study([(1, 1, 1)], 1000), LEVEL)
