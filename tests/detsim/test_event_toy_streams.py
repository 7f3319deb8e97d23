"""Many experiments event by event: the streams that are promised, Poisson numbers, factors."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from scipy import stats
from support.examples import every, few
from support.experiments import DAY, borexino, borexino_distances, borexino_outside, hellaz, mixed_source

import detsim.simulation.fused
from detsim.backgrounds import Background
from detsim.detector.distance_bins import bin_numbers
from detsim.detector.resolution import PhotoElectrons
from detsim.expectation.prediction import predict
from detsim.simulation.event_toys import Ensemble
from detsim.simulation.monte_carlo import draw_measured, event_plan, simulate_counts
from simgen.deposits import Line, PowerLaw
from simgen.interaction.models import E6, SM
from simgen.random import Stage, kernel_key
from simgen.rates.exposure import Interactions

WORD = 0xFFFFFFFF
CHI = E6(beta="chi", gamma=0.1)
BACKGROUNDS = (
    Background(name="line", spectrum=Line(energy=0.4), rate=9 / DAY, smeared=True),
    Background(name="power", spectrum=PowerLaw(low=0.2, high=0.9, index=2.0), rate=12 / DAY, smeared=False),
)


def small(experiment, events=300.0):
    """The same with so many interactions of the standard model."""
    geometry = getattr(experiment.normalisation, "geometry", None)
    return replace(experiment, normalisation=Interactions(events=events, reference=SM(), geometry=geometry))


def inside_the_wall():
    experiment = borexino_distances()
    return replace(experiment, detector=replace(experiment.detector, wall_distance=60.0))


CASES = {
    "lines": (small(hellaz()), SM()),
    "continua and backgrounds": (
        replace(small(borexino_outside()), source=mixed_source(), backgrounds=BACKGROUNDS),
        CHI,
    ),
    "rejection": (small(borexino()), replace(CHI, corrections="full")),
    "photo-electrons": (
        small(
            replace(
                borexino(),
                detector=replace(borexino().detector, resolution=PhotoElectrons(light_yield=400.0)),
            )
        ),
        SM(),
    ),
    "distances": (small(borexino_distances()), SM()),
    "oscillation": (small(borexino_distances()), SM(sin2_2theta=0.4, delta_m2=1.0)),
    "wall, oscillation, backgrounds": (
        replace(small(inside_the_wall()), backgrounds=BACKGROUNDS),
        SM(sin2_2theta=0.4, delta_m2=1.0),
    ),
}


def philox(counter, key):
    """Philox4x32-10 with Python's integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(q >> 32) ^ c[1] ^ k[0], q & WORD, (p >> 32) ^ c[3] ^ k[1], p & WORD]
        k = [(k[0] + 0x9E3779B9) & WORD, (k[1] + 0xBB67AE85) & WORD]
    return c


def derived(seed, stage, identity, toy, group):
    """Key of one stage of one experiment, as `simgen.random` says."""
    base = [int(word) for word in kernel_key(seed, Stage.TOY_EVENTS, *identity)]
    return np.array(philox((toy & WORD, toy >> 32, int(stage), group), base)[:2], np.uint32)


@pytest.mark.parametrize("toy", every(3, [0, 7, 2**32 + 5]))
@pytest.mark.parametrize("case", every(3, CASES))
def test_an_experiment_has_the_events_of_its_keys(monkeypatch, case, toy):
    """Contract: bit by bit the events that the plain chain draws under the derived keys."""
    experiment, model = CASES[case]
    counts, numbers = Ensemble(experiment=experiment, model=model).count(1, seed=3, first=toy, identity=(9,))
    plan, n, identity = event_plan(experiment, model), int(numbers[0]), (9,)
    if experiment.detector.spatial:
        identity = (9, 0, toy)
    else:
        monkeypatch.setattr(
            detsim.simulation.fused, "kernel_key", lambda s, stage, *i: derived(s, stage, i, toy, 0)
        )
    events = draw_measured(plan, experiment, model, n, seed=3, identity=identity)
    plain = np.bincount(
        bin_numbers(experiment.detector, events.T_reco, events.L_reco), minlength=counts.shape[1]
    )
    np.testing.assert_array_equal(counts[0], plain)
    assert 200 < numbers[0] < 4000


@pytest.mark.parametrize("events", every(2, [3.0, 300.0, 40_000.0, 2_500_000.0]))
def test_no_thread_and_no_slice_changes_an_experiment(events):
    """Contract: many experiments in a piece, and many pieces in an experiment."""
    ensemble = Ensemble(experiment=small(hellaz(), events), model=SM())
    whole, numbers = ensemble.count(9, seed=1)
    assert whole.sum() > 0
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone, _ = ensemble.count(9, seed=1)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(whole, alone)
    for first, n in ((0, 4), (4, 5), (8, 1)):
        part, drawn = ensemble.count(n, seed=1, first=first)
        np.testing.assert_array_equal(part, whole[first : first + n])
        np.testing.assert_array_equal(drawn, numbers[first : first + n])
    factors = np.ones((9, 1))
    varied, _ = ensemble.count(9, seed=1, factors=factors)
    np.testing.assert_array_equal(varied[5:], ensemble.count(4, seed=1, first=5, factors=factors[5:])[0])
    assert len(np.unique(whole, axis=0)) > 5


def test_identities_and_seeds_are_other_experiments():
    ensemble = Ensemble(experiment=CASES["lines"][0], model=SM())
    found = [
        ensemble.count(1, seed=seed, identity=identity)[0][0]
        for seed, identity in ((1, ()), (2, ()), (1, (1,)), (1, (0,)))
    ]
    plain = simulate_counts(ensemble.experiment, SM(), seed=1)
    assert len(np.unique([*found, plain], axis=0)) == 5


@pytest.mark.parametrize("case", few(CASES, "lines", "photo-electrons"))
def test_counts_are_poisson_around_quadrature(case):
    """Twin: means, variances and correlations of 4000 experiments; 1 % in the total would show."""
    experiment, model = CASES[case]
    n = 4000
    counts, numbers = Ensemble(experiment=experiment, model=model).count(n, seed=5)
    mean = event_plan(experiment, model).expected
    assert abs(numbers.mean() - mean) < 4 * np.sqrt(mean / n)
    mu = predict(experiment, model).with_flow
    assert np.all(counts[:, mu == 0] == 0)
    counts, mu = counts[:, mu > 0.05], mu[mu > 0.05]
    pulls = (counts.mean(axis=0) - mu) / np.sqrt(mu / n)
    assert stats.chi2.sf(np.sum(pulls**2), len(mu)) > 1e-3
    index = np.sum((counts - mu) ** 2 / mu, axis=0)
    scatter = (index - n) / np.sqrt(n * (2 + 1 / mu))
    assert stats.chi2.sf(np.sum(scatter**2), len(mu)) > 1e-3
    correlation = np.corrcoef(counts.T)[np.triu_indices(len(mu), 1)] * np.sqrt(n)
    assert stats.chi2.sf(np.sum(correlation**2), len(correlation)) > 1e-3


def test_factors_scale_what_they_are_of():
    """Twin: signal and two backgrounds with factors of their own, against scaled quadrature; finds 2 %."""
    experiment, model = CASES["continua and backgrounds"]
    parts = [
        predict(replace(experiment, backgrounds=()), model).with_flow,
        *(predict(replace(experiment, backgrounds=(b,)), model).background for b in experiment.backgrounds),
    ]
    n = 3000
    for scale in ((1.0, 1.0, 1.0), (0.5, 0.0, 2.0), (0.0, 1.3, 0.0)):
        counts, numbers = Ensemble(experiment=experiment, model=model).count(
            n, seed=8, factors=np.tile(scale, (n, 1))
        )
        # signal and backgrounds are independent: their numbers add to a Poisson number
        assert abs(numbers.var() / numbers.mean() - 1) < 4 * np.sqrt(2 / n)
        mu = sum(s * part for s, part in zip(scale, parts, strict=True))
        some = mu > 1e-9
        pulls = (counts.mean(axis=0) - mu)[some] / np.sqrt(mu[some] / n)
        assert stats.chi2.sf(np.sum(pulls**2), some.sum()) > 1e-3


def test_a_signal_that_gives_no_recoils_leaves_the_backgrounds():
    experiment = replace(CASES["continua and backgrounds"][0], generate_above=10.0)
    n = 500
    counts, numbers = Ensemble(experiment=experiment, model=SM()).count(n, seed=1, factors=np.ones((n, 3)))
    mu = predict(experiment, SM()).background.sum()
    assert abs(counts.sum() / n - mu) < 4 * np.sqrt(mu / n)
    assert abs(numbers.mean() - 2100) < 4 * np.sqrt(2100 / n)


def test_what_is_no_factor():
    ensemble = Ensemble(experiment=CASES["continua and backgrounds"][0], model=SM())
    for factors in (np.ones(3), np.ones((2, 2)), -np.ones((2, 3)), np.full((2, 3), np.nan)):
        with pytest.raises(ValueError, match=r"factors must be finite and ≥ 0, of the shape \(2, 3\)"):
            ensemble.count(2, seed=1, factors=factors)
    with pytest.raises(ValueError, match="n and first must be ≥ 0"):
        ensemble.count(2, seed=1, first=-1)
