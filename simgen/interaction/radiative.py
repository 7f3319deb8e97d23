"""Radiative corrections: κ(T) and the QED factors of Bahcall, Kamionkowski and Sirlin."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen._kernels.radiative import fill_kappa, fill_qed_factors

__all__ = ["kappa", "qed_factors"]


def kappa(T: ArrayLike, *, charged_current: bool) -> NDArray[np.float64]:
    """Compute the running factor κ of sin²θ_W.

    Parameters
    ----------
    T : array_like
        Recoil energy [MeV], above 0.
    charged_current : bool
        True for ν_e and ν̄_e, False for the other flavours.

    Notes
    -----
    κ = 0.9791 + 0.0097 I(T) for ν_e, 0.9970 - 0.00037 I(T) for ν_μ and ν_τ (PRD 51, 6146, eqs. A4-A6).
    """
    T = np.asarray(T, np.float64)
    flat = T.flatten()
    out = np.empty_like(flat)
    fill_kappa(flat, charged_current, out)  # type: ignore[arg-type]
    return out.reshape(T.shape)


def qed_factors(T: ArrayLike, E_nu: ArrayLike) -> NDArray[np.float64]:
    """Compute the QED terms that are added to the shapes 1, (1 - T/ω)² and -m_e T/ω².

    Parameters
    ----------
    T, E_nu : array_like
        Recoil and neutrino energy [MeV], broadcast against each other.

    Returns
    -------
    ndarray, shape (3, ...)
        (α/π) f₋, (α/π) F₊ and -(m_e T/ω²)(α/π) f₊₋; 0 at T = 0 and from T_max on.
    """
    T, E_nu = np.broadcast_arrays(np.asarray(T, np.float64), np.asarray(E_nu, np.float64))
    out = np.zeros((3, T.size))
    flat_T, flat_E_nu = T.flatten(), E_nu.flatten()
    fill_qed_factors(flat_T, flat_E_nu, out)  # type: ignore[arg-type]
    return out.reshape(3, *T.shape)
