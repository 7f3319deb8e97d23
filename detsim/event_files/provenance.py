"""Provenance of runs in a file: its schema, the checksum that binds it to `runinfo`, digests of branches."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detsim.files import FileError

__all__ = [
    "CHECKSUM",
    "SCHEMA",
    "ChecksumWarning",
    "Digests",
    "canonical_json",
    "check_document",
    "check_same_branches",
    "checksum",
    "has_checksum",
    "matched",
    "read_document",
    "without_checksum",
]

SCHEMA = 2
"""Number of the schema that is written."""
CHECKSUM = "digest"
"""Key of a provenance that holds its checksum."""

_WITHOUT_CHECKSUM = 1
_BRANCH_KEYS = {"dtype", "unit", "description", "shape", "sha256"}


class ChecksumWarning(UserWarning):
    """A file is read whose provenance has no checksum."""


def canonical_json(value: Any) -> str:
    r"""Write a value as JSON in the one form of which checksums are taken.

    Parameters
    ----------
    value : dict, list, str, int, float, bool or None

    Notes
    -----
    Keys sorted by code points, no blanks, only ASCII (others as \uXXXX), integers without a point, floats in
    the shortest form that gives the same double again, as Python's ``repr`` writes it.

    Examples
    --------
    >>> canonical_json({"b": [1, 2.0, 1e-44], "a": {"é": None}})
    '{"a":{"\\u00e9":null},"b":[1,2.0,1e-44]}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def checksum(document: Mapping[str, Any], row: Mapping[str, int | float | str]) -> str:
    """Compute the SHA-256 of a provenance together with the run's row of `runinfo`.

    Parameters
    ----------
    document : mapping
        As JSON gives it; a checksum that it holds is left out.
    row : mapping of str to int, float or str
        All branches of `runinfo` in the types that they have in the file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    stated = {key: value for key, value in document.items() if key != CHECKSUM}
    return hashlib.sha256(canonical_json({"provenance": stated, "runinfo": dict(row)}).encode()).hexdigest()


def read_document(path: Path, text: str) -> dict[str, Any]:
    """Read the JSON of a provenance.

    Raises
    ------
    FileError
        If it is none, or does not describe branches.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileError(path, "damaged", f"has a provenance that is not JSON: {error}") from error
    if not isinstance(document, dict) or not isinstance(document.get("branches"), dict):
        raise FileError(path, "foreign", "has a 'provenance' that does not describe branches: not our table")
    for name, branch in document["branches"].items():
        missing = _BRANCH_KEYS - set(branch if isinstance(branch, dict) else ())
        if missing:
            reason = f"has a provenance in which branch {name!r} lacks {', '.join(sorted(missing))}"
            raise FileError(path, "damaged", reason)
    return document


def matched(
    path: Path, documents: Sequence[dict[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> tuple[dict[str, Any], ...]:
    """Put provenances in the order of the rows of `runinfo`, by their uuid.

    Raises
    ------
    FileError
        If a run is there twice, or a provenance is missing, or is of no run in the file.
    """
    uuids = [row["uuid"] for row in rows]
    twice = sorted({u for u in uuids if uuids.count(u) > 1})
    if twice:
        reason = f"holds the same run twice (uuid {twice[0]}): merge each file once"
        raise FileError(path, "duplicate", reason)
    by_uuid = {document.get("uuid"): document for document in documents}
    for row in rows:
        if row["uuid"] not in by_uuid:
            reason = f"has no provenance of the run {row['uuid']}: merge with `hadd`, which keeps it"
            raise FileError(path, "incomplete", reason)
    left = [uuid for uuid in by_uuid if uuid not in {row["uuid"] for row in rows}]
    if left:
        reason = f"has a provenance of the run {left[0]}, of which 'runinfo' has no row; make it again"
        raise FileError(path, "incomplete", reason)
    return tuple(by_uuid[row["uuid"]] for row in rows)


def check_document(path: Path, document: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Compare the checksum of a run, and refuse a schema that is not known.

    Parameters
    ----------
    path : Path
    document : mapping
        The run's provenance.
    row : mapping
        Its row of `runinfo`.

    Raises
    ------
    FileError
    """
    schema = document.get("schema")
    if type(schema) is not int or not _WITHOUT_CHECKSUM <= schema <= SCHEMA:
        stated = f"the schema {schema!r}" if "schema" in document else "no number of a schema"
        reason = (
            f"states {stated}, and this version reads {_WITHOUT_CHECKSUM} and {SCHEMA}: it was written by a "
            "newer version of nugauge, which reads it, or is damaged"
        )
        raise FileError(path, "foreign", reason)
    digest = document.get(CHECKSUM)
    if digest is None and schema == _WITHOUT_CHECKSUM:
        return
    try:
        unchanged = digest == checksum(document, row)
    except ValueError:  # a number that is not finite
        unchanged = False
    if not unchanged:
        reason = (
            f"is damaged: the checksum of the provenance and 'runinfo' of the run {row['uuid']} is not the "
            "one written; make it again"
        )
        raise FileError(path, "damaged", reason)


def check_same_branches(path: Path, documents: Sequence[Mapping[str, Any]]) -> None:
    """Refuse runs of different columns or types: `hadd` fills missing columns with arbitrary values.

    Raises
    ------
    FileError
    """
    first, *others = (
        {name: (branch["dtype"], *branch["shape"]) for name, branch in document["branches"].items()}
        for document in documents
    )
    different = {name for types in others for name, _ in first.items() ^ types.items()}
    if different:
        reason = (
            f"joins runs that differ in {', '.join(sorted(different))}: merge files with the same "
            "branches of the same types"
        )
        raise FileError(path, "foreign", reason)


def has_checksum(document: Mapping[str, Any]) -> bool:
    """Tell whether a run's provenance has a checksum, and those that it was merged from had one."""
    parts = document.get("parts") or ()
    return CHECKSUM in document and all(part.get("schema", SCHEMA) != _WITHOUT_CHECKSUM for part in parts)


def without_checksum(documents: Sequence[Mapping[str, Any]]) -> str:
    """Say for a person that provenances have no checksum; nothing where all have one."""
    missing = [document for document in documents if not has_checksum(document)]
    if not missing:
        return ""
    if any(CHECKSUM in document for document in missing):
        which = " for files that it was merged from,"
    elif len(missing) < len(documents):
        which = f" for {len(missing)} of its {len(documents)} runs,"
    else:
        which = ", as it was"
    return (
        f"its provenance has no checksum{which} written before version 0.2.0: a flipped bit in exposure, "
        "card or seed would not be noticed"
    )


class Digests:
    """SHA-256 of branches, run by run, of rows that come in their order, to compare with those written.

    Parameters
    ----------
    starts : sequence of int
        Where each run's rows start, and the number of rows at the end.
    names : sequence of str
        Of the branches.
    """

    def __init__(self, starts: Sequence[int], names: Sequence[str]) -> None:
        self._starts, self._names, self._next = starts, names, 0
        self._hashes = [{name: hashlib.sha256() for name in names} for _ in starts[1:]]

    def update(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Add the next rows."""
        n = max(map(len, columns.values()), default=0)
        for (first, last), hashes in zip(pairwise(self._starts), self._hashes, strict=True):
            a, b = max(first - self._next, 0), min(last - self._next, n)
            for name in self._names if a < b else ():
                part = columns[name][a:b]
                hashes[name].update(np.ascontiguousarray(part, part.dtype.newbyteorder("<")).data)
        self._next += n

    def compare(self, provenances: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
        """Say of each branch whether its bytes are those that were written, in all runs."""
        return {
            name: all(
                hashes[name].hexdigest() == provenance["branches"][name]["sha256"]
                for hashes, provenance in zip(self._hashes, provenances, strict=True)
            )
            for name in self._names
        }

    def refuse(self, path: Path, provenances: Sequence[Mapping[str, Any]]) -> None:
        """Refuse bytes that are not those that were written.

        Raises
        ------
        FileError
        """
        damaged = [name for name, intact in self.compare(provenances).items() if not intact]
        if damaged:
            reason = f"is damaged: the SHA-256 of {', '.join(damaged)} is not the one written; make it again"
            raise FileError(path, "damaged", reason)
