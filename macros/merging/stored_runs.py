"""Runs of a campaign as their files describe them, and checks that they belong together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from detsim.event_files import CHECKSUM, ORIGIN, EventFile, Format, TableFile
from detsim.files import FileError
from macros.setup import card_differences

__all__ = ["COUNTED", "Part", "Run", "check_same", "read_campaign", "read_runs"]

_NOT_THE_EVENTS = {
    f"run.{key}" for key in ("threads", "compression", "format", "events_per_file", "file_size")
}
"""Keys of a card on which no row depends."""
_OF_THE_FILE = {"table", "schema", "uuid", "rows", "branches", "parts", "made_by", CHECKSUM, *ORIGIN}
_OF_THE_PART = ("arguments", "run", "true_events", "reweighted", "audit", "n_failed", "n_retried")
COUNTED = ("n_failed", "n_retried")
_OF_TRUE_VALUES = ("at", "ranges", "by_design", "exact_sums")
"""What the provenance of a study says of each of its true values."""
_CARDS = ("card", "generated_card")
_PLACES = {"card_name", "inputs", "data"}
"""Names of files, which may lie elsewhere; what was read from them is compared by itself."""
_MISSING = "nothing"
_DEFAULTS: dict[str, dict[str, Any]] = {"calibration": {"keep": "rows"}}
"""What files of earlier versions do not state."""
_ANY_SHAPE = {"calibration"}
"""Trees whose rows hold as many numbers as there are toys, or bins with toys."""


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
    value : float or None
        True value of a study of several.
    """

    run: "Run"
    uuid: str
    first: int
    last: int
    start: int
    stop: int
    value: float | None = None


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
    parts : tuple of Part
        Of a study of several true values one for each of them.
    documents : tuple of mapping
        What a merged file says of the pieces in which its rows were made.
    digests : tuple of bytes
        SHA-256 of its branches, in alphabetical order.
    """

    path: Path
    tree: str
    format: Format
    row: Mapping[str, Any]
    origin: Mapping[str, Any]
    branches: Mapping[str, Mapping[str, Any]]
    start: int
    documents: tuple[Mapping[str, Any], ...] = ()
    parts: tuple[Part, ...] = ()
    digests: tuple[bytes, ...] = ()

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
        return set(self.origin) - _OF_THE_FILE - {*_OF_THE_PART, *_OF_TRUE_VALUES}

    @property
    def values(self) -> list[float] | None:
        """True values of a study of several; None where there is one, or none."""
        at = self.origin.get("at")
        return list(map(float, at)) if self.tree in {"toys", "sums"} and at is not None else None

    def slim(self) -> "Run":
        """Return it without what it has in common with the others of its campaign."""
        light = replace(
            self,
            origin={key: self.origin[key] for key in COUNTED if key in self.origin},
            branches={name: {} for name in ("experiment",) if name in self.branches},
        )
        return light.with_parts(self.parts)

    def with_parts(self, parts: Iterable[Part]) -> "Run":
        """Return it with its parts, which then belong to it."""
        run = replace(self)
        object.__setattr__(run, "parts", tuple(replace(part, run=run) for part in parts))
        return run

    @classmethod
    def read(cls, *, mixed: bool, **stated: Any) -> "Run":
        """Make it from what a file says; with `mixed` its documents say what made it."""
        run = cls(**stated)
        documents = run._documents()
        if mixed:
            documents = [{**one, "made_by": one.get("made_by", run.made_by)} for one in documents]
        digests = tuple(bytes.fromhex(run.branches[name].get("sha256", "")) for name in sorted(run.branches))
        run = replace(run, documents=tuple(documents), digests=digests)
        return run.with_parts(run._parts())

    def _documents(self) -> list[dict[str, Any]]:
        known = self.origin.get("parts")
        if known is not None:  # those of schema 1 did not state it
            return [{**one, "schema": one.get("schema", self.origin["schema"])} for one in known]
        first, last = int(self.row["first"]), int(self.row["last"])
        if self.has_experiments:
            first = int(self.row["first_experiment"])
            last = first + int(self.row["n_experiments"]) - 1
        kept = (*_OF_THE_PART, "created", "schema")
        own = {key: self.origin[key] for key in kept if key in self.origin}
        if self.values is not None:
            own |= {
                "at": self.values,
                "ranges": self.origin.get("ranges", [[first, last]] * len(self.values)),
                **({"by_design": self.origin["by_design"]} if "by_design" in self.origin else {}),
            }
        rows = int(self.row[f"n_{self.tree}"])
        return [
            {"uuid": self.uuid, "first": first, "last": last, "n_rows": rows, "file": self.path.name, **own}
        ]

    def _parts(self) -> list[Part]:
        parts, start = [], self.start
        for value in self.values or (None,):
            for one in self.documents:
                first, last, n = int(one["first"]), int(one["last"]), int(one["n_rows"])
                if value is not None:
                    if value not in one["at"]:
                        continue
                    first, last = one["ranges"][one["at"].index(value)]
                    n = last - first + 1
                parts.append(
                    Part(
                        run=self,
                        uuid=one["uuid"],
                        first=first,
                        last=last,
                        start=start,
                        stop=start + n,
                        value=value,
                    )
                )
                start += n
        return parts


def read_runs(path: Path, tree: str, *, mixed: bool = False) -> list[Run]:
    """Read what a file says of its runs; it is checked, and closed again.

    Raises
    ------
    FileError
        If it is not whole.
    """
    if tree == "events":
        EventFile(path).close()
    with TableFile(path, tree) as table:
        return [
            Run.read(
                mixed=mixed,
                path=path,
                tree=tree,
                format=table.format,
                row=row,
                origin=_DEFAULTS.get(tree, {})
                | {key: value for key, value in origin.items() if key != "branches"},
                branches=origin["branches"],
                start=start,
            )
            for row, origin, start in zip(table.rows, table.provenances, table.starts, strict=False)
        ]


def read_campaign(inputs: Sequence[Path], tree: str, *, mixed: bool) -> list[Run]:
    """Read what files say of their runs, and refuse those that are not of one campaign.

    Parameters
    ----------
    inputs : sequence of Path
    tree : str
    mixed : bool
        Whether versions and processors may differ.

    Returns
    -------
    list of Run
        The first as it is, and the others without what they have in common with it, so that thousands of
        files take little memory.

    Raises
    ------
    FileError
        Naming the file and everything that differs.
    """
    runs: list[Run] = []
    for path in inputs:
        for run in read_runs(path, tree, mixed=mixed):
            if runs:
                check_same((runs[0], run), mixed=mixed)
            runs.append(run.slim() if runs else run)
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
        {
            name: f"{branch['dtype']}{'' if run.tree in _ANY_SHAPE else branch['shape'] or ''}"
            for name, branch in run.branches.items()
        }
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
    for key in sorted((a.shared | b.shared) - set(_CARDS) - _PLACES - told):
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
