"""Directories that are whole or absent, and that replace nothing but their like."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path

from detsim.files import FileStamp, Lock, file_stamp, real_path, signals_held, sync_directory
from macros.terminal import message

__all__ = ["check_directory", "whole_directory"]

Stamps = dict[str, FileStamp | None]


@contextmanager
def whole_directory(
    path: Path,
    names: Set[str],
    *,
    force: bool,
    reads: Sequence[Path] = (),
    foreign: Callable[[Path], str | None] = lambda _: None,
) -> Iterator[Path]:
    """Give a directory to fill that gets its name only if all went well.

    Parameters
    ----------
    path : Path
        The final name; a symbolic link stands for what it points to.
    names : set of str
        Files that a run makes.
    force : bool
        Replace a directory that holds such files and nothing else.
    reads : sequence of Path
        Files that the run reads: none of them may be in what is replaced.
    foreign : callable
        Says why a directory with such files is none that a run made; None if one made it.

    Raises
    ------
    ValueError
        If the directory is the working directory or above it, or holds what is read.
    FileExistsError
        If there is something under the name that is not to be replaced, or another process is writing it.

    Notes
    -----
    It is filled as ``.NAME.XXXXXXXX.part``, beside the lock ``.NAME.part``. A directory that is replaced is
    ``.NAME.XXXXXXXX.former`` until the new one has its name. What a killed process left of these is told and
    removed by the next run of that name; a directory that had lost its name gets it back first.
    """
    target = real_path(path)
    _check_place(target)
    lock = Lock(target.with_name(f".{target.name}.part"), asked=target)
    try:
        _clear(target, names, reads, certain=lock.certain)
        stamps = _check_target(target, names, reads, foreign, force=force)
        staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        try:
            yield staging
            for file in staging.iterdir():
                _sync(file)
            sync_directory(staging)
            _check_target(target, names, reads, foreign, force=force)
            _replace(target, staging, stamps)
        except OSError as error:
            if error.filename is not None:  # by the name that it was to get
                error.filename = str(error.filename).replace(str(staging), str(target), 1)
            elif error.errno is not None:
                error.filename = str(target)
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    finally:
        lock.remove()


def check_directory(
    path: Path,
    names: Set[str],
    *,
    force: bool,
    reads: Sequence[Path] = (),
    foreign: Callable[[Path], str | None] = lambda _: None,
) -> None:
    """Refuse a directory that `whole_directory` would refuse, before hours of work."""
    target = real_path(path)
    _check_place(target)
    _check_target(target, names, reads, foreign, force=force)


def _check_place(target: Path) -> None:
    if target.is_symlink():
        raise FileExistsError(errno.EEXIST, "is a symbolic link that leads to itself", str(target))
    here = Path.cwd()
    if target == here or target in here.parents:
        raise ValueError(f"{target} is the working directory or above it: name a directory of its own")
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such directory", str(target.parent))


def _check_target(
    target: Path,
    names: Set[str],
    reads: Sequence[Path],
    foreign: Callable[[Path], str | None],
    *,
    force: bool,
) -> Stamps | None:
    """Refuse a target that holds what no run made; return what is there, None if nothing."""
    if not target.exists():
        return None
    if not target.is_dir():
        raise FileExistsError(errno.EEXIST, "exists and is not a directory", str(target))
    _check_inputs(target, reads)
    unknown = _unknown(target, names)
    if unknown:
        reason = f"holds {unknown}, which no run made: name another one"
        raise FileExistsError(errno.EEXIST, reason, str(target))
    stamps = _stamps(target)
    if stamps:
        fault = foreign(target)
        if fault is not None:
            text = f"{fault}, and --force does not replace it: remove it, or name another one"
            raise FileExistsError(errno.EEXIST, text, str(target))
        if not force:
            raise FileExistsError(errno.EEXIST, "holds a former run; --force replaces it", str(target))
    return stamps


def _check_inputs(directory: Path, reads: Sequence[Path]) -> None:
    """Refuse a directory that holds a file that is read, under this or another name."""
    files = [file for file in directory.iterdir() if file.exists()]
    for read in reads:
        inside = read.exists() and (
            directory in real_path(read).parents or any(read.samefile(file) for file in files)
        )
        if inside:
            raise ValueError(f"{directory} holds {read}, a file that is read: name another directory")


def _unknown(directory: Path, names: Set[str]) -> str | None:
    """Find a name in a directory that no run gives to a file."""
    files = sorted(directory.iterdir())
    return next((f.name for f in files if f.name not in names or f.is_symlink() or not f.is_file()), None)


def _stamps(directory: Path) -> Stamps:
    return {file.name: file_stamp(file) for file in directory.iterdir()}


def _sync(file: Path) -> None:
    """Bring a file to the disk."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(target: Path, staging: Path, stamps: Stamps | None) -> None:
    """Give a filled directory its name, if what has the name is what was seen at the start."""
    _keep_modes(target, staging, stamps)
    replaced = False
    try:
        with signals_held():
            _swap(target, staging, stamps)
            replaced = True
    except KeyboardInterrupt as error:
        if replaced:
            error.add_note(f"{target} is whole")
        raise


def _swap(target: Path, staging: Path, stamps: Stamps | None) -> None:
    former = staging.with_suffix(".former")
    if stamps and target.exists():
        target.rename(former)
        if _stamps(former) != stamps:
            former.rename(target)
            reason = "was changed by another process meanwhile, and is not replaced: name another one"
            raise FileExistsError(errno.EEXIST, reason, str(target))
    try:
        staging.rename(target)  # fails if there is anything but an empty directory
    except OSError as error:
        if former.exists():
            former.rename(target)
        if error.errno not in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
            raise
        reason = "was made by another process meanwhile, and is not replaced: name another one"
        raise FileExistsError(errno.EEXIST, reason, str(target)) from None
    sync_directory(target.parent)
    if former.exists():
        former.rename(staging)  # what is half removed never gets its name back
        _remove(staging)


def _keep_modes(target: Path, staging: Path, stamps: Stamps | None) -> None:
    """Give a new directory the usual permissions, or those of the one that it replaces."""
    umask = os.umask(0)
    os.umask(umask)
    mode = 0o777 & ~umask
    if stamps is not None and target.is_dir():
        mode = target.stat().st_mode & 0o777
        for name in stamps:
            if (staging / name).exists() and (target / name).exists():
                (staging / name).chmod((target / name).stat().st_mode & 0o777)
    staging.chmod(mode)


def _remove(directory: Path) -> None:
    """Remove a directory of plain files, and nothing below it."""
    for file in directory.iterdir():
        file.unlink()
    directory.rmdir()


def _clear(target: Path, names: Set[str], reads: Sequence[Path], *, certain: bool) -> None:
    """Tell of what a killed run left, and remove it; give a directory that was being replaced its name back.

    Without locks a directory may be that of a living process: it is told, and stays.
    """
    pattern = re.compile(re.escape(f".{target.name}.") + r"[a-z0-9_]{8}\.(part|former)")
    parts = {*names, *(f"{name}.part" for name in names)}
    for directory in sorted(target.parent.iterdir()):
        match = pattern.fullmatch(directory.name)
        if not match or directory.is_symlink() or not directory.is_dir():
            continue
        if not certain:
            message(f"{directory} is of another run of {target.name}, or of one that was killed; it stays")
            continue
        if match[1] == "former" and not target.exists():
            directory.rename(target)
            message(f"{target}: a run was killed while it replaced this directory, which is back")
            continue
        if _unknown(directory, parts):
            message(f"{directory} was left by a run that was killed, and holds other files; it stays")
            continue
        _check_inputs(directory, reads)
        _remove(directory)
        message(f"{directory} was left by a run that was killed, and is removed")
