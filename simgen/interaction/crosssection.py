"""Cross section of ν-e scattering, differential and integrated."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import M_E, MAGNETIC_SCALE, SIGMA0
from simgen.flavours import Flavour
from simgen.interaction.basis import Basis, coefficients
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import Model
from simgen.interaction.positivity import check_energies
from simgen.quadrature import gauss_legendre, steep_nodes

__all__ = ["dsigma_dT", "is_cubic", "magnetic_integral", "sigma", "steepest", "weak_integral"]

Array = NDArray[np.float64]

_N_NODES = 64


@np.errstate(under="ignore")
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
        dσ/dT [cm²/MeV]: eq. (3) and additional terms of the model; 0 above T_max.

    Examples
    --------
    >>> from simgen.interaction.models import SM
    >>> f"{float(dsigma_dT(0.3, 0.7473, SM())):.4e}"
    '8.7438e-45'
    """
    flavour = Flavour(flavour)
    basis = Basis.of(model, flavour)
    c = coefficients(model, flavour)
    used = np.flatnonzero(c)  # an unused 1/T must not turn T = 0 into 0·∞
    return np.asarray(np.tensordot(c[used], basis.shapes(T, E_nu)[used], axes=1))


@np.errstate(under="ignore")
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
        σ [cm²], in closed form if it exists, else by Gauss-Legendre quadrature.

    Raises
    ------
    ValueError
        If dσ/dT diverges at T → 0 (magnetic moment, millicharge) and T_low = 0, or if it is negative because
        δc_L² is dropped where it matters.
    """
    if model.diverges and T_low <= 0:
        raise ValueError(
            "with mu_nu or millicharge ≠ 0 the cross section diverges at T → 0: T_low must be above 0 MeV"
        )
    E_nu = np.asarray(E_nu, np.float64)
    high = np.maximum(np.minimum(T_max(E_nu), T_high), T_low)
    flavour = Flavour(flavour)
    check_energies(E_nu, model, flavour, T_low, high)
    weak_model = replace(model, mu_nu=0.0)
    if is_cubic(model):
        total = weak_integral(
            coefficients(weak_model, flavour)[_cubic(weak_model, flavour)], E_nu, T_low, high
        )
    else:
        total = _sigma_by_quadrature(E_nu, weak_model, flavour, T_low, high)
    if model.mu_nu:
        total = total + model.mu_nu**2 * magnetic_integral(E_nu, T_low, high)
    return total


def is_cubic(model: Model) -> bool:
    """Tell whether ∫dσ/dT dT is a cubic in T, apart from the logarithm of a magnetic moment."""
    return model.corrections == "tree" and not (
        model.millicharge or model.vector_coupling or model.scalar_coupling
    )


def _cubic(model: Model, flavour: Flavour) -> list[int]:
    """Return the indices of a², b², ab without form factors among the shapes."""
    n_pairs = len(Basis.of(model, flavour).pairs)
    return [0, n_pairs, 2 * n_pairs]


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


def _sigma_by_quadrature(E_nu: Array, model: Model, flavour: Flavour, T_low: float, T_high: Array) -> Array:
    """Integrate dσ/dT; above T_max/2 with T = T_max(1 - u²), which removes the logarithm at T_max."""
    T_end, steep = T_max(E_nu), steepest(model)
    plain = steep == 0 and not (model.millicharge and T_low < 0.1 * np.max(T_end, initial=0.0))
    middle = np.full_like(T_end, T_low) if plain else np.minimum(np.maximum(T_end / 2, T_low), T_high)
    u_low = np.sqrt(np.maximum(1 - T_high / T_end, 0))
    u_high = np.sqrt(np.maximum(1 - middle / T_end, 0))
    span = (u_high - u_low)[..., None]
    x, w = gauss_legendre(_N_NODES)
    u = u_high[..., None] - span * ((x + 1) / 2)
    values = dsigma_dT(T_end[..., None] * (1 - u**2), E_nu[..., None], model, flavour=flavour)
    total = np.sum(span * (w / 2) * 2 * u * T_end[..., None] * values, axis=-1)
    if not plain:
        T, weights = steep_nodes(T_low, middle, steep)
        total = total + np.sum(weights * dsigma_dT(T, E_nu[..., None], model, flavour=flavour), axis=-1)
    return np.asarray(total)


def steepest(model: Model) -> float:
    """Find the least recoil energy at which the propagator of a light mediator bends, M²/(2m_e) [MeV].

    Returns
    -------
    float
        0 without a light mediator.
    """
    pairs = ((model.vector_coupling, model.vector_mass), (model.scalar_coupling, model.scalar_mass))
    return min(
        (mass**2 / (2 * M_E) for coupling, mass in pairs if coupling and mass is not None), default=0.0
    )
