"""Where and when the events of an experiment happen."""

import math
from collections.abc import Sequence
from typing import Literal

from detsim.experiment import Experiment
from simgen.events import Events
from simgen.exposure import Flux
from simgen.geometry import Geometry
from simgen.placement import add_times, add_vertices

__all__ = ["Occurrence", "add_occurrence", "geometry_of"]

Occurrence = Literal["vertex", "time"]


def geometry_of(experiment: Experiment) -> Geometry:
    """Return the geometry of an experiment.

    Raises
    ------
    ValueError
        If it has none: under a flux every electron is alike, wherever it is.
    """
    geometry: Geometry | None = getattr(experiment.normalisation, "geometry", None)
    if geometry is None:
        raise ValueError(
            "vertices need a geometry, and an activity or a number of events: under a flux no place is "
            "different from another"
        )
    return geometry


def add_occurrence(
    events: Events,
    experiment: Experiment,
    columns: Sequence[Occurrence],
    *,
    seed: int,
    identity: Sequence[int] = (),
) -> Events:
    """Draw where and when events happen, as far as it is asked for.

    Parameters
    ----------
    events : Events
        True or measured, with the indices they were generated with; both give the same places and times.
    experiment : Experiment
    columns : sequence of {"vertex", "time"}
    seed : int
    identity : sequence of int
        What keeps the members of a study apart.

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
        geometry = geometry_of(experiment)
        events = add_vertices(events, geometry, n_source=n_source, seed=seed, identity=identity)
    if "time" in columns:
        constant = isinstance(experiment.normalisation, Flux)
        half_life = math.inf if constant else experiment.source.half_life
        events = add_times(
            events, experiment.exposure, half_life, n_source=n_source, seed=seed, identity=identity
        )
    return events
