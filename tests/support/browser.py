"""Pages in headless Chromium, by the scripts in tests/browser."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["in_browser", "need_browser"]

BROWSER = Path(__file__).parents[1] / "browser"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NODE = shutil.which("node")

_needed = {
    "Chromium (apt-get install chromium)": CHROMIUM,
    "node (apt-get install nodejs npm)": NODE,
    "puppeteer-core and axe-core (npm install --prefix tests/browser)": (
        (BROWSER / "node_modules" / "axe-core").is_dir()
        and (BROWSER / "node_modules" / "puppeteer-core").is_dir()
    ),
}


def need_browser():
    """Skip a test where a browser is missing, and say which part of it."""
    missing = [name for name, there in _needed.items() if not there]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")


def in_browser(script, *arguments):
    """Run a script of tests/browser; return what it finds."""
    done = subprocess.run(
        [NODE, BROWSER / script, CHROMIUM, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=BROWSER,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
