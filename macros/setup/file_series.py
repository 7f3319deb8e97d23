"""How a run is split into files, and which files have their names."""

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Split", "former_files", "is_of_series", "series_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Where another file begins; nowhere without limits.

    Parameters
    ----------
    events : int, optional
        Most events drawn for a file.
    size : float, optional
        Largest size of a file [B].
    """

    events: int | None = None
    size: float | None = None

    def __bool__(self) -> bool:
        return self.events is not None or self.size is not None


def series_file(path: Path, number: int) -> Path:
    """Name a file of a series: ``events-0003.root`` of ``events.root``."""
    return path.with_name(f"{path.stem}-{number:04d}{path.suffix}")


def is_of_series(name: str, path: Path) -> bool:
    """Tell whether a name is that of a file of the series of a path."""
    return re.fullmatch(re.escape(path.stem) + r"-\d{4,}" + re.escape(path.suffix), name) is not None


def former_files(path: Path, split: Split) -> list[Path]:
    """Find the files that have the names that are going to be written, in the order of a series."""
    if not split:
        return [path] if path.exists() else []
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    return sorted((p for p in siblings if is_of_series(p.name, path)), key=lambda p: (len(p.name), p.name))
