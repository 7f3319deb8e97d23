"""Scan of the profile likelihood of a fit over the parameter of interest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.fits.fitter import Fitter
from analysis.fits.local_minima import LocalMinimum
from analysis.fits.results import FitResult
from analysis.likelihood import Likelihood
from analysis.model import wave_points

__all__ = ["N_POINTS", "ProfileScan", "profile_scan", "scan_points"]

Array = NDArray[np.float64]

N_POINTS = 201
"""Values of a scan, where none are asked for."""
_SIGMAS, _LEAST = 2.3, 1.3
"""A scan goes at least so many standard deviations from an estimate, and half-widths of its region."""
_RESOLUTIONS = 5.0
"""How far it goes towards an end that is open, in resolutions of the experiment."""
_FAR = 50.0
"""Largest width of the range, in widths of the region of the estimate."""
_ROUNDING = 1e-12
"""A value this close to 0 is 0, in widths of the scan."""


@dataclass(frozen=True, kw_only=True)
class ProfileScan:
    """-2 ln L, minimised over the nuisance parameters, at values of the parameter of interest.

    Parameters
    ----------
    parameter : str
    nuisances : tuple of str
    points : ndarray, shape (n,)
        Values of the parameter, ascending.
    delta : ndarray, shape (n,)
        -2 Δln L above the minimum of the fit; NaN where no minimum over the nuisance parameters was found.
    values : ndarray, shape (n,)
        -2 ln L/L_saturated.
    pulls : ndarray, shape (n, n_nuisances)
        Nuisance parameters at these minima, in standard deviations from nominal.
    """

    parameter: str
    nuisances: tuple[str, ...]
    points: Array
    delta: Array
    values: Array
    pulls: Array


def scan_points(fitter: Fitter, result: FitResult, n: int = N_POINTS) -> Array:
    """Choose values of the parameter of interest around what a fit allows.

    Parameters
    ----------
    fitter : Fitter
    result : FitResult
    n : int
        Number of equidistant values; the estimate, other minima and the ends of intervals that lie between
        them are added, and of a Δm² as many values as its waves need.

    Returns
    -------
    ndarray, ascending
    """
    low, high = fitter.range
    first, last = _frame(fitter, result)
    z = float(ndtri((1 + result.level) / 2))
    halves = [_half_width(m) for m in result.minima if m.allowed and first <= m.value <= last]
    half = max((h for h in halves if h is not None), default=fitter.width / 2)
    margin = max((max(_SIGMAS / z, _LEAST) - 1) * half, 1e-3 * (last - first))
    first, last = max(first - margin, low), min(last + margin, high)
    even = np.linspace(first, last, max(n, 2))
    even[(first < 0) & (np.abs(even) < _ROUNDING * (last - first))] = 0.0
    marks = [x for m in result.minima for x in (m.value, m.lower, m.upper) if x is not None]
    points = [even, np.clip(marks or [fitter.anchor], low, high)]
    if fitter.templates.poi == "delta_m2":
        points.append(wave_points(fitter.templates))
    found = np.unique(np.concatenate(points))
    return found[(found >= first) & (found <= last)]


def _frame(fitter: Fitter, result: FitResult) -> tuple[float, float]:
    """Choose ends that hold the region of the estimate, and the other allowed regions that are near to it.

    A minimum that is excluded does not count. A region so far away, or so wide, that the region of the
    estimate would be a line in the picture is left out.
    """
    if not result.minima:
        reach = _RESOLUTIONS * fitter.width
        low, high = fitter.range
        at = min(max(fitter.anchor, low), high)
        return max(at - reach, low), min(at + reach, high)
    first, last = _piece(fitter, result.minima[0])
    widest = _FAR * (last - first)
    others = [_piece(fitter, m) for m in result.minima[1:] if m.allowed]
    for left, right in sorted(others, key=lambda piece: max(first - piece[0], piece[1] - last)):
        ends = min(first, left), max(last, right)
        if ends[1] - ends[0] <= widest:
            first, last = ends
    return first, last


def _half_width(minimum: LocalMinimum) -> float | None:
    """Return half the width of a region, or the length of its side that is not open; None if both are."""
    lower, upper = minimum.lower, minimum.upper
    if lower is not None and upper is not None:
        return (upper - lower) / 2
    if upper is not None:
        return upper - minimum.value
    return None if lower is None else minimum.value - lower


def _piece(fitter: Fitter, minimum: LocalMinimum) -> tuple[float, float]:
    """Return the ends of the region around a minimum; of an open end some resolutions beyond the minimum."""
    low, high = fitter.range
    reach = _RESOLUTIONS * fitter.width
    ends = [x for x in (minimum.value, minimum.lower, minimum.upper) if x is not None]
    first, last = min(ends), max(ends)
    if minimum.lower is None:
        first -= reach
    if minimum.upper is None:
        last += reach
    return min(max(first, low), high), min(max(last, low), high)


@np.errstate(under="ignore")
def profile_scan(fitter: Fitter, data: Likelihood, result: FitResult, points: ArrayLike) -> ProfileScan:
    """Scan the profile likelihood of a fit.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
        That were fitted.
    result : FitResult
        Of the fit: its minimum is where the scan counts from. Of a fit that is not valid the smallest value
        of the scan is.
    points : array_like, shape (n,)
        Values of the parameter of interest, ascending.

    Raises
    ------
    ValueError
        If there are fewer than two, they do not ascend, or leave the range of the fit.
    """
    at = _checked(fitter, points)
    values, pulls = data.profile(at)
    values = np.where(np.isfinite(values), values, math.nan)
    known = values[np.isfinite(values)]
    best = result.estimate.value
    floor = float(known.min()) if len(known) else math.nan
    if result.valid and best is not None:
        floor = fitter.profile(data)(best)  # as the intervals count
    return ProfileScan(
        parameter=fitter.templates.poi,
        nuisances=tuple(fitter.templates.names[1:]),
        points=at,
        delta=values - floor,
        values=values,
        pulls=pulls,
    )


def _checked(fitter: Fitter, points: ArrayLike) -> Array:
    at = np.asarray(points, np.float64)
    name = fitter.templates.poi
    low, high = fitter.range
    if at.ndim != 1 or len(at) < 2 or not np.all(np.isfinite(at)) or not np.all(np.diff(at) > 0):
        raise ValueError(f"values of {name} for a scan must be at least two, finite, and ascend")
    if at[0] < low or at[-1] > high:
        raise ValueError(
            f"values of {name} must lie between {low:g} and {high:g}, the range of its fit, got {at[0]:g} to "
            f"{at[-1]:g}"
        )
    return at
