"""Shells of this machine, in a terminal, to which keys are sent."""

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["Terminal", "environment", "needs", "opened", "run"]

_ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>]|\][^\x07]*\x07)|\r")
_PATIENCE = 40.0
"""Longest time for an answer [s], on a busy machine."""


def needs(shell):
    """Skip a test where a shell, or the installed command, is not there."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    if not command().is_file():
        pytest.skip(f"{command()} is not there: the package is not installed in this environment")


def command():
    return Path(sys.executable).parent / "nugauge"


def environment(home):
    """Return an environment with a home of its own, in which `nugauge` is that of this environment."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NUGAUGE", "ZDOTDIR", "XDG", "BASH"))}
    path = f"{command().parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "HOME": str(home), "PATH": path, "TERM": "xterm", "LC_ALL": "C.UTF-8", "PS1": "$ "}


def run(shell, line, home, *, cwd=None):
    """Run a line in a shell; return what it says."""
    done = subprocess.run(
        [shell, "-c", f"{line}; true"], env=environment(home), cwd=cwd, capture_output=True, text=True,
        check=True, timeout=_PATIENCE,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


class Terminal:
    """An interactive shell in a terminal."""

    def __init__(self, shell, home, cwd):
        self._controller, device = pty.openpty()
        self._process = subprocess.Popen(
            [shell, "-i"], env=environment(home), cwd=cwd, stdin=device, stdout=device, stderr=device,
            start_new_session=True,
        )  # fmt: skip
        os.close(device)
        self._shown = ""

    def type(self, keys, *, until):
        """Send keys, and wait for a text that matches a pattern; return all that was shown since."""
        self._shown = ""
        os.write(self._controller, keys.encode())
        end = time.monotonic() + _PATIENCE
        while not re.search(until, self._shown):
            ready, _, _ = select.select([self._controller], [], [], max(0.0, end - time.monotonic()))
            if not ready:
                raise AssertionError(f"no {until!r} after {keys!r}: {self._shown!r}")
            self._shown += _ESCAPES.sub("", os.read(self._controller, 65536).decode(errors="replace"))
        return self._shown

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._controller)


@contextmanager
def opened(shell, home, cwd):
    """Open a terminal with a shell; wait until it obeys."""
    terminal = Terminal(shell, home, cwd)
    try:
        terminal.type("echo rea''dy\n", until=r"\nready")
        yield terminal
    finally:
        terminal.close()
