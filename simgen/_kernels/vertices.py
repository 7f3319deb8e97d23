"""Vertices and times of events, drawn for 256 events side by side.

Vertices are drawn by rejection. Every slot holds one event. All slots make an attempt together, in vectorised
loops; a slot whose attempt succeeds takes the next event, the others try again. The vertex of an event
depends only on its index and on the number of its attempts, not on the slot or on its neighbours.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simgen._kernels.machine.functions import circle, logarithm_of_rest, sine_of_half
from simgen._kernels.machine.jit import kernel
from simgen._kernels.philox import philox4x32, uniforms, uniforms_of_four_words

__all__ = ["ROWS", "SLOTS", "WORDS", "PlaceArrays", "fill_inside", "fill_places", "fill_times"]

Array = NDArray[np.float64]
Words = NDArray[np.uint64]
Slots = NDArray[np.int64]
Mask = NDArray[np.bool_]

SLOTS = 256
N_SLOTS = np.uint64(SLOTS)
_8, _16, _32 = np.uint64(8), np.uint64(16), np.uint64(32)
_LOW_8, _LOW = np.uint64(0xFF), np.uint64(0xFFFFFFFF)

X, Y, Z, BASELINE, CHANCE, ENERGY, AMPLITUDE, EMISSION = (np.uint64(j * SLOTS) for j in range(8))
"""Rows of numbers: the attempted vertex and the baseline [cm], a uniform, neutrino energy [MeV], the
amplitude of the oscillation, and three rows of the point of the source [cm]."""
ROWS = 10

INDEX, DRAW, A, B, C, D, POSITION, KEEP, BUSY, CHOSEN = (np.uint64(j * SLOTS) for j in range(10))
"""Rows of words: index of the event, first draw of its attempt, and the four words of a draw; the event's
position in the columns; whether the attempt succeeds, and whether there is an event; slots that are done."""
WORDS = 10
_0, _1 = np.uint64(0), np.uint64(1)

N_VERTEX = 4
"""Rows that are filled in any case."""
DRAWS = np.uint64(2)
"""Draws of an attempt: see `simgen.random`."""


class PlaceArrays(NamedTuple):
    """Target and source as arrays; all lengths in cm."""

    inner2: float
    outer2: float
    """Bounds of x² + y² + z² in the target."""
    across2: float
    """Bound of x² + y²."""
    half: NDArray[np.float64]
    """Bounds of |x|, |y| and |z|; a bound that the shape does not have is infinite, or 0 from below."""
    extent: NDArray[np.float64]
    """Half of each edge of the smallest box around the target."""
    source: NDArray[np.float64]
    source_radius: float
    axes: NDArray[np.float64]
    """Axis of a cone that contains the target from any point of the source, and two directions across."""
    fall: float
    """1 - cos of its opening."""
    nearest: float
    span: float
    """Shortest baseline in the cone, and difference of the longest and the shortest."""


@kernel(inner=True, forceinline=True)
def _inside(x: float, y: float, z: float, target: PlaceArrays) -> bool:
    """Tell whether a point is in the target."""
    across = x * x + y * y
    square = across + z * z
    ball = (square >= target.inner2) & (square <= target.outer2) & (across <= target.across2)
    box = (abs(x) <= target.half[0]) & (abs(y) <= target.half[1]) & (abs(z) <= target.half[2])
    is_inside: bool = ball & box
    return is_inside


@kernel(inner=True)
def _draw_words(words: Words, draw: np.uint64, k0: np.uint64, k1: np.uint64) -> None:
    """Fill A to D with the random words of each slot's attempt."""
    for k in range(N_SLOTS):
        i = words[INDEX + k]
        words[A + k], words[B + k], words[C + k], words[D + k] = philox4x32(
            i & _LOW, i >> _32, words[DRAW + k] + draw, _0, k0, k1
        )


@kernel(inner=True, forceinline=True)
def _shorter(word: np.uint64) -> float:
    """Make a uniform in (0, 1) of 24 bits."""
    return (np.float64(word) + 0.5) * 2.0**-24


@kernel(inner=True)
def _draw_emission(w: Array, words: Words, target: PlaceArrays) -> None:
    """Fill X, Y and Z with points of an extended source."""
    x, y, z, radius = target.source[0], target.source[1], target.source[2], target.source_radius
    for k in range(N_SLOTS):
        a, b, c, d = words[A + k], words[B + k], words[C + k], words[D + k]
        # the largest of three is distributed as the distance from the centre of a ball
        s = radius * _shorter(max(a, b, c) >> _8)
        t, v = _shorter(d >> _8), _shorter((a & _LOW_8) << _16 | (b & _LOW_8) << _8 | c & _LOW_8)
        across, (cosine, sine) = 2.0 * s * math.sqrt(t * (1.0 - t)), circle(v)
        w[X + k], w[Y + k], w[Z + k] = x + across * cosine, y + across * sine, z + s * (2.0 * t - 1.0)


@kernel(inner=True)
def _keep_emission(w: Array, fixed: bool, target: PlaceArrays) -> None:
    """Fill EMISSION with the points of `_draw_emission`, or with the only one of a point source."""
    for j in range(3):
        row, start = EMISSION + np.uint64(j) * N_SLOTS, np.uint64(j) * N_SLOTS
        for k in range(N_SLOTS):
            w[row + k] = target.source[j] if fixed else w[start + k]


@kernel(inner=True)
def _follow_path(w: Array, words: Words, fixed: bool, target: PlaceArrays) -> None:
    """Draw a path of uniform length and direction in the cone: the density of its end is 1/r².

    It starts from the source if that is a point, else from the point of `_draw_emission`.
    """
    nearest, span, wide, axes = target.nearest, target.span, target.fall, target.axes
    x, y, z = target.source[0], target.source[1], target.source[2]
    xa, ya, za = axes[0, 0], axes[0, 1], axes[0, 2]
    xb, yb, zb = axes[1, 0], axes[1, 1], axes[1, 2]
    xc, yc, zc = axes[2, 0], axes[2, 1], axes[2, 2]
    for k in range(N_SLOTS):
        u, q, t, v = uniforms_of_four_words(words[A + k], words[B + k], words[C + k], words[D + k])
        fall = wide * t  # 1 - cos, small for a narrow cone
        r, across, (cosine, sine) = nearest + u * span, math.sqrt(fall * (2.0 - fall)), circle(v)
        a, b, c = r * (1.0 - fall), r * across * cosine, r * across * sine
        w[BASELINE + k], w[CHANCE + k] = r, q
        w[X + k] = (x if fixed else w[X + k]) + (a * xa + b * xb + c * xc)
        w[Y + k] = (y if fixed else w[Y + k]) + (a * ya + b * yb + c * yc)
        w[Z + k] = (z if fixed else w[Z + k]) + (a * za + b * zb + c * zc)


@kernel(inner=True)
def _draw_evenly(w: Array, words: Words, target: PlaceArrays) -> None:
    """Fill X, Y and Z with points of the box around the target, and BASELINE with 0."""
    x, y, z = target.extent[0], target.extent[1], target.extent[2]
    for k in range(N_SLOTS):
        u, _, t, v = uniforms_of_four_words(words[A + k], words[B + k], words[C + k], words[D + k])
        w[X + k], w[Y + k], w[Z + k] = x * (2.0 * u - 1.0), y * (2.0 * t - 1.0), z * (2.0 * v - 1.0)
        w[BASELINE + k] = 0.0


@kernel(inner=True)
def _survive(w: Array, words: Words, half_turns: float) -> None:
    """Keep events with the probability 1 - amplitude sin²(π half_turns r/E_nu)."""
    for k in range(N_SLOTS):
        v = half_turns * w[BASELINE + k] / w[ENERGY + k]
        cosine = sine_of_half(v - np.floor(v))
        lost = w[CHANCE + k] < w[AMPLITUDE + k] * (1.0 - cosine * cosine)
        words[KEEP + k] = _0 if lost else words[KEEP + k]


@kernel(inner=True)
def _test(w: Array, words: Words, target: PlaceArrays) -> None:
    """Keep vertices in the target, if their slot holds an event; the next attempt uses other draws."""
    for k in range(N_SLOTS):
        is_inside = _inside(w[X + k], w[Y + k], w[Z + k], target)
        words[KEEP + k] = words[BUSY + k] if is_inside else _0
        words[DRAW + k] += DRAWS


@kernel(inner=True)
def _sort(component: NDArray[np.int32], n_source: int, order: Slots) -> int:
    """Fill order with events of the source from the front, others from the back; return where these begin."""
    front, back = 0, len(order) - 1
    for i in range(len(order)):
        is_source = component[i] < n_source
        order[front if is_source else back] = i
        front += is_source
        back -= not is_source
    return front


@kernel(nogil=True)
def fill_places(
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    E_nu: Array,
    amplitude: Array,
    wave: float,
    target: PlaceArrays,
    k0: np.uint64,
    k1: np.uint64,
    w: Array,
    words: Words,
    order: Slots,
    vertices: Array,
) -> None:
    """Fill x, y, z and r, one row each; r is 0 for components without an amplitude: backgrounds.

    If vertices has three more rows, they are filled with the point of the source, and 0 for backgrounds.

    wave is the phase per baseline times the neutrino energy, amplitude that of each component's oscillation:
    an interaction is kept with probability 1 - amplitude sin²(wave r/E_nu). w (ROWS · SLOTS ones), words
    (WORDS · SLOTS zeros) and order (an element an event) are work space.
    """
    n_source, half_turns = _sort(component, len(amplitude), order), wave / math.pi
    n_extra_draws = 1 if target.source_radius > 0.0 else 0
    for interacts in (True, False):
        following, stop = (0, n_source) if interacts else (n_source, len(order))
        n_busy = min(stop - following, SLOTS)
        for k in range(N_SLOTS):
            words[BUSY + k], words[CHOSEN + k] = _0, k
        n_done = np.uint64(n_busy)
        while True:
            for j in range(n_done):
                k = words[CHOSEN + j]
                if following == stop:
                    words[BUSY + k] = _0
                    n_busy -= 1
                    continue
                i = order[following]
                following += 1
                words[POSITION + k], words[BUSY + k] = np.uint64(i), _1
                words[INDEX + k], words[DRAW + k] = np.uint64(event[i]), _0
                if half_turns > 0.0 and interacts:
                    w[ENERGY + k], w[AMPLITUDE + k] = E_nu[i], amplitude[component[i]]
            if n_busy == 0:
                break
            for draw in range(n_extra_draws if interacts else 0, -1, -1):
                _draw_words(words, np.uint64(draw), k0, k1)
                if draw > 0:
                    _draw_emission(w, words, target)
                elif interacts:
                    if len(vertices) > N_VERTEX:
                        _keep_emission(w, n_extra_draws == 0, target)
                    _follow_path(w, words, n_extra_draws == 0, target)
                else:
                    _draw_evenly(w, words, target)
            _test(w, words, target)
            if interacts and half_turns > 0.0:
                _survive(w, words, half_turns)
            n_done = _0
            for k in range(N_SLOTS):
                words[CHOSEN + n_done] = k
                n_done += words[KEEP + k]
            for j in range(n_done):
                k = words[CHOSEN + j]
                i = words[POSITION + k]
                vertices[0, i], vertices[1, i], vertices[2, i] = w[X + k], w[Y + k], w[Z + k]
                vertices[3, i] = w[BASELINE + k]
            for row in range(N_VERTEX, len(vertices)):
                start = EMISSION + np.uint64(row - N_VERTEX) * N_SLOTS
                for j in range(n_done):
                    k = words[CHOSEN + j]
                    vertices[row, words[POSITION + k]] = w[start + k] if interacts else 0.0


@kernel(nogil=True)
def fill_inside(points: Array, target: PlaceArrays, inside: Mask) -> None:
    """Fill a mask of the points, shape (3, n), that are in the target."""
    for i in range(len(inside)):
        inside[i] = _inside(points[0, i], points[1, i], points[2, i], target)


@kernel(nogil=True)
def fill_times(
    event: NDArray[np.int64],
    component: NDArray[np.int32],
    n_source: int,
    duration: float,
    rate: float,
    backgrounds: NDArray[np.float64],
    k0: np.uint64,
    k1: np.uint64,
    time: NDArray[np.float64],
) -> None:
    """Fill times since the start: exponential with decay rates [1/s], uniform if the rate is 0.

    `rate` is for components below n_source, `backgrounds` for the following ones; all others are uniform.
    """
    decayed_share = -math.expm1(-rate * duration)
    decays, life = (n_source, -1.0 / rate) if decayed_share > 0.0 else (0, 0.0)
    for i in range(len(event)):
        u, _ = uniforms(np.uint64(event[i]), 0, k0, k1)
        decay_time, uniform_time = min(life * logarithm_of_rest(u * decayed_share), duration), u * duration
        time[i] = decay_time if component[i] < decays else uniform_time
    # one background after the other: the loop is vectorised if all events in it have the same rate
    for b in range(len(backgrounds)):
        decayed_share, c = -math.expm1(-backgrounds[b] * duration), n_source + b
        if decayed_share > 0.0:
            life = -1.0 / backgrounds[b]
            for i in range(len(event)):
                u, _ = uniforms(np.uint64(event[i]), 0, k0, k1)
                decay_time = min(life * logarithm_of_rest(u * decayed_share), duration)
                time[i] = decay_time if component[i] == c else time[i]
