"""Shapes and coefficients: dσ/dT = Σ_k c_k(parameters) h_k(T, ω).

The shapes h_k do not depend on couplings, and the coefficients c_k do not depend on energies. Shapes are
therefore folded only once with a source and a detector, and the expectation of every model is a dot product
with its coefficients.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simgen.constants import ALPHA, G_F, HBARC2, M_E, MAGNETIC_SCALE, SIGMA0
from simgen.flavours import Flavour
from simgen.interaction.coupling_constants import couplings
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import Model

__all__ = ["Basis", "amplitudes", "coefficients"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Basis:
    """Shapes h_k of one kind of flavour, for one choice of corrections and mediator masses.

    Parameters
    ----------
    corrections : {"tree", "electroweak", "full"}
        Radiative corrections.
    charged_current : bool
        True for ν_e and ν̄_e: κ(T) differs from that of the other flavours.
    vector_mass, scalar_mass : float, optional
        Masses of light mediators [MeV].

    Notes
    -----
    With (a, b) = (g_L + c_L, g_R), exchanged for antineutrinos, eq. (3) is

        dσ/dT = σ0 {a² + b²(1 - T/ω)² - a b m_e T/ω²}.

    The amplitudes are sums over form factors, a = Σ_j a_j φ_j(T). The φ_j are 1, κ(T) if it runs, 1/T for a
    millicharge, and 1/(2m_e T + M²) for a vector mediator. The shapes are the three kinematic terms times
    each product φ_i φ_j (i ≤ j), and two terms without interference: magnetic moment and scalar mediator.
    """

    corrections: str
    charged_current: bool
    vector_mass: float | None = None
    scalar_mass: float | None = None

    @classmethod
    def of(cls, model: Model, flavour: Flavour) -> "Basis":
        """Choose the basis in which a model has coefficients."""
        return cls(model.corrections, flavour.charged_current, model.vector_mass, model.scalar_mass)

    @cached_property
    def form_factors(self) -> tuple[str, ...]:
        """Names of the form factors φ_j."""
        running = () if self.corrections == "tree" else ("kappa",)
        vector = () if self.vector_mass is None else ("vector",)
        return ("one", *running, "inverse_T", *vector)

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs (i, j) with i ≤ j, in the order of the shapes."""
        n = len(self.form_factors)
        return tuple((i, j) for i in range(n) for j in range(i, n))

    @property
    def size(self) -> int:
        """Number of shapes K."""
        return 3 * len(self.pairs) + 2

    @cached_property
    def divergent(self) -> NDArray[np.bool_]:
        """Which shapes have an integral that diverges at T → 0, shape (K,)."""
        inverse = self.form_factors.index("inverse_T")
        powers = [(i == inverse) + (j == inverse) for i, j in self.pairs]
        kinematic = [[p >= 1 for p in powers], [p >= 1 for p in powers], [p >= 2 for p in powers]]
        return np.array([*np.ravel(kinematic), True, False])

    @property
    def steep(self) -> float:
        """Least recoil energy at which the propagator of a mediator bends, M²/(2m_e) [MeV]; 0 without one."""
        masses = [mass for mass in (self.vector_mass, self.scalar_mass) if mass is not None]
        return min(masses) ** 2 / (2 * M_E) if masses else 0.0

    def shapes(self, T: ArrayLike, E_nu: ArrayLike) -> Array:
        """Evaluate every shape.

        Parameters
        ----------
        T, E_nu : array_like
            Recoil and neutrino energy [MeV], broadcast against each other. T > 0.

        Returns
        -------
        ndarray, shape (K, ...)
            h_k [cm²/MeV, divided by the unit of its coefficient], 0 where T > T_max(E_nu).
        """
        T, E_nu = np.broadcast_arrays(np.asarray(T, np.float64), np.asarray(E_nu, np.float64))
        values = self.combine(T, self.kinematic(T, E_nu))
        return np.asarray(np.where((T >= 0) & (T_max(E_nu) >= T), values, 0.0))

    def kinematic(self, T: Array, E_nu: Array) -> Array:
        """Evaluate the factors that depend on E_nu, but not on mediator masses.

        Returns
        -------
        ndarray, shape (5, ...)
            1, (1 - T/ω)² and -m_e T/ω² with their QED factors, 1/T - 1/ω, 1/ω²; 0 where T > T_max(E_nu).
        """
        z = T / E_nu
        weak = np.stack([np.ones_like(z), (1 - z) ** 2, -M_E * T / E_nu**2])
        if self.corrections == "full":
            from simgen.interaction.radiative import qed_factors  # noqa: PLC0415 (compiles)

            weak = weak + qed_factors(T, E_nu)
        with np.errstate(divide="ignore"):
            magnetic_and_scalar = np.stack([1 / T - 1 / E_nu, 1 / E_nu**2])
        return np.where(T_max(E_nu) >= T, np.concatenate([weak, magnetic_and_scalar]), 0.0)

    def combine(self, T: Array, kinematic: Array) -> Array:
        """Multiply `kinematic`, or its average over E_nu, by the form factors: shape (K, ...)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = self._form_factors(T)
            products = np.stack([factors[i] * factors[j] for i, j in self.pairs])
            weak = SIGMA0 * kinematic[:3, None] * products
        magnetic_and_scalar = np.stack([MAGNETIC_SCALE * kinematic[3], self._scalar(T) * kinematic[4]])
        return np.concatenate([weak.reshape(3 * len(self.pairs), *T.shape), magnetic_and_scalar])

    def _form_factors(self, T: Array) -> list[Array]:
        """Evaluate φ_j(T)."""
        values = {"one": np.ones_like(T), "inverse_T": 1 / T}
        if "kappa" in self.form_factors:
            from simgen.interaction.radiative import kappa  # noqa: PLC0415 (compiles)

            values["kappa"] = kappa(T, charged_current=self.charged_current)
        if self.vector_mass is not None:
            values["vector"] = 1 / (2 * M_E * T + self.vector_mass**2)
        return [values[name] for name in self.form_factors]

    def _scalar(self, T: Array) -> Array:
        """Evaluate ω² times the shape of a scalar mediator; its coefficient is (g_ν g_e)²."""
        if self.scalar_mass is None:
            return np.zeros_like(T)
        propagator = 2 * M_E * T + self.scalar_mass**2
        return np.asarray(HBARC2 * M_E**2 * T * (1 + T / (2 * M_E)) / (4 * np.pi * propagator**2))


def amplitudes(model: Model, flavour: Flavour) -> tuple[Array, Array]:
    """Compute the coefficients of the form factors in the two amplitudes.

    Returns
    -------
    a, b : ndarray, shape (n_form_factors,)
        In the order of `Basis.form_factors`; already exchanged for antineutrinos.
    """
    c = couplings(model, charged_current=flavour.charged_current)
    # g_L and g_R both shift by half the shift of g_V
    charge = -math.sqrt(2) * math.pi * ALPHA * model.millicharge / (2 * G_F * M_E)
    vector = model.vector_coupling / (2 * math.sqrt(2) * G_F)
    terms = {"inverse_T": charge, "vector": vector}
    a = {"one": c.g_L[0] + c.c_L, "kappa": c.g_L[1], **terms}
    b = {"one": c.g_R[0], "kappa": c.g_R[1], **terms}
    if model.corrections == "tree":
        a["one"], b["one"] = a["one"] + a["kappa"], b["one"] + b["kappa"]
    names = Basis.of(model, flavour).form_factors
    arrays = np.array([a[n] for n in names]), np.array([b[n] for n in names])
    return arrays[::-1] if flavour.antineutrino else arrays


def coefficients(model: Model, flavour: Flavour) -> Array:
    """Compute the coefficients c_k of a model in the `Basis` of a flavour.

    Returns
    -------
    ndarray, shape (K,)

    Examples
    --------
    >>> from simgen.interaction.models import SM
    >>> c = coefficients(SM(), Flavour.NU_E)
    >>> c[c != 0].round(4).tolist()
    [0.5347, 0.0535, 0.1691]
    """
    a, b = amplitudes(model, flavour)
    pairs = Basis.of(model, flavour).pairs
    with np.errstate(over="ignore", invalid="ignore"):  # too large a coupling: counts are infinite then
        squares = [
            [x[i] * y[j] + (x[j] * y[i] if i != j else 0.0) for i, j in pairs]
            for x, y in ((a, a), (b, b), (a, b))
        ]
    if model.delta_c_L_order == "first" and flavour.charged_current:
        squares[1 if flavour.antineutrino else 0][0] -= model.delta_c_L**2
    return np.array([*np.ravel(squares), model.mu_nu**2, model.scalar_coupling**2])
