"""Event files as data of a fit: their histograms, and counts of stored pseudo-experiments."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import hist
import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.histograms import axes, empty_histogram, experiment_counts, filled, from_counts
from detsim.event_files import EventFile
from detsim.experiment import Experiment
from detsim.files import FileError
from macros.card import Card, card_from_document
from macros.setup.compatibility import check_card, is_attached
from macros.terminal import warn
from macros.words import begin_with

__all__ = [
    "EXPECTED_KIND",
    "MEASURED",
    "OF_THE_ANALYSIS",
    "SIMULATED",
    "Data",
    "StoredCounts",
    "data_from_events",
    "file_histogram",
    "stored_counts",
]

SIMULATED, MEASURED, EXPECTED_KIND = "simulated", "measured", "expected (Asimov)"
"""Kinds of data."""

OF_THE_ANALYSIS = {"model", "systematics", "fit", "run", "exposure"}
"""Tables in which a card may differ from that of its data; the exposure is the file's."""


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
    exposure : mapping, optional
        Table `[exposure]` of the events' card, if it is not that of the card for which they were read.
    file : Path, optional
        The event file, if they are of one.
    """

    histogram: hist.Hist[Any]
    experiment: Experiment
    source: str
    kind: str = MEASURED
    events: Callable[[], Iterable[Mapping[str, ArrayLike]]] | None = None
    exposure: Mapping[str, Any] | None = None
    file: Path | None = None


def data_from_events(card: Card, path: Path, number: int | None) -> Data:
    """Read an event file as data; see `macros.setup.data.load_data`."""
    with EventFile(path) as file:
        card = _card_of_file(card, file, OF_THE_ANALYSIS)
        named = card.fit.template_file
        if named is not None and Path(named).exists() and path.samefile(named):
            warn(f"{path} is data and templates of one fit: it describes itself, whatever the model")
        if "T_reco" not in file.columns:
            raise ValueError(f"{path} holds true events: run `nugauge detect` on it first")
        experiment, exposure = _with_exposure(card, file), None
        if experiment.exposure != card.experiment.exposure:
            exposure = file.provenance["card"]["exposure"]
            warn(
                f"the events have an exposure of their own, {experiment.exposure.summary}: that of the card, "
                f"{card.experiment.exposure.summary}, is not used"
            )
        if file.runinfo.n_experiments:
            return replace(_one_experiment(experiment, file, path, number), exposure=exposure)
        if number is not None:
            raise ValueError(f"{path} has no pseudo-experiments to choose from")
        h = file_histogram(file, experiment)
        duration = experiment.exposure.duration
        scaled = replace(experiment, scale=file.runinfo.equivalent_exposure / duration)
        events = partial(_stored_events, path, experiment) if "weight" in file.columns else None
    return Data(
        histogram=h,
        experiment=scaled,
        source=str(path),
        kind=SIMULATED,
        events=events,
        exposure=exposure,
        file=path,
    )


def _card_of_file(card: Card, file: EventFile, may_differ: Set[str]) -> Card:
    """Compare a card with those of a file, and let its recoils begin where those of the file do."""
    for provenance in file.provenances:
        attached = {"detector"} if is_attached(provenance) else set()
        stated = provenance.get("card", {})
        check_card(card, stated, file.path, may_differ={*may_differ, *attached}, begins=False)
        if attached and card.experiment.detector.distance is not None:
            raise ValueError(
                f"{file.path} holds energies that another program measured, and no distances: leave "
                "detector.distance out of the card"
            )
        card = begin_with(card, float(provenance.get("generate_above") or 0.0), file.path)
    return card


def _stored_events(path: Path, experiment: Experiment) -> Iterator[Mapping[str, ArrayLike]]:
    """Yield what a histogram is filled from."""
    with EventFile(path) as file:
        yield from _chunks(file, experiment)


def file_histogram(file: EventFile, experiment: Experiment) -> hist.Hist[Any]:
    """Fill the histogram of an experiment from a file of events, weighted or not."""
    h = empty_histogram(experiment)
    for chunk in _chunks(file, experiment):
        h += _fill(chunk, experiment, file.path)
    return h


def _chunks(file: EventFile, experiment: Experiment) -> Iterator[dict[str, Any]]:
    """Yield what a histogram is filled from; of attached energies those above the threshold."""
    for columns in file.iterate(_filled(file, experiment)):
        yield _above_threshold(columns, file, experiment)


def _above_threshold(columns: dict[str, Any], file: EventFile, experiment: Experiment) -> dict[str, Any]:
    """Leave out what another program measured below the threshold of the card."""
    threshold = experiment.detector.threshold
    if not is_attached(file.provenance) or not math.isfinite(threshold):
        return columns
    keep = np.asarray(columns["T_reco"]) >= np.float64(threshold)
    return {name: np.asarray(column)[keep] for name, column in columns.items()}


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
        lists = _above_threshold(lists, file, experiment)
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
        card = _card_of_file(card, file, OF_THE_ANALYSIS - {"exposure"})
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
    energies = file.jagged("T_reco")
    if is_attached(file.provenance):
        energies = energies[energies >= experiment.detector.threshold]
    return experiment_counts(energies, experiment, L_reco=L_reco)


def _with_exposure(card: Card, file: EventFile) -> Experiment:
    """Take the exposure of the file's card, so that a decaying source is the one that was simulated."""
    document = {**card.document, "exposure": file.provenance["card"]["exposure"]}
    exposure = card_from_document(document, name=card.name).experiment.exposure
    return replace(card.experiment, exposure=exposure)
