"""Events without vertices, and vertices of a geometry."""

import numpy as np

from simgen.events import Events
from simgen.generator.vertices import add_vertices
from simgen.geometry import Box, Cylinder, Shell, Sphere

__all__ = ["ALPHA", "SHAPES", "N", "blank", "inside", "points", "vertices"]


ALPHA = 1e-3


N = 100_000


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
