"""Fits and limits of data sets with several minima, against the values that an independent scan gives."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from support.agreement import agreement
from support.cards import CASES, H5_COUNTS, H12_COUNTS, card_counts, card_problem
from support.examples import every
from support.grids import make_grid

from analysis.fits.estimate import fit_counts, make_fitter
from analysis.fits.limits import limit_of_counts
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from macros.card import load_card


@cache
def prepared(name):
    card = load_card(str(CASES / name), ())
    return make_fitter(card.together, card.model, poi=card.fit.poi)


def counts_of(fitter, data):
    return fitter.templates.expected(fitter.truth) if data is None else card_counts(data)[:, 0]


def test_the_estimate_is_in_the_basin_of_the_physical_range():
    fitter = prepared("m8.toml")
    found = fit_counts(fitter, counts_of(fitter, "m8.csv"), method="hesse")
    assert found.parameters["gamma"].value == pytest.approx(0.710, abs=0.0005)


@pytest.mark.parametrize(
    ("card", "data", "method", "value"),
    [
        ("m8.toml", "m8.csv", "one-sided", 1.685),
        ("m8.toml", "m8.csv", "two-sided", 1.871),
        ("numu-counting.toml", "numu-947.csv", "one-sided", 4.0197),
        ("numu-counting.toml", "numu-947.csv", "two-sided", 4.0344),
        ("z0.toml", None, "one-sided", 0.0899),
        ("z1.toml", None, "one-sided", 0.0899),
        ("deg1.toml", "deg.csv", "one-sided", 0.1752),
        ("deg.toml", "deg.csv", "one-sided", 0.1752),
        ("z0.toml", "deg.csv", "one-sided", 0.1955),
    ],
)
def test_upper_limits(card, data, method, value):
    fitter = prepared(card)
    found = limit_of_counts(fitter, counts_of(fitter, data), method=method)
    assert found.upper == pytest.approx(value, rel=6e-4)


def test_no_counts_are_allowed_that_are_25_sigma_away():
    fitter = prepared("numu-counting.toml")
    found = limit_of_counts(fitter, counts_of(fitter, "numu-947.csv"), method="two-sided")
    assert len(found.regions) == 1
    assert found.regions[0] == pytest.approx((3.8519, 4.0344), abs=1e-4)


def test_of_equal_minima_the_physical_one_is_quoted():
    fitter = prepared("numu-counting.toml")
    for n in range(940, 955):
        found = fit_counts(fitter, [float(n)], method="hesse")
        assert found.parameters["gamma"].value > 3.9


@pytest.mark.parametrize(
    ("card", "n"),
    every(4, [("m8.toml", 25), ("m8.toml", 60), ("z0.toml", 60), ("h12.toml", 60)], unpack=True),
)
def test_pseudo_experiments_agree_with_the_scan(card, n):
    """Twin. Estimates to 1e-3 of the error and -2 ln L to 1e-6, of ordinary data sets."""
    fitter = prepared(card)
    chunks = list(toys(Thrower(fitter=fitter, seed=77), n))
    rows = {name: np.concatenate([c[name] for c in chunks]) for name in chunks[0]}
    assert not rows["status"].any()
    empty = card_problem(card)
    measured = [[n.pull(v) for v in rows[f"measured_{n.name}"]] for n in empty.expected.nuisances]
    problem = replace(empty, counts=rows["counts"].T.copy(), auxiliary=np.array(measured))
    grid = make_grid(problem, spacing=0.5, per_decade=4)
    found = agreement(problem, grid, rows[fitter.templates.poi], rows["fval"])
    np.testing.assert_allclose(found.excess, 0, atol=1e-6)
    np.testing.assert_allclose(found.distance, 0, atol=1e-3)


@pytest.mark.parametrize(
    ("card", "number", "counts", "value"),
    every(
        2,
        [
            ("h12.toml", 18505, H12_COUNTS, 0.57),
            ("h5.toml", 9893, H5_COUNTS, 3.887),
        ],
        unpack=True,
    ),
)
def test_pseudo_experiments_end_in_the_global_minimum(card, number, counts, value):
    (found,) = toys(Thrower(fitter=prepared(card), seed=77), 1, first=number)
    np.testing.assert_array_equal(found["counts"][0], counts)
    assert found["fval"][0] == pytest.approx(value, abs=0.005)
