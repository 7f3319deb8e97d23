"""Scan of -2 ln L over the physical ranges of two parameters: points from which minima are sought."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.likelihood import far_counts, local_minima, ranked_dips
from analysis.model import INSIDE

if TYPE_CHECKING:
    from analysis.contours.plane import Plane
    from analysis.fits import Fitter
    from analysis.likelihood import Likelihood

__all__ = ["plane_starts"]

Array = NDArray[np.float64]
Axes = tuple["Fitter", "Fitter"]
Depth = tuple[float, float, float]

_STARTS, _DIPS = 5, 3
"""Largest number of points that are returned, and of local minima in x that are refined at a value of y."""
_FAR_ABOVE = 25.0
"""Points whose -2 ln L is higher than the deepest by more than this are left out."""
_ROUNDS, _POINTS = 3, 11
"""Number of refinements of such a minimum, and of points in each."""
_FOLDED = 40
"""Number of values of each parameter if the signal is folded again at each."""


def plane_starts(
    plane: "Plane", data: "Likelihood", axes: Axes, drawn: tuple[Array, Array], values: Array
) -> list[tuple[float, float]]:
    """List the deepest points (x, y) in the physical ranges, as starts of searches for minima.

    Parameters
    ----------
    plane : Plane
    data : Likelihood
    axes : tuple of two Fitters
        Fitters of x and of y: their `FitModel.grid` is scanned.
    drawn : tuple of two ndarrays
        Values of both at which the profile is known.
    values : ndarray, shape (n_y, n_x)
        The profile there.

    Notes
    -----
    At each value of y the local minima in x are refined. Points are returned at which the deepest of these
    has a local minimum as a function of y, and local minima of the scan and of `values`. If the signal is
    folded again at each value of x, x and y are exchanged. Counts that are far from anything expected are
    not scanned.
    """
    swapped = plane.x in INSIDE and plane.y not in INSIDE
    if far_counts(data.templates, data.counts):  # no value explains them, and each profile takes long
        depths: list[Depth] = []
    elif swapped:
        inverse = plane.swapped(axes[1])
        depths = [(d, x, y) for d, y, x in _deepest(inverse, data, (axes[1], axes[0]))]
    else:
        depths = _deepest(plane, data, axes)
    grid_x, grid_y = drawn
    physical_values = np.where(plane.inside(grid_x, grid_y), values, np.inf)
    depths += [(physical_values[j, i], float(grid_x[i]), float(grid_y[j])) for j, i in _dips(physical_values)]
    highest = min(depths, default=(math.inf,))[0] + _FAR_ABOVE
    return [(x, y) for depth, x, y in sorted(depths)[:_STARTS] if depth < highest]


def _deepest(plane: "Plane", data: "Likelihood", axes: Axes) -> list[Depth]:
    """Scan the physical ranges; return local minima as (-2 ln L, x, y)."""
    steps, values = (axis.grid for axis in axes)
    if plane.x in INSIDE:
        steps, values = _thinned(steps), _thinned(values)
    likelihood = replace(data, model=plane.fitter)
    table = np.full((len(values), len(steps)), np.inf)
    refined: list[tuple[float, float]] = []
    for row, y in zip(table, values, strict=True):
        row[:] = _row(plane, likelihood, steps, float(y))
        refined.append(_refined(plane, likelihood, steps, row, float(y)))
    depths = np.array([depth for depth, _ in refined])
    minima = [
        (float(depths[k]), refined[k][1], float(values[k])) for k in np.flatnonzero(local_minima(depths))
    ]
    minima += [(float(table[j, i]), float(steps[i]), float(values[j])) for j, i in _dips(table)]
    return sorted(minima)[:_STARTS]


def _row(plane: "Plane", data: "Likelihood", points: Array, y: float) -> Array:
    """Evaluate the profile at values of x; infinity at values that are not physical at this y."""
    profile = np.full(len(points), np.inf)
    low, high = plane.ends(y)
    is_physical = (points >= low) & (points <= high)
    if not is_physical.any():
        return profile
    try:
        profile[is_physical] = plane.profiles(data, points[is_physical], y)
    except ValueError:  # no minimum over the pulls is found, or the model is not defined there
        return profile
    return np.where(np.isfinite(profile), profile, np.inf)


def _refined(plane: "Plane", data: "Likelihood", points: Array, row: Array, y: float) -> tuple[float, float]:
    """Refine the deepest local minima in x at a value of y; return -2 ln L and x of the deepest."""
    deepest = (math.inf, float(points[0]))
    for i in ranked_dips(row, 1 if plane.x in INSIDE else _DIPS):
        window, depths = points[max(i - 1, 0) : i + 2], row[max(i - 1, 0) : i + 2]
        for _ in range(_ROUNDS):
            k = int(np.argmin(depths))
            window = np.linspace(window[max(k - 1, 0)], window[min(k + 1, len(window) - 1)], _POINTS)
            depths = _row(plane, data, window, y)
        k = int(np.argmin(depths))
        deepest = min(deepest, (float(row[i]), float(points[i])), (float(depths[k]), float(window[k])))
    return deepest


def _dips(values: Array) -> list[tuple[int, int]]:
    """List the deepest local minima of a table as (row, column)."""
    padded = np.pad(values, 1, constant_values=np.inf)
    n, m = values.shape
    shifts = [(a, b) for a in (0, 1, 2) for b in (0, 1, 2) if (a, b) != (1, 1)]
    around = [padded[a : a + n, b : b + m] for a, b in shifts]
    rows, columns = np.nonzero(np.all([values <= shifted for shifted in around], axis=0))
    order = np.argsort(values[rows, columns], kind="stable")[: 2 * _STARTS]
    return [(int(rows[k]), int(columns[k])) for k in order]


def _thinned(points: Array) -> Array:
    return points[:: max(1, -(-len(points) // _FOLDED))]
