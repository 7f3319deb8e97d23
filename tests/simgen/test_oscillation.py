"""Survival probabilities, and sources with them applied."""

import math
from dataclasses import replace

import numpy as np
import pytest

from simgen.flavours import Flavour
from simgen.geometry import Shell
from simgen.geometry.baselines import Baselines
from simgen.interaction.models import SM
from simgen.rates.oscillation import WAVE, Disappearance, Oscillation, oscillated, survival
from simgen.rates.rate import mean_sigma
from simgen.sources.isotopes import be7, cr51, pm147

SHELL = Baselines(geometry=Shell(inner_radius=50.0, radius=345.0))


def test_the_usual_constant():
    """Golden. 1.267 Δm²[eV²] L[m]/E[MeV] (PDG, Neutrino masses, mixing, and oscillations: 1.267)."""
    assert pytest.approx(1.267, abs=5e-4) == 100 * WAVE


def test_survival_at_the_first_minimum():
    """Closed form. P = 1 - sin²2θ where the phase is π/2, 1 where it is π or Δm² = 0."""
    model = SM(sin2_2theta=0.3, delta_m2=2.0)
    L = 0.7473 * math.pi / 2 / (2.0 * WAVE)
    np.testing.assert_allclose(survival(model, [L, 2 * L], 0.7473), [0.7, 1.0], rtol=1e-12)
    assert survival(SM(sin2_2theta=0.3, delta_m2=0.0), 100.0, 1.0) == 1
    assert np.all(survival(SM(), np.ones(3), 1.0) == 1)


def test_mean_disappearance_in_a_shell():
    """Closed form. ⟨sin²⟩ around a point source: [1 - (sin kR - sin kr1)/(k(R - r1))]/2, k = 2·1.267Δm²/E."""
    E = np.array([0.4272, 0.7473])
    k = 2 * WAVE * 1.3 / E
    expected = (1 - (np.sin(k * 345) - np.sin(k * 50)) / (k * 295)) / 2
    np.testing.assert_allclose(Disappearance(baselines=SHELL, delta_m2=1.3)(E)[0], expected, rtol=1e-11)


def test_only_electron_flavours_mix():
    """Contract. Finds a ν_μ that disappears, or a ν̄_e that does not."""
    model = SM(sin2_2theta=0.4, delta_m2=1.0)
    for before, after in zip(be7().components, oscillated(be7(), model, SHELL).components, strict=True):
        changed = before.spectrum != after.spectrum
        assert changed == (before.flavour is Flavour.NU_E)
    assert oscillated(pm147(), model, SHELL) != pm147()
    assert Oscillation.of(be7(), model).amplitudes == (0.4, 0.0, 0.0)
    assert Oscillation.of(be7(), SM(delta_m2=1.0)) is None
    assert oscillated(cr51(), SM(), SHELL) == cr51()


@pytest.mark.parametrize("delta_m2", [0.05, 1.0, 20.0])
def test_a_continuum_disappears_as_its_integral_says(delta_m2):
    """Independent evaluation. σ averaged over an oscillated spectrum against 20 000 lines in its place."""
    model, source = SM(sin2_2theta=0.7, delta_m2=delta_m2), pm147()
    component = oscillated(source, model, SHELL).components[0]
    spectrum = source.components[0].spectrum
    edges = np.linspace(0, spectrum.endpoint, 20_001)
    E = (edges[1:] + edges[:-1]) / 2
    k = 2 * WAVE * delta_m2 / E
    left = 1 - 0.7 * (1 - (np.sin(k * 345) - np.sin(k * 50)) / (k * 295)) / 2
    from simgen.interaction.crosssection import sigma

    expected = np.sum(spectrum.density(E) * left * np.diff(edges) * sigma(E, SM(), flavour=Flavour.ANTI_NU_E))
    assert mean_sigma(component, SM()) == pytest.approx(expected, rel=1e-5)


def test_averaged_out():
    """Limit. Δm² → ∞: half of sin²2θ disappears."""
    model = SM(sin2_2theta=0.4, delta_m2=1e6)
    for source in (cr51(), pm147()):
        before = mean_sigma(source.components[0], SM())
        after = mean_sigma(oscillated(source, model, SHELL).components[0], SM())
        assert after / before == pytest.approx(0.8, abs=1e-4)


def test_parameters_that_cannot_be():
    """Contract. Each message names parameter, unit and range."""
    with pytest.raises(ValueError, match="sin2_2theta needs delta_m2"):
        SM(sin2_2theta=0.1)
    with pytest.raises(ValueError, match="sin2_2theta must be at most 1"):
        SM(sin2_2theta=1.1, delta_m2=1.0)
    with pytest.raises(ValueError, match="delta_m2 must be at least 0 eV², got -1"):
        SM(delta_m2=-1.0)
    assert "delta_m2" not in SM().parameters
    assert replace(SM(), delta_m2=1.0).parameters["sin2_2theta"] == 0
