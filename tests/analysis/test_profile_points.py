"""Ends, limits and values of the profile from its expansion: against MINUIT and slow searches."""

import math

import numba
import numpy as np
import pytest
from iminuit import Minuit
from support.batch_cases import CASES, fitter_of
from support.examples import few
from support.hard_cards import hard_card

from analysis.batch import BatchFitter, Sought
from analysis.pseudo_experiments.fitted_toys import Thrower, fit_toys

RISE, LIMIT_RISE, PLACE = 3.84, 2.7055, 0.05
SOUGHT = Sought(place=PLACE, rise=RISE, limit_rise=LIMIT_RISE)


def thrown(fitter, n, seed=5):
    """Counts and auxiliary measurements of pseudo-experiments, with numpy."""
    rng = np.random.default_rng(seed)
    mu = fitter.templates.expected(0.02)
    return rng.poisson(mu, (n, len(mu))).astype(float), rng.standard_normal((n, len(fitter.nominal)))


def profile_by_minuit(fitter, counts, measured, poi, pulls):
    """-2 ln L at a value of the parameter of interest, minimised by MINUIT with its own derivatives."""
    data = fitter.data(counts, measured)
    minuit = Minuit(data, (poi, *pulls), name=fitter.templates.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1, 2, 5e-8
    minuit.fixed[0] = True
    return minuit.migrad().fval if len(pulls) else data([poi])


@pytest.mark.parametrize("case", CASES)
def test_points_against_minuit(case):
    """The profile there is what was asked for, to 1e-6 of the error; the values to 1e-6."""
    fitter = fitter_of(case)
    counts, measured = thrown(fitter, 3)
    fits = BatchFitter(fitter=fitter).fit(counts, measured, sought=SOUGHT)
    points, (low, high) = fits.points, fitter.physical
    for i in range(3):
        best, floor = fits.parameters[i], fits.values[i]

        def profile(poi, i=i, best=best):
            return profile_by_minuit(fitter, counts[i], measured[i], poi, best[1:])

        clipped = min(max(best[0], low), high)
        physical = floor if clipped == best[0] else profile(clipped)
        for end in (points.lower[i], points.upper[i]):
            assert math.sqrt(profile(end) - floor) == pytest.approx(math.sqrt(RISE), abs=2e-6)
        assert profile(PLACE) == pytest.approx(points.at_place[i], abs=1e-6)
        assert math.isnan(points.at_bound[i]) == (clipped == best[0])
        if clipped != best[0]:
            assert points.at_bound[i] == pytest.approx(physical, abs=1e-6)
        assert profile(points.limit[i]) - physical == pytest.approx(LIMIT_RISE, abs=5e-6)


@pytest.mark.parametrize("case", CASES)
def test_points_are_those_of_the_slow_searches(case, monkeypatch):
    """Where a point was found it is the same to 1e-7 of the error; few are missed but skewed lower ends."""
    fitter = fitter_of(case)
    batch, (counts, measured) = BatchFitter(fitter=fitter), thrown(fitter, 600)
    fits = batch.fit(counts, measured, sought=SOUGHT)
    points, error = fits.points, fits.errors[:, 0]
    monkeypatch.setattr(BatchFitter, "errors", without_points)
    plain = batch.fit(counts, measured)
    lower, upper = batch.intervals(counts, measured, plain, RISE)
    limits = batch.upper_limits(counts, measured, plain, LIMIT_RISE)
    profile = batch.profile(counts, measured, np.full(len(counts), PLACE), plain)
    limits[fits.minima.which] = math.nan  # another minimum may have another limit
    for found, expected, scale, least in (
        (points.lower, lower, error, 0.5),
        (points.upper, upper, error, 0.9),
        (points.limit, limits, error, 0.95),
        (points.at_place, profile, 1.0, 0.95),
    ):
        assert np.isfinite(found).mean() > least
        assert np.nanmax(np.abs(found - expected) / scale) < 1e-7


@pytest.mark.filterwarnings("ignore:.*plausible:UserWarning")
@pytest.mark.parametrize("n", few([120, 400], 120))
@pytest.mark.parametrize(
    "name",
    few(
        ["low_counts", "phi", "mu_nu", "shapes", "sin2_theta_w"],
        *("low_counts", "mu_nu", "shapes", "sin2_theta_w"),
    ),
)
def test_toys_of_hard_cards_have_the_slow_searches_points(name, n, monkeypatch):
    """Ranges that end, second minima, kinks: what is found soon is what is found otherwise."""
    fitter = hard_card(name).fitter
    toys = Thrower(fitter=fitter, seed=3).block(0, n)
    quick = fit_toys(BatchFitter(fitter=fitter), *toys, level=0.9)
    monkeypatch.setattr(BatchFitter, "errors", without_points)
    slow = fit_toys(BatchFitter(fitter=fitter), *toys, level=0.9)
    for name_, column in slow.items():
        scale = np.abs(slow[f"{fitter.templates.poi}_error"]) if "upper" in name_ or "lower" in name_ else 1.0
        both = np.isfinite(column) & np.isfinite(quick[name_]) & np.isfinite(scale * np.ones(len(column)))
        assert np.array_equal(np.isfinite(column), np.isfinite(quick[name_])), name_
        assert np.max(np.abs(column - quick[name_])[both] / np.broadcast_to(scale, len(column))[both]) < 1e-6


ERRORS = BatchFitter.errors


def without_points(self, *data):
    """Compute the errors, and no points."""
    return ERRORS(self, *data[:-1], None)


@pytest.mark.parametrize("case", ["plain", "shapes"])
def test_the_same_bits_for_any_threads_and_neighbours(case):
    fitter = fitter_of(case)
    counts, measured = thrown(fitter, 9000)
    batch = BatchFitter(fitter=fitter)
    fits = batch.fit(counts, measured)

    def found(where, threads=1):
        before = numba.get_num_threads()
        numba.set_num_threads(threads)
        try:
            data = counts[where], measured[where], fits.parameters[where], fits.values[where]
            points = batch.errors(*data, SOUGHT)[1]
        finally:
            numba.set_num_threads(before)
        return np.column_stack([points.lower, points.upper, points.at_place, points.at_bound, points.limit])

    whole = found(slice(None))
    assert np.array_equal(whole, found(slice(None), min(2, numba.config.NUMBA_NUM_THREADS)), equal_nan=True)
    assert np.array_equal(whole[1001:1038], found(slice(1001, 1038)), equal_nan=True)
    assert np.array_equal(whole[::-1], found(slice(None, None, -1)), equal_nan=True)


def test_nothing_is_found_beyond_the_range_nor_without_a_minimum():
    fitter = fitter_of("normalisations")
    counts, measured = thrown(fitter, 8)
    batch = BatchFitter(fitter=fitter)
    problem_fits = batch.fit(counts, measured)
    values = problem_fits.values.copy()
    values[:4] = math.nan
    _, points = batch.errors(counts, measured, problem_fits.parameters, values, Sought(rise=1e9, place=0.0))
    assert np.isnan([points.upper, points.lower]).all()
    assert np.array_equal(np.isnan(points.at_place), np.isnan(values))
