"""Events of lines at tree level in plain arrays: all that a peer gets to know, with NumPy alone."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["EventSpec"]

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class EventSpec:
    """Lines, the distribution of their recoils, and a detector that smears and cuts.

    Parameters
    ----------
    cumulative : ndarray, shape (n,)
        Cumulative probability of the lines.
    energy : ndarray, shape (n,)
        Neutrino energies [MeV].
    p, q, span : ndarray, shape (n,)
        x = T/span has the CDF x (1 - p - q) + p x² + q x³.
    stochastic : float
        σ² = stochastic² T [MeV].
    threshold : float
        [MeV].
    """

    cumulative: Array
    energy: Array
    p: Array
    q: Array
    span: Array
    stochastic: float
    threshold: float

    def save(self, path: Path) -> None:
        """Write an NPZ file."""
        np.savez(path, **asdict(self))

    @classmethod
    def load(cls, path: Path | str) -> "EventSpec":
        """Read it."""
        with np.load(path) as stored:
            found: dict[str, Any] = {f.name: stored[f.name] for f in fields(cls)}
        scalars = {name: float(found[name]) for name in ("stochastic", "threshold")}
        return cls(**found | scalars)
