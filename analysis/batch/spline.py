"""Cubic splines of a signal that is not a polynomial in the parameter of interest."""

import math
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis.model import FitModel, Templates, wave_points

__all__ = ["cubic_pieces", "tabulated"]

Array = NDArray[np.float64]

_TABLE = 48.0
"""Distance of the ends of a table from the starting values, in units of the resolution, if a wider table is
impossible."""
_INSET = 0.01
"""Share of the distance to the end of the parameter's range that is left out, if the signal cannot be
tabulated up to the end."""
_CLOSE = 0.05
"""Least distance of the first points of a table, in the same units."""

_TOLERANCE = 1e-7
"""Largest error of interpolated counts, in units of their statistical error."""
_MOST = 4000
"""Largest number of points."""
_ROUNDS, _LATER_ROUNDS = 12, 12
"""Largest numbers of rounds, and of later ones, in which more intervals are divided at a time."""


def cubic_pieces(templates: Templates, points: Array) -> tuple[Array, Array] | None:
    """Interpolate the layers of the signal, with more points where cubic pieces are not precise.

    Parameters
    ----------
    templates : Templates
    points : ndarray, shape (n,)
        First values of the parameter of interest, ascending.

    Returns
    -------
    knots : ndarray, shape (J,)
        Lower ends of the pieces.
    powers : ndarray, shape (J, 4, n_layers, n_bins)
        Coefficients of (poi - knot)^k.
    None
        If the largest number of points does not suffice.

    Notes
    -----
    The spline is compared with the signal in the middle of every interval. Where it differs too much, the
    middle becomes a point, and the next spline is compared in all middles again. A new point changes the
    spline in the intervals beside its own, too. That can go on from one to the next: in later rounds
    intervals of half the error, and the neighbours of both, are divided together with them.
    """
    from scipy.interpolate import CubicSpline  # noqa: PLC0415 (few models are tabulated)

    signal = cache(templates.layers)
    knots = {float(p) for p in points}
    background = np.concatenate([b[:, 0].sum(axis=0) for b in templates.backgrounds])
    for number in range(_ROUNDS + _LATER_ROUNDS):
        x = np.array(sorted(knots))
        spline = CubicSpline(x, np.array([signal(float(p)) for p in x]))
        middles = (x[1:] + x[:-1]) / 2
        exact = np.array([signal(float(middle)) for middle in middles])
        errors = np.sqrt(np.maximum(exact[:, 0] + background, 0) + 1)
        difference = np.abs(spline(middles) - exact)
        misses = (difference / errors[:, None]).max(axis=(1, 2))
        wrong = misses > _TOLERANCE
        if not wrong.any():
            return x[:-1], np.ascontiguousarray(np.moveaxis(spline.c[::-1], 0, 1))
        if number >= _ROUNDS:
            wrong = np.convolve(misses > _TOLERANCE / 2, np.ones(3), "same") > 0
        knots.update(map(float, middles[wrong]))
        if len(knots) > _MOST:
            return None
    return None


def tabulated(
    model: FitModel, first: float, last: float, low: float, high: float
) -> tuple[tuple[float, float], tuple[Array, Array] | None]:
    """Tabulate a signal around the starting values of fits, within a range.

    Parameters
    ----------
    model : FitModel
    first, last : float
        Least and largest starting value of fits.
    low, high : float
        Range of the parameter of interest.

    Returns
    -------
    tuple of float
        Range of the table: it ends before an end of the parameter's range with a square root.
    table : as `cubic_pieces`, or None
    """
    nearest = _TABLE * model.width
    extents = [nearest]
    if model.templates.poi == "delta_m2":  # every wave has a minimum of its own
        extents = [max(nearest, float(wave_points(model.templates)[-1]) - last), nearest]
    elif math.isfinite(high - low):
        extents = [high - low, nearest]
    for extent, inset in product(extents, (0.0, _INSET)):
        lower, upper = max(low, first - extent), min(high, last + extent)
        below = lower + (inset * (first - lower) if lower == low else 0.0)
        above = upper - (inset * (upper - last) if upper == high else 0.0)
        points = [below]
        for point in (*model.grid[(model.grid > below) & (model.grid < above)], above):
            if point - points[-1] > _CLOSE * model.width:
                points.append(float(point))
        points[-1] = above
        table = cubic_pieces(model.templates, np.array(points))
        if table is not None:
            return (below, above), table
    return (lower, upper), None
