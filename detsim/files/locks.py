"""Locks on files, and stamps by which a file is recognised."""

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["BusyError", "FileStamp", "Former", "Lock", "file_stamp", "real_path"]

_BUSY = "is being written by another process: name another one"


class BusyError(FileExistsError):
    """A file that another process is writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """Identity of a file at one moment: another file, or changed contents, have another stamp.

    Parameters
    ----------
    device, inode : int
    size : int
        [B]
    modified : int
        Time of the last change of its contents [ns].
    """

    device: int
    inode: int
    size: int
    modified: int


Former = Mapping[Path, FileStamp]
"""Files that may be replaced, by their resolved names, as they were when that was decided."""


def real_path(path: str | Path) -> Path:
    """Follow all symbolic links of a name; one that leads to itself stays."""
    return Path(os.path.realpath(path))  # Path.resolve raises for such links


def file_stamp(path: Path) -> FileStamp | None:
    """Take the stamp of a file; None if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return FileStamp(
        device=status.st_dev, inode=status.st_ino, size=status.st_size, modified=status.st_mtime_ns
    )


class Lock:
    """An unfinished file, created anew and held by this process alone.

    Parameters
    ----------
    path : Path
        Its name. What a killed process left there is removed; what a living one holds, a symbolic link, or
        anything but a regular file is refused.
    asked : Path, optional
        The file that is going to be made, for messages.

    Attributes
    ----------
    stream : file object
        Open for reading and writing in binary.
    certain : bool
        Whether the file system has locks: else another process may hold the same name.

    Raises
    ------
    OSError
        If the file cannot be created, or another process holds it.
    """

    def __init__(self, path: Path, *, asked: Path | None = None) -> None:
        self.path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags, 0o666)
        except FileExistsError:
            _remove_left_behind(path, asked or path)
            descriptor = os.open(path, flags, 0o666)
        except OSError as error:
            raise _refused(error, asked or path) from None
        self.stream: IO[bytes] = os.fdopen(descriptor, "w+b")
        self.certain = _lock(descriptor, asked or path)
        if not self.is_held():  # another process took it for one that was left behind
            self.stream.close()
            raise BusyError(errno.EEXIST, _BUSY, str(asked or path))

    def is_held(self) -> bool:
        """Tell whether the name still is that of this file."""
        try:
            return os.path.samestat(self.path.lstat(), os.fstat(self.stream.fileno()))
        except FileNotFoundError:
            return False

    def remove(self) -> None:
        """Remove the lock file, if it is still ours, and release the lock."""
        if not self.stream.closed:
            if self.is_held():
                self.path.unlink()
            with contextlib.suppress(OSError):  # a full disk fails again when buffers are flushed
                self.stream.close()


def _refused(error: OSError, path: Path) -> OSError:
    """Say of the file that was asked for why its directory takes none."""
    reason = error.strerror
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT}:
        reason = f"no file can be made in the directory {path.parent}"
        reason += "" if error.errno == errno.ENOENT else f": {error.strerror}"
    return OSError(error.errno, reason, str(path))


def _lock(descriptor: int, asked: Path) -> bool:
    """Lock an open file; return False where the file system has no locks. What is asked for is named."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BusyError(errno.EEXIST, _BUSY, str(asked)) from None
    except OSError:
        return False
    return True


def _remove_left_behind(path: Path, asked: Path) -> None:
    """Remove an unfinished file, unless a living process holds it. Its other names, if any, keep it."""
    if not stat.S_ISREG(path.lstat().st_mode):
        what = "is in the way: it is no unfinished file, but a link, a directory, a device or a pipe"
        raise FileExistsError(errno.EEXIST, f"{what}; move it, or name another file", str(path))
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except PermissionError:  # it has the permissions of a file that it was to replace
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _lock(descriptor, asked)
        if os.path.samestat(path.lstat(), os.fstat(descriptor)):
            path.unlink()
    except FileNotFoundError:
        pass  # whoever held it has finished
    finally:
        os.close(descriptor)
