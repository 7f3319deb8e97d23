"""Statistics of toys, one row a toy, in a file: minima, differences of two models, limits."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from detsim.event_files import Branch, Compression, TableFile, TableWriter, row_bytes
from detsim.files import Former
from macros.setup import check_room
from macros.terminal import Interrupted, command_line

__all__ = ["STATISTICS", "Statistic", "StatisticRows", "read_statistics", "say_how_to_go_on"]

Array = NDArray[np.float64]
Statistic = Literal["goodness", "comparison", "limit"]

_TREE = "statistics"
STATISTICS: dict[Statistic, dict[str, str]] = {
    "goodness": {"statistic": "minimum of -2 ln L/L_saturated, or of χ², of the toy; NaN if its fit failed"},
    "comparison": {
        "difference_a": "-2 ln L_A + 2 ln L_B of the toy that was thrown with A; NaN if a fit failed",
        "difference_b": "-2 ln L_A + 2 ln L_B of the toy that was thrown with B; NaN if a fit failed",
    },
    "limit": {"upper": "upper limit of the toy; infinite if it is open, or the fit failed"},
}
"""Branches of each kind, beside `toy`."""


class StatisticRows:
    """Counts toys as they are finished, and writes their statistics to a file, if there is to be one.

    Parameters
    ----------
    path : Path or None
        None: no file.
    statistic : {"goodness", "comparison", "limit"}
    origin : mapping
        Provenance.
    n : int
        Number of toys that are going to be thrown.
    first : int
        Index of the first.
    compression : {"zstd-1", "lz4-4", "none"}
    former : mapping of Path to FileStamp, optional
        What may be replaced, as for `detsim.files.atomic.WholeFile`.

    Raises
    ------
    ValueError
        If the disk has no room for them.
    """

    def __init__(
        self,
        path: Path | None,
        statistic: Statistic,
        origin: Mapping[str, Any],
        n: int,
        *,
        first: int = 0,
        compression: Compression = "zstd-1",
        former: Former | None = None,
    ) -> None:
        self.n_toys, self.first = 0, first
        self._names = tuple(STATISTICS[statistic])
        self._table: TableWriter | None = None
        if path is None:
            return
        branches = {
            "toy": Branch(dtype="int64", description="index of the toy: with card, seed and data it fixes it")
        }
        branches |= {
            name: Branch(dtype="float64", description=text) for name, text in STATISTICS[statistic].items()
        }
        check_room(path, n, row_bytes(branches))
        provenance = {**origin, "statistic": statistic}
        self._table = TableWriter(
            path, _TREE, branches, provenance=provenance, compression=compression, former=former
        )

    @property
    def last(self) -> int:
        """Index of the last toy so far."""
        return self.first + self.n_toys - 1

    def add(self, start: int, statistics: Array) -> None:
        """Add toys from the index `start` on, by their statistics, shape (n,) or (n_statistics, n)."""
        rows = np.atleast_2d(statistics)
        self.n_toys += rows.shape[1]
        if self._table is not None:
            toy = np.arange(start, start + rows.shape[1], dtype=np.int64)
            self._table.extend({"toy": toy, **dict(zip(self._names, rows, strict=True))})

    def finish(self, **provenance: Any) -> None:
        """Make the file whole; the provenance gets what became known while the toys were thrown."""
        if self._table is not None:
            self._table.finish({"first": self.first, "last": self.last}, provenance=provenance)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._table is not None:
            self._table.__exit__(kind, error, trace)


def read_statistics(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read the provenance and the columns of a file of statistics.

    Raises
    ------
    FileError
        If the file is missing, foreign, not whole, or joined by `hadd`.
    """
    with TableFile(path, _TREE) as table:
        return table.only_run()[0], table.arrays()


def say_how_to_go_on(
    output: Path | None,
    *,
    first: int,
    done: int,
    n: int,
    seed: int | None,
    option: str = "-n",
    what: Callable[[int, int], str] = lambda first, last: f"toys {first} to {last}",
) -> None:
    """End a study that was stopped, and say how the toys that are left are made.

    Parameters
    ----------
    output : Path or None
        The file; without one the result is that of the toys so far.
    first, done, n : int
        Index of the first toy, and how many were made of how many.
    seed : int or None
    option : str
        That takes the number of toys.
    what : callable
        Names the toys from their first and last index.

    Raises
    ------
    Interrupted
        If toys are left.
    """
    if done >= n:
        return
    last, following = first + done - 1, first + done
    changes = {"--seed": seed, "--first": following, option: first + n - following}
    if output is None:
        raise Interrupted(
            f"the result is that of {what(first, last)}; for the others: {command_line(changes)}, and -o "
            "FILE in both writes files that `nugauge merge` joins"
        )
    part = output.with_name(f"{output.stem}-from-{following}{output.suffix}")
    line = command_line({**changes, "-o": part})
    raise Interrupted(f"{output} holds {what(first, last)}; for the others: {line}")
