"""Results of fits of many data sets, and the bits of their status."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.batch.engine import ProfilePoints
from analysis.likelihood import LocalMinima

__all__ = ["FAILED", "NO_HESSE", "NO_LIMIT", "NO_MINOS", "RETRIED", "UNSURE", "BatchFit", "PhysicalFit"]

Array = NDArray[np.float64]
Flags = NDArray[np.int32]

FAILED, NO_MINOS, NO_LIMIT, NO_HESSE, RETRIED, UNSURE = 1, 2, 4, 8, 16, 32
"""Bits of a fit's status. The last two are not failures. RETRIED: MINUIT fitted the data set. UNSURE: the
search from one of the starts failed, so that a deeper minimum may have been missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFit:
    """Fits of n data sets.

    Parameters
    ----------
    parameters : ndarray, shape (n, 1 + n_nuisances)
        Estimates: the parameter of interest, then the pulls; NaN where the fit failed.
    errors : ndarray, shape (n, 1 + n_nuisances)
        Hesse's errors; NaN where they do not exist.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated at the minimum.
    status : ndarray of int32, shape (n,)
    minima : LocalMinima
        Minima in the physical range, of data sets that were searched from several starts.
    points : ProfilePoints or None
        Points of the profiles that were computed with the fits. NaN where a point was not found:
        `BatchFitter` searches it otherwise.
    """

    parameters: Array
    errors: Array
    values: Array
    status: Flags
    minima: LocalMinima
    points: ProfilePoints | None = None

    def of(self, which: NDArray[np.intp]) -> "BatchFit":
        """Return the fits of the data sets with these indices."""
        return BatchFit(
            parameters=self.parameters[which],
            errors=self.errors[which],
            values=self.values[which],
            status=self.status[which],
            minima=self.minima.of(which),
            points=None if self.points is None else self.points.of(which),
        )

    def without(self, which: NDArray[np.bool_]) -> "BatchFit":
        """Return the fits with the marked ones replaced by failed ones: NaN, status FAILED."""
        if not np.any(which):
            return self
        return replace(
            self,
            parameters=np.where(which[:, None], math.nan, self.parameters),
            errors=np.where(which[:, None], math.nan, self.errors),
            values=np.where(which, math.nan, self.values),
            status=np.where(which, FAILED, self.status).astype(self.status.dtype),
        )

    @property
    def good(self) -> NDArray[np.bool_]:
        """Whether each fit found a minimum: its status has no FAILED; shape (n,)."""
        return np.asarray((self.status & FAILED) == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhysicalFit:
    """Minima of n data sets in the physical range.

    Parameters
    ----------
    parameters : ndarray, shape (n, 1 + n_nuisances)
        NaN where no minimum was found.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated there, else infinity.
    """

    parameters: Array
    values: Array

    @property
    def best(self) -> Array:
        """The parameter of interest, shape (n,)."""
        return self.parameters[:, 0]

    @property
    def good(self) -> NDArray[np.bool_]:
        """Whether a minimum was found for each data set, shape (n,)."""
        return np.isfinite(self.values)
