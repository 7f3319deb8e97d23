"""Python with ROOT in a process of its own, which cannot take the tests down."""

import importlib.util
import json
import subprocess
import sys

import pytest

NEEDS_ROOT = [
    pytest.mark.root,
    pytest.mark.skipif(importlib.util.find_spec("ROOT") is None, reason="the ROOT wheel is not installed"),
]


def run_root(script, *arguments):
    """Run a script that has ROOT imported, and return what it leaves in `answer`, through JSON."""
    code = (
        "import json, os, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "import ROOT\n"
        f"{script}\n"
        "print('ANSWER' + json.dumps(answer))\n"
        "sys.stdout.flush()\n"
        "os._exit(0)\n"  # ROOT may crash while Python shuts down
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    lines = [line for line in done.stdout.splitlines() if line.startswith("ANSWER")]
    assert lines, done.stdout + done.stderr
    return json.loads(lines[-1].removeprefix("ANSWER"))
