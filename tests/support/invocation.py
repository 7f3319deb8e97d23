"""How the tests call the command line: inside this process, or as one of its own."""

import contextlib
import functools
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.testing
from typer.testing import CliRunner, Result

from macros.cli import app

# the tree of commands and options is the same in all calls, and takes a fifth of a short one
typer.testing._get_command = functools.cache(typer.testing._get_command)

ROOT = Path(__file__).parents[2]
CARD = "borexino-cr51-realistic"


def invoke(*arguments: object, env: dict[str, str] | None = None) -> Result:
    """Run a command in this process, with more variables of the environment if there are any."""
    return CliRunner().invoke(app, [str(a) for a in arguments], env=env)


def answer(*arguments: object) -> dict[str, Any]:
    """Run a command with --json, which has to succeed; return its only output, a valid document."""
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout, parse_constant=_refuse)
    return document


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def refusal(*arguments: object, status: int = 2) -> str:
    """Run a command that has to fail with one message; return the message."""
    result = invoke(*arguments)
    assert result.exit_code == status, (result.exit_code, result.output)
    assert not result.stdout
    assert "Traceback" not in result.stderr
    assert result.stderr.lower().count("error: ") == 1, result.stderr
    return result.stderr


def start(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start a command as a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "NUGAUGE_DEBUG"}
    return subprocess.Popen(
        [sys.executable, "-m", "macros.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "PYTHONPATH": str(ROOT)},
        **options,
    )


@contextlib.contextmanager
def full_disk() -> Iterator[None]:
    """Let this process write no file of more than 100 kB, as `small_disk` in one of its own."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def small_disk() -> None:
    """Let the process that calls write no file of more than 100 kB."""
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
