"""Targets, shells, response: closed forms and errors."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr
from support.experiments import borexino, lama

from detsim.detector import materials
from detsim.detector.detector import Detector, Resolution, Target, uniform_edges
from detsim.detector.materials import composition, electrons_in, shells
from detsim.expectation.response import bin_probabilities
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic, known_to
from simgen.constants import AVOGADRO


@pytest.mark.parametrize(
    ("formula", "electrons", "weight"),
    [
        ("NaI", 64, 22.990 + 126.904),
        ("C9H12", 66, 9 * 12.011 + 12 * 1.008),
        ("He", 2, 4.0026),
        ("CsI", 108, 259.81),
    ],
)
def test_electrons(formula, electrons, weight):
    """Golden. Finds a wrong atomic weight or count (IUPAC weights to five digits)."""
    expected = 1e6 * AVOGADRO * electrons / weight
    assert electrons_in(formula, 1e6) == pytest.approx(expected, rel=3e-5)


def test_atoms_are_those_of_the_data_base(monkeypatch):
    """Contract. Finds a version of xraydb whose file is read wrongly, and one that cannot be read at all."""
    from xraydb import atomic_mass, atomic_number

    expected = {element: (atomic_number(element), atomic_mass(element)) for element in materials.ELEMENTS}
    found = materials.atomic_table.__wrapped__()
    assert {element: found[element] for element in expected} == expected
    monkeypatch.setattr(materials, "find_spec", lambda _: None)
    assert materials.atomic_table.__wrapped__() == expected


def test_formulas():
    """Contract. Finds a formula read wrongly or a non-formula that passes."""
    assert composition("CH3CH2OH") == {"C": 2, "H": 6, "O": 1}
    for text in ("", "nai", "Na I", "Xx2", "NaI!", "2H"):
        with pytest.raises(ValueError, match="target"):
            composition(text)


@pytest.mark.parametrize("formula", ["NaI", "C9H12", "Xe", "He"])
def test_shells_hold_every_electron_once(formula):
    """Closed form. Finds an occupation that does not sum to Z."""
    energies, fractions = shells(formula)
    assert fractions.sum() == pytest.approx(1, abs=1e-14)
    assert np.all(fractions[1:] > 0)
    assert np.all(energies[1:] > 0)
    assert np.all(np.diff(energies) > 0)


def test_shells_of_sodium_iodide():
    """Golden. Finds a wrong edge or occupation: and electrons of K(I), K(Na), L1(I), L3(I), M5(I)."""
    energies, fractions = shells("NaI")
    for edge, n in ((33.169e-3, 2), (1.0708e-3, 2), (5.188e-3, 2), (4.557e-3, 4), (0.6193e-3, 6)):
        i = int(np.argmin(np.abs(energies - edge)))
        assert energies[i] == pytest.approx(edge, rel=1e-3)
        assert fractions[i] == pytest.approx(n / 64)


def test_acceptance_steps():
    """Closed form. Finds a step on the wrong side, or an efficiency counted twice."""
    detector = replace(lama("modern", "shells").detector, efficiency=0.5)
    assert detector.acceptance(0.0331) == pytest.approx(0.5 * 62 / 64)
    assert detector.acceptance(0.0332) == pytest.approx(0.5)
    assert lama().detector.acceptance(1e-9) == 1.0
    assert np.all(np.diff(detector.acceptance(np.linspace(0, 0.04, 200))) >= 0)


@pytest.mark.parametrize("threshold", [-np.inf, 0.26, 0.2])
def test_response_is_a_gaussian(threshold):
    """Twin. Finds a wrong argument of the error function, threshold inside a bin included."""
    detector = replace(
        borexino().detector,
        threshold=threshold,
        resolution=Resolution(constant=0.01, stochastic=0.05, proportional=0.02),
    )
    T = np.array([0.05, 0.25, 0.5])
    sigma = np.sqrt(0.01**2 + 0.05**2 * T + 0.02**2 * T**2)
    limits = np.maximum(np.array([threshold, *detector.edges, np.inf]), threshold)
    cdf = ndtr((limits - T[:, None]) / sigma[:, None])
    np.testing.assert_allclose(bin_probabilities(detector, T), np.diff(cdf, axis=1), atol=1e-15)


def test_perfect_response_is_a_histogram():
    """Closed form. Finds a bin open on the wrong side: low ≤ T < high."""
    detector = replace(borexino().detector, resolution=Resolution())
    assert detector.resolution.perfect
    P = bin_probabilities(detector, np.array([0.2, 0.25, 0.3, 0.55]))
    assert P.argmax(axis=1).tolist()[1:] == [1, 2, 7]
    assert P[0].sum() == 0


def test_uniform_edges():
    """Contract. Finds rounding that adds an empty last bin: 2-25 keV in steps of 2 ends with 24-25."""
    assert len(uniform_edges(0.25, 0.55, 0.05)) == 7
    assert len(uniform_edges(0.1, 0.26, 0.01)) == 17
    assert uniform_edges(0.002, 0.025, 0.002)[-2:] == (0.024, 0.025)


def make(**changes):
    arguments = {
        "name": "d",
        "target": Target(electrons=1e30),
        "edges": (0.1, 0.2),
        "threshold": 0.1,
        "resolution": Resolution(),
        "efficiency": 1.0,
        "binding": "free",
    }
    return Detector(**{**arguments, **changes})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make(edges=(0.2,)), "edges must be at least two"),
        (lambda: make(edges=(0.2, math.nan)), "edges must be at least two finite"),
        (lambda: make(edges=(0.2, 0.1)), "edges must ascend"),
        (lambda: make(threshold=math.nan), "threshold must be an energy, got nan MeV"),
        (lambda: make(threshold=0.2), "threshold 0.2 MeV leaves nothing"),
        (lambda: make(efficiency=0.0), r"efficiency must lie in \(0, 1\], got 0"),
        (lambda: make(efficiency=1.1), r"efficiency must lie in \(0, 1\], got 1.1"),
        (lambda: make(efficiency=math.nan), "efficiency must lie in"),
        (lambda: make(binding="tight"), "binding must be 'free' or 'shells', got 'tight'"),
        (lambda: make(binding="shells"), "binding = 'shells' needs the target's material"),
        (Target, "either a mass"),
        (lambda: Target(material="He", mass=1.0, electrons=1.0), "either a mass"),
        (lambda: Target(mass=1.0), "mass needs its material"),
        (lambda: Target(material="He", mass=-1.0), "mass must be finite and above 0 g, got -1"),
        (lambda: Target(electrons=math.nan), "electrons must be finite and above 0, got nan"),
        (lambda: Resolution(stochastic=-0.1), "resolution stochastic must be finite and ≥ 0, got -0.1"),
        (lambda: Resolution(constant=math.inf), "resolution constant must be finite"),
        (lambda: uniform_edges(0.3, 0.2, 0.1), "low < high"),
        (
            lambda: FlatBackground(name="b", rate=-1.0, low=0.0, high=1.0),
            "'b': rate must be finite and ≥ 0 /s",
        ),
        (
            lambda: FlatBackground(name="b", rate=1.0, low=1.0, high=1.0),
            "'b': needs low < high, got 1.0 and 1.0 MeV",
        ),
        (
            lambda: FlatBackground(name="b", rate=1.0, low=0.0, high=1.0, uncertainty=math.nan),
            "'b': uncertainty must be finite",
        ),
        (
            lambda: replace(borexino(), generate_above=-1.0),
            "generate_above must be finite and ≥ 0 MeV, got -1",
        ),
        (lambda: known_to(borexino(), activity=math.nan), "uncertainty of activity must be finite"),
        (lambda: known_to(borexino(), phase=0.1), "one of activity, mass, efficiency, energy_scale"),
        (
            lambda: replace(borexino(), systematics=2 * (Systematic(name="mass", uncertainty=0.1),)),
            "two uncertainties of the same quantity: mass",
        ),
        (
            lambda: replace(
                borexino(), backgrounds=(FlatBackground(name="b", rate=1.0, low=0.0, high=1.0),) * 2
            ),
            "two backgrounds have the same name: b, b",
        ),
    ],
)
def test_errors(call, words):
    """Contract. Finds an impossible detector that passes, or an error without argument and unit."""
    with pytest.raises(ValueError, match=words):
        call()
