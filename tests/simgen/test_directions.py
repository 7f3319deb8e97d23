"""Emission points and directions of events: closed forms, and an independent Monte Carlo by rejection."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from support.examples import few
from support.experiments import borexino_central, mixed_source
from support.true_vertices import ALPHA, blank, inside, points

from simgen.constants import M_E
from simgen.generator.directions import add_directions
from simgen.generator.vertices import add_vertices
from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import SM
from simgen.rates.oscillation import Oscillation, survival

N = 40_000
EPSILON = np.finfo(np.float64).eps
GEOMETRIES = {
    "far ball": Sphere(radius=100.0, source_position=(30.0, -150.0, 120.0), source_radius=60.0),
    "around": Shell(inner_radius=50.0, radius=120.0, source_radius=30.0),
    "beside a cylinder": Cylinder(
        radius=60.0, height=100.0, source_position=(130.0, 20.0, 0.0), source_radius=50.0
    ),
    "below a box": Box(size=(120.0, 80.0, 100.0), source_position=(0.0, 10.0, -120.0), source_radius=55.0),
}

CASES = [(name, oscillates) for name in GEOMETRIES for oscillates in (False, True)]


def vectors(events, name):
    return np.stack([getattr(events, f"{name}_{axis}") for axis in "xyz"], axis=1)


def with_directions(geometry, n=N, *, seed=5, source=None, spread=True):
    """Events of a mixed source with energies from 0 to T_max, both included."""
    source = source or mixed_source()
    rng = np.random.default_rng(3)
    component = np.arange(n) % (len(source.components) + 1)  # the last is a background
    E_nu = np.where(component < len(source.components), 10 ** rng.uniform(-3, 2, n), 0.0)
    share = rng.uniform(0, 1, n)
    share[::97], share[1::97], share[2::97] = 0.0, 1.0, 1 - 1e-12
    T = np.where(E_nu > 0, share * T_max(np.maximum(E_nu, 1e-9)), 0.3)
    events = replace(blank(n), component=component.astype(np.int32), E_nu=E_nu, T=T)
    n_source = len(source.components)
    events = add_vertices(events, geometry, n_source=n_source, seed=seed, emission=True)
    return add_directions(events, source, seed=seed)


@pytest.mark.parametrize("name", GEOMETRIES)
def test_momentum_and_energy_are_conserved_to_rounding(name):
    """Closed form. Finds a polar angle that is off by 1e-14: ν of E - T is what momentum leaves."""
    events = with_directions(GEOMETRIES[name])
    signal = events.nu_pdg != 0
    nu, electron = vectors(events, "nu_dir")[signal], vectors(events, "e_dir")[signal]
    E, T = events.E_nu[signal, None], events.T[signal, None]
    for unit in (nu, electron):
        np.testing.assert_allclose(np.sum(unit**2, axis=1), 1, rtol=0, atol=12 * EPSILON)
    p = np.sqrt(T * (T + 2 * M_E))
    left = np.linalg.norm(E * nu - p * electron, axis=1)
    np.testing.assert_array_less(np.abs(left - (E - T)[:, 0]), 12 * EPSILON * (E + p)[:, 0])
    cosine = np.sum(nu * electron, axis=1)
    expected = (1 + M_E / E) * np.sqrt(T / (T + 2 * M_E))
    np.testing.assert_allclose(cosine, expected[:, 0], rtol=0, atol=16 * EPSILON)


def test_neutrinos_fly_from_the_emission_point_to_the_vertex():
    """Closed form. Finds a direction or a baseline that is not between the two points."""
    for geometry in GEOMETRIES.values():
        events = with_directions(geometry)
        signal = events.nu_pdg != 0
        way = (points(events) - vectors(events, "emission"))[signal]
        L = np.linalg.norm(way, axis=1)
        np.testing.assert_allclose(events.L[signal], L, rtol=1e-12)
        np.testing.assert_allclose(vectors(events, "nu_dir")[signal], way / L[:, None], rtol=0, atol=1e-15)
        for name in ("emission", "nu_dir", "e_dir"):
            assert np.all(vectors(events, name)[~signal] == 0)


def test_codes_of_neutrinos():
    """Contract. Finds a wrong sign of an antineutrino, or a background with a code."""
    events = with_directions(GEOMETRIES["far ball"], 400)
    assert [set(events.nu_pdg[events.component == c].tolist()) for c in range(4)] == [{14}, {-12}, {12}, {0}]


def test_the_azimuth_is_uniform_and_independent():
    """Twin. Finds an azimuth that is not uniform by 1 %, or that follows energy, recoil or direction."""
    events = with_directions(GEOMETRIES["around"], 4 * N)
    signal = (events.nu_pdg != 0) & (events.T > 0) & ((1 - 1e-9) * T_max(events.E_nu + 1e-30) > events.T)
    nu, electron = vectors(events, "nu_dir")[signal], vectors(events, "e_dir")[signal]
    # an axis of our own across the neutrino, as the kernel has another one
    first = np.cross(nu, np.array([0.36, -0.48, 0.8]))
    first /= np.linalg.norm(first, axis=1)[:, None]
    phi = np.arctan2(np.sum(electron * np.cross(nu, first), axis=1), np.sum(electron * first, axis=1))
    assert stats.kstest(phi, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > ALPHA
    for other in (events.E_nu[signal], events.T[signal], nu[:, 2], events.L[signal]):
        for wave in (np.cos(phi), np.sin(phi)):
            r = np.corrcoef(wave, other)[0, 1]
            assert abs(r) * np.sqrt(len(phi)) < stats.norm.isf(ALPHA / 16)


def test_a_point_source_emits_from_its_place():
    geometry = Sphere(radius=100.0, source_position=(30.0, -150.0, 120.0))
    events = with_directions(geometry, 1000)
    signal = events.nu_pdg != 0
    assert np.all(vectors(events, "emission")[signal] == np.array(geometry.source_position))


def rejection(geometry, n, model=None, energy=1.0):
    """Pairs of emission point and vertex with the density 1/d², by rejection from uniform pairs."""
    rng = np.random.default_rng(11)
    a, centre = geometry.source_radius, np.array(geometry.source_centre)
    half = (
        np.array(geometry.size) / 2
        if isinstance(geometry, Box)
        else np.array([geometry.radius] * 2 + [geometry.height / 2])
        if isinstance(geometry, Cylinder)
        else np.full(3, geometry.radius)
    )
    pairs, shortest = [], np.inf
    while sum(map(len, pairs)) < n:
        emission = rng.uniform(-a, a, (200_000, 3))
        emission = emission[np.sum(emission**2, axis=1) <= a * a] + centre
        vertex = rng.uniform(-half, half, (len(emission), 3))
        inner = inside(geometry, vertex)
        emission, vertex = emission[inner], vertex[inner]
        d = np.linalg.norm(vertex - emission, axis=1)
        shortest = min(shortest, d.min())
        survives = 1.0 if model is None else survival(model, d, energy)
        keep = rng.uniform(0, 1, len(d)) < (SHORTEST[type(geometry)] / d) ** 2 * survives
        pairs.append(np.concatenate([emission[keep], vertex[keep]], axis=1))
    assert shortest > SHORTEST[type(geometry)]
    return np.concatenate(pairs)[:n]


SHORTEST = {Sphere: 30.0, Shell: 20.0, Cylinder: 20.0, Box: 15.0}
"""Lower bounds of the distance between source and target of GEOMETRIES [cm]."""


@pytest.mark.parametrize("case", few(CASES, ("around", False), ("far ball", True)), ids=str)
def test_pairs_of_emission_point_and_vertex(case):
    """Twin. Finds emission points of the undisturbed source, which are 5 to 30 % off (KS, α = 1e-3)."""
    name, oscillates = case
    geometry = GEOMETRIES[name]
    model = SM(sin2_2theta=0.9, delta_m2=4.0) if oscillates else None
    source = borexino_central().source
    events = replace(blank(N), E_nu=np.full(N, 1.0))
    oscillation = None if model is None else Oscillation.of(source, model)
    events = add_vertices(events, geometry, n_source=1, seed=8, emission=True, oscillation=oscillation)
    found = np.concatenate([vectors(events, "emission"), points(events)], axis=1)
    expected = rejection(geometry, N, model)
    functions = (
        lambda x: x[:, 0],
        lambda x: x[:, 1],
        lambda x: x[:, 2],
        lambda x: np.linalg.norm(x[:, :3] - np.array(geometry.source_centre), axis=1),
        lambda x: np.linalg.norm(x[:, 3:] - x[:, :3], axis=1),
        lambda x: np.sum(x[:, 3:] * (x[:, :3] - np.array(geometry.source_centre)), axis=1),
        lambda x: (x[:, 5] - x[:, 2]) / np.linalg.norm(x[:, 3:] - x[:, :3], axis=1),
    )
    p_values = [stats.ks_2samp(of(found), of(expected)).pvalue for of in functions]
    assert min(p_values) > ALPHA / len(p_values), p_values
    plain = add_vertices(replace(events), geometry, n_source=1, seed=8, oscillation=oscillation)
    np.testing.assert_array_equal(points(plain), points(events))


def test_what_directions_need():
    events = add_vertices(blank(10), GEOMETRIES["around"], n_source=1, seed=1)
    with pytest.raises(ValueError, match="directions need vertices and emission points"):
        add_directions(events, mixed_source(), seed=1)
