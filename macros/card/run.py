"""The settings of a run: the table [run] of a card."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["RunSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """How a run is done; none of it changes the physics.

    Parameters
    ----------
    seed : int or None
        None: drawn from the system, printed and stored.
    threads : int or None
        None: as many as there are processors.
    precision : {"float32", "float64"}
        Of the columns in event files.
    compression : {"zstd-1", "lz4-4", "none"}
        Of event files.
    columns : tuple of {"vertex", "time", "cos_theta"}
        What event files hold beside the few that they always hold.
    format : {"ttree", "rntuple"}
        What holds the events in event files.
    events_per_file : int or None
        Where `generate` and `simulate` begin another file; None: nowhere.
    file_size : float or None
        The same by the size of files [B].
    """

    seed: int | None = None
    threads: int | None = None
    precision: Literal["float32", "float64"] = "float32"
    compression: Literal["zstd-1", "lz4-4", "none"] = "zstd-1"
    columns: tuple[Literal["vertex", "time", "cos_theta"], ...] = ()
    format: Literal["ttree", "rntuple"] = "ttree"
    events_per_file: int | None = None
    file_size: float | None = None
