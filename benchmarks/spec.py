"""The model and the toys of a case in plain arrays: all that a peer gets to know, with NumPy alone."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["SHAPE", "Spec"]

Array = NDArray[np.float64]

SHAPE = -1
"""Target of the nuisance parameter that changes shapes."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """Counts μ(γ, x) = Σ_c F_c(x) (T_c + x_s U_c + x_s² V_c), the signal a polynomial in γ.

    Parameters
    ----------
    powers : ndarray, shape (3, L, N)
        Of γ in the signal's layers T or T, U, V.
    backgrounds : ndarray, shape (K, L, N)
    sigma : ndarray, shape (M,)
    target : ndarray of int, shape (M,)
        Component of which 1 + σx is a factor, 0 the signal; or `SHAPE`, at most one.
    counts, auxiliary : ndarray, shape (n, N), (n, M)
        Toys; every x is measured as a ± 1.
    width : float
        Scale of γ.
    truth : float
        True γ.
    """

    powers: Array
    backgrounds: Array
    sigma: Array
    target: NDArray[np.int64]
    counts: Array
    auxiliary: Array
    width: float
    truth: float

    @property
    def shape(self) -> int | None:
        """Number of the nuisance parameter that changes shapes."""
        found = np.flatnonzero(self.target == SHAPE)
        return int(found[0]) if len(found) else None

    def save(self, path: Path) -> None:
        """Write an NPZ file."""
        np.savez(path, **asdict(self))

    @classmethod
    def load(cls, path: Path | str) -> "Spec":
        """Read it."""
        with np.load(path) as stored:
            found: dict[str, Any] = {f.name: stored[f.name] for f in fields(cls)}
        return cls(**found | {"width": float(found["width"]), "truth": float(found["truth"])})
