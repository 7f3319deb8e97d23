"""Events into one file, or into several that follow each other, each whole by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from numpy.typing import NDArray

from detsim.event_files import EventWriter, RunInfo
from detsim.files import Former, Lock, is_of_series, real_path, series_file, signals_held
from macros.setup import Split, former_files
from simgen.events import Events

__all__ = ["EventSeries", "Slice"]

_MARGIN = 50_000
"""Bytes of a file beside its events, at most."""


@dataclass(slots=True, kw_only=True)
class Slice:
    """What of a run is in a file.

    Parameters
    ----------
    first, n_drawn : int
        Index of the first event, and how many were drawn; of pseudo-experiments their sum.
    n_written : int
    first_experiment, n_experiments : int
    """

    first: int = 0
    n_drawn: int = 0
    n_written: int = 0
    first_experiment: int = 0
    n_experiments: int = 0


class EventSeries:
    """Write the events of a run, file by file.

    Parameters
    ----------
    path : Path
        Of the only file; of several `events-0000.root`, `events-0001.root`, ... for `events.root`.
    split : Split
    make : callable
        Opens a file for writing; takes its path, and `former` and `removes` of `EventWriter`.
    describe : callable
        Gives the row of `runinfo` of a slice, and what its provenance says of it.
    first : int
        Index of the first event, or of the first pseudo-experiment.
    experiments : bool
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.
        Without it, files of a series replace nothing.

    Notes
    -----
    Which events are in which file depends on the events and the limits alone. Former files of the series stay
    until the first new one is whole; then all of them go, and none is left among those of another run.
    """

    def __init__(
        self,
        path: Path,
        *,
        split: Split,
        make: Callable[..., EventWriter],
        describe: Callable[[Slice], tuple[RunInfo, dict[str, Any]]],
        first: int,
        experiments: bool,
        former: Former | None = None,
    ) -> None:
        self.path = path
        self.files: list[Path] = []
        self.next = first
        self.split = split
        self._make = make
        self._describe = describe
        self._experiments = experiments
        self._writer: EventWriter | None = None
        self._former = {} if former is None and split else former
        self._lock: Lock | None = None
        self._slice = Slice()
        self._row_size = 0.0

    def begin(self, n: int, *, whole: bool = False) -> int:
        """Make room for events, in another file if need be.

        Parameters
        ----------
        n : int
            Number that is going to be drawn.
        whole : bool
            Whether they have to be in one file: a pseudo-experiment.

        Returns
        -------
        int
            How many of them the file takes.
        """
        if self._writer is not None and self._slice.n_drawn and self._full(n, whole):
            self._end()
        if self._writer is None:
            self._open()
        if whole or self.split.events is None:
            return n
        return min(n, self.split.events - self._slice.n_drawn)

    def write(self, events: Events, converted: Mapping[str, NDArray[Any]] | None = None) -> None:
        """Append events; see `EventWriter.extend`."""
        writer = self._open() if self._writer is None else self._writer
        writer.extend(events, converted)
        self._slice.n_drawn += events.n_generated
        self._slice.n_written += len(events)

    def end_experiment(self) -> None:
        """Count a pseudo-experiment, of which all events have been written."""
        self._slice.n_experiments += 1

    def finish(self) -> None:
        """Make the last file final; a run without events has one too."""
        if self._writer is None and not self.files:
            self._open()
        if self._writer is not None:
            self._end()

    def _full(self, n: int, whole: bool) -> bool:
        drawn, events = self._slice.n_drawn, self.split.events
        if events is not None and drawn + (n if whole else 1) > events:
            return True
        return self.split.size is not None and self._size(n) > self.split.size

    def _size(self, n: int) -> float:
        """Estimate the size of the file with n more events drawn, from what has been written of it."""
        if self._writer is None:
            return 0.0
        rows, size = self._writer.settled()
        if rows:
            self._row_size = size / rows
        each = self._row_size or self._writer.row_bytes
        more = self._slice.n_written - rows + n * self._slice.n_written / self._slice.n_drawn
        return _MARGIN + size + 1.03 * each * more

    def _open(self) -> EventWriter:
        number = len(self.files)
        path = series_file(self.path, number) if self.split else self.path
        self._slice = Slice(**{"first_experiment" if self._experiments else "first": self.next})
        with signals_held():  # until `__exit__` can remove what is made here
            removes = self._lock_series() if self.split and not number else []
            self._writer = self._make(path, former=self._former, removes=removes)
            self.files.append(path)
        return self._writer

    def _lock_series(self) -> list[Path]:
        """Keep other processes from writing the series; list its former files but the first."""
        directory = real_path(self.path.parent)
        self._lock = Lock(directory / f"{self.path.name}.part", asked=directory / self.path.name)
        return self._others(directory)

    def _others(self, directory: Path) -> list[Path]:
        """List the former files of the series but the first; refuse those that were made meanwhile."""
        former = self._former or {}
        for file in former_files(self.path, self.split):
            if real_path(file) not in former:
                reason = "was made by another process meanwhile, and is not replaced: name another one"
                raise FileExistsError(17, reason, str(file))
        of_series = (
            file for file in former if file.parent == directory and is_of_series(file.name, self.path)
        )
        first = series_file(directory / self.path.name, 0)
        return sorted((file for file in of_series if file != first), key=lambda p: (len(p.name), p.name))

    def _end(self) -> None:
        if self._writer is None:
            return
        row, provenance = self._describe(self._slice)
        if self.split:
            series = {"name": self.path.name, "number": len(self.files) - 1}
            provenance = {**provenance, "run": {**provenance["run"], "series": series}}
        try:
            self._writer.finish(row, provenance=provenance)
        finally:
            self._count()

    def _count(self) -> None:
        """Count the file if it is whole: also one after which Ctrl-C came at once."""
        if self._writer is not None and self._writer.final:
            self._writer = None
            self.next += self._slice.n_experiments if self._experiments else self._slice.n_drawn

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._count()
        if self._writer is not None:
            self.files.pop()
            self._writer.__exit__(kind, error, trace)
        if self._lock is not None:
            self._lock.remove()
