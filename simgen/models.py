"""Models of the neutrino-electron interaction: parameters, and the couplings that follow from them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Literal, TypedDict, Unpack

from simgen.constants import M_Z

__all__ = [
    "E6",
    "LR",
    "SM",
    "Couplings",
    "Model",
    "ModelName",
    "Terms",
    "couplings",
    "gamma_from_mass",
    "mass_from_gamma",
    "parameter_range",
]

ModelName = Literal["SM", "E6", "LR"]
Corrections = Literal["tree", "electroweak", "full"]

NAMED_BETA = {
    "chi": 0.0,
    "psi": math.pi / 2,
    "eta": math.atan2(-math.sqrt(5 / 8), math.sqrt(3 / 8)),
}
"""E6 angle β [rad] of the named models, after eq. (6)."""

RHO = 1.0126
"""ρ of ν-e scattering with radiative corrections (Bahcall, Kamionkowski, Sirlin, PRD 51, 6146)."""

_RANGES = {
    "gamma": (0.0, math.inf),
    "mu_nu": (0.0, math.inf),
    "phi": (-math.pi / 2, math.pi / 2),
    "beta": (-math.pi / 2, math.pi / 2),
    "delta_c_L": (-math.inf, math.inf),
    "sin2_theta_w": (0.0, 0.5),
}


class Terms(TypedDict, total=False):
    """Parameters that every model shares."""

    sin2_theta_w: float
    corrections: Corrections
    delta_c_L: float
    mu_nu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of ν-e scattering with the values of all its parameters.

    Vary it with `dataclasses.replace` or `Model.vary`; make one with `SM`, `E6` or `LR`.

    Parameters
    ----------
    name : {"SM", "E6", "LR"}
        Gauge structure.
    beta : float
        Angle of the extra U(1) in E6 [rad], eq. (6).
    gamma : float
        (M_Z/M_Z')², eq. (9); below zero it is unphysical, and allowed so that a fit can go there.
    phi : float
        Z-Z' mixing angle [rad].
    rho_mix : bool
        Multiply g_L and g_R by M_Z0²/M_1² = 1 + sin²φ (1/γ - 1); False gives the paper as printed.
    sin2_theta_w : float
        sin²θ_W.
    corrections : {"tree", "electroweak", "full"}
        Radiative corrections of Bahcall, Kamionkowski and Sirlin.
    delta_c_L : float
        New physics in the charged current, c_L = 1 + δc_L, eq. (4).
    mu_nu : float
        Magnetic moment in Bohr magnetons.

    Raises
    ------
    ValueError
        If a value is outside its range, or γ ≤ 0 with φ ≠ 0 and `rho_mix`.
    """

    name: ModelName = "SM"
    beta: float = 0.0
    gamma: float = 0.0
    phi: float = 0.0
    rho_mix: bool = True
    sin2_theta_w: float = 0.2312
    corrections: Corrections = "tree"
    delta_c_L: float = 0.0
    mu_nu: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in _NEUTRAL_CURRENT:
            raise ValueError(f"model name must be one of {', '.join(_NEUTRAL_CURRENT)}, got {self.name!r}")
        if self.corrections not in {"tree", "electroweak", "full"}:
            raise ValueError(f"corrections must be 'tree', 'electroweak' or 'full', got {self.corrections!r}")
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float | int) and not math.isfinite(value):
                raise ValueError(f"{field.name} must be finite, got {value}")
        if not 0 < self.sin2_theta_w < 0.5:
            raise ValueError(f"sin2_theta_w must lie between 0 and 0.5, got {self.sin2_theta_w}")
        if abs(self.phi) > math.pi / 2:
            raise ValueError(f"phi must lie between -π/2 and π/2 rad, got {self.phi}")
        if self.name == "SM" and (self.gamma or self.phi):
            raise ValueError("the SM has no Z': gamma and phi must be 0 (choose E6 or LR)")
        if self.phi and self.rho_mix and self.gamma <= 0:
            raise ValueError(
                f"gamma = {self.gamma} with phi = {self.phi} rad: a Z' without a mass cannot mix; "
                "rho_mix diverges as gamma → 0 (give gamma > 0, phi = 0, or rho_mix = false)"
            )

    @property
    def label(self) -> str:
        """Short name for plots and tables: SM, E6 χ, LR, ..."""
        if self.name != "E6":
            return self.name
        for greek, value in zip("χψη", NAMED_BETA.values(), strict=True):
            if math.isclose(self.beta, value, abs_tol=1e-12):
                return f"E6 {greek}"
        return f"E6 β = {math.degrees(self.beta):.4g}°"

    @property
    def parameters(self) -> dict[str, float]:
        """Every numerical parameter of this model by name."""
        names = ["sin2_theta_w", "delta_c_L", "mu_nu"]
        if self.name != "SM":
            names = ["gamma", "phi", *names]
        if self.name == "E6":
            names = ["beta", *names]
        return {name: getattr(self, name) for name in names}

    def vary(self, **values: float) -> "Model":
        """Return the model with other values of some of its `parameters`.

        Raises
        ------
        ValueError
            If a name is not a parameter of this model.

        Examples
        --------
        >>> E6(beta="chi").vary(gamma=0.05).gamma
        0.05
        """
        for name in values:
            if name not in self.parameters:
                raise ValueError(
                    f"{self.label} has no parameter {name!r}: choose from {', '.join(self.parameters)}"
                )
        return replace(self, **values)  # type: ignore[arg-type]  # the names were checked above

    def standard(self) -> "Model":
        """Return the standard model at the same sin²θ_W and corrections."""
        return Model(sin2_theta_w=self.sin2_theta_w, corrections=self.corrections)


def SM(**terms: Unpack[Terms]) -> Model:
    """Make the standard model."""
    return Model(name="SM", **terms)


def E6(
    *,
    beta: str | float,
    gamma: float = 0.0,
    phi: float = 0.0,
    rho_mix: bool = True,
    **terms: Unpack[Terms],
) -> Model:
    """Make an E6 model, eqs. (6)-(8).

    Parameters
    ----------
    beta : str or float
        "chi", "psi", "eta", or the angle β [rad].

    Examples
    --------
    >>> E6(beta="chi", gamma=0.05).label
    'E6 χ'
    """
    if isinstance(beta, str):
        if beta not in NAMED_BETA:
            raise ValueError(f"beta must be 'chi', 'psi', 'eta' or an angle [rad], got {beta!r}")
        beta = NAMED_BETA[beta]
    return Model(name="E6", beta=beta, gamma=gamma, phi=phi, rho_mix=rho_mix, **terms)


def LR(*, gamma: float = 0.0, phi: float = 0.0, rho_mix: bool = True, **terms: Unpack[Terms]) -> Model:
    """Make the left-right symmetric model, eqs. (10)-(11)."""
    return Model(name="LR", gamma=gamma, phi=phi, rho_mix=rho_mix, **terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Couplings:
    """Couplings of one flavour; g = g[0] + g[1] κ, because κ may run with T.

    Parameters
    ----------
    g_L, g_R : tuple of two floats
        Neutral-current couplings of the electron, ρ included: constant part, and factor of κ.
    c_L : float
        Charged-current coupling: 1 + δc_L for electron flavour, else 0.
    """

    g_L: tuple[float, float]
    g_R: tuple[float, float]
    c_L: float

    def at(self, kappa: float = 1.0) -> tuple[float, float]:
        """Return (g_L + c_L, g_R) at a value of κ."""
        return (
            self.g_L[0] + self.g_L[1] * kappa + self.c_L,
            self.g_R[0] + self.g_R[1] * kappa,
        )


def couplings(model: Model, *, charged_current: bool = True) -> Couplings:
    """Compute the couplings of a model for one kind of flavour.

    Parameters
    ----------
    model : Model
    charged_current : bool
        True for ν_e and ν̄_e, False for the other flavours.

    Returns
    -------
    Couplings
        For neutrinos; antineutrinos exchange g_L + c_L and g_R in the cross section.

    Examples
    --------
    >>> a, b = couplings(SM()).at()
    >>> round(a, 4), round(b, 4)
    (0.7312, 0.2312)
    """
    scale = RHO if model.corrections != "tree" else 1.0
    if model.phi and model.rho_mix:
        scale *= 1 + math.sin(model.phi) ** 2 * (1 / model.gamma - 1)
    g_L, g_R = _NEUTRAL_CURRENT[model.name](model)
    return Couplings(
        g_L=(scale * g_L[0], scale * g_L[1]),
        g_R=(scale * g_R[0], scale * g_R[1]),
        c_L=1 + model.delta_c_L if charged_current else 0.0,
    )


def gamma_from_mass(mass: float) -> float:
    """Convert the mass of the Z' [MeV] into γ = (M_Z/M_Z')²."""
    return (M_Z / mass) ** 2


def mass_from_gamma(gamma: float) -> float:
    """Convert γ into the mass of the Z' [MeV]; γ = 0 gives infinity."""
    return M_Z / math.sqrt(gamma) if gamma > 0 else math.inf


def parameter_range(name: str) -> tuple[float, float]:
    """Return the physical range of a parameter, in its internal unit."""
    return _RANGES[name]


_Linear = tuple[float, float]


def _neutral_current_sm(model: Model) -> tuple[_Linear, _Linear]:
    s2 = model.sin2_theta_w
    return (-0.5, s2), (0.0, s2)


def _neutral_current_e6(model: Model) -> tuple[_Linear, _Linear]:
    """Evaluate eq. (8), with v₁ and v₂ split into a constant and a factor of κ."""
    s2, gamma = model.sin2_theta_w, model.gamma
    s_w = math.sqrt(s2)
    c_phi, s_phi = math.cos(model.phi), math.sin(model.phi)
    c_beta, s_beta = math.cos(model.beta), math.sin(model.beta)
    v_prime = s_w * c_beta / math.sqrt(6)
    a_prime = s_w * (c_beta / math.sqrt(24) + math.sqrt(5 / 8) * s_beta / 3)
    n_prime = s_w * (3 * c_beta / (2 * math.sqrt(24)) + math.sqrt(5 / 8) * s_beta / 6)
    v1, v2 = -c_phi / 4 - v_prime * s_phi, -s_phi / 4 + v_prime * c_phi
    a1, a2 = c_phi / 4 + a_prime * s_phi, s_phi / 4 - a_prime * c_phi
    n1, n2 = c_phi / 4 - n_prime * s_phi, s_phi / 4 + n_prime * c_phi
    kappa = 4 * s2 * (c_phi * n1 + gamma * s_phi * n2)
    return (
        (4 * ((v1 - a1) * n1 + gamma * (v2 - a2) * n2), kappa),
        (4 * ((v1 + a1) * n1 + gamma * (v2 + a2) * n2), kappa),
    )


def _neutral_current_lr(model: Model) -> tuple[_Linear, _Linear]:
    """Evaluate eqs. (10) and (11), with the factor cosφ that the printed B lacks."""
    s2, gamma = model.sin2_theta_w, model.gamma
    r = math.sqrt(1 - 2 * s2)
    c_phi, s_phi = math.cos(model.phi), math.sin(model.phi)
    light = c_phi - s2 / r * s_phi
    heavy = s_phi + s2 / r * c_phi
    A = light**2 + gamma * heavy**2
    B = (1 - s2) / r * (-light * s_phi + gamma * heavy * c_phi)
    return (-0.5 * A, s2 * (A + B)), (-0.5 * B, s2 * (A + B))


_NEUTRAL_CURRENT: dict[str, Callable[[Model], tuple[_Linear, _Linear]]] = {
    "SM": _neutral_current_sm,
    "E6": _neutral_current_e6,
    "LR": _neutral_current_lr,
}
