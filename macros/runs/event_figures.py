"""Figures of event files: what was recorded, beside the expectation of the card that made it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hist
import numpy as np
from numpy.typing import NDArray

from detsim.event_files import EventFile
from detsim.expectation import Expectation, predict
from detsim.files import FileError
from macros.card import Card, card_from_document
from macros.plots import CountsFigure, Picture, TrueEventsFigure, panels_of
from macros.setup import file_histogram, is_attached
from macros.words import begin_with

__all__ = ["events_picture"]

_N_BINS = 60
"""Bins of true recoils."""


@dataclass(frozen=True, kw_only=True)
class _Recorded:
    """Events of files of one card: histogram, card, and how many exposures they are."""

    histogram: hist.Hist[Any]
    card: Card
    exposures: float


def events_picture(paths: Sequence[Path]) -> Picture:
    """Show the events of a file, or of a series of files of one run.

    Parameters
    ----------
    paths : sequence of Path
        Measured events are shown in the bins of the card that is stored with them, beside what it expects by
        quadrature; of true events the recoils are shown, and of energies that another program measured these.

    Raises
    ------
    FileError
        If a file is incomplete, foreign or damaged, or says nothing of its card.
    """
    with EventFile(paths[0]) as file:
        detected, attached = "T_reco" in file.columns, is_attached(file.provenance)
    if attached:
        return _energies(paths, "T_reco", "measured")
    return _measured(paths) if detected else _energies(paths, "T", "true")


def _card(file: EventFile) -> Card:
    document = file.provenance.get("card")
    if not isinstance(document, dict):
        raise FileError(file.path, "foreign", "says nothing of the card that made it")
    card = card_from_document(document, name=str(file.provenance.get("card_name") or "card"))
    return begin_with(card, float(file.provenance.get("generate_above") or 0.0), file.path)


def _recorded(path: Path) -> _Recorded:
    with EventFile(path) as file:
        card = _card(file)
        h = file_histogram(file, card.experiment)
        exposures = file.runinfo.equivalent_exposure / card.experiment.exposure.duration
    return _Recorded(histogram=h, card=card, exposures=exposures)


def _measured(paths: Sequence[Path]) -> Picture:
    recorded = [_recorded(path) for path in paths]
    card, total = recorded[0].card, recorded[0].histogram.copy()
    for other in recorded[1:]:
        total += other.histogram
    exposures = sum(part.exposures for part in recorded)
    expected = _times(predict(card.experiment, card.model), exposures)
    distance = card.experiment.detector.distance
    panels = panels_of(
        card.experiment.name, total, expected, distance_edges=None if distance is None else distance.edges
    )
    inside, everything = float(total.values().sum()), float(total.values(flow=True).sum())
    notes = [f"{card.name}: {card.model.label}; simulated data, {_names(paths)}"]
    notes.append(f"{exposures:.6g} times the exposure of the card; expectation by quadrature")
    if everything > inside:
        notes.append(f"outside of the bins, not drawn: {everything - inside:.6g} events")
    figure = CountsFigure(
        panels=panels,
        title=f"Events of {_names(paths)}",
        expected=card.model.label,
        data="simulated data",
        note=tuple(notes),
    )
    return Picture(draw=figure.draw, data=figure.numbers())


def _times(expected: Expectation, factor: float) -> Expectation:
    return replace(
        expected,
        signal=expected.signal * factor,
        background=expected.background * factor,
        integral=lambda: expected.unbinned_total * factor,
    )


def _energies(paths: Sequence[Path], column: str, kind: str) -> Picture:
    """Show a column of energies, binned up to the largest."""
    highest = max(_largest(path, column) for path in paths)
    edges: NDArray[np.float64] = np.linspace(0.0, highest * (1 + 1e-9) or 1.0, _N_BINS + 1)
    counts, squares = np.zeros(_N_BINS), np.zeros(_N_BINS)
    for path in paths:
        with EventFile(path) as file:
            card = _card(file)
            names = [column, *(["weight"] if "weight" in file.columns else [])]
            for columns in file.iterate(names):
                weights = columns.get("weight")
                counts += np.histogram(columns[column], edges, weights=weights)[0]
                squares += np.histogram(
                    columns[column], edges, weights=None if weights is None else np.asarray(weights) ** 2
                )[0]
    measured = kind == "measured"
    what = "energies that another program measured" if measured else "simulated true events"
    figure = TrueEventsFigure(
        edges=edges,
        counts=counts,
        sigma=np.sqrt(squares),
        title=f"{kind.capitalize()} {'energies' if measured else 'events'} of {_names(paths)}",
        note=(f"{card.name}: {card.model.label}; {what}, {_names(paths)}",),
        measured=measured,
    )
    return Picture(draw=figure.draw, data=figure.numbers())


def _largest(path: Path, column: str) -> float:
    with EventFile(path) as file:
        parts = (columns[column] for columns in file.iterate([column]))
        return max((float(np.max(part)) for part in parts if len(part)), default=0.0)


def _names(paths: Sequence[Path]) -> str:
    return paths[0].name if len(paths) == 1 else f"{paths[0].name} to {paths[-1].name}"
