"""A signal that is no polynomial in the parameter of interest, as cubic pieces between values of it."""

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from analysis.templates import Templates

__all__ = ["cubic_pieces"]

Array = NDArray[np.float64]

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
