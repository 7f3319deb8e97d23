"""Spectra of isotopes and of tables: shapes, means, sampled energies."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from support import reference
from support.examples import every

from simgen.flavours import Flavour
from simgen.generator.channels import make_plan
from simgen.generator.true_events import generate
from simgen.interaction.crosssection import sigma
from simgen.interaction.models import SM
from simgen.rates.rate import mean_sigma
from simgen.sources.beta_decay import unique_forbidden_factor
from simgen.sources.isotopes import SOURCES, Component, Source, be7, cr51, source
from simgen.sources.spectra import BetaSpectrum, FunctionSpectrum, HistogramSpectrum, Lines, TableSpectrum

ALPHA = 1e-3
TABLE = TableSpectrum(energies=(0.3, 0.5, 0.52, 0.9, 2.0), densities=(1.0, 0.0, 1.0, 0.2, 0.0))
BINS = HistogramSpectrum(edges=(0.1, 0.5, 0.52, 0.9, 2.0), contents=(0.1, 0.2, 0.0, 0.3))

ONE_LINE = Lines(energies=(0.6,), intensities=(1.0,))


def jumping(E):
    """Fall as a power, jump at 0.9 MeV, end in a square root."""
    return np.where(E < 0.9, E**-1.5, 2 * np.sqrt(2.0 - E))


FUNCTION = FunctionSpectrum(function=jumping, low=0.2, high=2.0, bends=(0.9,))


def mean_beta(spectrum):
    """Mean kinetic energy of the beta particle [MeV]."""
    q = spectrum.endpoint
    moment = quad(lambda x: 2 * x * q * (q * x * x) * float(spectrum.density(q * (1 - x * x))), 0, 1)[0]
    return moment / spectrum.intensity


def test_forbidden_factor():
    """Closed form. Finds p for W, or energies in MeV: at T = q = m_e it is 3 + 1; λ₂ → 1 for αZ → 0."""
    m = reference.M_E
    assert unique_forbidden_factor(m, endpoint=2 * m) == pytest.approx(4.0, rel=1e-12)
    E_nu = np.array([0.1, 0.9])
    charged = unique_forbidden_factor(E_nu, endpoint=1.0, Z=1, A=3)
    np.testing.assert_allclose(charged, unique_forbidden_factor(E_nu, endpoint=1.0), rtol=0.01)


@pytest.mark.parametrize("number", [0, 1])
def test_forbidden_shape(number):
    """Twin. Finds a normalisation or a factor of the forbidden shape, against mpmath and quad."""
    spectrum = replace(source("Sr90").components[number].spectrum, shape="first-unique")
    q, Z = spectrum.endpoint, spectrum.Z

    def shape(T):
        p2 = T * (T + 2 * reference.M_E)
        beta = float(reference.beta_spectrum_mp(T, q, Z, 90, coulomb=True))
        return beta * (p2 + (q - T) ** 2)

    norm = quad(lambda x: 2 * x * q * shape(q * x * x), 0, 1, epsrel=1e-9)[0]
    T = q * np.array([0.05, 0.3, 0.6, 0.95])
    np.testing.assert_allclose(spectrum.density(q - T), [shape(t) / norm for t in T], rtol=1e-7)


def test_measured_shape_of_praseodymium():
    """Twin. Finds C(W) on another branch, in other units of W, in the neutrino's energy, or another norm.

    C(W) = 1 - 0.0279 W - 0.076/W of arXiv:2506.03716 on the spectrum of the independent evaluation.
    """
    measured = {c.name: c.spectrum for c in source("Ce144").components}
    allowed = {c.name: c.spectrum for c in source("Ce144", pr144_shape="allowed").components}
    assert {n for n in measured if measured[n] != allowed[n]} == {"Pr144-2998"}
    q = 2.9975

    def shape(T):
        W = 1 + T / reference.M_E
        return float(reference.beta_spectrum_mp(T, q, 60, 144, coulomb=True)) * (1 - 0.0279 * W - 0.076 / W)

    norm = quad(lambda x: 2 * x * q * shape(q * x * x), 0, 1, epsrel=1e-9)[0]
    T = q * np.array([0.02, 0.3, 0.6, 0.95])
    found = measured["Pr144-2998"]
    np.testing.assert_allclose(found.density(q - T), [0.979 * shape(t) / norm for t in T], rtol=1e-7)
    assert mean_beta(found) < mean_beta(allowed["Pr144-2998"])


def test_a_shape_factor_is_above_zero():
    """Contract. Finds a shape factor that makes a spectrum negative."""
    with pytest.raises(ValueError, match=r"factor: C\(W\) = 1 \+ a W \+ b/W must be above 0"):
        BetaSpectrum(endpoint=2.0, Z=60, A=144, factor=(-0.3, 0.0))


def test_positrons_are_repelled():
    """Closed form. Finds the sign of Z: at low energy F(+Z)/F(-Z) is near e^(2πy), and the mean is higher."""
    common = {"endpoint": 0.3301, "Z": 29, "A": 65}
    plus, minus = BetaSpectrum(**common, positron=True), BetaSpectrum(**common)
    free = BetaSpectrum(**common, coulomb=False)
    assert mean_beta(minus) < mean_beta(free) < mean_beta(plus)
    assert plus.density(0.3301) == 0
    assert np.all(np.isfinite(plus.density(np.linspace(0, 0.3301, 1001))))


@pytest.mark.parametrize(
    ("isotope", "intensity"),
    [("Ar37", 1.0), ("Zn65", 0.999971), ("H3", 1.0), ("Sr90", 2.0), ("Ce144", 1.9999), ("Be7", 1.0)],
)
def test_neutrinos_per_decay(isotope, intensity):
    """Golden. Finds a branch that is lost or counted twice."""
    made = source(isotope)
    assert made.intensity == pytest.approx(intensity, abs=1e-6)
    for component in made.components:
        spectrum = component.spectrum
        if not isinstance(spectrum, Lines):
            area = quad(lambda E, s=spectrum: float(s.density(E)), 0, spectrum.endpoint, limit=200)[0]
            assert area == pytest.approx(spectrum.intensity, rel=1e-6)


def test_zinc_is_that_of_kdk():
    """Golden. Finds intensities beside 48.50(6) and 50.08(6) % of arXiv:2308.03965."""
    ground_K, ground_L, excited_K, excited_L = source("Zn65").components[0].spectrum.intensities
    assert ground_K + ground_L == pytest.approx(0.4850, abs=0.0006)
    assert excited_K + excited_L == pytest.approx(0.5008, abs=0.0006)
    assert (ground_K + ground_L) / (excited_K + excited_L) == pytest.approx(0.9684, abs=1e-4)


def test_solar_mixture():
    """Closed form. Finds flavours that do not add up; p_ee = 1 leaves ν_e alone."""
    weights = {c.flavour: c.spectrum.intensity for c in be7(0.4).components}
    assert weights == pytest.approx({Flavour.NU_E: 0.4, Flavour.NU_MU: 0.3, Flavour.NU_TAU: 0.3})
    assert [c.flavour for c in be7(1.0).components] == [Flavour.NU_E]
    assert math.isinf(be7().half_life)


@pytest.mark.parametrize("spectrum", [TABLE, BINS], ids=["points", "bins"])
def test_tables(spectrum):
    """Closed form. Finds an intensity, a scaling or a density outside that is not that of the table."""
    knots = spectrum.knots
    pieces = itertools.pairwise(knots)
    area = sum(quad(lambda E: float(spectrum.density(E)), a, b, epsabs=1e-14)[0] for a, b in pieces)
    assert spectrum.intensity == pytest.approx(area, rel=1e-12)
    assert spectrum.scaled(0.7).intensity == pytest.approx(0.7, rel=1e-12)
    assert np.all(spectrum.density([knots[0] - 1e-9, knots[-1] + 1e-9]) == 0)


@pytest.mark.parametrize("spectrum", every(3, [TABLE, BINS, FUNCTION]), ids=["points", "bins", "function"])
@pytest.mark.parametrize("corrections", ["tree", "full"])
@pytest.mark.parametrize("T_low", [0.0, 0.2, 1.0])
def test_rate_of_ones_own(spectrum, corrections, T_low):
    """Twin. Finds quadrature across a kink or below the table's lower end, against adaptive quadrature."""
    model = SM(corrections=corrections)
    low = 0.5 * (T_low + math.sqrt(T_low * (T_low + 2 * reference.M_E)))
    stops = [low, *spectrum.knots[spectrum.knots > low]] if low > spectrum.knots[0] else spectrum.knots
    expected = sum(
        quad(
            lambda E: float(spectrum.density(E) * sigma(E, model, flavour=Flavour.NU_MU, T_low=T_low)),
            a, b, epsabs=0, epsrel=1e-9, limit=400,
        )[0]
        for a, b in itertools.pairwise(stops) if float(spectrum.density((a + b) / 2)) > 0
    )  # fmt: skip
    component = Component(name="table", flavour=Flavour.NU_MU, spectrum=spectrum)
    assert mean_sigma(component, model, T_low=T_low) == pytest.approx(expected, rel=1e-7, abs=0)


def sampled_energies(component, model, T_low, n, seed):
    alone = Source(name=component.name, components=(component,))
    return generate(make_plan(alone, model, luminosity=1e45, T_low=T_low), n, seed=seed).E_nu


def energy_p_value(component, model, E_nu, T_low):
    """Compare energies with f(ω)σ(ω) by KS; lines by χ², of which a single one has nothing to compare."""
    spectrum = component.spectrum
    if isinstance(spectrum, Lines):
        cross = sigma(np.array(spectrum.energies), model, flavour=component.flavour, T_low=T_low)
        weights = cross * spectrum.intensities
        counts = np.array([np.count_nonzero(E_nu == E) for E in spectrum.energies])
        some = weights > 0
        assert not counts[~some].any()
        if np.count_nonzero(some) == 1:
            return 1.0 if counts[some] == [len(E_nu)] else 0.0
        return stats.chisquare(counts[some], (weights / weights.sum() * len(E_nu))[some]).pvalue
    low = 0.5 * (T_low + math.sqrt(T_low * (T_low + 2 * reference.M_E)))
    stops = np.unique([max(low, spectrum.knots[0]), *spectrum.knots[spectrum.knots > low]])
    grid, cumulative = [stops[0]], [0.0]
    x, w = np.polynomial.legendre.leggauss(6)
    for a, b in itertools.pairwise(stops):
        edges = a + (b - a) * np.sin(np.linspace(0, np.pi / 2, 201)) ** 2
        nodes = (edges[:-1, None] + edges[1:, None]) / 2 + np.diff(edges)[:, None] / 2 * x
        f = spectrum.density(nodes) * sigma(nodes, model, flavour=component.flavour, T_low=T_low)
        grid += edges[1:].tolist()
        cumulative += (cumulative[-1] + np.cumsum(f @ w * np.diff(edges) / 2)).tolist()
    cdf = np.array(cumulative) / cumulative[-1]
    return stats.kstest(E_nu, lambda E: np.interp(E, grid, cdf)).pvalue


COMPONENTS = [
    pytest.param(c, id=c.name) for isotope in SOURCES for c in source(isotope).components
] + [
    pytest.param(Component(name="points", flavour=Flavour.NU_E, spectrum=TABLE), id="points"),
    pytest.param(Component(name="bins", flavour=Flavour.ANTI_NU_MU, spectrum=BINS), id="bins"),
    pytest.param(Component(name="function", flavour=Flavour.ANTI_NU_E, spectrum=FUNCTION), id="function"),
    pytest.param(Component(name="line", flavour=Flavour.NU_E, spectrum=ONE_LINE), id="line"),
]  # fmt: skip


@pytest.mark.parametrize("component", every(3, COMPONENTS))
def test_neutrino_energies(component):
    """Twin. Finds a spectrum distorted by 0.2 % of its integral at tree level (KS; 1e6 events, α = 1e-3)."""
    E_nu = sampled_energies(component, SM(), 0.0, 1_000_000, 32)
    assert energy_p_value(component, SM(), E_nu, 0.0) > ALPHA


EVERY_THIRD = [
    c if i % 3 == 0 else pytest.param(*c.values, id=c.id, marks=pytest.mark.long)
    for i, c in enumerate(COMPONENTS)
]


@pytest.mark.parametrize("component", every(7, EVERY_THIRD))
def test_neutrino_energies_with_corrections(component):
    """Twin. Finds a cell across a kink or a jump of a spectrum (KS; 3e5 events, α = 1e-3)."""
    model = SM(corrections="full")
    T_low = 0.2 if component.spectrum.endpoint > 1 else 0.0
    E_nu = sampled_energies(component, model, T_low, 300_000, 32)
    assert energy_p_value(component, model, E_nu, T_low) > ALPHA


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: TableSpectrum(energies=(1.0,), densities=(1.0,)),
            "must be at least two, got 1",
        ),
        (
            lambda: TableSpectrum(energies=(1.0, 2.0), densities=(1.0,)),
            "2 energies need as many densities",
        ),
        (lambda: TableSpectrum(energies=(1.0, 1.0), densities=(1.0, 1.0)), "must ascend, got 1 after 1 MeV"),
        (lambda: TableSpectrum(energies=(-1.0, 1.0), densities=(1.0, 1.0)), "from 0 to 100000 MeV, got -1"),
        (lambda: TableSpectrum(energies=(0.0, math.nan), densities=(1.0, 1.0)), "MeV, got nan"),
        (lambda: TableSpectrum(energies=(0.0, 1.0), densities=(1.0, -1.0)), "at least 0, got -1"),
        (lambda: TableSpectrum(energies=(0.0, 1.0), densities=(0.0, 0.0)), "a spectrum without neutrinos"),
        (lambda: HistogramSpectrum(edges=(0.0, 1.0), contents=(1.0, 2.0)), "2 edges need one content less"),
        (lambda: HistogramSpectrum(edges=(0.0, 1.0), contents=(math.inf,)), "finite and at least 0, got inf"),
        (lambda: TABLE.scaled(0.0), "intensity must be above 0 per decay, got 0"),
        (lambda: BetaSpectrum(endpoint=1.0, Z=1, A=3, shape="odd"), "shape must be one of allowed"),
        (lambda: be7(1.5), "p_ee is a probability from 0 to 1, got 1.5"),
        (lambda: source("Cr51", p_ee=0.5), "the isotope is Cr51"),
        (lambda: source("Ar37", "paper"), "the paper has no Ar37"),
    ],
)
def test_errors(make, words):
    """Contract. Finds a wrong table or mixture that passes."""
    with pytest.raises(ValueError, match=words):
        make()


def test_data_sets():
    """Contract. Finds a paper's data set that is lost, or modern data taken for it."""
    assert {name for name, sets in SOURCES.items() if "paper" in sets} == {"Cr51", "Pm147"}
    assert source("Cr51", "paper") == cr51("paper") != source("Cr51")
