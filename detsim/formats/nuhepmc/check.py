"""Check of HepMC3 ASCII against the requirements of NuHepMC 1.0.0, each by its id.

The check reads the text itself and shares nothing with the writer, `detsim.formats.nuhepmc.writer`.
Requirements that concern intentions are checked as far as a file shows them: completeness (E.R.8) and the
frame (E.R.9) by the conservation of energy and momentum and by a target at rest.
"""

import math
from array import array
from collections.abc import Iterable, Iterator
from itertools import product

import numpy as np

from detsim.formats.nuhepmc.contents import NuHepMCContents, Violation
from detsim.formats.nuhepmc.origin import Origin
from detsim.formats.nuhepmc.records import EventRecord, RunRecord, read_event, read_number, read_run

__all__ = ["check_nuhepmc", "read_nuhepmc"]

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
_SHOWN = 60
"""Characters of a damaged line that are quoted."""
_UNITS = (("MEV", "GEV"), ("MM", "CM"))


def read_nuhepmc(lines: Iterable[str], contents: NuHepMCContents | None = None) -> NuHepMCContents:
    """Read a file once: what it holds, and what it violates.

    Parameters
    ----------
    lines : iterable of str
        Of the file, with or without their line breaks.
    contents : NuHepMCContents, optional
        Filled as far as lines can be read.
    """
    contents = NuHepMCContents() if contents is None else contents
    seen: dict[str, int] = {}
    for violation in _violations(lines, contents):
        key = f"{violation.id} {violation.reason[:20]}"
        seen[key] = seen.get(key, 0) + 1
        if seen[key] <= _MOST:
            contents.violations.append(violation)
    return contents


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
    return read_nuhepmc(lines).violations


def _violations(lines: Iterable[str], contents: NuHepMCContents) -> Iterator[Violation]:
    run, event, number, ended = RunRecord(), None, 0, False
    numbers = array("q")
    for number, text in enumerate(lines, start=1):
        line = text.rstrip("\n")
        if line.startswith("E "):
            yield from _of_record(event, run, numbers, contents, number - 1)
            event = EventRecord(line=number, head=line.split()[1:])
        elif line.startswith("HepMC::") or not line:
            run.started |= line == _START
            ended |= line == _END
        elif event is None:
            read_run(run, line)
        elif event.is_readable and not read_event(event, line):
            event.is_readable = False
            yield _unreadable(number, line)
    yield from _of_record(event, run, numbers, contents, number)
    yield from _of_file(numbers, contents, number, ended=ended)


def _of_record(
    event: EventRecord | None, run: RunRecord, numbers: "array[int]", contents: NuHepMCContents, line: int
) -> Iterator[Violation]:
    """Check what has been read: the run before the first event, then an event."""
    if event is None:
        yield from _of_run(run, line)
        _describe(run, contents)
        return
    contents.n_events += 1
    if event.is_readable and not event.has_head:
        yield _unreadable(event.line, " ".join(["E", *event.head]))
    elif event.is_readable:
        yield from _of_event(event, run, numbers, contents)


def _of_file(
    numbers: "array[int]", contents: NuHepMCContents, line: int, *, ended: bool
) -> Iterator[Violation]:
    """Check what all events have to be together."""
    if len(different := np.unique(np.frombuffer(numbers, np.int64))) < len(numbers):
        reason = f"{len(numbers) - len(different)} numbers of events occur twice"
        yield Violation(id="E.R.2", line=line, reason=reason)
    if not ended:
        reason = "the list of events has no end: the file is truncated"
        yield Violation(id="E.R.1", line=line, reason=reason)
    for reason in contents.origin.of_file(contents.n_events) if contents.origin else ():
        yield Violation(id="nugauge", line=line, reason=reason)


def _unreadable(number: int, line: str) -> Violation:
    shown = line if len(line) <= _SHOWN else f"{line[:_SHOWN]} ..."
    return Violation(id="HepMC3", line=number, reason=f"{shown!r} is damaged")


def _describe(run: RunRecord, contents: NuHepMCContents) -> None:
    """Keep what the run says of the file."""
    parts = [run.attributes.get(f"NuHepMC.Version.{part}") for part in ("Major", "Minor", "Patch")]
    contents.version = None if None in parts else ".".join(map(str, parts))
    contents.tools = [" ".join(tool[:2]) for tool in run.tools]
    contents.conventions = run.attributes.get("NuHepMC.Conventions", "").split()
    contents.origin = Origin.of(run.attributes)


def _of_run(run: RunRecord, line: int) -> Iterator[Violation]:
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
    cross_section = read_number(attributes.get("NuHepMC.FluxAveragedTotalCrossSection"))
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


def _of_event(
    event: EventRecord, run: RunRecord, numbers: "array[int]", contents: NuHepMCContents
) -> Iterator[Violation]:
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
    for reason in _of_units(event, contents):
        yield violates("E.R.4", reason)
    place = [read_number(word) for word in event.attributes.get("lab_pos", "").split()]
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
    if contents.origin is not None and len(place) in {3, 4} and len(event.units) == len(_UNITS):
        codes = [int(words[1]) for words in event.particles.values()]
        masses = [float(words[6]) for words in event.particles.values()]
        for reason in contents.origin.of_event(process, codes, masses, place[:3], event.units):
            yield violates("nugauge", reason)


def _of_units(event: EventRecord, contents: NuHepMCContents) -> Iterator[str]:
    """Say what is wrong with the units of an event, which are those of the first one."""
    units = " ".join(event.units)
    if len(event.units) != len(_UNITS):
        yield "units of energy and position are not stated"
    elif any(unit not in known for unit, known in zip(event.units, _UNITS, strict=True)):
        yield f"the units are {units}, which HepMC3 does not have"
    contents.units = contents.units or event.units
    if event.units and event.units != contents.units:
        yield f"the units are {units}, and {' '.join(contents.units)} in the first event"


def _of_graph(event: EventRecord, run: RunRecord) -> Iterator[tuple[str, str]]:
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
