"""Provenance of a run in its files: with card and seed, all that is needed to make them again."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from detsim.event_files import TableFile, table_name
from detsim.files import FileError, checksum
from detsim.measured import Measurements, read_measurements
from macros.card import Card, used_files
from macros.words import cutoff_facts
from simgen.threads import n_threads

__all__ = ["check_input", "check_measured_file", "input_record", "provenance"]


def provenance(card: Card, seed: int | None, command: str) -> dict[str, Any]:
    """Collect what a file says of its origin."""
    several = len(card.experiments) > 1
    components = [
        f"{experiment.name}.{c.name}" if several else c.name
        for experiment in card.experiments
        for c in (*experiment.source.components, *experiment.backgrounds)
    ]
    return {
        "card": card.document,
        "inputs": used_files(card.document),
        "card_name": card.name,
        "seed": seed,
        "command": command,
        "arguments": sys.argv[1:],
        "threads": n_threads(),
        "components": components,
        "model": card.model.label,
        **cutoff_facts(card),
    }


def input_record(path: Path) -> dict[str, Any]:
    """Say which file of ours a run reads: its absolute name, and the uuid of each run in it."""
    return {"file": str(path.absolute()), "uuid": _uuids(path)}


def check_input(record: dict[str, Any], stated: Path | None) -> Path:
    """Find the input of a run again.

    Parameters
    ----------
    record : dict
        From `input_record`.
    stated : Path or None
        Where it is now; where it was if not given.

    Raises
    ------
    FileError
        If it is not there, or another file.
    """
    path = Path(record["file"]) if stated is None else stated
    advice = "say where it is with --input FILE"
    try:
        uuids = _uuids(path)
    except FileError as error:
        raise FileError(path, error.fault, f"is the input, and {error.reason}; {advice}") from None
    if uuids != record["uuid"]:
        reason = f"is not the input: that was the run {_short(record['uuid'])}, and this is {_short(uuids)}"
        raise FileError(path, "foreign", f"{reason}; {advice}")
    return path


def check_measured_file(record: dict[str, Any]) -> Measurements:
    """Read the energies of another program again.

    Parameters
    ----------
    record : dict
        From `Measurements.record`.

    Raises
    ------
    FileError
        If the file is not where it was, or has changed.
    """
    path = Path(record["file"])
    if checksum(path) != record["sha256"]:
        reason = (
            f"has changed since its energies were attached: its SHA-256 was {record['sha256']}; restore it"
        )
        raise FileError(path, "foreign", reason)
    keys = ("column", "index", "unit", "tree", "experiment")
    return read_measurements(path, **{key: record[key] for key in keys})


def _uuids(path: Path) -> list[str]:
    with TableFile(path, table_name(path)) as table:
        return [str(row["uuid"]) for row in table.rows]


def _short(uuids: Sequence[str]) -> str:
    return ", ".join(uuids[:3]) + (" and more" if len(uuids) > 3 else "")
