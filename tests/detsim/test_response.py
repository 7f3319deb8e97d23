"""Smearing, quenching, efficiencies, energy scale: closed forms, limits, twins and errors."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats
from scipy.integrate import quad
from support.examples import every, few
from support.experiments import DAY, borexino
from support.twins import chi2_pvalue

from detsim.backgrounds import Background
from detsim.detector.detector import EfficiencyCurve, Resolution, Target
from detsim.detector.materials import charge_to_mass
from detsim.detector.quenching import Birks, QuenchingTable, stopping_power
from detsim.detector.resolution import Curve, PhotoElectrons, TabulatedResolution
from detsim.expectation.folding import fold
from detsim.expectation.prediction import predict
from detsim.expectation.response import bin_probabilities, recorded_probability
from detsim.simulation.monte_carlo import simulate, simulate_counts
from simgen._kernels.poisson import poisson
from simgen.deposits import Line, PowerLaw, Tabulated, Uniform
from simgen.interaction.models import E6, SM
from simgen.random import Stage, kernel_key

ALPHA = 1e-3


DETERMINISTIC = settings(derandomize=True, deadline=None, max_examples=20)


RISING = Curve(energies=(0.0, 0.3, 0.9), values=(0.1, 0.6, 0.95))


FALLING = Curve(energies=(0.2, 0.31, 0.47, 0.7), values=(0.9, 1.0, 0.0, 0.4))


SIGMA = Curve(energies=(0.0, 0.2, 2.0), values=(0.005, 0.03, 0.1))


RATIO = Curve(energies=(0.0, 0.1, 2.0), values=(0.7, 0.9, 1.05))


BIRKS = Birks(kB=0.01, mean_excitation=64.7e-6)


RESPONSES = {
    "gaussian": {},
    "perfect": {"resolution": Resolution()},
    "photo-electrons": {"resolution": PhotoElectrons(light_yield=473.0)},
    "few photo-electrons": {"resolution": PhotoElectrons(light_yield=20.0), "threshold": -math.inf},
    "photo-electrons on edges": {"resolution": PhotoElectrons(light_yield=100.0), "energy_scale": 1.05},
    "table": {"resolution": TabulatedResolution(curve=SIGMA)},
    "birks": {"quenching": BIRKS},
    "birks perfect": {"quenching": BIRKS, "resolution": Resolution()},
    "ratio": {"quenching": QuenchingTable(curve=RATIO), "resolution": TabulatedResolution(curve=SIGMA)},
    "ratio perfect": {"quenching": QuenchingTable(curve=RATIO), "resolution": Resolution()},
    "true": {"efficiency": EfficiencyCurve(curve=Curve(energies=(0.0, 0.3, 2.0), values=(0.1, 0.6, 0.95)),
                                           energy="true")},
    "measured": {"efficiency": EfficiencyCurve(curve=FALLING, energy="measured")},
    "measured perfect": {"efficiency": EfficiencyCurve(curve=FALLING, energy="measured"),
                         "resolution": Resolution()},
    "scale": {"energy_scale": 0.93, "fiducial": 0.6, "efficiency": 0.8},
    "all": {"resolution": PhotoElectrons(light_yield=350.0), "quenching": BIRKS, "energy_scale": 1.04,
            "fiducial": 0.7, "efficiency": EfficiencyCurve(curve=FALLING, energy="measured")},
}  # fmt: skip


RATE = 3000 / DAY


BACKGROUNDS = {
    "line": (Background(name="line", spectrum=Line(energy=0.3), rate=RATE, smeared=True, half_life=3 * DAY),),
    "histogram": (
        Background(
            name="b", spectrum=Tabulated.histogram([-0.1, 0.26, 0.3, 0.8], [3, 1, 5]), rate=RATE,
            smeared=False,
        ),
    ),
    "several": (
        Background(name="power", spectrum=PowerLaw(index=2.3, low=0.1, high=1.9), rate=RATE, smeared=False),
        Background(name="smeared", spectrum=PowerLaw(index=1.0, low=0.05, high=1.5), rate=RATE, smeared=True),
        Background(
            name="steps", spectrum=Tabulated.histogram([0.0, 0.26, 0.4], [1, 5]), rate=RATE, smeared=True
        ),
        Background(
            name="points", spectrum=Tabulated(energies=(0.1, 0.4, 0.9), densities=(0, 2, 1)), rate=RATE,
            smeared=True,
        ),
        Background(name="flat", spectrum=Uniform(low=0.2, high=0.5), rate=RATE, smeared=True),
    ),
}  # fmt: skip


def case(response="gaussian", background=None):
    experiment = borexino()
    target = Target(material="C9H12", electrons=5e31)
    detector = replace(experiment.detector, target=target, **RESPONSES[response])
    return replace(experiment, detector=detector, backgrounds=BACKGROUNDS.get(background, ()))


@pytest.mark.parametrize("response", every(3, list(RESPONSES)))
def test_counts_follow_the_prediction(response):
    """Twin. Finds a bin share off by 2 %, or a background measured otherwise than recoils (χ², 4e5)."""
    assert chi2_pvalue(case(response, "several"), SM(), 400_000, seed=11) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("background", [None, *BACKGROUNDS])
@pytest.mark.parametrize("response", list(RESPONSES))
def test_many_counts_follow_the_prediction(response, background):
    """Twin. Finds a bin share off by 0.1 % (χ², 1e7 events)."""
    assert chi2_pvalue(case(response, background), SM(), 10_000_000, seed=12) > ALPHA


@pytest.mark.parametrize("response", few(RESPONSES, *list(RESPONSES)[::7], "all"))
def test_columns_sum_to_the_unbinned_total(response):
    """Twin. Finds panels that miss a structure of the response: adaptive quadrature, 1e-6."""
    for background in (None, *BACKGROUNDS):
        expectation = predict(case(response, background), E6(beta="chi", gamma=0.1))
        assert expectation.with_flow.sum() == pytest.approx(expectation.unbinned_total, rel=1e-6)
        assert np.all(expectation.with_flow >= 0)


def test_stream_and_histogram_agree():
    """Contract. Finds a background that the two simulations measure differently; ids follow the source's."""
    experiment = case("all", "several")
    events = simulate(experiment, SM(), seed=5, n=50_000)
    counts = simulate_counts(experiment, SM(), seed=5, n=50_000)
    binned = np.bincount(
        np.searchsorted(experiment.detector.edges, events.T_reco, side="right"), minlength=len(counts)
    )
    assert np.array_equal(binned, counts)
    first = len(experiment.source.components)
    assert set(events.component.tolist()) == set(range(first + len(experiment.backgrounds)))
    folded = fold(experiment, SM()).backgrounds.sum(axis=1)
    shares = folded / predict(experiment, SM()).with_flow.sum()
    found = np.array([np.sum(events.component == first + i) for i in range(len(folded))])
    np.testing.assert_allclose(found, len(events) * shares, atol=5 * np.sqrt(found.max()))


@pytest.mark.parametrize("mean", [0.0, 0.3, 5.0, 9.999, 10.0, 23.4, 400.0, 1e5])
def test_poisson_numbers(mean):
    """Twin. Finds a wrong constant of the rejection, a seam at 10, or draws used twice (χ², 2e5 numbers)."""
    k0, k1 = kernel_key(3, Stage.DETECTOR).astype(np.uint64)
    n = np.array([poisson(mean, i, 0, k0, k1) for i in range(200_000)])
    if mean == 0:
        assert np.all(n == 0)
        return
    edges = np.unique(stats.poisson.ppf(np.linspace(0.0, 1, 41)[1:-1], mean))
    observed = np.bincount(np.searchsorted(edges, n), minlength=len(edges) + 1)
    p = np.diff(np.concatenate([[0], stats.poisson.cdf(edges, mean), [1]]))
    keep = p > 1e-4
    assert stats.chisquare(observed[keep], p[keep] / p[keep].sum() * observed[keep].sum()).pvalue > ALPHA


@pytest.mark.parametrize("response", list(RESPONSES))
def test_bins_by_hand(response):
    """Twin. Finds a wrong closed form of efficiency times smearing: sums over N, or scipy over T_reco."""
    detector = case(response).detector
    curve, scale, smearing = detector.measured_efficiency, detector.energy_scale, detector.resolution
    limits = np.maximum([detector.threshold, *detector.edges, np.inf], detector.threshold)
    for T in (0.07, 0.281, 0.52):
        E = float(detector.visible_energy(T))
        found = bin_probabilities(detector, np.array([T]))[0]
        assert found.sum() == pytest.approx(recorded_probability(detector, np.array([T]))[0], rel=1e-12)
        if isinstance(smearing, PhotoElectrons):
            n = np.arange(2000)
            x, p = scale * (n / smearing.light_yield), stats.poisson.pmf(n, smearing.light_yield * E)
            p = p * (1 if curve is None else curve(x))
            expected = [p[(low <= x) & (x < high)].sum() for low, high in pairwise(limits)]
        elif smearing.perfect:
            x = scale * E
            one = 1.0 if curve is None else float(curve(x))
            expected = [one * (low <= x < high) for low, high in pairwise(limits)]
        else:
            mean, sigma = scale * E, scale * float(smearing.sigma(E))

            def density(x, mean=mean, sigma=sigma):
                return stats.norm.pdf(x, mean, sigma) * (1 if curve is None else float(curve(x)))

            stops = sorted({mean, *(() if curve is None else curve.energies)})
            expected = []
            for low, high in pairwise(limits):
                ends = np.clip([low, high], mean - 12 * sigma, mean + 12 * sigma)
                inside = [s for s in stops if ends[0] < s < ends[1]]
                expected.append(
                    quad(density, *ends, points=inside or None, epsabs=1e-11)[0] if ends[0] < ends[1] else 0.0
                )
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-10)


def test_many_photo_electrons_are_gaussian():
    """Closed form. Finds a wrong variance: E/yield, the Gaussian of b = yield^-½."""
    counted = replace(borexino().detector, resolution=PhotoElectrons(light_yield=1e7))
    smooth = replace(borexino().detector, resolution=Resolution(stochastic=1e-3**0.5 * 1e-2))
    T = np.array([0.2999, 0.35, 0.3501])
    np.testing.assert_allclose(bin_probabilities(counted, T), bin_probabilities(smooth, T), atol=2e-3)


def test_trivial_response_changes_nothing():
    """Closed form. kB → 0, a perfect table, scale 1, σ tabulated as constant: the plain counts."""
    plain = fold(case(), SM()).signal(SM())
    one = Curve(energies=(0.0, 1.0), values=(1.0, 1.0))
    for changes in (
        {"quenching": Birks(kB=0.0, mean_excitation=64.7e-6)},
        {"quenching": Birks(kB=1e-12, mean_excitation=64.7e-6)},
        {"quenching": QuenchingTable(curve=one)},
        {"efficiency": EfficiencyCurve(curve=one, energy="true")},
        {"efficiency": EfficiencyCurve(curve=one, energy="measured")},
        {"energy_scale": 1.0, "fiducial": 1.0},
    ):
        experiment = case()
        experiment = replace(experiment, detector=replace(experiment.detector, **changes))
        np.testing.assert_allclose(fold(experiment, SM()).signal(SM()), plain, rtol=1e-7)
    flat = Curve(energies=(0.0, 1.0), values=(0.02, 0.02))
    tabulated, constant = (
        fold(replace(case(), detector=replace(case().detector, resolution=r)), SM()).signal(SM())
        for r in (TabulatedResolution(curve=flat), Resolution(constant=0.02))
    )
    np.testing.assert_allclose(tabulated, constant, rtol=1e-9)


def test_energy_scale_moves_the_edges():
    """Closed form. Finds the scale on the wrong side of the smearing: edges over s are the same."""
    scaled = replace(case(), detector=replace(case().detector, energy_scale=1.07))
    d = case().detector
    moved = replace(d, edges=tuple(e / 1.07 for e in d.edges), threshold=d.threshold / 1.07)
    np.testing.assert_allclose(
        fold(scaled, SM()).signal(SM()), fold(replace(case(), detector=moved), SM()).signal(SM()), rtol=1e-8
    )


@DETERMINISTIC
@given(st.floats(0.01, 1), st.floats(0.01, 1), st.sampled_from(["true", "measured"]))
def test_efficiencies_are_linear(a, b, energy):
    """Property. Finds an efficiency that is not linear: curves add, and a fiducial fraction multiplies."""
    x = (0.0, 0.33, 0.9)

    def counts(values, fiducial=1.0):
        curve = EfficiencyCurve(curve=Curve(energies=x, values=values), energy=energy)
        detector = replace(case().detector, efficiency=curve, fiducial=fiducial)
        return fold(replace(case(), detector=detector), SM()).signal(SM())

    one, two = counts((a / 2, 0.0, b / 2)), counts((0.0, a / 2, a / 2))
    both = counts((a / 2, a / 2, (a + b) / 2))
    np.testing.assert_allclose(one + two, both, rtol=1e-9)
    np.testing.assert_allclose(counts((a, b, a), fiducial=b), b * counts((a, b, a)), rtol=1e-12)
    assert np.all(both >= 0)


@pytest.mark.parametrize("material", ["C9H12", "NaI"])
def test_birks_integral(material):
    """Twin. Finds a slip in the table of the visible energy: adaptive quadrature of Birks' law, 1e-6."""
    law = Birks(kB=0.02, mean_excitation=4.52e-4 if material == "NaI" else 64.7e-6)
    visible = law.visible(material)
    arguments = {"charge_to_mass": charge_to_mass(material), "mean_excitation": law.mean_excitation}

    def slope(E):
        return 1 / (1 + 0.02 * float(stopping_power(max(E, 5e-5), **arguments)))

    for T in (1e-5, 3e-3, 0.0777, 0.5, 2.0):
        expected = quad(slope, 0, T, points=[5e-5, 1e-3] if T > 1e-3 else None, epsrel=1e-10, limit=200)[0]
        assert visible(T) == pytest.approx(expected, rel=1e-6)
    T = np.geomspace(1e-5, 15, 300)
    assert np.all(np.diff(visible(T)) > 0)
    falling = (T > 5e-3) & (T < 1)  # dE/dx
    assert np.all(np.diff(visible(T[falling]) / T[falling]) > 0)
    np.testing.assert_allclose(visible.inverse(visible(T)), T, rtol=1e-12)


def test_quenching_table_is_a_ratio():
    """Closed form. Finds a table that is interpolated in the visible energy instead of in the ratio."""
    visible = QuenchingTable(curve=RATIO).visible(None)
    T = np.linspace(0, 2, 41)
    np.testing.assert_allclose(visible(T), T * RATIO(T), atol=1e-15)


def curve(*values, energies=(0.0, 1.0)):
    return Curve(energies=energies, values=values)
