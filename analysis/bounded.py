"""Fits of many data sets that stay in the physical range, and the statistics of intervals made of them."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from analysis import layouts
from analysis._kernels.layout import Layout
from analysis.batch import Problem
from analysis.batchfitter import BatchFitter
from analysis.fitter import Fitter
from analysis.likelihood import Likelihood
from analysis.ranges import EVEN
from analysis.starts import own_starts

__all__ = ["BoundedFit", "bounded_fit", "one_sided", "signed_statistic"]

Array = NDArray[np.float64]

_NOTHING = 1e-8
"""A statistic below this is 0: it is what minimisers leave."""


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
    """Fit data sets within the physical range of the parameter of interest.

    Parameters
    ----------
    batch : BatchFitter
    counts : ndarray, shape (n, n_bins)
    auxiliary : ndarray, shape (n, n_nuisances)
        Measured pulls.

    Notes
    -----
    From every start of the batch fitter; the ends of the range count as minima where the likelihood falls
    towards them. Where the counts know the square of a parameter only, it is the square that is fitted, from
    0 on. What the compiled fit leaves is scanned and minimised one by one.
    """
    f, n = batch.fitter, len(counts)
    low, high = f.physical
    best, values = np.full(n, math.nan), np.full(n, math.inf)
    layout, squared = _square_layout(f), True
    if layout is None:
        layout, squared = batch.layout, False
    if layout is not None:
        problem = Problem(layout=layout, counts=counts, auxiliary=auxiliary)
        even = f.templates.poi in EVEN and not squared  # both signs are one value there, and 0 is no end
        ends = batch.edges if even else (max(low, batch.edges[0]), min(high, batch.edges[1]))
        limits = (ends[0] ** 2, ends[1] ** 2) if squared else ends
        places = [np.full(n, np.clip(start, *ends) ** (2 if squared else 1)) for start in batch.starts]
        for begin in places + own_starts(f, problem, *ends):
            found, deviance, failed = problem.minima(begin, *limits)
            place = np.sqrt(np.maximum(found[:, 0], 0.0)) if squared else found[:, 0]
            if even:
                place = np.abs(place)
            outside = ((place <= ends[0]) & (ends[0] > low)) | ((place >= ends[1]) & (ends[1] < high))
            better = ~(failed | outside) & (deviance < values)
            best[better], values[better] = np.clip(place[better], low, high), deviance[better]
    for i in np.flatnonzero(~np.isfinite(values)):
        best[i], values[i] = _single(f, f.data(counts[i], auxiliary[i]))
    return BoundedFit(best=best, values=values, good=np.isfinite(values))


def _square_layout(fitter: Fitter) -> Layout | None:
    """Lay out the counts in the square of a parameter, where they know nothing else of it; else None."""
    t = fitter.templates
    if t.poi not in EVEN or t.coefficients is None:
        return None
    constant, _, quadratic = t.coefficients
    powers = np.stack([constant, quadratic])[None]
    return layouts.pieces(t, fitter.likelihood, fitter.errors, np.zeros(1), powers)


def _single(fitter: Fitter, data: Likelihood) -> tuple[float, float]:
    """Find the minimum of one data set: the local ones of a scan, each followed down."""
    points, profile = fitter.grid, fitter.profile(data)
    values = fitter.scan(data)
    found: list[tuple[float, float]] = list(zip(map(float, values), map(float, points), strict=True))
    padded = np.concatenate([[math.inf], values, [math.inf]])
    for i in map(int, np.flatnonzero((values < padded[:-2]) & (values <= padded[2:]))):
        left, right = float(points[max(i - 1, 0)]), float(points[min(i + 1, len(points) - 1)])
        if left < right:
            dip = minimize_scalar(profile, bounds=(left, right), options={"xatol": 1e-9 * fitter.width})
            found.append((float(dip.fun), float(dip.x)))
    value, place = min(((v, p) for v, p in found if math.isfinite(v)), default=(math.inf, math.nan))
    return place, value


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
    return np.where(fits.good & (fits.best > at), -q, q)


def one_sided(signed: ArrayLike) -> Array:
    """Compute the statistic of an upper limit from signed ones.

    Notes
    -----
    q̃(θ) is q(θ) for θ at or above the best physical value, and 0 below it: Cowan, Cranmer, Gross, Vitells,
    EPJ C 71, 1554, eq. (16).

    Examples
    --------
    >>> one_sided([-2.0, 3.0]).tolist()
    [0.0, 3.0]
    """
    return np.maximum(np.asarray(signed, np.float64), 0.0)
