"""Runs in files that are to be joined, as the files describe them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from detsim.event_files import CHECKSUM, ORIGIN, EventFile, Format, TableFile

__all__ = ["COUNTED", "Part", "Run", "read_runs"]

_OF_THE_FILE = {"table", "schema", "uuid", "rows", "branches", "parts", "made_by", CHECKSUM, *ORIGIN}
_OF_THE_PART = ("arguments", "threads", "run", "true_events", "reweighted", "audit", "n_failed", "n_retried")
COUNTED = ("n_failed", "n_retried")
_OF_TRUE_VALUES = ("at", "ranges", "by_design", "exact_sums")
"""What the provenance of a study says of each of its true values."""
_DEFAULTS: dict[str, dict[str, Any]] = {"calibration": {"keep": "rows"}}
"""What files of earlier versions do not state."""


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
    values : tuple of float or None
        True values of a study of several; else one None.
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
    values: tuple[float | None, ...] = (None,)
    documents: tuple[Mapping[str, Any], ...] = ()
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

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Rows that were drawn in one piece: of a study of several true values some for each of them."""
        parts, start = [], self.start
        for value in self.values:
            for one in self.documents:
                first, last, n = int(one["first"]), int(one["last"]), int(one["n_rows"])
                if value is not None:
                    if value not in one["at"]:
                        continue
                    first, last = one["ranges"][one["at"].index(value)]
                    n = last - first + 1
                place = {"start": start, "stop": start + n}
                parts.append(Part(run=self, uuid=one["uuid"], first=first, last=last, value=value, **place))
                start += n
        return tuple(parts)

    def slim(self) -> "Run":
        """Return it without what it has in common with the others of its campaign."""
        return replace(
            self,
            origin={key: self.origin[key] for key in COUNTED if key in self.origin},
            branches={name: {} for name in ("experiment",) if name in self.branches},
        )

    @classmethod
    def read(cls, *, mixed: bool, **stated: Any) -> "Run":
        """Make it from what a file says; with `mixed` its documents say what made it."""
        run = cls(**stated)
        at = run.origin.get("at") if run.tree in {"toys", "sums"} else None
        run = replace(run, values=(None,) if at is None else tuple(map(float, at)))
        documents = run._documents()
        if mixed:
            documents = [{**one, "made_by": one.get("made_by", run.made_by)} for one in documents]
        digests = tuple(bytes.fromhex(run.branches[name].get("sha256", "")) for name in sorted(run.branches))
        return replace(run, documents=tuple(documents), digests=digests)

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
        if self.values != (None,):
            own |= {
                "at": list(self.values),
                "ranges": self.origin.get("ranges", [[first, last]] * len(self.values)),
                **({"by_design": self.origin["by_design"]} if "by_design" in self.origin else {}),
            }
        rows = int(self.row[f"n_{self.tree}"])
        return [
            {"uuid": self.uuid, "first": first, "last": last, "n_rows": rows, "file": self.path.name, **own}
        ]


def read_runs(path: Path, tree: str, *, mixed: bool = False) -> list[Run]:
    """Read what a file says of its runs; it is checked, and closed again.

    Raises
    ------
    FileError
        If it is not whole.
    """
    with EventFile(path) if tree == "events" else TableFile(path, tree) as file:
        table = file.table if isinstance(file, EventFile) else file
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
