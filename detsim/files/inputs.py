"""Input files: opened only if they are regular files, and read only up to a size."""

import errno
import hashlib
import logging
import os
import stat
from io import BufferedReader
from pathlib import Path

from detsim.files.atomic import FileError
from detsim.files.series import series_files

__all__ = ["checksum", "open_input", "read_input", "read_text", "split_spec"]

_log = logging.getLogger("nugauge")
_LARGEST = 64_000_000
"""Size up to which a text file is read into memory [B]."""

_KINDS = (
    (stat.S_ISDIR, "directory"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)


def open_input(path: str | Path) -> BufferedReader:
    """Open a regular file for reading; never wait for a pipe, and never read a device.

    Parameters
    ----------
    path : str or Path
        A name of a local file. It is never read as a URL.

    Returns
    -------
    file object
        Binary.

    Raises
    ------
    FileError
        If there is no such file, it may not be read, or is a directory, a pipe or a device.
    """
    path = Path(path)
    _log.debug("reading %s", path)
    try:
        _check_regular(path, path.stat().st_mode)
        stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    except (FileNotFoundError, NotADirectoryError):
        raise FileError(path, "missing", _missing(path)) from None
    except OSError as error:
        raise FileError(path, "missing", f"cannot be opened: {error.strerror}") from error
    except ValueError:  # a null character
        raise FileError(path, "missing", "is no name of a file") from None
    try:
        _check_regular(path, os.fstat(stream.fileno()).st_mode)
    except FileError:
        stream.close()
        raise
    return stream


def _missing(path: Path) -> str:
    """Say that there is no file, and of which series it is the name."""
    files = series_files(path)
    if not files:
        return "there is no such file"
    names = files[0].name if len(files) == 1 else f"{files[0].name} to {files[-1].name}"
    return (
        f"there is no such file; it is the name of a series, {names}: choose one, or join them with "
        "`nugauge merge`"
    )


def _check_regular(path: Path, mode: int) -> None:
    """Refuse directories, pipes, sockets and devices."""
    for is_kind, name in _KINDS:
        if is_kind(mode):
            advice = "" if name == "directory" else ": copy what it gives into one"
            raise FileError(path, "foreign", f"is a {name}, and a regular file is needed{advice}")


def read_input(path: str | Path, *, at_most: int = _LARGEST) -> bytes:
    """Read a whole file of bounded size.

    Parameters
    ----------
    path : str or Path
    at_most : int
        Largest size [B].

    Raises
    ------
    FileError
        As `open_input`, and if the file is larger.
    """
    with open_input(path) as stream:
        try:
            content = stream.read(at_most + 1)
        except OSError as error:
            reason = error.strerror or errno.errorcode.get(error.errno or 0, "")
            raise FileError(path, "foreign", f"cannot be read: {reason}") from error
    if len(content) > at_most:
        raise FileError(path, "foreign", f"is larger than {at_most / 1e6:g} MB, the most that is read")
    return content


def read_text(path: str | Path) -> str:
    """Read a text in UTF-8, with or without a byte order mark.

    Raises
    ------
    FileError
        As `read_input`, and if the file is no such text.
    """
    content = read_input(path).removeprefix(b"\xef\xbb\xbf")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"is not a text file in UTF-8 (line {line} holds the byte 0x{content[error.start]:02x})"
        raise FileError(path, "foreign", reason) from None


def checksum(path: str | Path) -> str:
    """Compute the SHA-256 of a file.

    Raises
    ------
    FileError
        If it cannot be read.
    """
    with open_input(path) as stream:
        try:
            return hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            raise FileError(path, "foreign", f"cannot be read: {error.strerror}") from error


def split_spec(spec: str | Path) -> tuple[Path, str | None]:
    """Split ``file.root:name`` into the file and the name of an object in it.

    Parameters
    ----------
    spec : str or Path
        A file that has this whole name is that file, whatever colons it has. Else what stands behind a
        ``.root:`` is the name of an object, if the file before it exists.

    Returns
    -------
    path : Path
    name : str or None

    Examples
    --------
    >>> split_spec("run.root:T_reco")
    (PosixPath('run.root'), 'T_reco')
    >>> split_spec("file:run.root")
    (PosixPath('file:run.root'), None)
    """
    text = os.fspath(spec)
    path = Path(text.removesuffix(":") if text.endswith(".root:") else text)
    if not text.strip("\0") or "\0" in text or path.exists():
        return path, None
    ends = [i + len(".root") for i in range(len(text)) if text.startswith(".root:", i)]
    splits = [(Path(text[:end]), text[end + 1 :]) for end in reversed(ends) if text[end + 1 :]]
    return next((split for split in splits if split[0].exists()), splits[0] if splits else (path, None))
