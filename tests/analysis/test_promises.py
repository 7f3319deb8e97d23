"""Pulls, coverage, bias and second minima in cases where theory predicts them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq
from support.examples import every
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import limit_of_counts
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.coverage_study import coverage
from detsim.systematics import known_to
from simgen.interaction.models import E6, SM

CHI = E6(beta="chi")
LINEAR = SM(delta_c_L_order="first")


def linear():
    """Counts linear in δc_L, eq. (5), and in the one background; errors are fixed, so all is Gaussian."""
    return replace(with_nuisances(signal=0.0, background=0.2), systematics=())


def test_pulls_of_a_linear_gaussian_fit_are_normal():
    """1e5 toys; a bias of 0.006 of the error would show. q of the truth is χ² of one degree of freedom."""
    fitter = make_fitter(linear(), LINEAR, poi="delta_c_L", likelihood="paper", error_per_bin=0.05)
    (columns,) = toys(Thrower(fitter=fitter, seed=1), 100_000, chunk=100_000)
    assert np.all(columns["status"] == 0)
    for name, truth in (("delta_c_L", 0.0), ("background_flat", 1.0)):
        pulls = (columns[name] - truth) / columns[f"{name}_error"]
        assert stats.kstest(pulls, "norm").pvalue > 1e-3
        assert abs(pulls.mean()) < 4 / np.sqrt(100_000)
        assert pulls.std() == pytest.approx(1, abs=4 / np.sqrt(200_000))
    assert stats.kstest(columns["q_true"], stats.chi2(1).cdf).pvalue > 1e-3


@pytest.mark.parametrize("level", every(2, [0.683, 0.95]))
def test_coverage_of_a_linear_gaussian_fit_is_exact(level):
    """1e5 toys: to 0.0045, three of its errors at 0.683, and 0.0021 at 0.95."""
    settings = {"poi": "delta_c_L", "likelihood": "paper", "error_per_bin": 0.05}
    (point,) = coverage(linear(), LINEAR, [0.0], 100_000, seed=2, level=level, audit=0, **settings).points
    tolerance = 3 * np.sqrt(level * (1 - level) / 100_000)
    for name in ("hesse", "minos"):
        assert point.methods[name].fraction == pytest.approx(level, abs=tolerance)
    assert abs(point.bias) < 4 * point.bias_error


def test_coverage_with_a_common_error_of_five_percent():
    """1e5 toys well inside, nine errors above γ = 0: within 0.002 of 0.95 by the profile likelihood."""
    experiment = known_to(borexino(), activity=0.05)
    (point,) = coverage(
        experiment, CHI, [1.0], 100_000, seed=3, methods=["minos", "one-sided"], audit=0
    ).points
    assert point.n_failed == 0
    for m in point.methods.values():
        assert m.fraction == pytest.approx(0.95, abs=0.002)


@pytest.mark.long
def test_bias_falls_with_exposure_and_constraints():
    """∝ 1/exposure where uncertainties fall as 1/√exposure; 1e5 toys resolve a twentieth of an error."""
    biases = []
    for factor in (1.0, 4.0, 16.0):
        size = 0.1 / np.sqrt(factor)
        experiment = with_nuisances(2e-3 * factor, signal=size, background=size)
        (point,) = coverage(experiment, CHI, [0.5], 100_000, seed=4, methods=["hesse"], audit=0).points
        assert point.n_failed == 0
        biases.append((point.bias, point.bias_error))
    (first, error), (second, _), (third, last) = biases
    assert abs(first) > 8 * error
    assert abs(second) == pytest.approx(abs(first) / 4, rel=0.3)
    assert abs(third) < abs(first) / 8 + 3 * last


def test_both_regions_of_a_second_minimum():
    """One bin: n = a + bε + cε² has two solutions, and both are as likely. Their regions end where
    2(μ - n + n ln(n/μ)) is the threshold, roots of the parabola found by hand."""
    detector = replace(borexino().detector, edges=(0.25, 0.55))
    experiment = replace(scaled(borexino(), 1e-3), detector=detector)
    fitter = make_fitter(experiment, SM(), poi="eps_R")
    counts = np.round(fitter.templates.expected(0.1))
    result = limit_of_counts(fitter, counts, level=0.683, method="two-sided")
    values = [fitter.templates.expected(e)[0] for e in (0.0, 1.0, -1.0)]
    a, b, c = values[0], (values[1] - values[2]) / 2, (values[1] + values[2]) / 2 - values[0]
    n, threshold = counts[0], stats.chi2.ppf(0.683, 1)

    def rise(mu):
        return 2 * (mu - n + n * np.log(n / mu)) - threshold

    low, high = brentq(rise, 0.5 * n, n), brentq(rise, n, 2 * n)
    ends = sorted(float(e) for mu in (low, high) for e in np.roots([c, b, a - mu]).real)
    found = [end for region in result.regions for end in region]
    assert len(result.regions) == 2
    assert found == pytest.approx(ends, rel=1e-6)
    fitted = fit_counts(fitter, counts)
    ((other, rise),) = fitted.other_minima
    minima = sorted([fitted.estimate.value, other])
    assert minima == pytest.approx(sorted(np.roots([c, b, a - n]).real), abs=1e-3)
    assert rise == pytest.approx(0, abs=1e-5)


def test_toys_find_the_deeper_of_two_minima():
    """Six bins: the shape tells the two solutions apart, and every toy's fit is the deepest there is."""
    fitter = make_fitter(scaled(borexino(), 1e-3), SM(), poi="eps_R")
    (columns,) = toys(Thrower(fitter=fitter, seed=7), 200, chunk=200)
    points = np.linspace(-1.2, 0.6, 1801)
    n_other = 0
    for k in range(200):
        values = fitter.data(columns["counts"][k]).profile(points)[0]
        assert columns["fval"][k] <= values.min() + 1e-6
        n_other += abs(columns["eps_R"][k]) > 0.2
    assert 0 < n_other < 200
