"""Simulation of events in a detector: the stochastic twin of `detsim.expectation.prediction`."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from detsim.detector import bin_numbers
from detsim.experiment import Experiment
from detsim.simulation.detection import locate, response_arrays
from detsim.simulation.fused import count_parts, record_parts, stage_keys
from detsim.simulation.vertices import Occurrence, add_occurrence, needs_places, without_places
from simgen.deposits import Deposit
from simgen.events import Events
from simgen.generator import Plan, generate as draw, make_plan
from simgen.geometry import Baselines
from simgen.interaction import Model
from simgen.random import Stage, generator
from simgen.rates import oscillated
from simgen.threads import PART, ahead

__all__ = [
    "event_plan",
    "expected_generated",
    "generate",
    "number_of_events",
    "simulate",
    "simulate_counts",
    "stream",
]

CHUNK = PART


def event_plan(experiment: Experiment, model: Model) -> Plan:
    """Prepare the generation of an experiment's events, backgrounds included.

    Raises
    ------
    ValueError
        If dσ/dT diverges and the experiment has no `generate_above`, nothing is expected, or neutrinos
        oscillate and there is no geometry.
    """
    deposits = [
        Deposit(spectrum=b.spectrum, mean=experiment.background_counts(i))
        for i, b in enumerate(experiment.backgrounds)
    ]
    source = experiment.source
    if model.delta_m2 is not None:
        source = oscillated(source, model, Baselines(geometry=experiment.geometry))
    return make_plan(
        source,
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


def _prepare(
    experiment: Experiment, model: Model, n: int | None, first: int, seed: int, identity: Sequence[int]
) -> tuple[Plan, int]:
    """Return the plan of a run and the number of events: n, or the Poisson number minus the first ones."""
    prepared = event_plan(experiment, model)
    if first < 0 or (n is not None and n < 0):
        raise ValueError(f"n and first must be ≥ 0, got {n} and {first}")
    if n is not None:
        return prepared, n
    return prepared, max(number_of_events(prepared, seed=seed, identity=identity) - first, 0)


@np.errstate(under="ignore")
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
        Number of events; by default a Poisson number with the expected mean.
    first : int
        Index of the first event.
    identity : sequence of int
        Distinguishes the members of a study.
    columns : sequence of {"vertex", "time", "direction"}
        Further quantities to draw: vertex in the target, time in the exposure; emission point, directions of
        neutrino and electron.

    Returns
    -------
    Events
        All events before any cut, without `T_reco`.
    """
    prepared, count = _prepare(experiment, model, n, first, seed, identity)
    return draw_true(
        prepared, experiment, model, count, seed=seed, first=first, identity=identity, columns=columns
    )


def draw_true(
    prepared: Plan,
    experiment: Experiment,
    model: Model,
    n: int,
    *,
    seed: int,
    first: int = 0,
    identity: Sequence[int] = (),
    columns: Sequence[Occurrence] = (),
) -> Events:
    """Draw true events with a prepared plan; with vertices if the detector needs them."""
    events = draw(prepared, n, seed=seed, first=first, identity=identity)
    all_columns = set(columns)
    if needs_places(experiment, model):
        all_columns.add("vertex")
    return add_occurrence(events, experiment, model, sorted(all_columns), seed=seed, identity=identity)


def draw_measured(
    prepared: Plan,
    experiment: Experiment,
    model: Model,
    n: int,
    *,
    seed: int,
    first: int = 0,
    identity: Sequence[int] = (),
    columns: Sequence[Occurrence] = (),
    on_events: Callable[[int], None] | None = None,
) -> Events:
    """Draw and measure events with a prepared plan; return recorded events with the requested columns.

    `on_events` is called with the number of events of each part that is drawn, to show progress.
    """
    # recording does not depend on the vertex: only recorded events need vertices and times
    events = record_parts(
        prepared, experiment, n, seed=seed, first=first, identity=identity, on_events=on_events
    )
    all_columns = set(columns)
    if experiment.detector.spatial:
        drawn: list[Occurrence] = ["vertex", "direction"] if "direction" in columns else ["vertex"]
        events = add_occurrence(events, experiment, model, drawn, seed=seed, identity=identity)
        events = locate(events, experiment, seed=seed, identity=identity)
        all_columns -= set(drawn)
    events = add_occurrence(events, experiment, model, sorted(all_columns), seed=seed, identity=identity)
    return events if "vertex" in columns else without_places(events)


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
    """Simulate an experiment chunk by chunk; events do not depend on the chunk size.

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
    prepared, count = _prepare(experiment, model, n, first, seed, identity)
    draw = partial(draw_measured, prepared, experiment, model, seed=seed, identity=identity, columns=columns)
    starts = range(first, first + count, chunk)
    yield from ahead(partial(draw, min(chunk, first + count - start), first=start) for start in starts)


@np.errstate(under="ignore")
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
    prepared, count = _prepare(experiment, model, n, first, seed, identity)
    return draw_measured(
        prepared, experiment, model, count, seed=seed, first=first, identity=identity, columns=columns
    )


@np.errstate(under="ignore")
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
    prepared, count = _prepare(experiment, model, n, first, seed, identity)
    return count_events(prepared, experiment, model, count, seed=seed, first=first, identity=identity)


def count_events(
    prepared: Plan,
    experiment: Experiment,
    model: Model,
    n: int,
    *,
    seed: int,
    first: int = 0,
    identity: Sequence[int] = (),
) -> NDArray[np.int64]:
    """Simulate and count events with a prepared plan, which can be used for many experiments."""
    detector = experiment.detector
    if detector.spatial:
        total = np.zeros(detector.n_bins + 2, np.int64)
        for start in range(0, n, CHUNK):
            events = draw_measured(
                prepared, experiment, model, min(CHUNK, n - start),
                seed=seed, first=first + start, identity=identity,
            )  # fmt: skip
            if events.T_reco is not None:
                numbers = bin_numbers(detector, events.T_reco, events.L_reco)
                total += np.bincount(numbers, minlength=len(total))
        return total
    return count_parts(prepared, response_arrays(experiment), stage_keys(seed, identity), n, first=first)
