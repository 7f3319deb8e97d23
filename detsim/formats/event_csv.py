"""CSV: the columns of an event file, with their names in the first line that is no comment."""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from detsim.formats.event_source import MARK, EventSource
from detsim.formats.text_stream import TextStream, rows_of

__all__ = ["EventCsv"]

_PART = 20_000


class EventCsv:
    """Writer of CSV.

    Parameters
    ----------
    stream : file object
        Open for writing in binary.
    name : Path
        ``.gz`` and ``.zst`` compress.
    source : EventSource

    Notes
    -----
    Lines that begin with # are comments: units, number of events and provenance. Numbers have as many digits
    as their type needs to come back the same: 9 of float32, 17 of float64.
    """

    def __init__(self, stream: IO[bytes], name: Path, source: EventSource) -> None:
        self._text = TextStream(stream, name)
        self._columns = source.columns
        units = ", ".join(
            f"{name} [{source.units[name]}]" for name in source.columns if source.units.get(name)
        )
        head = [
            f"# {MARK} csv, version {source.version}",
            f"# units: {units or 'none'}",
            f"# events: {source.n_events}",
            f"# provenance: {source.provenance_json()}",
            ",".join(source.columns),
        ]
        self._text.write("".join(f"{line}\n" for line in head).encode())

    def write(self, columns: Mapping[str, NDArray[Any]]) -> int:
        """Append events with all their columns; none is left out."""
        arrays = [columns[name] for name in self._columns]
        template = ",".join(map(_field, arrays)) + "\n"
        for start in range(0, len(arrays[0]), _PART):
            self._text.write(rows_of(template, [array[start : start + _PART] for array in arrays]))
        return 0

    def finish(self) -> None:
        """Write what is left of the text."""
        self._text.finish()

    def close(self) -> None:
        """End the thread that compresses."""
        self._text.close()


def _field(column: NDArray[Any]) -> str:
    """Choose how the values of a column are written."""
    if column.dtype.kind in "iu":
        return "%d"
    return "%.9g" if column.dtype == np.float32 else "%.17g"
