"""Calls from Python as users write them: accepted, or refused with a clear message."""

import re

import numpy as np
import pytest
from support.hard_cards import HARD

import nugauge as ng
from analysis.pseudo_experiments import Thrower

CARD = "borexino-cr51-realistic"


@pytest.fixture(scope="module")
def card():
    return ng.load_card(CARD)


@pytest.fixture(scope="module")
def events(card):
    return card.simulate(seed=1)


@pytest.mark.parametrize(
    "overrides",
    ["model.gamma=0.05", ["model.gamma=0.05"], {"model.gamma": 0.05}, {"model.gamma": np.float64(0.05)}],
)
def test_overrides_in_any_form(overrides):
    assert ng.load_card(CARD, overrides).document == ng.load_card(CARD, ["model.gamma=0.05"]).document


def test_a_mapping_holds_values_as_they_are():
    changed = ng.load_card(CARD, {"exposure.duration": "10 d", "run.columns": ["time"], "run.seed": 3})
    assert (
        changed.document
        == ng.load_card(CARD, ["exposure.duration=10 d", 'run.columns=["time"]', "run.seed=3"]).document
    )
    with pytest.raises(ng.CardError, match="did you mean"):
        ng.load_card(CARD, {"exposure.durration": "10 d"})


def test_a_study_takes_one_value_and_one_method(card):
    study = card.coverage(0.05, 10, seed=1, methods="minos", audit=2)
    assert [point.value for point in study.points] == [0.05]
    assert list(study.points[0].methods) == ["minos"]
    direct = ng.coverage(card.experiment, card.model, 0.05, 10, seed=1, methods="minos", audit=2)
    assert direct.points == study.points
    for wrong in ("0.05", None, ["a"]):
        with pytest.raises(TypeError, match="at must be a number or a sequence of numbers"):
            card.coverage(wrong, 10, seed=1)
    with pytest.raises(TypeError, match="methods must be a name or a sequence of names, got 3"):
        card.coverage(0.05, 10, seed=1, methods=3)
    with pytest.raises(ValueError, match="methods needs at least one name"):
        card.coverage(0.05, 10, seed=1, methods=[])


def refused(kind, words, call):
    with pytest.raises(kind, match=re.escape(words)):
        call()


def test_arguments_of_another_kind_are_named(card, events):
    refused(
        TypeError,
        "other must be a card, as load_card(NAME) returns it, got 'borexino-cr51-paper'",
        lambda: card.compare("borexino-cr51-paper", events, 10, seed=1),
    )
    refused(
        TypeError,
        "a histogram is needed, as histogram(data, experiment) makes it, got Events",
        lambda: ng.fit(events, card.experiment, card.model),
    )
    refused(
        TypeError,
        "thrower must be a Thrower, as Thrower(fitter=make_fitter(experiment, model), seed=1) makes it",
        lambda: next(ng.toys(card.experiment, 3)),
    )
    refused(
        TypeError,
        "exposure duration must be a number of seconds, such as 8.64e6 for 100 d, got '100 d'",
        lambda: ng.Exposure(duration="100 d"),
    )
    thrower = Thrower(fitter=ng.make_fitter(card.experiment, card.model), seed=1)
    assert len(next(ng.toys(thrower, 3))["toy"]) == 3


def test_measurements_of_unknown_parameters_are_refused_at_once(card, events):
    refused(ValueError, "did you mean activity?", lambda: card.measured(events, {"activty": 1}))
    assert card.fit(card.measured(events, {"activity": 1.01})).valid


def test_wrong_counts_are_named(card):
    refused(
        ValueError,
        "counts need 6 or 8 entries, got shape (3,): one a bin; of 8 the first is the underflow and the last "
        "the overflow",
        lambda: card.fit([1, 2, 3]),
    )
    refused(ValueError, "entry 5 (from 0) is -6", lambda: card.fit([1, 2, 3, 4, 5, -6]))
    refused(ValueError, "entry 2 (from 0) is nan", lambda: card.fit([1, 2, np.nan, 4, 5, 6]))


def test_one_experiment_of_several_is_chosen_in_python():
    several = ng.load_card(str(HARD / "two_experiments.toml"))
    refused(ValueError, "choose one of one, two with .of(NAME)", lambda: several.experiment)


REFUSED = {
    "5 toys are too few for a level of 0.95: at least 19": {"n_toys": 5},
    "n_toys must be a whole number": {"n_toys": 1.5},
    "at: 0 stands there twice": {"at": [0, 0.1, 0]},
    "at needs at least one number": {"at": []},
    "at must be finite, got nan": {"at": [np.nan]},
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_card_refuses_what_calibrate_refuses(card, message):
    with pytest.raises(ValueError, match=message):
        card.calibrate(**{"n_toys": 100, "seed": 1} | REFUSED[message])
