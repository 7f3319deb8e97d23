"""Pulls and constraints of nuisance parameters, and minima with their regions."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import chi2
from support.cards import CASES, card_counts

from analysis.fits.estimate import fit_counts, make_fitter
from analysis.fits.pulls import fit_pulls
from analysis.model.nuisances import Nuisance
from macros.card import load_card
from macros.words.details import say_pulls


def nuisance(law, uncertainty=0.1, nominal=1.0):
    return Nuisance(
        name=law, quantity="activity", uncertainty=uncertainty, constraint=law, targets=(), nominal=nominal
    )


def test_values_and_pulls_by_hand():
    """Closed form. 1 + σx, (1 + σ)^x and its derivative, and a free one without anything before."""
    laws = [nuisance("gaussian"), nuisance("log-normal"), nuisance("free")]
    a, b, c = fit_pulls(laws, np.array([0.5, -1.0, 0.0]), (1.5, 1.0, 2.0), np.array([0.5, 0.25, 0.1]))
    assert (a.prefit_value, a.prefit_error, a.value, a.error) == pytest.approx((1.05, 0.1, 1.15, 0.05))
    assert (a.pull, a.error_ratio) == pytest.approx((1.0, 0.5))
    assert (b.prefit_value, b.value) == pytest.approx((1 / 1.1, 1.1))
    assert (b.prefit_error, b.error) == pytest.approx((np.log(1.1) / 1.1, 1.1 * np.log(1.1) * 0.25))
    assert (a.prefit_lower, a.prefit_upper, a.lower, a.upper) == pytest.approx((0.95, 1.15, 1.1, 1.2))
    ends = (b.prefit_lower, b.prefit_upper, b.lower, b.upper)
    assert ends == pytest.approx((1.1**-2, 1.0, 1.1**0.75, 1.1**1.25))
    assert (c.prefit_lower, c.prefit_upper, c.lower, c.upper) == pytest.approx((None, None, 1.19, 1.21))
    assert (b.pull, b.error_ratio) == pytest.approx((2.0, 0.25))
    assert (c.prefit_value, c.prefit_error, c.prefit_x, c.pull, c.error_ratio) == (None,) * 5
    assert (c.value, c.error, c.x, c.x_error) == pytest.approx((1.2, 0.01, 2.0, 0.1))
    (without,) = fit_pulls(laws[:1], np.zeros(1), (0.0,), None)
    assert (without.error, without.x_error, without.error_ratio) == (None, None, None)
    assert (without.prefit_lower, without.lower, without.upper) == (pytest.approx(0.9), None, None)
    (wide,) = fit_pulls([nuisance("gaussian", 0.8)], np.array([-0.5]), (-1.0,), np.array([0.5]))
    assert (wide.prefit_lower, wide.lower, wide.upper) == pytest.approx((0.0, 0.0, 0.6))


def test_a_log_normal_constraint_is_written_with_its_ends(capsys):
    """Closed form. 30 % stands for a factor 1.3 up and 1/1.3 down, and not for 1 ± ln 1.3."""
    laws = [nuisance("gaussian", 0.3), nuisance("log-normal", 0.3)]
    found = fit_pulls(laws, np.zeros(2), (0.0, 1.0), np.array([1.0, 0.5]))
    say_pulls(found)
    gaussian, factor = (line.split("  ") for line in capsys.readouterr().out.splitlines()[3:5])
    assert "1.00 ± 0.30" in [cell.strip() for cell in gaussian]
    cells = [cell.strip() for cell in factor]
    assert "1 [0.769, 1.3]" in cells
    assert "1.3 [1.14, 1.48]" in cells


def test_pulls_are_those_of_the_parameters():
    """Contract. Values and errors are the fit's, and a measurement that was shifted stands before the fit."""
    card = load_card("borexino-cr51-realistic", ())
    fitter = make_fitter(card.together, card.model)
    counts = np.random.default_rng(4).poisson(fitter.templates.expected(0.1)).astype(float)
    result = fit_counts(fitter, counts, (0.7, -0.4))
    assert [p.prefit_x for p in result.pulls] == [0.7, -0.4]
    for pull in result.pulls:
        fitted = result.parameters[pull.name]
        assert (pull.value, pull.error) == (fitted.value, pytest.approx(fitted.error, rel=1e-12))


def test_what_minuit_leaves_at_an_end_is_physical():
    """A magnetic moment that is 0 but for rounding, on either side."""
    card = load_card("borexino-cr51-realistic", ())
    fitter = make_fitter(card.together, card.model, poi="mu_nu")
    for factor in (0.9, 0.95, 0.97):
        (minimum,) = fit_counts(fitter, factor * fitter.templates.expected(0.0)).minima
        assert abs(minimum.value) < 1e-6 * fitter.width
        assert minimum.physical


@pytest.mark.parametrize("method", ["minos", "hesse"])
def test_every_minimum_has_its_region(method):
    """Two minima 0.012 apart: the regions count from the deeper, and their ends are where the profile is."""
    card = load_card(str(CASES / "m8.toml"), ())
    fitter = make_fitter(card.together, card.model)
    counts = card_counts("m8.csv")[:, 0]
    result = fit_counts(fitter, counts, method=method)
    profile = fitter.profile(fitter.data(counts))
    threshold = chi2.ppf(0.683, 1)
    assert len(result.minima) == 1 + len(result.other_minima)
    assert result.minima[0].value == result.estimate.value
    assert (result.minima[0].lower, result.minima[0].upper) == (result.estimate.lower, result.estimate.upper)
    for minimum in result.minima:
        assert minimum.physical == (minimum.value >= 0)
        assert minimum.allowed == (minimum.rise < threshold)
        assert minimum.lower < minimum.value < minimum.upper
        tolerance = 1e-5 if method == "minos" else 0.25
        for end in (minimum.lower, minimum.upper):
            assert profile(end) - result.fval == pytest.approx(threshold, abs=tolerance)


def test_two_ends_of_fits_in_one_valley_are_one_minimum():
    """Property. A valley along γ and a free activity: between minima that are listed the profile rises."""
    settings = ("systematics.activity=free", "source.activity=16700 MCi", "background.flat.rate=100000 /d")
    with pytest.warns(UserWarning, match="not plausible"):
        card = load_card("borexino-cr51-realistic", settings)
    fitter, counts = make_fitter(card.together, card.model), card_counts("long-valley.csv")[:, 0]
    data = fitter.data(counts)
    found = sorted(fit_counts(fitter, counts).minima, key=lambda m: m.value)
    for left, right in pairwise(found):
        between = data.profile(np.linspace(left.value, right.value, 203)[1:-1])[0]
        floor = fit_counts(fitter, counts).fval
        assert between.max() - floor > max(left.rise, right.rise) + 1e-6


@pytest.mark.long
def test_minima_with_a_barrier_stay():
    """Contract. Two of δc_L, 0.14 apart in -2 ln L, are both listed."""
    card = load_card(CASES / "activity.toml", ("systematics.activity=0.02",))
    fitter = make_fitter(card.together, card.model, poi=card.fit.poi)
    result = fit_counts(fitter, card_counts("activity.csv")[:, 0])
    assert len(result.minima) > 1
    other = result.other_minima[0]
    assert (other.value, other.rise) == other  # a tuple, as before, with names
    assert other.value == pytest.approx(-1.366, abs=0.002)
