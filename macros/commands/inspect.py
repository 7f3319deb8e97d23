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
    plain,
    print_table,
    say,
)

__all__ = ["inspect"]


def inspect(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An event, toy or histogram file, or NuHepMC.")
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
    """Say what a file is and whether it is whole."""
    from detsim.event_files import describe
    from detsim.files import FileError
    from macros.setup import FilePlan, plan_figures

    figures = plan_figures(figure, style)
    plan = FilePlan(reads=(file,), writes=figures.outputs(), force=force)
    checked = plan.check()
    document = describe(file, check_hashes=hashes)
    if figures and document["kind"] != "event file":
        raise typer.BadParameter(f"--figure shows events, and {file} holds none: it is {document['kind']}")
    files = []
    if figures and document["complete"]:
        from macros.runs import events_picture

        with plan.open(checked) as former:
            files = figures.write(events_picture([file]), former=former)
    if as_json:
        emit_json({**document, "figure": files or None})
    else:
        _say(plain(document))
        for name in files:
            say(name)
    if not document["complete"]:
        raise FileError(file, "incomplete", document["problem"])


def _say(document: Mapping[str, Any]) -> None:
    for key in ("file", "kind", "bytes", "format", "rows", "storage"):
        if key in document:
            say(f"{key}: {document[key]}")
    unread = not document.get("contents_checked", True)
    whole = "in structure; its contents were not read (--no-hashes)" if unread else "yes"
    say(f"complete: {whole if document['complete'] else 'no'}")
    if "provenance_checked" in document:
        some = any("digest" in origin for origin in document["provenance"])
        partly = "a checksum, which is right, for a part of it only" if some else "without a checksum"
        say(f"provenance: {'its checksum is right' if document['provenance_checked'] else partly}")
    runs = zip(document.get("runs", []), document.get("provenance", []), strict=True)
    for number, (row, origin) in enumerate(runs, start=1):
        say()
        say(f"run {number}")
        _say_run(row, origin)
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


def _say_run(row: Mapping[str, Any], origin: Mapping[str, Any]) -> None:
    """Write what sums and identifies, what made it, and the card."""
    shown = ("card_name", "model", "command", "seed", "components", "created", "versions", "python", "git")
    for key, value in [*row.items(), *((key, origin.get(key)) for key in shown)]:
        if isinstance(value, Mapping):
            text = ", ".join(f"{k} {v}" for k, v in value.items())
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        say(f"  {key}: {text}")
    if isinstance(origin.get("card"), Mapping):
        from macros.card import write_toml

        say("  card:")
        for line in write_toml(origin["card"]).splitlines():
            say(f"    {line}".rstrip())
