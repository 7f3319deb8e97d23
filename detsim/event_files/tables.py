"""The tables that this program writes to ROOT files."""

from pathlib import Path
from typing import Literal

from detsim.event_files.reader import open_root, reading
from detsim.files import FileError

__all__ = ["TABLES", "TREES", "TableName", "table_name"]

TableName = Literal["events", "toys", "calibration", "statistics", "sums"]
TABLES: dict[TableName, str] = {
    "events": "event file",
    "toys": "toy file",
    "calibration": "calibration",
    "statistics": "file of statistics of toys",
    "sums": "file of sums of toys",
}
"""Kinds of files, by their tables."""
TREES = "'events', 'toys', 'calibration', 'statistics' or 'sums'"
"""Their names in a message."""


def table_name(path: str | Path) -> TableName:
    """Find which table of ours a ROOT file holds.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str
        ``events``, ``toys``, ``calibration``, ``statistics`` or ``sums``.

    Raises
    ------
    FileError
        If the file is missing, damaged, or has none of these.
    """
    path = Path(path)
    with open_root(path) as root, reading(path):
        tables = [name for name in TABLES if name in root.classnames(cycle=False, recursive=False)]
    if not tables:
        raise FileError(path, "foreign", f"has no TTree {TREES}")
    return tables[0]
