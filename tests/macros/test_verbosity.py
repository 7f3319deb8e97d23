"""-q and -v: the same of every command; results stay, and what is compiled for the first time is told."""

import logging
import os
import subprocess
import sys
import time

import pytest
import typer.main
from support.invocation import CARD, answer, invoke, refusal
from support.kernel_processes import ROOT, run

from macros.cli import app
from simgen._kernels.machine.notice import CompileNotice

COMMANDS = {
    "counts": ("counts", 3, "--background", 1),
    "expect": ("expect", CARD),
    "limit": ("limit", CARD, "--toys", 200, "--audit", 0),
    "limit with calibration": ("limit", CARD, "--toys", 0, "--method", "cls", "-n", 100),
    "sensitivity": ("sensitivity", CARD, "--errors", "0.05:0.1:2"),
    "coverage": ("coverage", CARD, "--at", 0, "-n", 20, "--audit", 1),
    "list": ("list", "models"),
}


def commands(group):
    for command in group.commands.values():
        yield from commands(command) if hasattr(command, "commands") else [command]


def test_every_command_has_both():
    """Contract. Finds a command without them, or with another meaning of -q or -v."""
    found = list(commands(typer.main.get_command(app)))
    assert len(found) > 25
    for command in found:
        texts = {p.opts[0]: p.help for p in command.params if p.name in {"quiet", "verbose"}}
        assert texts == {
            "-q": "Say nothing but results, warnings and errors.",
            "-v": "Say what is read, chosen and written, and how long it takes.",
        }, command.name


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_results_are_the_same(command):
    """Contract. With -q nothing on standard error, with -v more than without; results as ever."""
    seeded = (*command, *(("--seed", 1) if "--seed" in invoke(command[0], "--help").stdout else ()))
    usual, quiet, verbose = (invoke(*seeded, *options) for options in ((), ("-q",), ("-v",)))
    assert usual.stdout == quiet.stdout == verbose.stdout != ""
    warnings = [line for line in usual.stderr.splitlines() if line.startswith("warning: ")]
    assert quiet.stderr.splitlines() == warnings
    assert len(verbose.stderr.splitlines()) > len(usual.stderr.splitlines())
    assert verbose.stderr.splitlines()[-1].startswith("in all: ")


def test_a_seed_that_was_drawn_is_said_unless_quiet(tmp_path):
    said = invoke("simulate", CARD, "--events", 100, "-o", tmp_path / "a.root")
    assert "seed " in said.stderr
    quiet = invoke("simulate", CARD, "--events", 100, "-o", tmp_path / "b.root", "--quiet")
    assert quiet.stderr == ""
    assert "seed " in quiet.stdout


def test_verbose_names_what_is_read_chosen_and_written(tmp_path):
    path = tmp_path / "events.root"
    said = invoke("simulate", CARD, "--seed", 5, "-o", path, "-v", "--set", "model.gamma=0.01").stderr
    assert f"preset {CARD} with model.gamma=0.01: BOREXINO" in said
    assert "seed 5 of --seed" in said
    assert f"wrote {path}" in said
    said = invoke("fit", CARD, path, "--verbose").stderr
    assert said.count(f"reading {path}") == 1
    assert "fit of gamma, poisson; intervals by minos at 68.3 %" in said
    assert "nuisance parameters: activity, background_flat" in said


def test_errors_are_never_quiet():
    assert "no such file" in refusal("check", "no-such-card", "-q")
    assert "exclude each other" in refusal("check", CARD, "-q", "-v")
    assert "No such option" in refusal("check", CARD, "-q", "--nosuch")


def test_quiet_ends_with_the_command():
    """Contract. Finds a setting that a command leaves behind in its process."""
    before = logging.getLogger("nugauge").level, list(logging.getLogger("nugauge").handlers)
    assert invoke("limit", CARD, "--toys", 0, "-q").stderr == ""
    assert answer("check", CARD)["valid"]
    assert (logging.getLogger("nugauge").level, logging.getLogger("nugauge").handlers) == before
    assert "seed " in invoke("limit", CARD, "--toys", 50, "--audit", 0).stderr


def test_a_compiler_that_takes_long_is_told_once(caplog):
    """Contract. Short ones count together; one within another counts once; what was told stays told."""
    caplog.set_level(logging.INFO, logger="nugauge")
    notice = CompileNotice(patience=0.2)
    notice.begin()
    notice.end()
    time.sleep(0.4)
    assert caplog.messages == []
    for _ in range(4):
        notice.begin()
        notice.begin()
        time.sleep(0.08)
        notice.end()
        notice.end()
    assert len(caplog.messages) == 1
    assert "compiling functions for the first time" in caplog.messages[0]
    for _ in range(2):
        notice.begin()
        time.sleep(0.4)
        notice.end()
    notice.end()
    assert len(caplog.messages) == 1


@pytest.mark.long
def test_the_first_command_says_that_it_compiles(tmp_path):
    """Contract. Once, on standard error, and not with -q; the second finds everything compiled."""
    line = [sys.executable, "-m", "nugauge", "limit", CARD, "--toys", "0"]
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    said = [
        subprocess.run(
            line, capture_output=True, text=True, check=True, env={**os.environ, **environment}, cwd=ROOT
        ).stderr
        for _ in range(2)
    ]
    assert said[0].count("compiling functions for the first time") == 1
    assert said[1] == ""


@pytest.mark.long
def test_a_library_says_nothing(tmp_path):
    """Contract. In Python the logger `nugauge` has it, at level INFO."""
    code = "import nugauge; print(nugauge.load_card('lama-pm147-paper').limit(seed=1).upper)"
    done = run(code, NUMBA_CACHE_DIR=tmp_path)
    assert done.returncode == 0
    assert done.stderr == ""
