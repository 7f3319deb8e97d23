"""How a run is split into files, and which files have their names."""

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Split", "former_files"]


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


def former_files(path: Path, split: Split) -> list[Path]:
    """Find the files that have the names that are going to be written."""
    if not split:
        return [path] if path.exists() else []
    name = re.compile(re.escape(path.stem) + r"-\d{4,}" + re.escape(path.suffix))
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    return sorted(p for p in siblings if name.fullmatch(p.name))
