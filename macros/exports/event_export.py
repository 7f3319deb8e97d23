"""Events of files in the formats of other programs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.event_files import EventFile, RunInfo
from detsim.files import FileError, Former, WholeFile
from detsim.formats import (
    Dialect,
    EventCsv,
    EventSink,
    EventSource,
    Gst,
    Hepevt,
    NuHepMC,
    Parquet,
    not_held,
)
from detsim.simulation import gamma_templates
from macros.card import Card, card_from_document
from macros.card.checks import legal_names
from macros.exports.export_checks import EventFormat, check_file
from macros.merging import check_series
from simgen.events import COLUMNS, Events
from simgen.process import working_time

__all__ = ["Export", "export_events"]

_READ, _STEP = 100_000, 50_000
"""Events that are read, and that are written, at a time."""
_TEMPLATES = ("weight_A", "weight_B", "weight_C")
_RUN, _OF_RUN = "run", "number of the run in the provenance, from 1"


@dataclass(frozen=True, kw_only=True)
class Export:
    """What an export made.

    Parameters
    ----------
    file : Path
    format : str
    dialect : str or None
    n_events : int
        Events in the file.
    n_left_out : int
        Backgrounds, which are no interactions and which some formats do not have.
    not_held : tuple of str
        What the format has no place for.
    notes : tuple of str
        What the files lack of their run, in words.
    bytes : int
    seconds : float
    """

    file: Path
    format: EventFormat
    dialect: Dialect | None
    n_events: int
    n_left_out: int
    not_held: tuple[str, ...]
    notes: tuple[str, ...]
    bytes: int
    seconds: float

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "file": str(self.file),
            "format": self.format,
            "dialect": self.dialect,
            "n_events": self.n_events,
            "n_left_out": self.n_left_out,
            "not_held": list(self.not_held),
            "bytes": self.bytes,
            "events_per_second": (self.n_events + self.n_left_out) / self.seconds,
        }


def export_events(
    paths: Sequence[Path],
    output: Path,
    format: EventFormat,
    *,
    dialect: Dialect | None = None,
    vertex_times: bool = False,
    templates: bool = False,
    advance: Callable[[float], None] | None = None,
    former: Former | None = None,
) -> Export:
    """Write the events of files in a format of other programs.

    Parameters
    ----------
    paths : sequence of Path
        An event file, or files that are parts of one run.
    output : Path
        Written whole or not at all.
    format : {"nuhepmc", "hepevt", "gst", "parquet", "csv"}
    dialect : {"canonical", "geant4", "glg4"}, optional
        Of HEPEVT, which needs one.
    vertex_times : bool
        Write the time in the exposure into HEPEVT.
    templates : bool
        Compute A, B, C of the weight A + Bγ + Cγ² of each event, for the card of the file.
    advance : callable, optional
        Called with the number of events done.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If the format cannot hold the events, or its library is not installed.
    FileError
        If a file is incomplete, foreign or damaged, files are not parts of one run, or a file joins runs of
        different experiments.
    """
    start = working_time()
    notes = check_series(paths)
    runs = _read_runs(paths, format, dialect, templates=templates)
    # tables that the card names may be gone: it is built where it is needed only
    card = _card(runs.provenances[0]) if templates or format == "nuhepmc" else None
    joined = (_RUN,) if len(runs.provenances) > 1 and format in {"parquet", "csv"} else ()
    source = _source(runs, card, (*joined, *runs.columns, *(_TEMPLATES if templates else ())))
    with ExitStack() as stack:
        whole = stack.enter_context(WholeFile(output, former=former))
        sink = _sink(format, whole, output, source, dialect, vertex_times)
        stack.callback(sink.close)
        n_left_out = n_read = 0
        for stored in _chunks(runs.paths, *joined):
            columns = stored if card is None or not templates else stored | _weights(stored, paths[0], card)
            n = len(columns["event"])
            try:
                n_left_out += sink.write(columns)
            except ValueError as error:
                raise FileError(output, "foreign", f"is not written: {error}") from None
            n_read += n
            if advance is not None:
                advance(n)
        if n_read == n_left_out:
            raise ValueError(f"{paths[0]} holds no events that {format} can hold")
        sink.finish()
        size = whole.stream.seek(0, 2)
        whole.commit()
    return Export(
        file=output,
        format=format,
        dialect=dialect,
        n_events=n_read - n_left_out,
        n_left_out=n_left_out,
        notes=notes,
        not_held=_not_held(format, dialect, runs.columns, vertex_times),
        bytes=size,
        seconds=working_time() - start,
    )


@dataclass(frozen=True, kw_only=True)
class _Runs:
    """Files in the order of their indices, and the runs that they hold."""

    paths: tuple[Path, ...]
    columns: tuple[str, ...]
    provenances: tuple[dict[str, Any], ...]
    rows: tuple[RunInfo, ...]


def _read_runs(
    paths: Sequence[Path], format: EventFormat, dialect: Dialect | None, *, templates: bool
) -> _Runs:
    """Check files, and put them in order; of several, provenances are the first one's with what differs."""
    found: list[tuple[int, int, Path, tuple[RunInfo, ...], tuple[dict[str, Any], ...]]] = []
    for path in paths:
        with EventFile(path) as file:
            check_file(file, format, dialect, templates=templates)
            first, columns = file.rows[0], file.columns
            found.append((first.first, first.first_experiment, path, file.rows, file.provenances))
    found.sort(key=lambda one: one[:3])
    rows = tuple(row for one in found for row in one[3])
    provenances = found[0][4]
    if len(paths) > 1:
        parts = [{"uuid": row.uuid, "first": row.first, "last": row.last} for row in rows]
        provenances = ({**provenances[0], "parts": parts},)
    return _Runs(paths=tuple(one[2] for one in found), columns=columns, provenances=provenances, rows=rows)


def _card(provenance: Mapping[str, Any]) -> Card:
    """Build the card with which a file was made."""
    return card_from_document(legal_names(provenance["card"]), name=str(provenance.get("card_name")))


def _source(runs: _Runs, card: Card | None, columns: tuple[str, ...]) -> EventSource:
    """Collect what is said of the runs."""
    try:
        program = version("nugauge")
    except PackageNotFoundError:
        program = "unknown"
    return EventSource(
        version=program,
        provenances=runs.provenances,
        columns=columns,
        units={name: COLUMNS[name].unit for name in columns if name != _RUN},
        descriptions={name: COLUMNS[name].description if name != _RUN else _OF_RUN for name in columns},
        cross_section=float(np.mean([row.cross_section for row in runs.rows])),
        electrons_per_atom=None if card is None else card.experiment.detector.target.electrons_per_atom,
        live_time=sum(row.equivalent_exposure for row in runs.rows),
        n_generated=sum(row.n_generated for row in runs.rows),
        n_events=sum(row.n_events for row in runs.rows),
        n_interactions=_n_interactions(runs.paths) if "nu_pdg" in columns else None,
        detected="T_reco" in columns,
    )


def _n_interactions(paths: Sequence[Path]) -> int:
    """Count the events that are no background."""
    total = 0
    for path in paths:
        with EventFile(path) as file:
            total += sum(int(np.count_nonzero(c["nu_pdg"])) for c in file.iterate(["nu_pdg"], step=_READ))
    return total


def _sink(
    format: EventFormat,
    whole: WholeFile,
    output: Path,
    source: EventSource,
    dialect: Dialect | None,
    vertex_times: bool,
) -> EventSink:
    """Open the writer of a format."""
    if format == "hepevt":
        if dialect is None:
            raise ValueError("hepevt needs a dialect")
        return Hepevt(whole.stream, output, source, dialect=dialect, times=vertex_times)
    writers: dict[str, Callable[..., EventSink]] = {
        "nuhepmc": NuHepMC,
        "gst": Gst,
        "parquet": Parquet,
        "csv": EventCsv,
    }
    return writers[format](whole.stream, output, source)


def _chunks(paths: Sequence[Path], run: str | None = None) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the events of files, some at a time, with the number of the run of each if a name is given."""
    for path in paths:
        with EventFile(path) as file:
            n_read = 0
            for stored in file.iterate(step=_READ):
                n = len(stored["event"])
                columns = stored
                if run is not None:
                    rows = np.arange(n_read, n_read + n)
                    numbers = np.searchsorted(file.starts[1:], rows, side="right") + 1
                    columns = {run: numbers.astype(np.int32), **stored}
                n_read += n
                for begin in range(0, n, _STEP):
                    yield {name: column[begin : begin + _STEP] for name, column in columns.items()}


def _weights(columns: Mapping[str, NDArray[Any]], path: Path, card: Card) -> dict[str, NDArray[Any]]:
    """Compute A, B, C of the events of a file, whose card has the model."""
    n = len(columns["event"])
    table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
    try:
        abc = gamma_templates(Events(**table, n_generated=n), card.experiment, card.model, card.model)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return dict(zip(_TEMPLATES, abc, strict=True))


def _not_held(
    format: EventFormat, dialect: Dialect | None, columns: Sequence[str], vertex_times: bool
) -> tuple[str, ...]:
    """List what the format has no place for, of what the file has."""
    if format in {"parquet", "csv"}:
        return ()
    measured = ("measured energies",) if "T_reco" in columns else ()
    if dialect is None:
        return measured
    has_times = "time" in columns
    return (*not_held(dialect, times=vertex_times or not has_times), *measured)
