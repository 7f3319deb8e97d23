"""Directories that are whole or absent."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["whole_directory"]


@contextmanager
def whole_directory(path: Path, *, force: bool) -> Iterator[Path]:
    """Give a directory to fill that gets its name only if all went well.

    Raises
    ------
    FileExistsError
        If there is something under the name and it is not to be replaced.
    """
    if path.exists() and not force and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(17, "exists and is not empty; --force replaces it", str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "there is no such directory", str(path.parent))
    staging = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    try:
        yield staging
        umask = os.umask(0)
        os.umask(umask)
        staging.chmod(0o777 & ~umask)
        if path.is_dir():
            shutil.rmtree(path)
        staging.replace(path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
