"""Seeds of commands: drawn, printed once, and never before a refusal."""

import re

import pytest
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.event_writer import EventFile


def test_seeds(tmp_path):
    """Contract: --seed before the card's; a seed that nobody gave is drawn, printed and stored."""
    path = tmp_path / "x.root"
    assert answer("simulate", CARD, "-o", path, "--set", "run.seed=8")["seed"] == 8
    assert answer("simulate", CARD, "-o", path, "--set", "run.seed=8", "--seed", 9, "--force")["seed"] == 9
    results = [invoke("simulate", CARD, "-o", path, "--force") for _ in range(2)]
    with EventFile(path) as file:
        assert f"--seed {file.provenance['seed']})" in results[1].stderr
    assert results[0].stderr.splitlines()[0] != results[1].stderr.splitlines()[0]


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """An event file."""
    path = tmp_path_factory.mktemp("events") / "events.root"
    answer("simulate", CARD, "-o", path, "--seed", 1)
    return path


@pytest.mark.parametrize(
    "arguments",
    every(
        4,
        [
            ("simulate", CARD, "-o", "{there}.root"),
            ("generate", CARD, "-o", "{none}/x.root"),
            ("simulate", CARD, "-o", "{new}.root", "--file-size", "1 kB"),
            ("run", CARD, "-o", "{directory}"),
            ("toys", CARD, "-n", 5, "-o", "{there}.root"),
            ("coverage", CARD, "-n", 5, "--at", "-1"),
            ("coverage", CARD, "-n", 5, "--at", "0", "-o", "{there}.root"),
            ("limit", CARD, "--poi", "nothing"),
            ("limit", CARD, "{none}.csv", "--method", "cls"),
            ("limit", CARD, "--method", "calibrated", "-n", 10),
            ("fit", CARD, "{none}.csv", "--gof", 10),
            ("fit", CARD, "{none}.csv", "--set", "fit.templates=simulation"),
            ("compare", CARD, "borexino-be7", "{none}.csv"),
            ("calibrate", CARD, "-n", 10, "-o", "{new}.root"),
            ("calibrate", CARD, "-n", 100, "-o", "{none}/x.root"),
        ],
    ),
)
def test_no_seed_is_printed_before_a_refusal(tmp_path, arguments):
    """Contract: a seed that was drawn is printed when the work begins, and not if there is none."""
    places = {name: tmp_path / name for name in ("there", "none", "new", "directory")}
    (tmp_path / "there.root").write_text("something else")
    places["directory"].mkdir()
    (places["directory"] / "mine").touch()
    message = refusal(*(str(a).format(**places) for a in arguments))
    assert "drawn" not in message
    assert "drawn" not in invoke("expect", CARD).stderr  # nor by a later command of the same process


@pytest.mark.parametrize(
    "arguments",
    every(
        3,
        [
            ("simulate", CARD, "--events", 10, "-o", "{0}/x.root"),
            pytest.param(("run", CARD, "-o", "{0}/run"), marks=pytest.mark.long),
            ("toys", CARD, "-n", 5, "-o", "{0}/x.root"),
            ("coverage", CARD, "-n", 5, "--at", "0"),
            ("limit", CARD, "--toys", 5),
            ("compare", CARD, CARD, "{1}", "--set-a", "model.name=SM", "-n", 20),
            ("fit", CARD, "{1}", "--gof", 5),
            ("calibrate", CARD, "-n", 100, "--at", "0,0.1", "-o", "{0}/c.root"),
            ("fit", CARD, "{1}", "--set", "fit.templates=simulation"),
        ],
    ),
)
def test_a_drawn_seed_is_printed_once(tmp_path, events, arguments):
    """Contract: before the results, with and without --json."""
    given = [str(a).format(tmp_path, events) for a in arguments]
    for options in ((), ("--json",)):
        force = ("--force",) if "-o" in given else ()
        result = invoke(*given, *force, *options)
        assert result.exit_code == 0, result.stderr
        drawn = re.findall(r"seed (\d+) \(drawn; repeat with --(?:seed |set run.seed=)(\d+)\)", result.stderr)
        assert [a == b for a, b in drawn] == [True]
