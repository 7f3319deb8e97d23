"""Places and times of events against the densities they are drawn from."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.distributions import way

from simgen.events import Events
from simgen.generator.vertices import add_times, add_vertices
from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.rates.exposure import Exposure
from simgen.rates.oscillation import Oscillation

ALPHA = 1e-3
N = 100_000
DAY = 86400.0


def blank(n, *, first=0, component=0):
    """Events without energies: only their number counts."""
    zero = np.zeros(n)
    return Events(
        event=np.arange(first, first + n),
        component=np.full(n, component, np.int32),
        line=np.zeros(n, np.int32),
        E_nu=zero,
        T=zero,
        cos_theta=zero,
        n_generated=n,
    )


def vertices(geometry, *, seed=21, n=N, **options):
    return add_vertices(blank(n, **options), geometry, n_source=1, seed=seed)


def points(events):
    return np.stack([events.vertex_x, events.vertex_y, events.vertex_z], axis=1)


def inside(geometry, x):
    if isinstance(geometry, Box):
        return np.all(np.abs(x) <= np.array(geometry.size) / 2, axis=1)
    if isinstance(geometry, Cylinder):
        return (np.hypot(x[:, 0], x[:, 1]) <= geometry.radius) & (np.abs(x[:, 2]) <= geometry.height / 2)
    r = np.linalg.norm(x, axis=1)
    return (r <= geometry.radius * (1 + 1e-12)) & (r >= getattr(geometry, "inner_radius", 0) * (1 - 1e-12))


SHAPES = [
    Sphere(radius=100.0),
    Shell(inner_radius=60.0, radius=100.0),
    Cylinder(radius=60.0, height=100.0),
    Box(size=(120.0, 80.0, 100.0)),
]
PLACES = [(0.0, 0.0, 0.0), (20.0, -30.0, 10.0), (10.0, 0.0, 99.0), (0.0, -90.0, -160.0), (900.0, 0.0, 1.0)]


@pytest.mark.parametrize("source_radius", [0.0, 40.0])
@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda g: type(g).__name__)
def test_mean_of_the_square_of_the_way(shape, place, source_radius):
    """Twin. Finds 1 % in ⟨r²⟩ = 1/⟨1/r²⟩, r² weights that are not even in the volume (5 z tests)."""
    geometry = replace(shape, source_position=place, source_radius=source_radius)
    events = vertices(geometry)
    x = points(events)
    assert inside(geometry, x).all()
    way = np.linalg.norm(x - np.array(place), axis=1)
    assert np.all(np.abs(events.L - way) <= source_radius + 1e-9 * way)
    square = events.L**2
    expected = 1 / (4 * math.pi * geometry.mean_inverse_square())
    # r² 4π⟨1/(4πr²)⟩ undoes the density: what is even in the volume has mean 0 for each coordinate
    z = [(square.mean() - expected) / (square.std() / math.sqrt(N))]
    for i in range(3):
        moment = square * x[:, i]
        z.append(moment.mean() / (moment.std() / math.sqrt(N)))
    second = square * (x[:, 2] ** 2 - mean_square_of_z(geometry))
    z.append(second.mean() / (second.std() / math.sqrt(N)))
    assert np.max(np.abs(z)) < stats.norm.isf(ALPHA / 10)


def mean_square_of_z(geometry):
    if isinstance(geometry, Box):
        return geometry.size[2] ** 2 / 12
    if isinstance(geometry, Cylinder):
        return geometry.height**2 / 12
    inner = getattr(geometry, "inner_radius", 0.0)
    return (geometry.radius**5 - inner**5) / (geometry.radius**3 - inner**3) / 5


@pytest.mark.parametrize("source_radius", [0.0, 30.0])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_cells_of_a_box(place, source_radius):
    """Twin. Finds 9 % in one of 24 cells, whose shares are known by quadrature (χ²)."""
    box = Box(size=(120.0, 80.0, 100.0), source_position=place, source_radius=source_radius)
    edges = [np.array(e) for e in ([-60.0, 5.0, 60.0], [-40.0, -10.0, 20.0, 40.0], [-50, -40, 0, 30, 50.0])]
    counts = np.histogramdd(points(vertices(box, seed=22)), edges)[0]
    shares = np.empty_like(counts)
    for cell in np.ndindex(shares.shape):
        low, high = (np.array([e[i + k] for e, i in zip(edges, cell, strict=True)]) for k in (0, 1))
        moved = tuple(np.array(place) - (low + high) / 2)
        part = Box(size=tuple(high - low), source_position=moved, source_radius=source_radius)
        shares[cell] = part.volume * part.mean_inverse_square()
    assert stats.chisquare(counts.ravel(), N * shares.ravel() / shares.sum()).pvalue > ALPHA


@pytest.mark.parametrize("source_radius", [0.0, 30.0])
@pytest.mark.parametrize("place", PLACES, ids=str)
def test_cells_of_a_cylinder(place, source_radius):
    """Twin. Finds 8 % in one of 12 rings, whose shares are known by quadrature (χ²)."""
    z, rho = np.array([-50.0, -45.0, 10.0, 50.0]), np.array([0.0, 15.0, 30.0, 45.0, 60.0])
    x = points(
        vertices(
            Cylinder(radius=60.0, height=100.0, source_position=place, source_radius=source_radius), seed=23
        )
    )
    counts = np.histogram2d(x[:, 2], np.hypot(x[:, 0], x[:, 1]), [z, rho])[0]
    full = np.zeros((3, 5))
    for i in range(3):
        moved = (*place[:2], place[2] - (z[i] + z[i + 1]) / 2)
        for j in range(1, 5):
            part = Cylinder(
                radius=rho[j], height=z[i + 1] - z[i], source_position=moved, source_radius=source_radius
            )
            full[i, j] = part.volume * part.mean_inverse_square()
    shares = np.diff(full, axis=1)
    assert stats.chisquare(counts.ravel(), N * shares.ravel() / shares.sum()).pvalue > ALPHA


@pytest.mark.parametrize("shape", SHAPES[:2], ids=lambda g: type(g).__name__)
def test_way_and_direction_around_the_centre(shape):
    """Closed form. Finds 0.7 % anywhere: r even between the radii, the direction even on the sphere (KS)."""
    events = vertices(shape)
    low = getattr(shape, "inner_radius", 0.0)
    assert stats.kstest(events.L, "uniform", (low, shape.radius - low)).pvalue > ALPHA
    assert stats.kstest(events.vertex_z / events.L, "uniform", (-1, 2)).pvalue > ALPHA
    phi = np.arctan2(events.vertex_y, events.vertex_x)
    assert stats.kstest(phi, "uniform", (-math.pi, 2 * math.pi)).pvalue > ALPHA


@pytest.mark.parametrize("distance", [60.0, 99.9, 100.0, 120.0, 825.0, 1e5])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_way_and_direction_beside_a_sphere(axis, distance):
    """Closed form. Finds 0.7 % anywhere in r or in cos θ as seen from the source, or an uneven angle."""
    R, d = 100.0, distance
    centre = np.zeros(3)
    centre[axis] = -d
    events = vertices(Sphere(radius=R, source_position=tuple(centre)), seed=24 + axis)
    seen = (points(events) - centre) / events.L[:, None]
    # share of r: solid angle of the sphere's part at r; share of cos θ: the chord
    r = np.linspace(max(d - R, 0), d + R, 20001)
    cap = np.clip((R - d + r) * (R + d - r) / (2 * d * np.maximum(r, 1e-9)), 0, 2)
    assert stats.kstest(events.L, tabulated(r, cap)).pvalue > ALPHA
    fall = 1 - seen[:, axis]
    largest = 2.0 if d <= R else 1 - math.sqrt(1 - (R / d) ** 2)
    if d < 1e4:  # beyond, 1 - cos θ of the vertices is lost in their rounding
        g = largest * (1 - np.cos(np.linspace(0, math.pi, 20001))) / 2
        c = 1 - g
        root = np.sqrt(np.maximum(R * R - d * d * (1 - c * c), 0))
        chord = 2 * root if d > R else np.maximum(d * c + root, 0)
        assert stats.kstest(fall, tabulated(g, chord)).pvalue > ALPHA
    others = [i for i in range(3) if i != axis]
    angle = np.arctan2(seen[:, others[0]], seen[:, others[1]])
    assert stats.kstest(angle, "uniform", (-math.pi, 2 * math.pi)).pvalue > ALPHA


NEAR = [(0.0, 0.0, 0.0), (20.0, -30.0, 10.0), (10.0, 0.0, 99.0), (0.0, -90.0, -160.0)]
ABOVE = [(0.0, 0.0, 0.0), (0.0, 0.0, 30.0), (0.0, 0.0, 49.5), (0.0, 0.0, 51.0), (0.0, 0.0, -400.0)]
BESIDE = [*ABOVE[:4], (20.0, -30.0, 10.0), (10.0, 5.0, 99.0)]
WAYS = [
    *(
        replace(shape, source_position=p, source_radius=a)
        for shape in SHAPES[:2]
        for p in NEAR
        for a in (0, 30.0)
    ),
    *(replace(SHAPES[2], source_position=p) for p in ABOVE),
    *(replace(SHAPES[3], source_position=p) for p in BESIDE),
]


@pytest.mark.parametrize(
    "geometry", WAYS, ids=lambda g: f"{type(g).__name__} {g.source_centre} {g.source_radius}"
)
def test_ways(geometry):
    """Twin. Finds 0.7 % anywhere in L: the solid angle of the target at each L, over the source (KS)."""
    edges, below = way(geometry)
    found = vertices(geometry, seed=26).L
    assert stats.kstest(found, lambda L: np.interp(L, edges, below / below[-1])).pvalue > ALPHA


@pytest.mark.parametrize("place", NEAR, ids=str)
def test_direction_in_a_shell(place):
    """Closed form. Finds 0.7 % anywhere in cos θ as seen from the source: the way in the shell (KS)."""
    shell = replace(SHAPES[1], source_position=place)
    events, d = vertices(shell, seed=27), math.hypot(*place)
    seen = (points(events) - np.array(place)) / events.L[:, None]
    axis = -np.array(place) / d if d > 0 else np.array([0.0, 0.0, 1.0])
    c = np.cos(np.linspace(math.pi, 0, 200_001))

    def chord(radius):
        root = np.sqrt(np.maximum(radius**2 - d**2 * (1 - c**2), 0))
        return np.maximum(d * c + root, 0) - np.maximum(d * c - root, 0)

    assert (
        stats.kstest(seen @ axis, tabulated(c, chord(shell.radius) - chord(shell.inner_radius))).pvalue
        > ALPHA
    )


@pytest.mark.parametrize("place", ABOVE, ids=str)
def test_direction_in_a_cylinder(place):
    """Closed form. Finds 0.7 % anywhere in cos θ as seen from the axis, or an uneven angle around it (KS)."""
    cylinder = replace(SHAPES[2], source_position=place)
    events = vertices(cylinder, seed=28)
    seen = (points(events) - np.array(place)) / events.L[:, None]
    c = np.cos(np.linspace(math.pi, 0, 200_002))  # without 0
    ends = (np.array([[-1.0], [1.0]]) * cylinder.height / 2 - place[2]) / c
    wall = cylinder.radius / np.sqrt(np.maximum(1 - c**2, 1e-30))
    chord = np.maximum(np.minimum(ends.max(axis=0), wall) - np.maximum(ends.min(axis=0), 0), 0)
    assert stats.kstest(seen[:, 2], tabulated(c, chord)).pvalue > ALPHA
    assert stats.kstest(np.arctan2(seen[:, 1], seen[:, 0]), "uniform", (-math.pi, 2 * math.pi)).pvalue > ALPHA


def tabulated(x, density):
    """Interpolate the distribution of a tabulated density."""
    total = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(x))])
    return lambda t: np.interp(t, x, total / total[-1])


@pytest.mark.parametrize("shape", SHAPES, ids=lambda g: type(g).__name__)
def test_backgrounds_are_even_in_the_volume(shape):
    """Closed form. Finds 0.7 % anywhere in z, a place outside, or a way that is not 0 (KS)."""
    events = vertices(replace(shape, source_position=(0.0, 0.0, 90.0)), component=1)
    assert inside(shape, points(events)).all()
    assert not events.L.any()
    if isinstance(shape, Box | Cylinder):
        height = getattr(shape, "height", 100.0)
        for i in (2, 0) if isinstance(shape, Box) else (2,):
            width = height if i == 2 else shape.size[0]
            assert stats.kstest(points(events)[:, i], "uniform", (-width / 2, width)).pvalue > ALPHA
    if isinstance(shape, Cylinder):
        area = np.hypot(events.vertex_x, events.vertex_y) ** 2 / shape.radius**2
        assert stats.kstest(area, "uniform").pvalue > ALPHA
    if isinstance(shape, Sphere | Shell):
        inner = getattr(shape, "inner_radius", 0.0)
        r = np.linalg.norm(points(events), axis=1)
        share = (r**3 - inner**3) / (shape.radius**3 - inner**3)
        assert stats.kstest(share, "uniform").pvalue > ALPHA
        assert stats.kstest(events.vertex_x / r, "uniform", (-1, 2)).pvalue > ALPHA


@pytest.mark.parametrize("half_life", [1.0, 27.7, 3000.0, math.inf])
def test_times(half_life):
    """Twin. Finds a slope that is off by 3 %: counts in ten bins of time (χ²), backgrounds constant."""
    exposure = Exposure(duration=100 * DAY, start=5 * DAY)
    edges = np.linspace(0, exposure.duration, 11)
    for component, life in ((0, half_life), (1, math.inf)):
        events = add_times(blank(N, component=component), exposure, half_life * DAY, n_source=1, seed=25)
        left = edges / exposure.duration if math.isinf(life) else 1 - 0.5 ** (edges / (life * DAY))
        expected = N * np.diff(left) / (left[-1] - left[0])
        counts = np.histogram(events.time, edges)[0]
        assert counts.sum() == N
        used = expected > 5
        counts, expected = (np.append(c[used], c[~used].sum()) for c in (counts, expected))
        if expected[-1] < 5:
            assert counts[-1] < 20
            counts, expected = counts[:-1], expected[:-1] * counts[:-1].sum() / expected[:-1].sum()
        assert stats.chisquare(counts, expected * counts.sum() / expected.sum()).pvalue > ALPHA


def truncated(t, life, duration):
    """Distribution function of the decay law within an exposure, by series where the half-life is long."""
    rate = math.log(2) / life
    return np.expm1(-rate * t) / np.expm1(-rate * duration) if rate * duration > 1e-300 else t / duration


@pytest.mark.parametrize("life", [1e-9, 0.3, 5.0, 2000.0, 1e12, 1e290, math.inf], ids=str)
def test_times_of_a_background(life):
    """Closed form: the decay law of a background within 100 d (KS), beside a source that lives 27.7 d.

    Finds 5 % in the half-life, a background that takes the law of another, and cancellation at both ends.
    """
    n, duration = 60_000, 100 * DAY
    component = np.arange(n, dtype=np.int32) % 4
    mixed = replace(blank(n), component=component)
    lives = [life * DAY, math.inf, 20 * DAY]
    found = add_times(mixed, Exposure(duration=duration), 27.7 * DAY, n_source=1, seed=31, backgrounds=lives)
    assert np.all((found.time >= 0) & (found.time <= duration))
    for number, each in enumerate((27.7 * DAY, *lives)):
        time = found.time[component == number]
        assert stats.kstest(truncated(time, each, duration), "uniform").pvalue > ALPHA
    late = add_times(
        mixed, Exposure(duration=duration, start=40 * DAY), 27.7 * DAY, n_source=1, seed=31, backgrounds=lives
    )
    np.testing.assert_array_equal(late.time, found.time)
    plain = add_times(mixed, Exposure(duration=duration), 27.7 * DAY, n_source=1, seed=31)
    same = component != 3 if math.isinf(life) else (component == 0) | (component == 2)
    np.testing.assert_array_equal(plain.time[same], found.time[same])


def test_event_by_event():
    """Contract. Finds places or times that depend on the slice, or that share numbers with another stream."""
    sphere = Sphere(radius=3.0, source_distance=8.0)
    exposure = Exposure(duration=10.0)
    whole, part = vertices(sphere, n=1000), vertices(sphere, n=100, first=400)
    np.testing.assert_array_equal(points(whole)[400:500], points(part))
    times = [
        add_times(blank(n, first=first), exposure, 4.0, n_source=1, seed=21).time
        for n, first in ((1000, 0), (100, 400))
    ]
    np.testing.assert_array_equal(times[0][400:500], times[1])
    assert abs(np.corrcoef(times[0], whole.L)[0, 1]) < 0.15
    other = add_vertices(blank(1000), sphere, n_source=1, seed=21, identity=(3,))
    assert not np.isin(other.L, whole.L).any()


@pytest.mark.parametrize("source_radius", [0.0, 30.0])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda g: type(g).__name__)
def test_whatever_stands_beside(shape, source_radius):
    """Contract. Finds a place that depends on order or company: few of many, turned around."""
    geometry = replace(shape, source_position=(0.0, 20.0, 90.0), source_radius=source_radius)
    rng = np.random.default_rng(1)
    n, first = 3000, 2**32 - 1000
    columns = {"component": rng.integers(0, 3, n).astype(np.int32), "E_nu": rng.uniform(0.1, 2.0, n)}
    events = replace(blank(n, first=first), **columns)
    for oscillation in (None, Oscillation(amplitudes=(0.9, 0.0), delta_m2=40.0)):
        options = {"n_source": 2, "seed": 29, "oscillation": oscillation}
        whole = add_vertices(events, geometry, **options)
        assert np.all((whole.L == 0) == (events.component == 2))
        for chosen in (rng.permutation(n), np.arange(n)[::-7], np.array([1234]), np.array([], np.int64)):
            part = add_vertices(events.select(chosen), geometry, **options)
            np.testing.assert_array_equal(points(part), points(whole)[chosen])
            np.testing.assert_array_equal(part.L, whole.L[chosen])


def test_unknown_shapes_are_refused():
    """Contract. Finds a shape of the user's own that is taken for another."""

    class Cone:
        source_centre = (0.0, 0.0, 0.0)
        source_radius = 0.0

    with pytest.raises(TypeError, match="Sphere, Shell, Cylinder or Box, got Cone"):
        vertices(Cone(), n=1)
