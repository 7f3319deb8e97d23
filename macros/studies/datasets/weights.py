"""Files of weighted data from which toys take their weights: named in provenance, and found again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from detsim.files import FileError, checksum, split_spec
from macros.card import Card

if TYPE_CHECKING:
    from analysis.pseudo_experiments import WeightModel
    from macros.studies.datasets.sets import DataSets

__all__ = [
    "check_weights_options",
    "load_weights",
    "stored_weights",
    "toy_weights",
    "weights_of_origin",
    "weights_record",
]


def _split(card: Card, spec: str) -> tuple[str, Path, str]:
    """Split the name of an experiment, a file and the name of an object in it; empty where there is none."""
    name, equals, file = spec.partition("=") if len(card.experiments) > 1 else ("", "", spec)
    path, inside = split_spec(file if equals else name or file)
    return (name if equals else ""), path, inside or ""


def check_weights_options(specs: Sequence[str] | None, unit: str, *, by_events: bool) -> None:
    """Refuse options that do not go with ``--weights``, or without it.

    Raises
    ------
    typer.BadParameter
    """
    if specs and by_events:
        raise typer.BadParameter(
            "--weights goes with --toys-at counts: events that are drawn one by one have weights of 1"
        )
    if not specs and unit != "MeV":
        raise typer.BadParameter("--unit is that of the histogram of --weights")


def load_weights(card: Card, specs: Sequence[str] | None, *, unit: str = "MeV") -> "DataSets | None":
    """Read the data of ``--weights``; None without."""
    from macros.studies.datasets.files import load_data_sets

    return load_data_sets(card, specs, unit=unit) if specs else None


def weights_record(card: Card, specs: Sequence[str] | None, *, unit: str = "MeV") -> dict[str, Any] | None:
    """Say which weighted data a run reads, with SHA-256, for the provenance; None without."""
    if not specs:
        return None
    files = []
    for spec in specs:
        name, path, inside = _split(card, spec)
        files.append(
            {"experiment": name, "file": str(path.absolute()), "object": inside, "sha256": checksum(path)}
        )
    return {"files": files, "unit": str(unit)}


def weights_of_origin(record: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what files of toys must have in common to be joined: the contents of their weighted data."""
    if record is None:
        return {}
    keys = ("experiment", "object", "sha256")
    return {"weights": [{key: row[key] for key in keys} for row in record["files"]]}


def stored_weights(
    card: Card, record: Mapping[str, Any] | None, stated: Path | None = None
) -> "DataSets | None":
    """Read the weighted data of a run again; None if it had none.

    Parameters
    ----------
    card : Card
    record : mapping or None
        From `weights_record`.
    stated : Path, optional
        Where the file is now, if there is one only; else where it was.

    Raises
    ------
    FileError
        If a file is not there, or has changed.
    ValueError
        If one place is stated for several files.
    """
    if record is None:
        return None
    if stated is not None and len(record["files"]) > 1:
        raise ValueError(f"--input {stated}: the run read {len(record['files'])} files of weighted data")
    specs = []
    for row in record["files"]:
        path = stated or Path(row["file"])
        found = checksum(path)
        if found != row["sha256"]:
            reason = f"is not the weighted data of the run: its SHA-256 is {found}, that was {row['sha256']}"
            raise FileError(path, "foreign", reason)
        inside = f":{row['object']}" if row["object"] else ""
        specs.append(f"{row['experiment']}{'=' if row['experiment'] else ''}{path}{inside}")
    from macros.studies.datasets.files import load_data_sets

    return load_data_sets(card, specs, unit=record["unit"])


def toy_weights(data: "DataSets | None", *, events: bool = False) -> "WeightModel | None":
    """Find the weights of the events of weighted data, from which toys are to be drawn; None without data.

    Raises
    ------
    ValueError
        If the data have no weights, or events are to be drawn one by one.
    """
    if data is None:
        return None
    if not data.weighted:
        raise ValueError(
            f"weights: {data.source} holds counts, whose toys are thrown without it (leave --weights out)"
        )
    if events:
        raise ValueError(
            "events that are drawn one by one have weights of 1: throw toys of weighted data as sums of "
            "weights (--toys-at counts)"
        )
    return data.weights()
