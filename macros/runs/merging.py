"""Files of one campaign joined into one, after checking that they are of one."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np

from detsim.event_files import Branch, EventColumns, EventFile, RunInfo, TableFile, TableWriter
from detsim.files import FileError, Former
from macros.runs.campaign import Part, Run, check_same, read_runs
from macros.setup import check_different

__all__ = ["Merging", "merge", "merged_kind"]

_STEP = 250_000


@dataclass(frozen=True, kw_only=True)
class Merging:
    """What a merge made.

    Parameters
    ----------
    file : Path
    tree : str
        ``events`` or ``toys``.
    n_files, n_rows : int
    first, last : int
        Lowest and highest index of what was drawn: events, pseudo-experiments or toys.
    gaps : tuple of (int, int)
        First and last of what is missing between them.
    """

    file: Path
    tree: str
    n_files: int
    n_rows: int
    first: int
    last: int
    gaps: tuple[tuple[int, int], ...]

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {
            "file": str(self.file),
            "kind": self.tree,
            "n_files": self.n_files,
            "n_rows": self.n_rows,
            "first": self.first,
            "last": self.last,
            "gaps": [list(gap) for gap in self.gaps],
        }


def merge(
    output: Path,
    inputs: Sequence[Path],
    *,
    complete: bool = False,
    mixed: bool = False,
    advance: Callable[[float], None] | None = None,
    former: Former | None = None,
) -> Merging:
    """Join event files, or toy files, of one campaign.

    Parameters
    ----------
    output : Path
        Written whole or not at all; none of the inputs.
    inputs : sequence of Path
        In any order; what `hadd` or a former merge joined, too.
    complete : bool
        Refuse gaps, also before the first index.
    mixed : bool
        Join what was made by different versions or processors, which agree to rounding.
    advance : callable, optional
        Called with the number of rows written.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    FileError
        If a file is not whole, not of the same campaign as the first, or has what another has too.
    ValueError
        If the output is an input.
    """
    for path in inputs:
        check_different(output, path)
    tree = merged_kind(inputs[0])
    runs = [run for path in inputs for run in read_runs(path, tree)]
    check_same(runs, mixed=mixed)
    parts = _sorted_parts(runs)
    gaps = _gaps(parts, runs[0], complete=complete)
    origin = _provenance(runs, parts, mixed=mixed) | ({} if gaps else _run(runs[0], parts))
    branches = {
        name: Branch(**{**_description(b), "shape": tuple(b["shape"])})
        for name, b in runs[0].branches.items()
    }
    stated = runs[0].origin.get("card", {}).get("run", {})
    with TableWriter(
        output,
        tree,
        branches,
        provenance=origin,
        compression=stated.get("compression", "zstd-1"),
        format=runs[0].format,
        former=former,
    ) as writer:
        _copy(parts, writer, advance)
        writer.finish(_runinfo(runs, parts))
        n_rows = writer.n_rows
    drawn = [part for part in parts if part.last >= part.first]
    return Merging(
        file=output,
        tree=tree,
        n_files=len(inputs),
        n_rows=n_rows,
        first=drawn[0].first if drawn else 0,
        last=max((part.last for part in drawn), default=-1),
        gaps=gaps,
    )


def merged_kind(path: Path) -> Literal["events", "toys"]:
    """Tell whether a file holds events or toys."""
    try:
        with TableFile(path, "toys"):
            return "toys"
    except FileError as error:
        if error.fault != "foreign":
            raise
    with EventFile(path):
        return "events"


def _description(branch: Mapping[str, Any]) -> dict[str, Any]:
    return {key: branch[key] for key in ("dtype", "unit", "description")}


def _sorted_parts(runs: Sequence[Run]) -> list[Part]:
    """Put the parts of all runs in the order of their indices, and refuse what is there twice."""
    known: dict[str, Path] = {}
    for run in runs:
        for uuid in {run.uuid, *(part.uuid for part in run.parts)}:
            if uuid in known:
                where = "was given twice" if known[uuid] == run.path else f"{known[uuid]} holds too"
                reason = f"holds a run that {where} (uuid {uuid}): give each once"
                raise FileError(run.path, "duplicate", reason)
        known |= dict.fromkeys((run.uuid, *(part.uuid for part in run.parts)), run.path)
    parts = sorted((part for run in runs for part in run.parts), key=lambda p: (p.first, p.last))
    drawn = [part for part in parts if part.last >= part.first]
    for before, after in pairwise(drawn):
        if after.first <= before.last:
            reason = (
                f"holds {after.run.what} {after.first} to {min(after.last, before.last)}, which "
                f"{before.run.path} holds too: give files of disjoint ranges"
            )
            raise FileError(after.run.path, "overlapping", reason)
    return parts


def _gaps(parts: Sequence[Part], run: Run, *, complete: bool) -> tuple[tuple[int, int], ...]:
    """Find what is missing between the parts, and refuse it where it may not be missing."""
    drawn = [part for part in parts if part.last >= part.first]
    gaps = [(a.last + 1, b.first - 1, b) for a, b in pairwise(drawn) if b.first > a.last + 1]
    if complete and drawn and drawn[0].first:
        gaps.insert(0, (0, drawn[0].first - 1, drawn[0]))
    if gaps and (complete or run.has_experiments):
        first, last, after = gaps[0]
        why = "" if complete else ", and one file of pseudo-experiments has to hold all between its ends"
        reason = f"begins at {after.first}: {run.what} {first} to {last} are in none of the files{why}"
        raise FileError(after.run.path, "incomplete", reason)
    return tuple((first, last) for first, last, _ in gaps)


def _provenance(runs: Sequence[Run], parts: Sequence[Part], *, mixed: bool) -> dict[str, Any]:
    """Say what made the rows, what all runs have in common, and what each has of its own."""
    common = {key: value for key, value in runs[0].origin.items() if key in runs[0].shared}
    sums = {}
    for key in ("n_failed", "n_retried"):
        numbers = [run.origin[key] for run in runs if key in run.origin]
        if numbers:
            sums[key] = sum(numbers)
    own = [part.document() | ({"made_by": part.run.made_by} if mixed else {}) for part in parts]
    return {**common, **sums, "made_by": runs[0].made_by, "parts": own}


def _run(run: Run, parts: Sequence[Part]) -> dict[str, Any]:
    """Say how what parts without gaps make together is made at once; not if it was made of other files."""
    record = run.origin.get("run")
    drawn = [part for part in parts if part.last >= part.first]
    if not record or not drawn or record.get("input"):
        return {}
    first, n = drawn[0].first, drawn[-1].last - drawn[0].first + 1
    if run.tree != "events":
        return {"run": {**record, "first": first}}
    several = run.has_experiments
    return {"run": {"first": first, "events": None if several else n, "experiments": n if several else 0}}


def _copy(parts: Sequence[Part], writer: TableWriter, advance: Callable[[float], None] | None) -> None:
    """Append the rows of all parts; compare SHA-256 of branches, and columns with what runs say of them."""
    digests: dict[str, dict[str, Any]] = {}
    checks: dict[Path, EventColumns] = {}
    left = {part.run.uuid: sum(p.stop - p.start for p in part.run.parts) for part in parts}
    with ExitStack() as stack:
        table, opened = None, None
        for part in parts:
            run = part.run
            if run.path != opened:
                stack.close()
                table = stack.enter_context(TableFile(run.path, run.tree))
                opened = run.path
                if run.tree == "events":
                    told = (table.starts, table.rows, table.provenances)
                    checks.setdefault(run.path, EventColumns(*told))
            found = digests.setdefault(run.uuid, {name: hashlib.sha256() for name in run.branches})
            for start in range(part.start, part.stop, _STEP):
                stop = min(start + _STEP, part.stop)
                columns = table.arrays(list(run.branches), start, stop) if table is not None else {}
                writer.extend(columns)
                if run.path in checks:
                    checks[run.path].update(columns, start)
                for name, column in columns.items():
                    found[name].update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).data)
                if advance is not None:
                    advance(stop - start)
            left[run.uuid] -= part.stop - part.start
            if not left[run.uuid]:
                _compare(run, digests.pop(run.uuid))
    for path, check in checks.items():
        check.refuse(path)


def _compare(run: Run, found: Mapping[str, Any]) -> None:
    for name, branch in run.branches.items():
        if found[name].hexdigest() != branch["sha256"]:
            reason = f"is damaged: the SHA-256 of {name} is not the one written; make it again"
            raise FileError(run.path, "damaged", reason)


def _runinfo(runs: Sequence[Run], parts: Sequence[Part]) -> dict[str, int | float | str]:
    """Add up the rows of `runinfo`."""
    drawn = [part for part in parts if part.last >= part.first]
    first = drawn[0].first if drawn else 0
    last = max((part.last for part in drawn), default=-1)
    if runs[0].tree != "events":
        return {"first": first, "last": last}
    rows, several = [run.row for run in runs], runs[0].has_experiments
    return RunInfo(
        n_events=sum(row["n_events"] for row in rows),
        n_generated=sum(row["n_generated"] for row in rows),
        sum_w=math.fsum(row["sum_w"] for row in rows),
        sum_w2=math.fsum(row["sum_w2"] for row in rows),
        equivalent_exposure=math.fsum(row["equivalent_exposure"] for row in rows),
        cross_section=float(rows[0]["cross_section"]),
        first=0 if several else first,
        last=-1 if several else last,
        first_experiment=first if several else 0,
        n_experiments=sum(row["n_experiments"] for row in rows),
    ).row()
