"""Intervals of nuisance parameters against -2 ln L written a second time and minimised from many starts."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri
from support.cards import CASES, card_counts
from support.examples import few
from support.experiments import borexino
from support.hard_cards import hard_card, make_hard_card
from support.plain import with_nuisances
from support.pull_profile import pull_profile

from analysis.fits.estimate import fit_counts
from analysis.fits.results import AT_RANGE, UNBOUNDED
from detsim.experiment import FlatBackground
from detsim.systematics import Systematic
from macros.card import load_card
from simgen.interaction.models import E6, SM

LEVEL = 0.683
DELTA = float(ndtri((1 + LEVEL) / 2)) ** 2
_INSIDE = np.array([0.1, 0.3, 0.5, 0.7, 0.9, 0.99])


def check(card, counts, auxiliary, numbers=None):
    """Compare intervals with the profile: it is at the level at an end, lower inside and higher outside."""
    result = fit_counts(card.fitter, counts, auxiliary, level=LEVEL)
    assert result.valid
    nuisances = card.fitter.templates.nuisances
    curve = card.empty.curve
    at = (result.estimate.value - curve.origin) / curve.unit
    near = np.array([at, *(p.x for p in result.pulls)])
    wanted, conditions = [], []
    for number in range(len(nuisances)) if numbers is None else numbers:
        one, estimate = nuisances[number], result.parameters[nuisances[number].name]
        x = near[1 + number]
        for end, reason, sign in (
            (estimate.lower, estimate.lower_reason, -1),
            (estimate.upper, estimate.upper_reason, 1),
        ):
            if end is None:
                assert reason in {AT_RANGE, UNBOUNDED}
                last = one.lowest if reason == AT_RANGE else x + sign * 1e3
                parts = _INSIDE
            else:
                last, parts = one.pull(end), np.array([*_INSIDE, 1.0, 1.03])
                assert sign * (last - x) > 0
            conditions.append((one.name, sign, len(wanted), end is None))
            wanted += [(number, pull) for pull in x + parts * (last - x)]
    held, pulls = zip(*wanted, strict=True)
    rises = pull_profile(card.problem(counts[None], auxiliary[None]), held, pulls, near) - result.fval
    for name, sign, first, is_open in conditions:
        inside = rises[first : first + len(_INSIDE)]
        assert max(inside) < DELTA, (name, sign)
        if not is_open:
            at_end, outside = rises[first + len(_INSIDE) :][:2]
            assert at_end == pytest.approx(DELTA, abs=1e-4), (name, sign)
            assert outside > DELTA, (name, sign)


def case(name):
    card = hard_card(str(CASES / name))
    return card, card_counts(name.replace(".toml", ".csv"))[:, 0], np.zeros(len(card.fitter.nominal))


@pytest.mark.long  # test_fit_notes has the same ends, without the profile
def test_a_flat_valley_through_two_minima():
    """A free activity and δc_L: MINUIT's ends began at another minimum, and lay below the estimate."""
    card, counts, auxiliary = case("activity.toml")
    found = fit_counts(card.fitter, counts, auxiliary, level=LEVEL).parameters["activity"]
    assert found.lower is None
    assert found.lower_reason == AT_RANGE
    assert found.value < found.upper
    check(card, counts, auxiliary, numbers=[0, 3, 6])


@pytest.mark.long
@pytest.mark.parametrize("numbers", [[0], [3, 5, 6]], ids=len)
def test_an_end_in_the_other_minimum(numbers):
    """With the activity known to 2 % two minima of δc_L stay, and ends lie in either of them."""
    card = load_card(str(CASES / "activity.toml"), ("systematics.activity=0.02",))
    hard = make_hard_card("activity", card.together, card.model, card.fit.poi)
    check(hard, card_counts("activity.csv")[:, 0], np.zeros(len(hard.fitter.nominal)), numbers=numbers)


def test_data_that_cannot_measure_the_parameter():
    """Contract: the parameter of interest stays at the model's value; the ends are those of one parameter."""
    fitter = make_hard_card("blind", (with_nuisances(1e-2),), E6(beta="chi"), "beta").fitter
    counts = fitter.templates.expected(fitter.truth)
    result = fit_counts(fitter, counts, level=LEVEL)
    assert not result.valid
    for number, one in enumerate(fitter.templates.nuisances):
        estimate = result.parameters[one.name]
        for end in (estimate.lower, estimate.upper):
            values, _ = fitter.data(counts).profile(fitter.anchor, held={number: one.pull(end)})
            assert values[0] == pytest.approx(result.fval + DELTA, abs=1e-6)


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    few(
        ["charge_radius", "delta_c_l", "eps_r", "mu_nu", "log_normal", "scalar_coupling", "two_experiments"],
        "mu_nu",
    ),
)
def test_hard_cards(name):
    card = hard_card(name)
    counts, auxiliary = card.throw(2, seed=3)
    for i in range(2):
        check(card, counts[i], auxiliary[i])


@pytest.mark.long
def test_parameter_within_the_shape():
    """Of a signal that cannot be tabulated, the profile is scanned."""
    card = hard_card("delta_m2")
    counts, auxiliary = card.throw(1, seed=3)
    check(card, counts[0], auxiliary[0])


@pytest.mark.parametrize("numbers", few([(3,), None], (3,)), ids=["background", "all"])
@pytest.mark.parametrize("seed", few(range(4), 0))
def test_random_laws(seed, numbers):
    """Random uncertainties and laws of factors, shapes and a background: of the background, or of all."""
    random = np.random.default_rng(seed)
    laws = ["gaussian", "log-normal", "free"]
    systematics = tuple(
        Systematic(
            name=name, uncertainty=float(random.uniform(0.01, 0.3)), constraint=str(random.choice(kinds))
        )
        for name, kinds in (("activity", laws), ("energy_scale", laws[:2]), ("resolution", laws[:1]))
    )
    background = FlatBackground(
        name="b", rate=2e-5, low=0.2, high=0.8, uncertainty=0.5, constraint=str(random.choice(laws))
    )
    experiment = replace(borexino(), systematics=systematics, backgrounds=(background,))
    poi = str(random.choice(["delta_c_L", "gamma", "eps_R"]))
    model = E6(beta="chi", gamma=0.1) if poi == "gamma" else SM()
    card = make_hard_card("random", (experiment,), model, poi)
    counts, auxiliary = card.throw(1, seed=seed)
    check(card, counts[0], auxiliary[0], numbers)


@pytest.mark.long
@pytest.mark.parametrize("n", [*few([4, 15], 4), pytest.param(200, marks=pytest.mark.slow)])
def test_estimate_is_within_its_interval(n):
    """Contract: of pseudo-experiments of a card with two minima, and of any nuisance parameter."""
    card = hard_card("delta_c_l")
    for counts, auxiliary in zip(*card.throw(n, seed=5), strict=True):
        result = fit_counts(card.fitter, counts, auxiliary)
        for estimate in list(result.parameters.values())[1:]:
            assert estimate.lower is None or estimate.lower < estimate.value
            assert estimate.upper is None or estimate.upper > estimate.value


def test_interval_of_gaussian_data_is_that_of_hesse():
    """Closed form: with the paper's χ² and one factor whose constraint dominates, ± 1 standard deviation."""
    fitter = make_hard_card("plain", (with_nuisances(1e-3),), E6(beta="chi", gamma=0.1), "gamma").fitter
    result = fit_counts(fitter, fitter.templates.expected(0.1), level=LEVEL)
    for name, estimate in list(result.parameters.items())[1:]:
        width = math.sqrt(DELTA) * estimate.error
        assert estimate.upper - estimate.value == pytest.approx(width, rel=0.05), name
        assert estimate.value - estimate.lower == pytest.approx(width, rel=0.05), name
