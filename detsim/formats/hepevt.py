"""HEPEVT as text in three dialects, each of which some programs read and others do not.

``canonical``
    ``NEVHEP NHEP``, then for each particle ``ISTHEP IDHEP JMOHEP1 JMOHEP2 JDAHEP1 JDAHEP2 PHEP1 ... PHEP5
    VHEP1 ... VHEP4``: GeV, mm, mm/c. MARLEY writes it.
``geant4``
    ``NHEP``, then ``ISTHEP IDHEP JDAHEP1 JDAHEP2 PHEP1 PHEP2 PHEP3 PHEP5`` in GeV: the form that
    G4HEPEvtInterface of Geant4 reads. It has no place, no time and no number of the event.
``glg4``
    The same line with ``DT X Y Z`` behind it, in ns and mm: GLG4sim, and what was derived from it; sntools
    writes it. A polarisation may follow, and is left out. Lines that begin with # are comments.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from detsim.formats.event_source import MARK, EventSource
from detsim.formats.scattering import ELECTRON, Scattering
from detsim.formats.text_stream import TextStream, rows_of
from simgen.constants import M_E

__all__ = ["DIALECTS", "Dialect", "Hepevt", "not_held"]

Array = NDArray[np.float64]
Dialect = Literal["canonical", "geant4", "glg4"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

_GEV, _MM = 1e-3, 10.0
"""Of a MeV, and of a cm."""
_MM_PER_C, _NS = 299_792_458_000.0, 1e9
"""Of a second."""
_PART = 10_000
_NOT_HELD = {
    "canonical": (),
    "geant4": ("vertices, times and numbers of events", "the scattered neutrino"),
    "glg4": ("the scattered neutrino",),
}


def not_held(dialect: Dialect, *, times: bool) -> tuple[str, ...]:
    """List what a dialect leaves out of the interactions."""
    left = () if times or dialect == "geant4" else ("times in the exposure (--vertex-times writes them)",)
    return (*_NOT_HELD[dialect], *left)


class Hepevt:
    """Writer of HEPEVT.

    Parameters
    ----------
    stream : file object
        Open for writing in binary.
    name : Path
        ``.gz`` and ``.zst`` compress.
    source : EventSource
    dialect : {"canonical", "geant4", "glg4"}
    times : bool
        Write the time in the exposure as the time of the vertex. Without it every interaction has the time 0,
        because a simulation that counts in ns from the start of months loses the ns.

    Raises
    ------
    ValueError
        If the events have weights, which the format does not have; or times are asked for and not there.
    """

    def __init__(
        self, stream: IO[bytes], name: Path, source: EventSource, *, dialect: Dialect, times: bool = False
    ) -> None:
        if source.weights:
            raise ValueError("the events are weighted, and HEPEVT has no weights: choose another format")
        if times and dialect == "geant4":
            raise ValueError("the dialect geant4 has no times: choose canonical or glg4")
        if times and "time" not in source.columns:
            raise ValueError(
                "the events have no times: `nugauge generate --columns vertex,time,direction` writes them"
            )
        self._text = TextStream(stream, name)
        self._dialect, self._times = dialect, times
        if dialect == "glg4":
            # short lines: some readers have buffers of a few hundred characters
            runs = [f"run: seed {run.get('seed')}, uuid {run.get('uuid')}" for run in source.provenances]
            events = [] if source.n_interactions is None else [f"events: {source.n_interactions}"]
            lines = [f"{MARK} glg4, version {source.version}", *events, *runs]
            self._text.write("".join(f"# {line}\n" for line in lines).encode())

    def write(self, columns: Mapping[str, NDArray[Any]]) -> int:
        """Append events, and return how many backgrounds were left out."""
        events = Scattering.of(columns)
        records = {"canonical": self._canonical, "geant4": self._geant4, "glg4": self._glg4}[self._dialect]
        for part in events.parts(_PART):
            self._text.write(records(events, part))
        return events.n_left_out

    def finish(self) -> None:
        """Write what is left of the text."""
        self._text.finish()

    def close(self) -> None:
        """End the thread that compresses."""
        self._text.close()

    def _place(self, events: Scattering, part: slice, unit_of_time: float) -> list[Array]:
        """Return x, y, z [mm] and the time."""
        n = len(events.event[part])
        place = [np.zeros(n)] * 3 if events.vertex is None else [row[part] * _MM for row in events.vertex]
        has_time = self._times and events.time is not None
        return [*place, events.time[part] * unit_of_time if has_time else np.zeros(n)]  # type: ignore[index]

    def _canonical(self, events: Scattering, part: slice) -> bytes:
        """Write four particles: the initial ones with status 3, the final ones with 1."""
        place = self._place(events, part, _MM_PER_C)
        pdg: NDArray[Any] = events.nu_pdg[part]
        g = "%.17g"
        at = " ".join([g] * 4)
        momentum, mass = f"{g} {g} {g} {g}", f"{M_E * _GEV!r}"
        template = (
            "%d 4\n"
            f"3 %d 0 0 3 4 {momentum} 0 {at}\n"
            f"3 {ELECTRON} 0 0 3 4 0 0 0 {mass} {mass} {at}\n"
            f"1 %d 1 2 0 0 {momentum} 0 {at}\n"
            f"1 {ELECTRON} 1 2 0 0 {momentum} {mass} {at}\n"
        )
        columns: list[NDArray[Any]] = [
            events.event[part],
            *(pdg, *_gev(events.nu[:, part]), events.E_nu[part] * _GEV, *place),
            *place,
            *(pdg, *_gev(events.nu_out[:, part]), events.E_nu_out[part] * _GEV, *place),
            *(*_gev(events.electron[:, part]), events.E_electron[part] * _GEV, *place),
        ]
        return rows_of(template, columns)

    def _geant4(self, events: Scattering, part: slice) -> bytes:
        """Write the electron alone: what a detector can see."""
        template = f"1\n1 {ELECTRON} 0 0 %.17g %.17g %.17g {M_E * _GEV!r}\n"
        return rows_of(template, _gev(events.electron[:, part]))

    def _glg4(self, events: Scattering, part: slice) -> bytes:
        """Write the electron alone, with the index of the event as a comment."""
        x, y, z, time = self._place(events, part, _NS)
        g = "%.17g"
        template = f"# event %d\n1\n1 {ELECTRON} 0 0 {g} {g} {g} {M_E * _GEV!r} {g} {g} {g} {g}\n"
        return rows_of(template, [events.event[part], *_gev(events.electron[:, part]), time, x, y, z])


def _gev(momentum: Array) -> list[Array]:
    """Return three components [GeV]."""
    return [component * _GEV for component in momentum]
