"""Sources: data sets, intensities, mean cross sections."""

import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from support import reference
from support.examples import every
from support.experiments import mixed_source

from simgen.flavours import Flavour
from simgen.interaction.basis import Basis, coefficients
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import SM
from simgen.rates.rate import component_shapes, mean_sigma, recoil_spectrum
from simgen.sources.isotopes import Component, Lines, Source, ce144, cr51, pm147, source


def test_paper_lines():
    """Golden. Finds a mistyped entry of Table II of the paper."""
    lines = cr51("paper").components[0].spectrum
    assert lines.energies == (0.746, 0.751, 0.426, 0.431)
    assert lines.intensities == (0.81, 0.09, 0.09, 0.01)
    assert cr51("paper").half_life == 27 * 86400


@pytest.mark.parametrize("isotope", ["Cr51", "Pm147"])
@pytest.mark.parametrize("data", ["paper", "modern"])
def test_intensity_is_the_integral(isotope, data):
    """Closed form. Finds weights or densities that are not per decay."""
    made = source(isotope, data)
    for component in made.components:
        spectrum = component.spectrum
        if isinstance(spectrum, Lines):
            assert sum(spectrum.intensities) == pytest.approx(spectrum.intensity)
        else:
            area = quad(lambda E, s=spectrum: float(s.density(E)), 0, spectrum.endpoint, epsabs=1e-10)[0]
            assert area == pytest.approx(spectrum.intensity, rel=1e-6)
    assert made.intensity == pytest.approx(1.0, abs=1e-12)
    assert made.endpoint == max(c.spectrum.endpoint for c in made.components)


def spectrum_by_hand(made, T, mu_nu):
    """Fold eq. (3) with the lines and continua by adaptive quadrature."""
    total = 0.0
    for component in made.components:
        a, b = reference.sm_couplings(component.flavour)
        anti = component.flavour.startswith("anti")

        def dsigma(E, a=a, b=b, anti=anti):
            return reference.eq3(T, E, a, b, antineutrino=anti, mu_nu=mu_nu) if T_max(E) >= T else 0.0

        spectrum = component.spectrum
        if isinstance(spectrum, Lines):
            total += sum(w * dsigma(E) for E, w in zip(spectrum.energies, spectrum.intensities, strict=True))
        else:
            low = 0.5 * (T + math.sqrt(T * (T + 2 * reference.M_E)))
            total += quad(
                lambda E, s=spectrum, f=dsigma: float(s.density(E)) * f(E),
                min(low, spectrum.endpoint), spectrum.endpoint, epsabs=0, epsrel=1e-9, limit=200,
            )[0]  # fmt: skip
    return total


@pytest.mark.parametrize("made", [cr51(), pm147("paper"), pm147(), mixed_source()], ids=lambda s: s.name)
@pytest.mark.parametrize("mu_nu", [0.0, 5e-11])
def test_recoil_spectrum(made, mu_nu):
    """Twin. Finds lost components or nodes that miss the end of a continuum, against adaptive quadrature."""
    T = np.array([1e-4, 0.002, 0.04, 0.1, 0.26, 0.5])
    expected = [spectrum_by_hand(made, t, mu_nu) for t in T]
    np.testing.assert_allclose(recoil_spectrum(made, SM(mu_nu=mu_nu), T), expected, rtol=1e-7)


@pytest.mark.parametrize("made", every(3, [cr51(), pm147(), mixed_source()]), ids=lambda s: s.name)
@pytest.mark.parametrize(
    ("model", "T_low"),
    [
        (SM(), 0.0),
        (SM(), 0.02),
        (SM(mu_nu=5e-11), 1e-4),
        (SM(corrections="full"), 0.0),
        (SM(corrections="full"), 0.3),
    ],
)
def test_mean_sigma_is_the_integral_of_the_recoil_spectrum(made, model, T_low):
    """Twin. Finds two orders of integration that disagree, or a line below T_low that spoils the sum."""
    total = sum(mean_sigma(c, model, T_low=T_low) for c in made.components)
    ends = sorted(
        float(T_max(e))
        for c in made.components
        for e in getattr(c.spectrum, "energies", (c.spectrum.endpoint,))
    )
    stops = sorted({max(T_low, 1e-9), *(e for e in ends if e > T_low)})
    if len(stops) == 1:
        assert total == 0
        return
    expected = 0.0
    for low, high in itertools.pairwise(stops):
        # x from 0 to 1 with T dense at both ends of every piece
        x, w = np.polynomial.legendre.leggauss(400)
        angle = np.pi / 4 * (x + 1)
        share = np.sin(angle) ** 2
        T = low * (high / low) ** share if low < 0.01 * high else low + (high - low) * share
        slope = T * math.log(high / low) if low < 0.01 * high else high - low
        expected += np.sum(w * np.pi / 4 * np.sin(2 * angle) * slope * recoil_spectrum(made, model, T))
    assert total == pytest.approx(expected, rel=2e-6, abs=0)


def test_single_line():
    """Contract. Finds a line number that selects another line."""
    component = cr51().components[0]
    basis = Basis("tree", True)
    T = np.array([0.1, 0.3])
    parts = sum(component_shapes(component, basis, T, line=i) for i in range(4))
    np.testing.assert_allclose(parts, component_shapes(component, basis, T), rtol=1e-14)
    alone = coefficients(SM(), Flavour.NU_E) @ component_shapes(component, basis, T, line=2)
    a, b = reference.sm_couplings("nu_e")
    np.testing.assert_allclose(alone, [0.0895 * reference.eq3(0.1, 0.4272, a, b), 0.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Lines(energies=(), intensities=()), "as many intensities as energies"),
        (lambda: Lines(energies=(1.0,), intensities=(0.5, 0.5)), "as many intensities as energies"),
        (lambda: Lines(energies=(-1.0,), intensities=(0.5,)), "line energies must be finite and above 0"),
        (
            lambda: Lines(energies=(1.0,), intensities=(math.nan,)),
            "line intensities must be finite and above 0",
        ),
        (lambda: Source(name="x", components=()), "'x' has no components"),
        (
            lambda: Source(
                name="x",
                components=(
                    Component(
                        name="x", flavour=Flavour.NU_E, spectrum=Lines(energies=(1.0,), intensities=(1.0,))
                    ),
                ),
                half_life=-1.0,
            ),
            "half_life must be above 0 s, got -1",
        ),
        (lambda: source("Co60"), "unknown isotope 'Co60'"),
        (lambda: source("Cr51", "old"), "data must be 'modern' or 'paper', got 'old'"),
        (lambda: cr51("papr"), "data must be 'modern' or 'paper', got 'papr'"),
        (lambda: pm147("Paper"), "data must be 'modern' or 'paper', got 'Paper'"),
        (lambda: ce144("allow"), "pr144_shape must be 'measured' or 'allowed', got 'allow'"),
    ],
)
def test_errors(make, words):
    """Contract. Finds an impossible source that passes, or an error that does not name it."""
    with pytest.raises(ValueError, match=words):
        make()
