"""Check of HepMC3 ASCII against the requirements of NuHepMC 1.0.0, each by its id.

The check reads the text itself and shares nothing with the writer `detsim.formats.nuhepmc`. Requirements that
concern intentions are checked as far as a file shows them: completeness (E.R.8) and the frame (E.R.9) by the
conservation of energy and momentum and by a target at rest.
"""

import math
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np

__all__ = ["Violation", "check_nuhepmc"]

_START, _END = "HepMC::Asciiv3-START_EVENT_LISTING", "HepMC::Asciiv3-END_EVENT_LISTING"
_VERSION = ("1", "0", "0")
_KNOWN_CODES = {11, 12, 13, 14, 15, 16, 22, 111, 211, 2112, 2212}
"""Leptons, photon and a few hadrons; nuclei are 10LZZZAAAI."""
_NUCLEUS = 1_000_000_000
_TOLERANCE = 1e-12
"""Of energy and momentum, relative to the energies of an event."""
_LISTS = (
    ("G.R.8", "ProcessIDs", "ProcessInfo", ("Name", "Description")),
    ("G.R.9", "VertexStatusIDs", "VertexStatusInfo", ("Name", "Description")),
    ("G.R.10", "ParticleStatusIDs", "ParticleStatusInfo", ("Name", "Description")),
    ("G.R.11", "AdditionalParticleNumbers", "AdditionalParticleNumber", ("Name",)),
)
"""Requirement, attribute that lists codes, and attributes that describe each of them."""
_MOST = 20
"""Violations of one kind that are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A requirement that a file does not meet.

    Parameters
    ----------
    id : str
        Of the specification, such as "G.R.7".
    line : int
        Line of the file, from 1 on; of the run, its last line.
    reason : str
    """

    id: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.id}, line {self.line}: {self.reason}"


@dataclass(slots=True)
class _Run:
    """What stands before the first event."""

    weights: list[str] = field(default_factory=list)
    tools: list[list[str]] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    started: bool = False


@dataclass(slots=True)
class _Event:
    """The lines of one event."""

    line: int
    head: list[str]
    units: list[str] = field(default_factory=list)
    weights: list[str] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    has_cross_section: bool = False
    particles: dict[int, list[str]] = field(default_factory=dict)
    vertices: dict[int, tuple[int, list[int]]] = field(default_factory=dict)


def check_nuhepmc(lines: Iterable[str]) -> list[Violation]:
    """List what a file violates; nothing if it is NuHepMC 1.0.0.

    Parameters
    ----------
    lines : iterable of str
        Of the file, with or without their line breaks.

    Examples
    --------
    >>> [violation.id for violation in check_nuhepmc(["HepMC::Version 3.03.01"])]
    ['G.R.1', 'E.R.1']
    """
    found: list[Violation] = []
    seen: dict[str, int] = {}
    for violation in _violations(lines):
        key = f"{violation.id} {violation.reason[:20]}"
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= _MOST:
            found.append(violation)
    return found


def _violations(lines: Iterable[str]) -> Iterator[Violation]:
    run, event, number, ended = _Run(), None, 0, False
    numbers = array("q")
    for number, text in enumerate(lines, start=1):
        line = text.rstrip("\n")
        if line == _START:
            run.started = True
        elif line == _END:
            ended = True
        elif line.startswith("E "):
            yield from _of_event(event, run, numbers) if event else _of_run(run, number - 1)
            event = _Event(line=number, head=line.split()[1:])
        elif line and not line.startswith("HepMC::"):
            if event is None:
                _read_run(run, line)
            else:
                _read_event(event, line)
    yield from _of_event(event, run, numbers) if event else _of_run(run, number)
    if len(different := np.unique(np.frombuffer(numbers, np.int64))) < len(numbers):
        reason = f"{len(numbers) - len(different)} numbers of events occur twice"
        yield Violation(id="E.R.2", line=number, reason=reason)
    if not ended:
        reason = "the list of events has no end: the file is truncated"
        yield Violation(id="E.R.1", line=number, reason=reason)


def _unescaped(text: str) -> str:
    return text.replace("\\|", "\n").replace("\\\\", "\\")


def _read_run(run: _Run, line: str) -> None:
    kind, _, rest = line.partition(" ")
    if kind == "W":
        run.weights = _unescaped(rest).split("\n")
    elif kind == "T":
        run.tools.append(_unescaped(rest).split("\n"))
    elif kind == "A":
        name, _, value = rest.partition(" ")
        run.attributes[name] = _unescaped(value)


def _read_event(event: _Event, line: str) -> None:
    kind, *words = line.split()
    if kind == "U":
        event.units = words
    elif kind == "W":
        event.weights = words
    elif kind == "A" and words[0] == "0":
        event.attributes[words[1]] = " ".join(words[2:])
        event.has_cross_section |= words[1] == "GenCrossSection"
    elif kind == "P":
        event.particles[int(words[0])] = words[1:]
    elif kind == "V":
        incoming = words[2].strip("[]")
        event.vertices[int(words[0])] = (int(words[1]), [int(p) for p in incoming.split(",") if p])


def _of_run(run: _Run, line: int) -> Iterator[Violation]:
    """Check the requirements G.R of a run."""
    if not (run.started and run.attributes):
        yield Violation(id="G.R.1", line=line, reason="there is no information of the run before the events")
        return
    attributes = run.attributes

    def violates(requirement: str, reason: str) -> Violation:
        return Violation(id=requirement, line=line, reason=reason)

    version = tuple(attributes.get(f"NuHepMC.Version.{part}") for part in ("Major", "Minor", "Patch"))
    if version != _VERSION:
        yield violates("G.R.2", f"the version is {version}, not 1, 0, 0")
    if not run.tools or not all(len(tool) > 1 and tool[0] and tool[1] for tool in run.tools):
        yield violates("G.R.3", "there is no tool with a name and a version")
    conventions = attributes.get("NuHepMC.Conventions", "").split()
    if not conventions:
        yield violates("G.R.4", "NuHepMC.Conventions names no convention")
    cross_section = _number(attributes.get("NuHepMC.FluxAveragedTotalCrossSection"))
    if "G.C.2" in conventions and not cross_section > 0:
        yield violates("G.R.5", "G.C.2 is signalled, and the cross section is no number above 0")
    if not {"G.C.2", "E.C.4"} & set(conventions):
        yield violates("G.R.5", "neither G.C.2 nor E.C.4 is signalled")
    units = [f"NuHepMC.Units.CrossSection.{name}" for name in ("Unit", "TargetScale")]
    if missing := [name for name in units if not attributes.get(name)]:
        yield violates("G.R.6", f"{missing[0]} is missing")
    if "CV" not in run.weights:
        yield violates("G.R.7", "no weight is called CV")
    for requirement, ids, item, parts in _LISTS:
        listed = attributes.get(f"NuHepMC.{ids}")
        if listed is None:
            yield violates(requirement, f"NuHepMC.{ids} is missing")
        for code, part in product((listed or "").split(), parts):
            if not attributes.get(f"NuHepMC.{item}[{code}].{part}"):
                yield violates(requirement, f"{item} {code} has no {part}")


def _of_event(event: _Event, run: _Run, numbers: "array[int]") -> Iterator[Violation]:
    """Check the requirements of an event, its vertices and its particles."""

    def violates(requirement: str, reason: str) -> Violation:
        return Violation(id=requirement, line=event.line, reason=reason)

    number = int(event.head[0])
    counted = (len(event.vertices), len(event.particles))
    if counted != tuple(map(int, event.head[1:3])):
        yield violates("E.R.1", f"there are {counted[0]} vertices and {counted[1]} particles, not as stated")
    if number < 0:
        yield violates("E.R.2", f"the number {number} is negative")
    numbers.append(number)
    process = event.attributes.get("signal_process_id")
    if process is None or process not in run.attributes.get("NuHepMC.ProcessIDs", "").split():
        yield violates("E.R.3", f"signal_process_id is {process}, which the run does not describe")
    if len(event.units) != 2:
        yield violates("E.R.4", "units of energy and position are not stated")
    place = [_number(word) for word in event.attributes.get("lab_pos", "").split()]
    if len(place) not in {3, 4} or not all(map(math.isfinite, place)):
        yield violates("E.R.5", "lab_pos is not a place, or a place and a time")
    if len(event.weights) != len(run.weights):
        yield violates("G.R.7", f"there are {len(event.weights)} weights, of {len(run.weights)} names")
    if "E.C.4" in run.attributes.get("NuHepMC.Conventions", "").split() and not event.has_cross_section:
        yield violates("G.R.5", "E.C.4 is signalled, and the event has no GenCrossSection")
    statuses = [status for status, _ in event.vertices.values()]
    if statuses.count(1) != 1 or 0 in statuses:
        yield violates("E.R.6", "there is not exactly one primary vertex, or one without a status")
    for requirement, reason in _of_graph(event, run):
        yield violates(requirement, reason)


def _of_graph(event: _Event, run: _Run) -> Iterator[tuple[str, str]]:
    """Check vertices and particles: requirement and reason."""
    for requirement, statuses, stem, lowest in (
        ("V.R.1", [status for status, _ in event.vertices.values()], "VertexStatus", {1, 2}),
        ("P.R.1", [int(words[-1]) for words in event.particles.values()], "ParticleStatus", {1, 2, 3, 4, 20}),
    ):
        described = run.attributes.get(f"NuHepMC.{stem}IDs", "").split()
        for status in statuses:
            if status not in lowest and (status < 21 or str(status) not in described):
                yield requirement, f"the status {status} is forbidden, or not described"
    beams = [words for words in event.particles.values() if words[-1] == "4"]
    targets = [words for words in event.particles.values() if words[-1] == "20"]
    if len(beams) != 1 or len(targets) != 1:
        yield "E.R.7", f"there are {len(beams)} beam and {len(targets)} target particles, not one of each"
        return
    listed = run.attributes.get("NuHepMC.AdditionalParticleNumbers", "").split()
    for words in event.particles.values():
        code = abs(int(words[1]))
        if code not in _KNOWN_CODES and code < _NUCLEUS and words[1] not in listed:
            yield "G.R.11", f"the particle {words[1]} is no code that is known or declared"
    ends = {p for _, incoming in event.vertices.values() for p in incoming}
    made = {vertex for vertex in event.vertices if any(int(w[0]) == vertex for w in event.particles.values())}
    if made != set(event.vertices) or not ends <= set(event.particles):
        yield "E.R.1", "a vertex has no outgoing particle, or an incoming one that is not there"
    last = [words for p, words in event.particles.items() if p not in ends]
    if any(words[-1] != "1" for words in last):
        yield "E.R.8", "a particle that leaves the event has not the status 1"
    balance = [
        math.fsum([float(w[2 + i]) for w in last] + [-float(w[2 + i]) for w in (*beams, *targets)])
        for i in range(4)
    ]
    if max(map(abs, balance)) > _TOLERANCE * (float(beams[0][5]) + float(targets[0][5])):
        yield "E.R.8", f"energy and momentum are not conserved: {balance}"
    if any(float(component) != 0 for component in targets[0][2:5]):
        yield "E.R.9", "the target is not at rest, as it is in the lab frame"


def _number(text: str | None) -> float:
    """Read a number; not a number where it is none."""
    try:
        return float(text or "")
    except ValueError:
        return math.nan
