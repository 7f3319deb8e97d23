"""Fits with simulated templates: their statistical error is part of the fit's."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.experiments import borexino
from support.plain import scaled, with_nuisances

from analysis.batch.fitter import BatchFitter
from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from detsim.expectation.folding import fold
from detsim.simulation.mc_templates import Sampling
from detsim.simulation.monte_carlo import expected_generated
from detsim.systematics import known_to
from simgen.interaction.models import E6, SM

CHI = E6(beta="chi")


def sampled(experiment, n, seed=1, model=CHI, **settings):
    return make_fitter(experiment, model, sampling=Sampling(n_events=n, seed=seed), **settings)


def small():
    """About 3000 counts in six bins, a normalisation and a background."""
    return with_nuisances(0.01)


def test_relative_errors_in_closed_form():
    """Closed form: S events of weight w have the error √(S w), and the background none."""
    experiment = small()
    fitter = sampled(experiment, 5_000)
    weight = expected_generated(replace(experiment, backgrounds=()), CHI) / 5_000
    signal = fitter.templates.signal(0.0)
    total = signal + fold(experiment, CHI).backgrounds[0, 1:-1]
    assert fitter.likelihood == "templates"
    assert fitter.errors == pytest.approx(np.sqrt(weight * signal) / total, rel=1e-9)
    assert fitter.templates.expected(0.0) == pytest.approx(total, rel=1e-12)


def test_counts_are_quadratic_in_gamma_as_by_quadrature():
    """Contract: the polynomial of γ holds for every sampled template, and for layers of shapes.

    Of these the same events are moved: they are better known than the nominal one.
    """
    experiment = known_to(small(), energy_scale=0.002, resolution=0.02)
    fitter = sampled(experiment, 20_000)
    templates = fitter.templates
    assert templates.coefficients is not None
    exact = make_fitter(experiment, CHI).templates
    difference = (templates.layers(0.3) - exact.layers(0.3)) / exact.layers(0.3)[0]
    assert 1e-4 < np.abs(difference[0]).max() < 0.12
    assert np.abs(difference[1:]).max() < 0.5 * fitter.errors.min()


def test_error_of_the_fit_in_closed_form():
    """Closed form: at exact data Fisher's matrix has μ + (μδ)² as the variance of a bin."""
    experiment = scaled(borexino(), 0.01)
    errors = []
    for n in (2_000, 50_000):
        fitter = sampled(experiment, n)
        a, b, _ = fitter.templates.coefficients[:, 0]
        variance = a + (a * fitter.errors) ** 2
        found = fit_counts(fitter, a).estimate
        assert found.value == pytest.approx(0, abs=1e-3 * found.error)
        assert found.error == pytest.approx(np.sum(b**2 / variance) ** -0.5, rel=1e-6)
        errors.append(found.error)
    exact = fit_counts(make_fitter(experiment, CHI), make_fitter(experiment, CHI).templates.expected(0.0))
    assert errors[0] > 1.2 * errors[1]
    assert errors[1] > exact.estimate.error


def pulls_over_samples(n_toys, n_events, *, ignored=False):
    """Fit data that follow quadrature with templates that are simulated anew each time."""
    experiment, truth = scaled(borexino(), 0.01), 0.2
    data = Thrower(fitter=make_fitter(experiment, replace(CHI, gamma=truth)), seed=9)
    found = []
    for k in range(n_toys):
        fitter = sampled(experiment, n_events, seed=k)
        if ignored:
            fitter = replace(fitter, likelihood="poisson", errors=np.empty(0))
        fit = BatchFitter(fitter=fitter).fit(*data.block(k, 1))
        assert fit.good[0]
        found.append((fit.parameters[0, 0] - truth) / fit.errors[0, 0])
    return np.array(found)


def check_pulls(found):
    assert stats.kstest(found, "norm").pvalue > 1e-3
    assert 5e-4 < stats.chi2.sf(found @ found, len(found)) < 1 - 5e-4


@pytest.mark.long
def test_pulls_with_templates_anew_are_normal():
    """Twin, KS and χ², α = 1e-3 each, over 200 samples of as many events as data. Finds errors 20 % off."""
    check_pulls(pulls_over_samples(200, 7_000))


def test_pulls_are_too_wide_without_the_error_of_the_templates():
    """Property: with as many simulated as measured events the errors are to be √2 as large."""
    width = pulls_over_samples(100, 7_000, ignored=True).std()
    assert 1.2 < width < 1.75


@pytest.mark.slow
def test_pulls_with_templates_anew_are_normal_in_the_long_run():
    """The same over 2000 samples, where the quadratic law of the counts begins to show: width within 6 %."""
    found = pulls_over_samples(2000, 7_000)
    assert found.std() == pytest.approx(1, abs=0.06)
    assert abs(found.mean()) < 0.1


def test_pulls_of_the_throwers_toys():
    """Twin, α = 1e-3: toys whose expectations vary by the templates' error, nuisance parameters included."""
    fitter = sampled(small(), 5_000)
    (columns,) = toys(Thrower(fitter=fitter, seed=4), 2000, methods=("hesse",), chunk=2000)
    pull = columns["gamma"] / columns["gamma_error"]
    assert stats.kstest(pull, "norm").pvalue > 1e-3


def test_minuit_and_the_compiled_fit_agree():
    """Twin: 10 data sets, estimates within MIGRAD's tolerance, errors and minima better."""
    fitter = sampled(known_to(small(), energy_scale=0.005), 5_000)
    counts, auxiliary = Thrower(fitter=fitter, seed=2).block(0, 10)
    fits = BatchFitter(fitter=fitter).fit(counts, auxiliary)
    assert not fits.status.any()
    for i in range(10):
        single = fit_counts(fitter, counts[i], auxiliary[i])
        error = single.estimate.error
        assert fits.parameters[i, 0] == pytest.approx(single.estimate.value, abs=3e-3 * error)
        assert fits.errors[i, 0] == pytest.approx(error, rel=3e-3)
        assert fits.values[i] == pytest.approx(single.fval, abs=1e-4)


def test_many_events_are_quadrature():
    """Twin: with 100 times the data the estimate moves by less than a fifth of its error."""
    exact, many = make_fitter(small(), CHI), sampled(small(), 1_000_000)
    counts = exact.templates.expected(0.15)
    one, other = fit_counts(exact, counts).estimate, fit_counts(many, counts).estimate
    assert other.value == pytest.approx(one.value, abs=0.2 * one.error)
    assert one.error < other.error < 1.02 * one.error


def test_a_parameter_inside_the_shapes_is_folded_with_the_same_events():
    """Contract: the counts are smooth in a mediator's mass, and near those of quadrature."""
    model = SM(vector_mass=0.3, vector_coupling=2e-6)
    templates = sampled(scaled(borexino(), 0.01), 200_000, model=model, poi="vector_mass").templates
    exact = make_fitter(scaled(borexino(), 0.01), model, poi="vector_mass").templates
    steps = np.array([templates.signal(m) / exact.signal(m) for m in (0.1, 0.1001, 1.0)])
    assert np.abs(steps[1] / steps[0] - 1).max() < 1e-5
    assert np.abs(steps - 1).max() < 0.15


def test_what_does_not_go_together():
    """Contract: error messages say what to do."""
    with pytest.raises(ValueError, match=r"simulated templates go with likelihood = 'poisson'"):
        sampled(borexino(), 100, likelihood="paper", error_per_bin=0.1)
    with pytest.raises(ValueError, match=r"no event of the sample was recorded .* raise fit.template_events"):
        sampled(borexino(), 5)
    with pytest.raises(ValueError, match="simulated templates vary"):
        Thrower(fitter=sampled(small(), 5_000), seed=1, events=True)
