"""ROOT files opened as local files after a check of their header; errors of the reader in plain words."""

import contextlib
import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import uproot

from detsim.files.atomic import FileError
from detsim.files.inputs import open_input

__all__ = ["open_root", "reading"]

_STUMBLES = (AttributeError, LookupError, RecursionError, TypeError, UnicodeError, ArithmeticError)
"""Exceptions whose messages say nothing about the file."""
_SHORTAGES = {errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
_LONGEST = 120
"""Characters of a foreign message that are quoted."""
LONG_FILE = 1_000_000  # ROOT adds this to the version of files whose positions are 64 bits wide


def open_root(path: str | Path) -> Any:
    """Open a ROOT file for reading.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    uproot.ReadOnlyDirectory

    Raises
    ------
    FileError
        If it is missing, empty, shorter than its header says, or no ROOT file; a pipe or a device.
    """
    path = Path(path)
    stream = open_input(path)
    try:
        _check_header(path, stream)
        with reading(path):  # an open file: uproot would take parts of some names for URLs
            return uproot.open(stream, array_cache=None)  # it would keep what is read but once
    except BaseException:
        stream.close()
        raise


def _check_header(path: Path, stream: IO[bytes]) -> None:
    """Refuse a file that is not a ROOT file, or only a part of one."""
    head, size = stream.read(24), os.fstat(stream.fileno()).st_size
    if size == 0:
        raise FileError(path, "empty", "is empty (0 bytes); make it again")
    if not head.startswith(b"root"):
        raise FileError(path, "foreign", "is not a ROOT file (it does not begin with 'root')")
    if len(head) == 24:
        (version,) = struct.unpack(">i", head[4:8])
        (end,) = (
            struct.unpack(">q", head[12:20]) if version >= LONG_FILE else struct.unpack(">i", head[12:16])
        )
    if len(head) < 24 or size < end:
        stated = f"its header says {end}" if len(head) == 24 else "not even a header"
        raise FileError(path, "truncated", f"is truncated: {size} bytes, {stated}; copy or make it again")


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn any exception of the ROOT reader on damaged bytes into a `FileError`."""
    try:
        yield
    except FileError:
        raise
    except Exception as error:
        if _is_shortage(error):
            reason = "cannot be read: there is not enough memory, or there are too many threads or open files"
            raise FileError(path, "missing", reason) from error
        raise FileError(path, "damaged", f"cannot be read{_said(error)}; make it again") from error


def _is_shortage(error: Exception) -> bool:
    """Tell whether the machine, and not the file, is at fault."""
    number = error.errno if isinstance(error, OSError) else None
    return isinstance(error, MemoryError) or number in _SHORTAGES or "start new thread" in str(error)


def _said(error: Exception) -> str:
    """Quote the first line of the reader's message, unless it says nothing about the file."""
    words = error.strerror or "" if isinstance(error, OSError) and error.errno else str(error)
    if isinstance(error, _STUMBLES) or not words.strip():
        return ": its bytes are damaged"
    first, *more = words.strip().splitlines()
    shortened = len(first) > _LONGEST or bool(more)
    return f": its bytes are damaged ({first[:_LONGEST].rstrip()}{' ...' if shortened else ''})"
