"""`nugauge inspect`: what a file is, and whether it is whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from macros.terminal import (
    FigureOption,
    ForceOption,
    JsonOption,
    StyleOption,
    emit_json,
    number_of,
    plain,
    print_table,
    say,
    warn,
)

__all__ = ["inspect"]

_MOST_COLUMNS = 40
"""Names of columns that are listed."""


def inspect(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="An event, toy or histogram file, or what `export` wrote; or several files of one run.",
        ),
    ],
    hashes: Annotated[
        bool,
        typer.Option(
            "--hashes/--no-hashes", help="Read everything and compare the SHA-256 of each branch, or do not."
        ),
    ] = True,
    figure: FigureOption = None,
    style: StyleOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what a file is and whether it is whole.

    Of several files of one run also what they hold together, and what is missing between them.
    """
    from detsim.event_files import describe
    from detsim.files import FileError, stored_files
    from macros.setup import FilePlan, plan_figures

    files = stored_files(files)
    figures = plan_figures(figure, style)
    plan = FilePlan(reads=tuple(files), writes=figures.outputs(), force=force)
    checked = plan.check()
    documents = [describe(file, check_hashes=hashes) for file in files]
    document = documents[0] if len(files) == 1 else _together(files, documents)
    if figures and document["kind"] != "event file":
        raise typer.BadParameter(
            f"--figure shows events, and {files[0]} holds none: it is {document['kind']}"
        )
    pictures = []
    if figures and document["complete"]:
        from macros.runs import events_picture

        with plan.open(checked) as former:
            pictures = figures.write(events_picture(files), former=former)
    if as_json:
        emit_json({**document, "figure": pictures or None})
    else:
        (_say if len(files) == 1 else _say_together)(plain(document))
        for name in pictures:
            say(name)
    for file, each in zip(files, documents, strict=True):
        if not each["complete"]:
            raise FileError(file, "incomplete", each["problem"])


def _together(files: list[Path], documents: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe several files of one run; those of different runs are refused."""
    from macros.merging import check_parts, merged_kind

    problem = next((f"{d['file']}: {d['problem']}" for d in documents if not d["complete"]), None)
    document: dict[str, Any] = {
        "file": None,
        "kind": documents[0]["kind"],
        "bytes": sum(d["bytes"] for d in documents),
        "complete": problem is None,
        "problem": problem,
        "parts": documents,
    }
    if problem is not None:
        return document
    kinds = {d["kind"]: d["file"] for d in reversed(documents)}
    if len(kinds) > 1:
        named = ", ".join(f"{file} ({kind})" for kind, file in reversed(kinds.items()))
        raise ValueError(f"files of different kinds are inspected one by one: {named}")
    found = check_parts(files, merged_kind(files[0]), mixed=True)
    sums = {key: sum(d["runinfo"][key] for d in documents) for key in documents[0]["runinfo"]}
    return {
        **document,
        "rows": sum(d["rows"] for d in documents),
        "runinfo": sums,
        "what": found.what,
        "first": found.first,
        "last": found.last,
        "gaps": [list(gap) for gap in found.gaps],
    }


def _say_together(document: Mapping[str, Any]) -> None:
    """Write a line for each file, and what they hold together."""
    has_exposure = "equivalent_exposure" in document["parts"][0].get("runinfo", {})
    rows = []
    for part in document["parts"]:
        ranges = [_range(row) for row in part.get("runs", ())]
        held = f"{min(a for a, _ in ranges)} to {max(b for _, b in ranges)}" if ranges else "–"
        exposure = [_days(part)] if has_exposure else []
        whole = "yes" if part["complete"] else "NO"
        rows.append((part["file"], str(part.get("rows", "–")), held, *exposure, whole))
    head = ("file", "rows", document.get("what", "index"), *(["exposure"] if has_exposure else []), "whole")
    print_table(head, rows)
    if not document["complete"]:
        return
    files = number_of(len(rows), "file")
    total = (
        f"{document['what']} {document['first']} to {document['last']} in {files}, {document['rows']} rows"
    )
    say(f"{total}, exposure {_days(document)}" if has_exposure else total)
    for first, last in document["gaps"]:
        warn(f"{document['what']} {first} to {last} are in none of the files")


def _range(row: Mapping[str, Any]) -> tuple[int, int]:
    """Return the first and the last index of a run."""
    if row.get("n_experiments"):
        first = int(row["first_experiment"])
        return first, first + int(row["n_experiments"]) - 1
    return int(row["first"]), int(row["last"])


def _days(document: Mapping[str, Any]) -> str:
    from simgen.units import write_quantity

    exposure = document.get("runinfo", {}).get("equivalent_exposure")
    return "–" if exposure is None else write_quantity(exposure, "d", digits=6)


def _say(document: Mapping[str, Any]) -> None:
    for key in ("file", "kind", "version", "bytes", "format", "rows", "storage", "patches"):
        if key in document:
            say(f"{key}: {document[key]}")
    for key in ("tools", "conventions", "units", "columns", "channels", "measurements"):
        if len(document.get(key) or ()) > _MOST_COLUMNS:
            say(f"{key}: {len(document[key])}")
        elif document.get(key):
            say(f"{key}: {(', ' if key != 'conventions' else ' ').join(document[key])}")
    unread = not document.get("contents_checked", True)
    whole = "in structure; its contents were not read (--no-hashes)" if unread else "yes"
    if document["kind"] == "NuHepMC":
        whole = "yes: every requirement of the specification was checked, and is met"
    say(f"complete: {whole if document['complete'] else 'no'}")
    if "provenance_checked" in document:
        some = any("digest" in origin for origin in document["provenance"])
        partly = "a checksum, which is right, for a part of it only" if some else "without a checksum"
        say(f"provenance: {'its checksum is right' if document['provenance_checked'] else partly}")
    origins = document.get("provenance", [])
    for number, origin in enumerate(origins, start=1):
        say()
        say(f"run {number}")
        _say_run(document["runs"][number - 1] if "runs" in document else _range_of(origin), origin)
    for name, kind in document.get("histograms", {}).items():
        say(f"histogram {name}: {kind}")
    for violation in document.get("violations", [])[1:]:
        say(f"violates {violation}")
    for axis in document.get("axes", []):
        say(f"axis {axis['label']}: {axis['bins']} bins")
    if "branches" in document:
        intact = {True: "intact", False: "NOT what was written", None: ""}
        rows = [
            (
                name,
                b["dtype"] + "".join(f"[{n}]" for n in b["shape"]),
                b["unit"],
                intact[b["intact"]],
                b["description"],
            )
            for name, b in document["branches"].items()
        ]
        say()
        print_table(("branch", "type", "unit", "", "what it is"), rows)


def _range_of(origin: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an export says of a run in the place of its row: what identifies it, and its events."""
    row = {"uuid": origin["uuid"]} if "uuid" in origin else {}
    run = origin.get("run") or {}
    parts = origin.get("parts") or []
    if not parts and run.get("events"):
        parts = [{"first": run["first"], "last": run["first"] + run["events"] - 1}]
    if parts:
        row |= {"first": min(p["first"] for p in parts), "last": max(p["last"] for p in parts)}
    return row


def _say_run(row: Mapping[str, Any], origin: Mapping[str, Any]) -> None:
    """Write what sums and identifies, what made it, and the card."""
    shown = ("card_name", "model", "command", "seed", "components", "created", "versions", "python", "git")
    for key, value in [*row.items(), *((key, origin[key]) for key in shown if key in origin)]:
        if isinstance(value, Mapping):
            text = ", ".join(f"{k} {v}" for k, v in value.items())
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        say(f"  {key}: {text}")
    measured = (origin.get("run") or {}).get("measured")
    if measured:
        say(f"  measured energies: {measured['column']} [{measured['unit']}] of {measured['file']}")
        say(f"  SHA-256 of that file: {measured['sha256']}")
    if isinstance(origin.get("card"), Mapping):
        from macros.card import write_toml

        say("  card:")
        for line in write_toml(origin["card"]).splitlines():
            say(f"    {line}".rstrip())
