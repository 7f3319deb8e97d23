"""Couplings, from charges and mass matrices instead of the printed equations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from support import reference

from simgen.interaction.coupling_constants import RHO, couplings
from simgen.interaction.models import E6, LR, SM, Model
from simgen.parameters import NAMED_BETA, gamma_from_mass, mass_from_gamma, parameter_range

DETERMINISTIC = settings(derandomize=True, deadline=None)
ANGLE = st.floats(-math.pi / 2, math.pi / 2)
MIXING = st.floats(-0.4, 0.4)
GAMMA = st.floats(1e-3, 0.9)
S2 = st.floats(0.05, 0.45)


@DETERMINISTIC
@given(ANGLE, MIXING, GAMMA, S2, st.booleans())
def test_e6_follows_from_the_charges(beta, phi, gamma, s2, rho_mix):
    """Closed form. Finds a wrong sign, factor or ρ in eq. (8): Table I's charges, mass matrix."""
    model = E6(beta=beta, gamma=gamma, phi=phi, sin2_theta_w=s2, rho_mix=rho_mix)
    nu, left, right = reference.e6_currents(beta, s2)
    expected = [
        2 * reference.propagate(nu, e, gamma=gamma, phi=phi, normalise_to_Z0=rho_mix) for e in (left, right)
    ]
    assert couplings(model, charged_current=False).at() == pytest.approx(expected, rel=1e-10, abs=1e-12)


@DETERMINISTIC
@given(ANGLE, MIXING, GAMMA, st.floats(0.9, 1.1))
def test_e6_with_kappa_and_rho(beta, phi, gamma, kappa):
    """Closed form. Finds κ in the Z' couplings, where it does not belong, or ρ on c_L."""
    model = E6(beta=beta, gamma=gamma, phi=phi, corrections="electroweak")
    nu, left, right = reference.e6_currents(beta, 0.2312, kappa)
    g_L, g_R = (
        2 * RHO * reference.propagate(nu, e, gamma=gamma, phi=phi, normalise_to_Z0=True)
        for e in (left, right)
    )
    assert couplings(model).at(kappa) == pytest.approx((g_L + 1, g_R), rel=1e-10, abs=1e-12)


@DETERMINISTIC
@given(MIXING, GAMMA, S2, st.booleans())
def test_left_right_follows_from_the_charges(phi, gamma, s2, rho_mix):
    """Closed form. Finds the factor cosφ missing from the printed B, a wrong r or ρ: charges, mass matrix."""
    model = LR(gamma=gamma, phi=phi, sin2_theta_w=s2, rho_mix=rho_mix)
    nu, left, right = reference.lr_currents(s2)
    expected = [
        2 * reference.propagate(nu, e, gamma=gamma, phi=phi, normalise_to_Z0=rho_mix) for e in (left, right)
    ]
    assert couplings(model, charged_current=False).at() == pytest.approx(expected, rel=1e-10, abs=1e-12)


@DETERMINISTIC
@given(MIXING, GAMMA, st.floats(0.9, 1.1))
def test_left_right_mixes_the_corrected_couplings(phi, gamma, kappa):
    """Closed form. Finds corrections put on A and B of eq. (10) instead of on g_L and g_R."""
    s2 = 0.2312
    g_L, g_R = -0.5 + s2, s2
    at_tree = couplings(LR(gamma=gamma, phi=phi), charged_current=False).at()
    A, B = np.linalg.solve([[g_L, g_R], [g_R, g_L]], at_tree)
    g_L, g_R = RHO * (-0.5 + kappa * s2), RHO * kappa * s2
    found = couplings(LR(gamma=gamma, phi=phi, corrections="full"), charged_current=False).at(kappa)
    assert found == pytest.approx((A * g_L + B * g_R, A * g_R + B * g_L), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("model", [E6(beta="chi"), E6(beta=0.3), LR()], ids=lambda m: m.label)
def test_gamma_zero_is_the_standard_model(model):
    """Closed form. Finds a Z' that stays when its mass is infinite."""
    assert couplings(model).at() == pytest.approx(couplings(SM()).at(), abs=1e-15)


@pytest.mark.parametrize(
    ("name", "C"),
    [
        ("chi", lambda tau: 0.4**0.5),  # 0.632
        ("eta", lambda tau: (4 * tau - 1) / (15**0.5 * (1 + tau))),
    ],
)
@pytest.mark.parametrize("tau", [0.5, 2.0, 10.0])
def test_constrained_mixing_of_named_models(name, C, tau):
    """Closed form. Finds a wrong angle β of a named model: its δM² is known in closed form."""
    beta = E6(beta=name).beta
    expected = -math.sqrt(5 / 3 * 0.2312) * C(tau)
    assert reference.constrained_k(beta, tau=tau) == pytest.approx(expected, rel=1e-12)


def test_mass_and_gamma():
    """Closed form. Finds a Z mass in another unit than the Z' mass."""
    assert gamma_from_mass(330e3) == pytest.approx((91.1876 / 330) ** 2, rel=1e-14)
    assert mass_from_gamma(0.25) == pytest.approx(2 * 91187.6)
    assert mass_from_gamma(0.0) == math.inf


def test_charged_current_term():
    """Closed form. Finds δc_L scaled by ρ, or given to muon neutrinos."""
    assert couplings(SM(delta_c_L=0.1, corrections="full")).c_L == 1.1
    assert couplings(SM(delta_c_L=0.1), charged_current=False).c_L == 0.0


def test_labels_and_named_angles():
    """Contract. Finds names attached to the wrong angle: cosβ and sinβ of each are in the paper."""
    trig = {name: (math.cos(beta), math.sin(beta)) for name, beta in NAMED_BETA.items()}
    assert trig["chi"] == pytest.approx((1, 0))
    assert trig["psi"] == pytest.approx((0, 1))
    assert trig["eta"] == pytest.approx((math.sqrt(3 / 8), -math.sqrt(5 / 8)))
    labels = [E6(beta=b).label for b in ("chi", "psi", "eta", 0.1)]
    assert labels == ["E6 χ", "E6 ψ", "E6 η", "E6 β = 5.73°"]
    assert (SM().label, LR().label) == ("SM", "LR")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Model(name="MSSM"), ["model name", "MSSM"]),
        (lambda: SM(corrections="one-loop"), ["corrections", "one-loop"]),
        (lambda: SM(sin2_theta_w=0.5), ["sin2_theta_w", "0.5"]),
        (lambda: SM(sin2_theta_w=math.nan), ["sin2_theta_w", "nan"]),
        (lambda: SM(mu_nu=math.inf), ["mu_nu", "inf"]),
        (lambda: LR(gamma=0.1, phi=1.6), ["phi", "rad", "1.6"]),
        (lambda: LR(phi=0.01), ["gamma", "phi", "rho_mix"]),
        (lambda: E6(beta="chi", gamma=-0.1, phi=0.01), ["gamma", "-0.1"]),
        (lambda: Model(gamma=0.1), ["SM", "gamma"]),
        (lambda: E6(beta="xi"), ["beta", "rad", "xi"]),
        (lambda: LR().vary(beta=0.1), ["beta", "LR"]),
        (lambda: SM().vary(gamma=0.1), ["gamma", "SM"]),
    ],
)
def test_errors_name_the_parameter(make, words):
    """Contract. Finds a bad parameter that passes, or an error that does not say which it was."""
    with pytest.raises(ValueError, match="|".join(words)) as caught:
        make()
    assert all(word in str(caught.value) for word in words)


def test_vary_and_standard():
    """Contract. Finds a varied model that forgets its other parameters."""
    model = E6(beta="eta", gamma=0.1, corrections="full", sin2_theta_w=0.2317, mu_nu=1e-11)
    varied = model.vary(gamma=0.2)
    assert varied.parameters == {**model.parameters, "gamma": 0.2}
    assert varied.corrections == "full"
    assert model.standard() == SM(corrections="full", sin2_theta_w=0.2317)
    assert LR(phi=0.1, rho_mix=False).gamma == 0.0
    for name in model.parameters:
        low, high = parameter_range(name)
        assert low <= model.parameters[name] <= high


@pytest.mark.parametrize(("angle", "name"), [(90, "beta"), (-3.2, "beta"), (30, "phi")])
def test_angles_in_degrees_are_refused(angle, name):
    """Contract. Finds an angle in degrees that is taken as radians."""
    with pytest.raises(ValueError, match=rf"{name} must lie between .* rad, got {angle}"):
        E6(**{"beta": 0.3, "gamma": 0.1, name: angle})
