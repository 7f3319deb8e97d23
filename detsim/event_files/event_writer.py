"""Writer of event files: events in a ROOT file, with the exposure of the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from detsim.event_files.event_reader import EventFile
from detsim.event_files.queue import row_bytes
from detsim.event_files.rounding import Rounding
from detsim.event_files.runinfo import RunInfo, Totals
from detsim.event_files.writer import Branch, Compression, Format, TableWriter
from detsim.experiment import Experiment
from detsim.files import FileError, Former
from simgen.events import COLUMNS, DIRECTION_COLUMNS, VERTEX_COLUMNS, Events

__all__ = [
    "EventFile",
    "EventRows",
    "EventWriter",
    "FileError",
    "Precision",
    "RunInfo",
    "Totals",
    "event_columns",
]

Precision = Literal["float32", "float64"]

_LARGEST = float(np.finfo(np.float32).max)


def event_columns(
    *,
    detected: bool,
    distance: bool = False,
    experiments: bool = False,
    cos_theta: bool = False,
    weights: bool = False,
    templates: bool = False,
    vertex: bool = False,
    time: bool = False,
    direction: bool = False,
) -> tuple[str, ...]:
    """Name the columns that an event file has by default.

    Parameters
    ----------
    detected : bool
        Whether the events have been through the detector.
    distance : bool
        Whether the detector measures the distance from the source.
    experiments : bool
        Whether they belong to pseudo-experiments.
    cos_theta : bool
        Whether to store the angle, which follows from E_nu and T.
    weights, templates : bool
        Whether they are weighted, and whether for every γ.
    vertex, time, direction : bool
        Whether to store where and when they happened, and emission point and directions.

    Examples
    --------
    >>> event_columns(detected=True)
    ('event', 'component', 'line', 'E_nu', 'T', 'T_reco')
    """
    left_out = {
        "cos_theta": not cos_theta,
        "T_reco": not detected,
        "L_reco": not (detected and distance),
        "experiment": not experiments,
        "weight": not weights,
        **dict.fromkeys(("weight_A", "weight_B", "weight_C"), not templates),
        **dict.fromkeys(VERTEX_COLUMNS, not vertex),
        "time": not time,
        **dict.fromkeys(DIRECTION_COLUMNS, not direction),
    }
    return tuple(name for name in COLUMNS if not left_out.get(name, False))


def event_branches(columns: Sequence[str], precision: Precision) -> dict[str, Branch]:
    """Describe the branches of columns of events.

    Parameters
    ----------
    columns : sequence of str
        Names out of `simgen.events.COLUMNS`.
    precision : {"float32", "float64"}
        Of energies and angles.
    """
    branches = {}
    for name in columns:
        column = COLUMNS[name]
        dtype = precision if column.dtype == "float64" and not column.exact else column.dtype
        branches[name] = Branch(dtype=dtype, unit=column.unit, description=column.description)
    return branches


def _check_finite(columns: Mapping[str, NDArray[Any]]) -> None:
    """Refuse columns with infinite or undefined values, and values too large for float32."""
    for name, column in columns.items():
        if column.dtype.kind != "f":
            continue
        total = float(column.sum())  # quicker than a look at every value
        if abs(total) < _LARGEST:
            continue
        wrong = column[~(np.abs(column) < _LARGEST)]
        if wrong.size:
            raise ValueError(
                f"{name} of {wrong.size} of {column.size} events is {wrong[0]:g}: no number to be written"
            )


@dataclass(frozen=True, kw_only=True)
class EventRows:
    """Conversion of events to the rows of a file, on any thread.

    Parameters
    ----------
    branches : mapping of str to Branch
        As `event_branches` makes them.
    rounding : Rounding or None
        What float32 numbers must not cross.
    """

    branches: Mapping[str, Branch]
    rounding: Rounding | None

    @classmethod
    def of(
        cls, columns: Sequence[str], precision: Precision, experiment: Experiment | None = None
    ) -> "EventRows":
        """Choose the types of columns; the parameters are those of `EventWriter`."""
        unknown = sorted(set(columns) - set(COLUMNS))
        if unknown:
            raise ValueError(f"unknown columns {', '.join(unknown)}; there are {', '.join(COLUMNS)}")
        if precision not in ("float32", "float64"):
            raise ValueError(f"precision must be float32 or float64, got {precision!r}")
        return cls(
            branches=event_branches(columns, precision),
            rounding=Rounding.of(experiment) if experiment and precision == "float32" else None,
        )

    def converted(self, events: Events) -> dict[str, NDArray[Any]]:
        """Return the columns of the file, of the types of its branches.

        Raises
        ------
        ValueError
            If a column of the file is missing from the events, or holds what is not finite, or a number has
            no float32 on its side of all boundaries.
        """
        columns = events.columns()
        missing = [name for name in self.branches if name not in columns]
        if missing:
            raise ValueError(f"the file has columns {', '.join(missing)}, which these events have not")
        stored = {name: columns[name] for name in self.branches}
        _check_finite(stored)
        if self.rounding is not None:
            stored = self.rounding.rounded(stored)
        return {
            name: column.astype(self.branches[name].numpy, copy=False) if column.dtype.kind == "f" else column
            for name, column in stored.items()
        }


class EventWriter:
    """Write events to a ROOT file that is whole or absent.

    Parameters
    ----------
    path : str or Path
    columns : sequence of str
        Names out of `simgen.events.COLUMNS`.
    provenance : mapping
        Whatever made the events (card, seed, names of the components), ready for JSON.
    precision : {"float32", "float64"}
        Of energies and angles; weights are float64 always.
    compression : {"zstd-1", "lz4-4", "none"}
    format : {"ttree", "rntuple"}
        Kind of object that holds the events.
    experiment : Experiment, optional
        Whose events they are. A float32 column then keeps every event on its side of bin edges, threshold and
        walls; without it numbers become the nearest float32, and what lies on an edge can fall below it.
    former : mapping of Path to FileStamp, optional
        Files that may be replaced, see `detsim.files.atomic.WholeFile`.
    removes : sequence of Path
        Files of `former` that are removed when this one is complete.

    Raises
    ------
    ValueError
        For unknown columns, precisions, compressions and formats, and bins that float32 cannot tell apart.
    OSError
        If the file cannot be written; nothing is left of it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        columns: Sequence[str],
        provenance: Mapping[str, Any],
        precision: Precision = "float32",
        compression: Compression = "zstd-1",
        format: Format = "ttree",
        experiment: Experiment | None = None,
        former: Former | None = None,
        removes: Sequence[Path] = (),
    ) -> None:
        self.rows = EventRows.of(columns, precision, experiment)
        self._table = TableWriter(
            path,
            "events",
            self.rows.branches,
            provenance=provenance,
            compression=compression,
            format=format,
            former=former,
            removes=removes,
        )
        self.row_bytes = row_bytes(self.rows.branches)

    def extend(self, events: Events, converted: Mapping[str, NDArray[Any]] | None = None) -> None:
        """Append events.

        Parameters
        ----------
        events : Events
        converted : mapping of str to ndarray, optional
            What `EventRows.converted` makes of them, if another thread has done so already.

        Raises
        ------
        ValueError
            If a column of the file is missing from them, or holds what is not finite, or a number has no
            float32 on its side of all boundaries.
        OSError
            If an earlier chunk could not be written.
        """
        self._table.extend(self.rows.converted(events) if converted is None else converted)

    @property
    def final(self) -> bool:
        """Whether the file is complete and has its name; until then it is called `path` + ``.part``."""
        return self._table.final

    def settled(self) -> tuple[int, int]:
        """Return how many events are on the disk, and the size of the file with them; see `TableWriter`."""
        return self._table.settled()

    def finish(self, runinfo: RunInfo, *, provenance: Mapping[str, Any] | None = None) -> None:
        """Write provenance and `runinfo`, and give the file its name; see `TableWriter.finish`."""
        self._table.finish(runinfo.row(), provenance=provenance)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.__exit__(kind, error, trace)
