"""Interactions on top of the weak one: limits of heavy and massless mediators, and Z' models."""

import math
from dataclasses import replace

import numpy as np
import pytest
from support import reference
from support.terms import CORRECTIONS, RADIUS_SCALE, S2, T_POINTS

from simgen.constants import ALPHA, G_F, M_E, M_Z
from simgen.interaction.coupling_constants import couplings
from simgen.interaction.crosssection import dsigma_dT
from simgen.interaction.models import E6, LR, SM

FLAVOURS = ("nu_e", "anti_nu_mu")


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("corrections", CORRECTIONS)
def test_heavy_vector_is_nsi(corrections, flavour):
    """Closed form. Finds a wrong power of M or a wrong 2√2 G_F: M → ∞ at fixed g/M²."""
    mass, eps = 1e5, 0.04
    coupling = 2 * math.sqrt(2) * G_F * mass**2 * eps
    vector = SM(corrections=corrections, vector_mass=mass, vector_coupling=coupling)
    nsi = SM(corrections=corrections, eps_L=eps, eps_R=eps)
    found, twin = (dsigma_dT(T_POINTS, 0.746, m, flavour=flavour) for m in (vector, nsi))
    np.testing.assert_allclose(found, twin, rtol=1e-9)


@pytest.mark.parametrize("gamma", [0.01, 0.3])
def test_heavy_vector_with_the_couplings_of_a_Z_prime(gamma):
    """Closed form. Finds a wrong normalisation of either: 2γ L_ν L_e, for the E6 angle at which L_e = R_e.

    tanβ = -3/√15, and e²/(s_W c_W)² = 4√2 G_F M_Z² turns charges into couplings.
    """
    beta = math.atan(-3 / math.sqrt(15))
    charge = math.sqrt(S2) * (3 * math.cos(beta) / math.sqrt(24) + math.sqrt(5 / 8) * math.sin(beta) / 3)
    coupling = 4 * math.sqrt(2) * G_F * M_Z**2 * charge**2
    vector = SM(vector_mass=M_Z / math.sqrt(gamma), vector_coupling=coupling)
    g_L, g_R = couplings(E6(beta=beta, gamma=gamma), charged_current=False).at()
    assert (g_L + 0.5 - S2, g_R - S2) == pytest.approx(2 * [2 * gamma * charge**2], rel=1e-12)
    for flavour in FLAVOURS:
        found = dsigma_dT(T_POINTS, 0.746, vector, flavour=flavour)
        twin = dsigma_dT(T_POINTS, 0.746, E6(beta=beta, gamma=gamma), flavour=flavour)
        np.testing.assert_allclose(found, twin, rtol=1e-9)


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("corrections", CORRECTIONS)
def test_massless_vector_is_a_photon(corrections, flavour):
    """Closed form. Finds a wrong factor of 2 in the millicharge: M → 0 with g_ν g_e = -e² q_ν."""
    q = 3e-13
    vector = SM(corrections=corrections, vector_mass=1e-7, vector_coupling=-4 * math.pi * ALPHA * q)
    found, twin = (
        dsigma_dT(T_POINTS, 0.746, m, flavour=flavour)
        for m in (vector, SM(corrections=corrections, millicharge=q))
    )
    np.testing.assert_allclose(found, twin, rtol=1e-9)


Z_PRIMES = [
    LR(gamma=0.1),
    LR(gamma=0.05, phi=0.02),
    LR(gamma=0.05, phi=0.02, rho_mix=False, corrections="full"),
    LR(gamma=0.05, constrained=True, corrections="electroweak"),
    E6(beta="psi", gamma=0.2),
    E6(beta="chi", gamma=0.07, phi=-0.03, corrections="full"),
    E6(beta="eta", gamma=0.1, constrained=True, tau=2.0, corrections="electroweak"),
]


@pytest.mark.parametrize("model", Z_PRIMES, ids=lambda m: f"{m.label} {m.corrections}")
@pytest.mark.parametrize("charged_current", [True, False])
def test_terms_on_top_know_no_Z_prime(model, charged_current):
    """Closed form. Finds A + B, ρ, κ, ρ_mix or the mixing on a charge radius, NSI or δc_L, in any model."""
    cases = {
        "charge radius": ({"charge_radius": 1.3e-32}, 2 * [1.3 * RADIUS_SCALE]),
        "NSI": ({"eps_L": 0.05, "eps_R": -0.02}, [0.05, -0.02]),
        "charged current": ({"delta_c_L": 0.04}, [0.04 * charged_current, 0.0]),
    }
    for terms, shifts in cases.values():
        plain = replace(model, charge_radius_convention="texono")
        found = [couplings(m, charged_current=charged_current).at(0.97) for m in (plain, plain.vary(**terms))]
        assert np.subtract(found[1], found[0]) == pytest.approx(shifts, rel=1e-12)


@pytest.mark.parametrize("model", Z_PRIMES, ids=lambda m: f"{m.label} {m.corrections}")
@pytest.mark.parametrize("flavour", ["nu_e", "anti_nu_e", "nu_mu", "anti_nu_tau"])
def test_photon_exchange_beside_a_Z_prime(model, flavour):
    """Twin. Finds a charge radius, millicharge or light vector that Z' or mixing multiplies: 1e-9.

    All three are one exchange with the vector current of electrons: at a given T each is a shift of both
    couplings, which NSI of that size are too.
    """
    E_nu, T = 0.746, 0.2
    shift = -math.sqrt(2) * math.pi * ALPHA * 2e-12 / (2 * G_F * M_E * T)
    shift += 3e-12 / (2 * math.sqrt(2) * G_F * (2 * M_E * T + 0.3**2)) + 0.6 * RADIUS_SCALE
    terms = {"millicharge": 2e-12, "vector_coupling": 3e-12, "vector_mass": 0.3}
    radius = {"charge_radius": 0.6e-32, "charge_radius_convention": "texono"}
    found = dsigma_dT(T, E_nu, replace(model, **terms, **radius), flavour=flavour)
    twin = dsigma_dT(T, E_nu, replace(model, eps_L=shift, eps_R=shift), flavour=flavour)
    assert float(found) == pytest.approx(float(twin), rel=1e-9)


@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_left_right_rate_with_a_charge_radius(corrections):
    """Closed form. Finds A + B on the charge radius: 1.043 times too much at γ = 0.1; also in A, B, C."""
    gammas = np.array([0.0, 0.1, -0.1])
    s2, shift, E_nu, T = S2, 5 * RADIUS_SCALE, 0.746, 0.3
    r = math.sqrt(1 - 2 * s2)

    def neutral(gamma):
        A, B = 1 + gamma * (s2 / r) ** 2, gamma * s2 * (1 - s2) / r**2

        def at(T, rho, kappa):
            g_L, g_R = rho * (kappa * s2 - 0.5), rho * kappa * s2
            return A * g_L + B * g_R + shift, A * g_R + B * g_L + shift

        return at

    twin = [
        float(reference.bks(T, E_nu, flavour="nu_e", corrections=corrections, neutral=neutral(gamma)))
        for gamma in gammas
    ]
    models = [
        LR(gamma=g, corrections=corrections, charge_radius=5e-32, charge_radius_convention="texono")
        for g in gammas
    ]
    found = [float(dsigma_dT(T, E_nu, m)) for m in models]
    assert found == pytest.approx(twin, rel=1e-9)
    parabola = (found[0], (found[1] - found[2]) / 0.2, (found[1] + found[2] - 2 * found[0]) / 0.02)
    expected_parabola = (twin[0], (twin[1] - twin[2]) / 0.2, (twin[1] + twin[2] - 2 * twin[0]) / 0.02)
    assert parabola == pytest.approx(expected_parabola, rel=1e-6)
