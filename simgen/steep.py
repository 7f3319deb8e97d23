"""Quadrature over recoil energies at which the propagator of a light mediator falls steeply.

1/(2 m_e T + M²) bends at T = M²/(2 m_e), 1 eV for a mass of 1 keV, and falls as 1/T above. With T_M the
energy of the bend and y = ln(1 + T/T_M) it is e^(-y)/M², whatever the mass.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SPLIT", "steep_edges", "steep_nodes"]

Array = NDArray[np.float64]

SPLIT = 0.5
"""Part of the largest recoil energy up to which y is integrated over; above it the end point matters more."""
_WIDEST = 2.0
_X, _W = np.polynomial.legendre.leggauss(20)


def steep_edges(bend: float, low: float, high: float) -> Array:
    """Choose edges of panels between two recoil energies [MeV], both included, at most 2 apart in y.

    Examples
    --------
    >>> steep_edges(1.0, 0.0, math.expm1(4.0)).round(4).tolist()
    [0.0, 6.3891, 53.5982]
    """
    start, stop = math.log1p(low / bend), math.log1p(high / bend)
    y = np.linspace(start, stop, 1 + max(1, math.ceil((stop - start) / _WIDEST - 1e-9)))
    return np.array([low, *(bend * np.expm1(y[1:-1])), high])


def steep_nodes(bend: float, edges: ArrayLike) -> tuple[Array, Array]:
    """Place Gauss-Legendre nodes in y between the edges of panels.

    Parameters
    ----------
    bend : float
        Recoil energy of the bend [MeV].
    edges : array_like, shape (n + 1,)
        Recoil energies [MeV], ascending.

    Returns
    -------
    T, weights : ndarray, shape (20 n,)
        Recoil energies and weights [MeV].

    Examples
    --------
    >>> T, weights = steep_nodes(1e-9, steep_edges(1e-9, 0.0, 0.5))
    >>> round(float(np.sum(weights / (T + 1e-9) ** 2)) / (1e9 - 1 / 0.5), 12)
    1.0
    """
    y = np.log1p(np.asarray(edges, np.float64) / bend)
    half, middle = np.diff(y) / 2, (y[1:] + y[:-1]) / 2
    T = bend * np.expm1((middle[:, None] + half[:, None] * _X).ravel())
    return T, (T + bend) * (half[:, None] * _W).ravel()
