"""Oscillation, bins of the distance and the cut near the wall: events against quadrature."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.examples import few
from support.experiments import DAY, MCI, borexino, borexino_central, borexino_outside, lama, mixed_source
from support.twins import chi2_pvalue

from detsim.detector.distance_bins import DistanceBins
from detsim.expectation.folding import fold
from detsim.expectation.prediction import predict
from detsim.experiment import FlatBackground
from detsim.simulation.detection import detect
from detsim.simulation.monte_carlo import expected_generated, generate, simulate, simulate_counts
from detsim.simulation.reweighting import weights
from simgen.geometry import Box, Shell
from simgen.interaction.models import E6, SM
from simgen.rates.exposure import Activity

ALPHA = 1e-3


def detector(experiment, **changes):
    return replace(experiment, detector=replace(experiment.detector, **changes))


def around(inner, outer, width, resolution):
    return DistanceBins(edges=tuple(np.arange(inner, outer + 1, width)), resolution=resolution)


OUTSIDE = borexino_outside()
BINS = around(500.0, 1150.0, 50.0, 15.0)
SHELL = Activity(value=10 * MCI, geometry=Shell(inner_radius=15.0, radius=40.9, source_radius=5.0))
BOX = Box(size=(100.0, 200.0, 300.0), source_position=(0.0, 0.0, 300.0))
MIXED = replace(OUTSIDE, source=mixed_source(), normalisation=Activity(value=MCI, geometry=BOX))
BACKGROUND = FlatBackground(name="flat", rate=3000 / DAY, low=0.2, high=0.6)
CASES = {
    "oscillation": (OUTSIDE, SM(sin2_2theta=0.6, delta_m2=1.0, corrections="full")),
    "bins": (detector(OUTSIDE, distance=BINS), SM()),
    "bins, oscillation": (detector(OUTSIDE, distance=BINS), SM(sin2_2theta=0.6, delta_m2=1.0)),
    "few bins, sharp": (
        detector(OUTSIDE, distance=DistanceBins(edges=(600.0, 700.0, 800.0), resolution=0.0)),
        SM(sin2_2theta=1.0, delta_m2=2.0),
    ),
    "wall": (detector(OUTSIDE, wall_distance=60.0), SM()),
    "wall, bins, oscillation, background": (
        detector(replace(OUTSIDE, backgrounds=(BACKGROUND,)), wall_distance=60.0, distance=BINS),
        SM(sin2_2theta=0.6, delta_m2=1.0),
    ),
    "fast": (detector(OUTSIDE, distance=BINS), SM(sin2_2theta=0.9, delta_m2=30.0)),
    "central": (
        detector(borexino_central(), distance=around(50.0, 350.0, 25.0, 10.0)),
        SM(sin2_2theta=0.3, delta_m2=3.0),
    ),
    "continuum, extended": (
        detector(
            lama("modern", normalisation=SHELL),
            distance=DistanceBins(edges=(15.0, 20.0, 25.0, 30.0, 35.0, 41.0), resolution=1.0),
        ),
        SM(sin2_2theta=0.8, delta_m2=1.0),
    ),
    "mixture in a box": (
        detector(MIXED, distance=DistanceBins(edges=(150.0, 200.0, 300.0, 400.0, 450.0), resolution=5.0)),
        E6(beta="chi", gamma=0.1, sin2_2theta=0.7, delta_m2=2.0),
    ),
}


FAST = sorted(set(CASES) - {"continuum, extended", "mixture in a box"})[::2]


@pytest.mark.parametrize("name", few(CASES, *FAST))
def test_counts_follow_the_prediction(name):
    """Twin. Finds a bin share off by 1 %, or a lost class of events (χ², 1e6 events, α = 1e-3)."""
    experiment, model = CASES[name]
    assert chi2_pvalue(experiment, model, 1_000_000, seed=31) > ALPHA


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_many_counts_follow_the_prediction(name):
    """Twin. Finds a bin share off by 0.3 % (χ², 1e7 events, α = 1e-3)."""
    experiment, model = CASES[name]
    assert chi2_pvalue(experiment, model, 10_000_000, seed=77) > ALPHA


@pytest.mark.parametrize("name", few(CASES, *FAST))
def test_bins_add_up(name):
    """Twin. The counts of all bins against an adaptive integral without bins; continua to 1e-5."""
    experiment, model = CASES[name]
    found = predict(experiment, model)
    assert found.with_flow.sum() == pytest.approx(found.unbinned_total, rel=1e-5)


def test_ways_of_an_oscillation():
    """Twin. Finds baselines without the oscillation: KS of L in a shell against its integral, 1e5 events."""
    model = SM(sin2_2theta=0.9, delta_m2=3.0)
    experiment = borexino_central()
    events = generate(experiment, model, seed=3, n=100_000, columns=("vertex",))
    for line, energy in enumerate(experiment.source.components[0].spectrum.energies[:1]):
        L = events.L[events.line == line]
        x = np.linspace(50.0, 345.2, 20_001)
        from simgen.rates.oscillation import survival

        density = survival(model, x, energy)
        cdf = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
        assert stats.kstest(L, lambda v, x=x, cdf=cdf: np.interp(v, x, cdf / cdf[-1])).pvalue > ALPHA
        assert stats.kstest(L, stats.uniform(50.0, 295.2).cdf).pvalue < 1e-12


def test_counts_are_linear_in_the_mixing():
    """Closed form. Folded once, every sin²2θ is a dot product: linear, and no mixing is no oscillation."""
    experiment = detector(OUTSIDE, distance=BINS)
    folded = fold(experiment, SM(delta_m2=1.0))
    none, half, full = (folded.signal(SM(sin2_2theta=s, delta_m2=1.0)) for s in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half, (none + full) / 2, rtol=1e-12)
    np.testing.assert_allclose(none, fold(experiment, SM()).signal(SM()), rtol=1e-12)
    with pytest.raises(ValueError, match="other radiative corrections, mediator masses or delta_m2"):
        folded.signal(SM(delta_m2=2.0))


def test_the_same_at_every_stage():
    """Contract. generate then detect, slices, and the histogram: the same events."""
    experiment, model = CASES["wall, bins, oscillation, background"]
    whole = simulate(experiment, model, seed=5, n=3000)
    assert whole.L is None
    measured = detect(generate(experiment, model, seed=5, n=3000), experiment, seed=5)
    np.testing.assert_array_equal(measured.L_reco, whole.L_reco)
    parts = [simulate(experiment, model, seed=5, n=1000, first=f) for f in (0, 1000, 2000)]
    np.testing.assert_array_equal(np.concatenate([p.L_reco for p in parts]), whole.L_reco)
    assert simulate_counts(experiment, model, seed=5, n=3000).sum() == len(whole)
    with pytest.raises(ValueError, match="looks at the places of events"):
        detect(generate(OUTSIDE, SM(), seed=5, n=10), experiment, seed=5)


def test_weights_of_an_oscillation():
    """Twin. A sample without oscillation, weighted to one with, against quadrature bin by bin, 5 σ."""
    experiment = detector(OUTSIDE, distance=BINS)
    target = SM(sin2_2theta=0.5, delta_m2=1.0)
    n = 200_000
    events = simulate(experiment, SM(), seed=9, n=n, columns=("vertex",))
    w = weights(events, experiment, SM(), target) * expected_generated(experiment, SM()) / n
    from detsim.detector.distance_bins import bin_numbers

    number = bin_numbers(experiment.detector, events.T_reco, events.L_reco)
    total, squares = (np.bincount(number, w**p, minlength=experiment.detector.n_bins + 2) for p in (1, 2))
    expected = predict(experiment, target).with_flow
    good = squares > 0
    pull = (total - expected)[good] / np.sqrt(squares[good])
    assert np.abs(pull).max() < 5
    assert np.sum(pull**2) < stats.chi2.isf(ALPHA, good.sum())
    with pytest.raises(ValueError, match="need the neutrinos' ways"):
        weights(replace(events, L=None), experiment, SM(), target)


def test_what_places_need():
    """Contract. Under a flux all positions are equal: each message says what is missing."""
    with pytest.raises(ValueError, match="need a geometry"):
        detector(borexino(), wall_distance=10.0)
    with pytest.raises(ValueError, match="need a geometry"):
        predict(borexino(), SM(delta_m2=1.0))
    with pytest.raises(ValueError, match="nothing of the target is 300 cm from its surface"):
        detector(OUTSIDE, wall_distance=300.0)
