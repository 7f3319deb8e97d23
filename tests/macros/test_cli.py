"""The command line: exit statuses, messages, JSON."""

import gc
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from macros.cli import app
from macros.commands.check import check
from macros.terminal.console import RunError, plain
from macros.terminal.status import guard

ROOT = Path(__file__).parents[2]
RUNNER = CliRunner()


def nugauge(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "macros.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--help"], 0),
        (["--version"], 0),
        (["check", "--help"], 0),
        (["check", "lama-pm147-paper"], 0),
        (["list"], 0),
        (["list", "presets"], 0),
        (["list", "nothing"], 2),
        (["chek"], 2),
        (["check", "--jsno", "lama-pm147-paper"], 2),
        (["check"], 2),
        (["check", "no-such-card"], 2),
        (["check", "no/such/card.toml"], 2),
        (["check", "lama-pm147-paper", "--set", "model.gama=1"], 2),
        (["init", "no-such-preset"], 2),
        (["init", "-o", "/no/such/directory/card.toml"], 2),
    ],
)
def test_status(arguments, status):
    """Contract: 0 if it worked, 2 for a wrong card or argument; never a traceback."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == status
    assert "Traceback" not in result.output
    if status:
        assert result.stderr
        assert not result.stdout


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (RunError("the fit failed"), 1, "the fit failed"),
        (OSError(28, "No space left on device", "x.root"), 1, "x.root: No space left"),
        (FileNotFoundError(2, "No such file or directory", "x.root"), 2, "x.root: No such file"),
        (PermissionError(13, "Permission denied", "x.root"), 2, "denied"),
        (ValueError("gamma must be finite"), 2, "gamma must be finite"),
        (MemoryError(), 1, "memory"),
        (ZeroDivisionError("division by zero"), 1, "NUGAUGE_DEBUG=1 shows"),
    ],
)
def test_guard(error, status, words, capsys, monkeypatch):
    """Contract: every error ends in one message and its exit status."""
    monkeypatch.delenv("NUGAUGE_DEBUG", raising=False)

    @guard
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as caught:
        command()
    assert caught.value.exit_code == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert words in err


def test_debug_shows_the_fault(monkeypatch):
    """Contract: NUGAUGE_DEBUG=1 lets exceptions through."""
    monkeypatch.setenv("NUGAUGE_DEBUG", "1")
    with pytest.raises(Exception, match="no such file"):
        guard(check)("no-such-card")


def test_file_errors_are_wrong_input(capsys):
    """Contract: a foreign or incomplete file counts as wrong input."""
    from detsim.files.atomic import FileError

    @guard
    def command() -> None:
        raise FileError("x.root", fault="is not an event file", reason="it has no tree")

    with pytest.raises(typer.Exit) as caught:
        command()
    assert caught.value.exit_code == 2
    assert "it has no tree" in capsys.readouterr().err


def test_wrong_card_names_every_fault():
    """Contract: the message goes to standard error and holds all faults."""
    result = RUNNER.invoke(
        app, ["check", "lama-pm147-paper", "--set", "model.gama=1", "--set", "detector.mass=-1 t", "--json"]
    )
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "model.gama: unknown key: did you mean `gamma`?" in result.stderr
    assert "detector.mass: must be above 0, got '-1 t'" in result.stderr


def test_json_is_one_document():
    """Contract: with --json standard output is one JSON document; no threshold is null."""
    arguments = ["check", "lama-pm147-paper", "--json", "--set", "detector.threshold=none"]
    document = json.loads(RUNNER.invoke(app, arguments).stdout)
    assert document["valid"] is True
    assert document["threshold"] is None
    assert document["document"]["detector"]["threshold"] == "none"
    listed = json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)
    kinds = {"presets", "sources", "models", "detectors", "responses", "backgrounds", "geometries"}
    assert set(listed) == kinds
    assert "hellaz-cr51-paper" in listed["presets"]


def test_plain():
    """Contract: arrays become lists, what is not finite null."""
    import numpy as np

    value = {"a": np.array([1.0, np.nan]), "n": np.int64(3), "x": np.float64(np.inf), "t": (True, None)}
    assert plain(value) == {"a": [1.0, None], "n": 3, "x": None, "t": [True, None]}


def test_init_writes_a_card_that_checks(tmp_path):
    """Contract: what init writes is a valid card with its comments, and is not overwritten."""
    path = tmp_path / "card.toml"
    assert RUNNER.invoke(app, ["init", "hellaz-cr51-paper", "-o", str(path)]).exit_code == 0
    assert path.read_text().startswith("# HELLAZ")
    assert RUNNER.invoke(app, ["check", str(path)]).exit_code == 0
    again = RUNNER.invoke(app, ["init", "lama-pm147-paper", "-o", str(path)])
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert path.read_text().startswith("# HELLAZ")
    assert RUNNER.invoke(app, ["init", "lama-pm147-paper", "--force", "-o", str(path)]).exit_code == 0
    assert path.read_text().startswith("# LAMA")


def test_process():
    """Contract: the same through a process, and help that loads nothing heavy."""
    assert nugauge("check", "no-such-card").returncode == 2
    code = "import sys, macros.cli; print({'numpy', 'macros.card', 'rich.progress'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize(("given", "used"), [(None, "1"), ("2", "2")])
def test_linear_algebra_has_one_thread_unless_told_otherwise(given, used):
    """Contract: it is set before NumPy is loaded, and a value of the user's stays."""
    code = """
import os, sys
import macros.cli as cli
assert "numpy" not in sys.modules
cli.app = lambda: print(os.environ["OPENBLAS_NUM_THREADS"])
cli.main()
"""
    environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    environment |= {} if given is None else {"OPENBLAS_NUM_THREADS": given}
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == [used]


def test_a_backend_of_a_notebook_need_not_be_installed(tmp_path):
    """Contract: a shell in a notebook names one in MPLBACKEND; figures go to files only."""
    environment = os.environ | {"MPLBACKEND": "module://matplotlib_inline.not_here"}
    line = ["expect", "borexino-cr51-paper", "--figure", str(tmp_path / "x.svg")]
    run = [sys.executable, "-m", "nugauge", *line]
    done = subprocess.run(run, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<?xml")


def test_what_an_interrupt_stopped_is_not_freed():
    """Regression: Ctrl-C within a step of llvmlite, whose objects were then freed twice, crashed."""

    class Owner:
        def __del__(self):
            freed.append(1)

    @guard
    def command():
        owner = Owner()
        assert owner
        raise KeyboardInterrupt

    freed = []
    with pytest.raises(typer.Exit):
        command()
    gc.collect()
    assert freed == []


def test_no_object_is_looked_for_at_the_end_of_the_program():
    """Contract. Finds a program that collects its unused objects when it ends, which takes 0.8 s."""
    code = """
import atexit, gc, sys
import macros.cli as cli
atexit.register(lambda: print(gc.get_freeze_count() > 1000))
sys.argv = ["nugauge", "--version"]
cli.main()
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split()[-1] == "True"


def test_interrupt():
    """Contract: Ctrl-C ends a command with 130 and one message."""
    code = """
import sys, time
import macros.cli as cli
from macros.terminal import guard
def wait():
    print("ready", flush=True)
    time.sleep(60)
cli.app.command("wait")(guard(wait))
sys.argv = ["nugauge", "wait"]
cli.main()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k != "NUGAUGE_DEBUG"},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "error: interrupted: nothing was made\n"
