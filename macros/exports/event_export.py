"""Events of files in the formats of other programs."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from detsim.event_files import EventFile
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
    missing_columns,
    not_held,
)
from detsim.simulation import gamma_templates
from macros.card import Card, card_from_document
from macros.card.checks import legal_names
from macros.merging import check_events
from simgen.events import Events

__all__ = ["EXPORTS", "EventFormat", "Export", "export_events"]

EventFormat = Literal["nuhepmc", "hepevt", "gst", "parquet", "csv"]
EXPORTS: tuple[EventFormat, ...] = get_args(EventFormat)

_READ, _STEP = 200_000, 50_000
"""Events that are read, and that are written, at a time."""
_TEMPLATES = ("weight_A", "weight_B", "weight_C")
_NUMBERED = ("nuhepmc", "hepevt", "gst")
"""Formats in which a number names an event."""


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
    bytes : int
    seconds : float
    """

    file: Path
    format: EventFormat
    dialect: Dialect | None
    n_events: int
    n_left_out: int
    not_held: tuple[str, ...]
    bytes: int
    seconds: float
    columns: tuple[str, ...] = field(default=())

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
        If a file is incomplete, foreign or damaged, or files are not all parts of one run.
    """
    start = time.perf_counter()
    _check_parts(paths)
    with ExitStack() as stack:
        files = [stack.enter_context(EventFile(path)) for path in paths]
        for file in files:
            _check_file(file, format, dialect, templates=templates)
        card = card_from_document(legal_names(files[0].provenance["card"]), name="export")
        added = _TEMPLATES if templates else ()
        source = _source(files, card, (*files[0].columns, *added))
        whole = stack.enter_context(WholeFile(output, former=former))
        sink = _sink(format, whole, output, source, dialect, vertex_times)
        stack.callback(sink.close)
        n_left_out = n_read = 0
        for stored in _chunks(files):
            columns = stored | (_weights(stored, files[0], card) if templates else {})
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
        not_held=_not_held(format, dialect, files[0].columns, vertex_times),
        bytes=size,
        seconds=time.perf_counter() - start,
    )


def _check_parts(paths: Sequence[Path]) -> None:
    """Refuse files that are not parts of one run, or of which one is missing.

    Raises
    ------
    FileError
    """
    if len(paths) == 1:
        return
    gaps = check_events(paths)
    numbers = []
    for path in paths:
        with EventFile(path) as file:
            series = (file.provenance.get("run") or {}).get("series")
            numbers.append(None if series is None else int(series["number"]))
    missing = sorted(set(range(len(paths))) - {n for n in numbers if n is not None})
    if None not in numbers and missing:
        reason = f"is of a series of which number {missing[0]} is not given: give all of its files"
        raise FileError(paths[0], "incomplete", reason)
    if gaps:
        reason = (
            f"and the others lack events {gaps[0][0]} to {gaps[0][1]} of their run: give all of its files"
        )
        raise FileError(paths[0], "incomplete", reason)


def _check_file(file: EventFile, format: EventFormat, dialect: Dialect | None, *, templates: bool) -> None:
    """Refuse a file whose events the format cannot hold.

    Raises
    ------
    ValueError
    """
    if format in _NUMBERED:
        vertex = dialect != "geant4"
        missing = missing_columns(file.columns, vertex=vertex)
        if missing:
            needed = "vertex,time,direction" if vertex else "direction"
            raise ValueError(
                f"{file.path} has no columns of {' and '.join(missing)}, which {format} needs: simulate with "
                f"--columns {needed}"
            )
        if file.runinfo.n_experiments:
            raise ValueError(
                f"{file.path} holds pseudo-experiments, whose events {format} cannot tell apart: choose "
                "parquet or csv"
            )
        if len({str(provenance.get("seed")) for provenance in file.provenances}) > 1:
            raise ValueError(
                f"{file.path} joins runs of several seeds, whose events have the same numbers: export them "
                "one by one, or choose parquet or csv"
            )
    if format == "hepevt" and (templates or "weight" in file.columns):
        raise ValueError(
            f"{file.path if not templates else '--gamma-templates'}: HEPEVT has no weights: choose nuhepmc, "
            "gst, parquet or csv"
        )
    if templates and "weight_A" in file.columns:
        raise ValueError(
            f"{file.path} has weight_A, weight_B and weight_C already: leave out --gamma-templates"
        )
    if templates and "weight" in file.columns:
        raise ValueError(
            f"{file.path} holds weights of another model: reweight the file that it was made from, with "
            "--gamma-templates, and export that"
        )


def _source(files: Sequence[EventFile], card: Card, columns: tuple[str, ...]) -> EventSource:
    """Collect what is said of the runs."""
    try:
        program = version("nugauge")
    except PackageNotFoundError:
        program = "unknown"
    provenances = [provenance for file in files for provenance in file.provenances]
    branches = {name: b for provenance in provenances for name, b in provenance["branches"].items()}
    rows = [row for file in files for row in file.rows]
    return EventSource(
        version=program,
        provenances=provenances,
        columns=columns,
        units={name: branch["unit"] for name, branch in branches.items()},
        descriptions={name: branch["description"] for name, branch in branches.items()},
        cross_section=float(np.mean([row.cross_section for row in rows])),
        electrons_per_atom=card.experiment.detector.target.electrons_per_atom,
        live_time=sum(row.equivalent_exposure for row in rows),
        n_generated=sum(row.n_generated for row in rows),
        detected="T_reco" in files[0].columns,
    )


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


def _chunks(files: Sequence[EventFile]) -> Iterator[dict[str, NDArray[Any]]]:
    """Yield the events of all files in the order of their index, some at a time."""
    for file in sorted(files, key=lambda f: (f.rows[0].first, f.rows[0].first_experiment)):
        for columns in file.iterate(step=_READ):
            n = len(columns["event"])
            for begin in range(0, n, _STEP):
                yield {name: column[begin : begin + _STEP] for name, column in columns.items()}


def _weights(columns: Mapping[str, NDArray[Any]], file: EventFile, card: Card) -> dict[str, NDArray[Any]]:
    """Compute A, B, C of the events of a file, whose card has the model."""
    n = len(columns["event"])
    table: dict[str, Any] = {"cos_theta": np.zeros(n), **columns}
    try:
        abc = gamma_templates(Events(**table, n_generated=n), card.experiment, card.model, card.model)
    except ValueError as error:
        raise ValueError(f"{file.path}: {error}") from None
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
