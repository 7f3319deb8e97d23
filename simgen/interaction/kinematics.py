"""Kinematics of elastic scattering on an electron at rest."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import M_E

__all__ = ["E_nu_min", "T_max", "cos_theta"]


def T_max(E_nu: ArrayLike) -> NDArray[np.float64]:
    """Compute the largest recoil energy.

    Parameters
    ----------
    E_nu : array_like
        Neutrino energy [MeV].

    Returns
    -------
    ndarray
        Kinetic energy of the electron in backward scattering of the neutrino [MeV].

    Notes
    -----
    T_max = 2ω²/(m_e + 2ω).

    Examples
    --------
    >>> round(float(T_max(0.746)), 4)
    0.5557
    """
    E_nu = np.asarray(E_nu, dtype=np.float64)
    return np.asarray(2 * E_nu**2 / (M_E + 2 * E_nu))


def E_nu_min(T: ArrayLike) -> NDArray[np.float64]:
    """Compute the smallest neutrino energy that can give a recoil T [MeV].

    Notes
    -----
    ω_min = (T/2)(1 + √(1 + 2m_e/T)), the inverse of `T_max`, written so that T = 0 gives 0.
    """
    T = np.asarray(T, dtype=np.float64)
    return np.asarray(0.5 * (T + np.sqrt(T * (T + 2 * M_E))))


def cos_theta(T: ArrayLike, E_nu: ArrayLike) -> NDArray[np.float64]:
    """Compute the cosine of the angle between electron and neutrino.

    Parameters
    ----------
    T, E_nu : array_like
        Recoil energy and neutrino energy [MeV], broadcast against each other.

    Notes
    -----
    cosθ = (1 + m_e/ω) √(T/(T + 2m_e)): 0 at T → 0, 1 at T_max.
    """
    T, E_nu = np.asarray(T, dtype=np.float64), np.asarray(E_nu, dtype=np.float64)
    return np.asarray((1 + M_E / E_nu) * np.sqrt(T / (T + 2 * M_E)))
