"""Files that are whole or absent."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

__all__ = ["FileError", "WholeFile", "whole_file"]

Fault = Literal[
    "missing", "empty", "foreign", "truncated", "incomplete", "duplicate", "overlapping", "damaged"
]


class FileError(Exception):
    """A file that cannot be used.

    Parameters
    ----------
    path : str or Path
    fault : str
        ``missing``, ``empty``, ``foreign``, ``truncated``, ``incomplete``, ``duplicate``, ``overlapping`` or
        ``damaged``.
    reason : str
        What is wrong and what would be right, without the path.
    """

    def __init__(self, path: str | Path, fault: Fault, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.fault = fault
        self.reason = reason


class WholeFile:
    """Write a file under `path` + ``.part`` and rename it at the end.

    Parameters
    ----------
    path : str or Path
        The final name, or a symbolic link to it. A regular file that stands there stays as it is until
        `commit`; anything else is refused.

    Attributes
    ----------
    stream : file object
        Open for reading and writing in binary.

    Raises
    ------
    OSError
        If the file cannot be created, or another process is writing it.

    Notes
    -----
    As a context manager it discards what `commit` has not made final. `commit` syncs the file, renames it and
    syncs its directory: after a power cut, too, the name is absent, the old file, or the whole new one.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).resolve()
        if self.path.is_dir():
            raise IsADirectoryError(f"{self.path} is a directory, a file's name is needed")
        if self.path.exists() and not self.path.is_file():
            raise FileExistsError(f"{self.path} is a device or a pipe, a file's name is needed")
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"{self.path}: the directory {self.path.parent} does not exist")
        self._part = self.path.with_name(self.path.name + ".part")
        self._final = False
        self.stream: IO[bytes] = _locked(self._part)

    def commit(self) -> None:
        """Make the file final."""
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self._part.replace(self.path)
            self._final = True
            self.stream.close()
        except BaseException:
            self.discard()
            raise
        directory = os.open(self.path.parent, os.O_RDONLY)
        with contextlib.suppress(OSError):  # some file systems cannot sync a directory
            os.fsync(directory)
        os.close(directory)

    def discard(self) -> None:
        """Remove the unfinished file; do nothing after `commit`."""
        if self._final:
            return
        self._part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # a full disk fails again when buffers are flushed
            self.stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()


def _locked(part: Path) -> IO[bytes]:
    """Open an unfinished file, left by a killed process perhaps, unless another process is writing it."""
    stream = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "w+b")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        ours = part.exists() and os.path.samestat(part.stat(), os.fstat(stream.fileno()))
    except BlockingIOError:
        ours = False
    except OSError:
        ours = True  # a file system without locks
    if not ours:
        stream.close()
        raise FileExistsError(17, "is being written by another process: name another one", str(part))
    stream.truncate(0)
    return stream


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that becomes final if the block ends well."""
    with WholeFile(path) as file:
        yield file.stream
        file.commit()
