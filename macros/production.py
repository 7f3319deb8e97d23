"""Event files from cards: streaming, with the verdict of the deterministic twin."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.comparison import Comparison, compare, compare_weighted
from detsim.distance import bin_numbers
from detsim.eventfile import EventWriter, RunInfo, event_columns
from detsim.experiment import Experiment
from detsim.folding import fold
from detsim.occurrence import Occurrence, needs_places
from detsim.simulation import CHUNK, draw_measured, draw_true, event_plan, number_of_events
from macros.card import Card
from macros.card.files import used_files
from macros.cutoff import cutoff_facts
from simgen.events import Events
from simgen.models import Model
from simgen.plan import Plan
from simgen.random import check_seed

__all__ = [
    "Production",
    "Tally",
    "check_counts",
    "expected_counts",
    "mean_cross_section",
    "produce",
    "provenance",
]

Array = NDArray[np.float64]
Stage = Literal["generate", "simulate"]

_NOTHING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Production:
    """What a production made.

    Parameters
    ----------
    file : Path
    seed : int
    n_generated, n_written : int
    expected : float
        Mean number of events to be written.
    comparison : Comparison or None
        Measured spectrum against quadrature; None for true events.
    seconds : float
    """

    file: Path
    seed: int
    n_generated: int
    n_written: int
    expected: float
    comparison: Comparison | None
    seconds: float

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        comparison = self.comparison
        return {
            "file": str(self.file),
            "seed": self.seed,
            "n_generated": self.n_generated,
            "n_written": self.n_written,
            "expected": self.expected,
            "chi2": comparison.chi2 if comparison else None,
            "ndof": comparison.ndof if comparison else None,
            "p_value": comparison.p_value if comparison else None,
            "events_per_second": self.n_generated / self.seconds,
        }


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
        "components": components,
        "model": card.model.label,
        **cutoff_facts(card),
    }


def expected_counts(experiment: Experiment, model: Model) -> Array:
    """Compute the expected counts with both flow bins, shape (n_bins + 2,).

    Raises
    ------
    ValueError
        If fewer than 1e-6 counts are expected in the bins.
    """
    folded = fold(experiment, model)
    counts = folded.signal(model) + folded.backgrounds.sum(axis=0)
    check_counts(float(counts[1:-1].sum()), experiment)
    return np.asarray(counts)


def check_counts(expected: float, experiment: Experiment) -> None:
    """Refuse an experiment that sees nothing.

    Raises
    ------
    ValueError
        If fewer than 1e-6 counts are expected in the bins.
    """
    if expected < _NOTHING:
        detector = experiment.detector
        low, high = 1000 * detector.edges[0], 1000 * detector.edges[-1]
        raise ValueError(
            f"only {expected:.2g} counts are expected in the bins: the threshold of "
            f"{1000 * detector.threshold:g} keV and the bins from {low:g} to {high:g} keV leave "
            "nothing of this source, or it is too weak; check detector.threshold, detector.bins, the number "
            "of electrons, source and exposure"
        )


def produce(
    card: Card,
    path: Path,
    *,
    seed: int,
    n: int | None = None,
    experiments: int = 0,
    first: int = 0,
    detected: bool = True,
    advance: Callable[[float], None] | None = None,
) -> Production:
    """Draw the events of a card and write them to a file.

    Parameters
    ----------
    card : Card
    path : Path
    seed : int
    n : int, optional
        Exactly so many events, before any cut; without it a Poisson number for the card's exposure.
    experiments : int
        So many pseudo-experiments of a Poisson number of events each; 0 for a plain run.
    first : int
        Index of the first event, or of the first pseudo-experiment.
    detected : bool
        False writes the true events.
    advance : callable, optional
        Called with the number of events drawn, to show progress.

    Returns
    -------
    Production
    """
    check_seed(seed)
    start = time.perf_counter()
    experiment, model = card.experiment, card.model
    prepared = event_plan(experiment, model)
    expected = expected_counts(experiment, model) if detected else None
    columns = event_columns(
        detected=detected,
        distance=experiment.detector.distance is not None,
        experiments=experiments > 0,
        vertex="vertex" in card.run.columns or (not detected and needs_places(experiment, model)),
        time="time" in card.run.columns,
        cos_theta="cos_theta" in card.run.columns,
    )
    command = "simulate" if detected else "generate"
    tally = Tally(experiment)
    with EventWriter(
        path,
        columns=columns,
        provenance={
            **provenance(card, seed, command),
            "run": {"first": first, "events": n, "experiments": experiments},
        },
        precision=card.run.precision,
        compression=card.run.compression,
    ) as writer:
        occurrence: list[Occurrence] = [c for c in ("vertex", "time") if c in card.run.columns]
        draw = partial(draw_measured if detected else draw_true, prepared, experiment, model, seed=seed)
        for events in _events(partial(draw, columns=occurrence), prepared, seed, n, experiments, first):
            writer.extend(events)
            tally.add(events)
            if advance is not None:
                advance(events.n_generated)
        exposures = experiments or (tally.n_generated / prepared.expected if n is not None else 1)
        writer.finish(
            RunInfo(
                n_events=tally.n_written,
                n_generated=tally.n_generated,
                sum_w=tally.sum_w,
                sum_w2=tally.sum_w2,
                equivalent_exposure=exposures * experiment.exposure.duration,
                cross_section=mean_cross_section(card),
                first=0 if experiments else first,
                last=-1 if experiments else first + tally.n_generated - 1,
                first_experiment=first if experiments else 0,
                n_experiments=experiments,
            )
        )
    comparison = None
    mean = exposures * prepared.expected
    if expected is not None:
        mean = exposures * float(expected.sum())
        comparison = tally.compare(exposures * expected, n_drawn=tally.n_generated if n is not None else None)
    return Production(
        file=path,
        seed=seed,
        n_generated=tally.n_generated,
        n_written=tally.n_written,
        expected=mean,
        comparison=comparison,
        seconds=time.perf_counter() - start,
    )


class Tally:
    """Counts of what has been written, per bin with both flow bins, and of what was drawn."""

    def __init__(self, experiment: Experiment) -> None:
        self._detector = experiment.detector
        self._weighted = False
        self.counts = np.zeros(experiment.detector.n_bins + 2)
        self.squares = np.zeros(experiment.detector.n_bins + 2)
        self.sum_w = self.sum_w2 = 0.0
        self.n_generated = 0
        self.n_written = 0

    def add(self, events: Events) -> None:
        """Count events that are written."""
        self.n_generated += events.n_generated
        self.n_written += len(events)
        w = np.ones(len(events)) if events.weight is None else events.weight
        self._weighted |= events.weight is not None
        self.sum_w += float(np.sum(w))
        self.sum_w2 += float(np.sum(w**2))
        if events.T_reco is not None:
            index = bin_numbers(self._detector, events.T_reco, events.L_reco)
            self.counts += np.bincount(index, w, minlength=len(self.counts))
            self.squares += np.bincount(index, w**2, minlength=len(self.counts))

    def compare(self, expected: Array, *, n_drawn: int | None = None) -> Comparison:
        """Compare the counts, or sums of weights, with their expectation."""
        if self._weighted:
            return compare_weighted(self.counts, self.squares, expected, n_drawn=n_drawn)
        return compare(self.counts, expected, n_drawn=n_drawn)


def _events(
    draw: Callable[..., Events],
    prepared: Plan,
    seed: int,
    n: int | None,
    experiments: int,
    first: int,
) -> Iterator[Events]:
    """Draw chunk by chunk: a plain run, or one pseudo-experiment after the other."""
    runs = [(k, (k,)) for k in range(first, first + experiments)] if experiments else [(None, ())]
    for number, identity in runs:
        begin = first if number is None else 0
        total = n
        if total is None:
            total = max(number_of_events(prepared, seed=seed, identity=identity) - begin, 0)
        for offset in range(0, total, CHUNK):
            size = min(CHUNK, total - offset)
            events = draw(size, first=begin + offset, identity=identity)
            if number is not None:
                events = replace(events, experiment=np.full(len(events), number, np.int64))
            yield events


def mean_cross_section(card: Card) -> float:
    """Compute the cross section per neutrino, averaged over the source, above generate_above [cm²]."""
    from simgen.rate import mean_sigma

    experiment = card.experiment
    total = sum(
        mean_sigma(c, card.model, T_low=experiment.generate_above) for c in experiment.source.components
    )
    return total / experiment.source.intensity
