"""Lines of HepMC3 ASCII as records: what stands before the first event, and events."""

import math
from dataclasses import dataclass, field

__all__ = ["EventRecord", "RunRecord", "read_event", "read_number", "read_run"]

_WORDS = 9
"""Of a particle: number, vertex, code, momentum, energy, mass, status."""


@dataclass(slots=True)
class RunRecord:
    """What stands before the first event."""

    weights: list[str] = field(default_factory=list)
    tools: list[list[str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    started: bool = False


@dataclass(slots=True)
class EventRecord:
    """The lines of one event."""

    line: int
    head: list[str]
    units: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    has_cross_section: bool = False
    particles: dict[int, list[str]] = field(default_factory=dict)
    vertices: dict[int, tuple[int, list[int]]] = field(default_factory=dict)
    is_readable: bool = True

    @property
    def has_head(self) -> bool:
        """Whether its number, and how many vertices and particles it has, are whole numbers."""
        return len(self.head) == 3 and all(word.removeprefix("-").isdigit() for word in self.head)


def read_number(text: str | None) -> float:
    """Read a number; not a number where it is none."""
    try:
        return float(text or "")
    except ValueError:
        return math.nan


def _unescaped(text: str) -> str:
    return text.replace("\\|", "\n").replace("\\\\", "\\")


def read_run(run: RunRecord, line: str) -> None:
    """Keep what a line says."""
    kind, _, rest = line.partition(" ")
    if kind == "W":
        run.weights = _unescaped(rest).split("\n")
    elif kind == "T":
        run.tools.append(_unescaped(rest).split("\n"))
    elif kind == "A":
        name, _, value = rest.partition(" ")
        run.attributes[name] = _unescaped(value)


def read_event(event: EventRecord, line: str) -> bool:
    """Keep what a line says; tell whether it can be read."""
    kind, *words = line.split()
    try:
        if kind == "U":
            event.units = words
        elif kind == "W":
            event.weights = words
            return all(map(math.isfinite, map(float, words)))
        elif kind == "A" and words[0] == "0":
            event.attributes[words[1]] = " ".join(words[2:])
            event.has_cross_section |= words[1] == "GenCrossSection"
        elif kind == "P":
            _ = [int(word) for word in (*words[:3], words[8])]
            event.particles[int(words[0])] = words[1:]
            return len(words) == _WORDS and all(map(math.isfinite, map(float, words[3:8])))
        elif kind == "V":
            incoming = words[2].strip("[]")
            event.vertices[int(words[0])] = (int(words[1]), [int(p) for p in incoming.split(",") if p])
    except (ValueError, IndexError):
        return False
    return True
