"""Calibrations: thresholds as order statistics, and the true values that are calibrated."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support.experiments import borexino
from support.physical_fit_cases import (
    CHI,
    gaussian,
)
from support.plain import with_nuisances

from analysis.batch.physical_fit import BoundedFit, one_sided, signed_statistic
from analysis.calibration.settings import conditions
from analysis.calibration.table import Calibration, Curve
from analysis.fits.fitter import make_fitter
from analysis.studies.thresholds import calibrate, true_values


def sample(signed, **changes):
    """A table of one value with given statistics."""
    fitter, _, _ = gaussian()
    made = Calibration(
        values=np.zeros(1),
        signed=np.sort(np.asarray(signed, np.float32))[None],
        reference=0.0,
        reference_statistic=np.zeros((1, len(signed)), np.float32),
        expected=fitter.templates.expected(0.0)[None],
        conditions=conditions(fitter),
        seed=1,
    )
    return replace(made, **changes)


def test_a_threshold_is_an_order_statistic():
    """Of 99 toys the 90th: one more is below it with probability 0.9; its error is that of the rank."""
    curve = sample(np.arange(1, 100)).thresholds("feldman-cousins", 0.9)
    assert (curve.centre[0], curve.low[0], curve.high[0]) == (90, 87, 93)
    assert sample(-np.arange(1, 100)).thresholds("feldman-cousins", 0.9).centre[0] == 90
    assert sample(-np.arange(1, 100)).thresholds("calibrated", 0.9).centre[0] == 0


def test_failed_toys_are_not_accepted():
    """5 of 99 failed: the rank stays, the failed are above it; with 20 there is no threshold."""
    q = np.arange(1.0, 100)
    q[:5] = math.inf
    assert sample(q).thresholds("feldman-cousins", 0.9).centre[0] == 95
    assert sample(q).n_failed.tolist() == [5]
    q[:20] = math.inf
    with pytest.raises(ValueError, match="too many fits failed"):
        sample(q).thresholds("feldman-cousins", 0.9)
    assert not sample(np.arange(1, 100)).holds("cls", 0.9, 0.0, [math.inf])[0]


def test_too_few_toys_for_a_level():
    with pytest.raises(ValueError, match="at least 19"):
        sample(np.arange(18)).thresholds("feldman-cousins", 0.95)
    assert sample(np.arange(19)).thresholds("feldman-cousins", 0.95).centre[0] == 18


def test_curve_between_values():
    """Straight, with the errors of two independent values."""
    curve = Curve(
        values=np.array([0.0, 2.0]),
        centre=np.array([1.0, 3.0]),
        low=np.array([0.7, 2.6]),
        high=np.array([1.3, 3.4]),
    )
    assert curve.at(0.5) == 1.5
    assert curve.at(0.5, 1) == pytest.approx(1.5 + math.hypot(0.75 * 0.3, 0.25 * 0.4))
    assert curve.at([0.0, 2.0], -2) == pytest.approx([0.4, 2.2])


def test_true_values_are_as_dense_as_the_likelihood_asks():
    """Steps of √q: 0.05 next to a boundary, else 0.2, out to six standard deviations."""
    fitter = make_fitter(with_nuisances(), CHI)
    values = true_values(fitter)
    data = fitter.data(fitter.templates.expected(0.0))
    distance = np.sqrt(data.profile(values)[0])
    assert values[0] == 0
    assert distance[-1] == pytest.approx(6, abs=0.2)
    steps = np.diff(distance)
    assert np.all(steps[:18] == pytest.approx(0.05, abs=0.02))
    assert np.all(steps < 0.3)
    assert len(values) < 60


def test_true_values_of_an_unbounded_parameter_lie_on_both_sides():
    fitter = make_fitter(borexino(), CHI, poi="eps_L")
    values = true_values(fitter, reach=3.0)
    data = fitter.data(fitter.templates.expected(0.0))
    distance = np.sign(values) * np.sqrt(data.profile(values)[0])
    assert distance[0] < -2.8
    assert distance[-1] > 2.8


def test_nothing_to_calibrate():
    fitter = make_fitter(borexino(), CHI, poi="beta")  # at γ = 0 nothing depends on it
    with pytest.raises(ValueError, match="cannot measure"):
        true_values(fitter)


def test_values_have_to_be_physical():
    fitter, _, _ = gaussian()
    with pytest.raises(ValueError, match=r"from 0 to inf, got -0\.1"):
        calibrate(fitter, [-0.1, 0.2], 100, seed=1)
    with pytest.raises(ValueError, match="got none"):
        calibrate(fitter, [], 100, seed=1)
    with pytest.raises(ValueError, match="n_toys"):
        calibrate(fitter, [0.1], 0, seed=1)


def test_values_do_not_depend_on_each_other():
    """Contract: a table's row is the same in any table of its seed; another seed gives another."""
    fitter, _, error = gaussian()
    one = calibrate(fitter, [error], 500, seed=1)
    three = calibrate(fitter, [0, error, 2 * error], 500, seed=1)
    assert np.array_equal(one.signed[0], three.signed[1])
    assert np.array_equal(one.reference_statistic[0], three.reference_statistic[1])
    assert not np.array_equal(one.signed, calibrate(fitter, [error], 500, seed=2).signed)


def test_signs_of_statistics():
    """A best value above the point, as good to rounding: -0.0 gave parts that were joined other bits."""
    fits = BoundedFit(best=np.array([0.2, 0.0]), values=np.zeros(2), good=np.ones(2, bool))
    batch = SimpleNamespace(profile=lambda counts, auxiliary, at: np.zeros(len(counts)))
    data = np.zeros((2, 1))
    for found in (signed_statistic(batch, data, data, fits, 0.1), one_sided([-0.0, 0.0])):
        assert not np.signbit(found).any()
