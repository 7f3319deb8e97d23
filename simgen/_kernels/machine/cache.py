"""Compiled functions kept on disk: one file for each function and types of arguments.

Files lie in a directory that is named by a digest of all that machine code depends on: the sources of all
kernels and their constants (a compiled function contains those it calls), the versions of Python, NumPy,
numba and llvmlite, the processor and numba's settings. So no file is out of date, and processes of different
versions or processors do not meet. Each file begins with its own SHA-256; a damaged one is compiled again.

The directory is made in the first of these that can be written: NUMBA_CACHE_DIR, `__pycache__` beside this
module, the user's cache of numba. When a new one is made, those of other digests are removed, but for the
latest few and those used within a day.
"""

import hashlib
import logging
import os
import platform
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np

from simgen._kernels.machine import internals
from simgen._kernels.machine.notice import CompileNotice

__all__ = ["Cache", "digest", "notice", "prune", "read_file", "sources", "write_file"]

_PACKAGES = ("simgen", "detsim", "analysis")
_CONSTANTS = ("simgen/constants.py", "simgen/random.py")
"""Modules beside the kernels whose constants kernels use."""
_ROOT = Path(__file__).resolve().parents[3]
_IMPORTED = time.time()
_KEPT = 8
"""Digests of which the files are kept."""
_RECENT = 86400.0
"""Seconds after its last use from which a directory may be removed."""
_NAME = re.compile(r"[0-9a-f]{24}")
_SHA = hashlib.sha256().digest_size

_log = logging.getLogger("nugauge")
notice = CompileNotice()
"""Of all functions of this process."""
_written: set[str] = set()
"""Kinds of messages that this process has written."""


def _say(kind: str, text: str) -> None:
    """Write a line to standard error, one of each kind in a process."""
    if kind not in _written:
        _written.add(kind)
        _log.warning("nugauge: %s", text)


def _say_not_kept(reason: str) -> None:
    _say("write", f"compiled functions cannot be kept, and every process compiles them: {reason}")


def sources() -> list[Path]:
    """List the files of all kernels, and of the constants in them."""
    modules = [path for package in _PACKAGES for path in sorted((_ROOT / package).rglob("*.py"))]
    kernels = [path for path in modules if "_kernels" in path.relative_to(_ROOT).parts]
    return [*kernels, *(_ROOT / path for path in _CONSTANTS)]


def digest(files: list[Path]) -> str:
    """Compute the digest that names the directory of compiled functions.

    Parameters
    ----------
    files : list of Path
        Sources of all that is compiled.

    Returns
    -------
    str
        24 hexadecimal digits.
    """
    sha256 = hashlib.sha256()
    for path in files:
        content = path.read_bytes()
        # copies of the packages in other directories have the same digest
        name = path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else path.name
        sha256.update(f"{name} {len(content)}\n".encode())
        sha256.update(content)
    versions = (numba.__version__, llvmlite.__version__, np.__version__, sys.version, sys.implementation.name)
    machine = (platform.system(), platform.machine(), internals.cpu(), internals.read_settings())
    sha256.update(repr((versions, machine)).encode())
    return sha256.hexdigest()[:24]


def _states(files: list[Path]) -> list[tuple[float, int]]:
    return [(state.st_mtime, state.st_size) for state in map(os.stat, files)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Directories:
    """Where compiled functions are."""

    files: list[Path]
    states: list[tuple[float, int]]
    readable: tuple[Path, ...]
    writable: Path | None
    reason: str
    """Why nothing can be written."""

    def is_current(self) -> bool:
        """Tell whether the sources are still those of the digest."""
        try:
            return _states(self.files) == self.states
        except OSError:
            return False


def _parents() -> Iterator[Path]:
    """List the directories in which those of digests may lie, the preferred first."""
    if internals.named_cache():
        yield Path(internals.named_cache()) / "nugauge"
    yield Path(__file__).parents[1] / "__pycache__" / "kernels"
    user = Path(internals.user_cache())
    if user.is_absolute():  # it is not where there is no home directory
        yield user / "nugauge"


@cache
def _directories() -> _Directories | None:
    """Find or make the directories of this process; None if their digest cannot be computed."""
    try:
        files = sources()
        states, name = _states(files), digest(files)
    except OSError as error:
        _say("place", f"compiled functions are not kept: their sources cannot be read ({error})")
        return None
    if any(modified > _IMPORTED for modified, _ in states):
        _say("place", "compiled functions are not kept: their sources changed after the program had begun")
        return None
    readable: list[Path] = []
    failed: list[str] = []
    for parent in _parents():
        directory = parent / name
        try:
            _make(directory)
        except OSError as error:
            failed.append(_reason(error, directory))
            readable += [directory] if os.access(directory, os.X_OK) else []
            continue
        if failed and internals.named_cache() and not readable:
            text = f"compiled functions are kept in {parent}, because NUMBA_CACHE_DIR cannot be used"
            _say("place", f"{text}: {failed[0]}")
        readable.append(directory)
        return _Directories(
            files=files, states=states, readable=tuple(readable), writable=directory, reason=""
        )
    return _Directories(files=files, states=states, readable=tuple(readable), writable=None, reason=failed[0])


def _make(directory: Path) -> None:
    """Make a directory, or mark it as used; make room if it is new."""
    new = not os.access(directory, os.X_OK)
    directory.mkdir(parents=True, exist_ok=True)
    tempfile.TemporaryFile(dir=directory).close()
    with suppress(OSError):
        os.utime(directory)
    if new:
        prune(directory.parent, now=time.time())


def prune(parent: Path, *, now: float) -> None:
    """Remove directories of compiled functions but for the latest, and those used within a day.

    Parameters
    ----------
    parent : Path
        Where they lie.
    now : float
        Time [s].
    """
    used = []
    for directory in parent.iterdir():
        with suppress(OSError):
            if _NAME.fullmatch(directory.name) and directory.is_dir() and not directory.is_symlink():
                used.append((directory.stat().st_mtime, directory))
    for last, directory in sorted(used, reverse=True)[_KEPT:]:
        if last < now - _RECENT:
            with suppress(OSError):
                for file in directory.iterdir():
                    if file.suffix in {".nbc", ".part"}:
                        file.unlink(missing_ok=True)
                directory.rmdir()


def _reason(error: Exception, path: Path) -> str:
    if isinstance(error, OSError):
        return f"{path}: {error.strerror or error}"
    return f"{path}: {error if isinstance(error, ValueError) else type(error).__name__}"


class Cache:
    """Compiled forms of one function, with the interface that numba's dispatcher asks for."""

    def __init__(self, function: Callable[..., Any]) -> None:
        code = function.__code__
        self._name = f"{function.__module__}.{function.__qualname__}-{code.co_firstlineno}"
        self._source = Path(code.co_filename)
        self._enabled = function.__closure__ is None  # what a closure holds is not in the digest

    @property
    def cache_path(self) -> str:
        """Directory in which files are made."""
        directories = self._directories()
        return "" if directories is None else str(directories.writable or "")

    @property
    def files(self) -> list[Path]:
        """Files of the compiled forms, in the directory in which they are made."""
        return list(Path(self.cache_path).glob(f"{self._name}-*.nbc")) if self.cache_path else []

    def enable(self) -> None:
        """Use the cache."""
        self._enabled = True

    def disable(self) -> None:
        """Use the cache no more."""
        self._enabled = False

    def flush(self) -> None:
        """Remove all that is kept of the function."""
        for path in self.files:
            path.unlink(missing_ok=True)

    def load_overload(self, signature: Any, target: Any) -> Any:
        """Return the function compiled for a signature, None if there is none."""
        directories, name = self._directories(), self._file(signature)
        for directory in directories.readable if directories and directories.is_current() else ():
            try:
                overload = internals.load(read_file(directory / name), target)
                if overload.signature.args == tuple(getattr(signature, "args", signature)):
                    return overload
            except FileNotFoundError:
                continue
            except Exception as error:  # whatever is wrong with it
                text = "a compiled function cannot be read, and is compiled again"
                _say("read", f"{text}: {_reason(error, directory / name)}")
        notice.begin()
        return None

    def save_overload(self, signature: Any, compiled: Any) -> None:
        """Store the function compiled for a signature."""
        notice.end()
        directories, name = self._directories(), self._file(signature)
        in_this_process = " at 0x" in repr(signature)  # such a type has another name in the next
        if directories is None or not directories.is_current() or in_this_process:
            return
        if directories.writable is None:
            _say_not_kept(f"{directories.reason}; set NUMBA_CACHE_DIR to a directory that can be written")
            return
        try:
            data = internals.save(compiled)
            if data is not None:
                write_file(directories.writable / name, data)
        except Exception as error:  # a full disk; another numba
            _say_not_kept(_reason(error, directories.writable))

    def _directories(self) -> _Directories | None:
        directories = _directories() if self._enabled else None
        is_of_kernel = directories is not None and self._source.resolve() in directories.files
        return directories if is_of_kernel else None

    def _file(self, signature: Any) -> str:
        types = hashlib.sha256(repr(signature).encode()).hexdigest()[:24]
        return f"{self._name}-{types}.nbc"


def read_file(path: Path) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content[_SHA:]).digest() != content[:_SHA]:
        raise ValueError("it is damaged")
    return content[_SHA:]


def write_file(path: Path, data: bytes) -> None:
    """Write a file that is whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{uuid.uuid4().hex}.part")
    try:
        part.write_bytes(hashlib.sha256(data).digest() + data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
