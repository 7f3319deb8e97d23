"""Description of files that `nugauge export` wrote for other programs: what they are, and of which run."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from detsim.event_files.reader import open_root, reading
from detsim.files import FileError
from detsim.formats import MARK, read_lines, start_of

__all__ = ["GST", "describe_export", "describe_gst", "describe_workspace", "is_hepevt"]

GST = MARK.replace(".", "_")
"""Name of the mark in a ROOT file."""
_PARQUET = b"PAR1"
_TEXT = f"# {MARK} ".encode()
_OF_TEXT = {"csv": "events as CSV", "glg4": "events as HEPEVT (glg4)"}


def describe_export(path: Path) -> dict[str, Any] | None:
    """Describe a text or a Parquet file of events; None of any other file.

    Returns
    -------
    dict
        ``kind``, ``rows``, ``columns``, ``provenance`` (of each run) and ``problem``.

    Raises
    ------
    FileError
        If it is compressed, and its compressed data are damaged.
    """
    head = start_of(path)
    if head.startswith(_PARQUET):
        return _parquet(path)
    if head.startswith(_TEXT):
        return _text(path)
    return None


def is_hepevt(path: Path) -> bool:
    """Tell whether the first lines are those of HEPEVT, which has no place for a mark in two dialects."""
    lines = start_of(path, 10_000).decode("ascii", "replace").splitlines()[:2]
    try:
        counts, particle = ([float(word) for word in line.split()] for line in lines)
    except ValueError:
        return False
    return len(counts) in {1, 2} and len(particle) in {8, 15} and all(n == int(n) for n in counts)


def _text(path: Path) -> dict[str, Any]:
    """Read CSV, or HEPEVT with comments: a row, or a comment `event`, is an event."""
    columns: list[str] = []
    provenance: list[Mapping[str, Any]] = []
    problems: list[str] = []
    format, stated, rows = "", None, 0
    problem: str | None = None
    for number, line in enumerate(_lines(path, problems), start=1):
        key, _, value = line.removeprefix("# ").rstrip("\n").partition(" ")
        if not line.startswith("#"):
            if format == "csv" and not columns:
                columns = line.rstrip("\n").split(",")
            elif format == "csv":
                rows += 1
                if not _is_row(line, len(columns)) and problem is None:
                    problem = f"line {number} is damaged: {line[:60].rstrip()!r}"
        elif key == MARK:
            format = value.partition(",")[0]
        elif key == "events:" and value.isdigit():
            stated = int(value)
        elif key == "provenance:":
            provenance = _runs(value)
        elif key == "run:":
            seed, _, uuid = value.removeprefix("seed ").partition(", uuid ")
            provenance.append({"seed": seed, "uuid": uuid})
        elif key == "event":
            rows += 1
    problem = problems[0] if problems else problem
    if problem is None and stated is not None and rows != stated:
        problem = f"it holds {rows} events, and {stated} were written: copy or make it again"
    return {
        "kind": _OF_TEXT.get(format, f"events as {format}"),
        "rows": rows,
        "columns": columns,
        "provenance": provenance,
        "problem": problem,
    }


def _lines(path: Path, problems: list[str]) -> Iterator[str]:
    """Yield lines as far as they can be read, and note why no more can."""
    try:
        yield from read_lines(path)
    except FileError as error:
        problems.append(error.reason)


def _is_row(line: str, n_columns: int) -> bool:
    try:
        numbers = [float(cell) for cell in line.split(",")]
    except ValueError:
        return False
    return line.endswith("\n") and len(numbers) == n_columns


def _parquet(path: Path) -> dict[str, Any]:
    """Read the metadata of Parquet."""
    try:
        import pyarrow as pa  # noqa: PLC0415 (an extra)
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        reason = "is Parquet, which is read with pyarrow: `pip install 'nugauge[parquet]'`"
        raise FileError(path, "foreign", reason) from None
    try:
        found = pq.read_metadata(path)
        rows = sum(len(batch) for batch in pq.ParquetFile(path).iter_batches())
    except (pa.ArrowException, OSError) as error:
        raise FileError(path, "damaged", f"is damaged Parquet: {str(error).splitlines()[0]}") from None
    metadata = found.metadata or {}
    if MARK.encode() not in metadata:
        raise FileError(path, "foreign", "is Parquet that this program did not write")
    return {
        "kind": "events as Parquet",
        "rows": rows,
        "columns": list(found.schema.to_arrow_schema().names),
        "provenance": _runs(metadata.get(b"nugauge.provenance", b"[]").decode()),
        "problem": None,
    }


def describe_gst(path: Path) -> dict[str, Any]:
    """Describe a ROOT file with the mark `GST`."""
    with open_root(path) as root, reading(path):
        tree, provenance = root["gst"], str(root["provenance"])
        rows = int(tree.num_entries)
        for _ in tree.iterate(["iev", "Ev", "El"], step_size=1_000_000):
            pass
        return {
            "kind": "events as gst",
            "rows": rows,
            "columns": list(tree.keys()),
            "provenance": _runs(provenance),
            "problem": None,
        }


def describe_workspace(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Describe a workspace of pyhf, or a patchset; None of other JSON."""
    if {"channels", "observations", "measurements"} <= set(document):
        names = [str(one.get("name", "")) for one in document["measurements"]]
        return {
            "kind": "likelihood as a workspace of pyhf",
            "channels": [str(channel.get("name", "")) for channel in document["channels"]],
            "measurements": names,
            "problem": None,
        }
    if {"patches", "metadata"} <= set(document):
        return {"kind": "patchset of pyhf", "patches": len(document["patches"]), "problem": None}
    return None


def _runs(text: str) -> list[Mapping[str, Any]]:
    """Read the provenance of an export: of one run an object, of several a list."""
    try:
        document = json.loads(text)
    except ValueError:
        return []
    return document if isinstance(document, list) else [document]
