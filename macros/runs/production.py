"""Event files from cards: streaming, with the verdict of the deterministic twin."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.histograms import Comparison
from detsim.event_files import EventRows, EventWriter, RunInfo, event_branches, event_columns, row_bytes
from detsim.files import Former
from detsim.simulation import draw_measured, draw_true, drawn_columns, event_plan, needs_places
from macros.card import Card
from macros.runs.event_chunks import Draws
from macros.runs.event_totals import Tally
from macros.runs.file_series import EventSeries, Slice
from macros.runs.run_provenance import provenance
from macros.setup import Split, check_number, check_room, expected_counts, mean_cross_section
from macros.terminal import Interrupted, Progress, RunError, silent
from simgen.events import Events
from simgen.process import working_time
from simgen.random import check_seed
from simgen.threads import PART

__all__ = ["Production", "produce"]

Array = NDArray[np.float64]

CHUNK = 4 * PART
"""Events drawn at a time, on all threads."""


@dataclass(frozen=True, kw_only=True)
class Production:
    """What a production made.

    Parameters
    ----------
    file : Path
        As it was asked for.
    files : tuple of Path
        What was written.
    seed : int
    n_generated, n_written : int
    expected : float
        Mean number of events to be written.
    comparison : Comparison or None
        Measured spectrum against quadrature; None for true events.
    seconds : float
    """

    file: Path
    files: tuple[Path, ...]
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
            "files": [str(file) for file in self.files],
            "seed": self.seed,
            "n_generated": self.n_generated,
            "n_written": self.n_written,
            "expected": self.expected,
            "chi2": comparison.chi2 if comparison else None,
            "ndof": comparison.ndof if comparison else None,
            "p_value": comparison.p_value if comparison else None,
            "verdict": comparison.verdict if comparison else None,
            "events_per_second": self.n_generated / self.seconds,
        }


def produce(
    card: Card,
    path: Path,
    *,
    seed: int,
    n: int | None = None,
    experiments: int = 0,
    first: int = 0,
    detected: bool = True,
    split: Split = Split(),  # noqa: B008 (it is frozen)
    progress: Progress = silent,
    former: Former | None = None,
) -> Production:
    """Draw the events of a card and write them to a file, or to several.

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
    split : Split
        Where another file begins.
    progress : callable
        Shows how many events are drawn: see `macros.terminal.progress`.
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.
        Without it, the file of that name; of a series
        nothing.

    Returns
    -------
    Production

    Raises
    ------
    ValueError
        If the run has no event `first`.
    Interrupted, RunError
        By Ctrl-C or a full disk, if there are whole files: which, and how to make the others.
    """
    check_seed(seed)
    start = working_time()
    experiment, model = card.experiment, card.model
    prepared = event_plan(experiment, model)
    expected = expected_counts(experiment, model) if detected else None
    draws = Draws(prepared=prepared, seed=seed, n=n, experiments=experiments, first=first)
    rows = draws.mean * (1.0 if expected is None else float(expected.sum()) / prepared.expected)
    columns = _columns(card, detected=detected, experiments=experiments > 0)
    each = row_bytes(event_branches(columns, card.run.precision))
    check_room(path, rows, each)
    check_number(split, draws.mean, rows * each, most=experiments or math.inf)
    occurrence = drawn_columns(card.run.columns)
    draw = partial(draw_measured if detected else draw_true, prepared, experiment, model, seed=seed)
    of_file = EventRows.of(columns, card.run.precision, experiment)

    def prepared_rows(events: Events) -> tuple[Events, dict[str, NDArray[Any]], Tally]:
        counted = Tally(experiment)
        counted.add(events)
        return events, of_file.converted(events), counted

    tally = Tally(experiment)
    series = EventSeries(
        path,
        split=split,
        make=partial(_open_file, card, seed, detected=detected, experiments=experiments > 0),
        describe=partial(_describe, card, draws, mean_cross_section(card)),
        first=first,
        experiments=experiments > 0,
        former=former,
    )
    try:
        title = "simulating" if detected else "generating"
        with progress(title, draws.mean, "events") as advance, series:
            drawn = draws.events(partial(draw, columns=occurrence), prepared_rows, series, _chunk(split))
            for events, converted, counted in drawn:
                series.write(events, converted)
                tally.join(counted)
                advance(events.n_generated)
            series.finish()
    except (KeyboardInterrupt, OSError) as error:
        if not series.files:
            if isinstance(error, KeyboardInterrupt):
                raise Interrupted(draws.nothing(series)) from None
            raise
        kept = draws.kept(series)
        if isinstance(error, KeyboardInterrupt):
            raise Interrupted(kept) from None
        raise RunError(f"{getattr(error, 'strerror', None) or error}: {kept}") from error
    exposures = experiments or (1 if draws.poisson and not first else tally.n_generated / prepared.expected)
    comparison = None
    mean = exposures * prepared.expected
    if expected is not None:
        mean = exposures * float(expected.sum())
        fixed = not experiments and (not draws.poisson or first > 0)
        comparison = tally.compare(exposures * expected, n_drawn=tally.n_generated if fixed else None)
    return Production(
        file=path,
        files=tuple(series.files),
        seed=seed,
        n_generated=tally.n_generated,
        n_written=tally.n_written,
        expected=mean,
        comparison=comparison,
        seconds=working_time() - start,
    )


def _chunk(split: Split) -> int:
    """Choose the number of events to draw at a time: few enough to end a file in time."""
    return CHUNK if split.size is None else min(CHUNK, max(int(split.size / 200), 1000))


def _columns(card: Card, *, detected: bool, experiments: bool) -> Sequence[str]:
    """Name the columns of the events of a card."""
    return event_columns(
        detected=detected,
        distance=card.experiment.detector.distance is not None,
        experiments=experiments,
        vertex="vertex" in card.run.columns or (not detected and needs_places(card.experiment, card.model)),
        time="time" in card.run.columns,
        direction="direction" in card.run.columns,
        cos_theta="cos_theta" in card.run.columns,
    )


def _open_file(
    card: Card, seed: int, path: Path, *, detected: bool, experiments: bool, **replaced: Any
) -> EventWriter:
    """Open a file for the events of a card."""
    return EventWriter(
        path,
        columns=_columns(card, detected=detected, experiments=experiments),
        provenance=provenance(card, seed, "simulate" if detected else "generate"),
        precision=card.run.precision,
        compression=card.run.compression,
        format=card.run.format,
        experiment=card.experiment,
        **replaced,
    )


def _describe(card: Card, draws: Draws, cross_section: float, part: Slice) -> tuple[RunInfo, dict[str, Any]]:
    """Describe what of a run is in a file, and how it is made again."""
    several = draws.experiments > 0
    row = RunInfo(
        n_events=part.n_written,
        n_generated=part.n_drawn,
        sum_w=part.n_written,
        sum_w2=part.n_written,
        equivalent_exposure=draws.exposures(part) * card.experiment.exposure.duration,
        cross_section=cross_section,
        first=part.first,
        last=-1 if several else part.first + part.n_drawn - 1,
        first_experiment=part.first_experiment,
        n_experiments=part.n_experiments,
    )
    whole = draws.poisson and part.n_drawn == draws.total
    run = {
        "first": part.first_experiment if several else part.first,
        "events": None if several or whole else part.n_drawn,
        "experiments": part.n_experiments,
    }
    return row, {"run": run}
