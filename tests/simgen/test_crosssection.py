"""The cross section against eq. (3) written a second time, and against quadrature."""

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad
from support import reference
from support.examples import every

from simgen.flavours import Flavour
from simgen.interaction.basis import Basis, coefficients
from simgen.interaction.coupling_constants import couplings
from simgen.interaction.crosssection import dsigma_dT, sigma
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, LR, SM

DETERMINISTIC = settings(derandomize=True, deadline=None)
FLAVOURS = list(Flavour)
ENERGY = st.floats(0.05, 20.0)
SHARE = st.floats(1e-3, 0.999)
MU = 5e-11


@DETERMINISTIC
@given(ENERGY, SHARE, st.sampled_from(FLAVOURS), st.sampled_from([0.0, MU]), st.floats(-0.3, 0.3))
def test_tree_is_equation_3(E_nu, share, flavour, mu_nu, delta_c_L):
    """Twin. Finds any wrong term of eqs. (3)-(5), of the exchange for ν̄ or of the magnetic moment."""
    T = share * float(T_max(E_nu))
    a, b = reference.sm_couplings(flavour)
    if flavour.charged_current:
        a += delta_c_L
    expected = reference.eq3(T, E_nu, a, b, antineutrino=flavour.startswith("anti"), mu_nu=mu_nu)
    found = dsigma_dT(T, E_nu, SM(mu_nu=mu_nu, delta_c_L=delta_c_L), flavour=flavour)
    assert found == pytest.approx(expected, rel=1e-11, abs=0)


@pytest.mark.parametrize("model", [SM(), SM(corrections="full"), SM(vector_coupling=1e-11, vector_mass=1.0)])
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_no_energies(model, shape):
    """Contract: nothing gives nothing, as in a part of a file without events of a component."""
    assert dsigma_dT(np.ones(shape), 0.7, model).shape == shape
    assert dsigma_dT(np.ones(shape), np.ones(shape), model).shape == shape


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("mu_nu", [0.0, MU])
@pytest.mark.parametrize("limits", [(1e-4, math.inf), (0.25, math.inf), (0.1, 0.3)])
def test_sigma_is_the_integral_at_tree_level(flavour, mu_nu, limits):
    """Closed form. Finds a wrong antiderivative, limits that are not cut at T_max, ω mixed up in arrays."""
    model = SM(mu_nu=mu_nu)
    energies = np.array([0.2, 0.746, 12.0])
    found = sigma(energies, model, flavour=flavour, T_low=limits[0], T_high=limits[1])
    for E_nu, value in zip(energies, found, strict=True):
        high = min(limits[1], float(T_max(E_nu)))
        if high <= limits[0]:
            assert value == 0
            continue
        expected = quad(
            lambda x, E=E_nu: math.exp(x) * float(dsigma_dT(math.exp(x), E, model, flavour=flavour)),
            *np.log([limits[0], high]),
            epsabs=0,
            epsrel=1e-11,
        )[0]
        assert value == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize("flavour", every(3, FLAVOURS))
@pytest.mark.parametrize("corrections", ["electroweak", "full"])
@pytest.mark.parametrize("T_low", [0.0, 0.25])
def test_sigma_is_the_integral_with_corrections(flavour, corrections, T_low):
    """Twin. Finds too few quadrature nodes or a lost piece at T_max, against 20 digits of tanh-sinh."""
    found = sigma(0.7473, SM(sin2_theta_w=0.2317, corrections=corrections), flavour=flavour, T_low=T_low)
    expected = reference.bks_total(0.7473, flavour=flavour, corrections=corrections, T_low=T_low)
    assert found == pytest.approx(expected, rel=1e-7, abs=0)


@pytest.mark.parametrize("corrections", ["tree", "electroweak", "full"])
def test_sigma_below_threshold_is_zero(corrections):
    """Closed form. Finds NaN where no recoil reaches T_low (line at 426 keV, T > 300 keV)."""
    assert sigma(0.426, SM(corrections=corrections), T_low=0.3) == 0.0
    both = sigma(np.array([0.426, 0.746]), SM(corrections=corrections), T_low=0.3)
    assert both[0] == 0
    assert both[1] > 0


@pytest.mark.parametrize("flavour", [Flavour.NU_E, Flavour.ANTI_NU_E, Flavour.NU_MU])
@pytest.mark.parametrize("corrections", ["electroweak", "full"])
def test_corrected_cross_section_at_random_points(flavour, corrections):
    """Twin. Finds any wrong term or coefficient of PRD 51, 6146 (30 digits against double precision)."""
    rng = np.random.default_rng(11)
    energies = np.exp(rng.uniform(np.log(0.05), np.log(15.0), 40))
    T = rng.uniform(1e-3, 0.999, 40) * T_max(energies)
    found = dsigma_dT(T, energies, SM(sin2_theta_w=0.2317, corrections=corrections), flavour=flavour)
    expected = [
        reference.bks(t, e, flavour=flavour, corrections=corrections)
        for t, e in zip(T, energies, strict=True)
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("corrections", ["tree", "electroweak", "full"])
def test_magnetic_moment_adds_without_interference(flavour, corrections):
    """Closed form. Finds QED or κ on the magnetic term, or a term linear in μ_ν."""
    T, E_nu = np.array([1e-3, 0.1, 0.5]), 0.746
    with_moment = dsigma_dT(T, E_nu, SM(mu_nu=MU, corrections=corrections), flavour=flavour)
    without = dsigma_dT(T, E_nu, SM(corrections=corrections), flavour=flavour)
    expected = MU**2 * reference.MAGNETIC_SCALE * (1 / T - 1 / E_nu)
    np.testing.assert_allclose(with_moment - without, expected, rtol=1e-9)


@pytest.mark.parametrize("model", [E6(beta="chi"), E6(beta=0.7), LR()], ids=lambda m: m.label)
@pytest.mark.parametrize("flavour", [Flavour.NU_E, Flavour.ANTI_NU_E, Flavour.NU_TAU])
@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_coefficients_are_quadratic_in_gamma(model, flavour, corrections):
    """Property. Finds a coefficient that is not a parabola in γ at φ = 0: three templates give every γ."""

    def c(gamma):
        model_at = type(model)(name=model.name, beta=model.beta, gamma=gamma, corrections=corrections)
        return coefficients(model_at, flavour)

    at = np.array([c(0.0), c(0.5), c(1.0)])
    linear, square = 4 * at[1] - 3 * at[0] - at[2], 2 * (at[0] + at[2] - 2 * at[1])
    for gamma in (-0.3, 0.0764, 0.8, 3.0):
        np.testing.assert_allclose(
            c(gamma), at[0] + gamma * linear + gamma**2 * square, rtol=1e-12, atol=1e-13
        )


@DETERMINISTIC
@given(ENERGY, SHARE, st.floats(0.0, 1.0), st.floats(-1.5, 1.5), st.sampled_from(FLAVOURS))
def test_any_couplings_obey_equation_3(E_nu, share, gamma, beta, flavour):
    """Twin. Finds coefficients and shapes that disagree with the couplings of the model."""
    model = E6(beta=beta, gamma=gamma)
    a, b = couplings(model, charged_current=flavour.charged_current).at()
    T = share * float(T_max(E_nu))
    expected = reference.eq3(T, E_nu, a, b, antineutrino=flavour.startswith("anti"))
    basis = Basis("tree", flavour.charged_current)
    assert coefficients(model, flavour) @ basis.shapes(T, E_nu) == pytest.approx(expected, rel=1e-10, abs=0)


@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_no_energies_have_no_cross_sections(corrections):
    """Contract. Finds empty arrays that end in an error of NumPy's, as from a component without events."""
    model = SM(corrections=corrections)
    assert dsigma_dT(np.empty(0), np.empty(0), model).shape == (0,)
    assert dsigma_dT(np.empty((0, 3)), 0.7, model).shape == (0, 3)


@pytest.mark.parametrize("corrections", ["tree", "electroweak", "full"])
def test_nothing_above_T_max(corrections):
    """Property. Finds recoils beyond the kinematic end."""
    T = float(T_max(0.746)) * np.array([1 + 1e-9, 1.5, 10])
    assert np.all(dsigma_dT(T, 0.746, SM(corrections=corrections, mu_nu=MU)) == 0)


def test_magnetic_total_diverges():
    """Contract. Finds a silent infinity: the error names mu_nu, T_low and its unit."""
    with pytest.raises(ValueError, match=r"mu_nu.*T_low.*MeV"):
        sigma(0.746, SM(mu_nu=1e-11))
    with pytest.raises(ValueError, match="nu_x"):
        dsigma_dT(0.1, 0.746, SM(), flavour="nu_x")


def test_flavour_numbers():
    """Contract. Finds wrong PDG numbers in exported events."""
    assert [f.pdg for f in FLAVOURS] == [12, 14, 16, -12, -14, -16]


@pytest.mark.parametrize("corrections", ["tree", "electroweak", "full"])
@pytest.mark.parametrize("T_low", [1e-6, 1e-3, 0.3])
def test_magnetic_total_adds_in_closed_form(corrections, T_low):
    """Closed form. Finds quadrature nodes that miss the 1/T of the magnetic moment near a small T_low."""
    energies = np.array([0.426, 0.746, 3.0])
    end = np.maximum(T_max(energies), T_low)
    expected = MU**2 * reference.MAGNETIC_SCALE * (np.log(end / T_low) - (end - T_low) / energies)
    weak = sigma(energies, SM(corrections=corrections), T_low=T_low)
    found = sigma(energies, SM(mu_nu=MU, corrections=corrections), T_low=T_low)
    np.testing.assert_allclose(found - weak, expected, rtol=1e-9, atol=1e-60)
