"""A signal that is no polynomial in the parameter of interest, as cubic pieces between values of it."""

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.model import FitModel, Templates, wave_points

__all__ = ["cubic_pieces", "tabulated"]

Array = NDArray[np.float64]

_TABLE = 48.0
"""A tabulated signal reaches this many times the resolution away from where fits begin, if not further."""
_INSET = 0.01
"""Of the way to the end of the parameter's range: so much is left out where it cannot be tabulated."""
_CLOSE = 0.05
"""Values from which a table begins are no closer than this, in the same units."""

_TOLERANCE = 1e-7
"""Of the counts between two values, in units of their statistical error."""
_MOST = 4000
"""Values of the parameter."""
_ROUNDS = 12


def cubic_pieces(templates: Templates, points: Array) -> tuple[Array, Array] | None:
    """Interpolate the layers of the signal, with more points where cubic pieces miss it.

    Parameters
    ----------
    templates : Templates
    points : ndarray, shape (n,)
        Values of the parameter of interest to begin with, ascending.

    Returns
    -------
    knots : ndarray, shape (J,)
        Where pieces begin.
    powers : ndarray, shape (J, 4, n_layers, n_bins)
        Coefficients of (poi - knot)^k.
    None
        If thousands of points do not suffice.

    Notes
    -----
    A spline is held against the signal in the middle of every interval; where it misses, the middle becomes a
    point. The spline of the next round is checked in all middles again.
    """
    known = {float(p): templates.layers(float(p)) for p in points}
    rest = np.concatenate([b[:, 0].sum(axis=0) for b in templates.backgrounds])
    for _ in range(_ROUNDS):
        x = np.array(sorted(known))
        spline = CubicSpline(x, np.array([known[float(p)] for p in x]))
        wrong = []
        for middle in (x[1:] + x[:-1]) / 2:
            exact = templates.layers(float(middle))
            error = np.sqrt(np.maximum(exact[0] + rest, 0) + 1)
            if np.any(np.abs(spline(middle) - exact) > _TOLERANCE * error):
                wrong.append((float(middle), exact))
        if not wrong:
            return x[:-1], np.ascontiguousarray(np.moveaxis(spline.c[::-1], 0, 1))
        known.update(wrong)
        if len(known) > _MOST:
            return None
    return None


def tabulated(
    model: FitModel, first: float, last: float, low: float, high: float
) -> tuple[tuple[float, float], tuple[Array, Array] | None]:
    """Tabulate a signal around where fits begin, within a range.

    Parameters
    ----------
    model : FitModel
    first, last : float
        Least and largest value from which fits begin.
    low, high : float
        Range of the parameter of interest.

    Returns
    -------
    tuple of float
        Range of the table: it ends before an end point, which is a root.
    table : as `cubic_pieces`, or None
    """
    near = _TABLE * model.width
    reaches = [near]
    if model.templates.poi == "delta_m2":  # every wave has a minimum of its own
        reaches = [max(near, float(wave_points(model.templates)[-1]) - last), near]
    elif math.isfinite(high - low):
        reaches = [high - low, near]
    for reach, inset in product(reaches, (0.0, _INSET)):
        left, right = max(low, first - reach), min(high, last + reach)
        below = left + (inset * (first - left) if left == low else 0.0)
        above = right - (inset * (right - last) if right == high else 0.0)
        points = [below]
        for point in (*model.grid[(model.grid > below) & (model.grid < above)], above):
            if point - points[-1] > _CLOSE * model.width:
                points.append(float(point))
        points[-1] = above
        table = cubic_pieces(model.templates, np.array(points))
        if table is not None:
            return (below, above), table
    return (left, right), None
