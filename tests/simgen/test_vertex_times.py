"""Vertices of backgrounds, times, and independence of other events."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.true_vertices import ALPHA, SHAPES, N, blank, inside, points, vertices

from simgen.generator.vertices import add_times, add_vertices
from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.rates.exposure import Exposure
from simgen.rates.oscillation import Oscillation

DAY = 86400.0


@pytest.mark.parametrize("shape", SHAPES, ids=lambda g: type(g).__name__)
def test_backgrounds_are_even_in_the_volume(shape):
    """Closed form. Finds 0.7 % anywhere in z, a vertex outside, or a baseline that is not 0 (KS)."""
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
    """Contract. Finds vertices or times that depend on the slice, or share numbers with another stream."""
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
    """Contract. Finds a vertex that depends on order or on other events: few of many, in reverse order."""
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
