"""Coverage of calibrated intervals where those of Δχ² thresholds do not cover what they say."""

import numpy as np
import pytest
from scipy.stats import norm
from support.physical_fit_cases import CHI, gaussian
from support.plain import with_nuisances

from analysis.batch.fitter import BatchFitter
from analysis.batch.physical_fit import bounded_fit, signed_statistic
from analysis.calibration.settings import CALIBRATED
from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.fitted_toys import at_truth, toys
from analysis.pseudo_experiments.throw import Thrower
from analysis.studies.coverage_study import clopper_pearson, coverage
from analysis.studies.thresholds import calibrate


def study(experiment, values, n_table, n_toys, level=0.95):
    """Measure coverage with toys that the table does not know."""
    fitter = make_fitter(experiment, CHI)
    table = calibrate(fitter, values, n_table, seed=1)
    settings = {"methods": ["one-sided", *CALIBRATED], "calibration": table, "level": level, "audit": 0}
    found = coverage(experiment, CHI, values, n_toys, seed=2, **settings)
    return fitter, table, found


def naive(fitter, table, truth, n_toys, threshold):
    """Clopper-Pearson ends of the coverage of {γ ≥ 0: q(γ) ≤ threshold}."""
    thrower = Thrower(fitter=at_truth(fitter, truth), seed=3)
    chunks = toys(thrower, n_toys, methods=["feldman-cousins"], calibration=table)
    covered = sum(int(np.count_nonzero(np.abs(c["q_bounded"]) <= threshold)) for c in chunks)
    return clopper_pearson(covered, n_toys)


def judge(experiment, sigma, n_table, n_toys):
    """At γ = 0, 0.6 σ and 1.2 σ of a regular estimate: calibrated is nominal, Wilks' thresholds are not."""
    values = [0.0, 0.6 * sigma, 1.2 * sigma]
    fitter, table, found = study(experiment, values, n_table, n_toys)
    at_zero, *above = [p.methods for p in found.points]
    assert at_zero["feldman-cousins"].verdict == "nominal"
    for methods in above:
        assert methods["feldman-cousins"].verdict == "nominal"
        assert methods["calibrated"].verdict == "nominal"
        assert methods["cls"].verdict == "over"
    assert at_zero["one-sided"].fraction == at_zero["calibrated"].fraction == 1  # a limit holds the boundary
    assert above[0]["one-sided"].verdict == "over"
    # at the boundary half of the toys have q = 0: 3.84 covers 97.5 %, and 2.71, meant for 90 %, 95 %
    low, high = naive(fitter, table, 0.0, n_toys, 3.8415)
    assert low > 0.95
    assert low < norm.cdf(1.96) < high
    low, high = naive(fitter, table, 0.0, n_toys, 2.7055)
    assert low > 0.9
    assert low < 0.95 < high
    assert sum(p.n_failed for p in found.points) == 0


def test_at_the_boundary():
    """1e4 toys each, 99.7 %: finds a coverage that is off by 0.007, and thresholds of 3.84 or 2.71."""
    judge(with_nuisances(), 0.0187, n_table=100_000, n_toys=10_000)


@pytest.mark.slow
def test_at_the_boundary_with_many():
    """1e5 toys each, 99.7 %: finds a coverage that is off by 0.002."""
    judge(with_nuisances(), 0.0187, n_table=1_000_000, n_toys=100_000)


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.683, 0.9])
def test_where_few_counts_are_expected(level):
    """Some 4 counts in six bins, a background known to 10 %: steps are gone, Feldman-Cousins is nominal."""
    experiment = with_nuisances(1e-4)
    fitter = make_fitter(experiment, CHI)
    values = fitter.width * np.array([0.0, 0.4, 1.0, 2.0])
    _, _, found = study(experiment, values, 400_000, 40_000, level=level)
    for point in found.points:
        assert point.methods["feldman-cousins"].low < level + 0.02
        assert point.methods["feldman-cousins"].high > level


def test_between_tabulated_values():
    """Thresholds a third of the way from one value to the next, in the bounded Gaussian case (99.7 %)."""
    fitter, _, error = gaussian()
    values = error * np.array([0.4, 0.5, 1.4, 1.5])
    table = calibrate(fitter, values, 50_000, seed=1)
    found = coverage(
        fitter.templates.experiment,
        CHI,
        [0.433 * error, 1.433 * error],
        8000,
        seed=2,
        methods=CALIBRATED,
        calibration=table,
        audit=0,
    )
    for point in found.points:
        assert point.methods["feldman-cousins"].verdict == "nominal"
        assert point.methods["calibrated"].verdict == "nominal"
        mu = point.value / error
        # CLs accepts x above t with Φ(t - μ) = 0.05 Φ(t)
        t = np.linspace(-6, 3, 100_001)
        exact = norm.sf(t[np.argmax(norm.cdf(t - mu) > 0.05 * norm.cdf(t))] - mu)
        cls = point.methods["cls"]
        assert cls.low < exact < cls.high


def test_at_other_true_nuisance_parameters():
    """Thrown at ±2 σ, judged by a table of nominal ones: 95 % within 0.01, 4.6 σ of 1e4 toys."""
    fitter = make_fitter(with_nuisances(), CHI)
    table = calibrate(fitter, [0.0, 0.02], 100_000, seed=1)
    for truth in table.values:
        true = at_truth(fitter, float(truth))
        batch = BatchFitter(fitter=true)
        for pulls in ((2.0, 0.0), (-2.0, 2.0)):
            thrown = Thrower(fitter=true, seed=2, pulls=pulls).block(0, 10_000)
            signed = signed_statistic(batch, *thrown, bounded_fit(batch, *thrown), truth)
            held = table.holds("feldman-cousins", 0.95, float(truth), signed)
            assert held.mean() == pytest.approx(0.95, abs=0.01)


def test_thresholds_are_needed_and_have_to_be_independent():
    experiment = with_nuisances(1e-2)
    fitter = make_fitter(experiment, CHI)
    table = calibrate(fitter, [0.0, 0.1], 100, seed=1)
    with pytest.raises(ValueError, match="thresholds are needed"):
        coverage(experiment, CHI, [0.0], 10, seed=2, methods=["cls"])
    with pytest.raises(ValueError, match="seed 1 too"):
        coverage(experiment, CHI, [0.0], 10, seed=1, methods=["cls"], calibration=table)
    with pytest.raises(ValueError, match=r"gamma = 0\.2 is outside"):
        coverage(experiment, CHI, [0.0, 0.2], 10, seed=2, methods=["cls"], calibration=table)
    with pytest.raises(ValueError, match="drawn"):
        coverage(experiment, CHI, [0.0], 10, seed=2, methods=["cls"], calibration=table, drawn="counts")
