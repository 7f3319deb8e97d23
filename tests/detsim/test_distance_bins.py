"""Bins of the distance from the source."""

from dataclasses import replace

import numpy as np
import pytest

from detsim.detector.detector import Detector, Target
from detsim.detector.distance_bins import DistanceBins, bin_numbers
from detsim.detector.resolution import Resolution

FLAT = Detector(
    name="test",
    target=Target(material=None, electrons=1e30),
    edges=(0.25, 0.3, 0.4),
    threshold=0.2,
    resolution=Resolution(),
    efficiency=1.0,
    binding="free",
)
SPATIAL = replace(FLAT, distance=DistanceBins(edges=(500.0, 600.0, 700.0, 900.0), resolution=0.0))


def test_numbers_of_two_dimensions():
    """Closed form: each region of the plane by hand, edges belonging to what is above them."""
    cases = [
        (0.24, 550.0, 0),
        (0.24, 100.0, 0),
        (0.24, 950.0, 0),
        (0.25, 500.0, 1),
        (0.30, 599.9, 2),
        (0.29, 600.0, 3),
        (0.39, 650.0, 4),
        (0.27, 899.0, 5),
        (0.35, 700.0, 6),
        (0.40, 550.0, 7),
        (0.50, 950.0, 7),
        (0.30, 499.9, 7),
        (0.30, 900.0, 7),
        (0.50, -3.0, 7),
    ]
    T_reco, L_reco, expected = map(list, zip(*cases, strict=True))
    assert bin_numbers(SPATIAL, T_reco, L_reco).tolist() == expected
    assert SPATIAL.n_bins + 1 == 7


def test_numbers_of_energy_alone():
    """Closed form: without bins of the distance only the energy counts."""
    assert bin_numbers(FLAT, [0.1, 0.25, 0.3, 0.39, 0.4]).tolist() == [0, 1, 2, 2, 3]
    assert bin_numbers(FLAT, [0.26], [1.0]).tolist() == [1]


def test_missing_distances():
    """Contract: distances are never made up."""
    with pytest.raises(ValueError, match="without L_reco"):
        bin_numbers(SPATIAL, [0.3])


@pytest.mark.parametrize(
    ("edges", "resolution", "words"),
    [
        ((1.0,), 0.0, "at least two"),
        ((1.0, 1.0), 0.0, "ascend"),
        ((1.0, np.inf), 0.0, "finite"),
        ((1.0, 2.0), -1.0, "resolution"),
    ],
)
def test_faults(edges, resolution, words):
    """Contract: what is wrong is named."""
    with pytest.raises(ValueError, match=words):
        DistanceBins(edges=edges, resolution=resolution)
