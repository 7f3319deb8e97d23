"""Totals of the toys of a run while they are written, and the picture of them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.fits import Audit, audit_sample
from analysis.pseudo_experiments import (
    FAILED,
    METHODS,
    RETRIED,
    Auditor,
    check_part,
    n_worst,
    no_toys,
)
from detsim.files import Former
from macros.setup import FigurePlan
from macros.studies.statistic_files import say_how_to_go_on
from macros.studies.toys import Columns, ToyRun
from macros.terminal import format_number, message, number_of, say, warn
from macros.words import audit_document, check_audit, check_failed, say_audit
from simgen.process import working_time

if TYPE_CHECKING:
    from macros.card import Card

__all__ = ["EventTally", "ToyTally"]


class EventTally:
    """Counts toys, and their events if they are drawn event by event, and how long that took."""

    def __init__(self) -> None:
        self.n_toys = 0
        self.number: int | None = None
        self._start = working_time()

    def add(self, columns: Columns) -> None:
        """Add a chunk of toys."""
        self.n_toys += len(columns["toy"])
        if "n_events" in columns:
            self.number = (self.number or 0) + int(columns["n_events"].sum())

    @property
    def rate(self) -> float | None:
        """Events per second so far; None if none are drawn, as for the number."""
        return None if self.number is None else self.number / (working_time() - self._start)

    def document(self) -> dict[str, Any]:
        """Return keys of the JSON output."""
        return {"n_events": self.number, "events_per_second": self.rate}


@dataclass(kw_only=True)
class ToyTally:
    """Counts, audits and bins the toys of a run, chunk by chunk.

    Parameters
    ----------
    run : ToyRun
    n_audit : int
        Toys to be fitted again.
    audit_of : int, optional
        Number of toys of a study of which these are a part, and to whose audit they belong.
    """

    run: ToyRun
    n_audit: int
    audit_of: int | None = None

    def __post_init__(self) -> None:
        check_part(self.run.n, self.run.first, self.audit_of)
        first, n = (self.run.first, self.run.n) if self.audit_of is None else (0, self.audit_of)
        is_part = self.audit_of is not None
        self.n_toys = self.n_failed = self.n_retried = 0
        self.drawn = EventTally()
        self._start = working_time()
        self._auditor = Auditor(
            fitter=self.run.fitter,
            level=self.run.level,
            methods=METHODS,
            sample=audit_sample(self.run.seed or 0, n, self.n_audit, first=first),
            worst=min(self.n_audit, 1) if is_part else n_worst(self.n_audit),
            most=1 if is_part else None,
        )
        self._audited: tuple[int, Audit] | None = None
        self._spread = no_toys(self.run.fitter, level=self.run.level) if self.run.fitted else None

    @property
    def audit(self) -> Audit | None:
        """What became of the toys so far that were fitted again; None where none were to be."""
        if not (self.n_audit and self.run.fitted):
            return None
        if self._audited is None or self._audited[0] != self.n_toys:
            self._audited = self.n_toys, self._auditor.result()
        return self._audited[1]

    @property
    def last(self) -> int:
        """Index of the last toy so far."""
        return self.run.first + self.n_toys - 1

    def add(self, columns: Columns) -> None:
        """Add a chunk."""
        start, n = self.run.first + self.n_toys, len(columns["toy"])
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
        counted = {"n_failed": self.n_failed, "n_retried": self.n_retried} if self.run.fitted else {}
        return {**counted, "audit": audit_document(self.audit)}

    @property
    def toys_per_second(self) -> float:
        """So far."""
        return self.n_toys / (working_time() - self._start)

    def document(self) -> dict[str, Any]:
        """Return keys of the JSON output."""
        expected = self.run.expected_events
        return {
            "n_toys": self.n_toys,
            "toys_per_second": self.toys_per_second,
            **self.drawn.document(),
            "expected_events": None if expected is None else self.n_toys * expected,
            "n_failed": self.n_failed,
            "n_retried": self.n_retried,
            "complete": self.n_toys == self.run.n,
            "seed": self.run.seed,
            "audit": audit_document(self.audit),
        }

    def say(self, file: Path) -> None:
        """Write the same for a person."""
        seed = "of the data" if self.run.seed is None else self.run.seed
        say(f"{file}: {number_of(self.n_toys, 'toy')}, {self.n_failed} failed, seed {seed}")
        expected = self.run.expected_events
        if expected is not None:
            mean = format_number(self.n_toys * expected, 6)
            say(f"{number_of(self.drawn.number or 0, 'event')} drawn, measured and counted, expected {mean}")
            message(f"{format_number(self.drawn.rate or 0.0, 3)} events/s")
        message(f"{format_number(self.toys_per_second, 3)} toys/s")
        if self.n_retried:
            say(f"{self.n_retried} were fitted by MINUIT, because the compiled fit did not converge")
        say_audit(self.audit, reached=self._auditor.reached)
        if self.run.seed is None and len(self.run.fitter.templates.names) > 1:
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
        say_how_to_go_on(file, first=self.run.first, done=self.n_toys, n=self.run.n, seed=self.run.seed)
        check_failed(self.n_failed, self.run.n, max_failed, where=f"{file} holds them, bit 1 of their status")
        check_audit(self.audit, where=f"{file} holds all toys as they were fitted")

    def draw(self, figures: FigurePlan, card: "Card", former: Former) -> list[str]:
        """Draw pulls and limits; return the names of the files."""
        from macros.plots import Picture, toys_data, toys_plot

        if self._spread is None:
            raise ValueError("toys that were not fitted have no pulls and no limits")
        note = (f"{card.name}: {card.model.label}; simulated counts of pseudo-experiments",)
        draw = partial(toys_plot, self._spread, note=note)
        return figures.write(Picture(draw=draw, data=toys_data(self._spread, note=note)), former=former)
