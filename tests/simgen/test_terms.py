"""Interactions on top of the weak one: formulas written a second time in mpmath, and their limits."""

import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from support import reference
from support.examples import every, few
from support.terms import CORRECTIONS, RADIUS_SCALE, S2, T_POINTS

from simgen.constants import ALPHA, CHARGE_RADIUS_SCALE, G_F, HBARC2, M_E, MAGNETIC_SCALE
from simgen.flavours import Flavour
from simgen.interaction.crosssection import dsigma_dT, sigma
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, SM

TERMS = {
    "moment": {"mu_nu": 4e-11},
    "NSI": {"eps_L": 0.03, "eps_R": -0.07},
    "charge radius": {"charge_radius": 3e-32, "charge_radius_convention": "form-factor"},
    "charge radius as TEXONO": {"charge_radius": -2e-32, "charge_radius_convention": "texono"},
    "millicharge": {"millicharge": 2e-12},
    "vector": {"vector_coupling": 3e-12, "vector_mass": 0.3},
    "light vector": {"vector_coupling": -1e-12, "vector_mass": 1e-3},
    "scalar": {"scalar_coupling": 2e-11, "scalar_mass": 0.5},
    "charged current": {"delta_c_L": 0.2},
    "charged current to first order": {"delta_c_L": -0.1, "delta_c_L_order": "first"},
}


TERMS["all"] = {key: value for term in TERMS.values() for key, value in term.items()}


MIXED = {"gamma": 0.07, "phi": -0.03}


BETA = 0.4


def radius_shift(terms):
    """Compute what a charge radius adds to g_L and g_R: photon exchange."""
    scale = {"form-factor": RADIUS_SCALE / 2, "texono": RADIUS_SCALE, None: 0.0}
    return scale[terms.get("charge_radius_convention")] * terms.get("charge_radius", 0.0) / 1e-32


def e6_neutral(s2, kappa):
    """Contract the currents of a mixed E6 model."""
    extra = math.sqrt(5 / 3 * s2)
    chi, psi = math.cos(BETA), math.sin(BETA)
    doublet = 3 * chi / math.sqrt(40) + psi / math.sqrt(24)
    singlet = chi / math.sqrt(40) - psi / math.sqrt(24)
    nu = np.array([0.5, extra * doublet])
    charge = float(kappa) * s2
    electrons = np.array([-0.5 + charge, extra * doublet]), np.array([charge, extra * singlet])
    return [2 * reference.propagate(nu, e, **MIXED, normalise_to_Z0=True) for e in electrons]


def expected(T, E_nu, terms, *, flavour, corrections, mixed=False):
    """Evaluate every term from its formula [cm²/MeV]."""

    def neutral(T, rho, kappa):
        pole = 2 * mpmath.mpf(M_E) * T + mpmath.mpf(terms.get("vector_mass", 1.0)) ** 2
        vector = terms.get("vector_coupling", 0.0) / (2 * mpmath.sqrt(2) * G_F * pole)
        charge = -mpmath.sqrt(2) * mpmath.pi * ALPHA * terms.get("millicharge", 0.0) / (G_F * M_E * T)
        if mixed:
            g_L, g_R = (rho * g for g in e6_neutral(S2, kappa))
        else:
            g_R = rho * kappa * mpmath.mpf(S2)
            g_L = g_R - rho / 2
        # the charge is a vector coupling: half of it in g_L, half in g_R
        both = vector + charge / 2 + radius_shift(terms)
        return g_L + terms.get("eps_L", 0.0) + both, g_R + terms.get("eps_R", 0.0) + both

    weak = reference.bks(
        T,
        E_nu,
        flavour=flavour,
        corrections=corrections,
        neutral=neutral,
        delta_c_L=terms.get("delta_c_L", 0.0),
        first_order=terms.get("delta_c_L_order") == "first",
    )
    moment = MAGNETIC_SCALE * terms.get("mu_nu", 0.0) ** 2 * (1 / T - 1 / E_nu)
    pole = 2 * M_E * T + terms.get("scalar_mass", 1.0) ** 2
    scalar = terms.get("scalar_coupling", 0.0) ** 2 * M_E**2 * T * (1 + T / 2 / M_E)
    return weak + moment + scalar / (4 * math.pi * E_nu**2 * pole**2) * HBARC2


@pytest.mark.parametrize("flavour", every(3, ["nu_e", "anti_nu_e", "nu_mu"]))
@pytest.mark.parametrize("corrections", CORRECTIONS)
@pytest.mark.parametrize("term", TERMS)
def test_terms_at_random_points(term, corrections, flavour):
    """Twin. Finds a wrong factor, sign or place of any term, alone or with all others: 1e-9."""
    rng = np.random.default_rng(21)
    energies = np.exp(rng.uniform(np.log(0.05), np.log(15.0), 8))
    T = rng.uniform(1e-3, 0.999, 8) * T_max(energies)
    terms = TERMS[term]
    found = dsigma_dT(T, energies, SM(sin2_theta_w=S2, corrections=corrections, **terms), flavour=flavour)
    twin = [
        expected(t, e, terms, flavour=flavour, corrections=corrections)
        for t, e in zip(T, energies, strict=True)
    ]
    np.testing.assert_allclose(found, twin, rtol=1e-9)


@pytest.mark.parametrize("flavour", ["nu_e", "anti_nu_e", "nu_mu"])
@pytest.mark.parametrize("corrections", CORRECTIONS)
def test_terms_with_a_mixed_Z_prime(corrections, flavour):
    """Twin. Finds ρ, κ, ρ_mix or the mixing on a term on top, a charge radius among them: 1e-9."""
    rng = np.random.default_rng(22)
    energies = np.exp(rng.uniform(np.log(0.1), np.log(5.0), 8))
    T = rng.uniform(0.01, 0.99, 8) * T_max(energies)
    model = E6(beta=BETA, **MIXED, sin2_theta_w=S2, corrections=corrections, **TERMS["all"])
    twin = [
        expected(t, e, TERMS["all"], flavour=flavour, corrections=corrections, mixed=True)
        for t, e in zip(T, energies, strict=True)
    ]
    np.testing.assert_allclose(dsigma_dT(T, energies, model, flavour=flavour), twin, rtol=1e-9)


@pytest.mark.parametrize("corrections", every(3, CORRECTIONS))
@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("flavour", few(["nu_e", "anti_nu_e"], "anti_nu_e"))
def test_sigma_is_the_integral(term, corrections, flavour):
    """Closed form. Finds a wrong antiderivative, or too few nodes for a steep term."""
    model = SM(corrections=corrections, **TERMS[term])
    energies, T_low = np.array([0.2, 0.7473, 3.0]), 1e-4
    found = sigma(energies, model, flavour=flavour, T_low=T_low)
    for E_nu, value in zip(energies, found, strict=True):
        end = float(T_max(E_nu))

        def integrand(y, E=E_nu, end=end):
            # T = end/(1 + e^-y): logarithmic at both ends
            T = end / (1 + math.exp(-y))
            return T * (1 - T / end) * float(dsigma_dT(T, E, model, flavour=flavour))

        low = math.log(T_low / (end - T_low))
        twin = quad(integrand, low, 30.0, epsabs=0, epsrel=1e-10, limit=400)[0]
        assert value == pytest.approx(twin, rel=2e-8, abs=0)


@pytest.mark.parametrize("corrections", CORRECTIONS)
@pytest.mark.parametrize(
    ("name", "size", "power"),
    [
        ("mu_nu", 1e-11, 2),
        ("millicharge", 1e-16, 1),
        ("scalar_coupling", 1e-12, 2),
        ("vector_coupling", 1e-15, 1),
    ],
)
def test_terms_vanish_with_their_coupling(corrections, name, size, power):
    """Closed form. Finds a term that stays, or one of another power, as its coupling goes to 0."""
    masses = {"vector_mass": 0.1, "scalar_mass": 0.1}
    standard = dsigma_dT(T_POINTS, 0.746, SM(corrections=corrections))
    large, small = (
        dsigma_dT(T_POINTS, 0.746, SM(corrections=corrections, **masses, **{name: c})) - standard
        for c in (size, 1e-3 * size)
    )
    np.testing.assert_allclose(small, large * 1e-3**power, rtol=0.03 if power == 1 else 1e-4, atol=1e-58)
    none = dsigma_dT(T_POINTS, 0.746, SM(corrections=corrections, **masses))
    np.testing.assert_array_equal(none, standard)


def test_charge_radius_scale():
    """Golden. Finds a rounded constant: √2πα/(3G_F) = 0.0237956 per 1e-32 cm², and half of it."""
    assert pytest.approx(0.0237956, abs=5e-8) == RADIUS_SCALE
    assert CHARGE_RADIUS_SCALE["texono"] * 1e-32 == pytest.approx(RADIUS_SCALE, rel=1e-12)
    assert CHARGE_RADIUS_SCALE["form-factor"] * 1e-32 == pytest.approx(RADIUS_SCALE / 2, rel=1e-12)


@pytest.mark.parametrize("corrections", CORRECTIONS)
def test_charge_radius_conventions(corrections):
    """Closed form. Finds a shared convention: one ⟨r²⟩ as TEXONO is two as form factor; and NSI in both."""
    r2 = 1.3e-32
    texono = SM(corrections=corrections, charge_radius=r2, charge_radius_convention="texono")
    form_factor = SM(corrections=corrections, charge_radius=2 * r2, charge_radius_convention="form-factor")
    shifted = SM(corrections=corrections, eps_L=1.3 * RADIUS_SCALE, eps_R=1.3 * RADIUS_SCALE)
    values = [dsigma_dT(T_POINTS, 0.746, m) for m in (texono, form_factor, shifted)]
    np.testing.assert_allclose(values[0], values[1], rtol=1e-14)
    np.testing.assert_allclose(values[0], values[2], rtol=1e-13)
    assert np.all(values[0] != dsigma_dT(T_POINTS, 0.746, SM(corrections=corrections)))


@pytest.mark.parametrize("flavour", ["nu_e", "anti_nu_e", "nu_mu"])
def test_first_order_of_the_charged_current_is_equation_5(flavour):
    """Closed form. Finds δc_L² kept in, or dropped from the wrong square: eq. (5) as printed."""
    delta, E_nu = 0.1, 0.746
    g_L, g_R = -0.5 + S2, S2
    z, mixed = T_POINTS / E_nu, M_E * T_POINTS / E_nu**2
    kinematic = (1 - z) ** 2 if flavour.startswith("anti") else 1.0
    linear = 2 * delta * (g_L + 1) * kinematic - delta * g_R * mixed
    standard = dsigma_dT(T_POINTS, E_nu, SM(), flavour=flavour)
    first = dsigma_dT(T_POINTS, E_nu, SM(delta_c_L=delta, delta_c_L_order="first"), flavour=flavour)
    exact = dsigma_dT(T_POINTS, E_nu, SM(delta_c_L=delta), flavour=flavour)
    electron = Flavour(flavour).charged_current
    np.testing.assert_allclose(first - standard, electron * reference.SIGMA0 * linear, rtol=1e-9, atol=1e-58)
    square = electron * reference.SIGMA0 * delta**2 * kinematic * np.ones(3)
    np.testing.assert_allclose(exact - first, square, rtol=1e-9, atol=1e-58)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: SM(charge_radius=1e-32),
            ["charge_radius_convention", "form-factor", "texono", "factor of 2"],
        ),
        (lambda: SM(charge_radius_convention="pdg"), ["charge_radius_convention", "pdg"]),
        (lambda: SM(vector_coupling=1e-11), ["vector_mass", "MeV"]),
        (lambda: SM(scalar_coupling=1e-11), ["scalar_mass", "MeV"]),
        (lambda: SM(vector_mass=0.0), ["vector_mass", "0"]),
        (lambda: SM(scalar_mass=-1.0), ["scalar_mass", "-1"]),
        (lambda: SM(vector_mass=1e-170), ["vector_mass", "1e-60", "MeV", "1e-170"]),
        (lambda: SM(millicharge=math.nan), ["millicharge", "nan"]),
        (lambda: SM(delta_c_L_order="second"), ["delta_c_L_order", "second"]),
        (lambda: sigma(0.746, SM(millicharge=1e-13)), ["millicharge", "T_low"]),
        (lambda: SM().vary(charge_radius=1e-32), ["charge_radius", "SM"]),
    ],
)
def test_errors_say_what_a_term_lacks(make, words):
    """Contract. Finds a term with a silent default, or an error that does not say what is missing."""
    with pytest.raises(ValueError, match=words[0]) as caught:
        make()
    assert all(word in str(caught.value) for word in words)
