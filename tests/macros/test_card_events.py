"""Events of a card know their card: another one refuses them, as it refuses a file."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from support.hard_cards import HARD

from detsim.simulation import simulate
from macros import load_card

CARD = "borexino-cr51-realistic"


@pytest.fixture(scope="module")
def events():
    return load_card(CARD).simulate(seed=1)


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("exposure.duration=10 d", "exposure.duration: '10 d' in this card, '100 d' in that of the events"),
        ("source.isotope=Pm147", "source.isotope: 'Pm147' in this card, 'Cr51' in that of the events"),
        ("detector.threshold=300 keV", "detector.threshold: '300 keV' in this card"),
        ("model.generate_above=240 keV", "has recoils from 0 keV on"),
    ],
)
def test_events_of_another_card_are_refused(events, override, words):
    """Contract: in every method that takes data; a selection of the events knows its card, too."""
    other = load_card(CARD, [override])
    some = events.select(np.arange(0, len(events), 2))
    for answer in (other.fit, other.limit, other.histogram, other.fit.profile):
        for data in (events, some):
            with pytest.raises(ValueError, match=words):
                answer(data)


@pytest.mark.parametrize("override", ["model.gamma=0.1", "run.seed=3", "model.generate_above=1 keV"])
def test_events_of_the_same_experiment_are_fitted(events, override):
    """Contract: model, fit and run may differ, and `generate_above` if this changes no result."""
    other = load_card(CARD, [override])
    assert_array_equal(other.histogram(events).values(), load_card(CARD).histogram(events).values())


def test_events_with_weights_may_have_another_activity(events):
    """Contract: weights can be those of another activity, but of no other detector."""
    weighted = replace(events, weight=np.full(len(events), 0.5))
    other = load_card(CARD, ["source.activity=2.5 MCi"])
    assert other.histogram(weighted).sum().value > 0
    with pytest.raises(ValueError, match=r"source\.activity: '2.5 MCi'"):
        other.histogram(events)
    with pytest.raises(ValueError, match="threshold"):
        load_card(CARD, ["detector.threshold=300 keV"]).histogram(weighted)


def test_events_of_one_experiment_are_not_those_of_another():
    card = load_card(str(HARD / "two_experiments.toml"))
    made = card.simulate(seed=1)
    names = list(made)
    assert card.histogram(made).keys() == made.keys()
    with pytest.raises(ValueError, match="was made with another card"):
        card.histogram({names[0]: made[names[1]], names[1]: made[names[0]]})


def test_events_without_a_card_are_taken(events):
    card = load_card(CARD)
    plain = simulate(card.experiment, card.model, seed=1)
    assert plain.provenance is None
    assert "provenance" not in events.columns()
    other = load_card(CARD, ["exposure.duration=10 d"])
    assert_array_equal(other.histogram(plain).values(), card.histogram(events).values())
