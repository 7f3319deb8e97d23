"""What the ROOT reader says of a file that it cannot read, in words for a person."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

from detsim.files.atomic import FileError

__all__ = ["reading"]

_STUMBLES = (AttributeError, LookupError, RecursionError, TypeError, UnicodeError, ArithmeticError)
"""What says nothing of the file to whom does not know the reader's source."""
_SHORTAGES = {errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN}
_LONGEST = 120
"""Characters of a foreign message that are quoted."""


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn whatever the ROOT reader raises on damaged bytes into a `FileError`."""
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
    """Quote the first line of what the ROOT reader says, unless damaged bytes only made it stumble."""
    words = error.strerror or "" if isinstance(error, OSError) and error.errno else str(error)
    if isinstance(error, _STUMBLES) or not words.strip():
        return ": its bytes are damaged"
    first, *more = words.strip().splitlines()
    shortened = len(first) > _LONGEST or bool(more)
    return f": its bytes are damaged ({first[:_LONGEST].rstrip()}{' ...' if shortened else ''})"
