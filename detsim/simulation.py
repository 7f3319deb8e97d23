"""Events through the detector: the stochastic twin of `detsim.prediction`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from detsim._kernels.response import BLOCK, ResponseArrays, fill_counts, fill_measured
from detsim.experiment import Experiment
from detsim.occurrence import Occurrence, add_occurrence
from detsim.smearing import Curve, PhotoElectrons, Resolution, TabulatedResolution
from simgen.deposits import Deposit
from simgen.events import Events
from simgen.generator import generate as draw
from simgen.models import Model
from simgen.plan import Plan, make_plan
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
        Deposit(spectrum=b.spectrum, mean=experiment.background_counts(i))
        for i, b in enumerate(experiment.backgrounds)
    ]
    return make_plan(
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
    smearing, visible = detector.resolution, detector.visible
    gaussian = smearing if isinstance(smearing, Resolution) else Resolution()
    sigma = smearing.curve if isinstance(smearing, TabulatedResolution) else None
    return ResponseArrays(
        constant2=gaussian.constant**2,
        stochastic2=gaussian.stochastic**2,
        proportional2=gaussian.proportional**2,
        sigma_energy=_points(sigma)[0],
        sigma_value=_points(sigma)[1],
        light_yield=smearing.light_yield if isinstance(smearing, PhotoElectrons) else 0.0,
        visible_break=np.empty(0) if visible is None else visible.breaks,
        visible_power=np.empty((0, 4)) if visible is None else np.ascontiguousarray(visible.powers),
        scale=detector.energy_scale,
        threshold=detector.threshold,
        step_energy=energies,
        step_value=values,
        efficiency=detector.constant_efficiency,
        true_energy=_points(detector.true_efficiency)[0],
        true_value=_points(detector.true_efficiency)[1],
        measured_energy=_points(detector.measured_efficiency)[0],
        measured_value=_points(detector.measured_efficiency)[1],
        edges=np.array(detector.edges),
        smeared=np.array([b.smeared for b in experiment.backgrounds], np.bool_),
        n_source=len(experiment.source.components),
    )


def _points(curve: Curve | None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return energies and values of a table; both empty if there is none."""
    if curve is None:
        return np.empty(0), np.empty(0)
    return np.array(curve.energies, np.float64), np.array(curve.values, np.float64)


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
    columns: Sequence[Occurrence] = (),
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
    columns : sequence of {"vertex", "time"}
        What to draw beside the energies: where in the target, when in the exposure.

    Returns
    -------
    Events
        Without `T_reco`, before any cut.
    """
    prepared = event_plan(experiment, model)
    count = _slice(prepared, n, first, seed, identity)
    events = draw(prepared, count, seed=seed, first=first, identity=identity)
    return add_occurrence(events, experiment, columns, seed=seed, identity=identity)


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
    return replace(events, T_reco=T_reco).select(keep)


def stream(
    experiment: Experiment,
    model: Model,
    *,
    seed: int,
    n: int | None = None,
    first: int = 0,
    identity: Sequence[int] = (),
    columns: Sequence[Occurrence] = (),
    chunk: int = CHUNK,
) -> Iterator[Events]:
    """Simulate an experiment chunk by chunk; the chunk size changes nothing.

    Parameters
    ----------
    experiment, model, seed, n, first, identity, columns
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
        measured = detect(events, experiment, seed=seed, identity=identity)
        yield add_occurrence(measured, experiment, columns, seed=seed, identity=identity)


def simulate(
    experiment: Experiment,
    model: Model,
    *,
    seed: int,
    n: int | None = None,
    first: int = 0,
    identity: Sequence[int] = (),
    columns: Sequence[Occurrence] = (),
) -> Events:
    """Generate and detect events in memory.

    Parameters
    ----------
    experiment, model, seed, n, first, identity, columns
        As for `generate`.

    Returns
    -------
    Events
        Recorded events, with `T_reco`.
    """
    events = generate(experiment, model, seed=seed, n=n, first=first, identity=identity)
    measured = detect(events, experiment, seed=seed, identity=identity)
    return add_occurrence(measured, experiment, columns, seed=seed, identity=identity)


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
