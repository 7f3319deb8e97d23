"""Distribution of the recoil energy at tree level: a cubic on (0, 1), and its inversion.

Between T_low and T_max, with x = (T - T_low)/(T_max - T_low), the CDF of a²+ b²(1-T/ω)² - ab m_e T/ω² is
x (1 - p - q) + p x² + q x³, whose coefficients p and q do not depend on the normalisation of the density.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import M_E
from simgen.interaction import T_max

__all__ = ["cubic", "steps"]

Array = NDArray[np.float64]

_ENOUGH = 1e-12
_MOST = 4
_ENDS = np.geomspace(1e-15, 1e-2, 40)
_U = np.concatenate([_ENDS, np.linspace(0.01, 0.99, 197), 1 - _ENDS])
"""Points at which a CDF is checked, dense at both ends."""


def cubic(products: Sequence[float], omega: ArrayLike, T_low: float) -> tuple[Array, Array, Array]:
    """Compute the CDF of the recoil energy.

    Parameters
    ----------
    products : sequence of float
        Coefficients of 1, (1-T/ω)² and -m_e T/ω² in the density.
    omega : array_like
        Neutrino energies [MeV], such that T_max is above T_low.
    T_low : float
        [MeV].

    Returns
    -------
    p, q : ndarray
    span : ndarray
        T_max - T_low [MeV].

    Examples
    --------
    >>> p, q, span = cubic((1.0, 0.0, 0.0), 0.5, 0.0)  # a flat density
    >>> bool(p == 0), bool(q == 0)
    (True, True)
    """
    w = np.asarray(omega, np.float64)
    a2, b2, ab = products
    span = np.asarray(T_max(w) - T_low)
    y, s = 1 - T_low / w, span / w
    constant = a2 + b2 * y * y - ab * M_E * T_low / w**2
    half_slope = -b2 * y * s - ab * M_E * span / (2 * w**2)
    third = b2 * s * s / 3
    total = constant + half_slope + third
    return half_slope / total, third / total, span


def steps(p: ArrayLike, q: ArrayLike, *, series: bool) -> int | None:
    """Count the steps after which the CDF is precise to 1e-12 everywhere; the kernel makes this number.

    They are Householder's steps of third order, which use all derivatives of a cubic.

    Parameters
    ----------
    p, q : array_like, shape (n,)
    series : bool
        Start from a series in p and q: it needs no square root and no division, but is precise only if the
        density varies little. Otherwise start from the inverse for a linear density with the same ends.

    Returns
    -------
    int or None
        None if four do not suffice.
    """
    p, q = np.atleast_1d(p)[:, None], np.atleast_1d(q)[:, None]
    low, high = 1 - p - q, 1 + p + 2 * q
    if series:
        shift, slope = _U * (_U - 1) * (p + q * (1 + _U)), p * (2 * _U - 1) + q * (3 * _U**2 - 1)
        x = _U - shift * (1 - slope * (1 - slope)) - shift**2 * (p + 3 * q * _U)
    else:
        root = np.sqrt(np.maximum(low * low + (high - low) * (high + low) * _U, 0.0))
        x = _U * (low + high) / (low + root)
    for n in range(_MOST + 1):
        x = np.clip(x, 0.0, 1.0)
        F, f, bend = x * (low + x * (p + x * q)) - _U, low + x * (2 * p + x * 3 * q), p + 3 * q * x
        if np.max(np.abs(F)) < _ENOUGH:
            return n
        below = f * (f * f - 2 * F * bend) + F * F * q
        x = x - F * (f * f - F * bend) / np.where(below != 0, below, 1.0)
    return None
