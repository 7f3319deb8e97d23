"""Directories that are whole or absent, and that replace nothing but their like."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_directory"]


def _check_target(target: Path, names: Set[str], *, force: bool) -> None:
    """Refuse a target that cannot be made, or that holds anything a former run did not make."""
    here = Path.cwd()
    if target == here or target in here.parents:
        raise ValueError(f"{target} is the working directory or above it: name a directory of its own")
    if not target.parent.is_dir():
        raise FileNotFoundError(2, "there is no such directory", str(target.parent))
    if not target.exists():
        return
    if not target.is_dir():
        raise FileExistsError(17, "exists and is not a directory", str(target))
    present = list(target.iterdir())
    foreign = sorted(p.name for p in present if p.name not in names or p.is_symlink() or not p.is_file())
    if foreign:
        raise FileExistsError(17, f"holds {foreign[0]}, which no run made: name another one", str(target))
    if present and not force:
        raise FileExistsError(17, "holds a former run; --force replaces it", str(target))


@contextmanager
def whole_directory(path: Path, names: Set[str], *, force: bool) -> Iterator[Path]:
    """Give a directory to fill that gets its name only if all went well.

    Parameters
    ----------
    path : Path
        The final name; a symbolic link stands for what it points to.
    names : set of str
        Files that a run makes.
    force : bool
        Replace a directory that holds such files and nothing else.

    Raises
    ------
    ValueError
        If the directory is the working directory or above it.
    FileExistsError
        If there is something under the name that is not to be replaced.
    """
    target = path.resolve()
    _check_target(target, names, force=force)
    staging = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
    former = staging.with_suffix(".former")
    try:
        yield staging
        umask = os.umask(0)
        os.umask(umask)
        staging.chmod(0o777 & ~umask)
        _check_target(target, names, force=force)
        if target.exists():
            target.rename(former)
        try:
            staging.rename(target)
        except OSError:
            if former.exists():
                former.rename(target)
            raise
        if former.exists():
            for file in former.iterdir():
                file.unlink()
            former.rmdir()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
