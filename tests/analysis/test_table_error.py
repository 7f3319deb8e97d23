"""The statistical error of a table of thresholds, in the verdict on coverage."""

import math

import numpy as np
import pytest
from scipy import stats
from support.examples import few

from analysis.calibration import coverage_error, toys_for_error
from analysis.pseudo_experiments import Moments
from analysis.studies.tails import binomial_tails
from analysis.studies.tallies import Tally
from analysis.studies.verdict import FALSE_ALARM, can_contradict, judge
from macros.words import few_toys_warnings

LEVEL = 0.9


def point(covered, n, n_calibration, value=0.0):
    """Make a point of two methods that cover as often: one calibrated, and MINOS."""
    sums = Tally(
        value=value,
        n_toys=n,
        n_failed=0,
        n_retried=0,
        residuals=Moments(),
        pulls=Moments(),
        covered={"feldman-cousins": covered, "minos": covered},
        n_calibration=n_calibration,
    )
    return sums.point(LEVEL)


@pytest.mark.parametrize(
    ("covered", "n", "n_table"),
    [(8790, 10000, 2000), (9, 20, 9), (0, 100, 200), (1990, 2000, 500), (20, 20, 9)],
)
def test_tails_are_those_of_a_beta_binomial(covered, n, n_table):
    """Twin: the coverage of a threshold at rank k of m has a beta distribution with k and m + 1 - k."""
    rank = min(math.ceil(LEVEL * (n_table + 1)), n_table)
    exact = stats.betabinom(n, rank, n_table + 1 - rank)
    found = binomial_tails(covered, n, LEVEL, n_table)
    assert found == pytest.approx((exact.cdf(covered), exact.sf(covered - 1)), rel=1e-4)
    assert exact.std() / n == pytest.approx(
        math.hypot(coverage_error(n_table, LEVEL), math.sqrt(LEVEL * (1 - LEVEL) / n)), rel=0.2
    )


def test_an_error_of_the_table_is_no_under_coverage():
    """0.879 in place of 0.90 is seven binomial errors of 10 000 toys, but three of a table with 2000."""
    p = point(8790, 10_000, 2000)
    assert {name: m.verdict for name, m in p.methods.items()} == {
        "feldman-cousins": "nominal",
        "minos": "under",
    }
    assert [test.method for test in judge([p], LEVEL).under] == ["minos"]
    large = point(8790, 10_000, 1_000_000)
    assert large.methods["feldman-cousins"].verdict == "under"
    assert [test.method for test in judge([large], LEVEL).under] == ["feldman-cousins", "minos"]
    both = [point(8790, 10_000, 2000), point(8790, 10_000, 2000, 1.0)]
    assert {test.method for test in judge(both, LEVEL).under} == {"minos"}
    assert can_contradict([p], LEVEL)


@pytest.mark.parametrize("n_tables", few([300, 600], 300))
def test_tables_raise_few_false_alarms(n_tables):
    """Simulation: tables of 500 uniform numbers, each judged with 20 000 more."""
    rng = np.random.default_rng(7)
    tables = rng.beta(451, 50, n_tables)
    covered = rng.binomial(20_000, tables)
    alarms = [min(binomial_tails(int(k), 20_000, LEVEL, 500)) < FALSE_ALARM / 2 for k in covered]
    without = [min(binomial_tails(int(k), 20_000, LEVEL)) < FALSE_ALARM / 2 for k in covered]
    assert np.mean(alarms) <= FALSE_ALARM + 4 * math.sqrt(FALSE_ALARM / n_tables)
    assert np.mean(without) > 0.5


def test_small_tables_are_named():
    (text,) = few_toys_warnings(2000, LEVEL)
    assert "2000 toys" in text
    assert "± 0.0067 around 0.9" in text
    assert "3600 toys" in text
    n = toys_for_error(0.005, LEVEL)
    assert coverage_error(n, LEVEL) <= 0.005 < coverage_error(n - 1, LEVEL)
    assert not few_toys_warnings(3600, LEVEL)
    assert not few_toys_warnings(None, LEVEL)
