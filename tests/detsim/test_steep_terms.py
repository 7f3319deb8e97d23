"""Terms that are steep towards T → 0, down to masses of neV: integrals and samples against other ones.

The independent values come from the formulas, integrated adaptively in the logarithm of the recoil energy.
"""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.special import ndtr
from support import experiments
from support.examples import every

from detsim.expectation.folding import fold
from detsim.expectation.prediction import predict, recorded_total
from detsim.simulation.monte_carlo import event_plan, generate
from detsim.simulation.recoil_cutoff import lost_fraction
from simgen.constants import ALPHA, G_F, HBARC2, M_E, MAGNETIC_SCALE, SIGMA0
from simgen.interaction.crosssection import dsigma_dT, sigma
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import SM
from simgen.rates.rate import mean_sigma
from simgen.sources.isotopes import pm147

BOREXINO = experiments.borexino()
OPEN = replace(BOREXINO, detector=replace(BOREXINO.detector, threshold=-math.inf))
MASSES = (1e-3, 1e-5, 3e-6, 1e-7, 1e-9)
"""[MeV]: from 1 keV to 1 meV."""


def strong(mass):
    """Compute a vector coupling whose ∫dT, a² M²/(2m_e), is that of weak scattering over 0.55 MeV."""
    return 2 * math.sqrt(2) * G_F * mass * math.sqrt(0.55 * 2 * M_E)


def formula(T, omega, terms):
    """Evaluate dσ/dT at tree level with a vector or scalar mediator or a millicharge [cm²/MeV]."""
    shift = terms.get("vector_coupling", 0.0) / (2 * math.sqrt(2) * G_F)
    shift /= 2 * M_E * T + terms.get("vector_mass", 1.0) ** 2
    shift -= math.sqrt(2) * math.pi * ALPHA * terms.get("millicharge", 0.0) / (2 * G_F * M_E * T)
    a, b = 0.5 + 0.2312 + shift, 0.2312 + shift
    weak = SIGMA0 * (a * a + b * b * (1 - T / omega) ** 2 - a * b * M_E * T / omega**2)
    scalar = terms.get("scalar_coupling", 0.0) ** 2 * HBARC2 * M_E**2 * T * (1 + T / (2 * M_E))
    scalar /= 4 * math.pi * omega**2 * (2 * M_E * T + terms.get("scalar_mass", 1.0) ** 2) ** 2
    moment = MAGNETIC_SCALE * terms.get("mu_nu", 0.0) ** 2 * (1 / T - 1 / omega)
    return weak + scalar + moment


def integral(function, low, end, scale):
    """Integrate over T = scale (e^y - 1), or T = e^y from a low end above 0."""
    if low > 0:
        start, stop, T_of, slope = math.log(low), math.log(end), math.exp, math.exp
    else:
        start, stop = 0.0, math.log1p(end / scale)
        T_of, slope = (lambda y: scale * math.expm1(y)), (lambda y: scale * math.exp(y))
    panels = np.linspace(start, stop, 2 + math.ceil(stop - start))
    parts = [
        quad(lambda y: function(T_of(y)) * slope(y), a, b, epsrel=1e-10, limit=200)[0]
        for a, b in pairwise(panels)
    ]
    return math.fsum(parts)


def integral_of_array(function, end, scale):
    """Integrate over T = scale (e^y - 1) from 0 by Gauss's rule, in panels that shrink towards the end."""
    stop = math.log1p(end / scale)
    width = min(1.0, stop / 2)
    panels = np.append(
        np.linspace(0.0, stop - width, 2 + math.ceil(stop)), stop - width / 4 ** np.arange(1, 18)
    )
    nodes, weights = np.polynomial.legendre.leggauss(16)
    halves = np.diff(panels)[:, None] / 2
    y = panels[:-1, None] + halves * (1 + nodes)
    return float(np.sum(halves * weights * function(scale * np.expm1(y)) * scale * np.exp(y)))


def mediators():
    for mass in MASSES:
        yield pytest.param({"vector_coupling": strong(mass), "vector_mass": mass}, mass, id=f"vector {mass}")
        yield pytest.param({"scalar_coupling": 1e-10, "scalar_mass": mass}, mass, id=f"scalar {mass}")


@pytest.mark.parametrize(("terms", "mass"), every(3, [*mediators()], unpack=True))
def test_mediators_without_threshold(terms, mass):
    """Twin. Finds panels of σ, folds or totals that do not resolve 1/(2m_e T + M²)²: 1e-8."""
    model, spectrum = SM(**terms), OPEN.source.components[0].spectrum
    scale = mass**2 / (2 * M_E)
    twin = [
        integral(lambda T, w=w: formula(T, w, terms), 0.0, float(T_max(w)), scale) for w in spectrum.energies
    ]
    np.testing.assert_allclose(sigma(np.array(spectrum.energies), model), twin, rtol=1e-8)
    total = OPEN.luminosity * float(np.dot(twin, spectrum.intensities))
    assert event_plan(OPEN, model).expected == pytest.approx(total, rel=1e-8)
    assert recorded_total(OPEN, model) == pytest.approx(total, rel=1e-7)
    assert fold(OPEN, model).signal(model).sum() == pytest.approx(total, rel=1e-8)


def test_the_case_of_a_keV():
    """Golden. BOREXINO's paper card, g = 1e-12, M = 1 keV, no threshold: 5.357e9 recorded events."""
    model = SM(vector_coupling=1e-12, vector_mass=1e-3)
    assert predict(OPEN, model).with_flow.sum() == pytest.approx(5.357e9, rel=1e-4)


@pytest.mark.parametrize("mass", MASSES)
def test_bins_of_a_light_vector(mass):
    """Twin. Finds bins and flow that lose what lies below the finest panel, smearing included: 1e-7."""
    terms = {"vector_coupling": strong(mass), "vector_mass": mass}
    line, width = 0.746, 0.03
    detector = replace(
        OPEN.detector,
        edges=(0.0, 1e-6, 0.02, 0.3),
        resolution=replace(OPEN.detector.resolution, constant=width),
    )
    experiment = replace(OPEN, detector=detector)
    spectrum = replace(OPEN.source.components[0].spectrum, energies=(line,), intensities=(1.0,))
    component = replace(OPEN.source.components[0], spectrum=spectrum)
    experiment = replace(experiment, source=replace(OPEN.source, components=(component,)))
    stochastic = detector.resolution.stochastic

    def share(T, low, high):
        sigma_T = math.sqrt(width**2 + stochastic**2 * T)
        return ndtr((high - T) / sigma_T) - ndtr((low - T) / sigma_T)

    limits = [-math.inf, *detector.edges, math.inf]
    twin = [
        integral(
            lambda T, low=low, high=high: formula(T, line, terms) * share(T, low, high),
            0.0, float(T_max(line)), mass**2 / (2 * M_E),
        )
        for low, high in pairwise(limits)
    ]  # fmt: skip
    found = fold(experiment, SM(**terms)).signal(SM(**terms)) / experiment.luminosity
    np.testing.assert_allclose(found, twin, rtol=1e-7)


@pytest.mark.parametrize("T_low", every(3, [1e-5, 1e-9, 1e-13, 1e-18]))
@pytest.mark.parametrize(
    "terms",
    [{"mu_nu": 1e-11}, {"millicharge": 1e-14}, {"vector_coupling": 1e-13, "vector_mass": 1e-6}],
    ids=["moment", "millicharge", "vector"],
)
def test_poles_above_a_low_cut(terms, T_low):
    """Twin. Finds 1/T or 1/T² that is not resolved down to a tiny generate_above: 1e-7."""
    experiment, model = replace(OPEN, generate_above=T_low), SM(**terms)
    spectrum = OPEN.source.components[0].spectrum
    twin = [
        integral(lambda T, w=w: formula(T, w, terms), T_low, float(T_max(w)), 0.0) for w in spectrum.energies
    ]
    total = OPEN.luminosity * float(np.dot(twin, spectrum.intensities))
    assert event_plan(experiment, model).expected == pytest.approx(total, rel=1e-8)
    assert recorded_total(experiment, model) == pytest.approx(total, rel=1e-7)
    assert fold(experiment, model).signal(model).sum() == pytest.approx(total, rel=1e-7)


@pytest.mark.parametrize("corrections", every(4, ["electroweak", "full"]))
@pytest.mark.parametrize("mass", [1e-5, 1e-9])
def test_continuum_with_corrections(corrections, mass):
    """Twin. Finds a rounding in κ or the QED factors at tiny recoils, or a continuum that is not resolved."""
    model = SM(vector_coupling=strong(mass), vector_mass=mass, corrections=corrections)
    experiment = replace(experiments.lama(), generate_above=0.0)
    experiment = replace(experiment, detector=replace(experiment.detector, threshold=-math.inf))
    component = pm147("paper").components[0]
    nodes, weights = np.polynomial.legendre.leggauss(60)
    end = component.spectrum.endpoint
    angle = math.pi / 4 * (nodes + 1)
    energies, measure = end * np.sin(angle) ** 2, weights * math.pi / 4 * np.sin(2 * angle) * end
    values = [
        integral_of_array(
            lambda T, w=w: dsigma_dT(T, w, model, flavour="anti_nu_e"), float(T_max(w)), mass**2 / (2 * M_E)
        )
        for w in energies
    ]
    twin = float(np.sum(measure * component.spectrum.density(energies) * values))
    assert mean_sigma(component, model) == pytest.approx(twin, rel=1e-6)
    total = experiment.luminosity * twin
    assert fold(experiment, model).signal(model).sum() == pytest.approx(total, rel=1e-6)
    assert recorded_total(experiment, model) == pytest.approx(total, rel=1e-6)


@pytest.mark.parametrize(
    ("terms", "T_low", "corrections"),
    [
        ({"vector_coupling": 1e-12, "vector_mass": 1e-3}, 0.0, "tree"),
        ({"vector_coupling": strong(1e-6), "vector_mass": 1e-6}, 0.0, "full"),
        ({"vector_coupling": -strong(1e-9), "vector_mass": 1e-9}, 0.0, "tree"),
        ({"scalar_coupling": 1e-10, "scalar_mass": 1e-6}, 0.0, "tree"),
        ({"millicharge": 1e-14}, 1e-12, "tree"),
        ({"mu_nu": 1e-10}, 1e-15, "tree"),
    ],
)
def test_samples_follow_the_density(terms, T_low, corrections):
    """Twin. Finds an envelope below the density: Kolmogorov-Smirnov of ln T of a line at 1e-3, 2e5 events."""
    experiment = replace(OPEN, generate_above=T_low)
    spectrum = replace(OPEN.source.components[0].spectrum, energies=(0.746,), intensities=(1.0,))
    component = replace(OPEN.source.components[0], spectrum=spectrum)
    experiment = replace(experiment, source=replace(OPEN.source, components=(component,)))
    model = SM(**terms, corrections=corrections)
    events = generate(experiment, model, seed=3, n=200_000)
    end = float(T_max(0.746))
    scale = T_low or terms.get("vector_mass", terms.get("scalar_mass", 0.0)) ** 2 / (2 * M_E)
    lowest = T_low or 1e-6 * scale
    edges = np.geomspace(lowest, end, 4001)
    x, w = np.polynomial.legendre.leggauss(5)
    half, middle = np.diff(np.log(edges)) / 2, np.log(edges[1:] * edges[:-1]) / 2
    T = np.exp(middle[:, None] + half[:, None] * x)
    below = np.cumsum((dsigma_dT(np.minimum(T, end * (1 - 1e-12)), 0.746, model) * T) @ w * half)
    counts = np.searchsorted(np.sort(events.T), edges[1:], side="right") / len(events.T)
    assert stats.kstwo.sf(np.max(np.abs(counts - below / below[-1])), len(events.T)) > 1e-3
    assert events.T.min() >= T_low


@pytest.mark.parametrize("mass", [1e-3, 1e-6, 1e-9])
def test_what_a_cut_leaves_out(mass):
    """Closed form. Finds a light mediator taken for a divergence: and recoils below some 10⁻¹⁵ of T_max."""
    coupling, scale = strong(mass), mass**2 / (2 * M_E)
    model = SM(vector_coupling=coupling, vector_mass=mass)
    cut = 3 * scale
    found = lost_fraction(replace(OPEN, generate_above=cut), model)
    terms, spectrum = {"vector_coupling": coupling, "vector_mass": mass}, OPEN.source.components[0].spectrum

    def rate(limit):
        return math.fsum(
            share * integral(lambda T, w=w: formula(T, w, terms), 0.0, min(limit, float(T_max(w))), scale)
            for w, share in zip(spectrum.energies, spectrum.intensities, strict=True)
        )

    assert found == pytest.approx(rate(cut) / rate(1.0), rel=1e-6)
