"""Mean of 1/(4πr²) over targets: closed forms against quadrature and plain Monte Carlo."""

import math

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from simgen.geometry import Cylinder, Shell, Sphere

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
    assert geometry.mean_inverse_square() == pytest.approx(expected, rel=1e-7)


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
    assert thin.mean_inverse_square() == pytest.approx(1 / (4 * math.pi * 100**2), rel=1e-5)
    series, closed = (
        Sphere(radius=x, source_distance=1.0).mean_inverse_square() for x in (0.02 * (1 - 1e-9), 0.02)
    )
    assert series == pytest.approx(closed, rel=1e-9)
    full, nearly = Sphere(radius=10.0), Shell(inner_radius=1e-6, radius=10.0)
    assert full.mean_inverse_square() == pytest.approx(nearly.mean_inverse_square(), rel=1e-6)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sphere(radius=-1.0), "radius must be above 0 cm, got -1"),
        (lambda: Sphere(radius=math.nan), "radius must be above 0 cm, got nan"),
        (lambda: Sphere(radius=3.0, source_distance=2.0), "source_distance must be 0 cm or beyond"),
        (lambda: Sphere(radius=3.0, source_distance=math.nan), "source_distance must be 0 cm or beyond"),
        (lambda: Sphere(radius=3.0, source_distance=math.inf), "source_distance must be 0 cm or beyond"),
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
