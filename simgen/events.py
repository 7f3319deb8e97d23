"""Events as columns of equal length."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simgen.pictures import Steps, picture
from simgen.representation import html_table, text_table

__all__ = ["COLUMNS", "DIRECTION_COLUMNS", "VERTEX_COLUMNS", "Column", "Events"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """Properties of a column: dtype in memory, unit, meaning; whether files keep all digits of a float."""

    dtype: str
    unit: str
    description: str
    exact: bool = False


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
    "vertex_x": Column("float64", "cm", "place of the event, from the centre of the target"),
    "vertex_y": Column("float64", "cm", "place of the event, from the centre of the target"),
    "vertex_z": Column("float64", "cm", "place of the event, from the centre of the target"),
    "L": Column("float64", "cm", "way of the neutrino from its point in the source, 0 for a background"),
    "emission_x": Column("float64", "cm", "point of the source where the neutrino was emitted"),
    "emission_y": Column("float64", "cm", "point of the source where the neutrino was emitted"),
    "emission_z": Column("float64", "cm", "point of the source where the neutrino was emitted"),
    "nu_pdg": Column("int32", "", "PDG code of the neutrino, 0 for a background"),
    "nu_dir_x": Column("float64", "", "direction of the neutrino, a unit vector; 0 for a background"),
    "nu_dir_y": Column("float64", "", "direction of the neutrino, a unit vector; 0 for a background"),
    "nu_dir_z": Column("float64", "", "direction of the neutrino, a unit vector; 0 for a background"),
    "e_dir_x": Column("float64", "", "direction of the electron, a unit vector; 0 for a background"),
    "e_dir_y": Column("float64", "", "direction of the electron, a unit vector; 0 for a background"),
    "e_dir_z": Column("float64", "", "direction of the electron, a unit vector; 0 for a background"),
    "time": Column("float64", "s", "since the start of the exposure", exact=True),
    "T_reco": Column("float64", "MeV", "measured recoil energy"),
    "L_reco": Column("float64", "cm", "measured distance from the centre of the source"),
    "experiment": Column("int64", "", "index of the pseudo-experiment"),
    "weight": Column("float64", "", "weight under the model of the card; 1 for a background", exact=True),
    "weight_A": Column("float64", "", "weight at γ = 0: weight(γ) = A + Bγ + Cγ²", exact=True),
    "weight_B": Column("float64", "", "first order of the weight in γ", exact=True),
    "weight_C": Column("float64", "", "second order of the weight in γ", exact=True),
}
"""Every column that events can have."""

_DRAWN, _BINS = 100_000, 50
"""Most events of a small picture, and its bins."""

VERTEX_COLUMNS = ("vertex_x", "vertex_y", "vertex_z", "L")
"""Columns of the vertex, which are all present or all absent."""
DIRECTION_COLUMNS = (
    *("emission_x", "emission_y", "emission_z", "nu_pdg"),
    *("nu_dir_x", "nu_dir_y", "nu_dir_z", "e_dir_x", "e_dir_y", "e_dir_z"),
)
"""Columns of emission point and directions, which are all present or all absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Events as columns of equal length.

    Parameters
    ----------
    event, component, line, E_nu, T, cos_theta : ndarray, shape (n,)
        See `COLUMNS`.
    vertex_x, vertex_y, vertex_z, L, time : ndarray, shape (n,), optional
        Only if vertices or times were asked for.
    emission_x, ..., nu_pdg, nu_dir_x, ..., e_dir_z : ndarray, shape (n,), optional
        Only if directions were asked for.
    T_reco : ndarray, shape (n,), optional
        Only after the detector stage, which keeps the recorded events.
    L_reco : ndarray, shape (n,), optional
        Only after the stage of a detector that measures it.
    experiment : ndarray, shape (n,), optional
        Only in sets of pseudo-experiments.
    weight : ndarray, shape (n,), optional
        Only after reweighting; without it every event counts once.
    weight_A, weight_B, weight_C : ndarray, shape (n,), optional
        Only where templates in γ were asked for.
    n_generated : int
        Interactions and background events that were drawn to have these.
    provenance : mapping, optional
        What the events were made of, as that of an event file: under "card" the card, under "generate_above"
        the lowest true recoil energy [MeV]. A fit of another card refuses them. Not compared.
    """

    event: NDArray[np.int64]
    component: NDArray[np.int32]
    line: NDArray[np.int32]
    E_nu: Array
    T: Array
    cos_theta: Array
    vertex_x: Array | None = None
    vertex_y: Array | None = None
    vertex_z: Array | None = None
    L: Array | None = None
    emission_x: Array | None = None
    emission_y: Array | None = None
    emission_z: Array | None = None
    nu_pdg: NDArray[np.int32] | None = None
    nu_dir_x: Array | None = None
    nu_dir_y: Array | None = None
    nu_dir_z: Array | None = None
    e_dir_x: Array | None = None
    e_dir_y: Array | None = None
    e_dir_z: Array | None = None
    time: Array | None = None
    T_reco: Array | None = None
    L_reco: Array | None = None
    experiment: NDArray[np.int64] | None = None
    weight: Array | None = None
    weight_A: Array | None = None
    weight_B: Array | None = None
    weight_C: Array | None = None
    n_generated: int
    provenance: Mapping[str, Any] | None = field(default=None, compare=False)

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

    def select(self, keep: NDArray[np.bool_] | NDArray[np.integer[Any]]) -> "Events":
        """Return some of the events, by a mask or by their positions; `n_generated` stays."""
        positions = np.flatnonzero(keep) if keep.dtype == np.bool_ else keep  # found once for all columns
        kept: dict[str, Any] = {name: column.take(positions) for name, column in self.columns().items()}
        return replace(self, **kept)

    def _title(self) -> str:
        return f"{len(self)} events of {self.n_generated} generated"

    def _rows(self) -> list[tuple[str, str]]:
        """List the columns with their ranges and units."""
        rows = []
        for name, column in self.columns().items():
            unit = f" {COLUMNS[name].unit}".rstrip()
            values = f"{column.min():.6g} to {column.max():.6g}{unit}" if len(self) else "empty"
            rows.append((name, values))
        return rows

    def __repr__(self) -> str:
        return text_table(self._title(), self._rows())

    def _repr_html_(self) -> str:
        return html_table(self._title(), self._rows(), self._picture())

    def _picture(self) -> str:
        """Draw a histogram of the measured or true energy, of at most about 10⁵ events."""
        name = "T" if self.T_reco is None else "T_reco"
        column = self.T if self.T_reco is None else self.T_reco
        every = -(-len(column) // _DRAWN) or 1
        weight = None if self.weight is None else self.weight[::every]
        shown = column[::every]
        if not len(shown) or not np.all(np.isfinite(shown)):
            return ""
        heights, edges = np.histogram(shown, bins=_BINS, weights=weight)
        what = "sum of weights" if weight is not None else "events"
        y = what if every == 1 else f"{what}, one of {every}"
        steps = Steps(edges=edges.tolist(), heights=heights.tolist(), filled=True)
        return picture(self._title(), [steps], x=f"{name} [MeV]", y=y)
