"""Run information: number of events and exposure of an event file."""

import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any

import awkward as ak
import numpy as np

__all__ = ["RunInfo", "Totals", "runinfo_types", "runinfo_value"]


_TYPES = {int: "int64", float: "float64", str: "string"}


def runinfo_types(row: Mapping[str, int | float | str]) -> dict[str, Any]:
    """Return the types of the branches of `runinfo`, as uproot takes them."""
    return {name: _branch_type(_TYPES[type(value)]) for name, value in row.items()}


@cache  # awkward takes milliseconds to make a type of a name that NumPy does not know
def _branch_type(name: str) -> Any:
    return ak.types.from_datashape(name, highlevel=False) if name == "string" else np.dtype(name)


def runinfo_value(name: str, value: float | str) -> int | float | str:
    """Turn a value of `runinfo` into the plain type that comes back from the file.

    Raises
    ------
    TypeError, ValueError
        If it is a bool, or not finite.
    """
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"runinfo {name} must be an int, a float or a str, got {value!r}")
    if not np.isfinite(value):
        raise ValueError(f"runinfo {name} must be finite, got {value}")
    return int(value) if isinstance(value, (int, np.integer)) else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The row of `runinfo` that one run writes.

    Parameters
    ----------
    n_events : int
        Rows of the file.
    n_generated : int
        Interactions and background events drawn, before any cut.
    sum_w, sum_w2 : float
        Sum of the events' weights and of their squares.
    equivalent_exposure : float
        Live time [s] in which the experiment expects `n_generated`.
    cross_section : float
        Mean over the source [cm²].
    first, last : int
        Index of the first and last event drawn; ``last = first - 1`` if there are none.
    first_experiment, n_experiments : int
        Range of pseudo-experiments, also those without events; 0 of them in a plain run.
    uuid : str
        Made up if not given; a run that is merged twice is recognised by it.
    """

    n_events: int
    n_generated: int
    sum_w: float
    sum_w2: float
    equivalent_exposure: float
    cross_section: float
    first: int
    last: int
    first_experiment: int = 0
    n_experiments: int = 0
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            if f.type is int and not isinstance(value, (int, np.integer)):
                raise TypeError(f"runinfo {f.name} must be an integer, got {value!r}")
            if f.type is float and not math.isfinite(value):
                raise ValueError(f"runinfo {f.name} must be finite, got {value}")
        for name in ("n_events", "n_generated", "equivalent_exposure", "n_experiments"):
            if getattr(self, name) < 0:
                raise ValueError(f"runinfo {name} must not be negative, got {getattr(self, name)}")

    def row(self) -> dict[str, int | float | str]:
        """Return the values by name, each in the type that its branch has in every file."""
        return {f.name: f.type(getattr(self, f.name)) for f in fields(self) if isinstance(f.type, type)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over the runs of a file; see `RunInfo`."""

    n_events: int
    n_generated: int
    sum_w: float
    sum_w2: float
    equivalent_exposure: float
    n_experiments: int
