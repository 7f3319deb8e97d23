"""Scan of the profile likelihood of a fit over the parameter of interest."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from analysis.fits import FitResult, Fitter, LocalMinimum
from analysis.likelihood import Likelihood
from analysis.model import wave_points
from analysis.quotation import exact_text, name_with_unit, scale_of
from analysis.representation import rounded
from simgen.pictures import GREY, Curve, Level, picture
from simgen.representation import html_table, text_table

__all__ = ["N_POINTS", "ProfileScan", "profile_scan", "scan_points"]

Array = NDArray[np.float64]

N_POINTS = 201
"""Default number of values of a scan."""
_SIGMAS, _LEAST = 2.3, 1.3
"""Least distance from the estimate to the ends of a scan, in standard deviations and in half-widths of its
region."""
_RESOLUTIONS = 5.0
"""Distance from the estimate to an open end, in resolutions of the experiment."""
_FAR = 50.0
"""Largest width of the scan, in widths of the region of the estimate."""
_ROUNDING = 1e-12
"""A value closer than this to 0, in widths of the scan, is set to 0."""


@dataclass(frozen=True, kw_only=True, repr=False)
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

    def __repr__(self) -> str:
        return text_table(f"Profile of {self.parameter}", self._rows())

    def _repr_html_(self) -> str:
        scale = scale_of(self.parameter, *map(float, self.points[[0, -1]]))
        curve = Curve(x=[float(x) * scale.factor for x in self.points], y=self.delta.tolist())
        one_sigma = Level(y=1.0, label="-2 Δln L = 1", colour=GREY)
        x = name_with_unit(self.parameter, scale)
        drawn = picture(f"Profile of {self.parameter}", [one_sigma, curve], x=x, y="-2 Δln L")
        return html_table(f"Profile of {self.parameter}", self._rows(), drawn)

    def _rows(self) -> list[tuple[str, str]]:
        finite = np.isfinite(self.delta)
        ends = " to ".join(exact_text(self.parameter, x) for x in map(float, self.points[[0, -1]]))
        shown = [(f"values of {self.parameter}", f"{len(self.points)} from {ends}")]
        if np.any(finite):
            lowest = int(np.nanargmin(self.delta))
            best = float(self.points[lowest])
            least, most = (rounded(float(x)) for x in (self.delta[lowest], np.nanmax(self.delta)))
            shown += [("lowest at", exact_text(self.parameter, best))]
            shown += [("-2 Δln L", f"{least} to {most}")]
        shown += (
            [("no minimum found at", f"{np.count_nonzero(~finite)} values")] if not np.all(finite) else []
        )
        return [*shown, ("profiled", ", ".join(self.nuisances) or "nothing")]


def scan_points(fitter: Fitter, result: FitResult, n: int = N_POINTS) -> Array:
    """Choose values of the parameter of interest that cover the allowed regions of a fit.

    Parameters
    ----------
    fitter : Fitter
    result : FitResult
    n : int
        Number of equidistant values. The estimate, other minima and the ends of intervals within their range
        are added; for Δm², also the values that resolve its oscillations.

    Returns
    -------
    ndarray, ascending
    """
    low, high = fitter.range
    low_end, high_end = _frame(fitter, result)
    z = float(ndtri((1 + result.level) / 2))
    halves = [_half_width(m) for m in result.minima if m.allowed and low_end <= m.value <= high_end]
    half = max((h for h in halves if h is not None), default=fitter.width / 2)
    margin = max((max(_SIGMAS / z, _LEAST) - 1) * half, 1e-3 * (high_end - low_end))
    low_end, high_end = max(low_end - margin, low), min(high_end + margin, high)
    even = np.linspace(low_end, high_end, max(n, 2))
    even[(low_end < 0) & (np.abs(even) < _ROUNDING * (high_end - low_end))] = 0.0
    marks = [x for m in result.minima for x in (m.value, m.lower, m.upper) if x is not None]
    points = [even, np.clip(marks or [fitter.anchor], low, high)]
    if fitter.templates.poi == "delta_m2":
        points.append(wave_points(fitter.templates))
    points_sorted = np.unique(np.concatenate(points))
    return points_sorted[(points_sorted >= low_end) & (points_sorted <= high_end)]


def _frame(fitter: Fitter, result: FitResult) -> tuple[float, float]:
    """Choose the ends of a scan of the region of the estimate and of other allowed regions near it.

    Excluded minima are ignored. A region is left out if it is so far away, or so wide, that the region of the
    estimate would shrink to a line in the figure.
    """
    if not result.minima:
        margin = _RESOLUTIONS * fitter.width
        low, high = fitter.range
        centre = min(max(fitter.anchor, low), high)
        return max(centre - margin, low), min(centre + margin, high)
    low_end, high_end = _region(fitter, result.minima[0])
    widest = _FAR * (high_end - low_end)
    allowed = [_region(fitter, m) for m in result.minima[1:] if m.allowed]
    for lower, upper in sorted(allowed, key=lambda piece: max(low_end - piece[0], piece[1] - high_end)):
        ends = min(low_end, lower), max(high_end, upper)
        if ends[1] - ends[0] <= widest:
            low_end, high_end = ends
    return low_end, high_end


def _half_width(minimum: LocalMinimum) -> float | None:
    """Return half the width of a region, or the length of its closed side; None if both sides are open."""
    lower, upper = minimum.lower, minimum.upper
    if lower is not None and upper is not None:
        return (upper - lower) / 2
    if upper is not None:
        return upper - minimum.value
    return None if lower is None else minimum.value - lower


def _region(fitter: Fitter, minimum: LocalMinimum) -> tuple[float, float]:
    """Return the ends of the region around a minimum; an open end is some resolutions beyond the minimum."""
    low, high = fitter.range
    margin = _RESOLUTIONS * fitter.width
    ends = [x for x in (minimum.value, minimum.lower, minimum.upper) if x is not None]
    low_end, high_end = min(ends), max(ends)
    if minimum.lower is None:
        low_end -= margin
    if minimum.upper is None:
        high_end += margin
    return min(max(low_end, low), high), min(max(high_end, low), high)


@np.errstate(under="ignore")
def profile_scan(fitter: Fitter, data: Likelihood, result: FitResult, points: ArrayLike) -> ProfileScan:
    """Scan the profile likelihood of a fit.

    Parameters
    ----------
    fitter : Fitter
    data : Likelihood
        The fitted data.
    result : FitResult
        Result of the fit. -2 Δln L is 0 at its minimum; if the fit is not valid, at the lowest value of the
        scan.
    points : array_like, shape (n,)
        Values of the parameter of interest, ascending.

    Raises
    ------
    ValueError
        If there are fewer than two values, if they are not ascending, or if they leave the range of the fit.
    """
    at = _checked(fitter, points)
    values, pulls = data.profile(at)
    values = np.where(np.isfinite(values), values, math.nan)
    finite = values[np.isfinite(values)]
    best = result.estimate.value
    floor = float(finite.min()) if len(finite) else math.nan
    if result.valid and best is not None:
        floor = fitter.profile(data)(best)  # as for the intervals
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
