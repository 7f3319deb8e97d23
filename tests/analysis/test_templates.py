"""Expected counts as a function of a parameter: polynomials where they are, always exact."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support.experiments import borexino, lama
from support.plain import with_nuisances

from analysis.model.ranges import fit_range
from analysis.model.templates import make_templates
from detsim.expectation.folding import fold
from detsim.systematics import known_to
from simgen.interaction.models import E6, LR, SM

QUADRATIC = [
    (E6(beta="chi"), "gamma"),
    (E6(beta="psi", corrections="full"), "gamma"),
    (LR(), "gamma"),
    (LR(phi=0.01, rho_mix=False), "gamma"),
    (E6(beta="eta", gamma=0.05), "sin2_theta_w"),
    (SM(), "delta_c_L"),
]
OTHER = [
    (LR(gamma=0.05), "sin2_theta_w"),
    (E6(beta="chi", phi=0.01, gamma=0.1), "gamma"),
    (E6(beta="chi", gamma=0.1), "phi"),
    (E6(beta="chi", gamma=0.1), "beta"),
]


def counts_of(experiment, model):
    return fold(experiment, model).signal(model)[1:-1]


@pytest.mark.parametrize(("model", "poi"), QUADRATIC)
def test_coefficients_are_given_where_the_counts_are_quadratic(model, poi):
    assert make_templates(borexino(), model, poi).coefficients is not None


@pytest.mark.parametrize(("model", "poi"), OTHER)
def test_no_coefficients_where_they_are_not(model, poi):
    assert make_templates(borexino(), model, poi).coefficients is None


@pytest.mark.parametrize(("model", "poi"), QUADRATIC + OTHER)
@pytest.mark.parametrize("value", [0.02, 0.11, 0.43])
def test_signal_is_the_prediction(model, poi, value):
    found = make_templates(borexino(), model, poi).signal(value)
    assert found == pytest.approx(counts_of(borexino(), model.vary(**{poi: value})), rel=1e-10)


def test_coefficients_of_gamma_from_the_couplings():
    """At φ = 0 δg_L = ¾γs² and δg_R = ¼γs² for χ: the slope follows from three points far apart."""
    t = make_templates(borexino(), E6(beta="chi"))
    minus, zero, plus = (counts_of(borexino(), E6(beta="chi", gamma=g)) for g in (-5.0, 0.0, 5.0))
    assert t.coefficients[0, 0] == pytest.approx(zero, rel=1e-12)
    assert t.coefficients[1, 0] == pytest.approx((plus - minus) / 10, rel=1e-10)
    assert t.coefficients[2, 0] == pytest.approx((plus + minus - 2 * zero) / 50, rel=1e-9)


def test_magnetic_moment_keeps_its_constant():
    """μ_ν is of order 1e-11: a polynomial through 1 would lose the standard model's counts to rounding."""
    t = make_templates(lama(), SM(), "mu_nu")
    assert t.coefficients[0, 0] == pytest.approx(t.reference, rel=1e-12)
    assert t.signal(2.5e-12) == pytest.approx(counts_of(lama(), SM(mu_nu=2.5e-12)), rel=1e-10)


def test_expected_adds_normalised_backgrounds():
    experiment = with_nuisances()
    t = make_templates(experiment, E6(beta="chi"))
    assert t.names == ("gamma", "activity", "background_flat")
    folded = fold(experiment, SM())
    expected = 1.1 * folded.signal(E6(beta="chi", gamma=0.2))[1:-1] + 0.8 * folded.backgrounds[0, 1:-1]
    assert t.expected(0.2, [0.1 / 0.018, -2.0]) == pytest.approx(expected, rel=1e-10)


def test_many_pulls_are_expected_as_each_of_them():
    experiment = known_to(with_nuisances(), activity=0.018, energy_scale=0.01, resolution=0.1)
    t = make_templates((experiment, replace(experiment, name="B")), E6(beta="chi"))
    assert any(n.is_shape for n in t.nuisances)
    pulls = np.random.default_rng(1).normal(size=(5, 4, len(t.nuisances)))
    each = [[t.expected(0.2, x) for x in row] for row in pulls]
    assert np.array_equal(t.expected(0.2, pulls), each)


def test_reference_is_the_standard_model_whatever_the_model():
    t = make_templates(borexino(), E6(beta="chi", gamma=0.3, delta_c_L=0.1))
    assert t.reference == pytest.approx(counts_of(borexino(), SM()), rel=1e-12)


@pytest.mark.parametrize(("model", "poi"), QUADRATIC + OTHER)
@pytest.mark.parametrize("value", [0.05, 0.2])
def test_derivatives_are_those_of_the_signal(model, poi, value):
    t = make_templates(borexino(), model, poi)
    _, first, half = (each[0] for each in t.expansion(value, 1e-3))
    second = 2 * half
    h = 1e-3
    left, middle, right = (t.signal(value + k * h) for k in (-1, 0, 1))
    assert first == pytest.approx((right - left) / (2 * h), rel=1e-5, abs=1e-5 * np.abs(first).max())
    assert second == pytest.approx((right + left - 2 * middle) / h**2, rel=1e-3, abs=1e-3 * abs(second).max())


def test_mixing_keeps_gamma_away_from_zero():
    low, high = fit_range(E6(beta="chi", gamma=0.1, phi=0.02), "gamma")
    assert 1 + math.sin(0.02) ** 2 * (1 / low - 1) == pytest.approx(1.1)
    assert high == math.inf
    assert fit_range(E6(beta="chi", phi=0.02, rho_mix=False), "gamma") == (-math.inf, math.inf)


def test_unknown_parameter_names_the_known_ones():
    with pytest.raises(
        ValueError, match=r"fit.poi = 'gamma': SM has no such parameter; choose from .*delta_c_L"
    ):
        make_templates(borexino(), SM(), "gamma")
