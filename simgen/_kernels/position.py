"""Drawing of the place and time of an event."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.jit import kernel
from simgen._kernels.philox import uniforms

SHELL, CYLINDER, BOX = 0, 1, 2
DRAWS = 4
"""Draws that belong to one attempt; the n-th attempt owns DRAWS·n, DRAWS·n + 1, ..."""


class PlaceArrays(NamedTuple):
    """Target and source as the kernel sees them; all lengths in cm."""

    shape: int
    size: NDArray[np.float64]
    """SHELL: outer and inner radius. CYLINDER: radius and half the height. BOX: half of each edge."""
    extent: NDArray[np.float64]
    """Half of each edge of the smallest box around the target."""
    bound: float
    """Radius of the smallest sphere around the target."""
    source: NDArray[np.float64]
    source_radius: float
    largest: float
    """Largest value of `_reach` over the source."""


@kernel()
def _inside(x: float, y: float, z: float, place: PlaceArrays) -> bool:
    """Tell whether a point is in the target."""
    if place.shape == SHELL:
        square = x * x + y * y + z * z
        return bool(place.size[1] ** 2 <= square <= place.size[0] ** 2)
    if place.shape == CYLINDER:
        return bool(x * x + y * y <= place.size[0] ** 2 and abs(z) <= place.size[1])
    return bool(abs(x) <= place.size[0] and abs(y) <= place.size[1] and abs(z) <= place.size[2])


@kernel()
def _reach(distance: float, place: PlaceArrays) -> tuple[float, float, float]:
    """Bound what is seen of the target: 1 - cos of the cone that holds it, and the range of r [cm].

    Without the cone's axis: from inside the bounding sphere the cone is all directions.
    """
    bound = place.bound
    if distance <= bound:
        nearest = max(place.size[1] - distance, 0.0) if place.shape == SHELL else 0.0
        return 2.0, nearest, distance + bound
    ratio = bound / distance
    return ratio * ratio / (1.0 + math.sqrt(1.0 - ratio * ratio)), distance - bound, distance + bound


@kernel()
def _turn(x: float, y: float, z: float, cosine: float, sine: float, phi: float) -> tuple[float, float, float]:
    """Turn a unit vector by a polar angle, and around itself by phi."""
    # an orthonormal basis without a singular direction (Duff et al., JCGT 6, 2017)
    sign = 1.0 if z >= 0.0 else -1.0
    a = -1.0 / (sign + z)
    b = x * y * a
    u, v = sine * math.cos(phi), sine * math.sin(phi)
    return (
        u * (1.0 + sign * x * x * a) + v * b + cosine * x,
        u * sign * b + v * (sign + y * y * a) + cosine * y,
        -u * sign * x - v * y + cosine * z,
    )


@kernel()
def draw_interaction(
    index: int, place: PlaceArrays, amplitude: float, wave: float, k0: np.uint64, k1: np.uint64
) -> tuple[float, float, float, float]:
    """Draw a vertex with density 1/r² from a source that is filled evenly; return it and r.

    In r and direction around the source point the density 1/r² dV = dr dΩ is flat. With an amplitude it is
    kept with probability 1 - amplitude sin²(wave r).
    """
    draw = 0
    while True:
        x, y, z = place.source[0], place.source[1], place.source[2]
        w, v = uniforms(index, draw + 1, k0, k1)
        if place.source_radius > 0.0:
            s, t = uniforms(index, draw + 2, k0, k1)
            p, _ = uniforms(index, draw + 3, k0, k1)
            s = place.source_radius * s ** (1.0 / 3.0)
            cosine = 2.0 * t - 1.0
            across = s * math.sqrt(1.0 - cosine * cosine)
            x += across * math.cos(2.0 * math.pi * p)
            y += across * math.sin(2.0 * math.pi * p)
            z += s * cosine
        distance = math.sqrt(x * x + y * y + z * z)
        cap, nearest, farthest = _reach(distance, place)
        if w * place.largest <= cap * (farthest - nearest):
            u, t = uniforms(index, draw, k0, k1)
            r = nearest + u * (farthest - nearest)
            fall = cap * t  # 1 - cos, small for a narrow cone
            sine = math.sqrt(fall * (2.0 - fall))
            if distance > 0.0:
                a, b, c = -x / distance, -y / distance, -z / distance
            else:
                a, b, c = 0.0, 0.0, 1.0
            a, b, c = _turn(a, b, c, 1.0 - fall, sine, 2.0 * math.pi * v)
            x, y, z = x + r * a, y + r * b, z + r * c
            if _inside(x, y, z, place):
                if amplitude == 0.0:
                    return x, y, z, r
                _, q = uniforms(index, draw + 3, k0, k1)
                if q >= amplitude * math.sin(wave * r) ** 2:
                    return x, y, z, r
        draw += DRAWS


@kernel()
def draw_uniform(index: int, place: PlaceArrays, k0: np.uint64, k1: np.uint64) -> tuple[float, float, float]:
    """Draw a point evenly in the target."""
    draw = 0
    while True:
        u, v = uniforms(index, draw, k0, k1)
        w, _ = uniforms(index, draw + 1, k0, k1)
        x, y, z = (2.0 * u - 1.0), (2.0 * v - 1.0), (2.0 * w - 1.0)
        x, y, z = x * place.extent[0], y * place.extent[1], z * place.extent[2]
        if _inside(x, y, z, place):
            return x, y, z
        draw += DRAWS


@kernel(nogil=True)
def fill_places(
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    E_nu: NDArray[np.float64],
    amplitude: NDArray[np.float64],
    wave: float,
    place: PlaceArrays,
    k0: np.uint64,
    k1: np.uint64,
    vertices: NDArray[np.float64],
) -> None:
    """Fill x, y, z and r, one row each; r is 0 for components without an amplitude: backgrounds.

    wave is the phase per way times the neutrino energy, amplitude that of each component's oscillation.
    """
    for i in range(len(event)):
        c = component[i]
        if c < len(amplitude):
            x, y, z, r = draw_interaction(event[i], place, amplitude[c], wave / E_nu[i], k0, k1)
        else:
            x, y, z = draw_uniform(event[i], place, k0, k1)
            r = 0.0
        vertices[0, i], vertices[1, i], vertices[2, i], vertices[3, i] = x, y, z, r


@kernel(nogil=True)
def fill_inside(points: NDArray[np.float64], place: PlaceArrays, inside: NDArray[np.bool_]) -> None:
    """Fill which points, shape (3, n), are in the target."""
    for i in range(len(inside)):
        inside[i] = _inside(points[0, i], points[1, i], points[2, i], place)


@kernel(nogil=True)
def fill_times(
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    n_source: int,
    duration: float,
    rate: float,
    k0: np.uint64,
    k1: np.uint64,
    time: NDArray[np.float64],
) -> None:
    """Fill times since the start: of a decay with this rate [1/s], even for components from n_source on."""
    lived = -math.expm1(-rate * duration)
    for i in range(len(event)):
        u, _ = uniforms(event[i], 0, k0, k1)
        if component[i] < n_source and lived > 0.0:
            time[i] = min(-math.log1p(-u * lived) / rate, duration)
        else:
            time[i] = u * duration
