"""What the toys of a run add up to while they are written, and the pictures of studies."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.fits import Audit, Fitter, audit_sample
from analysis.pseudo_experiments import (
    FAILED,
    METHODS,
    RETRIED,
    Auditor,
    Thrower,
    WeightedThrower,
    WeightModel,
    fit_stored,
    n_worst,
    no_toys,
    toys,
    weighted_toys,
)
from analysis.settings import Drawn
from detsim.event_files import Branch, Compression, TableWriter, row_bytes
from detsim.files import Former
from macros.plots import write_figure
from macros.setup import check_room
from macros.terminal import Interrupted, format_number, message, say, warn
from macros.words import audit_document, check_audit, check_failed, say_audit

if TYPE_CHECKING:
    from analysis.studies import CoverageStudy
    from macros.card import Card
    from macros.setup import StoredCounts

__all__ = ["EventTally", "ToyTally", "draw_coverage", "judge_coverage", "open_toys", "toy_chunks"]

Columns = dict[str, NDArray[Any]]


class EventTally:
    """Counts toys, and their events if they are drawn event by event, and how long that took."""

    def __init__(self) -> None:
        self.n_toys = 0
        self.number: int | None = None
        self._start = time.perf_counter()

    def add(self, columns: Columns) -> None:
        """Add a chunk of toys."""
        self.n_toys += len(columns["toy"])
        if "n_events" in columns:
            self.number = (self.number or 0) + int(columns["n_events"].sum())

    @property
    def rate(self) -> float | None:
        """Events per second so far; None if none are drawn, as for the number."""
        return None if self.number is None else self.number / (time.perf_counter() - self._start)

    def document(self) -> dict[str, Any]:
        """Return keys of the JSON output."""
        return {"n_events": self.number, "events_per_second": self.rate}


@dataclass(kw_only=True)
class ToyTally:
    """Counts, audits and bins the toys of a run, chunk by chunk.

    Parameters
    ----------
    fitter : Fitter
    level : float
        Confidence level of the intervals.
    seed : int or None
        None for stored toys.
    first, total : int
        Index of the first toy, and how many were asked for.
    fitted : bool
        Whether they are fitted.
    n_audit : int
        Toys to be fitted again.
    """

    fitter: Fitter
    level: float
    seed: int | None
    first: int
    total: int
    fitted: bool
    n_audit: int

    def __post_init__(self) -> None:
        self.n_toys = self.n_failed = self.n_retried = 0
        self.drawn = EventTally()
        self.expected_events: float | None = None
        self._start = time.perf_counter()
        self._auditor = Auditor(
            fitter=self.fitter,
            level=self.level,
            methods=METHODS,
            sample=audit_sample(self.seed or 0, self.total, self.n_audit, first=self.first),
            worst=n_worst(self.n_audit),
        )
        self._audited: tuple[int, Audit] | None = None
        self._spread = no_toys(self.fitter, level=self.level) if self.fitted else None

    @property
    def audit(self) -> Audit | None:
        """What became of the toys so far that were fitted again; None where none were to be."""
        if not (self.n_audit and self.fitted):
            return None
        if self._audited is None or self._audited[0] != self.n_toys:
            self._audited = self.n_toys, self._auditor.result()
        return self._audited[1]

    @property
    def last(self) -> int:
        """Index of the last toy so far."""
        return self.first + self.n_toys - 1

    def add(self, columns: Columns) -> None:
        """Add a chunk."""
        start, n = self.first + self.n_toys, len(columns["toy"])
        self.n_toys += n
        self.drawn.add(columns)
        if self._spread is None:
            return
        self.n_failed += int(np.count_nonzero(columns["status"] & FAILED))
        self.n_retried += int(np.count_nonzero(columns["status"] & RETRIED))
        self._spread = self._spread.with_toys(columns)
        if self.n_audit:
            self._auditor.add(columns, start)

    def provenance(self) -> dict[str, Any]:
        """Return what the file says of its toys."""
        counted = {"n_failed": self.n_failed, "n_retried": self.n_retried} if self.fitted else {}
        return {**counted, "audit": audit_document(self.audit)}

    @property
    def toys_per_second(self) -> float:
        """So far."""
        return self.n_toys / (time.perf_counter() - self._start)

    def document(self) -> dict[str, Any]:
        """Return keys of the JSON output."""
        expected = self.expected_events
        return {
            "n_toys": self.n_toys,
            "toys_per_second": self.toys_per_second,
            **self.drawn.document(),
            "expected_events": None if expected is None else self.n_toys * expected,
            "n_failed": self.n_failed,
            "n_retried": self.n_retried,
            "complete": self.n_toys == self.total,
            "seed": self.seed,
            "audit": audit_document(self.audit),
        }

    def say(self, file: Path) -> None:
        """Write the same for a person."""
        seed = "of the data" if self.seed is None else self.seed
        say(f"{file}: {self.n_toys} toys, {self.n_failed} failed, seed {seed}")
        if self.expected_events is not None:
            mean = format_number(self.n_toys * self.expected_events, 6)
            say(f"{self.drawn.number} events drawn, measured and counted, expected {mean}")
            message(f"{format_number(self.drawn.rate or 0.0, 3)} events/s")
        message(f"{format_number(self.toys_per_second, 3)} toys/s")
        if self.n_retried:
            say(f"{self.n_retried} were fitted by MINUIT, because the compiled fit did not converge")
        say_audit(self.audit, reached=int(np.count_nonzero(self._auditor.sample <= self.last)))
        if self.seed is None and len(self.fitter.templates.names) > 1:
            warn(
                "stored experiments have no auxiliary measurements of their own: the normalisations are "
                "nominal in all of them, and the estimates scatter less than their errors"
            )

    def judge(self, file: Path, max_failed: float) -> None:
        """Say how to go on with a run that was stopped, and end one of which too many toys failed.

        Raises
        ------
        Interrupted, RunError
        """
        left = self.total - self.n_toys
        if left:
            raise Interrupted(
                f"{file} holds toys {self.first} to {self.last}; for the others: --seed {self.seed} "
                f"--first {self.last + 1} -n {left} "
                f"-o {file.with_name(f'{file.stem}-from-{self.last + 1}{file.suffix}')}"
            )
        check_failed(self.n_failed, self.total, max_failed, where=f"{file} holds them, bit 1 of their status")
        check_audit(self.audit, where=f"{file} holds all toys as they were fitted")

    def draw(self, path: Path, card: "Card", former: Former) -> list[str]:
        """Draw pulls and limits; return the names of the files."""
        from macros.plots import toys_data, toys_plot

        if self._spread is None:
            raise ValueError("toys that were not fitted have no pulls and no limits")
        note = (f"{card.name}: {card.model.label}",)
        data = toys_data(self._spread, note=note)
        return write_figure(path, toys_plot(self._spread, note=note), data, former=former)


def open_toys(
    path: Path,
    branches: Mapping[str, Branch],
    n: int,
    origin: Mapping[str, Any],
    *,
    compression: Compression,
    former: Former,
) -> TableWriter:
    """Open a file for so many toys, which replaces what `former` allows.

    Raises
    ------
    ValueError
        If the disk has no room for them.
    """
    check_room(path, n, row_bytes(branches))
    return TableWriter(path, "toys", branches, provenance=origin, compression=compression, former=former)


def toy_chunks(
    seen: ToyTally,
    stored: "StoredCounts | None",
    *,
    events: bool,
    drawn: Drawn,
    weights: WeightModel | None = None,
) -> Iterator[Columns]:
    """Throw the toys of a run, or take the stored ones, and fit them.

    Parameters
    ----------
    seen : ToyTally
    stored : StoredCounts or None
    events, drawn
        As for `analysis.pseudo_experiments.throw.Thrower`.
    weights : WeightModel, optional
        Of the events of weighted data: toys are then sums of such weights.
    """
    if stored is not None:
        yield fit_stored(seen.fitter, stored.counts, level=seen.level) | {"toy": stored.numbers}
        return
    thrower = Thrower(fitter=seen.fitter, seed=int(seen.seed or 0), events=events, drawn=drawn)
    seen.expected_events = thrower.expected_events if events else None
    if weights is not None:
        throws = WeightedThrower(thrower=thrower, weights=weights)
        yield from weighted_toys(throws, seen.total, first=seen.first, level=seen.level, fitted=seen.fitted)
        return
    yield from toys(thrower, seen.total, first=seen.first, level=seen.level, fitted=seen.fitted)


def draw_coverage(path: Path, study: "CoverageStudy", card: "Card", former: Former) -> list[str] | None:
    """Draw a coverage study; return the names of the files, or None where no true value is complete."""
    from macros.plots import coverage_data, coverage_plot

    if not study.points:
        return None
    note = (f"{card.name}: {card.model.label}",)
    data = coverage_data(study, note=note)
    return write_figure(path, coverage_plot(study, note=note), data, former=former)


def judge_coverage(
    study: "CoverageStudy",
    values: Sequence[float],
    n: int,
    seed: int,
    output: Path | None,
    max_failed: float,
) -> None:
    """Say how to go on with a study that was stopped, and end one of which too many toys failed.

    Parameters
    ----------
    study : CoverageStudy
    values : sequence of float
        True values that were asked for, with n toys each.
    n, seed : int
    output : Path or None
        The toy file.
    max_failed : float

    Raises
    ------
    Interrupted, RunError
    """
    complete = len(study.points)
    if complete < len(values):
        left = ",".join(f"{v!r}" for v in values[complete:])
        unwritten = f", and {output} was not written" if output else ""
        raise Interrupted(
            f"{complete} of {len(values)} true values are complete{unwritten}; for the others: --seed {seed} "
            f"--at {left}"
        )
    n_failed = sum(p.n_failed for p in study.points)
    where = "they count as not covered" + (f", and {output} holds them" if output else "")
    check_failed(n_failed, len(values) * n, max_failed, where=where)
    check_audit(study.audit, where=f"{output} holds all toys as they were fitted" if output else "")
