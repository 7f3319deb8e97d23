"""Notes of commands on the physics of a card: level of corrections, bound electrons, dσ/dT below zero."""

import pytest
from support.invocation import CARD, answer, invoke

from macros.card import load_card
from macros.words.card_notes import binding_note, note_facts, note_rows

REALISTIC = "borexino-cr51-realistic"


@pytest.mark.parametrize(
    ("card", "low", "high"), [("borexino-cr51-paper", 1.026, 1.0285), ("hellaz-cr51-paper", 1.026, 1.0285)]
)
def test_tree_level_is_too_high(card, low, high):
    """Golden. Finds another size than 2.6 to 2.8 % for ν_e, or a missing note for present data."""
    loaded = load_card(card)
    assert low < note_facts(loaded)["tree_over_full"] < high
    text = dict(note_rows(loaded))["corrections"]
    assert 'corrections = "full" with sin2_theta_w = 0.2317' in text
    assert "data of today" in text
    assert answer("check", card)["tree_over_full"] == note_facts(loaded)["tree_over_full"]


def test_nothing_to_say_with_all_corrections():
    """Contract. Finds a note on a card with all corrections and no negative dσ/dT."""
    assert note_facts(load_card(REALISTIC)) == {"tree_over_full": None, "negative_fraction": 0}
    assert note_rows(load_card(REALISTIC)) == []


def test_strip_below_zero_is_told():
    """Golden. Finds ν̄_e of 0.55 MeV without a note on negative dσ/dT, or with a wrong size: below 4.3e-7."""
    overrides = ("--set", "source.isotope=Sr90")
    assert 1e-9 < answer("check", REALISTIC, *overrides)["negative_fraction"] < 4.3e-7
    assert "below zero" in invoke("check", REALISTIC, *overrides).stdout


@pytest.mark.parametrize(
    ("target", "binding", "threshold", "warned"),
    [
        ("Xe", "shells", "2 keV", True),
        ("Ge", "shells", "0.2 keV", True),
        ("XeF6", "shells", "none", True),
        ("Xe", "free", "2 keV", True),
        ("Xe", "shells", "250 keV", False),
        ("NaI", "shells", "2 keV", False),
        ("C9H12", "free", "2 keV", False),
    ],
)
def test_bound_electrons(target, binding, threshold, warned):
    """Contract. Finds Xe or Ge below 30 keV without a warning, or one elsewhere."""
    changes = [f"target={target}", f"binding={binding}", f"threshold={threshold}"]
    card = load_card(REALISTIC, [f"detector.{change}" for change in changes])
    text = binding_note(card.experiment)
    assert bool(text) is warned
    if warned:
        assert all(word in text for word in ("detector.binding", "30 keV", "0.86", "0.69", "physics.md"))


@pytest.mark.parametrize("command", ["expect", "check", "limit"])
def test_bound_electrons_are_told_by_commands(command):
    """Contract. Finds a command that accepts such a card without a note."""
    assert (
        "is not enough for Xe"
        in invoke(command, "lama-pm147-realistic", "--set", "detector.target=Xe").stderr
    )


def test_a_threshold_below_the_bins_is_told():
    """Contract. Finds a scan of thresholds in which nothing changes, and nothing says why."""
    text = " ".join(invoke("check", CARD, "--set", "detector.threshold=100 keV").stderr.split())
    assert "detector.threshold: events from it, 100 keV, to the first bin, at 250 keV, are recorded" in text
    assert "in no bin" not in invoke("check", CARD).stderr
