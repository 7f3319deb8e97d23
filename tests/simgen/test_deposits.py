"""Spectra of deposits: integrals, samples against them, errors."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.integrate import quad
from support.examples import every

from simgen.deposits import Deposit, Line, PowerLaw, Tabulated, Uniform
from simgen.generator.channels import make_plan
from simgen.generator.true_events import generate
from simgen.interaction.models import SM
from simgen.sources.isotopes import cr51

ALPHA = 1e-3
DETERMINISTIC = settings(derandomize=True, deadline=None, max_examples=60)
SPECTRA = {
    "uniform": Uniform(low=-0.1, high=0.7),
    "steep": PowerLaw(index=4.2, low=0.05, high=3.0),
    "one over E": PowerLaw(index=1.0, low=0.05, high=3.0),
    "nearly": PowerLaw(index=1 + 1e-13, low=0.05, high=3.0),
    "rising": PowerLaw(index=-2.0, low=0.05, high=3.0),
    "histogram": Tabulated.histogram([-0.2, 0.1, 0.15, 2.0], [4.0, 0.0, 1.0]),
    "points": Tabulated(energies=(0.0, 0.2, 0.5, 0.5, 1.0), densities=(0.0, 3.0, 1.0, 2.0, 0.0)),
}


@pytest.mark.parametrize("name", list(SPECTRA))
def test_fractions_are_integrals(name):
    """Twin. Finds a wrong integral or normalisation: scipy over the density, 1e-9."""
    spectrum = SPECTRA[name]
    knots = np.unique(spectrum.knots)
    ends = knots[0] - 1, knots[-1] + 1
    assert spectrum.fraction(*ends) == pytest.approx(1, abs=1e-14)
    assert spectrum.fraction(knots[-1], ends[1]) == pytest.approx(0, abs=1e-15)
    for low, high in ((knots[0], 0.3), (0.1, 0.62), (0.12, 0.13), (0.3, ends[1])):
        stops = [k for k in knots if low < k < high]
        points = [low, *stops, min(high, knots[-1])]
        expected = sum(
            quad(lambda E: float(spectrum.density(E)), a, np.nextafter(b, a), epsabs=1e-14)[0]
            for a, b in pairwise(points)
        )
        assert spectrum.fraction(low, high) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", every(3, list(SPECTRA)))
def test_samples_follow_the_fractions(name):
    """Twin. Finds a wrong inverse or a skipped bin (KS, 2e5 events)."""
    spectrum = SPECTRA[name]
    plan = make_plan(cr51(), SM(), luminosity=1e-60, deposits=(Deposit(spectrum=spectrum, mean=1e9),))
    E = generate(plan, 200_000, seed=4).T
    below = np.array([spectrum.fraction(-10.0, x) for x in E[:20_000]])
    assert stats.kstest(below, "uniform").pvalue > ALPHA
    assert E.min() >= spectrum.knots[0]
    assert E.max() <= spectrum.knots[-1] * (1 + 1e-12)


def test_line():
    """Closed form. A line is in one bin, low ≤ E < high, and every event has its energy."""
    line = Line(energy=0.5)
    assert [line.fraction(0.4, 0.5), line.fraction(0.5, 0.6), line.fraction(0.4, 0.6)] == [0, 1, 1]
    plan = make_plan(cr51(), SM(), luminosity=1e-60, deposits=(Deposit(spectrum=line, mean=1.0),))
    assert set(generate(plan, 100, seed=1).T) == {0.5}


@DETERMINISTIC
@given(
    st.lists(st.floats(0.01, 5), min_size=1, max_size=6),
    st.lists(st.floats(0, 1e6), min_size=6, max_size=6),
    st.floats(-1, 20),
    st.floats(-1, 20),
)
def test_fractions_add(widths, contents, one, two):
    """Property. Finds fractions that are negative or do not add, and bins that lose their content."""
    counts = contents[: len(widths)]
    counts[0] += 1
    edges = np.append(0.0, np.cumsum(widths))
    spectrum = Tabulated.histogram(edges, counts)
    found = [spectrum.fraction(a, b) for a, b in pairwise(edges)]
    np.testing.assert_allclose(found, np.array(counts) / sum(counts), atol=1e-12)
    low, high = sorted((one, two))
    parts = [spectrum.fraction(*ends) for ends in ((-2, low), (low, high), (high, 40))]
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Line(energy=0.0), "energy of a line must be finite and above 0 MeV, got 0.0 MeV"),
        (lambda: Uniform(low=1.0, high=math.inf), "needs low < high, got 1.0 and inf MeV"),
        (lambda: PowerLaw(index=1.0, low=0.0, high=1.0), "must be above 0 MeV, got 0.0 MeV"),
        (lambda: PowerLaw(index=math.nan, low=0.1, high=1.0), "index of a power law must lie in -50 to 50"),
        (lambda: Tabulated(energies=(0.0,), densities=(1.0,)), "at least two points"),
        (lambda: Tabulated(energies=(0.0, 1.0), densities=(1.0, -1.0)), "must be ≥ 0, got -1.0"),
        (lambda: Tabulated(energies=(0.0, 1.0), densities=(1.0, math.nan)), "must be finite, got nan"),
        (lambda: Tabulated(energies=(1.0, 0.0), densities=(1.0, 1.0)), "got 0.0 MeV after 1.0 MeV"),
        (lambda: Tabulated(energies=(0.0, 1.0), densities=(0.0, 0.0)), "above 0 somewhere"),
        (lambda: Tabulated.histogram([0, 1], [1, 2]), "one edge more than contents, got 2 and 2"),
        (lambda: Tabulated.histogram([0, 1, 1], [1, 2]), "must ascend, got 1.0 MeV after 1.0 MeV"),
        (lambda: Tabulated.histogram([0, 1], [-1]), "contents of a histogram must be finite and ≥ 0, got -1"),
    ],
)
def test_errors(call, words):
    """Contract. Finds an impossible spectrum that passes, or an error without value and unit."""
    with pytest.raises(ValueError, match=words):
        call()
