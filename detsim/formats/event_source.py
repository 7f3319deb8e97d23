"""What exported events are of: versions, cross section, exposure, target; the same for all formats."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from numpy.typing import NDArray

__all__ = ["MARK", "EventSink", "EventSource"]

MARK = "nugauge.export"
"""Name by which a file is known to be exported by this program, where its format can hold a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """The run, or runs, whose events are exported.

    Parameters
    ----------
    version : str
        Of this program.
    provenances : sequence of mapping
        One of each run, as event files hold it.
    columns : tuple of str
        That each chunk of events has.
    units, descriptions : mapping of str to str
        Of the columns.
    cross_section : float
        Mean over the source, of one electron [cm²].
    electrons_per_atom : float or None
        Mean over the atoms of the target; None if only the number of electrons is known.
    live_time : float
        In which the experiment expects what was drawn [s].
    n_generated : int
        Interactions and background events drawn, before any cut.
    n_events : int
        Events in the files, those of backgrounds included.
    n_interactions : int or None
        Of these the interactions; None where events have no column that tells.
    detected : bool
        Whether the events are those that a detector recorded.
    """

    version: str
    provenances: Sequence[Mapping[str, Any]]
    columns: tuple[str, ...]
    cross_section: float
    live_time: float
    n_generated: int
    n_events: int
    detected: bool
    n_interactions: int | None = None
    electrons_per_atom: float | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def weights(self) -> tuple[str, ...]:
        """Columns of weights."""
        return tuple(name for name in self.columns if name.startswith("weight"))

    def provenance_json(self) -> str:
        """Write the provenance as JSON on one line: an object, or a list of several runs."""
        documents = [dict(provenance) for provenance in self.provenances]
        return json.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=True)


class EventSink(Protocol):
    """A file that takes events, chunk by chunk."""

    def write(self, columns: Mapping[str, NDArray[Any]]) -> int:
        """Append events, and return how many were left out."""
        ...

    def finish(self) -> None:
        """Write what stands at the end."""
        ...

    def close(self) -> None:
        """Release what the file holds, also after an error."""
        ...
