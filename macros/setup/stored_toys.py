"""One toy of a file that `nugauge toys` or `coverage` wrote, as data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.model import Nuisance
from analysis.pseudo_experiments import column_name
from detsim.event_files import TableFile, table_name
from detsim.files import FileError
from macros.card import Card
from macros.setup.compatibility import check_card
from macros.terminal import ToyChoice

__all__ = ["Toy", "read_toy"]

_MAY_DIFFER = {"model", "fit", "run"}
"""Tables in which a card may differ from that of its toys: another model may be fitted to them."""
_STEP = 100_000


@dataclass(frozen=True, kw_only=True)
class Toy:
    """Counts and auxiliary measurements of a toy.

    Parameters
    ----------
    source : str
        File and number.
    counts : ndarray, shape (n_bins,)
        Of several experiments one after the other.
    measured : mapping of str to float
        Auxiliary measurements by the names of their columns, as the fit reports the parameters.
    """

    source: str
    counts: NDArray[np.float64]
    measured: Mapping[str, float] = field(default_factory=dict)

    def pulls(self, nuisances: tuple[Nuisance, ...]) -> NDArray[np.float64]:
        """Return the auxiliary measurements as pulls; of a free parameter 0.

        Raises
        ------
        ValueError
            If the toy has none of one of them.
        """
        pulls = []
        for n in nuisances:
            column = f"measured_{column_name(n.name)}"
            if n.constraint == "free":
                pulls.append(0.0)
            elif column in self.measured:
                pulls.append(float(n.pull(self.measured[column])))
            else:
                raise ValueError(f"{self.source} has no measurement of {n.name}, no column {column}")
        return np.array(pulls)


def read_toy(card: Card, path: Path, choice: ToyChoice) -> Toy:
    """Read one toy of a file.

    Parameters
    ----------
    card : Card
        That of the file, but for its model and what is fitted.
    path : Path
    choice : ToyChoice

    Raises
    ------
    ValueError
        If the file was made with another card, or has no such toy, or several.
    FileError
        If it is incomplete, foreign or damaged.
    """
    if table_name(path) != "toys":
        raise FileError(path, "foreign", "holds no toys, and --toy chooses among those of `nugauge toys`")
    with TableFile(path, "toys") as file:
        for provenance in file.provenances:
            check_card(card, provenance.get("card", {}), path, may_differ=_MAY_DIFFER)
        truth = next((name for name in file.branches if name.startswith("true_")), None)
        if truth is None or not {"toy", "counts"} <= set(file.branches):
            raise FileError(path, "foreign", "has no columns toy, true_... and counts")
        measured = [name for name in file.branches if name.startswith("measured_")]
        rows: list[dict[str, NDArray[np.float64]]] = []
        number_range = [math.inf, -math.inf]
        for columns in file.iterate(["toy", truth, "counts", *measured], step=_STEP):
            if len(columns["toy"]):
                number_range = [
                    min(number_range[0], columns["toy"].min()),
                    max(number_range[1], columns["toy"].max()),
                ]
            rows += [
                {name: np.array(column[i]) for name, column in columns.items()}
                for i in np.flatnonzero(columns["toy"] == choice.number)
            ]
    rows = [row for row in rows if choice.truth is None or _same(float(row[truth]), choice.truth)]
    row = _only(rows, truth, path, choice, number_range)
    counts = np.atleast_1d(row["counts"]).astype(np.float64)
    expected = sum(e.detector.n_bins for e in card.experiments)
    if len(counts) != expected:
        raise ValueError(f"{path} has toys of {len(counts)} bins, and the card has {expected}")
    at = "" if choice.truth is None else f", {truth.removeprefix('true_')} = {float(row[truth]):g}"
    return Toy(
        source=f"{path}, toy {choice.number}{at}",
        counts=counts,
        measured={name: float(row[name]) for name in measured},
    )


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9)


def _only(
    rows: list[dict[str, NDArray[np.float64]]],
    truth: str,
    path: Path,
    choice: ToyChoice,
    number_range: list[float],
) -> dict[str, NDArray[np.float64]]:
    """Return the only row that was asked for."""
    which = f"toy {choice.number}" + ("" if choice.truth is None else f" of {truth} = {choice.truth:g}")
    if not rows:
        content = (
            f"its toys are {number_range[0]:.0f} to {number_range[1]:.0f}"
            if number_range[0] <= number_range[1]
            else "it has no toys"
        )
        if choice.truth is not None:
            content += ", of the true values that `nugauge inspect` shows"
        raise ValueError(f"{path} has no {which}: {content}")
    if len(rows) > 1:
        values = ", ".join(f"{choice.number}@{float(row[truth])!r}" for row in rows[:20])
        if len({float(row[truth]) for row in rows}) < len(rows):
            raise ValueError(
                f"{path} has {which} {len(rows)} times, of different seeds: give one of its files"
            )
        raise ValueError(f"{path} has {which} of several true values: choose one of {values}")
    return rows[0]
