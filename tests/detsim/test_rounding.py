"""Float32 columns: every number stays in its interval, every vertex in its region."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from support.experiments import borexino, borexino_outside

from detsim.detector.detector import EfficiencyCurve, Resolution, uniform_edges
from detsim.detector.distance_bins import DistanceBins
from detsim.detector.resolution import Curve
from detsim.event_files.rounding import Boundaries, Rounding
from detsim.simulation.detection import detect
from detsim.simulation.monte_carlo import generate
from simgen.generator.vertices import contains
from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.interaction.models import SM

F4 = np.float32
EDGES = uniform_edges(0.25, 0.55, 0.05)


def interval(values, boundaries):
    return np.searchsorted(np.unique(boundaries), np.asarray(values, np.float64), side="right")


def beside(boundaries, steps=3):
    """Return the float64 and the float32 numbers around boundaries, and points between the latter."""
    found = []
    for dtype in (np.float64, F4):
        for end in (-np.inf, np.inf):
            x = np.array(boundaries, dtype)
            for _ in range(steps):
                found.append(x.astype(np.float64))
                x = np.nextafter(x, dtype(end))
    exact = np.unique(np.concatenate(found))
    return np.concatenate([exact, (exact[1:] + exact[:-1]) / 2])


@pytest.mark.parametrize(
    "boundaries",
    [
        EDGES,
        (*EDGES, 0.3701, 0.0),
        (0.0, 1e-3, 1e30),
        tuple(np.linspace(0.02, 20.3, 301)),
        (-0.1, 0.0, 0.1, 1e-40),
    ],
    ids=["bins", "threshold", "far", "many", "zero"],
)
def test_the_nearest_number_of_the_same_interval(boundaries):
    """Closed form. Finds a number in another interval, and one that is not the nearest in its own."""
    rng = np.random.default_rng(1)
    x = np.concatenate([beside(boundaries), rng.uniform(-1, 1.2 * max(boundaries), 10_000)])
    found = Boundaries(column="T_reco", values=tuple(boundaries), unit="MeV").rounded(x)
    assert found.dtype == F4
    np.testing.assert_array_equal(interval(found, boundaries), interval(x, boundaries))
    nearest = x.astype(F4)
    right = interval(nearest, boundaries) == interval(x, boundaries)
    assert not right.all()
    np.testing.assert_array_equal(found[right], nearest[right])
    # one step towards the value leaves its interval
    step = np.nextafter(found, np.where(found > x, F4(-np.inf), F4(np.inf)))
    nearer = np.abs(step.astype(np.float64) - x) < np.abs(found.astype(np.float64) - x)
    assert not np.any(nearer & (interval(step, boundaries) == interval(x, boundaries)))


@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60, unique=True),
    arrays(np.float64, st.integers(1, 50), elements=st.floats(-2e6, 2e6)),
)
@settings(derandomize=True, deadline=None)
def test_any_boundaries(boundaries, x):
    """Property. Finds a value that a boundary, exact in float32 or not, is rounded across."""
    shifted = np.array(boundaries) * 1.000000123
    for values in (boundaries, shifted):
        x = np.concatenate([x, values, np.nextafter(values, -np.inf)])
        found = Boundaries(column="T_reco", values=tuple(values), unit="MeV").rounded(x)
        np.testing.assert_array_equal(interval(found, values), interval(x, values))


def test_edges_beyond_float32():
    """Closed form: what is below an edge that float32 does not reach stays finite, what is above does not."""
    found = Boundaries(column="L_reco", values=(1.0, 1e40), unit="cm").rounded(np.array([2.0, 1e39, 1e41]))
    assert found.tolist() == [2.0, np.finfo(F4).max, np.inf]


def test_other_programs_count_the_same():
    """Twin: numpy's histogram, and ROOT's search in an array of edges, both of the float32 numbers."""
    x = np.repeat(np.arange(100, 300) / 500, 7)
    x = x[x < EDGES[-1]]
    found = Boundaries(column="T_reco", values=EDGES, unit="MeV").rounded(x)
    right = np.histogram(x, EDGES)[0]
    assert not np.array_equal(np.histogram(x.astype(F4), EDGES)[0], right)
    np.testing.assert_array_equal(np.histogram(found, EDGES)[0], right)
    np.testing.assert_array_equal(np.histogram(found, len(EDGES) - 1, (EDGES[0], EDGES[-1]))[0], right)
    # TAxis::FindBin of an array of edges searches them in double precision
    numbers = np.searchsorted(EDGES, found.astype(np.float64), side="right")
    np.testing.assert_array_equal(np.bincount(numbers, minlength=7)[1:], right)


def test_bins_that_float32_cannot_tell_apart():
    """Contract: refused at once for bins, and for a value that a threshold leaves no float32."""
    experiment = borexino()
    narrow = replace(experiment.detector, edges=(0.35, 0.35 + 1e-9, 0.5))
    with pytest.raises(ValueError, match=r'from 0\.35 to 0\.350000001 MeV.*run\.precision = "float64"'):
        Rounding.of(replace(experiment, detector=narrow))
    between = Boundaries(column="T_reco", values=(0.35, 0.35 + 1e-9), unit="MeV")
    assert between.rounded(np.array([0.3, 0.4])).tolist() == [F4(0.3), F4(0.4)]
    with pytest.raises(ValueError, match="T_reco cannot be stored as float32"):
        between.rounded(np.array([0.3, 0.35]))


@pytest.mark.parametrize(
    ("shape", "on"),
    [
        (Sphere(radius=100.1), [100.1, 0, 0]),
        (Shell(inner_radius=60.1, radius=100.1), [0, -60.1, 0]),
        (Cylinder(radius=60.1, height=100.3), [36.06, 48.08, 50.15]),
        (Box(size=(120.1, 80.3, 100.7)), [60.05, -40.15, 50.35]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_vertices_beside_a_wall(shape, on):
    """Closed form: points on the wall and around it, in and out, in float64 and in float32."""
    rng = np.random.default_rng(2)
    points = np.array(on)[:, None] * (1 + rng.normal(0, 1e-7, (3, 4000)))
    points[:, :500] = np.array(on)[:, None]
    rounding = Rounding(boundaries={}, regions=(shape,))
    names = ("vertex_x", "vertex_y", "vertex_z")
    found = rounding.rounded(dict(zip(names, points, strict=True)))
    stored = [found[name] for name in names]
    assert all(column.dtype == F4 for column in stored)
    inside = contains(shape, *points)
    assert 0 < inside.sum() < inside.size
    assert not np.array_equal(contains(shape, *points.astype(F4)), inside)
    np.testing.assert_array_equal(contains(shape, *stored), inside)
    step = np.spacing(np.abs(points).astype(F4))
    assert np.all(np.abs(np.array(stored, np.float64) - points) <= step)


def test_columns_of_an_experiment():
    """Contract: edges and threshold of what is measured, generate_above and shells of the recoil."""
    experiment = borexino_outside()
    curve = Curve(energies=(0.0, 0.41, 1.0), values=(0.0, 0.0, 1.0))
    detector = replace(
        experiment.detector,
        distance=DistanceBins(edges=(500.1, 800.1, 1200.1), resolution=0.0),
        threshold=0.3701,
        wall_distance=50.1,
        efficiency=EfficiencyCurve(curve=curve, energy="measured"),
    )
    experiment = replace(experiment, detector=detector, generate_above=0.1)
    rounding = Rounding.of(experiment)
    x = {
        "T": np.array([0.1, np.nextafter(0.1, 0)]),
        "T_reco": np.array([0.3701, np.nextafter(0.35, 0)]),
        "L_reco": np.array([800.1, np.nextafter(800.1, 0)]),
        "E_nu": np.array([0.1, 0.1]),
    }
    found = rounding.rounded(x)
    for name, boundary in (("T", 0.1), ("T_reco", 0.3701), ("L_reco", 800.1)):
        assert found[name].astype(np.float64)[0] >= boundary > found[name].astype(np.float64)[1]
    on_a_point = rounding.rounded({"T_reco": np.array([0.41, np.nextafter(0.41, 0)])})["T_reco"]
    assert on_a_point.astype(np.float64)[0] >= 0.41 > on_a_point.astype(np.float64)[1]
    assert found["E_nu"] is x["E_nu"]
    assert rounding.regions == (experiment.geometry, experiment.baselines.region)


def test_float32_events_are_measured_in_float64():
    """Closed form: the distance of float32 vertices, beside edges, computed in float64."""
    experiment = borexino_outside()
    distance = DistanceBins(edges=(500.0, 800.0, 1200.0), resolution=0.0)
    perfect = replace(experiment.detector, resolution=Resolution(), distance=distance, threshold=0.0)
    experiment = replace(experiment, detector=perfect, backgrounds=())
    true = generate(experiment, SM(), seed=1, n=2000)
    stored = {name: getattr(true, name).astype(F4) for name in ("vertex_x", "vertex_y", "vertex_z")}
    measured = detect(replace(true, **stored), experiment, seed=1)
    points = np.stack([getattr(measured, name).astype(np.float64) for name in stored])
    expected = np.linalg.norm(points - np.array(experiment.geometry.source_centre)[:, None], axis=0)
    np.testing.assert_allclose(measured.L_reco, expected, rtol=1e-15)
