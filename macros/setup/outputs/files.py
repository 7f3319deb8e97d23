"""Files of a run: where another one begins, and whether the disk has space for them."""

import math
import shutil
from dataclasses import dataclass
from pathlib import Path

from detsim.files import real_path, series_files
from simgen.units import write_quantity

__all__ = ["Split", "check_number", "check_room", "former_files"]


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
    """Find the files that have the names that are going to be written, in the order of a series."""
    if split:
        return series_files(path)
    return [path] if path.exists() else []


_MOST_FILES = 1000
_FEW_EVENTS, _SMALL_FILE = 100_000, 10e6
"""Files of fewer events, or smaller [B], are not made in thousands."""


def check_number(split: Split, n: float, n_bytes: float, *, most: float = math.inf) -> None:
    """Refuse limits of files so small that thousands of files would be made.

    Parameters
    ----------
    split : Split
    n : float
        How many events are going to be drawn.
    n_bytes : float
        Size of those that are written, in memory.
    most : float
        Most files there can be, whatever the limits.

    Raises
    ------
    ValueError

    Examples
    --------
    >>> check_number(Split(events=10), 1e6, 0)
    Traceback (most recent call last):
    ValueError: --events-per-file 10 makes 100000 files of 1e+06 events: give at least 1000, which makes 1000
    """
    if split.events is not None and split.events < _FEW_EVENTS:
        files, right = min(n / split.events, most), _round_up(n / _MOST_FILES)
        if files > _MOST_FILES:
            raise ValueError(
                f"--events-per-file {split.events} makes {math.ceil(files)} files of {n:.3g} events: give at "
                f"least {right}, which makes {math.ceil(n / right)}"
            )
    if split.size is not None and split.size < _SMALL_FILE:
        files = min(_SMALLEST * n_bytes / split.size, most)
        if files > _MOST_FILES:
            right = _round_up(n_bytes / _MOST_FILES / 1e6)
            raise ValueError(
                f"--file-size {write_quantity(split.size, 'MB', digits=3)} makes {files:.3g} files or more: "
                f"give at least {right} MB"
            )


def _round_up(number: float) -> int:
    """Return the next 1, 2 or 5 with a power of ten."""
    power = 10.0 ** math.floor(math.log10(max(number, 1.0)))
    return round(next(step for step in (1, 2, 5, 10) if step * power >= number * (1 - 1e-9)) * power)


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
