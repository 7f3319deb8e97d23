"""Constrained Z-Z' mixing against the diagonalised mass matrix."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from support import reference

from simgen.interaction.coupling_constants import couplings
from simgen.interaction.crosssection import sigma
from simgen.interaction.mixing import constrained_mixing, end_point, mass_matrix_k
from simgen.interaction.models import E6, LR, SM
from simgen.parameters import gamma_from_mass

DETERMINISTIC = settings(derandomize=True, deadline=None)
K = st.floats(-1.5, 1.5)
SHARE = st.floats(1e-4, 0.999)
MODELS = [E6(beta="chi", constrained=True), E6(beta="eta", constrained=True, tau=2.0), LR(constrained=True)]


@DETERMINISTIC
@given(K, SHARE)
def test_mixing_diagonalises_the_mass_matrix(k, share):
    """Twin. Finds a wrong angle, sign or x: eigh of [[x, kx], [kx, y]] has the masses 1 and 1/γ."""
    gamma = share * end_point(k)
    phi, x = constrained_mixing(gamma, k)
    values, vectors = np.linalg.eigh(np.array([[x, k * x], [k * x, 1 + 1 / gamma - x]]))
    assert values == pytest.approx([1, 1 / gamma], rel=1e-9)
    light = vectors[:, 0] * np.sign(vectors[0, 0])
    assert phi == pytest.approx(-math.asin(light[1]), abs=1e-9)
    assert x == pytest.approx(1 + math.sin(phi) ** 2 * (1 / gamma - 1), rel=1e-9)


@DETERMINISTIC
@given(st.floats(-1.5, 1.5), st.floats(0.0, 20.0), st.floats(0.05, 0.45))
def test_k_is_that_of_the_higgs_fields(beta, tau, s2):
    """Twin. Finds a wrong charge of a Higgs field in δM²."""
    assert mass_matrix_k("E6", beta, tau, s2) == pytest.approx(
        reference.constrained_k(beta, s2=s2, tau=tau), rel=1e-12, abs=1e-14
    )
    assert mass_matrix_k("LR", beta, None, s2) == reference.constrained_k("LR", s2=s2)


@pytest.mark.parametrize("k", [-0.73, -0.1, 0.4])
def test_small_gamma(k):
    """Closed form. Finds cancellation at γ → 0: φ → kγ, and next (1 + k²)... through γ = 0 to below it."""
    for gamma in (1e-12, 1e-7, -1e-7, -1e-12):
        phi, x = constrained_mixing(gamma, k)
        assert phi == pytest.approx(k * gamma, rel=1e-6, abs=0)
        assert x - 1 == pytest.approx(k * k * gamma, rel=1e-6, abs=1e-15)
    assert constrained_mixing(0.0, k) == (0.0, 1.0)


def test_exact_is_not_first_order():
    """Golden. Finds φ = kγ in place of the exact angle (χ at γ = 0.0764): -0.03292 against -0.02999."""
    k = mass_matrix_k("E6", 0.0, None, 0.2312)
    gamma = 0.0764
    assert constrained_mixing(gamma, k)[0] == pytest.approx(-0.03292, abs=6e-6)
    assert k * gamma == pytest.approx(-0.02999, abs=6e-6)


@pytest.mark.parametrize(("model", "value"), list(zip(MODELS, [0.465, 0.481, 0.257], strict=True)))
def test_end_point(model, value):
    """Golden. Finds a wrong k in the constrained mass matrix: the largest γ, as published, and no more."""
    end = end_point(model.mass_matrix_k)
    assert end == pytest.approx(value, abs=6e-4)
    # there the eigenvalues 1 and 1/γ leave no room for the two diagonal elements to differ
    assert (1 - end) ** 2 == pytest.approx(4 * model.mass_matrix_k**2 * end, rel=1e-12)
    model.vary(gamma=end)
    with pytest.raises(ValueError, match="end point"):
        model.vary(gamma=end * (1 + 1e-9))


@pytest.mark.parametrize(
    ("model", "mass", "percent"),
    [
        (MODELS[0], 330, (3.65, 4.74, 3.67)),
        (MODELS[1], 220, (0.48, 1.20, -1.36)),
        (MODELS[2], 390, (0.90, 2.15, -0.60)),
    ],
)
def test_effect_on_the_rate(model, mass, percent):
    """Golden. Finds a lost ρ_mix: rate of 747.3 keV above 250 keV at φ = 0, as printed, exact [%]."""
    constrained = model.vary(gamma=gamma_from_mass(mass * 1e3))
    alone = replace(constrained, constrained=False, tau=None)
    printed = replace(alone, phi=constrained.mixing[0], rho_mix=False)
    standard = sigma(0.7473, SM(), T_low=0.25)
    found = [100 * float(sigma(0.7473, m, T_low=0.25) / standard - 1) for m in (alone, printed, constrained)]
    assert found == pytest.approx(percent, abs=0.011)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.label)
@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_constrained_couplings_are_those_of_the_angle(model, corrections):
    """Closed form. Finds a constrained model that is not the free one at its own φ."""
    for gamma in (0.01, 0.1, 0.25):
        constrained = replace(model, gamma=gamma, corrections=corrections)
        free = replace(constrained, constrained=False, tau=None, phi=constrained.mixing[0])
        assert free.mixing == pytest.approx(constrained.mixing, rel=1e-12)
        assert couplings(constrained).at(0.97) == pytest.approx(couplings(free).at(0.97), rel=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.label)
@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_as_printed_the_angle_follows_and_rho_stays(model, corrections):
    """Closed form. Finds a ρ_mix that cannot be switched off, or that takes φ with it."""
    for gamma in (0.01, 0.1, 0.25):
        printed = replace(model, gamma=gamma, corrections=corrections, rho_mix=False)
        assert printed.mixing == (model.vary(gamma=gamma).mixing[0], 1.0)
        free = replace(printed, constrained=False, tau=None, phi=printed.mixing[0])
        assert couplings(printed).at(0.97) == pytest.approx(couplings(free).at(0.97), rel=1e-12)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.label)
def test_continuation_below_zero_is_smooth(model):
    """Property. Finds a kink at γ = 0, where a free fit passes: fifth differences are of the order of h⁵."""
    h = 0.01
    points = np.array([couplings(model.vary(gamma=h * i)).at() for i in range(-5, 6)])
    assert np.abs(np.diff(points, 5, axis=0)).max() < 2e3 * h**5
    far = couplings(model.vary(gamma=-50.0)).at()
    assert np.all(np.isfinite(far))
    assert couplings(model.vary(gamma=0.0)).at() == pytest.approx(couplings(SM()).at(), abs=1e-15)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: E6(beta="psi", constrained=True), ["tau", "no default"]),
        (lambda: E6(beta="eta", constrained=True, tau=-1.0), ["tau", "-1"]),
        (lambda: E6(beta="eta", constrained=True, tau=math.nan), ["tau", "nan"]),
        (lambda: LR(constrained=True, gamma=0.26), ["gamma", "0.26", "end point", "0.2568", "GeV"]),
        (lambda: E6(beta="chi", constrained=True, gamma=0.5), ["gamma", "end point", "0.4647"]),
        (lambda: E6(beta="chi", constrained=True, gamma=0.1, phi=0.1), ["phi", "gamma"]),
        (lambda: E6(beta="chi", tau=2.0), ["tau", "constrained"]),
    ],
)
def test_errors_of_constrained_models(make, words):
    """Contract. Finds a default τ, or an end point that is passed silently."""
    with pytest.raises(ValueError, match=words[0]) as caught:
        make()
    assert all(word in str(caught.value) for word in words)
