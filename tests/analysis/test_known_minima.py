"""Data sets with several minima, unphysical ones or uncertainties that nothing determines: the right answers.

Another program computed the values first, from the published formulae; the scan does from folded spectra.
"""

import math
from functools import cache

import numpy as np
import pytest
from support.cards import H5_COUNTS, H5_MEASURED, H12_COUNTS, H12_MEASURED, card_problem
from support.descent import descend
from support.examples import every
from support.grids import make_grid
from support.regions import regions, threshold, upper_limits
from support.scan import scan


@cache
def scanned(card, data=None, measured=None):
    problem = card_problem(card, data, dict(measured or ()))
    return scan(problem, make_grid(problem), thorough=True)


def limit(card, data=None, *, one_sided=True):
    found = scanned(card, data)
    return upper_limits(found, threshold(0.95, one_sided=one_sided), one_sided=one_sided)[0]


def test_the_estimate_is_in_the_basin_of_the_physical_range():
    """Few counts: a minimum at -9.16 is deeper by 0.012, and nothing physical leads down to it."""
    found = scanned("m8.toml", "m8.csv")
    assert found.free.theta[0] == pytest.approx(0.710, abs=0.0005)
    start = np.array([[-9.16 / found.problem.curve.unit], [0], [0], [0], [0]])
    mirror, value, _ = descend(found.problem, start, low=-np.inf, high=np.inf)
    assert mirror[0, 0] * found.problem.curve.unit == pytest.approx(-9.16, abs=0.005)
    assert found.free.value[0] - value[0] == pytest.approx(0.012, abs=0.0005)
    assert limit("m8.toml", "m8.csv") == pytest.approx(1.685, abs=0.0005)
    assert limit("m8.toml", "m8.csv", one_sided=False) == pytest.approx(1.871, abs=0.0005)


def test_a_tie_with_an_unphysical_minimum():
    """947 counts are met at 3.943 and below 0; near the interval of Feldman and Cousins, [3.855, 4.033]."""
    found = scanned("numu-counting.toml", "numu-947.csv")
    assert found.free.theta[0] == pytest.approx(3.943, abs=0.0005)
    assert np.nanmax(found.tied) < 0
    (region,) = regions(found, threshold(0.95, one_sided=False), one_sided=False)[0]
    assert region == pytest.approx((3.855, 4.033), abs=0.005)


@pytest.mark.long
def test_a_free_background_outside_the_window_changes_nothing():
    assert limit("z0.toml") == pytest.approx(0.0899, abs=5e-5)
    assert limit("z1.toml") == pytest.approx(limit("z0.toml"), rel=1e-6)


@pytest.mark.long
def test_two_proportional_free_backgrounds_are_one():
    assert limit("deg1.toml", "deg.csv") == pytest.approx(0.1752, abs=5e-5)
    assert limit("deg.toml", "deg.csv") == pytest.approx(limit("deg1.toml", "deg.csv"), rel=1e-6)


def test_two_regions_are_allowed():
    """One-sided all below the minimum at -1.52 is, and more around a second one, higher by 0.76."""
    found = scanned("z0.toml", "deg.csv")
    (allowed,) = regions(found, threshold(0.95, one_sided=True), one_sided=True)
    assert len(allowed) == 2
    assert allowed[0] == (-math.inf, pytest.approx(-1.434, abs=5e-4))
    assert allowed[1] == pytest.approx((0.0532, 0.1955), abs=5e-5)


@pytest.mark.parametrize(
    ("card", "counts", "measured", "value"),
    every(
        2,
        [("h12.toml", H12_COUNTS, H12_MEASURED, 0.57), ("h5.toml", H5_COUNTS, H5_MEASURED, 3.887)],
        unpack=True,
    ),
)
def test_the_global_minimum_of_pseudo_experiments(card, counts, measured, value):
    """With other local minima at 286 and 1209, and at 13.82 where β ends."""
    found = scanned(card, counts, tuple(measured.items()))
    assert found.physical.value[0] == pytest.approx(value, abs=0.005 if value < 1 else 0.0006)
    assert found.free.value[0] == pytest.approx(found.physical.value[0], abs=1e-9)
