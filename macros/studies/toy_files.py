"""Toys on their way to a file: the file opened, toys thrown and fitted chunk by chunk."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.pseudo_experiments import (
    Thrower,
    WeightedThrower,
    WeightModel,
    fit_stored,
    toys,
    weighted_toys,
)
from analysis.settings import Drawn
from detsim.event_files import Branch, Compression, TableWriter, row_bytes
from detsim.files import Former
from macros.setup import check_room
from macros.studies.toy_totals import Columns, ToyTally

if TYPE_CHECKING:
    from macros.setup import StoredCounts

__all__ = ["open_toys", "toy_chunks"]


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
