"""Coverage: how it is counted, and what it is where theory says."""

import numpy as np
import pytest
from scipy import stats
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.pseudo_experiments.fitted_toys import FAILED, NO_HESSE, NO_LIMIT, NO_MINOS
from analysis.studies.coverage_study import clopper_pearson, coverage, summarise
from analysis.studies.tallies import covers
from simgen.interaction.models import E6

CHI = E6(beta="chi")


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (3, 10), (950, 1000), (1, 1)])
def test_clopper_pearson(k, n):
    low, high = clopper_pearson(k, n, 0.997)
    expected_low = stats.beta.ppf(0.0015, k, n - k + 1) if k else 0.0
    expected_high = stats.beta.ppf(0.9985, k + 1, n - k) if k < n else 1.0
    assert (low, high) == pytest.approx((expected_low, expected_high), rel=1e-9)


@pytest.mark.parametrize(("k", "n", "wanted"), [(0, 0, (0, 1)), (0, 5, (0, None)), (5, 5, (None, 1))])
def test_clopper_pearson_at_its_ends(k, n, wanted):
    """Closed form: nothing is excluded without trials; none and all of them exclude nothing beyond."""
    low, high = clopper_pearson(k, n, 0.9)
    tail = 0.05 ** (1 / n) if n else 0.0
    assert (low, high) == pytest.approx((tail if k else 0, 1 if k == n else 1 - tail))
    assert all(w is None or w == x for w, x in zip(wanted, (low, high), strict=True))


def test_clopper_pearson_is_made_of_binomial_tails():
    low, high = clopper_pearson(7, 20, 0.95)
    assert stats.binom.sf(6, 20, low) == pytest.approx(0.025)
    assert stats.binom.cdf(7, 20, high) == pytest.approx(0.025)


def columns(n, **changes):
    made = {
        "toy": np.arange(n),
        "true_gamma": np.full(n, 0.1),
        "gamma": np.full(n, 0.12),
        "gamma_error": np.full(n, 0.04),
        "status": np.zeros(n, np.int32),
        "one_sided_upper": np.full(n, 0.2),
    }
    for method in ("hesse", "minos"):
        made |= {f"{method}_lower": np.full(n, 0.05), f"{method}_upper": np.full(n, 0.15)}
    return made | changes


def test_bias_and_pulls():
    gamma = np.array([0.08, 0.1, 0.18])
    point = summarise(columns(3, gamma=gamma), "gamma", 0.95)
    assert point.value == 0.1
    assert point.bias == pytest.approx(0.02)
    assert point.pull_mean == pytest.approx(0.5)
    assert point.pull_width == pytest.approx(np.std([-0.5, 0, 2], ddof=1))


def test_truth_outside_is_not_covered():
    lower = np.array([0.05, 0.11, 0.05, 0.1])
    upper = np.array([0.15, 0.2, 0.09, 0.1])
    limit = np.array([0.2, 0.09, 0.1, 0.3])
    point = summarise(columns(4, minos_lower=lower, minos_upper=upper, one_sided_upper=limit), "gamma", 0.95)
    assert point.methods["minos"].covered == 2
    assert point.methods["one-sided"].covered == 3
    assert point.methods["hesse"].covered == 4


@pytest.mark.parametrize(
    ("status", "missing"),
    [
        (FAILED, {"hesse", "minos", "one-sided"}),
        (NO_HESSE, {"hesse"}),
    ],
)
def test_what_failed_does_not_cover(status, missing):
    """The cells say otherwise here: only the status counts."""
    statuses = np.zeros(10, np.int32)
    statuses[4] = status
    point = summarise(columns(10, status=statuses), "gamma", 0.95)
    assert point.n_failed == (status == FAILED)
    assert {name for name, m in point.methods.items() if m.covered == 9} == missing
    assert point.n_toys == 10
    for m in point.methods.values():
        assert m.fraction == m.covered / 10


def test_open_ends_cover():
    """A limit that is not there allows everything; an open end of an interval all that is beyond it."""
    statuses = np.array([NO_LIMIT, NO_MINOS, NO_MINOS, NO_MINOS, 0], np.int32)
    nan = np.nan
    lower, upper = np.array([0.0, nan, 0.2, nan, 0.2]), np.array([0.5, 0.05, nan, 0.5, nan])
    made = columns(5, status=statuses, minos_lower=lower, minos_upper=upper, one_sided_upper=lower)
    assert covers(made, "gamma", "minos").tolist() == [True, False, False, True, False]
    assert covers(made, "gamma", "one-sided").tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(("covered", "verdict"), [(900, "under"), (950, "nominal"), (990, "over")])
def test_verdict(covered, verdict):
    upper = np.where(np.arange(1000) < covered, 0.2, 0.05)
    m = summarise(columns(1000, one_sided_upper=upper), "gamma", 0.95).methods["one-sided"]
    assert m.verdict == verdict
    assert (m.low, m.high) == clopper_pearson(covered, 1000)


def test_all_failed_is_a_point_without_moments():
    point = summarise(columns(5, status=np.full(5, FAILED)), "gamma", 0.95)
    assert (point.bias, point.pull_mean, point.pull_width) == (None, None, None)
    assert all(m.covered == 0 and m.verdict == "under" for m in point.methods.values())


def test_regular_case_is_nominal():
    """γ many errors above zero; with 400 toys a coverage below 0.90 would show."""
    study = coverage(borexino(), CHI, [0.05], 400, seed=11, audit=0)
    (point,) = study.points
    assert point.n_failed == 0
    assert {m.verdict for m in point.methods.values()} == {"nominal"}
    assert abs(point.pull_mean) < 0.17
    assert point.pull_width == pytest.approx(1, abs=0.12)


def test_regular_case_with_normalisations_is_nominal():
    study = coverage(with_nuisances(), CHI, [0.3], 300, seed=12, level=0.683, audit=0)
    assert {m.verdict for name, m in study.points[0].methods.items() if name != "one-sided"} == {"nominal"}


def test_one_sided_limit_always_covers_zero():
    study = coverage(scaled(borexino(), 1e-3), CHI, [0.0], 150, seed=13, methods=["one-sided"], audit=0)
    m = study.points[0].methods["one-sided"]
    assert m.covered == 150
    assert m.verdict == "over"


def test_points_do_not_depend_on_each_other():
    alone = coverage(borexino(), CHI, [0.02], 20, seed=3, audit=0)
    among = coverage(borexino(), CHI, [0.0, 0.02, 0.05], 20, seed=3, audit=0)
    assert alone.points[0] == among.points[1]


def test_every_chunk_is_handed_on():
    chunks = []
    coverage(borexino(), CHI, [0.0, 0.1], 5, seed=3, methods=["hesse"], on_toys=chunks.append)
    values = [c["true_gamma"] for c in chunks]  # as many chunks as the time of the first one suggests
    assert np.concatenate(values).tolist() == [0.0] * 5 + [0.1] * 5
    assert all(len(set(c)) == 1 for c in values)


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"n_toys": 0}, "n_toys must be at least 1"), ({"methods": ["bayes"]}, "methods must be among hesse")],
)
def test_wrong_arguments_are_errors(changes, message):
    arguments = {"at": [0.0], "n_toys": 1, "seed": 1} | changes
    with pytest.raises(ValueError, match=message):
        coverage(borexino(), CHI, **arguments)


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{}, {"likelihood": "paper", "error_per_bin": 0.05}])
@pytest.mark.parametrize("gamma", [0.1, 0.3])
def test_coverage_of_many_toys(settings, gamma):
    """5000 toys: a coverage wrong by 1 % would show; four errors above zero, so the limit is regular too."""
    experiment = borexino() if settings else with_nuisances()
    methods = ["minos", "one-sided"]
    (point,) = coverage(experiment, CHI, [gamma], 5000, seed=21, methods=methods, **settings).points
    for m in point.methods.values():
        assert m.low <= 0.95 + 0.003
        assert m.high >= 0.95 - 0.003
