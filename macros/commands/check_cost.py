"""What a number of events, or of toys, costs: time and size of the file, from a trial that is thrown away."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from macros.card import Card

__all__ = ["RunCost", "events_cost", "toys_cost"]

_TRIAL = 3.0
"""Seconds of a trial, about."""
_MOST_EVENTS, _MOST_TOYS = 3_000_000, 100_000
"""Of a trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """Cost of a run with all processors, or with the card's `run.threads`.

    Parameters
    ----------
    n : int
        Events, or toys.
    seconds : float
    bytes : float
        Of the file.
    """

    n: int
    seconds: float
    bytes: float

    def document(self) -> dict[str, Any]:
        """Return the keys of the JSON output."""
        return {"n": self.n, "seconds": self.seconds, "bytes": self.bytes}


def events_cost(card: "Card", n: int) -> RunCost:
    """Estimate what `nugauge simulate --events n` of a card of one experiment takes."""
    from macros.runs import produce

    def make(rows: int, path: Path) -> None:
        produce(card, path, seed=card.run.seed or 0, n=rows)

    return _cost(make, n, most=_MOST_EVENTS, card=card)


def toys_cost(card: "Card", n: int) -> RunCost:
    """Estimate what `nugauge toys -n n` of a card takes, without its audit."""
    from macros.runs import provenance
    from macros.setup import using_threads
    from macros.studies import prepare_toys, write_toys

    seeded = card.seeded(card.run.seed or 0)
    origin = {**provenance(seeded, 0, "toys"), "level": card.fit.limit_level}

    def make(rows: int, path: Path) -> None:
        run = prepare_toys(seeded, rows, level=None, events=False, fitted=True)
        with using_threads(card.run.threads):
            write_toys(run, path, origin, former=None, on_toys=lambda _: None)

    return _cost(make, n, most=_MOST_TOYS, card=card)


def _cost(make: Callable[[int, Path], None], n: int, *, most: int, card: "Card") -> RunCost:
    from macros.setup import measure_rows

    with tempfile.TemporaryDirectory(prefix="nugauge-") as directory:
        path = Path(directory) / "trial.root"
        trial = measure_rows(
            lambda rows: make(rows, path),
            path,
            n,
            seconds=_TRIAL,
            threads=card.run.threads or os.cpu_count() or 1,
            most=most,
        )
    return RunCost(n=n, seconds=trial.time(n), bytes=trial.chunk_bytes + n * trial.bytes)
