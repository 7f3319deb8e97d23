"""Data for a fit: an event file, or a histogram in one of the formats that are read."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import hist

from analysis.fits import effective_counts
from analysis.histograms import read_histogram
from detsim.event_files import open_root, reading
from detsim.files import FileError, open_input, split_spec
from macros.card import Card
from macros.setup.event_data import MEASURED, SIMULATED, Data, data_from_events

__all__ = ["kind_of_histogram", "load_data", "load_series"]

_HISTOGRAMS = {".root", ".json", ".csv"}
_NO_DATA = "is neither a file of events (ROOT) nor a histogram: file.root:name, file.json or file.csv"


def load_data(card: Card, spec: str, *, number: int | None = None, unit: str = "MeV") -> Data:
    """Read data for a card.

    Parameters
    ----------
    card : Card
    spec : str
        An event file, ``file.root:name`` of a TH1 or TH2, UHI JSON or CSV.
    number : int, optional
        Which pseudo-experiment of an event file that holds several.
    unit : str
        What the energies of a histogram are in: "eV", "keV", "MeV" or "GeV". Event files say theirs.

    Raises
    ------
    ValueError
        If the data do not belong to the card.
    FileError
        If the file is incomplete, foreign or damaged.
    """
    path, name = split_spec(spec)
    if name is None and _is_root(path) and _is_event_file(path):
        return data_from_events(card, path, number)
    if number is not None:
        raise ValueError(f"--experiment chooses among those of an event file; {spec} is a histogram")
    if path.suffix.lower() not in _HISTOGRAMS:
        raise FileError(spec, "foreign", _NO_DATA)
    h = read_histogram(spec, unit=unit)
    try:
        effective_counts(h, card.experiment, read_in=unit)
    except ValueError as error:
        raise FileError(spec, "foreign", str(error)) from None
    return Data(histogram=h, experiment=card.experiment, source=spec, kind=kind_of_histogram(h))


def kind_of_histogram(h: hist.Hist[Any]) -> str:
    """Tell by its label whether a histogram was simulated; one that says nothing is taken for measured."""
    return SIMULATED if SIMULATED in (h.label or "").lower() else MEASURED


def load_series(card: Card, paths: Sequence[Path]) -> Data:
    """Read event files that are parts of one run as one data set.

    Parameters
    ----------
    card : Card
    paths : sequence of Path
        Two at least. That they are of one run is not checked here, but by `macros.merging.check_events`.

    Raises
    ------
    ValueError
        If they do not belong to the card, or hold pseudo-experiments.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    parts = [load_data(card, str(path)) for path in paths]
    first, *others = parts
    histogram = first.histogram
    for part in others:
        histogram = histogram + part.histogram
    scale = math.fsum(part.experiment.scale for part in parts)
    readers = [part.events for part in parts if part.events is not None]
    return Data(
        histogram=histogram,
        experiment=replace(first.experiment, scale=scale),
        source=", ".join(part.source for part in parts),
        exposure=first.exposure,
        kind=first.kind,
        events=(lambda: chain.from_iterable(read() for read in readers)) if readers else None,
    )


def _is_root(path: Path) -> bool:
    """Tell a ROOT file by its name or, whatever it is called, by its first bytes."""
    if path.suffix == ".root":
        return True
    with open_input(path) as stream:
        return stream.read(4) == b"root"


def _is_event_file(path: Path) -> bool:
    with open_root(path) as file, reading(path):
        classes = file.classnames(cycle=False, recursive=False)
    kinds = set(classes.values())
    if "toys" in classes:
        raise FileError(path, "foreign", "holds toys: choose one with --toy K; in Python card.toy(FILE, K)")
    if "events" not in classes and not any(kind.startswith(("TH1", "TH2")) for kind in kinds):
        content = ", ".join(f"{kind} {name!r}" for name, kind in list(classes.items())[:5]) or "nothing"
        raise FileError(
            path, "foreign", f"has neither a table 'events' nor a TH1 or TH2 (it holds {content})"
        )
    return "events" in classes
