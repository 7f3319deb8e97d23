"""The chain of events: the same bits from every function that runs it."""

from dataclasses import replace

import numba
import numpy as np
import pytest
from support.examples import every, few
from support.experiments import DAY, borexino, borexino_distances, borexino_outside, lama, mixed_source

from detsim.experiment import FlatBackground
from detsim.simulation.detection import detect
from detsim.simulation.monte_carlo import (
    event_plan,
    expected_generated,
    generate,
    number_of_events,
    simulate,
    simulate_counts,
    stream,
)
from simgen.interaction.models import SM
from simgen.threads import PART

N = 30_011
BACKGROUND = FlatBackground(name="flat", rate=4000 / DAY, low=0.2, high=0.5)


def busy():
    """Shells, a threshold inside the first bin, efficiency, mixed flavours, a background."""
    experiment = lama("modern", binding="shells", generate_above=1e-4)
    detector = replace(experiment.detector, threshold=0.003, efficiency=0.9)
    background = FlatBackground(name="flat", rate=20 / DAY, low=-0.001, high=0.03)
    return replace(experiment, source=mixed_source(), detector=detector, backgrounds=(background,))


CASES = {
    "borexino": (borexino(), SM()),
    "background": (replace(borexino(), backgrounds=(BACKGROUND,)), SM(corrections="full")),
    "busy": (busy(), SM(mu_nu=1e-10)),
    "busy, corrected": (busy(), SM(mu_nu=1e-10, corrections="electroweak")),
}


@pytest.fixture(params=few(CASES, "borexino", "background", "busy"))
def case(request):
    return CASES[request.param]


def assert_same(one, two):
    assert one.n_generated == two.n_generated
    for name, column in one.columns().items():
        np.testing.assert_array_equal(column, two.columns()[name], err_msg=name)


def joined(parts):
    parts = list(parts)
    names = parts[0].columns()
    whole = {name: np.concatenate([p.columns()[name] for p in parts]) for name in names}
    return type(parts[0])(**whole, n_generated=sum(p.n_generated for p in parts))


def test_simulate_is_generate_and_detect(case):
    """Contract. Finds a fused simulation with streams of its own."""
    experiment, model = case
    events = detect(generate(experiment, model, seed=1, n=N), experiment, seed=1)
    assert_same(simulate(experiment, model, seed=1, n=N), events)
    assert 0 < len(events) < N


@pytest.mark.parametrize("chunk", every(3, [1, 8192, 9999, 10**9]))
def test_stream_does_not_depend_on_its_chunks(case, chunk):
    """Contract. Finds a stream restarted at each chunk."""
    experiment, model = case
    n = 300 if chunk == 1 else N
    whole = simulate(experiment, model, seed=2, n=n, first=7)
    assert_same(joined(stream(experiment, model, seed=2, n=n, first=7, chunk=chunk)), whole)


def test_counts_are_the_histogram_of_the_events(case):
    """Contract. Finds a counting path that draws other events or bins them differently."""
    experiment, model = case
    events = simulate(experiment, model, seed=3, n=N, first=11)
    edges = np.array([-np.inf, *experiment.detector.edges, np.inf])
    expected = np.histogram(events.T_reco, bins=edges)[0]
    found = simulate_counts(experiment, model, seed=3, n=N, first=11)
    np.testing.assert_array_equal(found, expected)


def test_slices_joined_are_the_whole(case):
    """Contract. Finds events that depend on `first`, as in two jobs of one run."""
    experiment, model = case
    whole = simulate(experiment, model, seed=4, n=N)
    parts = [
        simulate(experiment, model, seed=4, n=n, first=f)
        for f, n in ((0, 1), (1, 19_999), (20_000, N - 20_000))
    ]
    assert_same(joined(parts), whole)
    counts = [
        simulate_counts(experiment, model, seed=4, n=n, first=f)
        for f, n in ((0, 12_345), (12_345, N - 12_345))
    ]
    np.testing.assert_array_equal(sum(counts), simulate_counts(experiment, model, seed=4, n=N))


def on_threads(threads, draw):
    """Draw on so many threads."""
    available = numba.get_num_threads()
    try:
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        return draw()
    finally:
        numba.set_num_threads(available)


def test_threads_change_nothing(case):
    """Contract. Finds bits that depend on the number of threads; there are more events than one takes."""
    experiment, model = case
    n = 5 * PART + 17

    def draw():
        events = simulate(experiment, model, seed=5, n=n)
        true = generate(experiment, model, seed=5, n=n)
        counts = simulate_counts(experiment, model, seed=5, n=n)
        return events, true, detect(true, experiment, seed=5), counts

    one, two = on_threads(1, draw), on_threads(2, draw)
    for some, others in zip(one[:3], two[:3], strict=True):
        assert_same(some, others)
    assert_same(one[0], one[2])
    np.testing.assert_array_equal(one[3], two[3])


@pytest.mark.long
def test_threads_change_no_place():
    """Contract. Finds vertices, times or distances that depend on the number of threads."""
    experiment, n = borexino_distances(), 5 * PART + 17

    def draw():
        columns = ("vertex", "time")
        return (
            simulate(experiment, SM(), seed=5, n=n, columns=columns),
            simulate_counts(experiment, SM(), seed=5, n=n),
        )

    one, two = on_threads(1, draw), on_threads(2, draw)
    assert_same(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])


def test_poisson_runs_are_cut_in_slices():
    """Contract. Finds a slice of a Poisson run that does not end where the run ends."""
    experiment = replace(borexino(), exposure=replace(borexino().exposure, duration=0.5 * DAY))
    total = number_of_events(event_plan(experiment, SM()), seed=6)
    whole = generate(experiment, SM(), seed=6)
    tail = generate(experiment, SM(), seed=6, first=total - 10)
    assert len(whole) == total
    np.testing.assert_array_equal(tail.T, whole.T[-10:])
    assert len(generate(experiment, SM(), seed=6, first=total + 5)) == 0
    assert total == pytest.approx(expected_generated(experiment, SM()), abs=5 * total**0.5)


def test_poisson_numbers_are_poisson():
    """Twin. Finds a wrong mean (0.3 %) or variance (10 %) of the number of events (3.3 σ of 2000 seeds)."""
    prepared = event_plan(
        replace(borexino_outside(), exposure=replace(borexino().exposure, duration=2 * DAY)), SM()
    )
    mu = prepared.expected
    counts = np.array([number_of_events(prepared, seed=7, identity=(i,)) for i in range(2000)])
    assert abs(counts.mean() - mu) < 3.3 * (mu / 2000) ** 0.5
    assert abs(counts.var() / mu - 1) < 3.3 * (2 / 2000) ** 0.5


def test_smearing_and_acceptance_are_independent_of_the_vertex():
    """Property. Finds smearing correlated with the recoil, from streams that share numbers (3.3 σ)."""
    experiment = replace(borexino(), detector=replace(borexino().detector, threshold=-np.inf))
    events = simulate(experiment, SM(), seed=8, n=200_000)
    pull = (events.T_reco - events.T) / experiment.detector.resolution.sigma(events.T)
    assert len(events) == 200_000
    assert abs(np.corrcoef(pull, events.T)[0, 1]) < 3.3 / 200_000**0.5
    assert abs(pull.mean()) < 3.3 / 200_000**0.5
    assert abs(pull.var() - 1) < 3.3 * (2 / 200_000) ** 0.5
    assert abs(np.corrcoef(pull[1:], pull[:-1])[0, 1]) < 3.3 / 200_000**0.5


def test_energies_below_zero_are_kept():
    """Property. Finds measured energies clipped at 0: 4.3 % of recoils at 2 keV in LAMA (3.3 σ)."""
    experiment = lama()
    detector = replace(experiment.detector, threshold=-np.inf)
    events = generate(experiment, SM(), seed=9, n=100_000)
    at_2_keV = replace(events, T=np.full(len(events), 0.002))
    below = np.mean(detect(at_2_keV, replace(experiment, detector=detector), seed=9).T_reco < 0)
    assert abs(below - 0.0427) < 3.3 * (0.0427 / 100_000) ** 0.5 + 5e-5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: simulate(lama(), SM(mu_nu=1e-11), seed=1, n=10), r"mu_nu.*generate_above"),
        (lambda: simulate_counts(borexino(), SM(), seed=1, n=-5), "n and first must be ≥ 0, got -5 and 0"),
        (
            lambda: simulate_counts(borexino(), SM(), seed=1, n=5, first=-1),
            "n and first must be ≥ 0, got 5 and -1",
        ),
        (lambda: list(stream(borexino(), SM(), seed=1, n=-5)), "n and first must be ≥ 0, got -5"),
        (lambda: generate(borexino(), SM(), seed=1, first=-5), "first must be ≥ 0"),
        (lambda: list(stream(borexino(), SM(), seed=1, n=5, chunk=0)), "chunk must be above 0 events, got 0"),
        (
            lambda: list(stream(borexino(), SM(), seed=1, n=5, chunk=-3)),
            "chunk must be above 0 events, got -3",
        ),
        (lambda: simulate(borexino(), SM(), seed=-1, n=5), "seed must be an integer"),
    ],
)
def test_errors(call, words):
    """Contract. Finds an impossible request that silently gives no events."""
    with pytest.raises(ValueError, match=words):
        call()


def test_no_events():
    """Contract. Finds an empty run that fails."""
    events = simulate(borexino(), SM(), seed=1, n=0)
    assert len(events) == 0
    assert simulate_counts(borexino(), SM(), seed=1, n=0).sum() == 0
    assert list(stream(borexino(), SM(), seed=1, n=0)) == []
