"""Beta spectra: phase space, Fermi function, finite nuclear size."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import ALPHA, M_E

__all__ = ["allowed_spectrum", "fermi_function", "finite_size_L0", "nuclear_radius"]

Array = NDArray[np.float64]

_COMPTON_FM = 386.15926796
"""Reduced Compton wavelength of the electron [fm] (CODATA 2018)."""


def nuclear_radius(A: int) -> float:
    """Compute the radius of a uniformly charged nucleus in units of ħ/(m_e c).

    Notes
    -----
    R = 1.121 A^⅓ + 2.426 A^(-⅓) - 6.614/A fm (L. R. B. Elton, Nuclear Sizes, 1961).
    """
    return float(1.121 * A ** (1 / 3) + 2.426 * A ** (-1 / 3) - 6.614 / A) / _COMPTON_FM


def fermi_function(T_e: ArrayLike, Z: int, A: int) -> Array:
    """Compute the relativistic Fermi function F(Z, W) of β⁻ decay.

    Parameters
    ----------
    T_e : array_like
        Kinetic energy of the beta particle [MeV], ≥ 0. At 0, F diverges as 1/p: infinity is returned.
    Z, A : int
        Charge and mass number of the daughter nucleus.

    Notes
    -----
    F = 2(1+γ₀)(2pR)^(2γ₀-2) e^{πy} |Γ(γ₀+iy)|²/Γ(1+2γ₀)², γ₀ = √(1-(αZ)²), y = αZW/p, p and W in units of
    m_e (M. E. Rose, in Siegbahn 1955), in logarithms so that it does not overflow as p → 0.
    """
    from scipy.special import loggamma  # noqa: PLC0415 (kept out of start-up)

    kinetic = np.asarray(T_e, np.float64) / M_E
    W, p = 1 + kinetic, np.sqrt(kinetic * (kinetic + 2))
    gamma0 = math.sqrt(1 - (ALPHA * Z) ** 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = ALPHA * Z * W / p
        ln_F = (
            math.log(2 * (1 + gamma0))
            + (2 * gamma0 - 2) * np.log(2 * p * nuclear_radius(A))
            + math.pi * y
            + 2 * loggamma(gamma0 + 1j * y).real
            - 2 * math.lgamma(1 + 2 * gamma0)
        )
    return np.asarray(np.where(p > 0, np.exp(ln_F), np.inf))


def finite_size_L0(T_e: ArrayLike, Z: int, A: int) -> Array:
    """Compute the finite-size factor L0 of β⁻ decay.

    Notes
    -----
    The leading analytic terms, L0 = 1 + 13(αZ)²/60 - WRαZ(41-26γ₀)/(15(2γ₀-1))
    - αZRγ₀(17-2γ₀)/(30W(2γ₀-1)) (D. H. Wilkinson, NIM A 290, 509 (1990); L. Hayen et al., RMP 90,
    015008, eq. 16, whose fitted remainders are left out).
    """
    W = 1 + np.asarray(T_e, np.float64) / M_E
    aZ = ALPHA * Z
    R = nuclear_radius(A)
    gamma0 = math.sqrt(1 - aZ**2)
    return np.asarray(
        1
        + 13 / 60 * aZ**2
        - W * R * aZ * (41 - 26 * gamma0) / (15 * (2 * gamma0 - 1))
        - aZ * R * gamma0 * (17 - 2 * gamma0) / (30 * W * (2 * gamma0 - 1))
    )


def allowed_spectrum(
    E_nu: ArrayLike, *, endpoint: float, Z: int = 0, A: int = 0, coulomb: bool = True
) -> Array:
    """Compute the shape of the antineutrino spectrum of an allowed β⁻ decay, not normalised.

    Parameters
    ----------
    E_nu : array_like
        Antineutrino energy [MeV].
    endpoint : float
        Largest kinetic energy of the beta particle [MeV].
    Z, A : int
        Charge and mass number of the daughter nucleus; not used without `coulomb`.
    coulomb : bool
        Multiply by the Fermi function and L0; False gives eq. (14) of the paper.

    Returns
    -------
    ndarray
        dN/dω ∝ p W ω² [F L0], with W = m_e + endpoint - ω; 0 outside 0 ≤ ω ≤ endpoint.
    """
    E_nu = np.asarray(E_nu, np.float64)
    T_e = np.maximum(endpoint - E_nu, 0.0)
    inside = (E_nu >= 0) & (E_nu <= endpoint)
    W = T_e + M_E
    p = np.sqrt(T_e * (T_e + 2 * M_E))
    shape = W * p * E_nu**2
    if coulomb:
        floor = np.maximum(T_e, 1e-12 * endpoint)  # p F tends to a constant as p → 0
        p_floor = np.sqrt(floor * (floor + 2 * M_E))
        factor = fermi_function(floor, Z, A) * finite_size_L0(floor, Z, A)
        shape = W * p_floor * factor * E_nu**2
    return np.asarray(np.where(inside, shape, 0.0))
