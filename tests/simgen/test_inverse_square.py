"""Mean of 1/(4πr²) over targets: closed forms against quadrature and plain Monte Carlo."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from support.examples import every

from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.geometry.inverse_square import field, potential

CASES = [
    Sphere(radius=300.0),
    Sphere(radius=300.0, source_distance=825.0),
    Sphere(radius=300.0, source_distance=301.0),
    Shell(inner_radius=50.0, radius=345.2),
    Cylinder(radius=552.7, height=2000.0),
    Cylinder(radius=500.0, height=10.0),
]


def by_quadrature(geometry):
    """Integrate ∫dV/(4πr²) in coordinates around the centre of the target."""
    if isinstance(geometry, Cylinder):
        half = geometry.height / 2
        return dblquad(
            lambda z, r: 2 * math.pi * r * 2 / (4 * math.pi * (r * r + z * z)), 0, geometry.radius, 0, half
        )[0]
    if isinstance(geometry, Shell):
        return quad(
            lambda r: 4 * math.pi * r**2 / (4 * math.pi * r**2), geometry.inner_radius, geometry.radius
        )[0]
    d = geometry.source_distance

    def over_the_sphere(r):
        return quad(lambda c: 2 * math.pi * r**2 / (4 * math.pi * (r**2 + d**2 - 2 * r * d * c)), -1, 1)[0]

    return quad(over_the_sphere, 0, geometry.radius)[0]


@pytest.mark.parametrize("geometry", CASES, ids=repr)
def test_closed_forms(geometry):
    """Twin. Finds a wrong closed form, against quadrature of 1/(4πr²)."""
    expected = by_quadrature(geometry) / geometry.volume
    assert geometry.mean_inverse_square() == pytest.approx(expected, rel=1e-7, abs=0)


@pytest.mark.parametrize("geometry", CASES, ids=repr)
def test_monte_carlo(geometry):
    """Twin. Finds a wrong volume or position of the source (1e6 points, 3.3 σ; α = 1e-3)."""
    rng = np.random.default_rng(3)
    n = 1_000_000
    if isinstance(geometry, Cylinder):
        side = np.array([2 * geometry.radius, 2 * geometry.radius, geometry.height])
    else:
        side = np.full(3, 2 * geometry.radius)
    points = (rng.random((n, 3)) - 0.5) * side
    distance = np.linalg.norm(points, axis=1)
    if isinstance(geometry, Cylinder):
        inside = np.hypot(points[:, 0], points[:, 1]) < geometry.radius
    else:
        inside = (distance < geometry.radius) & (distance > getattr(geometry, "inner_radius", 0))
    source = np.array([0.0, 0.0, getattr(geometry, "source_distance", 0.0)])
    weights = 1 / (4 * math.pi * np.sum((points[inside] - source) ** 2, axis=1))
    error = weights.std() / math.sqrt(weights.size)
    assert abs(weights.mean() - geometry.mean_inverse_square()) < 3.3 * error
    share = inside.mean()
    spread = math.sqrt(share * (1 - share) / n)
    assert abs(share * np.prod(side) - geometry.volume) < 3.3 * spread * np.prod(side)


def test_limits():
    """Closed form. Finds a wrong limit: far away 1/(4πd²), an empty shell its surface, continuity in R/d."""
    assert Sphere(radius=1.0, source_distance=1e6).mean_inverse_square() * 4e12 * math.pi == pytest.approx(
        1, rel=1e-11
    )
    thin = Shell(inner_radius=100.0, radius=100.0001)
    assert thin.mean_inverse_square() == pytest.approx(1 / (4 * math.pi * 100**2), rel=1e-5, abs=0)
    series, closed = (
        Sphere(radius=x, source_distance=1.0).mean_inverse_square() for x in (0.02 * (1 - 1e-9), 0.02)
    )
    assert series == pytest.approx(closed, rel=1e-9, abs=0)
    full, nearly = Sphere(radius=10.0), Shell(inner_radius=1e-6, radius=10.0)
    assert full.mean_inverse_square() == pytest.approx(nearly.mean_inverse_square(), rel=1e-6, abs=0)


PLACES = [
    (0.0, 0.0, 0.0),
    (10.0, -20.0, 30.0),
    (0.0, 0.0, 49.999),
    (0.0, 0.0, 50.0),
    (80.0, 59.999999, 0.0),
    (81.0, 61.0, 51.0),
    (0.0, -70.0, 10.0),
    (300.0, 200.0, -100.0),
]


@pytest.mark.parametrize("source_radius", every(4, [0.0, 15.0, 90.0]))
@pytest.mark.parametrize("position", PLACES, ids=str)
def test_parts_of_a_box_add_up(position, source_radius):
    """Closed form. Finds 1e-10 in a face, an edge, near a wall or where far sources switch formula."""
    whole = Box(size=(160.0, 120.0, 100.0), source_position=position, source_radius=source_radius)
    total = 0.0
    for x0, x1 in ((-80, -33), (-33, 80)):
        for y0, y1 in ((-60, 7), (7, 60)):
            for z0, z1 in ((-50, 49.5), (49.5, 50)):
                centre = np.array([x0 + x1, y0 + y1, z0 + z1]) / 2
                part = Box(
                    size=(x1 - x0, y1 - y0, z1 - z0),
                    source_position=tuple(position - centre),
                    source_radius=source_radius,
                )
                total += part.volume * part.mean_inverse_square()
    assert whole.volume * whole.mean_inverse_square() == pytest.approx(total, rel=1e-10, abs=0)


@pytest.mark.parametrize("source_radius", every(4, [0.0, 15.0, 90.0]))
@pytest.mark.parametrize("position", PLACES, ids=str)
def test_parts_of_a_cylinder_add_up(position, source_radius):
    """Closed form. Finds 1e-10 in a disc, near a wall or where far sources switch formula."""
    whole = Cylinder(radius=100.0, height=100.0, source_position=position, source_radius=source_radius)
    total = 0.0
    for low, high in ((-50, -20), (-20, 49.5), (49.5, 50)):
        moved = (*position[:2], position[2] - (low + high) / 2)
        part = replace(whole, height=high - low, source_position=moved)
        total += part.volume * part.mean_inverse_square()
    assert whole.volume * whole.mean_inverse_square() == pytest.approx(total, rel=1e-10, abs=0)


@pytest.mark.parametrize("distance", [1e-9, 1.0, 120.0, 299.0, 299.999999, 300.0])
def test_source_inside_a_sphere(distance):
    """Twin. Finds 1e-10 in the closed form inside: the mean chord over all directions."""
    R, d = 300.0, distance
    chord = quad(lambda c: 2 * math.sqrt((R - d) * (R + d) + (d * c) ** 2), 0, 1, epsrel=1e-12, limit=200)[0]
    sphere = Sphere(radius=R, source_distance=d)
    assert sphere.mean_inverse_square() * 4 * math.pi * sphere.volume == pytest.approx(
        2 * math.pi * chord, rel=1e-10
    )


@pytest.mark.parametrize("gap", [99.0, 30.0, 1.0, 1e-3, 1e-6])
def test_source_inside_a_cylinder_near_its_wall(gap):
    """Twin. Finds 1e-9 near the wall: the chord in every direction, integrated over the polar angle."""
    R, b, ends = 100.0, 100.0 - gap, (30.0, 170.0)

    def chords(phi):
        p = math.sqrt(R**2 - (b * math.sin(phi)) ** 2) - b * math.cos(phi)
        return sum(h * math.log1p((p / h) ** 2) / 2 + p * math.atan2(h, p) for h in ends)

    turn = math.acos(min(gap / b, 1.0))  # here the far wall comes into sight
    stops = [0, turn, math.pi / 2, math.pi]
    expected = sum(
        2 * quad(chords, *part, epsabs=1e-9, epsrel=1e-12, limit=400)[0] for part in itertools.pairwise(stops)
    )
    cylinder = Cylinder(radius=R, height=200.0, source_position=(0.6 * b, 0.8 * b, 70.0))
    found = cylinder.mean_inverse_square() * 4 * math.pi * cylinder.volume
    assert found == pytest.approx(expected, rel=1e-9, abs=0)


@pytest.mark.parametrize("distance", [0.0, 20.0, 95.0, 100.0, 130.0, 5000.0, 50_000.0])
@pytest.mark.parametrize("source_radius", [1.0, 25.0, 100.0])
def test_extended_source_and_sphere(distance, source_radius):
    """Twin. Finds a wrong mean over the source: points of the source, each with its closed form."""
    a, d = source_radius, distance
    point = Sphere(radius=100.0)

    def share(s):
        """Density of the distance s of a point of the source from the target's centre."""
        if d == 0:
            return 3 * s**2 / a**3
        cap = min((a - d + s) * (a + d - s) / (2 * d * s), 2.0)  # 1 - cos
        return 3 * s**2 * cap / (2 * a**3)

    low, high = max(d - a, 0.0), d + a
    stops = sorted({low, high, *(s for s in (abs(d - a), 100.0) if low < s < high)})
    expected = sum(
        quad(lambda s: share(s) * replace(point, source_distance=s).mean_inverse_square(), *part,
             epsabs=0, epsrel=1e-10, limit=200)[0]
        for part in itertools.pairwise(stops)
    )  # fmt: skip
    sphere = replace(point, source_distance=distance, source_radius=source_radius)
    assert sphere.mean_inverse_square() == pytest.approx(expected, rel=2e-9, abs=0)


def test_shapes_agree():
    """Closed form. Finds a wrong face: a shell is a sphere without its core, a point a small source."""
    place = (40.0, 0.0, 70.0)
    parts = [
        g.volume * g.mean_inverse_square()
        for g in (
            Shell(inner_radius=60.0, radius=100.0, source_position=place),
            Sphere(radius=60.0, source_position=place),
            Sphere(radius=100.0, source_position=place),
        )
    ]
    assert parts[0] + parts[1] == pytest.approx(parts[2], rel=1e-12, abs=0)
    for shape in (
        Box(size=(30.0, 40.0, 50.0), source_position=place),
        Cylinder(radius=30.0, height=40.0, source_position=place),
        Cylinder(radius=30.0, height=40.0),
    ):
        small = replace(shape, source_radius=1e-4)
        assert small.mean_inverse_square() == pytest.approx(shape.mean_inverse_square(), rel=1e-9, abs=0)
    turned = [
        Box(size=size, source_position=position).mean_inverse_square()
        for size, position in (((3.0, 4.0, 5.0), (0.7, -9.0, 2.0)), ((5.0, 3.0, 4.0), (-2.0, 0.7, 9.0)))
    ]
    assert turned[0] == pytest.approx(turned[1], rel=1e-12, abs=0)


@pytest.mark.parametrize("x", [0.0199999, 0.0200001, 1 / 0.0199999, 1 / 0.0200001, 0.5, 1.0, 2.0])
def test_expansions_of_an_extended_source(x):
    """Closed form. Finds a wrong expansion: both sides of each switch, and K' = G, (r²G)' = r² f."""
    a, r = 1.0, 1 / x
    h = 1e-4 * r
    rise = (potential(r + h, a) - potential(r - h, a)) / (2 * h)
    assert rise == pytest.approx(field(r, a), rel=1e-6, abs=0)
    for f in (field, potential):
        assert f(r * (1 + 2e-5), a) == pytest.approx(f(r, a), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sphere(radius=-1.0), "radius must be above 0 cm, got -1"),
        (lambda: Sphere(radius=math.nan), "radius must be above 0 cm, got nan"),
        (lambda: Sphere(radius=3.0, source_distance=-2.0), "source_distance must be finite and ≥ 0 cm"),
        (lambda: Sphere(radius=3.0, source_distance=math.nan), "source_distance must be finite and ≥ 0 cm"),
        (lambda: Sphere(radius=3.0, source_distance=math.inf), "source_distance must be finite and ≥ 0 cm"),
        (
            lambda: Sphere(radius=3.0, source_distance=1.0, source_position=(1.0, 0.0, 0.0)),
            "source_distance and source_position exclude each other",
        ),
        (lambda: Shell(inner_radius=1.0, radius=2.0, source_radius=-1.0), "source_radius must be finite"),
        (lambda: Box(size=(1.0, 2.0, 0.0)), "size must be above 0 cm, got 0"),
        (lambda: Box(size=(1.0, 2.0)), "size must be three lengths"),
        (lambda: Box(size=(1.0,) * 3, source_position=(0.0, 0.0, math.nan)), "three finite lengths in cm"),
        (lambda: Shell(inner_radius=0.0, radius=2.0), "inner_radius must be above 0 cm"),
        (lambda: Shell(inner_radius=2.0, radius=2.0), "radius must exceed inner_radius = 2.0 cm"),
        (lambda: Cylinder(radius=2.0, height=0.0), "height must be above 0 cm, got 0"),
        (lambda: Cylinder(radius=math.inf, height=1.0), "radius must be above 0 cm, got inf"),
    ],
)
def test_errors(make, words):
    """Contract. Finds an impossible volume that passes, or an error without argument and unit."""
    with pytest.raises(ValueError, match=words):
        make()
