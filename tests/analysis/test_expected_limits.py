"""The paper's limits, and the limit to expect."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from support.examples import every
from support.experiments import borexino, hellaz, lama
from support.plain import scaled, with_nuisances

from analysis.fits.estimate import make_fitter
from analysis.fits.limits import limit_of_counts
from analysis.studies.expected_limits import expected_limit, global_fit, sensitivity
from detsim.expectation.folding import fold
from simgen.interaction.models import E6, LR, SM

CHI, PSI, ETA = (E6(beta=name) for name in ("chi", "psi", "eta"))
SLOPES = [
    (borexino, (1.691, 7.78, 28.6, 4.845)),
    (hellaz, (1.032, 6.17, 12.3, 4.09)),
    (lambda: hellaz(0.56), (0.610, 3.00, 8.95, 1.89)),
    (lama, (1.190, 8.05, 12.7, 5.53)),
]


@pytest.mark.parametrize(("experiment", "slopes"), every(4, SLOPES, unpack=True))
def test_small_errors_give_gamma_proportional_to_the_error(experiment, slopes):
    """γ95 = Kσ, two-sided; the third digit of K is its rounding."""
    for model, slope in zip((CHI, PSI, ETA, LR()), slopes, strict=True):
        study = sensitivity(experiment(), model, [1e-6, 2e-6], method="two-sided")
        assert study.limit[0] / 1e-6 == pytest.approx(slope, rel=4e-3)
        assert study.limit[1] / study.limit[0] == pytest.approx(2, rel=1e-3)


def test_the_papers_two_sentences():
    """BOREXINO at 5 % and HELLAZ at 8 % beat the global fit of χ, with Δχ² = 2.71 and not with 3.84."""
    for experiment, error, printed in ((borexino(), 0.05, 0.0704), (hellaz(), 0.08, 0.0688)):
        one = sensitivity(experiment, CHI, [error])
        two = sensitivity(experiment, CHI, [error], method="two-sided")
        assert one.limit[0] == pytest.approx(printed, rel=1.5e-3)
        assert one.limit[0] < one.global_fit < two.limit[0]
        assert (one.delta_chi2, two.delta_chi2) == pytest.approx((2.7055, 3.8415), abs=1e-4)
        assert one.global_fit == pytest.approx(0.0764, abs=5e-5)


@pytest.mark.parametrize(("experiment", "error"), [(borexino(), 0.05), (hellaz(), 0.08), (lama(), 0.04)])
@pytest.mark.parametrize("model", [CHI, PSI, LR()])
def test_limits_by_plain_root_finding(experiment, error, model):
    folded = fold(experiment, SM())
    standard = folded.signal(SM())[1:-1]

    def chi2(gamma):
        change = folded.signal(model.vary(gamma=gamma))[1:-1] / standard - 1
        return float(np.sum((change / error) ** 2))

    expected = brentq(lambda g: chi2(g) - 2.7055435, 0, 2.5, xtol=1e-12)
    assert sensitivity(experiment, model, [error]).limit[0] == pytest.approx(expected, rel=1e-6)


def test_magnetic_moment_of_figure_4():
    """μ95 = 1.12e-12 μ_B √(σ/1 %): the rate is linear in μ²."""
    study = sensitivity(lama(), SM(), [0.01, 0.04, 0.09], poi="mu_nu")
    for error, found in zip((0.01, 0.04, 0.09), study.limit, strict=True):
        assert found == pytest.approx(1.12e-12 * math.sqrt(error / 0.01), rel=4e-3)
    assert study.M_Zprime_GeV == (None, None, None)
    assert study.global_fit is None


@pytest.mark.parametrize(("model", "printed"), [(CHI, 0.0138), (PSI, 0.0958), (ETA, 0.145), (LR(), 0.0664)])
def test_statistics_alone_of_figure_2(model, printed):
    """6.27e4 events. The printed numbers are √2.7055 times the error of Fisher's information at γ = 0."""
    fitter = make_fitter(lama(), model)
    assert fitter.templates.reference.sum() == pytest.approx(6.27e4, rel=1e-3)
    data = fitter.data(fitter.templates.reference)
    (error,) = data.errors((0.0,), 1e-3)
    assert math.sqrt(2.7055) * error == pytest.approx(printed, rel=2.5e-3)
    found = limit_of_counts(fitter, fitter.templates.reference).upper
    assert found == pytest.approx(printed, rel=0.012)


def test_global_fits():
    found = [global_fit(m) for m in (CHI, PSI, ETA, LR())]
    assert found == pytest.approx([0.0764, 0.2877, 0.1718, 0.0547], abs=5e-5)
    assert global_fit(E6(beta=0.3)) is None
    assert global_fit(SM()) is None


def test_blind_model_has_no_sensitivity():
    study = sensitivity(borexino(), E6(beta=math.atan2(-9, math.sqrt(15))), [0.05])
    assert study.limit == (None,)
    assert study.M_Zprime_GeV == (None,)


@pytest.mark.parametrize("errors", [[], [0.0], [0.05, -1], [math.inf]])
def test_wrong_errors_per_bin(errors):
    with pytest.raises(ValueError, match="errors per bin must be finite and above 0"):
        sensitivity(borexino(), CHI, errors)


def expected(seed=1, n_toys=60, **changes):
    experiment = with_nuisances(1e-2)
    fitter = make_fitter(experiment, CHI)
    return expected_limit(fitter, n_toys=n_toys, seed=seed, audit=2, **changes)


def test_band_is_ordered_around_the_asimov_limit():
    found = expected()
    assert list(found.band) == sorted(found.band)
    assert found.band[0] < found.asimov < found.band[4]
    assert found.upper == found.asimov
    assert found.band[1] < found.asimov * 1.1
    assert found.band[3] > found.asimov * 0.9


def test_band_of_many_events_is_gaussian():
    """For a linear expectation γ̂ ~ N(0, s): the limits of the toys above are 1.645 s + γ̂."""
    experiment = scaled(borexino(), 100)
    fitter = make_fitter(experiment, CHI)
    found = expected_limit(fitter, n_toys=300, seed=5, audit=0)
    error = found.asimov / 1.6449
    assert found.band[2] == pytest.approx(found.asimov, abs=4 * 1.2533 * error / math.sqrt(300))
    assert found.band[3] == pytest.approx(found.asimov + error, abs=0.35 * error)
    assert found.band[4] == pytest.approx(found.asimov + 2 * error, abs=0.7 * error)


def test_band_is_a_function_of_the_seed():
    assert expected(n_toys=10) == expected(n_toys=10)
    assert expected(n_toys=10).band != expected(n_toys=10, seed=2).band


def test_every_toy_is_reported():
    seen = []
    expected(n_toys=4, on_toys=seen.append)
    assert sum(seen) == 4


def test_no_toys_is_an_error():
    with pytest.raises(ValueError, match="n_toys must be at least 1, got 0"):
        expected(n_toys=0)
