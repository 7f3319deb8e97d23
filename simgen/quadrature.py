"""Nodes and weights of Gauss-Legendre quadrature, plain and for integrands that are steep at the ends.

Cross sections have poles near T = 0 and a logarithm at T_max. Between two energies above 0 the variable is
ln T, in which 1/T, 1/T² and 1/(2m_e T + M²) are smooth for every M over a few units; near T_max it is u of
T = T_max(1 - u²), which tames the logarithm of the QED factors.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["clustered_nodes", "gauss_legendre", "panel_nodes", "steep_nodes", "towards_zero"]

Array = NDArray[np.float64]

_N_PANEL = 20
"""Nodes in a panel of the recoil energy."""
_LENGTH = 2.0
"""Largest panel in ln T."""
_LARGEST_RULE = 96
"""Most nodes of one Gauss-Legendre rule: making one takes the cube of its size."""


@lru_cache(maxsize=64)
def gauss_legendre(n: int) -> tuple[Array, Array]:
    """Return the n nodes and weights of Gauss-Legendre quadrature on (-1, 1), read-only.

    Examples
    --------
    >>> x, w = gauss_legendre(3)
    >>> round(float(w @ x**4), 12)
    0.4
    """
    x, w = np.polynomial.legendre.leggauss(n)
    x.flags.writeable = w.flags.writeable = False
    return x, w


@lru_cache(maxsize=64)
def clustered_nodes(n: int) -> tuple[Array, Array]:
    """Place n nodes or a few more in (0, 1), dense at both ends, with their weights; read-only.

    Notes
    -----
    With x = sin²(πy/2) an integrand may have a square root or a logarithm at either end. Gauss-Legendre nodes
    in y, in panels of at most 96.

    Examples
    --------
    >>> x, w = clustered_nodes(20)
    >>> round(float(w @ np.sqrt(x * (1 - x))), 12), round(math.pi / 8, 12)
    (0.392699081699, 0.392699081699)
    """
    panels = math.ceil(n / _LARGEST_RULE)
    x, w = gauss_legendre(math.ceil(n / panels))
    half = np.pi / 4 / panels
    angle = (half * (x + 1) + 2 * half * np.arange(panels)[:, None]).ravel()
    nodes, weights = np.sin(angle) ** 2, np.tile(w, panels) * half * np.sin(2 * angle)
    nodes.flags.writeable = weights.flags.writeable = False
    return nodes, weights


def towards_zero(lowest: float, highest: float) -> Array:
    """Space energies evenly in the logarithm between two energies above 0, both included.

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
    x, w = gauss_legendre(_N_PANEL)
    low, high = points[:-1, None], points[1:, None]
    near_end = 2 * high > end
    u_low, u_high = (np.sqrt(np.maximum(1 - E / end, 0.0)) for E in (low, high))
    u = (u_low + u_high) / 2 + (u_high - u_low) / 2 * x
    ratio = np.log(np.divide(high, low, out=np.ones_like(high), where=low > 0))
    T_log = low * np.exp(ratio * (x + 1) / 2)
    T_linear = (low + high) / 2 + (high - low) / 2 * x
    T = np.where(near_end, end * (1 - u**2), np.where(low > 0, T_log, T_linear))
    slope = np.where(
        near_end, (u_low - u_high) / 2 * 2 * u * end, np.where(low > 0, ratio / 2 * T_log, (high - low) / 2)
    )
    return T.ravel(), (slope * w).ravel()


def steep_nodes(low: ArrayLike, high: ArrayLike, steep: float) -> tuple[Array, Array]:
    """Place nodes between pairs of energies, evenly in ln(T + steep), the same number for all.

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
    x, w = gauss_legendre(_N_PANEL)
    n = max(1, math.ceil(float(np.max(length, initial=0.0)) / _LENGTH))
    share = (np.arange(n)[:, None] + (x + 1) / 2).ravel() / n
    T = low[..., None] + (low + shift)[..., None] * np.expm1(length[..., None] * share)
    weights = (T + shift[..., None]) * length[..., None] * np.tile(w / 2, n) / n
    return T, weights
