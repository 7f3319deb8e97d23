"""Fits of Δm²: all minima of the oscillation are searched, and the right one is found."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from support.examples import few
from support.experiments import borexino_distances

from analysis.fits.audit import audit_columns
from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import allowed, limit_of_counts
from analysis.likelihood.likelihood import paper_errors
from analysis.model.delta_m2_grid import wave_points
from analysis.model.templates import make_templates
from analysis.pseudo_experiments.fitted_toys import toys
from analysis.pseudo_experiments.throw import Thrower
from detsim.detector.distance_bins import DistanceBins
from detsim.expectation.prediction import predict
from detsim.systematics import known_to
from macros.card import load_card
from simgen.interaction.models import SM
from simgen.rates.oscillation import WAVE


def fine():
    """BOREXINO with a strong source and 13 bins of the distance; the normalisation is free by 2 %."""
    experiment = borexino_distances()
    bins = DistanceBins(edges=tuple(np.linspace(500.0, 1150.0, 14)), resolution=10.0)
    detector = replace(experiment.detector, distance=bins, edges=(0.25, 0.55))
    return known_to(replace(experiment, detector=detector, scale=20.0), activity=0.02)


def oscillating(delta_m2):
    return SM(sin2_2theta=0.3, delta_m2=delta_m2)


def test_values_are_dense_and_end_where_waves_average_away():
    """Closed form: from a phase 2·1.267 Δm² L/E of π/4 at the longest baseline to the mean 1 - ½ sin²2θ."""
    experiment = fine()
    templates = make_templates(experiment, oscillating(1.0), "delta_m2")
    points = wave_points(templates)
    assert points[0] == 0
    steps = np.diff(points)
    np.testing.assert_allclose(2 * WAVE * steps * 1125.0 / experiment.source.endpoint, math.pi / 4, rtol=1e-9)
    averaged = 0.85 * templates.signal(0.0)
    expected = averaged + templates.backgrounds[0][:, 0].sum(axis=0)

    def chi2(delta_m2):
        return np.sum((templates.signal(float(delta_m2)) - averaged) ** 2 / expected)

    assert max(map(chi2, points[-16:])) < 0.01 < chi2(points[-17])
    assert chi2(1.0) > 100


@pytest.mark.parametrize("truth", few([0.4, 1.5, 3.0], 1.5))
@pytest.mark.parametrize("start", few([0.9, 6.0], 0.9))
def test_the_right_wave_is_found_from_anywhere(truth, start):
    """Property: exact data give their own Δm², its error and its region, wherever the fit begins.

    Finds a scan that is too coarse, which ends a turn of the mean way beside it.
    """
    found = [fitted(truth, d) for d in (truth, start)]
    for result in found:
        assert result.valid
        assert result.estimate.value == pytest.approx(truth, abs=1e-2 * found[0].estimate.error)
        assert result.fval == pytest.approx(0, abs=1e-3)
    assert found[1].estimate.error == pytest.approx(found[0].estimate.error, rel=1e-3)
    assert found[1].estimate.lower == pytest.approx(found[0].estimate.lower, rel=1e-6)


@cache
def fitted(truth, start):
    """Fit exact data of a Δm² with a model of another one."""
    experiment = fine()
    counts = predict(experiment, oscillating(truth)).counts
    return fit_counts(make_fitter(experiment, oscillating(start), poi="delta_m2"), counts, level=0.683)


@pytest.mark.long
def test_every_wave_that_is_allowed_is_a_region():
    """Property: each end of a region is where the profile crosses; weak data allow several minima."""
    experiment, model = replace(fine(), scale=1.5), SM(sin2_2theta=0.15, delta_m2=1.5)
    fitter = make_fitter(experiment, model, poi="delta_m2")
    counts = predict(experiment, model).counts
    limit = limit_of_counts(fitter, counts, level=0.95, method="two-sided")
    assert len(limit.regions) > 1
    assert any(low < 1.5 < high for low, high in limit.regions if low is not None and high is not None)
    profile = fitter.profile(fitter.data(counts))
    inside = [end for region in limit.regions for end in region if end not in (None, 0.0)]
    np.testing.assert_allclose([profile(end) for end in inside], limit.delta_chi2, atol=1e-4)


@cache
def few_counts():
    """Fitter of a weak source: its table ends at 2.8 eV², where every value above may be allowed."""
    card = load_card(Path(__file__).parent.parent / "hard" / "delta_m2.toml")
    return make_fitter(card.together, card.model, poi="delta_m2")


@pytest.mark.parametrize("numbers", few([(3, 279), (42, 94, 176, 181, 232, 279, 293)], (3, 279)))
def test_limits_look_beyond_the_table_and_into_every_wave(numbers):
    """Twin. Upper limits of many data sets at once against regions of one by one.

    Without a scan of the values above, limits of these toys end at a lower region. The table ends at
    2.8 eV²; the highest region of toy 279 is in the table, in a wave that the search does not visit.
    """
    fitter = few_counts()
    thrown = [Thrower(fitter=fitter, seed=1).block(number, 1) for number in numbers]
    counts, auxiliary = (np.concatenate(part) for part in zip(*thrown, strict=True))
    fits = fitter.batch.fit(counts, auxiliary)
    found = fitter.batch.upper_limits(counts, auxiliary, fits, 2.7055)
    singles = [
        allowed(fitter, fitter.data(c, a), 2.7055, method="one-sided").upper
        for c, a in zip(counts, auxiliary, strict=True)
    ]
    np.testing.assert_allclose(found, singles, rtol=1e-6)
    is_in_table = np.array(found) < fitter.batch.edges[1]
    np.testing.assert_array_equal(is_in_table, np.array(numbers) == 279)


def test_the_audit_confirms_limits_of_regions_that_minuit_does_not_find():
    """Property: MINUIT crosses the level at the end of the highest region, beyond those of its own minima."""
    fitter = few_counts()
    columns = dict(next(toys(Thrower(fitter=fitter, seed=1), 1, first=3)))
    audit = audit_columns(fitter, columns, [0], level=0.95, methods=["one-sided"])
    assert audit.limit < 1e-5
    columns["one_sided_upper"] = columns["one_sided_upper"] + 0.1 * fitter.width
    assert audit_columns(fitter, columns, [0], level=0.95, methods=["one-sided"]).limit > 0.09


@pytest.mark.parametrize("level", few([1.0, 2.7055, 25.0], 2.7055))
def test_values_between_the_first_points_are_not_missed(level):
    """Property: where a point above is allowed, the points that are looked at first tell that one may be."""
    fitter = few_counts()
    far = fitter.batch.search.setup.far
    assert len(far.first) < 0.2 * len(far.points)
    counts, auxiliary = Thrower(fitter=fitter, seed=2).block(0, 8)
    counts[:4] = np.random.default_rng(1).poisson(3.0, counts[:4].shape)  # data of no model
    values = np.array(
        [fitter.data(c, a).profile(far.points)[0] for c, a in zip(counts, auxiliary, strict=True)]
    )
    levels, limits = values.min(axis=1) + level, np.array([1.0, 4.0] * 4)
    is_allowed = np.any((values <= levels[:, None]) & (far.points > limits[:, None]), axis=1)
    may_be = far.may_be_above(counts, auxiliary, limits, levels)
    assert is_allowed.any()
    assert may_be[is_allowed].all()
    assert not may_be.all() or level > 20


@pytest.mark.long
@pytest.mark.parametrize("toy", [3, 30, 279])
def test_regions_of_few_counts_are_those_of_a_dense_scan(toy):
    """Twin. Regions against 1001 values of the profile, and upper limits of many data sets at once."""
    fitter = few_counts()
    counts, auxiliary = Thrower(fitter=fitter, seed=1).block(toy, 1)
    data = fitter.data(counts[0], auxiliary[0])
    found = allowed(fitter, data, 2.7055, method="one-sided")
    points = np.linspace(0, 10, 1001)
    values = data.profile(points)[0]
    inside = (values <= found.floor + 2.7055) | (points <= found.best)
    held = [any(low <= x <= (high or math.inf) for low, high in found.regions) for x in points]
    np.testing.assert_array_equal(held, inside)
    assert values.min() > found.floor - 1e-6
    fits = fitter.batch.fit(counts, auxiliary)
    upper = fitter.batch.upper_limits(counts, auxiliary, fits, 2.7055)[0]
    assert upper == pytest.approx(math.nan if found.upper is None else found.upper, rel=1e-6, nan_ok=True)


def test_nothing_oscillates_at_no_mixing():
    """Contract: a fit of Δm² at sin²2θ = 0 says that it cannot know it."""
    experiment = fine()
    fitter = make_fitter(experiment, SM(delta_m2=1.0), poi="delta_m2")
    result = fit_counts(fitter, predict(experiment, SM()).counts)
    assert not result.valid
    assert "cannot measure it" in result.reason


@pytest.mark.parametrize(
    "model", [oscillating(1.0), SM(vector_coupling=1e-11, vector_mass=0.1), SM(delta_m2=2.0, scalar_mass=1.0)]
)
def test_errors_of_the_papers_chi2_are_those_of_the_standard_model(model):
    """Contract: σ N_i^SM, also where the model's shapes are others than those of the standard model."""
    experiment = borexino_distances()
    poi = "sin2_2theta" if model.delta_m2 else "vector_coupling"
    errors = paper_errors(make_templates(experiment, model, poi), 0.1)
    np.testing.assert_allclose(errors, 0.1 * predict(experiment, SM()).counts, rtol=1e-12)
