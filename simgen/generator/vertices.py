"""Vertices in the target, and times in the exposure.

Both depend on the index of an event and on its component only, so that they can be drawn before or after the
detector stage.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.vertices import (
    ROWS,
    SLOTS,
    WORDS,
    PlaceArrays,
    fill_inside,
    fill_places,
    fill_times,
)
from simgen.events import Events
from simgen.geometry import Box, Cylinder, Geometry, Shell, Sphere
from simgen.random import Stage, kernel_key
from simgen.rates import WAVE, Exposure, Oscillation
from simgen.threads import in_parts

__all__ = ["add_times", "add_vertices", "contains", "place_arrays"]

Array = NDArray[np.float64]


def place_arrays(geometry: Geometry) -> PlaceArrays:
    """Prepare the drawing of vertices.

    Raises
    ------
    TypeError
        If the shape is none of sphere, shell, cylinder and box.
    """
    inner, outer, across, half = 0.0, math.inf, math.inf, (math.inf,) * 3
    if isinstance(geometry, Sphere | Shell):
        inner = geometry.inner_radius if isinstance(geometry, Shell) else 0.0
        outer = bound = geometry.radius
        extent: tuple[float, ...] = (outer, outer, outer)
    elif isinstance(geometry, Cylinder):
        across, half = geometry.radius, (math.inf, math.inf, geometry.height / 2)
        extent, bound = (across, across, half[2]), math.hypot(across, half[2])
    elif isinstance(geometry, Box):
        x, y, z = geometry.size
        half = extent = (x / 2, y / 2, z / 2)
        bound = math.hypot(*extent)
    else:
        raise TypeError(f"vertices need a Sphere, Shell, Cylinder or Box, got {type(geometry).__name__}")
    source, distance = np.array(geometry.source_centre), math.hypot(*geometry.source_centre)
    # relative to a point of the source, the target is displaced by up to the radius of the source
    apparent_radius = bound + geometry.source_radius
    if distance > apparent_radius:
        ratio = apparent_radius / distance
        fall = ratio * ratio / (1.0 + math.sqrt(1.0 - ratio * ratio))
        nearest = distance - apparent_radius
    else:
        fall, nearest = 2.0, max(inner - distance - geometry.source_radius, 0.0)
    return PlaceArrays(
        inner2=inner**2,
        outer2=outer**2,
        across2=across**2,
        half=np.array(half),
        extent=np.array(extent),
        source=source,
        source_radius=float(geometry.source_radius),
        axes=_axes(-source),
        fall=fall,
        nearest=nearest,
        span=distance + apparent_radius - nearest,
    )


def _axes(direction: Array) -> Array:
    """Return unit vectors: a direction and two perpendicular ones; the coordinate axes for a vector of 0."""
    if not direction.any():
        return np.identity(3)
    axis = direction / math.hypot(*direction)
    across = np.cross(axis, np.identity(3)[np.argmin(np.abs(axis))])
    across /= math.hypot(*across)
    return np.stack([axis, across, np.cross(axis, across)])


def contains(geometry: Geometry, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
    """Tell which points [cm] lie in a target."""
    points = np.stack([np.asarray(c, np.float64) for c in (x, y, z)])
    is_inside, target = np.empty(points.shape[1], np.bool_), place_arrays(geometry)
    in_parts(lambda a, b: fill_inside(points[:, a:b].copy(), target, is_inside[a:b]), 0, len(is_inside))
    return is_inside


def add_vertices(
    events: Events,
    geometry: Geometry,
    *,
    n_source: int,
    seed: int,
    identity: Sequence[int] = (),
    oscillation: Oscillation | None = None,
    emission: bool = False,
) -> Events:
    """Draw the vertices of events.

    Parameters
    ----------
    events : Events
    geometry : Geometry
    n_source : int
        Number of components of the source: `events.component` counts these from 0; from n_source on it means
        backgrounds, which are spread evenly over the target.
    seed : int
    identity : sequence of int
        Distinguishes the members of a study.
    oscillation : Oscillation, optional
        The oscillation for which the neutrino energies were drawn.
    emission : bool
        Whether to keep the point of the source from which each vertex was drawn; the vertices are the same.

    Returns
    -------
    Events
        Events with `vertex_x`, `vertex_y`, `vertex_z` and `L`, and with `emission_x`, `emission_y` and
        `emission_z` if asked for: 0 for a background.

    Notes
    -----
    The density of interactions is proportional to 1/r², where r is the distance between points of target and
    source. Because dV/r² = dr dΩ, the point of the source, r and the direction are drawn uniformly; r and the
    direction are drawn in a cone that contains the target as seen from every point of the source. Vertices
    outside the target are drawn again. A neutrino that oscillates is kept with its survival probability.
    """
    k0, k1 = kernel_key(seed, Stage.VERTEX_POSITION, *identity).astype(np.uint64)
    rows = np.empty((7 if emission else 4, len(events)))
    amplitude = np.zeros(n_source) if oscillation is None else np.array(oscillation.amplitudes)
    wave = 0.0 if oscillation is None else WAVE * oscillation.delta_m2
    E_nu, target = np.asarray(events.E_nu, np.float64), place_arrays(geometry)

    def draw(a: int, b: int) -> None:
        columns = (events.event[a:b], events.component[a:b], E_nu[a:b])
        work = (np.ones(ROWS * SLOTS), np.zeros(WORDS * SLOTS, np.uint64), np.empty(b - a, np.int64))
        part = np.empty((len(rows), b - a))  # contiguous for any part: compiled once
        fill_places(*columns, amplitude, wave, target, k0, k1, *work, part)
        rows[:, a:b] = part

    in_parts(draw, 0, len(events))
    names = ("vertex_x", "vertex_y", "vertex_z", "L", "emission_x", "emission_y", "emission_z")
    columns: dict[str, Any] = dict(zip(names, rows, strict=False))
    return replace(events, **columns)


def add_times(
    events: Events,
    exposure: Exposure,
    half_life: float,
    *,
    n_source: int,
    seed: int,
    identity: Sequence[int] = (),
    backgrounds: Sequence[float] = (),
) -> Events:
    """Draw the times of events.

    Parameters
    ----------
    events : Events
    exposure : Exposure
    half_life : float
        Half-life of the source [s]; infinity for a constant source.
    n_source : int
        Number of components of the source: from this number on `events.component` means backgrounds.
    seed : int
    identity : sequence of int
        Distinguishes the members of a study.
    backgrounds : sequence of float
        Half-lives of the backgrounds [s], in their order; those without one are constant in time.

    Returns
    -------
    Events
        Events with `time`, since the start of the exposure.

    Notes
    -----
    The density of a component is 2^(-t/T½) for 0 ≤ t ≤ duration, and its integral is inverted: t =
    -ln(1 - u (1 - 2^(-duration/T½))) T½/ln 2. The start of the exposure changes the number of events only.
    """
    k0, k1 = kernel_key(seed, Stage.TIME, *identity).astype(np.uint64)
    time = np.empty(len(events))
    rate = math.log(2) / half_life
    rates = math.log(2) / np.array(backgrounds, np.float64)
    duration = exposure.duration

    def draw(a: int, b: int) -> None:
        columns = (events.event[a:b], events.component[a:b])
        fill_times(*columns, n_source, duration, rate, rates, k0, k1, time[a:b])

    in_parts(draw, 0, len(events))
    return replace(events, time=time)
