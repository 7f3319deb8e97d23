"""Parquet: the columns of an event file, with units, meanings and provenance as metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from numpy.typing import NDArray

from detsim.formats.event_source import MARK, EventSource

__all__ = ["Parquet"]

_NEEDS = "Parquet needs pyarrow: `pip install 'nugauge[parquet]'`, or choose another format"


class Parquet:
    """Writer of Parquet, with a row group for each chunk of events.

    Parameters
    ----------
    stream : file object
        Open for writing in binary.
    name : Path
        Not used: columns are compressed with zstd.
    source : EventSource

    Raises
    ------
    ValueError
        If pyarrow is not installed.

    Notes
    -----
    Metadata of the file: `nugauge.provenance`, the JSON of the event file (of several runs a list), and
    `nugauge.totals`: live time [s], cross section [cm²], number of events drawn. Metadata of a column: `unit`
    and `description`.
    """

    def __init__(self, stream: IO[bytes], name: Path, source: EventSource) -> None:
        try:
            import pyarrow as pa  # noqa: PLC0415 (an extra)
            import pyarrow.parquet as pq  # noqa: PLC0415
        except ImportError:
            raise ValueError(_NEEDS) from None
        self._table: Any = pa.table
        self._writer: Any = None

        def writer(table: Any) -> Any:
            fields = [field.with_metadata(_about(field.name, source)) for field in table.schema]
            schema = pa.schema(fields, metadata=_metadata(source))
            return pq.ParquetWriter(stream, schema, compression="zstd")

        self._open = writer

    def write(self, columns: Mapping[str, NDArray[Any]]) -> int:
        """Append events with all their columns; none is left out."""
        table = self._table(dict(columns))
        if self._writer is None:
            self._writer = self._open(table)
        self._writer.write_table(table.cast(self._writer.schema))
        return 0

    def finish(self) -> None:
        """Write the footer."""
        if self._writer is not None:
            self._writer.close()

    def close(self) -> None:
        """Do nothing: the stream is closed by whoever opened it."""


def _about(name: str, source: EventSource) -> dict[str, str]:
    """Collect what is said of a column."""
    return {"unit": source.units.get(name, ""), "description": source.descriptions.get(name, "")}


def _metadata(source: EventSource) -> dict[str, str]:
    """Collect what is said of the file."""
    totals = {
        "live_time_s": source.live_time,
        "cross_section_cm2": source.cross_section,
        "n_generated": source.n_generated,
    }
    return {
        MARK: "parquet",
        "nugauge.provenance": source.provenance_json(),
        "nugauge.totals": json.dumps(totals),
    }
