"""Scan of the profile likelihood of a fit over the parameter of interest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.fitter import Fitter
from analysis.likelihood import Likelihood
from analysis.results import FitResult
from analysis.waves import wave_points

__all__ = ["N_POINTS", "ProfileScan", "profile_scan", "scan_points"]

Array = NDArray[np.float64]

N_POINTS = 201
"""Values of a scan, where none are asked for."""
_SIGMAS, _LEAST = 2.3, 1.3
"""A scan goes at least so many standard deviations from an estimate, and half-widths of its region."""
_RESOLUTIONS = 5.0
"""How far it goes towards an end that is open, in resolutions of the experiment."""


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
    """Choose values of the parameter of interest around all that a fit allows.

    Parameters
    ----------
    fitter : Fitter
    result : FitResult
    n : int
        Number of even steps; the estimate, other minima and the ends of intervals are added to them, and of a
        Δm² as many values as its waves need.

    Returns
    -------
    ndarray, ascending
    """
    low, high = fitter.range
    marks = [x for m in result.minima for x in (m.value, m.lower, m.upper) if x is not None]
    marks = [min(max(x, low), high) for x in marks or [fitter.anchor]]
    reach = _RESOLUTIONS * fitter.width
    first, last = min(marks), max(marks)
    if not result.minima or any(m.allowed and m.lower is None for m in result.minima):
        first = max(first - reach, low)
    if not result.minima or any(m.allowed and m.upper is None for m in result.minima):
        last = min(last + reach, high)
    z = float(ndtri((1 + result.level) / 2))
    widths = [m.upper - m.lower for m in result.minima if m.lower is not None and m.upper is not None]
    half = max(widths, default=fitter.width) / 2
    margin = max((max(_SIGMAS / z, _LEAST) - 1) * half, 1e-3 * (last - first))
    first, last = max(first - margin, low), min(last + margin, high)
    points = [np.linspace(first, last, max(n, 2)), np.array(marks)]
    if fitter.templates.poi == "delta_m2":
        points.append(wave_points(fitter.templates))
    found = np.unique(np.concatenate(points))
    return found[(found >= first) & (found <= last)]


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
