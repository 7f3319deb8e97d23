"""Beta spectra against mpmath, with limits."""

import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import quad
from support import reference

from simgen.constants import ALPHA, M_E
from simgen.sources.beta_decay import allowed_spectrum, fermi_function, finite_size_L0, nuclear_radius
from simgen.sources.isotopes import BetaSpectrum

ENERGIES = np.array([1e-6, 1e-4, 0.01, 0.1, 0.22406, 1.0, 5.0])
NUCLEI = [(2, 3), (39, 90), (62, 147), (82, 210)]


@pytest.mark.parametrize(("Z", "A"), NUCLEI)
def test_fermi_function(Z, A):
    """Twin. Finds a wrong exponent, gamma function or radius."""
    expected = [float(reference.fermi_mp(T, Z, A)) for T in ENERGIES]
    np.testing.assert_allclose(fermi_function(ENERGIES, Z, A), expected, rtol=1e-9)


@pytest.mark.parametrize(("Z", "A"), NUCLEI)
def test_finite_size(Z, A):
    """Twin. Finds a wrong sign or factor of L0; below 300 keV it stays below 5 %."""
    expected = [float(reference.L0_mp(T, Z, A)) for T in ENERGIES]
    found = finite_size_L0(ENERGIES, Z, A)
    np.testing.assert_allclose(found, expected, rtol=1e-9)  # digits of ħc
    assert np.all(np.abs(found[:-2] - 1) < 0.05)
    assert np.all(np.diff(found[-3:]) < 0)  # a larger electron energy sees more of the nucleus


def test_no_charge_gives_one():
    """Closed form. Finds a wrong normalisation: F(Z = 0) = 1 and L0(Z = 0) = 1."""
    np.testing.assert_allclose(fermi_function(ENERGIES, 0, 10), 1, rtol=1e-12)
    np.testing.assert_allclose(finite_size_L0(ENERGIES, 0, 10), 1, rtol=1e-12)


def test_sommerfeld_limit():
    """Closed form. Finds a wrong η: at small αZ and velocity F → 2πη/(1 - e^(-2πη)), η = αZ/v."""
    T = np.array([1e-5, 1e-4, 1e-3])
    v = np.sqrt(T * (T + 2 * M_E)) / (T + M_E)
    x = 2 * math.pi * ALPHA / v
    np.testing.assert_allclose(fermi_function(T, 1, 3), x / -np.expm1(-x), rtol=2e-3)


def test_fermi_function_at_rest():
    """Contract. Finds NaN at p = 0, where F diverges and p F does not."""
    assert fermi_function(0.0, 62, 147) == math.inf
    at_end = allowed_spectrum(np.array([0.22406]), endpoint=0.22406, Z=62, A=147)
    near = allowed_spectrum(np.array([0.22406 * (1 - 1e-9)]), endpoint=0.22406, Z=62, A=147)
    assert at_end == pytest.approx(near, rel=1e-6)


@pytest.mark.parametrize(
    ("coulomb", "endpoint", "Z", "A"), [(True, 0.22406, 62, 147), (False, 0.2347, 62, 147)]
)
def test_spectrum_shape(coulomb, endpoint, Z, A):
    """Twin. Finds W0 - W confused with W, or the Fermi function at the neutrino's energy."""
    T_e = np.array([0.001, 0.03, 0.1, 0.2])
    expected = np.array([float(reference.beta_spectrum_mp(t, endpoint, Z, A, coulomb=coulomb)) for t in T_e])
    found = allowed_spectrum(endpoint - T_e, endpoint=endpoint, Z=Z, A=A, coulomb=coulomb)
    np.testing.assert_allclose(found / found[1], expected / expected[1], rtol=1e-9)


@pytest.mark.parametrize("coulomb", [True, False])
@pytest.mark.parametrize("intensity", [1.0, 0.34])
def test_density_is_normalised(coulomb, intensity):
    """Closed form. Finds a norm that misses the square root at the end point, or the intensity."""
    spectrum = BetaSpectrum(endpoint=0.546, Z=39, A=90, intensity=intensity, coulomb=coulomb)
    total = quad(lambda x: 2 * x * 0.546 * float(spectrum.density(0.546 * (1 - x * x))), 0, 1, epsabs=1e-13)[
        0
    ]
    assert total == pytest.approx(intensity, rel=1e-9)
    assert np.all(spectrum.density(np.array([-0.01, 0.5461])) == 0)


def test_mean_without_coulomb():
    """Twin. Finds a wrong phase space: the mean from an mpmath integral over the electron energy."""
    spectrum = BetaSpectrum(endpoint=0.2347, Z=62, A=147, coulomb=False)
    mean = quad(lambda E: E * float(spectrum.density(E)), 0, 0.2347, epsabs=1e-13)[0]
    with mpmath.workdps(20):

        def moment(power):
            return mpmath.quad(
                lambda T: (
                    (0.2347 - T) ** power * reference.beta_spectrum_mp(T, 0.2347, 62, 147, coulomb=False)
                ),
                [0, 0.2347],
            )

        expected = float(moment(1) / moment(0))
    assert mean == pytest.approx(expected, rel=1e-8)


def test_nuclear_radius():
    """Closed form. Finds a radius in fm: that of ¹⁴⁷Sm is 1.121·5.277 + 2.426/5.277 - 0.045 = 6.331 fm."""
    assert nuclear_radius(147) * 386.159 == pytest.approx(6.331, abs=0.001)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"endpoint": 0.0}, "endpoint must be above 0 MeV, got 0"),
        ({"endpoint": math.nan}, "endpoint must be above 0 MeV, got nan"),
        ({"intensity": -1.0}, "intensity must be above 0 per decay"),
    ],
)
def test_errors(changes, words):
    """Contract. Finds a spectrum without extent that passes."""
    with pytest.raises(ValueError, match=words):
        BetaSpectrum(**{"endpoint": 0.2, "Z": 1, "A": 3, **changes})
