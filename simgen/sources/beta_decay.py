"""Beta spectra: phase space, Fermi function, finite nuclear size."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import ALPHA, M_E

__all__ = [
    "allowed_spectrum",
    "fermi_function",
    "finite_size_L0",
    "nuclear_radius",
    "shape_factor",
    "unique_forbidden_factor",
]

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


@np.errstate(under="ignore")
def fermi_function(T_e: ArrayLike, Z: int, A: int) -> Array:
    """Compute the relativistic Fermi function F(Z, W) of beta decay.

    Parameters
    ----------
    T_e : array_like
        Kinetic energy of the beta particle [MeV], ≥ 0. At 0, F diverges as 1/p: infinity is returned.
    Z, A : int
        Charge and mass number of the daughter nucleus; Z is negative for β⁺, whose F vanishes at 0.

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
    return np.asarray(np.where(p > 0, np.exp(ln_F), np.inf if Z >= 0 else 0.0))


@np.errstate(under="ignore")
def finite_size_L0(T_e: ArrayLike, Z: int, A: int) -> Array:
    """Compute the finite-size factor L0 of beta decay; Z is negative for β⁺.

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


@np.errstate(under="ignore")
def allowed_spectrum(
    E_nu: ArrayLike, *, endpoint: float, Z: int = 0, A: int = 0, coulomb: bool = True
) -> Array:
    """Compute the shape of the neutrino spectrum of an allowed beta decay, not normalised.

    Parameters
    ----------
    E_nu : array_like
        Neutrino energy [MeV].
    endpoint : float
        Largest kinetic energy of the beta particle [MeV].
    Z, A : int
        Charge and mass number of the daughter nucleus, Z negative for β⁺; not used without `coulomb`.
    coulomb : bool
        Multiply by the Fermi function and L0; False gives eq. (14) of the paper.

    Returns
    -------
    ndarray
        dN/dω ∝ p W ω² [F L0], with W = m_e + endpoint - ω; 0 outside 0 ≤ ω ≤ endpoint.
    """
    E_nu = np.asarray(E_nu, np.float64)
    T_e = np.maximum(endpoint - E_nu, 0.0)
    is_inside = (E_nu >= 0) & (E_nu <= endpoint)
    W = T_e + M_E
    p = np.sqrt(T_e * (T_e + 2 * M_E))
    shape = W * p * E_nu**2
    if coulomb:
        floor = np.maximum(T_e, 1e-12 * endpoint)  # p F tends to a constant as p → 0
        p_floor = np.sqrt(floor * (floor + 2 * M_E))
        factor = fermi_function(floor, Z, A) * finite_size_L0(floor, Z, A)
        shape = W * p_floor * factor * E_nu**2
    return np.asarray(np.where(is_inside, shape, 0.0))


@np.errstate(under="ignore")
def shape_factor(E_nu: ArrayLike, endpoint: float, linear: float, inverse: float) -> Array:
    """Compute a shape factor C(W) = 1 + linear W + inverse/W of a beta decay.

    Parameters
    ----------
    E_nu : array_like
        Neutrino energy [MeV].
    endpoint : float
        Largest kinetic energy of the beta particle [MeV].
    linear, inverse : float
        With W, the total energy of the beta particle, in units of m_e.

    Examples
    --------
    >>> float(shape_factor(1.0, 1.0, 0.1, 0.2).round(12))
    1.3
    """
    W = 1 + np.maximum(endpoint - np.asarray(E_nu, np.float64), 0.0) / M_E
    return np.asarray(1 + linear * W + inverse / W)


def unique_forbidden_factor(E_nu: ArrayLike, *, endpoint: float, Z: int = 0, A: int = 0) -> Array:
    """Compute p² λ₂ + q², the shape factor of a unique first-forbidden decay, in units of m_e².

    Parameters
    ----------
    E_nu : array_like
        Neutrino energy q [MeV].
    endpoint : float
        Largest kinetic energy of the beta particle [MeV].
    Z, A : int
        Charge and mass number of the daughter nucleus, Z negative for β⁺; Z = 0 leaves λ₂ = 1.

    Notes
    -----
    λ₂ = (F₁/F₀)(2+γ₂)/(2(1+γ₁)), γ_k = √(k²-(αZ)²), is a ratio of Coulomb functions
    F_{k-1} ∝ [Γ(2k+1)/(Γ(k)Γ(1+2γ_k))]² (2pR)^{2(γ_k-k)} |Γ(γ_k+iy)|² (H. Behrens and J. Jänecke,
    Landolt-Börnstein I/4, 1969); p² + q² is that of E. J. Konopinski and G. E. Uhlenbeck, Phys. Rev. 60, 308
    (1941).
    """
    E_nu = np.asarray(E_nu, np.float64)
    T_e = np.maximum(endpoint - E_nu, 1e-12 * endpoint)  # p² λ₂ tends to a constant as p → 0
    p2, q2 = T_e * (T_e + 2 * M_E) / M_E**2, (E_nu / M_E) ** 2
    if Z == 0:
        return np.asarray(p2 + q2)
    gamma1, gamma2 = (math.sqrt(k * k - (ALPHA * Z) ** 2) for k in (1, 2))
    ln_ratio = _ln_coulomb(T_e, Z, A, 2) - _ln_coulomb(T_e, Z, A, 1)
    return np.asarray(p2 * np.exp(ln_ratio) * (2 + gamma2) / (2 * (1 + gamma1)) + q2)


def _ln_coulomb(T_e: Array, Z: int, A: int, k: int) -> Array:
    """Compute ln F_{k-1} without e^{πy}, which is the same for all k."""
    from scipy.special import loggamma  # noqa: PLC0415 (kept out of start-up)

    kinetic = T_e / M_E
    W, p = 1 + kinetic, np.sqrt(kinetic * (kinetic + 2))
    gamma = math.sqrt(k * k - (ALPHA * Z) ** 2)
    constant = 2 * (math.lgamma(2 * k + 1) - math.lgamma(k) - math.lgamma(1 + 2 * gamma))
    power = 2 * (gamma - k) * np.log(2 * p * nuclear_radius(A))
    return np.asarray(constant + power + 2 * loggamma(gamma + 1j * ALPHA * Z * W / p).real)
