"""The command line that goes on with a run that was stopped."""

from types import SimpleNamespace

import pytest

from macros.runs.event_chunks import Draws
from macros.terminal.next_command import command_line, remember


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("toys c.toml -n 5 -o x.root --seed 1", "toys c.toml"),
        ("toys -n5 c.toml -ox.root --seed=1 --first=0", "toys c.toml"),
        ("toys c.toml --output=x.root --set a.b=-1 --figure x.pdf --force", "toys c.toml --set a.b=-1"),
        ("toys --audit 0 -n 5 -- -c.toml", "toys --audit 0"),
    ],
)
def test_options_are_replaced(typed, expected):
    """Options of the part that was made are left out, in every spelling, and all others stay."""
    name, *words = typed.split()
    remember(name, words)
    line = command_line({"--seed": 1, "--first": 3, "-n": 2, "-o": "y.root"})
    end = " -- -c.toml" if "--" in words else ""
    assert line == f"nugauge {expected} --seed 1 --first 3 -n 2 -o y.root{end}"


def test_values_and_names_are_quoted():
    remember("coverage", ["my card.toml", "--set", "exposure.duration=90 d", "--at=0,1"])
    assert command_line({"--at": "-0.1,0", "--first": None}) == (
        "nugauge coverage 'my card.toml' --set 'exposure.duration=90 d' --at=-0.1,0"
    )


def test_other_commands_say_the_options_alone():
    remember("run", ["card.toml"])
    assert command_line({"--first": 3}, of=("simulate",)) == "--first 3"


@pytest.mark.parametrize(("name", "is_split"), [("simulate", True), ("run", False)])
def test_what_was_not_made_is_begun_again_by_the_command_that_was_typed(name, is_split):
    """Regression: `run` advised options that it does not have, and named the seed alone."""
    remember(name, ["card.toml", "-o", "out"])
    said = Draws.nothing(SimpleNamespace(seed=5), SimpleNamespace(split=False))
    assert f"begin again with nugauge {name} card.toml -o out --seed 5" in said
    assert ("--events-per-file" in said) == is_split
