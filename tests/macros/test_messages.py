"""Messages that name the value given and what is correct, and warnings of unusual but legal input."""

import os

import pytest
from support.invocation import CARD, answer, invoke, refusal

from analysis import sensitivity
from macros.card import load_card
from macros.cli import app


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("counts", "-3", "--background", 1), "-3; as an argument a number has to be at least 0"),
        (("counts", "-25", "--background", 1), "No such option: -25;"),
        (("counts", "2.5", "--background", 1), "'N': must be a whole number, got 2.5"),
        (("counts", 2, "--background", "x"), "'--background': must be a number, got x"),
        (("simulate", CARD, "--seed", -1, "-o", "x.root"), "'--seed': must be at least 0, got -1"),
        (("coverage", CARD, "--at", 0, "--max-failed", 3), "'--max-failed': must be at most 1, got 3"),
        (
            ("simulate", CARD, "-o", "/proc/x.root"),
            "/proc/x.root: no file can be made in the directory /proc",
        ),
        (("init", CARD, "-o", "/proc/x.toml"), "/proc/x.toml: no file can be made in the directory /proc"),
        (("run", CARD, "-o", "/proc/x"), "/proc/x: no file can be made in the directory /proc"),
        (
            ("toys", CARD, "-n", 3, "--level", 95, "-o", "x.root"),
            "level must lie between 0 and 1, got 95: 95 % is",
        ),
        (("counts", 2, "--background", 1, "--level", 90), "got 90: 90 % is 0.9"),
        (("limit", CARD, "--set", "fit.limit_level=95"), "must be below 1, got 95: 95 % is 0.95"),
        (("expect", CARD, "--set", "detector.efficiency=80"), "got 80: 80 % is 0.8"),
    ],
)
def test_a_message_names_what_was_given(arguments, words):
    """Contract. Finds a message without the value, with an internal name, or without what is correct."""
    assert words in refusal(*arguments)


def test_a_directory_that_takes_no_file(tmp_path, monkeypatch):
    """Contract: the message has the name that was asked for, not that of the unfinished file."""
    real = os.open

    def refuse(path, flags, *rest, **more):
        if flags & os.O_CREAT:
            raise PermissionError(1, "Operation not permitted", str(path))
        return real(path, flags, *rest, **more)

    monkeypatch.setattr(os, "open", refuse)
    path = tmp_path / "x.root"
    message = refusal("simulate", CARD, "--events", 5, "-o", path)
    assert f"{path}: no file can be made in the directory {tmp_path}: Operation not permitted" in message
    assert ".part" not in message


def test_a_card_is_no_data(tmp_path):
    """Contract: the message names event files, too."""
    card = tmp_path / "card.toml"
    invoke("init", CARD, "-o", card)
    assert "is neither a file of events (ROOT) nor a histogram" in refusal("fit", card, card)


def test_wrong_bins_are_stated_once(tmp_path):
    """Contract: the message has both binnings, each once."""
    path = tmp_path / "data.csv"
    path.write_text("low,high,counts\n0.25,0.4,3\n0.4,0.55,4\n")
    said = refusal("fit", CARD, path)
    assert said.count("6 from 0.25 to 0.55") == said.count("2 from 0.25 to 0.55") == 1
    assert "2 bins from" not in said


def test_usage_and_list_of_commands():
    """Contract: arguments are written in one kind of brackets, and no description of a command is cut."""
    commands = invoke("--help").stdout.partition("Commands:")[2]
    assert "..." not in commands
    assert "…" not in commands
    for name in app.registered_commands:
        usage = invoke(name.name, "--help").stdout.partition("\n\n")[0]
        assert "[[" not in usage
        assert "...}" not in usage


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "detector.bins.width=70 keV",
            "the width, 70 keV, does not divide the range: the last bin has 20 keV",
        ),
        ("detector.threshold=330 keV", "1 bin of 6 ends at or below it, 330 keV, and can have no counts"),
        ("detector.threshold=350 keV", "2 bins of 6 end at or below it, 350 keV, and can have no counts"),
    ],
)
def test_odd_bins(override, words):
    """Contract. Finds a narrower last bin, or bins below the threshold, of which `check` says nothing."""
    said = answer("check", CARD, "--set", override)["warnings"]
    assert sum(words in text for text in said) == 1, said


def test_errors_in_percent():
    """Contract: relative errors above 1 are warned of, in the command and in Python."""
    words = "errors per bin are relative: 10 is 1000 %, and 5 % is 0.05"
    result = invoke("sensitivity", CARD, "--errors", "5:10:2")
    assert result.exit_code == 0
    assert result.stderr.count(f"warning: {words}") == 1
    assert "warning" not in invoke("sensitivity", CARD, "--errors", "0.5:1:2").stderr
    card = load_card(CARD)
    with pytest.warns(UserWarning, match=words):
        sensitivity(card.experiment, card.model, [10.0])
