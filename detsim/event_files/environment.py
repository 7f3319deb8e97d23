"""Environment in which a file was made: versions, processor, commit."""

import platform
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

import llvmlite.binding

__all__ = ["ORIGIN", "origin"]

ORIGIN = ("versions", "python", "platform", "cpu", "git", "created")
"""Keys of `origin`."""
PACKAGES = ("nugauge", "numpy", "scipy", "numba", "llvmlite", "awkward", "uproot")


def origin() -> dict[str, object]:
    """Describe the environment on which a result depends besides card and seed.

    Returns
    -------
    dict
        ``versions``, ``python``, ``platform``, ``cpu`` (name and features for which numba compiles: they
        choose the machine code and so the last bit), ``git`` (None unless run from a checkout), ``created``.
        Ready for JSON.

    Examples
    --------
    >>> sorted(origin())
    ['cpu', 'created', 'git', 'platform', 'python', 'versions']
    """
    return {
        "versions": {package: _version(package) for package in PACKAGES},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "git": _git(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


@cache
def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _cpu() -> dict[str, object]:
    if "numba" not in sys.modules:  # nothing was compiled: it is this machine's
        features = llvmlite.binding.get_host_cpu_features().items()
        present = sorted(name for name, has in features if has)
        return {"name": llvmlite.binding.get_host_cpu_name(), "features": present}
    from simgen._kernels.machine.internals import cpu  # noqa: PLC0415 (loads numba)

    name, present = cpu()
    return {"name": name, "features": present}


@cache
def _git() -> dict[str, object] | None:
    """Return the commit of the checkout this module lies in, None without one or without git."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        commit = _ask_git(root, "rev-parse", "HEAD")
        changes = _ask_git(root, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.SubprocessError):
        return None
    return {"commit": commit, "modified": bool(changes)}


def _ask_git(root: Path, *command: str) -> str:
    answer = subprocess.run(
        ["git", "-C", str(root), *command], capture_output=True, text=True, check=True, timeout=10
    )
    return answer.stdout.strip()
