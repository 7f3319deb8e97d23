"""A command of `nugauge` in this process, and what it said and wrote."""

import importlib
import json
import os
import shlex
import sys
import tomllib
import warnings
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from support.witness.files import describe_file
from support.witness.volatile import stable, stable_text

__all__ = ["ROOT", "Step", "call", "run_steps", "step"]

ROOT = Path(__file__).parents[3]

_ENVIRONMENT = {"COLUMNS": "100", "LINES": "40", "NO_COLOR": "1", "TERM": "dumb", "NUGAUGE_DEBUG": ""}
"""A terminal of fixed width without colours."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A command.

    Parameters
    ----------
    arguments : tuple of str
    json : bool
        Whether it gets `--json`.
    status : int
        Expected exit status.
    """

    arguments: tuple
    json: bool = True
    status: int = 0


def step(line, *, json=True, status=0):
    """Make a step of a command line, which is divided into words as a shell does it."""
    return Step(arguments=tuple(shlex.split(line)), json=json, status=status)


def _app():
    """Import the command from where pyproject.toml says it is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["scripts"]["nugauge"].partition(":")
    entry = importlib.import_module(module)
    return (entry if hasattr(entry, "app") else importlib.import_module(getattr(entry, name).__module__)).app


def call(*arguments):
    """Run a command.

    Returns
    -------
    typer.testing.Result
    """
    runner = CliRunner(env=_ENVIRONMENT)
    before = {k: os.environ.get(k) for k in _ENVIRONMENT}
    argv, sys.argv = sys.argv, ["nugauge", *arguments]  # provenance holds it
    os.environ.update(_ENVIRONMENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            return runner.invoke(_app(), list(arguments), prog_name="nugauge")
    finally:
        sys.argv = argv
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_steps(steps, directory):
    """Run commands one after the other in a directory.

    Parameters
    ----------
    steps : list of Step
    directory : Path
        Exists; relative names of files are taken there.

    Returns
    -------
    dict
        By command line: status, what was printed, and the files that were made.
    """
    record = {}
    directories = {str(directory): "(directory)", str(ROOT): "(root)"}
    with chdir(directory):
        for one in steps:
            label = shlex.join(one.arguments) + (" --json" if one.json else "")
            if label in record:
                label += " (again)"
            record[label] = _run_step(one, directory, directories)
    return record


def _run_step(one, directory, directories):
    before = _contents(directory)
    done = call(*one.arguments, *(["--json"] if one.json else []))
    said = {"status": done.exit_code, "stderr": stable_text(done.stderr, directories).split("\n")}
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        said["exception"] = repr(done.exception)
    try:
        said["json"] = stable(json.loads(done.stdout), directories)
    except ValueError:
        said["stdout"] = stable_text(done.stdout, directories).split("\n")
    if done.exit_code != one.status:
        print(
            f"status {done.exit_code}: {shlex.join(one.arguments)}\n{done.stderr}",
            file=sys.stderr,
            flush=True,
        )
    made = {p: s for p, s in _contents(directory).items() if before.get(p) != s}
    if made:
        said["files"] = {
            p.relative_to(directory).as_posix(): describe_file(p, directories) for p in sorted(made)
        }
    return said


def _contents(directory):
    """Return the files below a directory, each with what changes when it is written."""
    files = [p for p in directory.rglob("*") if p.is_file()]
    return {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in files}
