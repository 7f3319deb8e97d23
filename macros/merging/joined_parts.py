"""Parts of a campaign in the order of their indices: overlaps, gaps, and what a joined file says of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from detsim.event_files import Compression
from detsim.files import FileError, Former
from macros.merging.stored_runs import COUNTED, Part, Run

__all__ = ["Joining", "drawn_range", "gaps_between", "sorted_parts"]


def sorted_parts(runs: Sequence[Run]) -> list[Part]:
    """Put the parts of all runs in the order of their true values and indices.

    Raises
    ------
    FileError
        If a run, or an index of a true value, is there twice.
    """
    known: dict[str, Path] = {}
    for run in runs:
        uuids = {run.uuid, *(str(one["uuid"]) for one in run.documents)}
        for uuid in uuids:
            if uuid in known:
                where = "was given twice" if known[uuid] == run.path else f"{known[uuid]} holds too"
                reason = f"holds a run that {where} (uuid {uuid}): give each once"
                raise FileError(run.path, "duplicate", reason)
        known |= dict.fromkeys(uuids, run.path)
    parts = sorted((part for run in runs for part in run.parts), key=lambda p: (p.first, p.last))
    order = {value: i for i, value in enumerate(dict.fromkeys(part.value for part in _in_order(runs)))}
    parts.sort(key=lambda p: order[p.value])
    for _, of_value in groupby(_drawn(parts), key=lambda p: p.value):
        for before, after in pairwise(of_value):
            if after.first <= before.last:
                reason = (
                    f"holds {_what(after)} {after.first} to {min(after.last, before.last)}, which "
                    f"{before.run.path} holds too: give files of disjoint ranges"
                )
                raise FileError(after.run.path, "overlapping", reason)
    return parts


def _in_order(runs: Sequence[Run]) -> list[Part]:
    """List the parts of all runs, those of the first toys first, each run's true values as it has them."""
    first = [min((part.first for part in run.parts), default=0) for run in runs]
    order = sorted(range(len(runs)), key=lambda i: (first[i], -len(runs[i].parts)))
    return [part for i in order for part in runs[i].parts]


def _drawn(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.last >= part.first]


def drawn_range(parts: Sequence[Part]) -> tuple[int, int]:
    """Return the lowest and the highest index of what was drawn; 0 and -1 where nothing was."""
    drawn = _drawn(parts)
    return min((p.first for p in drawn), default=0), max((p.last for p in drawn), default=-1)


def _what(part: Part) -> str:
    """Say what the indices of a part count."""
    return part.run.what if part.value is None else f"toys of the true value {part.value:g}"


def gaps_between(parts: Sequence[Part], run: Run, *, complete: bool) -> tuple[tuple[int, int], ...]:
    """Find what is missing between the parts, and refuse it where it may not be missing.

    Raises
    ------
    FileError
        If indices are missing, and `complete` is asked for, or the file does not say which it has.
    """
    drawn = _drawn(parts)
    lowest = min((part.first for part in drawn), default=0)
    highest = max((part.last for part in drawn), default=-1)
    found: list[tuple[int, int, Part]] = []
    for _, group in groupby(drawn, key=lambda p: p.value):
        of_value = list(group)
        if complete and of_value[0].first:
            found.append((0, of_value[0].first - 1, of_value[0]))
        elif of_value[0].first > lowest:
            found.append((lowest, of_value[0].first - 1, of_value[0]))
        found += [(a.last + 1, b.first - 1, b) for a, b in pairwise(of_value) if b.first > a.last + 1]
        if of_value[-1].last < highest:
            found.append((of_value[-1].last + 1, highest, of_value[-1]))
    needed = run.has_experiments or run.tree in {"sums", "calibration"} or run.values != (None,)
    if found and (complete or needed):
        first, last, part = found[0]
        why = ""
        if not complete:
            why = f", and one file of {'pseudo-experiments' if run.has_experiments else run.tree}"
            why += " has to hold all between its ends"
            why += "" if part.value is None else ", of every true value"
        begins = "begins" if part.first > last else "ends"
        at = part.first if part.first > last else part.last
        reason = f"{begins} at {at}: {_what(part)} {first} to {last} are in none of the files{why}"
        raise FileError(part.run.path, "incomplete", reason)
    return tuple((first, last) for first, last, _ in found)


def _joined_values(parts: Sequence[Part]) -> dict[str, Any]:
    """Say which toys of which true values a joined file holds; nothing where there is one value, or none."""
    ranges = {
        value: [min(p.first for p in of_value), max(p.last for p in of_value)]
        for value, of_value in ((v, list(g)) for v, g in groupby(parts, key=lambda p: p.value))
        if value is not None
    }
    if not ranges:
        return {}
    designs: dict[float | None, list[str]] = {}
    for part in parts:
        for one in part.run.documents:
            if "by_design" in one and part.value in one["at"]:
                designs[part.value] = one["by_design"][one["at"].index(part.value)]
    designed = {"by_design": [designs[v] for v in ranges]} if len(designs) == len(ranges) else {}
    return {"at": list(ranges), "ranges": list(ranges.values()), **designed}


@dataclass(frozen=True, kw_only=True)
class Joining:
    """Runs of one campaign that become one file.

    Parameters
    ----------
    output : Path
        The file.
    runs : sequence of Run
    parts : sequence of Part
        Theirs, in order.
    whole : bool
        Whether there are no gaps between them.
    advance : callable
        Called with the number of rows written, or of files added.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.
    """

    output: Path
    runs: Sequence[Run]
    parts: Sequence[Part]
    whole: bool
    advance: Callable[[float], None]
    former: Former | None

    @property
    def paths(self) -> list[Path]:
        """The files, in the order of their parts."""
        return list(dict.fromkeys(part.run.path for part in self.parts))

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest index of what was drawn; 0 and -1 where nothing was."""
        return drawn_range(self.parts)

    @property
    def compression(self) -> Compression:
        """Of the card."""
        stated = self.runs[0].origin.get("card", {}).get("run", {})
        compression: Compression = stated.get("compression", "zstd-1")
        return compression

    def provenance(self) -> dict[str, Any]:
        """Say what made the rows, what all runs have in common, and what each has of its own.

        Without gaps it says how all of it is made at once, unless it was made of other files.
        """
        runs = self.runs
        common = {key: value for key, value in runs[0].origin.items() if key in runs[0].shared}
        sums = {}
        for key in COUNTED:
            numbers = [run.origin[key] for run in runs if key in run.origin]
            if numbers:
                sums[key] = sum(numbers)
        by_uuid = {str(one["uuid"]): one for run in runs for one in run.documents}
        documents = [by_uuid[uuid] for uuid in dict.fromkeys(part.uuid for part in self.parts)]
        made = {**common, **sums, **_joined_values(self.parts), "made_by": runs[0].made_by}
        return {**made, "parts": documents, **(_run(runs[0], self.parts) if self.whole else {})}


def _run(run: Run, parts: Sequence[Part]) -> dict[str, Any]:
    """Say how what parts without gaps make together is made at once; not if it was made of other files."""
    record = run.origin.get("run")
    drawn = _drawn(parts)
    if not record or not drawn or record.get("input"):
        return {}
    first = min(part.first for part in drawn)
    n = max(part.last for part in drawn) - first + 1
    if run.tree != "events":
        toys = {} if "toys" not in record else {"toys": n}
        return {"run": {**record, **toys, "first": first}}
    several = run.has_experiments
    return {"run": {"first": first, "events": None if several else n, "experiments": n if several else 0}}
