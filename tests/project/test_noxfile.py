"""noxfile.py is accepted by nox; without nox only its text is checked."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OPTIONAL = {"conda", "mamba", "micromamba", "uv"}
"""Ways to make an environment that may be absent; only after them nox takes another one."""


def test_only_an_optional_backend_has_an_alternative():
    """Contract. Finds a list of backends that nox refuses in a session, though `nox -l` takes it."""
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    stated = re.search(r'default_venv_backend = "([^"]+)"', text)
    assert stated is not None
    *before, last = stated[1].split("|")
    assert set(before) <= OPTIONAL
    assert last in {"virtualenv", "venv"}


def test_nox_makes_an_environment(tmp_path):
    """Contract: nox takes the file, lists its sessions, and makes an environment of an empty session."""
    pytest.importorskip("nox")
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    empty = "@nox.session(default=False)\ndef empty(session):\n    session.run('python', '-c', '')\n\n\n"
    copy = tmp_path / "noxfile.py"
    copy.write_text(text.replace("if __name__", f"{empty}if __name__"), encoding="utf-8")

    def nox(*arguments):
        command = [sys.executable, "-m", "nox", "-f", copy, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    listed = nox("-l").stdout
    functions = [f for f in ast.parse(text).body if isinstance(f, ast.FunctionDef)]
    names = {f.name for f in functions if f.decorator_list}
    assert names
    assert names <= set(re.findall(r"\w+", listed))
    made = nox("-s", "empty")
    assert made.returncode == 0, made.stderr
