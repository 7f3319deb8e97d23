"""Names of the files of a series: events-0000.root, events-0001.root, ... for events.root."""

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["is_of_series", "series_file", "series_files", "stored_files"]


def series_file(path: Path, number: int) -> Path:
    """Name a file of a series: ``events-0003.root`` of ``events.root``."""
    return path.with_name(f"{path.stem}-{number:04d}{path.suffix}")


def is_of_series(name: str, path: Path) -> bool:
    """Tell whether a name is that of a file of the series of a path."""
    return re.fullmatch(re.escape(path.stem) + r"-\d{4,}" + re.escape(path.suffix), name) is not None


def series_files(path: Path) -> list[Path]:
    """Find the files that have names of a series, in its order.

    Examples
    --------
    >>> series_files(Path("no-directory/events.root"))
    []
    """
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    return sorted((p for p in siblings if is_of_series(p.name, path)), key=lambda p: (len(p.name), p.name))


def stored_files(paths: Iterable[Path]) -> list[Path]:
    """Put the files of a series in the place of its name, where no file has this name.

    Parameters
    ----------
    paths : iterable of Path
        As a user gives them: files, or names of series.

    Returns
    -------
    list of Path
        A name of which there is neither a file nor a series is as it was.
    """
    files: list[Path] = []
    for path in paths:
        files += [path] if path.exists() else series_files(path) or [path]
    return files
