"""Files that are whole or absent, and that replace only what they may."""

import contextlib
import errno
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from detsim.files.locks import FileStamp, Former, Lock, file_stamp, real_path
from simgen.process import signals_held

__all__ = ["FileError", "WholeFile", "signals_held", "sync_directory", "whole_file", "whole_files"]

Fault = Literal[
    "missing", "empty", "foreign", "truncated", "incomplete", "duplicate", "overlapping", "damaged"
]

_log = logging.getLogger("nugauge")
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class FileError(Exception):
    """A file that cannot be used.

    Parameters
    ----------
    path : str or Path
    fault : str
        ``missing``, ``empty``, ``foreign``, ``truncated``, ``incomplete``, ``duplicate``, ``overlapping`` or
        ``damaged``.
    reason : str
        The fault and its remedy, without the path.
    """

    def __init__(self, path: str | Path, fault: Fault, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.fault = fault
        self.reason = reason


class WholeFile:
    """Write a file under `path` + ``.part`` and give it its name at the end.

    Parameters
    ----------
    path : str or Path
        The final name, or a symbolic link to it. A file of this name is unchanged until `commit`.
    former : mapping of Path to FileStamp, optional
        Files that may be replaced, with their stamps: any other file of that name, now or at the end, is
        refused. Without it, a regular file that has the name now may be replaced.
    removes : sequence of Path
        Other files of `former`, which are removed, the last first, before this one gets its name.

    Attributes
    ----------
    stream : file object
        Open for reading and writing in binary.
    final : bool
        Whether the file has its name.

    Raises
    ------
    OSError
        If the file cannot be created, another process is writing it, or its name is taken.

    Notes
    -----
    As a context manager it discards what `commit` has not made final. `commit` syncs the file, gives it its
    name and syncs its directory: after a power cut, too, the name is absent, the old file, or the whole new
    one. A free name is taken with a hard link, which fails if another process has taken it meanwhile; where
    the file system has no such links, after a look whether it still is free. A file that replaces another
    has its permissions. A signal that arrives while the name is given is delivered when `final` is set.
    """

    def __init__(
        self, path: str | Path, *, former: Former | None = None, removes: Sequence[Path] = ()
    ) -> None:
        self.path = real_path(path)
        if self.path.is_symlink():
            raise FileExistsError(errno.EEXIST, "is a symbolic link that leads to itself", str(self.path))
        if self.path.is_dir():
            raise IsADirectoryError(f"{self.path} is a directory, a file's name is needed")
        if self.path.exists() and not self.path.is_file():
            raise FileExistsError(f"{self.path} is a device or a pipe, a file's name is needed")
        if not self.path.parent.is_dir():
            raise FileNotFoundError(f"{self.path}: the directory {self.path.parent} does not exist")
        self._former = dict(former) if former is not None else _present(self.path)
        self._removes = [real_path(file) for file in removes]
        self.final = False
        self._check_former()
        with contextlib.ExitStack() as failed:
            with signals_held():  # until the unfinished file can be removed
                self._part = Lock(self.path.with_name(self.path.name + ".part"), asked=self.path)
                failed.callback(self._part.remove)
            self.stream: IO[bytes] = self._part.stream
            self._keep_mode()
            failed.pop_all()

    def commit(self) -> None:
        """Make the file final.

        Raises
        ------
        OSError
            If it cannot be written, or its name is taken; nothing is left of it.
        """
        try:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            with signals_held():
                self._take_name()
                self.final = True
                self.stream.close()
                sync_directory(self.path.parent)
        except OSError as error:
            self.discard()
            _name(error, self.path)
            raise
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove the unfinished file; do nothing after `commit`."""
        if not self.final:
            self._part.remove()

    def _take_name(self) -> None:
        self._check_former()
        self._keep_mode()
        for file in reversed(self._removes):
            file.unlink(missing_ok=True)
        if file_stamp(self.path) is None:
            _link(self._part.path, self.path)
        else:
            self._part.path.replace(self.path)
        _log.debug("wrote %s", self.path)

    def _check_former(self) -> None:
        """Refuse to replace a file that appeared or changed since it was decided what may be replaced."""
        for file in (self.path, *self._removes):
            stamp, former = file_stamp(file), self._former.get(file)
            if stamp is not None and stamp != former:
                reason = "was made" if former is None else "was changed"
                text = f"{reason} by another process meanwhile, and is not replaced: name another one"
                raise FileExistsError(errno.EEXIST, text, str(file))

    def _keep_mode(self) -> None:
        if self.path in self._former and self.path.exists():
            os.fchmod(self.stream.fileno(), self.path.stat().st_mode & 0o777)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.discard()
        if isinstance(error, OSError):
            _name(error, self.path)


def _present(path: Path) -> dict[Path, FileStamp]:
    stamp = file_stamp(path)
    return {} if stamp is None else {path: stamp}


def _name(error: OSError, path: Path) -> None:
    """Say in an error of the disk which file it was."""
    if error.filename is None and error.errno is not None:
        error.filename = str(path)


def _link(part: Path, path: Path) -> None:
    """Give an unfinished file a name that nothing has, and take its own from it."""
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in {errno.EEXIST, *_NO_LINKS}:
            raise
        if os.path.lexists(path):
            reason = "was made by another process meanwhile, and is not replaced: name another one"
            raise FileExistsError(errno.EEXIST, reason, str(path)) from None
        part.rename(path)  # the lock of the unfinished file keeps others of this program away
    else:
        part.unlink()


def sync_directory(path: Path) -> None:
    """Bring the names in a directory to the disk."""
    directory = os.open(path, os.O_RDONLY)
    with contextlib.suppress(OSError):  # some file systems cannot sync a directory
        os.fsync(directory)
    os.close(directory)


@contextlib.contextmanager
def whole_file(path: str | Path, *, former: Former | None = None) -> Iterator[IO[bytes]]:
    """Open a file for writing that becomes final if the block ends well; see `WholeFile`."""
    with WholeFile(path, former=former) as file:
        yield file.stream
        file.commit()


def whole_files(contents: Mapping[Path, bytes], *, former: Former | None = None) -> list[Path]:
    """Write files that belong together: no one gets its name before all are written.

    Parameters
    ----------
    contents : mapping of Path to bytes
    former : mapping of Path to FileStamp, optional
        Files that may be replaced, as for `WholeFile`.

    Returns
    -------
    list of Path
        Their names.
    """
    with contextlib.ExitStack() as stack:
        files = []
        for path, content in contents.items():
            file = stack.enter_context(WholeFile(path, former=former))
            try:
                file.stream.write(content)
                file.stream.flush()
            except OSError as error:
                _name(error, file.path)
                raise
            files.append(file)
        for file in files:
            file.commit()
    return list(contents)
