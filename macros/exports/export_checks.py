"""Whether events of files can be exported: what formats have no place for."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from detsim.event_files import EventFile
from detsim.files import FileError
from detsim.formats import Dialect, missing_columns
from macros.card.checks import legal_names
from macros.setup import OF_THE_ANALYSIS, card_differences

__all__ = ["EXPORTS", "EventFormat", "check_file", "number_of_events"]

EventFormat = Literal["nuhepmc", "hepevt", "gst", "parquet", "csv"]
EXPORTS: tuple[EventFormat, ...] = get_args(EventFormat)

_NUMBERED = ("nuhepmc", "hepevt", "gst")
"""Formats in which a number names an event."""


def number_of_events(paths: Sequence[Path]) -> int:
    """Count the events of files.

    Raises
    ------
    FileError
        If one of them is incomplete or no event file.
    """
    total = 0
    for path in paths:
        with EventFile(path) as file:
            total += len(file)
    return total


def check_file(file: EventFile, format: EventFormat, dialect: Dialect | None, *, templates: bool) -> None:
    """Refuse a file whose events the format cannot hold.

    Parameters
    ----------
    file : EventFile
    format : {"nuhepmc", "hepevt", "gst", "parquet", "csv"}
    dialect : {"canonical", "geant4", "glg4"} or None
    templates : bool
        Whether A, B, C of the weights are to be added.

    Raises
    ------
    ValueError
    FileError
        If the file joins runs of different experiments.
    """
    _check_experiments(file)
    if format in _NUMBERED:
        vertex = dialect != "geant4"
        missing = missing_columns(file.columns, vertex=vertex)
        if missing:
            needed = "vertex,time,direction" if vertex else "direction"
            command = "simulate" if "T_reco" in file.columns else "generate"
            raise ValueError(
                f"{file.path} has no columns of {' and '.join(missing)}, which {format} needs: make it with "
                f"`nugauge {command} --columns {needed}`"
            )
        if file.runinfo.n_experiments:
            raise ValueError(
                f"{file.path} holds pseudo-experiments, whose events {format} cannot tell apart: choose "
                "parquet or csv"
            )
        if len({str(provenance.get("seed")) for provenance in file.provenances}) > 1:
            raise ValueError(
                f"{file.path} joins runs of several seeds, whose events have the same numbers: export them "
                "one by one, or choose parquet or csv, which have a column 'run'"
            )
    if format == "hepevt" and (templates or "weight" in file.columns):
        raise ValueError(
            f"{file.path if not templates else '--gamma-templates'}: HEPEVT has no weights: choose nuhepmc, "
            "gst, parquet or csv"
        )
    if templates and len(models := {_model(provenance) for provenance in file.provenances}) > 1:
        raise ValueError(
            f"{file.path} joins runs of {len(models)} different cards: compute the weights of each by itself"
        )
    if templates and "weight_A" in file.columns:
        raise ValueError(
            f"{file.path} has weight_A, weight_B and weight_C already: leave out --gamma-templates"
        )
    if templates and "weight" in file.columns:
        raise ValueError(
            f"{file.path} holds weights of another model: reweight the file that it was made from, with "
            "--gamma-templates, and export that"
        )


def _check_experiments(file: EventFile) -> None:
    """Refuse a file that joins runs of different experiments, of which no card has both."""
    first, *others = (legal_names(provenance["card"]) for provenance in file.provenances)
    for number, other in enumerate(others, start=2):
        differences = [
            f"{key}: {ours!r} in run 1, {theirs!r} in run {number}"
            for key, ours, theirs in card_differences(first, other)
            if key.split(".")[0] not in OF_THE_ANALYSIS
        ]
        if differences:
            reason = f"joins runs of different experiments ({'; '.join(differences)}): export them one by one"
            raise FileError(file.path, "foreign", reason)


def _model(provenance: Mapping[str, Any]) -> str:
    """Write the card of a run without its settings, which do not change the distribution of its events."""
    return json.dumps({key: v for key, v in provenance["card"].items() if key != "run"}, sort_keys=True)
