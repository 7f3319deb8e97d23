"""Vertices and times of events against the densities they are drawn from."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.distributions import baseline
from support.examples import every, few
from support.true_vertices import ALPHA, SHAPES, N, inside, points, vertices

from simgen.geometry import Box, Cylinder, Sphere

PLACES = [(0.0, 0.0, 0.0), (20.0, -30.0, 10.0), (10.0, 0.0, 99.0), (0.0, -90.0, -160.0), (900.0, 0.0, 1.0)]


@pytest.mark.parametrize("source_radius", [0.0, 40.0])
@pytest.mark.parametrize("place", every(3, PLACES), ids=str)
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


@pytest.mark.parametrize("distance", every(3, [60.0, 99.9, 100.0, 120.0, 825.0, 1e5]))
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
    "geometry", few(WAYS, *WAYS[::9]), ids=lambda g: f"{type(g).__name__} {g.source_centre} {g.source_radius}"
)
def test_ways(geometry):
    """Twin. Finds 0.7 % anywhere in L: the solid angle of the target at each L, over the source (KS)."""
    edges, below = baseline(geometry)
    found = vertices(geometry, seed=26).L
    assert stats.kstest(found, lambda L: np.interp(L, edges, below / below[-1])).pvalue > ALPHA


@pytest.mark.parametrize("place", NEAR, ids=str)
def test_direction_in_a_shell(place):
    """Closed form. Finds 0.7 % anywhere in cos θ as seen from the source: the path in the shell (KS)."""
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
