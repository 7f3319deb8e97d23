"""Whether this program wrote a file, and as what kind: only such files are replaced."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from macros.plots import is_beside_picture, is_picture
from macros.report import GENERATOR

__all__ = [
    "TABLES",
    "Kind",
    "foreign",
    "foreign_report",
    "foreign_run",
    "only_origin",
    "was_in_series",
]

Kind = Literal["events", "toys", "calibration", "statistics", "sums", "picture", "beside", "card", "export"]

TABLES: dict[str, str] = {
    "events": "an event file",
    "toys": "a toy file",
    "calibration": "a calibration",
    "statistics": "a file of statistics of toys",
    "sums": "a file of sums of toys",
}
"""Kinds that are ROOT files."""
_OPTIONS = ("--events-per-file", "--file-size")
_LIMITS = ("events_per_file", "file_size")


def foreign(path: Path, kind: Kind, *, series: tuple[str, str] | None = None) -> str | None:
    """Say why a file is not one that this program wrote as a kind; None if it is.

    Parameters
    ----------
    path : Path
    kind : str
        What is to replace it: one of `TABLES`, a picture, what stands beside a picture, a card, or an export.
    series : (str, str), optional
        Command and file name of a series that it has to belong to.

    Returns
    -------
    str or None
        Such as "is not an event file of this program".
    """
    if kind in TABLES:
        return _foreign_table(path, kind, series)
    if kind == "picture":
        return (
            None if is_picture(path) else "is not marked as a picture of this program (from 0.2 on all are)"
        )
    if kind == "beside":
        if is_beside_picture(path):
            return None
        return "is not what this program wrote beside a picture, or the picture is gone"
    if kind == "export":
        return _foreign_export(path)
    return None if _is_plain_card(path) else "is not a card as `init` writes it, or was edited"


def foreign_run(directory: Path) -> str | None:
    """Say why a directory is not one that `run` made; None if it is.

    Returns
    -------
    str or None
        None if its `card.toml` is the card with which its `events.root` was simulated.
    """
    card, events = directory / "card.toml", directory / "events.root"
    if not (card.is_file() and events.is_file()):
        return "holds no card.toml and events.root, so that no run made it"
    reason = _foreign_table(events, "events", None)
    if reason is not None:
        return f"holds events.root, which {reason}"
    (origin, *others) = _origins(events)
    try:
        same = tomllib.loads(card.read_text(encoding="utf-8")) == _stated(origin.get("card"))
    except ValueError:
        same = False
    if others or origin.get("command") != "simulate" or not same:
        return "holds a card.toml that is not the card of its events.root"
    return None


def foreign_report(directory: Path) -> str | None:
    """Say why a directory is not one that a command made for its report; None if it is.

    Returns
    -------
    str or None
        None if its `report.html` names this program as its maker.
    """
    report = directory / "report.html"
    if not report.is_file():
        return "holds no report.html, so that it is no report of this program"
    if GENERATOR not in report.read_text(encoding="utf-8", errors="replace"):
        return "holds a report.html that this program did not write"
    if (directory / "events.root").exists():
        return "is of `run`, with simulated events"
    return None


def _stated(value: Any) -> Any:
    """Leave out what is null, which TOML does not have."""
    if isinstance(value, dict):
        return {key: _stated(item) for key, item in value.items() if item is not None}
    return [_stated(item) for item in value] if isinstance(value, list) else value


def _foreign_table(path: Path, kind: str, series: tuple[str, str] | None) -> str | None:
    from detsim.event_files import table_name
    from detsim.files import FileError

    reason = f"is not {TABLES[kind]} of this program"
    try:
        table = table_name(path)
        origins = _origins(path)
    except FileError as error:
        return f"{reason} (it {error.reason})"
    if table != kind:
        return f"{reason} (it is {TABLES[table]})"
    if not origins or any(origin.get("table") != kind for origin in origins):
        return f"{reason} (it has no provenance)"
    if series is not None and not (len(origins) == 1 and was_in_series(origins[0], *series)):
        return f"was not made by `{series[0]}` as one of the series {series[1]}"
    return None


def _origins(path: Path) -> list[Mapping[str, Any]]:
    """Read the provenance of each run, without checking the rows."""
    from detsim.event_files import open_root, reading

    with open_root(path) as root, reading(path):
        keys = [key for key in root.keys(recursive=False) if key.startswith("provenance;")]
        documents = [json.loads(str(root[key])) for key in keys]
    return [origin for origin in documents if isinstance(origin, dict)]


def only_origin(path: Path, kind: Kind) -> Mapping[str, Any] | None:
    """Read the provenance of a table of one run that was made in one piece; None of any other file."""
    if _foreign_table(path, kind, None) is not None:
        return None
    origins = _origins(path)
    return origins[0] if len(origins) == 1 and "parts" not in origins[0] else None


def was_in_series(origin: Mapping[str, Any], command: str, name: str) -> bool:
    """Tell whether a command made a file as one of the series of a name."""
    run = origin.get("run") or {}
    if origin.get("command") != command or "parts" in origin:
        return False
    if "series" in run:
        return bool(run["series"]["name"] == name)
    # version 0.1 stored what the command line and the card said of files
    arguments = [str(a) for a in origin.get("arguments", ())]
    stated = (origin.get("card") or {}).get("run") or {}
    several = any(a.startswith(_OPTIONS) for a in arguments) or any(stated.get(key) for key in _LIMITS)
    return several and any(Path(a.removeprefix("--output=")).name == name for a in arguments)


_ENDS = 200_000
"""Bytes at both ends of a file in which the mark of an export stands, if it has one."""


def _foreign_export(path: Path) -> str | None:
    """Say why a file is not one of `nugauge export`; its mark is found where it is compressed, too."""
    from detsim.event_files import is_hepevt
    from detsim.formats import MARK, start_of

    with path.open("rb") as stream:
        stream.seek(max(path.stat().st_size - _ENDS, 0))
        ends = start_of(path, _ENDS) + stream.read()
    if any(mark.encode() in ends for mark in (MARK, MARK.replace(".", "_"))):
        return None
    if is_hepevt(path):
        return "is HEPEVT without comments: nothing tells what `export` wrote from a file of another program"
    return "has no mark of `nugauge export`"


def _is_plain_card(path: Path) -> bool:
    from macros.card import preset_text, presets

    try:
        text = path.read_bytes()
    except OSError:
        return False
    return any(text == preset_text(name).encode() for name in presets())
