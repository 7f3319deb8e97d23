"""Solid angle Ω(d) of a target at each distance d from a point.

A sphere of radius d around the point has the area Ω(d) d² inside the target, so that dV = Ω(d) d² dd. A slice
of this area at z is an arc: dA = d dz dψ.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from simgen.geometry.volumes import Box, Cylinder, Geometry, Shell, Sphere
from simgen.quadrature import clustered_nodes

__all__ = ["kinks", "shrunk", "solid_angle"]

Array = NDArray[np.float64]

_N_NODES = 48


def shrunk(geometry: Geometry, inset: float) -> Geometry:
    """Return the part of a target that is at least `inset` [cm] from its surface, as a geometry.

    Raises
    ------
    ValueError
        If nothing is left.
    TypeError
        If the shape is none of sphere, shell, cylinder and box.
    """
    if inset == 0:
        return geometry
    sizes: tuple[float, ...]
    match geometry:
        case Shell():
            sizes = (geometry.radius - geometry.inner_radius - 2 * inset,)
        case Sphere():
            sizes = (geometry.radius - inset,)
        case Cylinder():
            sizes = (geometry.radius - inset, geometry.height - 2 * inset)
        case Box():
            sizes = tuple(edge - 2 * inset for edge in geometry.size)
        case _:
            raise TypeError(f"needs a Sphere, Shell, Cylinder or Box, got {type(geometry).__name__}")
    if min(sizes) <= 0:
        raise ValueError(f"nothing of the target is {inset:g} cm from its surface")
    match geometry:
        case Shell():
            return replace(
                geometry, radius=geometry.radius - inset, inner_radius=geometry.inner_radius + inset
            )
        case Sphere():
            return replace(geometry, radius=sizes[0])
        case Cylinder():
            return replace(geometry, radius=sizes[0], height=sizes[1])
        case _:
            return replace(geometry, size=sizes)  # type: ignore[arg-type]  # three sizes


def kinks(geometry: Geometry) -> Array:
    """List the distances from the source's centre between which Ω(d) is smooth, both ends included [cm]."""
    x, y, z = geometry.source_centre
    match geometry:
        case Sphere() | Shell():
            distance = math.hypot(x, y, z)
            radii = (geometry.radius, *((geometry.inner_radius,) if isinstance(geometry, Shell) else ()))
            distances = [abs(distance + sign * r) for r in radii for sign in (1, -1)]
            is_inside = distance < geometry.radius
        case Cylinder():
            b, half = math.hypot(x, y), geometry.height / 2
            across = [abs(geometry.radius - b), geometry.radius + b]
            along = [abs(half - z), half + z] if abs(z) <= half else [abs(z) - half, abs(z) + half]
            distances = [*across, *along, *(math.hypot(*pair) for pair in product(across, along))]
            is_inside = b < geometry.radius and abs(z) < half
        case Box():
            ends = [(-e / 2 - c, e / 2 - c) for e, c in zip(geometry.size, (x, y, z), strict=True)]
            distances = [math.hypot(*corner) for corner in product(*(((*pair, 0.0)) for pair in ends))]
            is_inside = all(low < 0 < high for low, high in ends)
        case _:
            raise TypeError(f"needs a Sphere, Shell, Cylinder or Box, got {type(geometry).__name__}")
    nearest = 0.0 if is_inside else _nearest(geometry)
    farthest = max(distances)
    tolerance = 1e-9 * farthest
    between = [d for d in distances if nearest + tolerance < d < farthest - tolerance]
    points = np.unique([nearest, *between, farthest])
    return np.asarray(points[np.append(True, np.diff(points) > tolerance)])


def _nearest(geometry: Geometry) -> float:
    """Compute the distance of the target from a point outside it [cm]."""
    x, y, z = geometry.source_centre
    match geometry:
        case Shell():
            distance = math.hypot(x, y, z)
            return max(distance - geometry.radius, geometry.inner_radius - distance, 0.0)
        case Sphere():
            return max(math.hypot(x, y, z) - geometry.radius, 0.0)
        case Cylinder():
            across = max(math.hypot(x, y) - geometry.radius, 0.0)
            return math.hypot(across, max(abs(z) - geometry.height / 2, 0.0))
        case Box():
            offsets = (max(abs(c) - e / 2, 0.0) for c, e in zip((x, y, z), geometry.size, strict=True))
            return math.hypot(*offsets)
    raise TypeError(f"needs a Sphere, Shell, Cylinder or Box, got {type(geometry).__name__}")


def solid_angle(geometry: Geometry, distance: Array) -> Array:
    """Compute the solid angle that the target fills at each distance from the source's centre.

    Parameters
    ----------
    geometry : Sphere, Shell, Cylinder or Box
    distance : ndarray
        [cm], above 0.

    Returns
    -------
    ndarray
        From 0 to 4π.

    Raises
    ------
    TypeError
        If the shape is none of these.
    """
    x, y, z = geometry.source_centre
    match geometry:
        case Shell():
            centre = math.hypot(x, y, z)
            return _ball(geometry.radius, centre, distance) - _ball(geometry.inner_radius, centre, distance)
        case Sphere():
            return _ball(geometry.radius, math.hypot(x, y, z), distance)
        case Cylinder():
            b, R, half = math.hypot(x, y), geometry.radius, geometry.height / 2
            arc = partial(_arc_in_circle, R=R, b=b)
            return np.array([_slices(arc, d, -half - z, half - z, (abs(R - b), R + b)) for d in distance])
        case Box():
            ends = [(-e / 2 - c, e / 2 - c) for e, c in zip(geometry.size, (x, y, z), strict=True)]
            radii = [math.hypot(*corner) for corner in product((*ends[0], 0.0), (*ends[1], 0.0))]
            arc = partial(_arc_in_rectangle, x=ends[0], y=ends[1])
            return np.array([_slices(arc, d, *ends[2], radii) for d in distance])
    raise TypeError(f"needs a Sphere, Shell, Cylinder or Box, got {type(geometry).__name__}")


def _ball(R: float, centre: float, d: Array) -> Array:
    """Compute Ω(d) of a ball from the distance of its centre: 2π(1 - cosθ), θ where the spheres cross."""
    if centre == 0:
        return np.where(d <= R, 4 * math.pi, 0.0)
    # 1 - cosθ, in a form without cancellation
    fall = ((R - d + centre) * (R + d - centre)) / (2 * centre * d)
    return np.asarray(2 * math.pi * np.clip(fall, 0.0, 2.0))


def _slices(
    arc: Callable[[Array], Array], d: float, low: float, high: float, radii: Sequence[float]
) -> float:
    """Integrate arcs ψ(ρ) over z at one distance, with ρ² = d² - z²; ψ has kinks at given radii."""
    low, high = max(low, -d), min(high, d)
    if high <= low:
        return 0.0
    # with z = d sinα, dz/d = cosα dα and ρ = d cosα, the integrand is smooth where the slice is a point
    ends = math.asin(low / d), math.asin(high / d)
    bends = [math.acos(r / d) for r in radii if 0 <= r < d]
    # at α = 0 the largest circle may nearly reach a kink
    inner_stops = {a for bend in (0.0, *bends) for a in (bend, -bend) if ends[0] < a < ends[1]}
    stops = np.array(sorted({*ends, *inner_stops}))
    share, measure = clustered_nodes(_N_NODES)
    alpha = stops[:-1, None] + np.diff(stops)[:, None] * share
    weights = np.diff(stops)[:, None] * measure * np.cos(alpha)
    return float(np.sum(weights * arc(d * np.cos(alpha))))


def _arc_in_circle(rho: Array, *, R: float, b: float) -> Array:
    """Measure the arc of a circle of radius ρ inside one of radius R, their centres b apart [rad]."""
    if b == 0:
        return np.where(rho <= R, 2 * math.pi, 0.0)
    # sin² of a quarter of the arc, in a form without cancellation
    with np.errstate(divide="ignore"):
        square = (R - b + rho) * (R + b - rho) / (4 * b * rho)
    return np.asarray(4 * np.arcsin(np.sqrt(np.clip(square, 0.0, 1.0))))


def _arc_in_rectangle(rho: Array, *, x: tuple[float, float], y: tuple[float, float]) -> Array:
    """Measure the arc of a circle of radius ρ around the origin inside a rectangle [rad]."""
    safe = np.maximum(rho, 1e-300)
    cuts = [np.zeros_like(rho), np.full_like(rho, 2 * math.pi)]
    for limit in x:
        angle = np.arccos(np.clip(limit / safe, -1.0, 1.0))
        cuts += [angle, 2 * math.pi - angle]
    for limit in y:
        angle = np.arcsin(np.clip(limit / safe, -1.0, 1.0))
        cuts += [angle % (2 * math.pi), math.pi - angle]
    ordered = np.sort(np.stack(cuts), axis=0)
    middle = (ordered[1:] + ordered[:-1]) / 2
    across, up = rho * np.cos(middle), rho * np.sin(middle)
    is_inside = (x[0] <= across) & (across <= x[1]) & (y[0] <= up) & (up <= y[1])
    return np.asarray(np.sum(np.where(is_inside, np.diff(ordered, axis=0), 0.0), axis=0))
