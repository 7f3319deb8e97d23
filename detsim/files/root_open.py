"""How ROOT files are opened: as local files, after a look at their header."""

import os
import struct
from pathlib import Path
from typing import IO, Any

import uproot

from detsim.files.atomic import FileError
from detsim.files.inputs import open_input
from detsim.files.root_faults import reading

__all__ = ["open_root"]

LONG_FILE = 1_000_000  # ROOT adds this to the version of files whose positions are 64 bits wide


def open_root(path: str | Path) -> Any:
    """Open a ROOT file for reading.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    uproot.ReadOnlyDirectory

    Raises
    ------
    FileError
        If it is missing, empty, shorter than its header says, or no ROOT file; a pipe or a device.
    """
    path = Path(path)
    stream = open_input(path)
    try:
        _check_header(path, stream)
        with reading(path):  # an open file: uproot would take parts of some names for URLs
            return uproot.open(stream, array_cache=None)  # it would keep what is read but once
    except BaseException:
        stream.close()
        raise


def _check_header(path: Path, stream: IO[bytes]) -> None:
    """Refuse what is no ROOT file, or a part of one."""
    head, size = stream.read(24), os.fstat(stream.fileno()).st_size
    if size == 0:
        raise FileError(path, "empty", "is empty (0 bytes); make it again")
    if not head.startswith(b"root"):
        raise FileError(path, "foreign", "is not a ROOT file (it does not begin with 'root')")
    if len(head) == 24:
        (version,) = struct.unpack(">i", head[4:8])
        (end,) = (
            struct.unpack(">q", head[12:20]) if version >= LONG_FILE else struct.unpack(">i", head[12:16])
        )
    if len(head) < 24 or size < end:
        whole = f"its header says {end}" if len(head) == 24 else "not even a header"
        raise FileError(path, "truncated", f"is truncated: {size} bytes, {whole}; copy or make it again")
