"""Events in columns."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["COLUMNS", "Column", "Events"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds: dtype in memory, unit, meaning."""

    dtype: str
    unit: str
    description: str


COLUMNS = {
    "event": Column("int64", "", "index of the event in its run; with seed and card it fixes the event"),
    "component": Column(
        "int32", "", "component of the source, then the backgrounds; names in the provenance"
    ),
    "line": Column("int32", "", "line within the component, 0 for a continuum or a background"),
    "E_nu": Column("float64", "MeV", "neutrino energy, 0 for a background"),
    "T": Column("float64", "MeV", "true recoil energy; of a background its energy"),
    "cos_theta": Column(
        "float64", "", "cosine of the angle between electron and neutrino, 0 for a background"
    ),
    "T_reco": Column("float64", "MeV", "measured recoil energy"),
    "experiment": Column("int64", "", "index of the pseudo-experiment"),
}
"""Every column that events can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events as columns of equal length.

    Parameters
    ----------
    event, component, line, E_nu, T, cos_theta : ndarray, shape (n,)
        See `COLUMNS`.
    T_reco : ndarray, shape (n,), optional
        Only after the detector stage, which keeps the recorded events.
    experiment : ndarray, shape (n,), optional
        Only in sets of pseudo-experiments.
    n_generated : int
        Interactions and background events that were drawn to have these.
    """

    event: NDArray[np.int64]
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    E_nu: Array
    T: Array
    cos_theta: Array
    T_reco: Array | None = None
    experiment: NDArray[np.int64] | None = None
    n_generated: int

    def __post_init__(self) -> None:
        lengths = {name: len(column) for name, column in self.columns().items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.event)

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Return the columns that are there, by name, in the order of `COLUMNS`."""
        present = {f.name for f in fields(self)} & set(COLUMNS)
        return {n: getattr(self, n) for n in COLUMNS if n in present and getattr(self, n) is not None}
