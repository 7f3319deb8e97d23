"""Where dσ/dT is below zero: closed forms of the paper's eq. (5), and QED where amplitudes cancel."""

import math

import mpmath
import numpy as np
import pytest
from support import reference

from simgen.constants import M_E
from simgen.flavours import Flavour
from simgen.generator.channels import make_plan
from simgen.interaction.crosssection import dsigma_dT, sigma
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, SM
from simgen.interaction.negative_density import negative_fraction
from simgen.interaction.positivity import check_positive, positive_range
from simgen.rates.rate import mean_sigma, recoil_spectrum
from simgen.sources.components import Component, Source
from simgen.sources.isotopes import cr51, pm147, source
from simgen.sources.spectra import Lines

S2 = 0.2312
C, R = 0.5 + S2, S2
"""g_L + 1 and g_R at tree level."""


def line(energy, flavour):
    spectrum = Lines(energies=(energy,), intensities=(1.0,))
    return Source(
        name="line", components=(Component(name="line", flavour=Flavour(flavour), spectrum=spectrum),)
    )


def first(delta, **terms):
    return SM(sin2_theta_w=S2, delta_c_L=delta, delta_c_L_order="first", **terms)


def lowest_delta(energies, flavour, T_low=0.0):
    """Find the least δc_L by brute force: dσ/dT = D + δ D' with D and D' of eqs. (3) and (5)."""
    low = -math.inf
    for omega in energies:
        T = np.linspace(T_low, float(T_max(omega)), 4001)
        y2, mixed = (1 - T / omega) ** 2, M_E * T / omega**2
        left, right = (y2, 1.0) if flavour.startswith("anti") else (1.0, y2)
        constant = C**2 * left + R**2 * right - C * R * mixed
        slope = 2 * C * left - R * mixed
        low = max(low, float(np.max(-constant[slope > 0] / slope[slope > 0], initial=-math.inf)))
    return low


def test_closed_form_of_antineutrinos():
    """Closed form. Finds a range that ends elsewhere than dσ/dT at T_max: (g_R - c y)(g_R - c y - 2δy) ≥ 0.

    The paper's spectrum of ¹⁴⁷Pm ends at 234.7 keV, y = m_e/(m_e + 2ω).
    """
    y = M_E / (M_E + 2 * 0.2347)
    expected = (R - C * y) / (2 * y)
    assert expected == pytest.approx(-0.1438, abs=5e-5)
    low, high = positive_range(pm147("paper"), first(0.0), "delta_c_L", 0.0, -math.inf, math.inf)
    assert low == pytest.approx(expected, rel=1e-9)
    assert high > 0.3
    check_positive(pm147("paper"), first(0.999 * expected), 0.0)
    with pytest.raises(ValueError, match="below zero"):
        check_positive(pm147("paper"), first(1.001 * expected), 0.0)


@pytest.mark.parametrize(
    ("made", "flavour", "T_low"),
    [(cr51("paper"), "nu_e", 0.0), (cr51("paper"), "nu_e", 0.3), (line(0.3, "anti_nu_e"), "anti_nu_e", 0.05)],
)
def test_range_against_brute_force(made, flavour, T_low):
    """Twin. Finds a minimum inside the phase space that the search misses, a T_low that it forgets: 1e-5."""
    energies = made.components[0].spectrum.energies
    usable = [e for e in energies if T_max(e) > T_low]
    low, _ = positive_range(made, first(0.0), "delta_c_L", T_low, -math.inf, math.inf)
    assert low == pytest.approx(lowest_delta(usable, flavour, T_low), rel=1e-5)


def test_range_of_another_parameter_ends_there_too():
    """Closed form. Finds a fit of ε_R at fixed δc_L that runs to where dσ/dT < 0: a root of a parabola."""
    delta, omega = -0.14, 0.2347
    y = M_E / (M_E + 2 * omega)
    # at T_max: (g_R + ε - (c + δ)y)² - δ²y² = 0, the lower root next to ε = 0
    expected = (C + delta) * y - abs(delta) * y - R
    low, high = positive_range(line(omega, "anti_nu_e"), first(delta), "eps_R", 0.0, -math.inf, math.inf)
    assert high == pytest.approx(expected, rel=1e-4)
    assert low < 0


@pytest.mark.parametrize("isotope", ["Sr90", "Ce144"])
def test_cancelling_amplitudes_leave_no_range(isotope):
    """Closed form. Finds δc_L ≠ 0 allowed near 552.5 keV: η(η - 2δy) < 0 at T_max, η = g_R - c y → 0."""
    assert source(isotope).endpoint > (M_E * C / R - M_E) / 2
    with pytest.raises(ValueError, match="exact"):
        positive_range(source(isotope), first(0.0), "delta_c_L", 0.0, -math.inf, math.inf)


@pytest.mark.parametrize("corrections", ["tree", "electroweak", "full"])
def test_message_says_where(corrections):
    """Contract. Finds a message without the energy, the value, its unit or a remedy."""
    model = first(-0.3, corrections=corrections)
    with pytest.raises(ValueError, match="delta_c_L") as caught:
        check_positive(pm147("paper"), model, 0.0)
    text = str(caught.value)
    for word in (
        "Pm147",
        "anti_nu_e",
        "E_nu = ",
        "T = ",
        "keV",
        "cm²/MeV",
        "'first'",
        "'exact'",
        "at least -0.14",
    ):
        assert word in text


@pytest.mark.parametrize(
    "call",
    [
        lambda model: sigma([0.1, 0.2347], model, flavour="anti_nu_e"),
        lambda model: mean_sigma(pm147("paper").components[0], model),
        lambda model: recoil_spectrum(pm147("paper"), model, [0.01, 0.1]),
        lambda model: make_plan(pm147("paper"), model, luminosity=1e45),
    ],
    ids=["sigma", "mean_sigma", "recoil_spectrum", "make_plan"],
)
def test_what_computes_or_draws_refuses(call):
    """Contract. Finds a function that gives numbers or events of a dσ/dT below zero."""
    call(first(-0.1))
    with pytest.raises(ValueError, match="below zero"):
        call(first(-0.3))


def test_squares_are_at_least_zero():
    """Property. Finds a term other than the first order of δc_L that makes dσ/dT negative without QED."""
    rng = np.random.default_rng(5)
    for _ in range(300):
        E_nu = float(np.exp(rng.uniform(np.log(0.02), np.log(20))))
        T = T_max(E_nu) * np.concatenate([np.geomspace(1e-6, 1, 40), np.linspace(0, 1, 41)[1:]])
        model = E6(
            beta=float(rng.uniform(-1.5, 1.5)),
            gamma=float(rng.uniform(0.01, 2)),
            phi=float(rng.uniform(-1, 1)),
            rho_mix=bool(rng.integers(2)),
            corrections=("tree", "electroweak")[int(rng.integers(2))],
            delta_c_L=float(rng.normal()),
            eps_L=float(rng.normal()),
            eps_R=float(rng.normal()),
            charge_radius=float(rng.normal() * 1e-31),
            charge_radius_convention="texono",
            millicharge=float(rng.normal() * 1e-12),
            vector_coupling=float(rng.normal() * 1e-11),
            vector_mass=0.1,
        )
        for flavour in ("nu_e", "anti_nu_e", "nu_mu", "anti_nu_mu"):
            values = dsigma_dT(T, E_nu, model, flavour=flavour)
            assert values.min() >= -1e-12 * values.max()


def test_fraction_below_zero_of_a_line():
    """Twin. Finds a strip that is missed or counted elsewhere: 4.2e-7 of 0.553 MeV ν̄_e, from mpmath."""
    omega = 0.553
    end = 2 * mpmath.mpf(omega) ** 2 / (mpmath.mpf(M_E) + 2 * mpmath.mpf(omega))

    def density(x):  # x = ln of (T_max - T)/T_max
        T = end * (1 - mpmath.exp(x))
        return end * mpmath.exp(x) * reference.bks(T, omega, flavour="anti_nu_e", s2=0.2317)

    # the density changes its sign between these two
    root = mpmath.findroot(density, (-8.5, -6.0), solver="anderson", tol=1e-60, verify=False)
    below = mpmath.quad(density, [-60, -40, -20, -12, root])
    above = mpmath.quad(density, [root, -4, -1, -1e-9])
    expected = float(-below / (above - below))
    assert expected == pytest.approx(4.2e-7, rel=0.02)
    found = negative_fraction(line(omega, "anti_nu_e"), SM(corrections="full", sin2_theta_w=0.2317), 0.0)
    assert found == pytest.approx(expected, rel=1e-3)


def test_fraction_below_zero_elsewhere():
    """Closed form. Finds a fraction where there is none: squares, ν_e, antineutrinos below 0.4 MeV."""
    full = SM(corrections="full", sin2_theta_w=0.2317)
    assert negative_fraction(source("Sr90"), SM(), 0.0) == 0
    assert negative_fraction(cr51(), full, 0.0) == 0
    assert negative_fraction(pm147(), full, 0.0) == 0
    assert 0 < negative_fraction(source("Sr90"), full, 0.0) < 4.3e-7
