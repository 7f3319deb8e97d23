"""Light mediators whose propagators fall at recoil energies far below any threshold."""

import math
from itertools import pairwise

import mpmath as mp
import numpy as np
import pytest
from scipy import stats

from simgen.components import Component, Source
from simgen.crosssection import sigma
from simgen.flavours import Flavour
from simgen.generator import generate
from simgen.models import SM
from simgen.plan import make_plan
from simgen.spectra import Lines
from simgen.steep import steep_edges, steep_nodes

M_E, G_F, HBARC2 = 0.51099895, 1.1663788e-11, 3.8937937e-22
OMEGA, S2 = 0.7, 0.2312
T_MAX = 2 * OMEGA**2 / (M_E + 2 * OMEGA)
MASSES = [1e-3, 1e-5, 1e-8]


def density(T, kind, mass, coupling=1e-12):
    """dσ/dT of ν_e with a light mediator, from the formulas of docs/physics.md, in units of σ0."""
    propagator = 1 / (2 * M_E * T + mass**2)
    shift = coupling / (2 * mp.sqrt(2) * G_F) * propagator if kind == "vector" else 0
    a, b = 0.5 + S2 + shift, S2 + shift
    weak = a**2 + b**2 * (1 - T / OMEGA) ** 2 - a * b * M_E * T / OMEGA**2
    sigma0 = 2 * G_F**2 * M_E / mp.pi
    scalar = coupling**2 * M_E**2 * T * (1 + T / (2 * M_E)) / (4 * mp.pi * OMEGA**2) * propagator**2
    return weak + (scalar / sigma0 if kind == "scalar" else 0)


def integral(kind, mass, low=0.0, high=T_MAX):
    """∫ dσ/dT dT [cm²], between powers of ten of the energy at which the propagator bends."""
    bend = mass**2 / (2 * M_E)
    stops = [low, *(s for s in bend * 10.0 ** np.arange(-2, 26) if low < s < high), high]
    total = mp.quad(lambda T: density(T, kind, mass), [mp.mpf(s) for s in stops])
    return float(total * 2 * mp.mpf(G_F) ** 2 * M_E / mp.pi * HBARC2)


def model(kind, mass):
    return SM(**{f"{kind}_coupling": 1e-12, f"{kind}_mass": mass})


@pytest.mark.parametrize("kind", ["vector", "scalar"])
@pytest.mark.parametrize("mass", MASSES)
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (1e-9, 1e-6), (0.1, 1.0)])
def test_cross_section(kind, mass, low, high):
    """mpmath. Finds a quadrature that does not reach down to M²/(2 m_e)."""
    expected = integral(kind, mass, low, min(high, T_MAX))
    found = sigma(OMEGA, model(kind, mass), T_low=low, T_high=high)
    assert float(found) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("kind", ["vector", "scalar"])
@pytest.mark.parametrize("mass", MASSES)
def test_recoils_are_drawn_as_computed(kind, mass):
    """Twin: equiprobable bins of 1e5 recoils against mpmath's integrals, α = 1e-3.

    Finds boxes that are wider than the energy at which the propagator bends.
    """
    lines = Lines(energies=(OMEGA,), intensities=(1.0,))
    source = Source(name="x", components=(Component(name="x", flavour=Flavour.NU_E, spectrum=lines),))
    n = 100_000
    events = generate(make_plan(source, model(kind, mass), luminosity=1e40), n, seed=3)
    bend = mass**2 / (2 * M_E)
    edges = np.array([0.0, *(bend * np.expm1(np.linspace(0, math.log1p(T_MAX / bend), 25))[1:-1]), T_MAX])
    shares = np.array([integral(kind, mass, a, b) for a, b in pairwise(edges)])
    expected, counts = n * shares / shares.sum(), np.histogram(events.T, edges)[0]
    enough = expected > 5
    observed = [*counts[enough], n - counts[enough].sum()]
    predicted = [*expected[enough], n - expected[enough].sum()]
    if predicted[-1] < 5:
        observed, predicted = (
            observed[:-1],
            np.array(predicted[:-1]) * sum(observed[:-1]) / sum(predicted[:-1]),
        )
    assert stats.chisquare(observed, predicted).pvalue > 1e-3


def test_nodes_of_a_steep_integrand():
    """Closed form: ∫ dT/(T + b)² over fifteen decades."""
    bend = 1e-15
    T, weights = steep_nodes(bend, steep_edges(bend, 0.0, 1.0))
    assert np.sum(weights / (T + bend) ** 2) == pytest.approx(1 / bend - 1 / (1 + bend), rel=1e-13)
