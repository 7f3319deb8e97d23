"""The quadrature of expected counts against other quadratures, and its properties."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import quad
from scipy.special import ndtr
from support import reference
from support.examples import every, few
from support.experiments import DAY, borexino, borexino_outside, hellaz, lama, mixed_source

from detsim.detector.detector import Detector, Resolution, Target
from detsim.expectation import folding
from detsim.expectation.folding import fold
from detsim.expectation.prediction import predict
from detsim.experiment import Experiment, FlatBackground
from simgen import quadrature
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, LR, SM
from simgen.rates.exposure import Exposure, Flux
from simgen.rates.rate import recoil_spectrum
from simgen.sources.isotopes import cr51

DETERMINISTIC = settings(derandomize=True, deadline=None, max_examples=25)
CASES = {
    "borexino": (borexino(), SM()),
    "borexino full": (borexino(), SM(corrections="full")),
    "hellaz": (hellaz(0.56), E6(beta="chi", gamma=0.1, phi=-0.03)),
    "lama": (lama(), SM()),
    "lama full": (lama("modern"), LR(gamma=0.1, corrections="full")),
    "lama shells": (lama("modern", "shells", generate_above=1e-5), SM(mu_nu=2.5e-12)),
    "mixed": (replace(hellaz(0.56), source=mixed_source()), SM()),
    "background": (borexino_outside(), SM(corrections="full")),
}


@pytest.mark.parametrize("name", every(2, ["borexino full", "hellaz", "lama shells", "background"]))
def test_columns_sum_to_the_unbinned_total(name):
    """Twin. Finds an event lost between bins, or panels that miss a structure (1e-7, adaptive)."""
    expectation = predict(*CASES[name])
    assert expectation.with_flow.sum() == pytest.approx(expectation.unbinned_total, rel=1e-7)
    np.testing.assert_allclose(expectation.counts, expectation.with_flow[1:-1])
    assert np.all(expectation.with_flow >= 0)


@pytest.mark.parametrize("name", few(CASES, *sorted(set(CASES) - {"hellaz", "mixed"})[::3]))
def test_panels_have_converged(name, monkeypatch):
    """Property. Finds too few nodes in a panel: twice as many change no bin by 1e-8 of the total."""
    experiment, model = CASES[name]
    coarse = fold(experiment, model).signal(model)
    monkeypatch.setattr(folding, "_N_NODES", 40)
    monkeypatch.setattr(quadrature, "_N_PANEL", 40)
    folding._fold_line_or_continuum.cache_clear()
    fine = fold(experiment, model).signal(model)
    folding._fold_line_or_continuum.cache_clear()
    np.testing.assert_allclose(coarse, fine, rtol=1e-8, atol=1e-8 * fine.sum())


@pytest.mark.parametrize("mu_nu", [0.0, 1e-10])
@pytest.mark.parametrize("antineutrino", [False, True])
def test_bins_by_hand(mu_nu, antineutrino):
    """Twin. Finds any slip in source, flux, time, electrons, response or bins: scipy over eq. (3)."""
    experiment = lama() if antineutrino else borexino()
    d = experiment.detector
    found = predict(experiment, SM(mu_nu=mu_nu)).counts
    a, b = reference.sm_couplings("nu_e")
    delta = d.resolution.stochastic
    if antineutrino:
        half_life = 2.6234 * 365.25 * DAY
        decays = 3.7e17 * quad(lambda t: 2 ** (-t / half_life), 0, 365.25 * DAY)[0]
        luminosity = 2.5713e29 * decays * 3 / (4 * math.pi * 40.22**2)
        W = reference.M_E + 0.2347

        def f(E):
            return E**2 * (W - E) * math.sqrt(max((W - E) ** 2 - reference.M_E**2, 0))

        norm = quad(f, 0, 0.2347, epsabs=0)[0]

        def spectrum(T):
            low = (T + math.sqrt(T * T + 2 * reference.M_E * T)) / 2
            args = {"antineutrino": True, "mu_nu": mu_nu}
            return quad(lambda E: f(E) / norm * reference.eq3(T, E, a, b, **args), low, 0.2347, epsabs=0)[0]

        pieces = [(1.0, reference.recoil_end(0.2347), spectrum)]
    else:
        luminosity = 2.0e12 * 20 * DAY * 5e31
        pieces = [
            (w, reference.recoil_end(E), lambda T, E=E: reference.eq3(T, E, a, b, mu_nu=mu_nu))
            for E, w in ((0.746, 0.81), (0.751, 0.09), (0.426, 0.09), (0.431, 0.01))
        ]
    for i in (0, len(found) - 1):
        low, high = d.edges[i], d.edges[i + 1]
        expected = 0.0
        for weight, end, spectrum in pieces:

            def smeared(T, spectrum=spectrum, low=low, high=high):
                sigma = delta * math.sqrt(T)
                return spectrum(T) * (ndtr((T - low) / sigma) - ndtr((T - high) / sigma))

            stops = [T for T in (low, high, 2 * high) if end > T]
            value = quad(smeared, 1e-7, end, points=stops or None, limit=200, epsabs=0, epsrel=1e-8)[0]
            expected += weight * value
        assert found[i] == pytest.approx(luminosity * expected, rel=3e-7)


@pytest.mark.parametrize("name", every(3, ["borexino full", "lama", "mixed"]))
def test_perfect_resolution_is_the_true_spectrum(name):
    """Closed form. Finds smearing that stays when σ = 0: bins are integrals over the true energy."""
    experiment, model = CASES[name]
    experiment = replace(experiment, detector=replace(experiment.detector, resolution=Resolution()))
    counts = predict(experiment, model).counts
    stops = sorted(
        {
            float(T_max(e))
            for c in experiment.source.components
            for e in getattr(c.spectrum, "energies", (c.spectrum.endpoint,))
        }
    )
    for i in (0, len(counts) // 2, len(counts) - 2):
        low, high = experiment.detector.edges[i : i + 2]
        value = quad(
            lambda T: float(recoil_spectrum(experiment.source, model, np.array(T))),
            low, high, points=[s for s in stops if low < s < high] or None, epsabs=0, epsrel=1e-9, limit=200,
        )[0]  # fmt: skip
        assert counts[i] == pytest.approx(experiment.luminosity * value, rel=1e-6)


def small(duration=20 * DAY, electrons=1e30, flux=2e12, resolution=0.02, threshold=0.1):
    return Experiment(
        name="small",
        source=cr51("paper"),
        normalisation=Flux(value=flux),
        exposure=Exposure(duration=duration),
        detector=Detector(
            name="small",
            target=Target(electrons=electrons),
            edges=(0.1, 0.2, 0.35, 0.6),
            threshold=threshold,
            resolution=Resolution(stochastic=resolution),
            efficiency=1.0,
            binding="free",
        ),
    )


@DETERMINISTIC
@given(st.floats(1, 1e7), st.floats(1, 1e7))
def test_counts_add_in_exposure(one, two):
    """Property. Finds counts that are not additive in live time."""
    counts = [fold(small(duration=t), SM()).signal(SM()) for t in (one, two, one + two)]
    np.testing.assert_allclose(counts[0] + counts[1], counts[2], rtol=1e-12)


@DETERMINISTIC
@given(st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_counts_scale_with_luminosity(flux, electrons):
    """Property. Finds a flux or number of electrons that does not enter linearly."""
    unit = fold(small(), SM()).signal(SM())
    scaled = fold(small(flux=2e12 * flux, electrons=1e30 * electrons), SM()).signal(SM())
    np.testing.assert_allclose(scaled, unit * flux * electrons, rtol=1e-11)


@DETERMINISTIC
@given(
    st.floats(0, 0.2),
    st.floats(-0.1, 0) | st.floats(1e-6, 0.5),
    st.floats(0, 1),
    st.floats(-1.5, 1.5),
    st.sampled_from(["tree", "full"]),
)
def test_counts_are_never_negative(resolution, threshold, gamma, beta, corrections):
    """Property. Finds negative counts, or more events recorded than happened."""
    experiment = small(resolution=resolution, threshold=threshold)
    model = E6(beta=beta, gamma=gamma, corrections=corrections)
    counts = fold(experiment, model).signal(model)
    everything = experiment.luminosity * sum(prediction_total(c, model) for c in experiment.source.components)
    assert np.all(counts >= 0)
    assert counts.sum() <= everything * (1 + 1e-8)


def prediction_total(component, model):
    from simgen.rates.rate import mean_sigma

    return mean_sigma(component, model)


def test_counts_are_quadratic_in_gamma():
    """Property. Finds a fold that spoils N(γ) = A + Bγ + Cγ² at φ = 0."""
    folded = fold(borexino(), SM(corrections="full"))
    N = {g: folded.signal(LR(gamma=g, corrections="full")) for g in (0.0, 0.1, 0.2, 0.35)}
    C = (N[0.2] - 2 * N[0.1] + N[0.0]) / 0.02
    B = (N[0.1] - N[0.0]) / 0.1 - 0.1 * C
    np.testing.assert_allclose(N[0.35], N[0.0] + 0.35 * B + 0.35**2 * C, rtol=1e-9)


@pytest.mark.parametrize("where", [0.05, 0.1, 0.15, 0.3])
def test_threshold_cuts_what_is_below(where):
    """Closed form. Finds a threshold that cuts whole bins, or none: bins above it are untouched."""
    free = fold(small(threshold=-np.inf), SM()).signal(SM())
    cut = fold(small(threshold=where), SM()).signal(SM())
    edges = np.array([-np.inf, 0.1, 0.2, 0.35, 0.6, np.inf])
    above, below = edges[:-1] >= where, edges[1:] <= where
    np.testing.assert_allclose(cut[above], free[above], rtol=1e-9)
    assert np.all(cut[below] == 0)
    partial = ~(above | below)
    assert np.all((cut[partial] > 0) & (cut[partial] < free[partial]))


def test_backgrounds_are_flat_and_cut():
    """Closed form. Finds a background smeared, not cut by the threshold, or spread wrongly over bins."""
    background = FlatBackground(name="b", rate=10 / DAY, low=0.0, high=0.8, uncertainty=0.1)
    experiment = replace(small(duration=8 * DAY, threshold=0.15), backgrounds=(background,))
    np.testing.assert_allclose(fold(experiment, SM()).backgrounds, [[0, 5, 15, 25, 20]], rtol=1e-12)


def test_mixed_corrections_are_refused():
    """Contract. Finds tree shapes used with full coefficients, and a silent infinity."""
    with pytest.raises(ValueError, match="radiative corrections"):
        fold(borexino(), SM()).signal(SM(corrections="full"))
    everything = replace(lama(), detector=replace(lama().detector, threshold=-np.inf))
    with pytest.raises(ValueError, match=r"mu_nu.*generate_above"):
        predict(everything, SM(mu_nu=1e-11))


@pytest.mark.parametrize("terms", [{"eps_L": 1e200}, {"eps_L": 1e200, "mu_nu": 1e-3}])
def test_counts_that_overflow(terms):
    """Contract. Finds an overflow that is warned of in passing, or blamed on recoils of T → 0."""
    with pytest.raises(ValueError, match="the expected counts overflow"):
        fold(borexino(), SM(**terms)).signal(SM(**terms))
