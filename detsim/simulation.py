"""Events through the detector: the stochastic twin of `detsim.prediction`."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.response import BLOCK, ResponseArrays, fill_counts, fill_measured
from detsim.experiment import Experiment
from simgen.events import Events
from simgen.generator import FlatDeposit, Plan, plan
from simgen.generator import generate as draw
from simgen.models import Model
from simgen.random import Stage, generator, kernel_key

__all__ = [
    "detect",
    "event_plan",
    "expected_generated",
    "generate",
    "number_of_events",
    "simulate",
    "simulate_counts",
    "stream",
]

CHUNK = 1_000_000


def event_plan(experiment: Experiment, model: Model) -> Plan:
    """Prepare the generation of an experiment's events, backgrounds included.

    Raises
    ------
    ValueError
        If dσ/dT diverges and the experiment has no `generate_above`, or nothing is expected.
    """
    deposits = [
        FlatDeposit(low=b.low, high=b.high, mean=experiment.background_counts(i))
        for i, b in enumerate(experiment.backgrounds)
    ]
    return plan(
        experiment.source,
        model,
        luminosity=experiment.luminosity,
        T_low=experiment.generate_above,
        deposits=deposits,
    )


def expected_generated(experiment: Experiment, model: Model) -> float:
    """Compute the mean number of interactions and background events, before any cut."""
    return event_plan(experiment, model).expected


def number_of_events(prepared: Plan, *, seed: int, identity: Sequence[int] = ()) -> int:
    """Draw the Poisson number of events of a run."""
    return int(generator(seed, Stage.COUNT, *identity).poisson(prepared.expected))


def _response(experiment: Experiment) -> ResponseArrays:
    detector = experiment.detector
    energies, values = detector.acceptance_steps
    resolution = detector.resolution
    return ResponseArrays(
        constant2=resolution.constant**2,
        stochastic2=resolution.stochastic**2,
        proportional2=resolution.proportional**2,
        threshold=detector.threshold,
        step_energy=energies,
        step_value=values,
        edges=np.array(detector.edges),
        n_source=len(experiment.source.components),
    )


def _slice(prepared: Plan, n: int | None, first: int, seed: int, identity: Sequence[int]) -> int:
    """Return how many events to draw: n, or what is left of the Poisson total behind `first`."""
    if first < 0 or (n is not None and n < 0):
        raise ValueError(f"n and first must be ≥ 0, got {n} and {first}")
    if n is not None:
        return n
    return max(number_of_events(prepared, seed=seed, identity=identity) - first, 0)


def generate(
    experiment: Experiment,
    model: Model,
    *,
    seed: int,
    n: int | None = None,
    first: int = 0,
    identity: Sequence[int] = (),
) -> Events:
    """Draw the true events of an experiment.

    Parameters
    ----------
    experiment : Experiment
    model : Model
    seed : int
    n : int, optional
        Number of events; without it a Poisson number with the expected mean.
    first : int
        Index of the first event.
    identity : sequence of int
        What keeps the members of a study apart.

    Returns
    -------
    Events
        Without `T_reco`, before any cut.
    """
    prepared = event_plan(experiment, model)
    count = _slice(prepared, n, first, seed, identity)
    return draw(prepared, count, seed=seed, first=first, identity=identity)


def detect(events: Events, experiment: Experiment, *, seed: int, identity: Sequence[int] = ()) -> Events:
    """Measure true events: smearing, acceptance, threshold.

    Parameters
    ----------
    events : Events
        True events, with the indices they were generated with.
    experiment : Experiment
    seed : int
    identity : sequence of int
        What keeps the members of a study apart.

    Returns
    -------
    Events
        Only what is recorded, with `T_reco`.
    """
    k0, k1 = kernel_key(seed, Stage.DETECTOR, *identity).astype(np.uint64)
    T_reco, keep = np.empty(len(events)), np.empty(len(events), np.bool_)
    response = _response(experiment)
    fill_measured(events.event, events.component, events.T, response, k0, k1, T_reco, keep)
    return Events(
        event=events.event[keep],
        component=events.component[keep],
        line=events.line[keep],
        E_nu=events.E_nu[keep],
        T=events.T[keep],
        cos_theta=events.cos_theta[keep],
        T_reco=T_reco[keep],
        experiment=None if events.experiment is None else events.experiment[keep],
        n_generated=events.n_generated,
    )


def stream(
    experiment: Experiment,
    model: Model,
    *,
    seed: int,
    n: int | None = None,
    first: int = 0,
    identity: Sequence[int] = (),
    chunk: int = CHUNK,
) -> Iterator[Events]:
    """Simulate an experiment chunk by chunk; the chunk size changes nothing.

    Parameters
    ----------
    experiment, model, seed, n, first, identity
        As for `generate`.
    chunk : int
        Events drawn at a time.

    Yields
    ------
    Events
        Recorded events of each chunk.
    """
    if chunk <= 0:
        raise ValueError(f"chunk must be above 0 events, got {chunk}")
    prepared = event_plan(experiment, model)
    count = _slice(prepared, n, first, seed, identity)
    for start in range(0, count, chunk):
        size = min(chunk, count - start)
        events = draw(prepared, size, seed=seed, first=first + start, identity=identity)
        yield detect(events, experiment, seed=seed, identity=identity)


def simulate(
    experiment: Experiment,
    model: Model,
    *,
    seed: int,
    n: int | None = None,
    first: int = 0,
    identity: Sequence[int] = (),
) -> Events:
    """Generate and detect events in memory.

    Parameters
    ----------
    experiment, model, seed, n, first, identity
        As for `generate`.

    Returns
    -------
    Events
        Recorded events, with `T_reco`.
    """
    events = generate(experiment, model, seed=seed, n=n, first=first, identity=identity)
    return detect(events, experiment, seed=seed, identity=identity)


def simulate_counts(
    experiment: Experiment,
    model: Model,
    *,
    seed: int,
    n: int | None = None,
    first: int = 0,
    identity: Sequence[int] = (),
) -> NDArray[np.int64]:
    """Simulate every event and keep only the histogram.

    Parameters
    ----------
    experiment, model, seed, n, first, identity
        As for `generate`: the same arguments give the same events.

    Returns
    -------
    ndarray of int64, shape (n_bins + 2,)
        Recorded events below the first edge, in the bins, above the last edge.
    """
    prepared = event_plan(experiment, model)
    count = _slice(prepared, n, first, seed, identity)
    return count_events(prepared, experiment, count, seed=seed, first=first, identity=identity)


def count_events(
    prepared: Plan,
    experiment: Experiment,
    n: int,
    *,
    seed: int,
    first: int = 0,
    identity: Sequence[int] = (),
) -> NDArray[np.int64]:
    """Do the work of `simulate_counts` with a plan made before; the way to make many experiments."""
    v0, v1 = kernel_key(seed, Stage.VERTEX, *identity).astype(np.uint64)
    d0, d1 = kernel_key(seed, Stage.DETECTOR, *identity).astype(np.uint64)
    counts = np.zeros((max(-(-n // BLOCK), 1), experiment.detector.n_bins + 2), np.int64)
    fill_counts(first, n, prepared.arrays, _response(experiment), v0, v1, d0, d1, counts)
    return np.asarray(counts.sum(axis=0))
