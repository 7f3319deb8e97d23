"""Pseudo-experiments of a card: thrown or stored, fitted, and written to a file."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.fits import Fitter
from analysis.pseudo_experiments import (
    METHODS,
    Thrower,
    WeightedThrower,
    WeightModel,
    fit_stored,
    toy_branches,
    toys,
    weighted_toys,
)
from analysis.settings import Keep, wrong_level
from analysis.studies import Tally, over_by_design, tally
from detsim.event_files import Branch, Compression, TableWriter, row_bytes
from detsim.files import Former
from macros.card import Card, ToyColumns
from macros.setup import StoredCounts, check_room, open_fitter, stored_counts, using_threads, whole_number
from macros.studies.datasets import DataSets, toy_weights
from macros.studies.sum_files import write_coverage_sums
from macros.terminal import LARGEST_STUDY, interactive_progress

__all__ = [
    "Columns",
    "ToyRun",
    "confidence_level",
    "open_toys",
    "prepare_toys",
    "throw_toys",
    "toy_weights",
    "write_toys",
]

_BASKET_BYTES = 4_000_000
"""Size of the rows that are written at once: the last ones are written when no toys are left to be fitted."""

Columns = dict[str, NDArray[Any]]


def confidence_level(card: Card, level: float | None) -> float:
    """Take a confidence level that is given, or the card's of limits.

    Raises
    ------
    ValueError
        If it does not lie between 0 and 1.
    """
    if level is None:
        return card.fit.limit_level
    if not 0 < level < 1:
        raise ValueError(wrong_level("level", level))
    return float(level)


@dataclass(frozen=True, kw_only=True)
class ToyRun:
    """Pseudo-experiments of a card, ready to be thrown, or stored ones ready to be fitted.

    Parameters
    ----------
    card : Card
        With a seed, unless they are stored.
    fitter : Fitter
        Of the card.
    first, n : int
        Index of the first, and how many.
    level : float
        Confidence level of the intervals.
    events : bool
        Whether every event is simulated, instead of throwing counts per bin.
    fitted : bool
        Whether they are fitted.
    weights : WeightModel or None
        Of the events of weighted data: pseudo-experiments are then sums of such weights.
    stored : StoredCounts or None
        Pseudo-experiments of an event file.
    """

    card: Card
    fitter: Fitter
    first: int
    n: int
    level: float
    events: bool
    fitted: bool
    weights: WeightModel | None = None
    stored: StoredCounts | None = None

    @property
    def seed(self) -> int | None:
        """Seed of those that are thrown; None for stored ones."""
        return None if self.stored is not None else int(self.card.run.seed or 0)

    @cached_property
    def _thrower(self) -> Thrower:
        drawn = self.card.fit.drawn
        return Thrower(fitter=self.fitter, seed=int(self.seed or 0), events=self.events, drawn=drawn)

    @property
    def expected_events(self) -> float | None:
        """Mean number of events of each; None where none are simulated."""
        return self._thrower.expected_events if self.events else None

    @property
    def branches(self) -> Mapping[str, Branch]:
        """Branches of their file."""
        weighted = self.weights is not None
        return toy_branches(
            self.fitter, level=self.level, fitted=self.fitted, events=self.events, weighted=weighted
        )

    def chunks(self) -> Iterator[Columns]:
        """Throw them, or take the stored ones, and fit them, chunk by chunk."""
        if self.stored is not None:
            found = fit_stored(self.fitter, self.stored.counts, level=self.level)
            yield found | {"toy": self.stored.numbers}
        elif self.weights is not None:
            throws = WeightedThrower(thrower=self._thrower, weights=self.weights)
            yield from weighted_toys(throws, self.n, first=self.first, level=self.level, fitted=self.fitted)
        else:
            yield from toys(self._thrower, self.n, first=self.first, level=self.level, fitted=self.fitted)


def prepare_toys(
    card: Card,
    n: int,
    *,
    first: int = 0,
    level: float | None,
    events: bool = False,
    fitted: bool = True,
    weights: DataSets | None = None,
    data: Path | None = None,
) -> ToyRun:
    """Prepare pseudo-experiments of a card.

    Parameters
    ----------
    card : Card
    n, first, level, events, fitted
        As for `ToyRun`; the level is the card's of limits if it is None.
    weights : DataSets, optional
        Weighted data, whose weights and exposures the pseudo-experiments have.
    data : Path, optional
        Event file whose pseudo-experiments are taken, all of them, instead of throwing n.

    Raises
    ------
    ValueError
        If a number is out of its range, or data have no weights or do not belong to the card.
    FileError
        If a file is incomplete, foreign or damaged.
    """
    confidence, model = confidence_level(card, level), toy_weights(weights, events=events)
    fitter = open_fitter(card, experiments=weights.experiments if weights else None)
    stored = None if data is None else stored_counts(card, data)
    if stored is not None:
        n, first = len(stored.counts), int(stored.numbers[0])
    return ToyRun(
        card=card,
        fitter=fitter,
        first=first,
        n=n,
        level=confidence,
        events=events,
        fitted=fitted,
        weights=model,
        stored=stored,
    )


def throw_toys(
    card: Card,
    n: int,
    *,
    first: int,
    level: float | None,
    events: bool,
    fitted: bool,
    weights: DataSets | None = None,
) -> dict[str, NDArray[np.generic]]:
    """Throw and fit pseudo-experiments of a card that has a seed; see `Card.toys`."""
    n, first = whole_number("n", n, least=1, most=LARGEST_STUDY), whole_number("first", first)
    run = prepare_toys(card, n, first=first, level=level, events=events, fitted=fitted, weights=weights)
    with using_threads(card.run.threads), interactive_progress("toys", n, "toys") as advance:
        chunks = []
        for chunk in run.chunks():
            chunks.append(chunk)
            advance(len(chunk["toy"]))
    columns = {name: np.concatenate([chunk[name] for chunk in chunks]) for name in chunks[0]}
    return ToyColumns(columns, run.fitter.templates.poi)


def open_toys(
    path: Path,
    branches: Mapping[str, Branch],
    n: int,
    origin: Mapping[str, Any],
    *,
    compression: Compression,
    former: Former | None,
) -> TableWriter:
    """Open a file for a number of toys; `former` tells which existing files it may replace.

    Raises
    ------
    ValueError
        If the disk has no room for them.
    """
    check_room(path, n, row_bytes(branches))
    return TableWriter(
        path, "toys", branches, provenance=origin, compression=compression, former=former,
        basket_bytes=_BASKET_BYTES,
    )  # fmt: skip


def write_toys(
    run: ToyRun,
    path: Path,
    provenance: Mapping[str, Any],
    *,
    former: Former | None,
    on_toys: Callable[[Columns], None],
    stopped: Callable[[], bool] = lambda: False,
    found: Callable[[], Mapping[str, Any]] = dict,
    keep: Keep = "rows",
) -> None:
    """Throw and fit the pseudo-experiments of a run, and write them, or their sums, to a file.

    Parameters
    ----------
    run : ToyRun
    path : Path
    provenance : mapping
    former : mapping of Path to FileStamp or None
        What may be replaced, as for `detsim.files.atomic.WholeFile`.
    on_toys : callable
        Called with every chunk that was written.
    stopped : callable
        Whether to end after this chunk: the file then holds those so far.
    found : callable
        Returns at the end what the provenance says of these pseudo-experiments.
    keep : {"rows", "sums"}
        A row for each, or the sums of a coverage study at their true value.
    """
    compression = run.card.run.compression
    if keep == "sums":
        sums = _summed(run, on_toys, stopped)
        about = {
            "at": [sums.value],
            "ranges": [[run.first, run.first + sums.n_toys - 1]],
            "by_design": [list(sums.by_design)],
        }
        write_coverage_sums(
            path,
            [sums],
            {**provenance, **found(), **about},
            parameter=run.fitter.templates.poi,
            first=run.first,
            compression=compression,
            former=former,
        )
        return
    with open_toys(path, run.branches, run.n, provenance, compression=compression, former=former) as table:
        n = 0
        for columns in run.chunks():
            table.extend(columns)
            n += len(columns["toy"])
            on_toys(columns)
            if stopped():
                break
        table.finish({"first": run.first, "last": run.first + n - 1}, provenance=found())


def _summed(run: ToyRun, on_toys: Callable[[Columns], None], stopped: Callable[[], bool]) -> Tally:
    """Throw and fit the pseudo-experiments of a run, and add them up."""
    poi, total = run.fitter.templates.poi, None
    by_design = sorted(over_by_design(run.fitter, METHODS, run.level))
    for columns in run.chunks():
        total = tally(columns, poi, METHODS, total, by_design)
        on_toys(columns)
        if stopped():
            break
    if total is None:
        raise ValueError("there are no toys to be added up")
    return total
