"""A source that is where the target is: a warning, unless it is at the centre or in the hole of a shell."""

import pytest
from support.invocation import CARD, answer

from simgen.geometry import Box, Cylinder, Shell, Sphere

INSIDE = "the centre of the source is inside the target"


@pytest.mark.parametrize(
    ("target", "inside", "outside"),
    [
        (Sphere(radius=300.0), (0.0, 100.0, 280.0), (0.0, 120.0, 280.0)),
        (Shell(radius=300.0, inner_radius=50.0), (0.0, 0.0, 60.0), (0.0, 0.0, 40.0)),
        (Cylinder(radius=100.0, height=400.0), (0.0, 90.0, 190.0), (0.0, 90.0, 210.0)),
        (Box(size=(10.0, 20.0, 30.0)), (4.0, 9.0, -14.0), (-6.0, 0.0, 0.0)),
    ],
    ids=["sphere", "shell", "cylinder", "box"],
)
def test_volumes_hold_their_points(target, inside, outside):
    """Closed form."""
    assert target.holds(inside)
    assert not target.holds(outside)


SHELL = 'shape="shell", inner_radius="1 m", radius="3 m", source_position=["0 m","0 m","50 cm"]'
CYLINDER = 'shape="cylinder", radius="3 m", height="8 m", source_position=["0 m","0 m","3 m"]'


@pytest.mark.parametrize(
    ("change", "warned"),
    [
        ("geometry.source_distance=200 cm", True),
        ("geometry.source_distance=825 cm", False),
        ("geometry.source_distance=0 cm", False),
        (f"geometry={{{SHELL}}}", False),
        (f"geometry={{{CYLINDER}}}", True),
    ],
)
def test_check_warns_of_it(change, warned):
    """Contract. Finds a source inside the target without a warning."""
    warnings = answer("check", CARD, "--set", change)["warnings"]
    assert any(INSIDE in text for text in warnings) == warned
