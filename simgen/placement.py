"""Where and when events happen: vertices in the target, times in the exposure.

Both depend on the index of an event and on its component only, so that they can be drawn before or after the
detector stage.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.position import (
    BOX,
    CYLINDER,
    SHELL,
    PlaceArrays,
    _reach,
    fill_inside,
    fill_places,
    fill_times,
)
from simgen.events import Events
from simgen.exposure import Exposure
from simgen.geometry import Box, Cylinder, Geometry, Shell, Sphere
from simgen.oscillation import WAVE, Oscillation
from simgen.random import Stage, kernel_key
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
    size: tuple[float, ...]
    if isinstance(geometry, Sphere | Shell):
        inner = geometry.inner_radius if isinstance(geometry, Shell) else 0.0
        shape, size = SHELL, (geometry.radius, inner)
        extent, bound = (geometry.radius,) * 3, geometry.radius
    elif isinstance(geometry, Cylinder):
        half = geometry.height / 2
        shape, size = CYLINDER, (geometry.radius, half)
        extent, bound = (geometry.radius, geometry.radius, half), math.hypot(geometry.radius, half)
    elif isinstance(geometry, Box):
        x, y, z = geometry.size
        shape, extent = BOX, (x / 2, y / 2, z / 2)
        size, bound = extent, math.hypot(*extent)
    else:
        raise TypeError(f"vertices need a Sphere, Shell, Cylinder or Box, got {type(geometry).__name__}")
    place = PlaceArrays(
        shape=shape,
        size=np.array(size),
        extent=np.array(extent),
        bound=bound,
        source=np.array(geometry.source_centre),
        source_radius=geometry.source_radius,
        largest=math.inf,
    )
    # the bound rises up to the surface of the bounding sphere, drops there and falls
    distance = math.hypot(*geometry.source_centre)
    nearest = max(distance - geometry.source_radius, 0.0)
    at = min(distance + geometry.source_radius, bound) if nearest <= bound else nearest
    cap, low, high = _reach(at, place)
    return place._replace(largest=cap * (high - low) * (1 + 1e-12))


def contains(geometry: Geometry, x: Array, y: Array, z: Array) -> NDArray[np.bool_]:
    """Tell which points [cm] lie in a target."""
    points = np.stack([np.asarray(c, np.float64) for c in (x, y, z)])
    inside, place = np.empty(points.shape[1], np.bool_), place_arrays(geometry)
    in_parts(lambda a, b: fill_inside(points[:, a:b], place, inside[a:b]), 0, len(inside))
    return inside


def add_vertices(
    events: Events,
    geometry: Geometry,
    *,
    n_source: int,
    seed: int,
    identity: Sequence[int] = (),
    oscillation: Oscillation | None = None,
) -> Events:
    """Draw where events happen.

    Parameters
    ----------
    events : Events
    geometry : Geometry
    n_source : int
        Number of components of the source; those behind them are backgrounds, spread evenly over the target.
    seed : int
    identity : sequence of int
        What keeps the members of a study apart.
    oscillation : Oscillation, optional
        That under which the neutrino energies were drawn.

    Returns
    -------
    Events
        With `vertex_x`, `vertex_y`, `vertex_z` and `L`.

    Notes
    -----
    The density of interactions is 1/r² in target × source, r their distance: dV/r² = dr dΩ, so that r and the
    direction are drawn evenly in a cone that holds the target, and what misses it is drawn again. A neutrino
    that oscillates is kept with the probability that it survives its way.
    """
    k0, k1 = kernel_key(seed, Stage.VERTEX_POSITION, *identity).astype(np.uint64)
    found = np.empty((4, len(events)))
    amplitude = np.zeros(n_source) if oscillation is None else np.array(oscillation.amplitudes)
    wave = 0.0 if oscillation is None else WAVE * oscillation.delta_m2
    E_nu, place = events.E_nu.astype(np.float64), place_arrays(geometry)

    def draw(a: int, b: int) -> None:
        columns = (events.event[a:b], events.component[a:b], E_nu[a:b])
        fill_places(*columns, amplitude, wave, place, k0, k1, found[:, a:b])

    in_parts(draw, 0, len(events))
    return replace(events, vertex_x=found[0], vertex_y=found[1], vertex_z=found[2], L=found[3])


def add_times(
    events: Events,
    exposure: Exposure,
    half_life: float,
    *,
    n_source: int,
    seed: int,
    identity: Sequence[int] = (),
) -> Events:
    """Draw when events happen.

    Parameters
    ----------
    events : Events
    exposure : Exposure
    half_life : float
        Of the source [s]; infinity for a constant one.
    n_source : int
        Number of components of the source; those behind them are backgrounds, constant in time.
    seed : int
    identity : sequence of int
        What keeps the members of a study apart.

    Returns
    -------
    Events
        With `time`, since the start of the exposure.
    """
    k0, k1 = kernel_key(seed, Stage.TIME, *identity).astype(np.uint64)
    time = np.empty(len(events))
    rate = math.log(2) / half_life
    duration = exposure.duration

    def draw(a: int, b: int) -> None:
        fill_times(events.event[a:b], events.component[a:b], n_source, duration, rate, k0, k1, time[a:b])

    in_parts(draw, 0, len(events))
    return replace(events, time=time)
