"""Baselines: volumes, means of 1/r², and the mean cosine against independent integrals."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from support.examples import every

from simgen.geometry import Box, Cylinder, Shell, Sphere
from simgen.geometry.baselines import Baselines
from simgen.geometry.solid_angles import shrunk, solid_angle

TARGETS = {
    "outside": Sphere(radius=300.0, source_distance=825.0),
    "inside": Sphere(radius=300.0, source_position=(10.0, 50.0, 100.0)),
    "centre": Sphere(radius=300.0),
    "hole": Shell(inner_radius=50.0, radius=345.0),
    "hole, aside": Shell(inner_radius=50.0, radius=345.0, source_position=(0.0, 30.0, 0.0)),
    "in the shell": Shell(inner_radius=50.0, radius=345.0, source_position=(0.0, 0.0, 100.0)),
    "cylinder": Cylinder(radius=552.7, height=2000.0),
    "cylinder, inside": Cylinder(radius=100.0, height=300.0, source_position=(20.0, 30.0, 40.0)),
    "cylinder, beside": Cylinder(radius=100.0, height=300.0, source_position=(120.0, 130.0, 40.0)),
    "cylinder, below": Cylinder(radius=100.0, height=300.0, source_position=(70.0, 0.0, -240.0)),
    "box, inside": Box(size=(100.0, 200.0, 300.0), source_position=(20.0, -30.0, 40.0)),
    "box, outside": Box(size=(100.0, 200.0, 300.0), source_position=(120.0, -230.0, 400.0)),
    "extended": Sphere(radius=300.0, source_radius=30.0),
    "extended, below": Cylinder(
        radius=100.0, height=300.0, source_position=(0.0, 0.0, -240.0), source_radius=20.0
    ),
}


@pytest.mark.parametrize("name", every(3, list(TARGETS)))
def test_all_of_the_target_is_seen(name):
    """Closed form. ∫Ω dd is 4πV⟨1/(4πr²)⟩ by surface integrals, ∫Ω d² dd the volume; to 1e-8."""
    target = TARGETS[name]
    every = Baselines(geometry=target)
    assert every.shares.sum() == pytest.approx(1, rel=1e-8)
    assert every.volume_shares.sum() == pytest.approx(1, rel=1e-11)
    ends = (0.0, every.longest)
    middle = (ends[0] + ends[1]) / 2
    halves = Baselines(geometry=target, edges=(ends[0], middle, ends[1]))
    assert halves.shares.shape == (3,)
    assert halves.shares[2] == pytest.approx(0, abs=1e-8 if target.source_radius == 0 else 0.05)
    assert halves.shares.sum() == pytest.approx(1, rel=1e-8)


def test_solid_angle_of_slices_against_points():
    """Twin. Ω of a box and a cylinder against 400 000 directions, 5 σ."""
    rng = np.random.default_rng(1)
    direction = rng.normal(size=(400_000, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    for name in ("cylinder, inside", "cylinder, beside", "box, inside", "box, outside"):
        target = TARGETS[name]
        for d in (50.0, 130.0, 180.0, 320.0):
            x, y, z = (np.array(target.source_centre) + d * direction).T
            if isinstance(target, Cylinder):
                inside = (np.hypot(x, y) <= target.radius) & (abs(z) <= target.height / 2)
            else:
                inside = np.all(
                    [abs(c) <= s / 2 for c, s in zip((x, y, z), target.size, strict=True)], axis=0
                )
            share = inside.mean()
            expected = solid_angle(target, np.array([d]))[0] / (4 * math.pi)
            assert abs(share - expected) <= 5 * math.sqrt(max(share * (1 - share), 1e-9) / len(inside))


@pytest.mark.parametrize("k", [1e-4, 0.003, 0.05, 0.4, 3.0])
def test_mean_cosine_of_a_sphere_beside_the_source(k):
    """Independent evaluation. QUADPACK's Fourier weights over the closed form of Ω; table and integral."""
    R, D = 300.0, 825.0
    sphere = Baselines(geometry=Sphere(radius=R, source_distance=D))

    def omega(d):
        return 2 * math.pi * (1 - (D * D + d * d - R * R) / (2 * D * d))

    total = quad(omega, D - R, D + R, epsrel=1e-12)[0]
    mean = quad(omega, D - R, D + R, weight="cos", wvar=k, epsrel=1e-12, epsabs=1e-9, limit=2000)[0] / total
    assert sphere.mean_cosine(k)[0] == pytest.approx(mean, abs=1e-9)
    if k * R <= 200:
        assert sphere.mean_cosine(np.full(20, k))[0] == pytest.approx(np.full(20, mean), abs=3e-8)
    else:
        assert abs(mean) < 5e-3


def test_mean_cosine_of_a_shell_is_a_sine():
    """Closed form. Around a point ⟨cos kr⟩ = [sin kR - sin kr1]/(k(R - r1))."""
    shell = Baselines(geometry=Shell(inner_radius=50.0, radius=345.0))
    k = np.geomspace(1e-5, 0.5, 40)
    expected = (np.sin(k * 345) - np.sin(k * 50)) / (k * 295)
    np.testing.assert_allclose(shell.mean_cosine(k)[0], expected, atol=3e-8)


def test_fast_waves():
    """Closed form. Around a point ⟨cos kr⟩ = sin kR/(kR); waves far shorter than all of it are left out."""
    sphere = Baselines(geometry=Sphere(radius=300.0))
    k = np.array([0.3, 3.0, 30.0, 60.0])
    np.testing.assert_allclose(sphere.mean_cosine(k)[0], np.sin(k * 300) / (k * 300), atol=1e-10)
    np.testing.assert_array_equal(sphere.mean_cosine([80.0, 1e12])[0], 0)
    extended = Baselines(geometry=Sphere(radius=300.0, source_distance=825.0, source_radius=5.0))
    slow, fast = extended.mean_cosine([19.0, 21.0])[0]
    assert 0 < abs(slow) < 1e-5
    assert fast == 0


def test_mean_cosine_of_an_extended_source():
    """Independent evaluation. Points drawn in target × source, weighted with 1/r², 5 σ."""
    target = Cylinder(radius=100.0, height=300.0, source_position=(0.0, 0.0, -240.0), source_radius=60.0)
    rng, n = np.random.default_rng(7), 1_000_000
    rho, psi = 100 * np.sqrt(rng.random(n)), 2 * np.pi * rng.random(n)
    there = np.stack([rho * np.cos(psi), rho * np.sin(psi), 300 * (rng.random(n) - 0.5)])
    direction = rng.normal(size=(3, n))
    here = 60 * rng.random(n) ** (1 / 3) * direction / np.linalg.norm(direction, axis=0)
    r = np.linalg.norm(there - here - np.array([[0.0], [0.0], [-240.0]]), axis=0)
    for k in (0.003, 0.02, 0.06):
        w, value = 1 / r**2, np.cos(k * r)
        mean = np.average(value, weights=w)
        error = np.sqrt(np.sum(w**2 * (value - mean) ** 2)) / np.sum(w)
        assert abs(Baselines(geometry=target).mean_cosine(k)[0] - mean) < 5 * error


def test_a_smeared_bin_against_its_integral():
    """Independent evaluation. Share of one bin of a shell around a point: ∫ΔΦ dr/(R - r1)."""
    from scipy.special import ndtr

    shell = Shell(inner_radius=50.0, radius=345.0)
    found = Baselines(geometry=shell, edges=(100.0, 130.0), resolution=15.0).shares
    inside = quad(lambda r: ndtr((130 - r) / 15) - ndtr((100 - r) / 15), 50, 345, points=[100, 130])[0] / 295
    np.testing.assert_allclose(found, [inside, 1 - inside], rtol=1e-9)


def test_a_region_is_a_smaller_target():
    """Closed form. What is left of sphere, shell, cylinder and box inside a layer at the wall."""
    assert shrunk(TARGETS["outside"], 60.0) == Sphere(radius=240.0, source_distance=825.0)
    assert shrunk(Shell(inner_radius=50.0, radius=345.0), 10.0) == Shell(inner_radius=60.0, radius=335.0)
    assert shrunk(Cylinder(radius=100.0, height=300.0), 10.0) == Cylinder(radius=90.0, height=280.0)
    assert shrunk(Box(size=(100.0, 200.0, 300.0)), 10.0) == Box(size=(80.0, 180.0, 280.0))
    sphere = Sphere(radius=300.0)
    part = Baselines(geometry=sphere, region=shrunk(sphere, 60.0))
    assert part.shares[0] == pytest.approx(240 / 300, rel=1e-12)
    assert part.volume_shares[0] == pytest.approx(0.8**3, rel=1e-12)
    with pytest.raises(ValueError, match="nothing of the target is 150 cm from its surface"):
        shrunk(Cylinder(radius=200.0, height=300.0), 150.0)
