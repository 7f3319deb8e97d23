"""Files of a run: the names of a series, and whether the disk has space for them."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from detsim.files import real_path
from simgen.units import write_quantity

__all__ = ["Split", "check_room", "former_files", "is_of_series", "series_file"]


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


_SMALLEST = 0.2
"""Of the size in memory: no table of ours gets smaller by compression. Events of a plain card come to 0.3."""


def check_room(path: Path, rows: float, row_bytes: float) -> None:
    """Refuse a file that cannot fit on its disk, however well it is compressed.

    Parameters
    ----------
    path : Path
        What is going to be written.
    rows : float
        How many rows it is expected to have.
    row_bytes : float
        Size of one in memory.

    Raises
    ------
    ValueError
    """
    directory = real_path(path).parent
    if not directory.is_dir():
        return  # whoever opens the file says so
    usage, least = shutil.disk_usage(directory), _SMALLEST * rows * row_bytes
    if usage.total == 0:
        return  # no disk, or one that does not tell: whoever opens the file says so
    if least > usage.free:
        unit = "GB" if least > 1e8 else "kB"
        needed, left = (write_quantity(size, unit, digits=3) for size in (least, usage.free))
        raise ValueError(
            f"{path}: {rows:.3g} rows of {row_bytes:g} bytes take {needed} at least, compressed, and "
            f"{directory} has {left} free: write less at a time, fewer columns, or to another disk"
        )
