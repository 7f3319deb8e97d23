"""Vertices, times and directions of the events of an experiment."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from detsim.experiment import Experiment
from simgen.events import VERTEX_COLUMNS, Events
from simgen.generator import add_directions, add_times, add_vertices
from simgen.interaction import Model
from simgen.rates import Flux, Oscillation

__all__ = ["Occurrence", "add_occurrence", "drawn_columns", "needs_places", "without_places"]

Occurrence = Literal["vertex", "time", "direction"]
_KNOWN: tuple[Occurrence, ...] = ("vertex", "time", "direction")


def needs_places(experiment: Experiment, model: Model) -> bool:
    """Tell whether true events need vertices: for the detector, or because neutrinos oscillate."""
    return experiment.detector.spatial or model.delta_m2 is not None


def drawn_columns(requested: Sequence[str]) -> list[Occurrence]:
    """List what has to be drawn beside the energies to have the requested columns of an event file.

    Examples
    --------
    >>> drawn_columns(["cos_theta", "time", "vertex"])
    ['vertex', 'time']
    """
    return [column for column in _KNOWN if column in requested]


def without_places(events: Events) -> Events:
    """Return the events without vertices and baselines."""
    no_vertices: dict[str, Any] = dict.fromkeys(VERTEX_COLUMNS)
    return replace(events, **no_vertices)


def add_occurrence(
    events: Events,
    experiment: Experiment,
    model: Model,
    columns: Sequence[Occurrence],
    *,
    seed: int,
    identity: Sequence[int] = (),
) -> Events:
    """Draw the requested ones of vertices, times and directions of events.

    Parameters
    ----------
    events : Events
        True or measured events with their original indices; both give the same vertices, times, directions.
    experiment : Experiment
    model : Model
    columns : sequence of {"vertex", "time", "direction"}
    seed : int
    identity : sequence of int
        Distinguishes the members of a study.

    Returns
    -------
    Events

    Raises
    ------
    ValueError
        For unknown columns, or vertices or directions without a geometry.
    """
    unknown = sorted(set(columns) - set(_KNOWN))
    if unknown:
        known = " and ".join(", ".join(map(repr, _KNOWN)).rsplit(", ", 1))
        raise ValueError(f"columns must be of {known}, got {', '.join(map(repr, unknown))}")
    n_source, had_vertices = len(experiment.source.components), events.L is not None
    if "vertex" in columns or "direction" in columns:
        events = add_vertices(
            events,
            experiment.geometry,
            n_source=n_source,
            seed=seed,
            identity=identity,
            oscillation=Oscillation.of(experiment.source, model),
            emission="direction" in columns,
        )
    if "direction" in columns:
        events = add_directions(events, experiment.source, seed=seed, identity=identity)
        if "vertex" not in columns and not had_vertices:
            events = without_places(events)
    if "time" in columns:
        constant = isinstance(experiment.normalisation, Flux)
        half_life = math.inf if constant else experiment.source.half_life
        events = add_times(
            events,
            experiment.exposure,
            half_life,
            n_source=n_source,
            seed=seed,
            identity=identity,
            backgrounds=[background.half_life for background in experiment.backgrounds],
        )
    return events
