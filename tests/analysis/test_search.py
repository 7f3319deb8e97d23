"""The search for minima: its properties besides agreement with a scan."""

from dataclasses import replace

import numpy as np
import pytest
from support.cards import CASES, card_counts
from support.examples import every
from support.experiments import borexino
from support.hard_cards import HARD
from support.plain import scaled, with_nuisances

from analysis.batch.search import Search
from analysis.fits.estimate import fit_counts
from analysis.fits.fitter import make_fitter
from analysis.likelihood.minima import LocalMinima, deepest
from analysis.model.degeneracy import redundant, undetermined
from analysis.pseudo_experiments.throw import Thrower
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic
from macros.card import load_card
from simgen.interaction.models import E6, SM

CHI = E6(beta="chi", gamma=0.1)


def case(name):
    card = load_card(str(CASES / name), ())
    return make_fitter(card.together, card.model, poi=card.fit.poi)


def free_backgrounds(*spectra):
    """BOREXINO with flat free backgrounds between energies [MeV]."""
    backgrounds = tuple(
        FlatBackground(name=f"b{i}", rate=1e-5, low=low, high=high, uncertainty=1.0, constraint="free")
        for i, (low, high) in enumerate(spectra)
    )
    return replace(borexino(), backgrounds=backgrounds)


def moved(shift):
    """A search that ends elsewhere, by a shift of the parameter, in what it believes to be a minimum."""
    original = Search.run

    def run(self, *data, **options):
        found = original(self, *data, **options)
        found.parameters[:, 0] += shift
        found.minima.released[..., 0] += shift
        return found

    return run


def test_two_searches_that_differ_are_said(monkeypatch):
    """Contract: the deeper is quoted, with the difference in errors; where they agree there is none."""
    fitter = make_fitter(with_nuisances(1e-2), CHI)
    counts, auxiliary = (x[0] for x in Thrower(fitter=fitter, seed=4).block(0, 1))
    right = fit_counts(fitter, counts, auxiliary)
    assert right.disagreement is None
    monkeypatch.setattr(Search, "run", moved(5 * right.estimate.error))
    monkeypatch.setattr("analysis.fits.fitter.followed", lambda data, *_, **__: stuck(data, right))
    found = fit_counts(fitter, counts, auxiliary)
    assert found.estimate.value == pytest.approx(right.estimate.value, abs=2e-3 * right.estimate.error)
    assert found.disagreement == pytest.approx(5, rel=0.2)  # the resolution may be the smaller unit


def stuck(data, right):
    """MINUIT at the wrong point: it does not move from there."""
    from analysis.likelihood.minuit import Minimum, prepared

    poi = right.estimate.value + 5 * right.estimate.error
    minuit = prepared(data, poi, np.zeros(len(data.auxiliary)), 1e-6)
    minuit.fixed[0] = True
    minuit.migrad()
    minuit.errors[0] = right.estimate.error / data.model.width
    return Minimum(minuit, data.model.width)


@pytest.mark.parametrize(
    ("spectra", "groups", "held"),
    [
        (((0.25, 0.55),), (), ()),
        (((0.25, 0.55), (0.26, 0.54)), (), ()),
        (((0.25, 0.55), (0.25, 0.55)), ((0, 1),), (1,)),
        (((0.7, 0.9),), ((0,),), (0,)),
        (((0.25, 0.55), (0.7, 0.9), (0.25, 0.55)), ((0, 2), (1,)), (1, 2)),
        (((0.25, 0.4), (0.4, 0.55), (0.25, 0.55)), ((0, 1, 2),), (2,)),
    ],
)
def test_free_factors_that_cannot_be_told_apart(spectra, groups, held):
    """Equal spectra, one outside the window, one that is the sum of two: from counts without resolution."""
    e = free_backgrounds(*spectra)
    sharp = replace(
        e, detector=replace(e.detector, resolution=replace(e.detector.resolution, stochastic=1e-9))
    )
    templates = make_fitter(sharp, SM(), poi="delta_c_L").templates
    assert undetermined(templates) == groups
    assert redundant(templates) == held


def test_fits_of_factors_that_cannot_be_told_apart_are_those_of_one():
    """Twin. Two free backgrounds of one shape have the sum that a single one has, down to 0."""
    two, one = case("deg.toml"), case("deg1.toml")
    counts, auxiliary = Thrower(fitter=one, seed=2).block(0, 200)
    pulls = np.zeros((200, len(two.nominal)))
    fits = two.batch.fit(counts, pulls)
    alone = one.batch.fit(counts, np.zeros_like(auxiliary))
    assert not (fits.status | alone.status).any()
    np.testing.assert_allclose(fits.values, alone.values, atol=1e-7)
    np.testing.assert_allclose(fits.parameters[:, 0], alone.parameters[:, 0], atol=1e-4 * one.width)
    np.testing.assert_allclose(fits.errors[:, 0], alone.errors[:, 0], rtol=1e-4)
    assert np.isnan(fits.errors[:, two.vague]).all()
    assert two.data(counts[0]).ndof == one.data(counts[0]).ndof
    empty = np.zeros(two.templates.n_bins)
    values = [f.batch.fit(empty[None], np.zeros((1, len(f.nominal)))).values[0] for f in (two, one)]
    assert values[0] == pytest.approx(values[1], abs=1e-7)


def test_ties():
    """Contract: within 1e-6 the physical one, then the nearest to the card's value."""
    values = np.array([[1.0, 1.0 + 5e-7, 1.0], [0.0, 5.0, 2e-6], [np.inf, 3.0, 3.0]])
    points = np.array([[-1.0, 4.0, 9.0], [-1.0, 4.0, 9.0], [np.nan, 9.0, 7.0]])
    assert deepest(values, points, 0.0, 10.0, 3.0).tolist() == [1, 0, 2]


def test_minima_of_some_data_sets():
    """Contract: numbered anew, in any order; joined ones replace those of the same data sets."""

    def minima(which, value):
        n = len(which)
        parameters, values = np.full((n, 2, 1), value), np.full((n, 2), value)
        return LocalMinima(
            which=np.array(which, np.intp),
            parameters=parameters,
            values=values,
            released=parameters,
            released_values=values,
        )

    found = minima([1, 4, 6], 1.0).with_(minima([4], 2.0))
    assert dict(zip(found.which.tolist(), found.values[:, 0].tolist(), strict=True)) == {
        1: 1.0,
        6: 1.0,
        4: 2.0,
    }
    some = found.of(np.array([6, 0, 4]))
    assert dict(zip(some.which.tolist(), some.values[:, 0].tolist(), strict=True)) == {0: 1.0, 2: 2.0}
    assert len(found.of(np.array([], np.intp)).which) == 0


@pytest.mark.parametrize("size", [1, 7, 64])
def test_no_bit_depends_on_the_chunk(size):
    """Data sets that are searched again are few: what they give does not depend on their neighbours."""
    fitter = case("m8.toml")
    counts, auxiliary = Thrower(fitter=fitter, seed=9).block(0, 128)
    whole = fitter.batch.fit(counts, auxiliary)
    for start in range(0, 128, size):
        part = fitter.batch.fit(counts[start : start + size], auxiliary[start : start + size])
        np.testing.assert_array_equal(part.parameters, whole.parameters[start : start + size])
        np.testing.assert_array_equal(part.status, whole.status[start : start + size])


@pytest.mark.parametrize(
    ("toy", "depth"),
    every(2, [(6282, 12.16231), (24719, 6.058986), (26390, 6.544151), (34221, 3.403994)], unpack=True),
)
def test_minima_at_kinks_are_found(toy, depth):
    """A bin without counts in which the model expects none; the lowest values are those of other code."""
    card = load_card(HARD / "shapes.toml")
    fitter = make_fitter(card.together, card.model, poi="gamma")
    counts, auxiliary = Thrower(fitter=fitter, seed=1).block(toy, 1)
    fits = fitter.batch.fit(counts, auxiliary)
    assert fits.status[0] == 0
    assert fits.values[0] <= depth + 1e-5
    exact = fitter.data(counts[0], auxiliary[0])(tuple(fits.parameters[0]))
    assert fits.values[0] == pytest.approx(exact, abs=1e-9)


def test_minima_at_kinks_do_not_depend_on_neighbours():
    """Two such data sets together: the lifted minima of each were once taken for the other's."""
    card = load_card(HARD / "shapes.toml")
    fitter = make_fitter(card.together, card.model, poi="gamma")
    data = [Thrower(fitter=fitter, seed=4).block(toy, 1) for toy in (94609, 96276, 96783)]
    together = fitter.batch.fit(*map(np.concatenate, zip(*data, strict=True)))
    for i, one in enumerate(data):
        alone = fitter.batch.fit(*one)
        assert together.values[i] == alone.values[0]
        assert np.array_equal(together.parameters[i], alone.parameters[0])
    # the scan of tests/support has a minimum not higher than these
    assert np.all(together.values < [7.4146, 5.8948, 10.7202])


def test_limits_of_many_are_those_of_one():
    """Twin. Upper limits of pseudo-experiments are those that `limit` quotes, two regions included."""
    fitter = case("z0.toml")
    counts = np.array([card_counts("deg.csv")[:, 0], fitter.templates.expected(0.0)])
    auxiliary = np.zeros((2, len(fitter.nominal)))
    fits = fitter.batch.fit(counts, auxiliary)
    found = fitter.batch.upper_limits(counts, auxiliary, fits, 2.7055)
    from analysis.fits.limits import allowed

    for i in range(2):
        one = allowed(fitter, fitter.data(counts[i]), 2.7055, method="one-sided").upper
        assert found[i] == pytest.approx(one, abs=1e-6 * fitter.width)


def test_a_minimum_beyond_the_range_is_followed_from_its_end():
    """30 % fewer counts than expected without signal: γ < 0, and the physical minimum is 0."""
    fitter = make_fitter(scaled(borexino(), 0.1), CHI)
    counts = 0.7 * fitter.templates.expected(0.0)
    fits = fitter.batch.fit(counts[None], np.zeros((1, 0)))
    assert fits.parameters[0, 0] < -0.5
    physical = fitter.batch.physical(counts[None], np.zeros((1, 0)), fits)
    mu = fitter.templates.expected(0.0)
    assert physical.best[0] == 0
    assert physical.values[0] == pytest.approx(2 * np.sum(mu - counts + counts * np.log(counts / mu)))


def test_a_free_activity_that_hides_the_signal_is_no_factor_to_hold():
    """It is told apart from other factors, and the parameter of interest is not among these."""
    e = replace(borexino(), systematics=(Systematic(name="activity", uncertainty=0.5, constraint="free"),))
    assert undetermined(make_fitter(e, CHI).templates) == ()


NARROW = ("systematics.activity=free", 'source.activity="16700 MCi"', 'background.flat.rate="100000 /d"')


@pytest.mark.filterwarnings("ignore:.*is not plausible:UserWarning")
@pytest.mark.parametrize(
    ("counts", "gamma", "ends"),
    [
        ((4021550, 3853807, 3774102, 3704308, 3542898, 2926331), -0.92964, (0.98351, 1.00496)),
        ((4024971, 3856146, 3773938, 3701170, 3542112, 2927395), 0.98878, None),
    ],
)
def test_millions_of_counts_in_a_narrow_valley_have_one_minimum(counts, gamma, ends):
    """Values of a likelihood in scipy: points before the minimum are no minimum, and other searches agree."""
    card = load_card("borexino-cr51-realistic", NARROW)
    found = fit_counts(make_fitter(card.together, card.model, poi="gamma"), counts)
    assert found.estimate.value == pytest.approx(gamma, abs=1e-4)
    assert found.other_minima == ()
    assert found.disagreement is None
    background = found.parameters["background_flat"]
    assert background.lower < background.value < background.upper
    if ends is not None:
        assert (background.lower, background.upper) == pytest.approx(ends, abs=1e-5)
