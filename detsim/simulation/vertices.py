"""Vertices and times of the events of an experiment."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from detsim.experiment import Experiment
from simgen.events import VERTEX_COLUMNS, Events
from simgen.generator import add_times, add_vertices
from simgen.interaction import Model
from simgen.rates import Flux, Oscillation

__all__ = ["Occurrence", "add_occurrence", "needs_places", "without_places"]

Occurrence = Literal["vertex", "time"]


def needs_places(experiment: Experiment, model: Model) -> bool:
    """Tell whether true events need vertices: for the detector, or because neutrinos oscillate."""
    return experiment.detector.spatial or model.delta_m2 is not None


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
    """Draw the requested ones of vertices and times of events.

    Parameters
    ----------
    events : Events
        True or measured events with their original indices; both give the same vertices and times.
    experiment : Experiment
    model : Model
    columns : sequence of {"vertex", "time"}
    seed : int
    identity : sequence of int
        Distinguishes the members of a study.

    Returns
    -------
    Events

    Raises
    ------
    ValueError
        For unknown columns, or vertices without a geometry.
    """
    unknown = sorted(set(columns) - {"vertex", "time"})
    if unknown:
        raise ValueError(f"columns must be of 'vertex' and 'time', got {', '.join(map(repr, unknown))}")
    n_source = len(experiment.source.components)
    if "vertex" in columns:
        events = add_vertices(
            events,
            experiment.geometry,
            n_source=n_source,
            seed=seed,
            identity=identity,
            oscillation=Oscillation.of(experiment.source, model),
        )
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
