"""Spectra given by functions: against tables and closed forms, and what is refused."""

import math

import numpy as np
import pytest

from simgen.flavours import Flavour
from simgen.interaction.basis import Basis
from simgen.interaction.models import SM
from simgen.rates.rate import component_shapes, mean_sigma
from simgen.sources.components import Component
from simgen.sources.functions import FunctionSpectrum
from simgen.sources.spectra import TableSpectrum


def triangle(E):
    """Rise from 0.2 to 0.6 MeV, fall to 1.4."""
    return np.minimum((E - 0.2) / 0.4, (1.4 - E) / 0.8)


TRIANGLE = FunctionSpectrum(function=triangle, low=0.2, high=1.4, bends=(0.6,))
SAME = TableSpectrum(energies=(0.2, 0.6, 1.4), densities=(0.0, 1.0, 0.0))


def test_a_triangle_is_its_table():
    """Twin. Finds a density outside the range, a lost scale or bend, against `TableSpectrum`."""
    E = np.linspace(0, 2, 1001).reshape(7, -1)
    np.testing.assert_allclose(TRIANGLE.density(E), SAME.density(E), atol=1e-15)
    assert TRIANGLE.density(0.4) == pytest.approx(0.5)
    assert TRIANGLE.intensity == pytest.approx(0.6, rel=1e-12)
    assert (TRIANGLE.endpoint, TRIANGLE.knots.tolist()) == (SAME.endpoint, SAME.knots.tolist())
    np.testing.assert_allclose(TRIANGLE.scaled(0.9).density(E), SAME.scaled(0.9).density(E), atol=1e-15)
    assert TRIANGLE.scaled(0.9).intensity == pytest.approx(0.9, rel=1e-12)
    assert TRIANGLE.scaled(0.9).scaled(0.6).scale == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("flavour", list(Flavour))
@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_rates_of_a_triangle(flavour, corrections):
    """Twin. Finds a rate or a recoil spectrum beside those of the same table, in any flavour."""
    model = SM(corrections=corrections)
    ours, theirs = (Component(name="x", flavour=flavour, spectrum=s) for s in (TRIANGLE, SAME))
    for T_low in (0.0, 0.3, 1.0):
        found, expected = (mean_sigma(c, model, T_low=T_low) for c in (ours, theirs))
        assert found == pytest.approx(expected, rel=1e-10, abs=0)
    T = np.array([0.01, 0.3, 1.0, 1.3])
    found, expected = (component_shapes(c, Basis.of(model, flavour), T) for c in (ours, theirs))
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("function", "low", "high", "integral"),
    [
        (lambda E: E**-1.5, 1.0, 10.0, 2 * (1 - 10**-0.5)),
        (lambda E: E**2 * np.sqrt(1 - E), 0.0, 1.0, 16 / 105),
        (lambda E: np.exp(-E), 0.0, 20.0, 1 - math.exp(-20)),
        (lambda _: 2, 0.5, 3.0, 5.0),
        (np.vectorize(lambda E: math.sin(E) if E > 0 else 0, otypes=[float]), 0.0, math.pi, 2.0),
    ],
    ids=["power", "root", "exponential", "constant", "vectorised"],
)
def test_integrals(function, low, high, integral):
    """Closed form. Finds too few nodes, or a function called outside of where it is defined (a warning)."""
    spectrum = FunctionSpectrum(function=function, low=low, high=high)
    assert spectrum.intensity == pytest.approx(integral, rel=1e-8)
    assert np.all(spectrum.density([low - 0.1, high + 0.1, -1.0]) == 0)


def test_equal_functions_are_the_same_object():
    """Contract: spectra can be keys, and two that were made of one function are one."""
    again = FunctionSpectrum(function=triangle, low=0.2, high=1.4, bends=(0.6,))
    assert again == TRIANGLE
    assert hash(again) == hash(TRIANGLE)
    assert again != FunctionSpectrum(function=np.vectorize(triangle), low=0.2, high=1.4, bends=(0.6,))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"low": -1.0}, "low, bends and high must be from 0 to 100000 MeV, got -1"),
        ({"high": math.nan}, "to 100000 MeV, got nan"),
        ({"high": 0.1}, "must ascend, got 0.1 after 0.6 MeV"),
        ({"bends": (1.5,)}, "must ascend, got 1.4 after 1.5 MeV"),
        ({"bends": (0.6, 0.6)}, "must ascend, got 0.6 after 0.6 MeV"),
        ({"scale": 0.0}, "scale must be above 0, got 0"),
        ({"function": lambda E: E - 0.5}, "at least 0, got -0.3 at 0.2 MeV"),
        ({"function": lambda E: 1 / (E - 0.2), "bends": ()}, "finite and at least 0, got inf at 0.2 MeV"),
        ({"function": lambda E: np.where(E > 1, np.nan, 1.0)}, "finite and at least 0, got nan at 1.0"),
        ({"function": lambda E: 0 * E}, "a spectrum without neutrinos"),
        ({"bends": ()}, "not smooth between 0.2 and 1.4 MeV: .* name in bends where it bends"),
        ({"function": lambda E: 1.0 * (E < 0.9)}, "not smooth between"),
        ({"function": lambda E: np.exp(-((E - 1) ** 2) / 2e-5)}, "not smooth between"),
    ],
)
def test_wrong_values(changes, words):
    """Contract: what is no spectrum is refused with the place and the reason."""
    with pytest.raises(ValueError, match=words):
        FunctionSpectrum(**{"function": triangle, "low": 0.2, "high": 1.4, "bends": (0.6,), **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"function": "triangle"}, "function must be callable, got str"),
        ({"function": np.poly1d([1.0, 0.0])}, "cannot be hashed .*wrap it"),
        ({"function": math.exp}, "fails for an array of energies .*np.vectorize"),
        ({"function": lambda E: 1.0 if E < 1 else 2.0}, "fails for an array of energies .*np.where"),
        ({"function": lambda E: E[:3]}, r"values for as many energies, got \(3,\)"),
        ({"function": lambda E: E * 1j}, "must return real numbers, got complex128"),
        ({"function": lambda E: E / E.max()}, "other values for an array than for its energies one by one"),
        ({"bends": [0.6]}, "bends must be a tuple of energies .*, got list"),
    ],
)
def test_wrong_types(changes, words):
    """Contract: a function that does not take arrays is refused with what would be right."""
    with pytest.raises(TypeError, match=words):
        FunctionSpectrum(**{"function": triangle, "low": 0.2, "high": 1.4, "bends": (0.6,), **changes})
