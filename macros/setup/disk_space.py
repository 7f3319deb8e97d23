"""Whether the disk has the room for what a command is going to write."""

import shutil
from pathlib import Path

from detsim.files import real_path
from simgen.units import write_quantity

__all__ = ["check_room"]

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
    free, least = shutil.disk_usage(directory).free, _SMALLEST * rows * row_bytes
    if least > free:
        needed, left = (write_quantity(size, "GB", digits=3) for size in (least, free))
        raise ValueError(
            f"{path}: {rows:.3g} rows of {row_bytes:g} bytes take {needed} at least, compressed, and "
            f"{directory} has {left} free: write less at a time, fewer columns, or to another disk"
        )
