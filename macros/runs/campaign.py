"""Runs of a campaign as their files describe them, and checks that they belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from detsim.event_files import CHECKSUM, ORIGIN, EventFile, Format, TableFile
from detsim.files import FileError
from macros.setup import card_differences

__all__ = ["Part", "Run", "check_same", "read_runs"]

_NOT_THE_EVENTS = {
    f"run.{key}" for key in ("threads", "compression", "format", "events_per_file", "file_size")
}
"""Keys of a card on which no row depends."""
_OF_THE_FILE = {"table", "schema", "uuid", "rows", "branches", "parts", "made_by", CHECKSUM, *ORIGIN}
_OF_THE_PART = ("arguments", "run", "true_events", "reweighted", "audit", "n_failed", "n_retried")
_CARDS = ("card", "generated_card")
_MISSING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Rows of a run that were drawn in one piece.

    Parameters
    ----------
    run : Run
    uuid : str
        Of the file that it came in first.
    first, last : int
        Index of the first and the last that was drawn: events, pseudo-experiments or toys.
    start, stop : int
        First of its rows in the file, and one past the last.
    own : mapping
        What its provenance has, and those of others have otherwise.
    """

    run: "Run"
    uuid: str
    first: int
    last: int
    start: int
    stop: int
    own: Mapping[str, Any]

    def document(self) -> dict[str, Any]:
        """Return what a merged file says of it."""
        rows = self.stop - self.start
        return {"uuid": self.uuid, "first": self.first, "last": self.last, "n_rows": rows, **self.own}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run in a file.

    Parameters
    ----------
    path : Path
    tree : str
    format : {"ttree", "rntuple"}
    row : mapping
        Its row of `runinfo`.
    origin : mapping
        Its provenance, without the branches.
    branches : mapping of str to mapping
    start : int
        First of its rows in the file.
    """

    path: Path
    tree: str
    format: Format
    row: Mapping[str, Any]
    origin: Mapping[str, Any]
    branches: Mapping[str, Mapping[str, Any]]
    start: int
    parts: tuple[Part, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self._parts()))

    @property
    def uuid(self) -> str:
        """What identifies it."""
        return str(self.row["uuid"])

    @property
    def has_experiments(self) -> bool:
        """Whether its events are of pseudo-experiments."""
        return "experiment" in self.branches

    @property
    def what(self) -> str:
        """What its indices count."""
        return "pseudo-experiments" if self.has_experiments else self.tree

    @property
    def made_by(self) -> dict[str, Any]:
        """Versions and processor that made its rows."""
        return dict(
            self.origin.get("made_by") or {key: self.origin.get(key) for key in ORIGIN if key != "created"}
        )

    @property
    def shared(self) -> set[str]:
        """What its provenance has in common with those of the campaign."""
        return set(self.origin) - _OF_THE_FILE - set(_OF_THE_PART)

    def _parts(self) -> list[Part]:
        known = self.origin.get("parts")
        if known is None:
            first, last = int(self.row["first"]), int(self.row["last"])
            if self.has_experiments:
                first = int(self.row["first_experiment"])
                last = first + int(self.row["n_experiments"]) - 1
            kept = (*_OF_THE_PART, "created", "schema")
            own = {key: self.origin[key] for key in kept if key in self.origin}
            rows = int(self.row[f"n_{self.tree}"])
            known = [
                {
                    "uuid": self.uuid,
                    "first": first,
                    "last": last,
                    "n_rows": rows,
                    "file": self.path.name,
                    **own,
                }
            ]
        parts, start = [], self.start
        for one in known:
            stop = start + one["n_rows"]
            own = {key: value for key, value in one.items() if key not in ("uuid", "first", "last", "n_rows")}
            own.setdefault("schema", self.origin["schema"])  # those of schema 1 did not state it
            parts.append(
                Part(
                    run=self,
                    uuid=one["uuid"],
                    first=one["first"],
                    last=one["last"],
                    start=start,
                    stop=stop,
                    own=own,
                )
            )
            start = stop
        return parts


def read_runs(path: Path, tree: str) -> list[Run]:
    """Read what a file says of its runs; it is checked, and closed again.

    Raises
    ------
    FileError
        If it is not whole, or of a study of several true values, whose toys have no index of their own.
    """
    if tree == "events":
        EventFile(path).close()
    with TableFile(path, tree) as table:
        runs = [
            Run(
                path=path,
                tree=tree,
                format=table.format,
                row=row,
                origin={key: value for key, value in origin.items() if key != "branches"},
                branches=origin["branches"],
                start=start,
            )
            for row, origin, start in zip(table.rows, table.provenances, table.starts, strict=False)
        ]
    if runs and runs[0].origin.get("command") == "coverage":
        reason = (
            "is of a coverage study, whose true values all have toys of the same index: join them with `hadd`"
        )
        raise FileError(path, "foreign", reason)
    return runs


def check_same(runs: Sequence[Run], *, mixed: bool) -> None:
    """Refuse runs that are not of the campaign of the first.

    Parameters
    ----------
    runs : sequence of Run
    mixed : bool
        Whether versions and processors may differ.

    Raises
    ------
    FileError
        Naming the file and everything that differs.
    """
    first = runs[0]
    for run in runs[1:]:
        found = [*_branches(first, run), *_origins(first, run)]
        hint = ""
        if not found and not mixed:
            found = _makers(first, run)
            hint = "; --mixed joins them, and the events then are those of one run to rounding only"
        if found:
            reason = f"differs from {first.path} in {'; '.join(found)}{hint}"
            raise FileError(run.path, "foreign", reason)


def _branches(a: Run, b: Run) -> list[str]:
    ours, theirs = (
        {name: f"{branch['dtype']}{branch['shape'] or ''}" for name, branch in run.branches.items()}
        for run in (a, b)
    )
    return [
        f"branch {name}: {theirs.get(name, _MISSING)}, not {ours.get(name, _MISSING)}"
        for name in dict.fromkeys((*ours, *theirs))
        if ours.get(name) != theirs.get(name)
    ]


def _origins(a: Run, b: Run) -> list[str]:
    """Compare cards key by key, and what else both provenances share."""
    found = []
    for name in _CARDS:
        if name in a.origin or name in b.origin:
            found += [
                f"{'' if name == 'card' else 'generated '}{key}: {theirs!r}, not {ours!r}"
                for key, ours, theirs in card_differences(a.origin.get(name, {}), b.origin.get(name, {}))
                if key not in _NOT_THE_EVENTS
            ]
    told = {"seed"} if any(line.startswith("run.seed:") for line in found) else set()
    for key in sorted((a.shared | b.shared) - set(_CARDS) - {"card_name", "inputs"} - told):
        ours, theirs = a.origin.get(key), b.origin.get(key)
        if ours != theirs:
            found.append(f"{key}: {theirs!r}, not {ours!r}")
    return found


def _makers(a: Run, b: Run) -> list[str]:
    """Compare versions, processors and commits."""
    ours, theirs = a.made_by, b.made_by
    found = [
        f"version of {name}: {theirs['versions'].get(name)}, not {ours['versions'].get(name)}"
        for name in sorted({*ours["versions"], *theirs["versions"]})
        if ours["versions"].get(name) != theirs["versions"].get(name)
    ]
    mine, yours = set(ours["cpu"]["features"]), set(theirs["cpu"]["features"])
    if mine != yours:
        lacks, has = " ".join(sorted(mine - yours)), " ".join(sorted(yours - mine))
        lines = [f"without {lacks}" if lacks else "", f"with {has}" if has else ""]
        found.append(f"features of the processor: {', '.join(filter(None, lines))}")
    commits = [(run.get("git") or {}).get("commit") for run in (ours, theirs)]
    if all(commits) and commits[0] != commits[1]:
        found.append(f"git commit: {commits[1]}, not {commits[0]}")
    return found
