"""Nodes in the recoil energy, for integrals with poles near T = 0 and a logarithm at T_max.

Between two energies above 0 the variable is ln T, in which 1/T, 1/T² and 1/(2m_e T + M²) are smooth for every
M over a few units; near T_max it is u of T = T_max(1 - u²), which tames the logarithm of the QED factors.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["panel_nodes", "steep_nodes", "towards_zero"]

Array = NDArray[np.float64]

_X, _W = np.polynomial.legendre.leggauss(20)
_LENGTH = 2.0
"""Largest panel in ln T."""


def towards_zero(lowest: float, highest: float) -> Array:
    """Place energies between two, both above 0 and included, evenly in the logarithm.

    Examples
    --------
    >>> towards_zero(1e-4, 1e-3).round(6).tolist()
    [0.0001, 0.000316, 0.001]
    """
    return np.geomspace(lowest, highest, 1 + max(1, math.ceil(math.log(highest / lowest) / _LENGTH)))


def panel_nodes(points: Array, end: float) -> tuple[Array, Array]:
    """Place Gauss-Legendre nodes in panels of the recoil energy.

    Parameters
    ----------
    points : ndarray, shape (n + 1,)
        Ascending energies between which the integrand is smooth, the last at most `end` [MeV]; some between
        end/4 and end/2.
    end : float
        T_max [MeV].

    Returns
    -------
    T, weights : ndarray, shape (20 n,)

    Examples
    --------
    >>> T, weights = panel_nodes(np.array([1e-9, 1e-6, 1e-3, 0.25, 0.5]), 0.5)
    >>> round(float(weights @ (1 / T)), 9), round(math.log(0.5e9), 9)
    (20.030118656, 20.030118656)
    """
    low, high = points[:-1, None], points[1:, None]
    near_end = 2 * high > end
    u_low, u_high = (np.sqrt(np.maximum(1 - x / end, 0.0)) for x in (low, high))
    u = (u_low + u_high) / 2 + (u_high - u_low) / 2 * _X
    ratio = np.log(np.divide(high, low, out=np.ones_like(high), where=low > 0))
    T_log = low * np.exp(ratio * (_X + 1) / 2)
    T_linear = (low + high) / 2 + (high - low) / 2 * _X
    T = np.where(near_end, end * (1 - u**2), np.where(low > 0, T_log, T_linear))
    slope = np.where(
        near_end, (u_low - u_high) / 2 * 2 * u * end, np.where(low > 0, ratio / 2 * T_log, (high - low) / 2)
    )
    return T.ravel(), (slope * _W).ravel()


def steep_nodes(low: ArrayLike, high: ArrayLike, steep: float) -> tuple[Array, Array]:
    """Place nodes between energies, in ln(T + steep): the same number for all.

    Parameters
    ----------
    low, high : array_like
        Energies [MeV], broadcast against each other; low is above 0 where `steep` is 0.
    steep : float
        Where an integrand that rises towards T = 0 becomes flat [MeV].

    Returns
    -------
    T, weights : ndarray, shape (..., n)
    """
    low, high = np.broadcast_arrays(np.asarray(low, np.float64), np.asarray(high, np.float64))
    high = np.maximum(low, high)
    shift = np.zeros_like(low) if steep == 0 else np.where(low > 0, 0.0, steep)
    # ln((high + shift)/(low + shift)), whose argument does not overflow
    length = np.log(high + shift) - np.log(low + shift)
    n = max(1, math.ceil(float(np.max(length, initial=0.0)) / _LENGTH))
    share = (np.arange(n)[:, None] + (_X + 1) / 2).ravel() / n
    T = low[..., None] + (low + shift)[..., None] * np.expm1(length[..., None] * share)
    weights = (T + shift[..., None]) * length[..., None] * np.tile(_W / 2, n) / n
    return T, weights
