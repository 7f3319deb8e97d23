"""Every parameter of the model as the one that is fitted: sizes from 1e-33 to 1, inside shapes or not."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.examples import every, few
from support.experiments import borexino, lama
from support.plain import PlainLikelihood

from analysis.fits.estimate import fit_counts, make_fitter
from analysis.fits.limits import limit_of_counts
from analysis.likelihood.minuit import Minimum
from analysis.model.ranges import EVEN, fit_range
from analysis.model.templates import make_templates
from analysis.studies.coverage_study import coverage
from detsim.expectation.folding import fold
from simgen.interaction.mixing import end_point
from simgen.interaction.models import E6, LR, SM

VECTOR = SM(vector_mass=0.5, vector_coupling=1e-12)
SCALAR = SM(scalar_mass=0.5, scalar_coupling=1e-11)
CASES = {
    "constrained gamma of chi": (E6(beta="chi", constrained=True), "gamma", 0.05),
    "constrained gamma of eta": (E6(beta="eta", constrained=True, tau=2.0), "gamma", 0.2),
    "constrained gamma of LR": (LR(constrained=True, corrections="full"), "gamma", -0.02),
    "phi": (E6(beta="chi", gamma=0.1), "phi", 0.01),
    "beta": (E6(beta="chi", gamma=0.1), "beta", 0.1),
    "beta of a constrained model": (E6(beta="chi", gamma=0.1, constrained=True, tau=2.0), "beta", 0.1),
    "sin2_theta_w": (SM(corrections="electroweak"), "sin2_theta_w", 0.235),
    "sin2_theta_w of a constrained model": (LR(gamma=0.1, constrained=True), "sin2_theta_w", 0.22),
    "mu_nu": (SM(), "mu_nu", 2e-11),
    "delta_c_L": (SM(delta_c_L_order="first"), "delta_c_L", -0.01),
    "eps_L": (SM(), "eps_L", 0.02),
    "eps_R": (E6(beta="chi", gamma=0.05, corrections="full"), "eps_R", -0.03),
    "charge_radius": (SM(charge_radius_convention="texono"), "charge_radius", 1e-32),
    "millicharge": (SM(), "millicharge", -5e-13),
    "vector_coupling": (VECTOR, "vector_coupling", -1e-12),
    "vector_mass": (VECTOR, "vector_mass", 0.6),
    "scalar_coupling": (SCALAR, "scalar_coupling", 1.5e-11),
    "scalar_mass": (SCALAR, "scalar_mass", 0.4),
}
SECONDS = {
    "beta of a constrained model", "constrained gamma of LR", "constrained gamma of eta", "phi",
    "scalar_mass", "sin2_theta_w of a constrained model", "vector_mass",
}  # fmt: skip
"""Whose fits take longest."""


@pytest.mark.parametrize("name", few(CASES, *sorted(set(CASES) - SECONDS)[::3]))
def test_exact_data_give_back_the_truth(name):
    """Closed form. Finds a scale that is not found, or a minimum missed: -2 ln L = 0 there, 1 at the ends."""
    model, poi, truth = CASES[name]
    fitter = make_fitter(borexino(), model, poi=poi)
    counts = fold(borexino(), model.vary(**{poi: truth})).signal(model.vary(**{poi: truth}))[1:-1]
    result = fit_counts(fitter, counts, level=math.erf(1 / math.sqrt(2)))
    found = result.parameters[poi]
    assert result.valid
    assert result.fval == pytest.approx(0, abs=1e-4)
    assert found.value == pytest.approx(truth, abs=2e-3 * found.error)
    plain = PlainLikelihoodOf(model, poi, counts)
    for end in (found.lower, found.upper):
        assert plain(end) == pytest.approx(1, abs=1e-3)


class PlainLikelihoodOf(PlainLikelihood):
    """-2 ln L of BOREXINO's counts, folded anew at every value."""

    def __init__(self, model, poi, counts):
        super().__init__(borexino(), model, poi, counts)

    def _signal(self, poi):
        model = self.model.vary(**{self.poi: poi})
        return fold(borexino(), model).signal(model)[1:-1]

    def __call__(self, poi):
        return super().__call__((poi,))


@pytest.mark.parametrize("name", few(CASES, *(set(CASES) - SECONDS)))
def test_limits_are_crossings(name):
    """Twin. Finds a limit at another threshold: -2 Δln L from scratch at the upper limit of exact data."""
    model, poi, truth = CASES[name]
    truth = max(truth, 0.0) if poi in {"gamma", "mu_nu"} else truth
    model = model.vary(**{poi: truth})
    fitter = make_fitter(borexino(), model, poi=poi)
    counts = fitter.templates.expected(truth)
    result = limit_of_counts(fitter, counts)
    assert result.upper == result.asimov
    assert PlainLikelihoodOf(model, poi, counts)(result.upper) == pytest.approx(result.delta_chi2, abs=2e-2)
    assert any(low is None or low <= truth <= high for low, high in result.regions)


@pytest.mark.parametrize(
    "name",
    every(
        6,
        [
            "constrained gamma of chi",
            "charge_radius",
            "millicharge",
            "vector_coupling",
            "eps_R",
            pytest.param("scalar_mass", marks=pytest.mark.slow),
        ],
    ),
)
def test_intervals_cover(name):
    """Property. Finds intervals in wrong units: 150 toys, coverage of 68.3 % within 99.7 % of binomial."""
    model, poi, truth = CASES[name]
    study = coverage(
        borexino(), model, [truth], 150, seed=5, poi=poi, level=0.683, methods=("minos",), audit=0
    )
    (point,) = study.points
    assert point.n_failed == 0
    assert point.methods["minos"].verdict == "nominal"
    assert abs(point.pull_mean) < 4 / math.sqrt(150)


def test_continuum_is_refolded():
    """Twin. Finds a cached average over the spectrum that belongs to another case."""
    experiments = (lama("modern"), replace(lama(), generate_above=1e-3))
    for corrections in ("tree", "full"):
        for experiment in experiments:
            models = [
                SM(corrections=corrections, vector_mass=m, vector_coupling=1e-12, scalar_mass=m)
                for m in (0.01, 1.0)
            ]
            templates = make_templates(experiment, models[0], "vector_mass")
            for model in models:
                found = templates.signal(model.vector_mass)
                same = model.vary(scalar_mass=0.01)
                assert found == pytest.approx(fold(experiment, same).signal(same)[1:-1], rel=1e-12)
    assert not np.allclose(templates.signal(0.01), templates.signal(1.0), rtol=1e-3)


def test_ranges_of_constrained_models():
    """Closed form. Finds a range that lets the fit pass the end point, or stops short of it."""
    for model in (E6(beta="chi", gamma=0.4, constrained=True), LR(gamma=0.2, constrained=True)):
        low, high = fit_range(model, "gamma")
        assert (low, high) == (-math.inf, pytest.approx(end_point(model.mass_matrix_k), rel=1e-12, abs=0))
        low, high = fit_range(model, "sin2_theta_w")
        inner = high if model.name == "E6" else low
        outside = inner + (1e-6 if model.name == "E6" else -1e-6)
        assert 0 < inner < 0.5
        assert end_point(model.vary(sin2_theta_w=inner).mass_matrix_k) == pytest.approx(model.gamma, rel=1e-6)
        with pytest.raises(ValueError, match="end point"):
            model.vary(sin2_theta_w=outside)
    # forbidden is what lies between: -1.07 < β < -0.07
    for beta, side in ((0.7, 0), (-1.3, 1)):
        model = E6(beta=beta, gamma=0.45, constrained=True, tau=3.0)
        ends = fit_range(model, "beta")
        assert ends[0] < beta < ends[1]
        assert ends[1 - side] == (math.pi / 2, -math.pi / 2)[side]
        assert end_point(model.vary(beta=ends[side]).mass_matrix_k) == pytest.approx(0.45, rel=1e-6)
        with pytest.raises(ValueError, match="end point"):
            model.vary(beta=ends[side] + (-1e-6, 1e-6)[side])
    assert fit_range(E6(beta="chi", constrained=True, tau=2.0), "beta") == (-math.pi / 2, math.pi / 2)


@pytest.mark.parametrize("name", ["mu_nu", "scalar_coupling", "millicharge", "vector_coupling"])
def test_even_parameters(name):
    """Property. Finds a parameter whose sign is thought not to matter, or to matter, wrongly."""
    model, poi, truth = CASES[name]
    folded = fold(borexino(), model)
    plus, minus = (folded.signal(model.vary(**{poi: s * truth})) for s in (1, -1))
    assert np.allclose(plus, minus, rtol=1e-12) == (poi in EVEN)


def test_truth_at_the_end_point():
    """Property. Finds a fit that steps beyond the end point, where the model does not exist."""
    model = E6(beta="chi", constrained=True)
    truth = end_point(model.mass_matrix_k)
    fitter = make_fitter(borexino(), model.vary(gamma=truth))
    result = fit_counts(fitter, 1.001 * fitter.templates.expected(truth))
    found = result.parameters["gamma"]
    assert result.valid
    assert found.value <= truth
    assert found.upper is None


def test_minimum_is_in_the_units_of_the_parameter():
    """Contract. Finds the scale of the minimiser in a result."""
    model, poi, truth = CASES["charge_radius"]
    fitter = make_fitter(borexino(), model, poi=poi)
    minimum = fitter.minimise(fitter.data(fitter.templates.expected(truth)))
    assert isinstance(minimum, Minimum)
    assert 1e-34 < fitter.scale < 1e-33
    assert minimum.values[0] == pytest.approx(truth, abs=1e-3 * fitter.scale)
    assert minimum.errors[0] == pytest.approx(fitter.scale, rel=1)


@pytest.mark.parametrize(
    ("model", "poi", "words"),
    [
        (SM(), "charge_radius", "without charge_radius_convention"),
        (SM(), "vector_coupling", "without vector_mass"),
        (SM(), "scalar_mass", "without scalar_mass"),
        (E6(beta="chi", constrained=True), "phi", "fit.poi = 'phi'.*no such parameter"),
        (E6(beta="chi", constrained=True, gamma=0.1), "beta", "tau"),
        (E6(beta="chi", constrained=True), "beta", "tau"),
    ],
)
def test_what_a_parameter_needs(model, poi, words):
    """Contract. Finds a parameter that fails late, or a message without what has to be stated first."""
    with pytest.raises(ValueError, match=words):
        fit_range(model, poi) if poi == "beta" else make_templates(borexino(), model, poi)
