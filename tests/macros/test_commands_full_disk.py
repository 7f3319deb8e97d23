"""Commands on a full disk, and commands stopped when a file is whole."""

import os
import re
import signal
from pathlib import Path

import pytest
from support.examples import every, few
from support.invocation import CARD, answer, invoke, refusal, small_disk, start


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory):
    """Run everything once, so that the processes find their compiled functions."""
    path = tmp_path_factory.mktemp("compiled") / "x.root"
    answer("simulate", CARD, "-o", path, "--events", 10)
    answer("toys", CARD, "-n", 2, "-o", path.with_name("toys.root"))


@pytest.mark.parametrize(
    "command",
    [
        ("simulate", CARD, "--events", "1e17"),
        ("generate", CARD, "--events", "1e17"),
        ("toys", CARD, "-n", "1e15"),
        ("coverage", CARD, "--at", "0,0.1", "-n", "1e15"),
    ],
    ids=lambda c: c[0],
)
def test_no_room(tmp_path, command):
    """Contract: a file too large for the disk is not begun, and the message has its size."""
    message = refusal(*command, "-o", tmp_path / "x.root", "--seed", 1)
    assert f"{tmp_path / 'x.root'}: " in message
    assert re.search(
        r"rows of \d+ bytes take [\d.e+]+ GB at least, compressed, and .* has [\d.]+ GB free", message
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.long  # the tests of a full disk in this process are quick
@pytest.mark.parametrize(
    ("arguments", "more"),
    every(
        2,
        [
            (("simulate", CARD), ("--events", 300_000)),
            (("toys", CARD, "--no-fit"), ("-n", 3000)),
            pytest.param(
                ("contour", CARD, "--x", "eps_L=-0.1:0.1:3"),
                ("--y", "eps_R=-0.3:0.3:1500"),
                marks=pytest.mark.long,
            ),
        ],
        unpack=True,
    ),
    ids=lambda a: a[0],
)
def test_no_space(tmp_path, arguments, more):
    """Contract: a full disk is status 1 and one message; an older file of that name stays."""
    path = tmp_path / ("x.png" if arguments[0] == "contour" else "x.root")
    less = {"simulate": ("--events", 10), "toys": ("-n", 3), "contour": ("--y", "eps_R=-0.3:0.3:3")}
    answer(*arguments, *less[arguments[0]], "-o", path, *(() if path.suffix == ".png" else ("--seed", 1)))
    before = {p: p.read_bytes() for p in tmp_path.iterdir()}
    process = start(*arguments, *more, "-o", path, "--force", preexec_fn=small_disk)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    said = err.splitlines()[-1]
    name = path.with_suffix(".csv") if path.suffix == ".png" else path
    assert said.startswith(f"error: {name}: File too large; nothing of this file is left: make room")
    assert {p: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_no_space_for_the_picture_of_toys(unrendered, tmp_path, monkeypatch):
    """Contract: the message names the picture that has no room, and the toys that are whole."""
    from detsim import files

    def full(contents, **_):
        raise OSError(28, "No space left on device", str(next(iter(contents))))

    monkeypatch.setattr(files, "whole_files", full)
    path, picture = tmp_path / "x.root", tmp_path / "x.png"
    message = refusal("toys", CARD, "-n", 3, "--seed", 1, "-o", path, "--figure", picture, status=1)
    assert f"error: {picture}: No space left on device; nothing of this file is left" in message
    assert message.endswith(f"; {path} is whole\n")
    assert [p.name for p in tmp_path.iterdir()] == ["x.root"]


def interrupt(*_, **__):
    signal.raise_signal(signal.SIGINT)


AFTER = {
    "simulate": (("simulate", CARD, "--events", 50, "--seed", 1), "macros.commands.simulate._report"),
    "calibrate": (
        ("calibrate", CARD, "-n", 20, "--at", "0,0.2", "--seed", 1),
        "macros.words.say_calibration",
    ),
    "init": (("init", CARD), "macros.commands.init.message"),
    "run": (("run", CARD, "--seed", 1), "macros.commands.run._report"),
}


@pytest.mark.parametrize("name", few(AFTER, "simulate", "calibrate", "init"))
@pytest.mark.parametrize("moment", ["while the name is given", "afterwards"])
def test_interrupted_when_the_file_is_whole(tmp_path, monkeypatch, name, moment):
    """Contract. Finds a message that says "interrupted" of a command whose file is whole."""
    command, report = AFTER[name]
    path, link, rename = tmp_path / "x.root", os.link, Path.rename

    def interrupted(part, target):
        if Path(target) == path:
            interrupt()
        link(part, target)

    def interrupted_rename(self, target):
        if target == path:
            interrupt()
        return rename(self, target)

    if moment == "afterwards":
        monkeypatch.setattr(report, interrupt)
    else:
        monkeypatch.setattr("os.link", interrupted)
        monkeypatch.setattr(Path, "rename", interrupted_rename)
    result = invoke(*command, "-o", path)
    if name == "calibrate":  # all toys are made: it ends as without Ctrl-C, as `toys` does
        assert (result.exit_code, result.stderr.count("interrupted")) == (0, 0)
        assert [p.name for p in tmp_path.iterdir()] == ["x.root"]
        return
    assert result.exit_code == 130
    assert re.search(rf"error: interrupted[;:] ({path}|x.root) is whole", result.stderr), result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["x.root"]
    if command[0] == "simulate":
        assert answer("inspect", path)["complete"]
