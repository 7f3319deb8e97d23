"""Standard output and standard error: full, closed, or of an encoding that lacks characters."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from macros.terminal.characters import encodable

__all__ = ["StandardOutputError", "reserve_standard_files", "standard_streams"]


class StandardOutputError(Exception):
    """Standard output that takes no more: what the command did is done, and its result is not shown.

    Parameters
    ----------
    reason : str
        What is wrong with it.
    closed_pipe : bool
        Whether a pipe's reader has ended, as `head` does, which is no fault.
    """

    def __init__(self, reason: str, *, closed_pipe: bool = False) -> None:
        super().__init__(
            f"standard output {reason}: the result is not shown whole; files that were finished are kept"
        )
        self.closed_pipe = closed_pipe


class _Stream:
    """A text stream for people: characters that its encoding lacks are written in ASCII.

    Parameters
    ----------
    inner : TextIO or None
        None if it was closed before the program began.
    required : bool
        Whether what cannot be written is an error; else it is dropped, with all that follows.
    """

    def __init__(self, inner: TextIO | None, *, required: bool) -> None:
        self._inner = inner
        self._required = required
        self._error = None if inner is not None else OSError(errno.EBADF, "is closed")
        self.encoding: str = getattr(inner, "encoding", None) or "ascii"
        self.errors = "strict"

    def write(self, text: str) -> int:
        """Write a text; return the number of its characters."""
        if not isinstance(text, str):
            raise TypeError("a text stream takes no bytes")
        if text:
            self._call("write", encodable(text, self.encoding))
        return len(text)

    def flush(self) -> None:
        """Hand on to the system what was written."""
        if self._error is None:
            self._call("flush")

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return self._error is None and self._inner is not None and self._inner.isatty()

    def _call(self, method: str, *arguments: str) -> None:
        if self._error is None:
            try:
                getattr(self._inner, method)(*arguments)
            except OSError as error:
                self._error = error
                with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123
                    os.dup2(nowhere.fileno(), self.fileno())  # what is left in buffers goes there
        if self._error is not None and self._required:
            closed = self._error.errno == errno.EBADF
            reason = "is closed" if closed else f"cannot be written ({self._error.strerror or self._error})"
            raise StandardOutputError(reason, closed_pipe=isinstance(self._error, BrokenPipeError))

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # bytes would go past the checks
            raise AttributeError(name)
        return getattr(self._inner, name)


@contextmanager
def standard_streams() -> Iterator[None]:
    """Replace `sys.stdout` and `sys.stderr` by streams that say, or pass over, what they cannot write.

    Raises
    ------
    StandardOutputError
        In the block, where standard output fails. What standard error cannot take is dropped.
    """
    out, err = sys.stdout, sys.stderr
    sys.stdout = cast("TextIO", _Stream(out, required=True))
    sys.stderr = cast("TextIO", _Stream(err, required=False))
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def reserve_standard_files() -> None:
    """Open the file descriptors 0, 1 and 2 that are closed, so that no data file gets one of them."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)  # the lowest that is free
