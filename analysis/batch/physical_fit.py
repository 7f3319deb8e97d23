"""Test statistics of intervals, relative to the physical minimum."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.batch.fitter import BatchFitter

__all__ = ["BoundedFit", "bounded_fit", "one_sided", "signed_statistic"]

Array = NDArray[np.float64]

_NOTHING = 1e-8
"""A statistic below this is set to 0: minima are not more precise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundedFit:
    """Minima of n data sets in the physical range.

    Parameters
    ----------
    best : ndarray, shape (n,)
        Parameter of interest there; NaN where no minimum was found.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated there.
    good : ndarray of bool, shape (n,)
    """

    best: Array
    values: Array
    good: NDArray[np.bool_]


def bounded_fit(batch: BatchFitter, counts: Array, auxiliary: Array) -> BoundedFit:
    """Find the physical minima of data sets: see `analysis.batch.search`.

    Parameters
    ----------
    batch : BatchFitter
    counts : ndarray, shape (n, n_bins)
    auxiliary : ndarray, shape (n, n_nuisances)
        Measured pulls.
    """
    physical = batch.physical(counts, auxiliary, batch.fit(counts, auxiliary, errors=False))
    return BoundedFit(best=physical.best, values=physical.values, good=physical.good)


def signed_statistic(
    batch: BatchFitter, counts: Array, auxiliary: Array, fits: BoundedFit, points: ArrayLike
) -> Array:
    """Compute the statistics of data sets at values of the parameter of interest.

    Parameters
    ----------
    batch, counts, auxiliary
        As for `bounded_fit`.
    fits : BoundedFit
        Of the same data sets.
    points : array_like, shape () or (n,)
        One value for all, or one of each.

    Returns
    -------
    ndarray, shape (n,)
        q, with a minus where the best physical value is above the point; infinity where the fit failed.

    Notes
    -----
    q(θ) = -2 ln L(θ, x̂̂)/L(θ̂, x̂) with θ̂ the best value in the physical range: the ordering of Feldman and
    Cousins, PRD 57, 3873, with nuisance parameters profiled.
    """
    at = np.broadcast_to(np.asarray(points, np.float64), len(counts))
    profile = np.full(len(counts), math.inf)
    good = np.flatnonzero(fits.good)
    profile[good] = batch.profile(counts[good], auxiliary[good], at[good])
    q = np.where(np.isfinite(profile), profile, math.inf)
    q[good] -= fits.values[good]
    q[q < _NOTHING] = 0.0
    return np.where(fits.good & (fits.best > at), -q, q) + 0.0  # no negative zero


def one_sided(signed: ArrayLike) -> Array:
    """Compute the statistic of an upper limit from signed ones.

    Notes
    -----
    q̃(θ) is q(θ) for θ at or above the best physical value, and 0 below it: Cowan, Cranmer, Gross, Vitells,
    EPJ C 71, 1554, eq. (16).

    Examples
    --------
    >>> one_sided([-2.0, -0.0, 3.0]).tolist()
    [0.0, 0.0, 3.0]
    """
    return np.maximum(np.asarray(signed, np.float64), 0.0) + 0.0  # no negative zero
