"""Rows of several files in one: events, toys, statistics of toys."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.event_files import Branch, EventColumns, RunInfo, TableFile, TableWriter
from detsim.files import FileError
from macros.merging.joined_parts import Joining
from macros.merging.stored_runs import Part, Run

__all__ = ["join_rows"]

_STEP = 250_000


def join_rows(joining: Joining) -> int:
    """Write the rows of all parts into one file; return their number.

    Raises
    ------
    FileError
        If the rows of a file are not those that were written.
    """
    first_run = joining.runs[0]
    branches = {
        name: Branch(**{**_description(b), "shape": tuple(b["shape"])})
        for name, b in first_run.branches.items()
    }
    with TableWriter(
        joining.output,
        first_run.tree,
        branches,
        provenance=joining.provenance(),
        compression=joining.compression,
        format=first_run.format,
        former=joining.former,
    ) as writer:
        _copy(joining.parts, list(branches), writer, joining.advance)
        writer.finish(_runinfo(joining))
        return writer.n_rows


def _description(branch: Mapping[str, Any]) -> dict[str, Any]:
    return {key: branch[key] for key in ("dtype", "unit", "description")}


def _copy(
    parts: Sequence[Part],
    names: list[str],
    writer: TableWriter,
    advance: Callable[[float], None],
) -> None:
    """Append the rows of all parts; compare SHA-256 of branches, and columns with what runs say of them."""
    digests: dict[str, _Digests] = {}
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
            digest = digests.setdefault(run.uuid, _Digests(run, names))
            for start in range(part.start, part.stop, _STEP):
                stop = min(start + _STEP, part.stop)
                columns = table.arrays(names, start, stop) if table is not None else {}
                writer.extend(columns)
                if run.path in checks:
                    checks[run.path].update(columns, start)
                digest.update(columns, start)
                advance(stop - start)
            left[run.uuid] -= part.stop - part.start
            if not left[run.uuid]:
                digests.pop(run.uuid).compare()
    for path, check in checks.items():
        check.refuse(path)


class _Digests:
    """SHA-256 of the branches of a run, of rows that are read in pieces."""

    def __init__(self, run: Run, names: Sequence[str]) -> None:
        self._run = run
        self._found = {name: hashlib.sha256() for name in names}
        self._next: int | None = run.start

    def update(self, columns: Mapping[str, NDArray[Any]], start: int) -> None:
        """Add rows, of which the first is number `start` of the file."""
        if start != self._next:
            self._next = None  # true values in another order than in the file
            return
        self._next += len(next(iter(columns.values())))
        for name, column in columns.items():
            self._found[name].update(np.ascontiguousarray(column, column.dtype.newbyteorder("<")).data)

    def compare(self) -> None:
        """Refuse rows that are not those that were written.

        Raises
        ------
        FileError
        """
        run = self._run
        if self._next is None:
            with TableFile(run.path, run.tree) as table:
                spoilt = [name for name, intact in table.check_hashes().items() if not intact]
        else:
            stored = dict(zip(sorted(self._found), run.digests, strict=True))
            spoilt = [name for name, found in self._found.items() if found.digest() != stored[name]]
        for name in spoilt:
            reason = f"is damaged: the SHA-256 of {name} is not the one written; make it again"
            raise FileError(run.path, "damaged", reason)


def _runinfo(joining: Joining) -> dict[str, int | float | str]:
    """Add up the rows of `runinfo`."""
    runs, (first, last) = joining.runs, joining.range
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
