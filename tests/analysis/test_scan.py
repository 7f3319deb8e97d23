"""Scan of the profile likelihood, against scipy, and the values that it takes."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.stats import chi2
from support.cards import CASES, card_counts, make_problem
from support.examples import every
from support.expectation import expectation
from support.experiments import borexino
from support.single_fit import SingleFit

from analysis.fits.estimate import fit_counts, make_fitter
from analysis.fits.refits.scan import profile_scan, scan_points
from detsim.systematics import known_to
from macros.card import load_card
from simgen.interaction.models import E6


@cache
def prepared(name, poi=None):
    card = load_card(str(CASES / name) if name.endswith(".toml") else name, ())
    return card, make_fitter(card.together, card.model, poi=poi or card.fit.poi)


@pytest.mark.parametrize(
    ("name", "poi", "seed", "n"),
    every(
        2,
        [
            ("borexino-cr51-realistic", None, 1, 5),
            pytest.param("borexino-hellaz-cr51", None, 2, 2, marks=pytest.mark.long),
            pytest.param("h5.toml", None, 3, 3, marks=pytest.mark.long),
            ("borexino-cr51-realistic", "mu_nu", 4, 5),
        ],
        unpack=True,
    ),
)
def test_scan_is_scipys_minimisation_at_each_value(name, poi, seed, n):
    """-2 ln L to 1e-4 and pulls to 2e-3, by L-BFGS-B and Nelder-Mead on a likelihood written with loops."""
    card, fitter = prepared(name, poi)
    counts = np.random.default_rng(seed).poisson(fitter.templates.expected(fitter.truth)).astype(float)
    result = fit_counts(fitter, counts)
    points = scan_points(fitter, result, n)
    scan = profile_scan(fitter, fitter.data(counts), result, points)
    expected = expectation(card.together, card.model, fitter.templates.poi)
    single = SingleFit(
        make_problem(expected, counts[:, None], np.zeros((len(fitter.nominal), 1))), exact=True
    )
    curve, names = single.problem.curve, [n.name for n in expected.nuisances]
    for theta, value, pulls in zip(scan.points, scan.values, scan.pulls, strict=True):
        theirs, at = single.profile((theta - curve.origin) / curve.unit)
        assert value == pytest.approx(theirs, abs=1e-4)
        found = dict(zip(scan.nuisances, pulls, strict=True))
        np.testing.assert_allclose([found[n] for n in names], at, atol=2e-3)
    np.testing.assert_allclose(scan.delta, scan.values - result.fval, atol=1e-5)


def test_values_around_all_that_is_allowed():
    """Contract. Estimate, other minima and ends are among the values, which go beyond them, as far as 2 σ."""
    _, fitter = prepared("m8.toml")
    counts = card_counts("m8.csv")[:, 0]
    result = fit_counts(fitter, counts)
    points = scan_points(fitter, result)
    scan = profile_scan(fitter, fitter.data(counts), result, points)
    for minimum in result.minima:
        assert {minimum.value, minimum.lower, minimum.upper} <= set(points)
        at = dict(zip(scan.points, scan.delta, strict=True))
        assert at[minimum.value] == pytest.approx(minimum.rise, abs=1e-5)
        for end in (minimum.lower, minimum.upper):
            assert at[end] == pytest.approx(chi2.ppf(0.683, 1), abs=1e-5)
    assert min(scan.delta[0], scan.delta[-1]) > 3.84
    assert np.all(np.diff(points) > 0)


def test_ends_that_are_open_and_blind_data():
    """Contract. Up to the end of the range, or some resolutions far; blind data count from their lowest."""
    _, fitter = prepared("borexino-cr51-realistic", "mu_nu")
    counts = fitter.templates.expected(0.0)
    points = scan_points(fitter, fit_counts(fitter, counts))
    assert points[0] == 0
    blind = make_fitter(known_to(borexino(), activity=0.05), E6(beta=np.arctan2(-9, 15**0.5)))
    counts = blind.templates.expected(0.0)
    result = fit_counts(blind, counts)
    assert not result.valid
    scan = profile_scan(blind, blind.data(counts), result, scan_points(blind, result))
    assert scan.delta.min() == 0
    assert scan.delta.max() < 1


@pytest.mark.parametrize(
    ("at", "message"),
    [([0.1], "at least two"), ([0.2, 0.1], "ascend"), ([0.0, np.inf], "finite"), ([-1.0, 1e-11], "range of")],
)
def test_wrong_values(at, message):
    _, fitter = prepared("borexino-cr51-realistic", "mu_nu")
    counts = fitter.templates.expected(0.0)
    result = fit_counts(fitter, counts)
    with pytest.raises(ValueError, match=message):
        profile_scan(fitter, fitter.data(counts), result, at)


def test_a_region_far_away_does_not_hide_that_of_the_estimate():
    """Contract. Near regions are in the range; one 1000 widths away or wide, and excluded ones are not."""
    _, fitter = prepared("m8.toml")
    result = fit_counts(fitter, card_counts("m8.csv")[:, 0])
    one = replace(result.minima[0], value=0.7, lower=0.6, upper=0.8)
    near = replace(one, value=2.0, lower=1.9, upper=2.2, rise=0.1)
    far = replace(one, value=200.0, lower=199.0, upper=201.0, rise=0.1)
    wide = replace(one, value=-50.0, lower=-300.0, upper=-1.0, rise=0.1)
    excluded = replace(one, value=-4.0, lower=None, upper=None, rise=8.0, allowed=False)
    points = scan_points(fitter, replace(result, minima=(one, near, far, wide, excluded)))
    assert -1 < points[0] < 0.5
    assert 2.2 < points[-1] < 4
    assert {0.6, 0.7, 0.8, 1.9, 2.0, 2.2} <= set(points)
    assert np.sum((points >= 0.6) & (points <= 0.8)) > 5


def test_zero_is_a_value_of_a_symmetric_scan():
    """Contract. Rounding leaves no 1e-17 in its place."""
    _, fitter = prepared("m8.toml")
    result = fit_counts(fitter, card_counts("m8.csv")[:, 0])
    for half in (0.1, 0.3, 0.7):
        one = replace(result.minima[0], value=0.05, lower=-half, upper=half)
        points = scan_points(fitter, replace(result, minima=(one,)))
        assert np.abs(points).min() == 0
