"""Data for a fit: an event file, or a histogram in one of the formats that are read."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.fits import effective_counts
from analysis.histograms import (
    axes,
    empty_histogram,
    experiment_counts,
    filled,
    from_counts,
    read_histogram,
)
from detsim.event_files import EventFile, open_root, reading
from detsim.experiment import Experiment
from detsim.files import FileError, open_input, split_spec
from macros.card import Card, card_from_document
from macros.setup.compatibility import check_card
from macros.words import begin_with

__all__ = [
    "EXPECTED_KIND",
    "MEASURED",
    "SIMULATED",
    "Data",
    "StoredCounts",
    "file_histogram",
    "kind_of_histogram",
    "load_data",
    "load_series",
    "stored_counts",
]

SIMULATED, MEASURED, EXPECTED_KIND = "simulated", "measured", "expected (Asimov)"
"""Kinds of data."""

_OF_THE_ANALYSIS = {"model", "systematics", "fit", "run", "exposure"}
"""Tables in which a card may differ from that of its data; the exposure is the file's."""

_HISTOGRAMS = {".root", ".json", ".csv"}
_NO_DATA = "is neither a file of events (ROOT) nor a histogram: file.root:name, file.json or file.csv"


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set and the experiment that took it.

    Parameters
    ----------
    histogram : hist.Hist
        Of weighted events, sums of weights and of their squares.
    experiment : Experiment
        With the exposure of the data.
    source : str
        What it was read from.
    kind : str
        `SIMULATED`, `MEASURED` or `EXPECTED_KIND`.
    events : callable, optional
        Yields the columns of weighted events, part by part, where they are known.
    """

    histogram: hist.Hist[Any]
    experiment: Experiment
    source: str
    kind: str = MEASURED
    events: Callable[[], Iterable[Mapping[str, ArrayLike]]] | None = None


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
        return _from_events(card, path, number)
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


def _from_events(card: Card, path: Path, number: int | None) -> Data:
    with EventFile(path) as file:
        for provenance in file.provenances:
            check_card(card, provenance.get("card", {}), path, may_differ=_OF_THE_ANALYSIS, begins=False)
            card = begin_with(card, float(provenance.get("generate_above") or 0.0), path)
        if "T_reco" not in file.columns:
            raise ValueError(f"{path} holds true events: run `nugauge detect` on it first")
        experiment = _with_exposure(card, file)
        if file.runinfo.n_experiments:
            return _one_experiment(experiment, file, path, number)
        if number is not None:
            raise ValueError(f"{path} has no pseudo-experiments to choose from")
        h = file_histogram(file, experiment)
        duration = experiment.exposure.duration
        scaled = replace(experiment, scale=file.runinfo.equivalent_exposure / duration)
        events = partial(_stored_events, path, experiment) if "weight" in file.columns else None
    return Data(histogram=h, experiment=scaled, source=str(path), kind=SIMULATED, events=events)


def _stored_events(path: Path, experiment: Experiment) -> Iterator[Mapping[str, ArrayLike]]:
    """Yield what a histogram is filled from."""
    with EventFile(path) as file:
        yield from file.iterate(_filled(file, experiment))


def file_histogram(file: EventFile, experiment: Experiment) -> hist.Hist[Any]:
    """Fill the histogram of an experiment from a file of events, weighted or not."""
    h = empty_histogram(experiment)
    for chunk in file.iterate(_filled(file, experiment)):
        h += _fill(chunk, experiment, file.path)
    return h


def _filled(file: EventFile, experiment: Experiment) -> list[str]:
    """Name the columns that a histogram is filled from."""
    names = (*(axis.name for axis in axes(experiment)), "weight")
    return [name for name in names if name in file.columns]


def _fill(columns: Mapping[str, ArrayLike], experiment: Experiment, path: Path) -> hist.Hist[Any]:
    distances, weights = columns.get("L_reco"), columns.get("weight")
    try:
        return filled(columns["T_reco"], experiment, L_reco=distances, weight=weights)
    except ValueError as error:
        raise FileError(path, "damaged", f"has wrong events: {error}") from None


def _one_experiment(experiment: Experiment, file: EventFile, path: Path, number: int | None) -> Data:
    numbers = file.experiments.tolist()
    if number not in numbers:
        others = "" if "weight" in file.columns else f", or fit all with `nugauge toys CARD --data {path}`"
        raise ValueError(
            f"{path} holds pseudo-experiments {numbers[0]} to {numbers[-1]}: choose one with "
            f"--experiment{others}"
        )
    position, source = numbers.index(number), f"{path}, number {number}"
    if "weight" in file.columns:
        lists = {name: file.jagged(name)[position] for name in _filled(file, experiment)}
        h = _fill(lists, experiment, path)
        return Data(histogram=h, experiment=experiment, source=source, kind=SIMULATED, events=lambda: [lists])
    h = from_counts(_all_counts(file, experiment)[position], experiment)
    return Data(histogram=h, experiment=experiment, source=source, kind=SIMULATED)


@dataclass(frozen=True, kw_only=True)
class StoredCounts:
    """Counts of stored pseudo-experiments.

    Parameters
    ----------
    numbers : ndarray of int64, shape (n_experiments,)
        Index of each.
    counts : ndarray of int64, shape (n_experiments, n_bins)
    """

    numbers: NDArray[np.int64]
    counts: NDArray[np.int64]


def stored_counts(card: Card, path: Path) -> StoredCounts:
    """Count the pseudo-experiments of an event file.

    Raises
    ------
    ValueError
        If the file has none, or another exposure or experiment than the card, or holds weighted events.
    """
    with EventFile(path) as file:
        may_differ = _OF_THE_ANALYSIS - {"exposure"}
        for provenance in file.provenances:
            check_card(card, provenance["card"], path, may_differ=may_differ, begins=False)
            card = begin_with(card, float(provenance.get("generate_above") or 0.0), path)
        counts = _all_counts(file, card.experiment)[:, 1:-1]
        if "weight" in file.columns:
            raise ValueError(
                f"{path} holds weighted events: toys are counts of events; fit its pseudo-experiments one by "
                "one, with `nugauge fit CARD FILE --experiment K`"
            )
        return StoredCounts(numbers=file.experiments, counts=counts)


def _all_counts(file: EventFile, experiment: Experiment) -> NDArray[np.int64]:
    """Count every pseudo-experiment of a file, with both flow bins."""
    L_reco = None if experiment.detector.distance is None else file.jagged("L_reco")
    return experiment_counts(file.jagged("T_reco"), experiment, L_reco=L_reco)


def _with_exposure(card: Card, file: EventFile) -> Experiment:
    """Take the exposure of the file's card, so that a decaying source is the one that was simulated."""
    document = {**card.document, "exposure": file.provenance["card"]["exposure"]}
    exposure = card_from_document(document, name=card.name).experiment.exposure
    return replace(card.experiment, exposure=exposure)
