"""Description of a file for people: its kind, its contents, whether it is whole."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from detsim.event_files.event_reader import EventFile
from detsim.event_files.exported import (
    GST,
    describe_export,
    describe_gst,
    describe_workspace,
    is_hepevt,
)
from detsim.event_files.provenance import has_checksum
from detsim.event_files.reader import TABLES, TREES, TableFile, open_root, reading
from detsim.files import FileError, read_text
from detsim.formats import (
    NuHepMCContents,
    faults_of,
    read_json,
    read_lines,
    read_nuhepmc,
    start_of,
)

__all__ = ["describe"]

_HEPMC = b"HepMC::Version"
_FAULTS = {"HepMC3": "it is no HepMC3: ", "nugauge": "it is not what this program wrote: "}
"""How violations are called that are none of the requirements of NuHepMC, by their id."""
UNFINISHED = ("truncated", "incomplete", "duplicate", "overlapping", "damaged")


def describe(path: str | Path, *, check_hashes: bool = True) -> dict[str, Any]:
    """Describe a file that this program wrote.

    Parameters
    ----------
    path : str or Path
        Event file, toy file, calibration, file of statistics or sums of toys, ROOT file of histograms,
        histogram as JSON, NuHepMC, or another export of this program.
    check_hashes : bool
        Whether to read every branch and compare its SHA-256: takes as long as reading the file. Without,
        `complete` is about the structure alone.

    Returns
    -------
    dict
        ``file``, ``kind``, ``bytes``, ``complete``, ``problem`` (None if complete), and by kind ``rows``,
        ``contents_checked``, ``provenance_checked`` (whether the provenance has a checksum, which then is
        right), ``runinfo`` (summed over runs), ``runs``, ``provenance`` (of each run, without branches),
        ``branches``, ``columns``, ``histograms``, ``violations``. Ready for JSON.

    Raises
    ------
    FileError
        If there is no such file, or it is of none of these kinds.
    """
    path = Path(path)
    try:
        if path.suffix == ".json":
            content = _json_file(path)
        elif path.is_file() and start_of(path).startswith(_HEPMC):
            content = _nuhepmc_file(path)
        else:
            content = _export(path) or _root_file(path, check_hashes)
    except FileError as error:
        if error.fault not in UNFINISHED:
            raise
        content = {"kind": "unknown", "problem": error.reason}
    problem = content.pop("problem", None)
    size = path.stat().st_size
    kind = content.pop("kind")
    return {
        "file": str(path),
        "kind": kind,
        "bytes": size,
        "complete": problem is None,
        "problem": problem,
        **content,
    }


def _export(path: Path) -> dict[str, Any] | None:
    """Describe an export of events as text or Parquet; None of other files."""
    if not path.is_file():
        return None
    found = describe_export(path)
    if found is None and is_hepevt(path):
        reason = (
            "is HEPEVT without comments, which has no place for a provenance: nothing in it says of which "
            "run it is"
        )
        raise FileError(path, "foreign", reason)
    return found


def _root_file(path: Path, check_hashes: bool) -> dict[str, Any]:
    with open_root(path) as root, reading(path):
        classes: Mapping[str, str] = root.classnames(cycle=False, recursive=False)
    histograms = [
        name for name, kind in classes.items() if kind.startswith(("TH1", "TH2", "TH3", "TProfile"))
    ]
    tree = next((name for name in TABLES if name in classes), None)
    if tree:
        try:
            return {"kind": TABLES[tree], **_table(path, tree, check_hashes)}
        except FileError as error:
            if error.fault not in UNFINISHED:
                raise
            return {"kind": TABLES[tree], "problem": error.reason}
    if GST in classes:
        return describe_gst(path)
    if histograms:
        return {"kind": "histogram file", "histograms": {name: classes[name] for name in histograms}}
    names = ", ".join(list(classes)[:5]) or "nothing"
    reason = f"is a ROOT file without a TTree or RNTuple {TREES} and without histograms (it holds {names})"
    raise FileError(path, "foreign", reason)


def _table(path: Path, tree: str, check_hashes: bool) -> dict[str, Any]:
    with EventFile(path) if tree == "events" else TableFile(path, tree) as file:
        table = file.table if isinstance(file, EventFile) else file
        runinfo = asdict(file.runinfo) if isinstance(file, EventFile) else {f"n_{tree}": table.n_rows}
        intact = file.check_hashes() if check_hashes else {}
        branches = {name: {**branch, "intact": intact.get(name)} for name, branch in table.branches.items()}
        spoilt = [name for name, is_intact in intact.items() if not is_intact]
        provenance = [{k: v for k, v in run.items() if k != "branches"} for run in table.provenances]
        problem = (
            f"the SHA-256 of {', '.join(spoilt)} is not the one written; make it again" if spoilt else None
        )
        return {
            "format": table.format,
            "rows": table.n_rows,
            "runinfo": runinfo,
            "runs": [dict(row) for row in table.rows],
            "provenance": provenance,
            "branches": branches,
            "problem": problem,
            "contents_checked": check_hashes,
            "provenance_checked": all(map(has_checksum, table.provenances)),
        }


def _nuhepmc_file(path: Path) -> dict[str, Any]:
    """Check a file against the requirements of NuHepMC."""
    contents = NuHepMCContents()
    try:
        contents = read_nuhepmc(read_lines(path), contents)
        violations = [str(violation) for violation in contents.violations]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        what = _FAULTS.get(contents.violations[0].id, "it violates NuHepMC 1.0.0: ") if violations else ""
        problem = f"{what}{violations[0]}{more}" if violations else None
    except FileError as error:
        if error.fault not in UNFINISHED:
            raise
        violations, problem = [str(violation) for violation in contents.violations], error.reason
    origin = contents.origin
    return {
        "kind": "NuHepMC",
        "version": contents.version,
        "tools": contents.tools,
        "conventions": contents.conventions,
        "rows": contents.n_events,
        "units": contents.units,
        "provenance": [] if origin is None else list(origin.provenance),
        "violations": violations,
        "problem": problem,
    }


def _json_file(path: Path) -> dict[str, Any]:
    text = read_text(path)
    if not text.strip():
        raise FileError(path, "empty", "is empty; make it again")
    try:
        document = json.loads(text)
    except RecursionError:
        raise FileError(path, "foreign", "is JSON that is nested too deep for a histogram") from None
    except ValueError as error:
        raise FileError(path, "foreign", f"is not JSON: {error}") from None
    workspace = describe_workspace(document) if isinstance(document, dict) else None
    if workspace is not None:
        return workspace
    if not isinstance(document, dict) or "uhi_schema" not in document:
        raise FileError(path, "foreign", "is JSON, but no histogram: it has no key 'uhi_schema'")
    with faults_of(path):
        read_json(path, dimensions=(1, 2), units=())
    axes = [_axis(axis) for axis in document["axes"]]
    return {"kind": "histogram", "axes": axes, "storage": document["storage"]["type"]}


def _axis(axis: Mapping[str, Any]) -> dict[str, Any]:
    """Describe one axis of a histogram."""
    bins = axis.get("bins") or len(axis["edges"]) - 1
    about = axis.get("metadata")
    return {"label": about.get("label", "") if isinstance(about, Mapping) else "", "bins": bins}
