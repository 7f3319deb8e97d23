"""Cross section of ν-e scattering: dσ/dT = Σ_k c_k(parameters) h_k(T, ω).

The shapes h_k know no parameter, the coefficients c_k no energy. A fold of the shapes with a source and a
detector is therefore done once, and every model is a dot product with its coefficients.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import M_E, MAGNETIC_SCALE, SIGMA0
from simgen.flavours import Flavour
from simgen.kinematics import T_max
from simgen.models import Couplings, Model, couplings

__all__ = ["Basis", "coefficients", "dsigma_dT", "magnetic_integral", "sigma", "weak_integral"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Basis:
    """The shapes h_k of one kind of flavour under one setting of the radiative corrections.

    Parameters
    ----------
    corrections : {"tree", "electroweak", "full"}
        Radiative corrections.
    charged_current : bool
        True for ν_e and ν̄_e: κ(T) differs from that of the other flavours.

    Notes
    -----
    With (a, b) = (g_L + c_L, g_R), exchanged for antineutrinos, eq. (3) is

        dσ/dT = σ0 {a² + b²(1 - T/ω)² - a b m_e T/ω²}.

    Where κ runs, a = a₀ + a₁κ(T), and each of the three products is a polynomial of degree 2 in κ; its
    nine shapes are ordered as (a², b², ab) × (1, κ, κ²). The magnetic moment's shape comes last.
    """

    corrections: str
    charged_current: bool

    @cached_property
    def powers(self) -> int:
        """Number of powers of κ: 1 at tree level, where κ = 1, else 3."""
        return 1 if self.corrections == "tree" else 3

    @property
    def size(self) -> int:
        """Number of shapes K."""
        return 3 * self.powers + 1

    def shapes(self, T: ArrayLike, E_nu: ArrayLike) -> Array:
        """Evaluate every shape.

        Parameters
        ----------
        T, E_nu : array_like
            Recoil and neutrino energy [MeV], broadcast against each other. T > 0.

        Returns
        -------
        ndarray, shape (K, ...)
            h_k [cm²/MeV], 0 where T > T_max(E_nu).
        """
        T, E_nu = np.broadcast_arrays(np.asarray(T, np.float64), np.asarray(E_nu, np.float64))
        z = T / E_nu
        kinematic = np.stack([np.ones_like(z), (1 - z) ** 2, -M_E * T / E_nu**2])
        if self.corrections == "full":
            from simgen.radiative import qed_factors  # noqa: PLC0415 (compiles)

            kinematic = kinematic + qed_factors(T, E_nu)
        if self.powers > 1:
            from simgen.radiative import kappa  # noqa: PLC0415 (compiles)

            k = kappa(T, charged_current=self.charged_current)
            kinematic = np.concatenate([[h, h * k, h * k**2] for h in kinematic])
        with np.errstate(divide="ignore"):
            magnetic = MAGNETIC_SCALE * (1 / T - 1 / E_nu)
        values = np.concatenate([SIGMA0 * kinematic, magnetic[None]])
        return np.asarray(np.where((T >= 0) & (T_max(E_nu) >= T), values, 0.0))


def coefficients(model: Model, flavour: Flavour) -> Array:
    """Compute the coefficients c_k of a model in the `Basis` of a flavour.

    Returns
    -------
    ndarray, shape (K,)

    Examples
    --------
    >>> from simgen.models import SM
    >>> coefficients(SM(), Flavour.NU_E).round(4).tolist()
    [0.5347, 0.0535, 0.1691, 0.0]
    """
    c: Couplings = couplings(model, charged_current=flavour.charged_current)
    a = np.array([c.g_L[0] + c.c_L, c.g_L[1]])
    b = np.array(c.g_R)
    if flavour.antineutrino:
        a, b = b, a
    if model.corrections == "tree":
        a, b = a.sum(keepdims=True), b.sum(keepdims=True)
    products = [np.convolve(x, y) for x, y in ((a, a), (b, b), (a, b))]
    return np.concatenate([*products, [model.mu_nu**2]])


def dsigma_dT(T: ArrayLike, E_nu: ArrayLike, model: Model, *, flavour: Flavour | str = Flavour.NU_E) -> Array:
    """Compute the differential cross section.

    Parameters
    ----------
    T, E_nu : array_like
        Recoil energy and neutrino energy [MeV], broadcast against each other.
    model : Model
    flavour : Flavour or str

    Returns
    -------
    ndarray
        dσ/dT [cm²/MeV], eq. (3) and the terms that the model switches on; 0 above T_max.

    Examples
    --------
    >>> from simgen.models import SM
    >>> f"{float(dsigma_dT(0.3, 0.7473, SM())):.4e}"
    '8.7438e-45'
    """
    flavour = Flavour(flavour)
    basis = Basis(model.corrections, flavour.charged_current)
    c = coefficients(model, flavour)
    used = np.flatnonzero(c)  # an unused 1/T must not turn T = 0 into 0·∞
    return np.asarray(np.tensordot(c[used], basis.shapes(T, E_nu)[used], axes=1))


def sigma(
    E_nu: ArrayLike,
    model: Model,
    *,
    flavour: Flavour | str = Flavour.NU_E,
    T_low: float = 0.0,
    T_high: ArrayLike = np.inf,
) -> Array:
    """Compute the cross section for recoils between two energies.

    Parameters
    ----------
    E_nu : array_like
        Neutrino energy [MeV].
    T_low, T_high : float, array_like
        Range of the recoil energy [MeV]; T_high is cut at T_max(E_nu).

    Returns
    -------
    ndarray
        σ [cm²]: the closed form at tree level, Gauss-Legendre quadrature with radiative corrections.

    Raises
    ------
    ValueError
        If μ_ν ≠ 0 and T_low = 0, where the integral diverges.
    """
    if model.mu_nu and T_low <= 0:
        raise ValueError("with mu_nu ≠ 0 the cross section diverges at T → 0: T_low must be above 0 MeV")
    E_nu = np.asarray(E_nu, np.float64)
    high = np.maximum(np.minimum(T_max(E_nu), T_high), T_low)
    flavour = Flavour(flavour)
    weak = replace(model, mu_nu=0.0)
    if model.corrections == "tree":
        total = weak_integral(coefficients(weak, flavour)[:3], E_nu, T_low, high)
    else:
        total = _sigma_by_quadrature(E_nu, weak, flavour, T_low, high)
    if model.mu_nu:
        total = total + model.mu_nu**2 * magnetic_integral(E_nu, T_low, high)
    return total


def weak_integral(
    products: Sequence[float] | Array, E_nu: ArrayLike, T_low: ArrayLike, T_high: ArrayLike
) -> Array:
    """Integrate the tree-level cross section between two recoil energies, in closed form.

    Parameters
    ----------
    products : sequence of three floats
        a², b², ab.
    E_nu, T_low, T_high : array_like
        Neutrino energy and limits [MeV], T_high ≤ T_max.

    Notes
    -----
    From 0 to T: σ0 {a² T + b² (ω/3)[1 - (1-T/ω)³] - a b m_e T²/(2ω²)} [cm²].
    """
    a2, b2, ab = products
    E_nu, low, high = (np.asarray(x, np.float64) for x in (E_nu, T_low, T_high))
    cubes = (1 - low / E_nu) ** 3 - (1 - high / E_nu) ** 3
    squares = (high**2 - low**2) / (2 * E_nu**2)
    return np.asarray(SIGMA0 * (a2 * (high - low) + b2 * E_nu / 3 * cubes - ab * M_E * squares))


def magnetic_integral(E_nu: ArrayLike, T_low: ArrayLike, T_high: ArrayLike) -> Array:
    """Integrate the magnetic-moment cross section for μ_ν = μ_B between two recoil energies [cm²].

    Notes
    -----
    (πα²/m_e²)[ln(T_high/T_low) - (T_high - T_low)/ω], T_low > 0.
    """
    E_nu, low, high = (np.asarray(x, np.float64) for x in (E_nu, T_low, T_high))
    return np.asarray(MAGNETIC_SCALE * (np.log(high / low) - (high - low) / E_nu))


def _sigma_by_quadrature(
    E_nu: Array, model: Model, flavour: Flavour, T_low: float, T_high: Array, n_nodes: int = 64
) -> Array:
    """Integrate dσ/dT over T = T_max(1 - u²), which tames the logarithm at T_max."""
    x, w = np.polynomial.legendre.leggauss(n_nodes)
    end = T_max(E_nu)[..., None]
    u_low = np.sqrt(np.maximum(1 - T_high[..., None] / end, 0))
    u_high = np.sqrt(np.maximum(1 - T_low / end, 0))
    half = (u_high - u_low) / 2
    u = (u_high + u_low) / 2 + half * x
    values = dsigma_dT(end * (1 - u**2), E_nu[..., None], model, flavour=flavour)
    return np.asarray(np.sum(half * w * 2 * u * end * values, axis=-1))
