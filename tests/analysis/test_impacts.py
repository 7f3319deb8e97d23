"""Impacts of nuisance parameters, against MINUIT with fixed parameters, and where they are known exactly."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from iminuit import Minuit
from support.cards import CASES
from support.examples import every, few
from support.plain import with_nuisances
from support.random_cards import MODELS, random_experiments

from analysis.fits.estimate import fit_counts, make_fitter
from analysis.fits.refits.impacts import fit_impacts
from detsim.systematics import known_to
from macros.card import load_card
from simgen.interaction.models import SM

LINEAR = SM(delta_c_L_order="first")
NAMES = ("up", "down", "prefit_up", "prefit_down")


@cache
def prepared(name, poi=None):
    card = load_card(str(CASES / name) if name.endswith(".toml") else name, ())
    return make_fitter(card.together, card.model, poi=poi or card.fit.poi)


def by_name(found):
    return {impact.name: impact for impact in found.impacts}


def linear_gaussian(**nuisances):
    experiment = known_to(with_nuisances(signal=0.0, background=0.2), **nuisances)
    return make_fitter(experiment, LINEAR, poi="delta_c_L", likelihood="paper", error_per_bin=0.05)


def test_impact_in_a_linear_gaussian_fit_is_the_covariance():
    """± V_θx/σ_x with the error after the fit, ± V_θx/σ_x² with that before, which is 1, exactly."""
    fitter = linear_gaussian()
    counts = fitter.templates.expected(0.02)
    result = fit_counts(fitter, counts)
    covariance = np.array(result.covariance.pulls)
    (impact,) = fit_impacts(fitter, fitter.data(counts), result).impacts
    slope = covariance[0, 1] / covariance[1, 1]
    error = np.sqrt(covariance[1, 1])
    expected = (slope * error, -slope * error, slope, -slope)
    assert [getattr(impact, n) for n in NAMES] == pytest.approx(expected, rel=1e-6)


def test_impact_and_statistical_error_add_in_quadrature():
    """One nuisance parameter: σ² = (σ with it fixed)² + impact², exactly if linear and Gaussian."""
    fitter = linear_gaussian()
    counts = fitter.templates.expected(0.02)
    result = fit_counts(fitter, counts)
    (impact,) = fit_impacts(fitter, fitter.data(counts), result).impacts
    derivative = (fitter.templates.expected(1.0) - fitter.templates.expected(0.0)) / fitter.errors
    assert result.estimate.error**2 == pytest.approx(1 / (derivative @ derivative) + impact.up**2, rel=1e-6)


def test_impacts_of_measurements_add_in_quadrature():
    """Several: shifting the measurement of x by its error moves θ by impact × error ratio.

    These and the counting error add in quadrature to the whole error; to first order in the small
    uncertainties by which signal and factor are no longer linear together.
    """
    fitter = make_fitter(
        known_to(with_nuisances(signal=0.0, background=0.2), activity=1e-3, mass=2e-3), LINEAR,
        poi="delta_c_L", likelihood="paper", error_per_bin=0.05,
    )  # fmt: skip
    counts = fitter.templates.expected(0.0)
    result = fit_counts(fitter, counts)
    impacts = by_name(fit_impacts(fitter, fitter.data(counts), result))
    covariance = np.array(result.covariance.pulls)
    shifts = np.array([impacts[p.name].up * p.error_ratio for p in result.pulls])
    np.testing.assert_allclose(shifts, covariance[0, 1:], rtol=5e-3)
    columns = [(fitter.templates.expected(1.0) - fitter.templates.expected(0.0)) / fitter.errors]
    units = np.eye(len(result.pulls))
    columns += [(fitter.templates.expected(0.0, unit) - counts) / fitter.errors for unit in units]
    response = covariance @ np.array(columns)  # of all estimates to each bin, in its errors
    whole = response[0] @ response[0] + shifts @ shifts
    assert result.estimate.error**2 == pytest.approx(whole, rel=5e-3)


@pytest.mark.parametrize(
    ("name", "poi", "seed"),
    every(
        6,
        [
            ("borexino-cr51-realistic", None, 1),
            ("borexino-hellaz-cr51", None, 2),
            ("h12.toml", None, 3),
            ("h5.toml", None, 4),
            ("borexino-cr51-realistic", "sin2_theta_w", 5),
        ],
        unpack=True,
    ),
)
def test_impacts_are_those_of_minuit_with_fixed_parameters(name, poi, seed):
    """MIGRAD from the minimum, one nuisance parameter fixed at ± its error: 1e-3 of the error, its EDM."""
    fitter = prepared(name, poi)
    counts = np.random.default_rng(seed).poisson(fitter.templates.expected(fitter.truth)).astype(float)
    result, data = fit_counts(fitter, counts), fitter.data(counts)
    found = by_name(fit_impacts(fitter, data, result))
    unit, covariance = fitter.width, np.array(result.covariance.pulls)
    best = np.array([result.estimate.value, *(p.x for p in result.pulls)])
    minuit = Minuit(lambda y: data((y[0] * unit, *y[1:])), np.array([best[0] / unit, *best[1:]]))
    minuit.errordef, minuit.tol, minuit.strategy = 1.0, 1e-4, 2
    lowest = [n.lowest for n in fitter.templates.nuisances]
    for m, low in enumerate(lowest, start=1):
        minuit.limits[m] = (low if np.isfinite(low) else None, None)

    def refit(m, move):
        at = best + move * covariance[:, m] / covariance[m, m]
        at[m] = max(at[m], lowest[m - 1])
        minuit.fixed = False
        minuit.fixed[m] = True
        minuit.values = [at[0] / unit, *at[1:]]
        minuit.migrad()
        assert minuit.valid
        return minuit.values[0] * unit

    for m, pull in enumerate(result.pulls, start=1):
        centre = refit(m, 0.0)
        for side, move in zip(NAMES, (pull.x_error, -pull.x_error, 1.0, -1.0), strict=True):
            expected = refit(m, move) - centre
            assert getattr(found[pull.name], side) == pytest.approx(
                expected, abs=2e-3 * result.estimate.error
            ), (pull.name, side)


def test_a_free_parameter_has_no_impact_of_before():
    """Contract. A free background: impacts with its error after the fit, none before; the largest first."""
    experiment = with_nuisances()
    background = replace(experiment.backgrounds[0], uncertainty=0.1, constraint="free")
    fitter = make_fitter(replace(experiment, backgrounds=(background,)), SM(), poi="delta_c_L")
    counts = fitter.templates.expected(0.0)
    result = fit_counts(fitter, counts)
    found = fit_impacts(fitter, fitter.data(counts), result)
    impact = by_name(found)["background_flat"]
    assert impact.prefit_up is None
    assert impact.prefit_down is None
    assert impact.up * impact.down < 0
    sizes = [i.size for i in found.impacts]
    assert sizes == sorted(sizes, reverse=True)
    (pull,) = (p for p in result.pulls if p.name == "background_flat")
    assert (pull.prefit_x, pull.pull, pull.error_ratio) == (None, None, None)


def test_no_impacts_say_why():
    """Contract. At 0 of a magnetic moment there is no parabola, and no impact."""
    fitter = prepared("borexino-cr51-realistic", "mu_nu")
    counts = 0.9 * fitter.templates.expected(0.0)
    found = fit_impacts(fitter, fitter.data(counts), fit_counts(fitter, counts))
    assert found.impacts == ()
    assert "mu_nu has no Hesse error" in found.reason


def test_impacts_where_a_background_is_fitted_to_0():
    """MINUIT as below: a free background, and counts that fall faster than the signal alone."""
    experiment = with_nuisances()
    free = replace(experiment.backgrounds[0], constraint="free")
    fitter = make_fitter(replace(experiment, backgrounds=(free,)), SM(), poi="delta_c_L")
    names = [n.name for n in fitter.templates.nuisances]
    pulls = np.zeros(len(names))
    pulls[names.index("background_flat")] = fitter.templates.nuisances[names.index("background_flat")].lowest
    counts = fitter.templates.expected(0.0, pulls) * np.linspace(0.97, 0.93, fitter.templates.n_bins)
    result = check_refits(fitter, counts, np.zeros(len(names)))
    assert result.parameters["background_flat"].value == pytest.approx(0, abs=1e-6)


NAMES_OF_MODELS = ["gamma", "phi", "beta", "delta_c_L", "eps_R", "charge_radius"]


@pytest.mark.parametrize("name", few(NAMES_OF_MODELS, "gamma"))
def test_impacts_of_random_experiments(name):
    """MINUIT from where the covariance points; free and log-normal factors, any shapes."""
    check_random_experiments(name, 2)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES_OF_MODELS)
def test_impacts_where_a_random_background_is_fitted_to_0(name):
    """The same with more nuisance parameters; a case takes half a minute."""
    check_random_experiments(name, 5)


def check_random_experiments(name, seed):
    model, poi, _ = MODELS[name]
    rng = np.random.default_rng(1000 + seed)
    fitter = make_fitter(random_experiments(rng, poi=poi, events=(20, 1e6)), model, poi=poi)
    nuisances = fitter.templates.nuisances
    counts = rng.poisson(np.maximum(fitter.templates.expected(fitter.truth), 0)).astype(float)
    measured = [0.0 if n.constraint == "free" else max(rng.normal(), n.lowest) for n in nuisances]
    check_refits(fitter, counts, measured)


def check_refits(fitter, counts, measured):
    """Compare impacts with MINUIT's, to 0.02 of the error; return the fit.

    Where a background is fitted to 0 MINUIT may stop above the minimum: then the profile at the impact is the
    lower one, and has its minimum there.
    """
    nuisances = fitter.templates.nuisances
    result, data = fit_counts(fitter, counts, measured, method="hesse"), fitter.data(counts, measured)
    impacts = fit_impacts(fitter, data, result)
    found = by_name(impacts)
    if result.estimate.error is None:
        assert impacts.reason
        assert not found
        return result
    error, unit, covariance = result.estimate.error, fitter.width, result.covariance.pulls
    best = np.array([result.estimate.value, *(p.x for p in result.pulls)])
    low, high = fitter.range
    minuit = Minuit(lambda y: data((y[0] * unit, *y[1:])), np.array([best[0] / unit, *best[1:]]))
    minuit.errordef, minuit.tol = 1.0, 1e-3
    minuit.limits[0] = tuple(e / unit if np.isfinite(e) else None for e in (low, high))
    for m, nuisance in enumerate(nuisances, start=1):
        minuit.limits[m] = (nuisance.lowest if np.isfinite(nuisance.lowest) else None, None)
    for m, pull in enumerate(result.pulls, start=1):
        after = (None, None) if pull.x_error is None else (pull.x_error, -pull.x_error)
        moves = (*after, *((1.0, -1.0) if pull.prefit_x is not None else ()))
        for side, move in zip(NAMES, moves, strict=False):
            if move is None:
                assert getattr(found[pull.name], side) is None
                continue
            direction = np.eye(len(best))[m]
            if covariance is not None:
                direction = np.array(covariance)[:, m] / covariance[m][m]
            at = best + move * direction
            at[0], at[m] = min(max(at[0], low), high), max(best[m] + move, nuisances[m - 1].lowest)
            minuit.fixed = False
            minuit.fixed[m] = True
            minuit.values = [at[0] / unit, *at[1:]]
            minuit.migrad()
            impact = getattr(found[pull.name], side)
            points = np.clip(best[0] + impact + error * np.array([0.0, 0.03, -0.03]), low, high)
            ours, above, below = data.profile(points, held={m - 1: at[m]})[0]
            assert ours < min(above, below) + 1e-6
            assert ours < minuit.fval + 1e-4
            if ours > minuit.fval - 1e-4:
                expected = minuit.values[0] * unit - best[0]
                assert impact == pytest.approx(expected, abs=0.02 * error), side
    return result
