"""Models of the neutrino-electron interaction: parameters, and the couplings that follow from them."""

import math
from dataclasses import dataclass, fields, replace
from typing import Literal, TypedDict, Unpack

from simgen.constants import CHARGE_RADIUS_SCALE
from simgen.interaction.mixing import constrained_mixing, end_point, mass_matrix_k
from simgen.parameters import NAMED_BETA, mass_from_gamma

__all__ = [
    "E6",
    "LR",
    "SM",
    "Model",
    "ModelName",
    "Terms",
]

ModelName = Literal["SM", "E6", "LR"]
Corrections = Literal["tree", "electroweak", "full"]

_NAMES = ("SM", "E6", "LR")
_LIGHTEST = 1e-60
"""Mass of a mediator [MeV]."""


class Terms(TypedDict, total=False):
    """Parameters that every model shares."""

    sin2_theta_w: float
    corrections: Corrections
    delta_c_L: float
    delta_c_L_order: Literal["exact", "first"]
    mu_nu: float
    eps_L: float
    eps_R: float
    charge_radius: float
    charge_radius_convention: str | None
    millicharge: float
    vector_coupling: float
    vector_mass: float | None
    scalar_coupling: float
    scalar_mass: float | None
    sin2_2theta: float
    delta_m2: float | None


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
    delta_c_L_order : {"exact", "first"}
        "first" drops δc_L², eq. (5).
    mu_nu : float
        Magnetic moment in Bohr magnetons.
    constrained : bool
        E6 with Higgs bosons from the 27 only, or left-right with a bidoublet only: φ follows from γ, and with
        `rho_mix` the exact M_Z0²/M_1².
    tau : float, optional
        ⟨H_u⟩²/⟨H_d⟩² of constrained E6; only χ does without.
    eps_L, eps_R : float
        Non-standard neutral currents, g → g + ε, the same for every flavour.
    charge_radius : float
        ⟨r²⟩ of the neutrino [cm²].
    charge_radius_convention : {"form-factor", "texono"}, optional
        What ⟨r²⟩ means; needed for a charge radius.
    millicharge : float
        Charge of the neutrino [e].
    vector_coupling, vector_mass : float
        g_ν g_e and mass [MeV] of a light vector mediator.
    scalar_coupling, scalar_mass : float
        g_ν g_e and mass [MeV] of a light scalar mediator.
    sin2_2theta, delta_m2 : float
        Mixing of ν_e with a sterile state, up to 1, and the difference of squared masses [eV²]. Mixing below
        zero is unphysical, and allowed down to -1 so that a fit can go there.

    Raises
    ------
    ValueError
        If a value is outside its range, γ ≤ 0 with φ ≠ 0 and `rho_mix`, γ beyond the end point of a
        constrained model, or something that a term needs is missing.
    """

    name: ModelName = "SM"
    beta: float = 0.0
    gamma: float = 0.0
    phi: float = 0.0
    rho_mix: bool = True
    sin2_theta_w: float = 0.2312
    corrections: Corrections = "tree"
    delta_c_L: float = 0.0
    delta_c_L_order: Literal["exact", "first"] = "exact"
    mu_nu: float = 0.0
    constrained: bool = False
    tau: float | None = None
    eps_L: float = 0.0
    eps_R: float = 0.0
    charge_radius: float = 0.0
    charge_radius_convention: str | None = None
    millicharge: float = 0.0
    vector_coupling: float = 0.0
    vector_mass: float | None = None
    scalar_coupling: float = 0.0
    scalar_mass: float | None = None
    sin2_2theta: float = 0.0
    delta_m2: float | None = None

    def __repr__(self) -> str:
        shown = {"corrections", "sin2_theta_w", *(["beta"] if self.name == "E6" else [])}
        values = {f.name: getattr(self, f.name) for f in fields(self)[1:]}
        defaults = {f.name: f.default for f in fields(self)}
        stated = (f"{k}={v!r}" for k, v in values.items() if k in shown or v != defaults[k])
        return f"{self.name}({', '.join(stated)})"

    def __post_init__(self) -> None:
        if self.name not in _NAMES:
            raise ValueError(f"model name must be one of {', '.join(_NAMES)}, got {self.name!r}")
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
        self._check_terms()
        self._check_constrained()

    def _check_terms(self) -> None:
        if self.delta_c_L_order not in {"exact", "first"}:
            raise ValueError(f"delta_c_L_order must be 'exact' or 'first', got {self.delta_c_L_order!r}")
        known = tuple(CHARGE_RADIUS_SCALE)
        if self.charge_radius_convention not in {None, *known}:
            raise ValueError(
                f"charge_radius_convention must be one of {', '.join(map(repr, known))}, "
                f"got {self.charge_radius_convention!r}"
            )
        if self.charge_radius and self.charge_radius_convention is None:
            raise ValueError(
                "charge_radius needs charge_radius_convention: 'form-factor', F = q²⟨r²⟩/6, or 'texono', as "
                "TEXONO and LSND; they differ by a factor of 2"
            )
        for kind in ("vector", "scalar"):
            mass, coupling = getattr(self, f"{kind}_mass"), getattr(self, f"{kind}_coupling")
            if coupling and mass is None:
                raise ValueError(f"{kind}_coupling needs {kind}_mass [MeV]")
            if mass is not None and not mass > 0:
                raise ValueError(f"{kind}_mass must be above 0 MeV, got {mass}")
            if mass is not None and mass < _LIGHTEST:
                raise ValueError(
                    f"{kind}_mass must be at least {_LIGHTEST:g} MeV, got {mass} MeV: no recoil that can be "
                    "measured knows it from a heavier one"
                )

        if self.sin2_2theta and self.delta_m2 is None:
            raise ValueError("sin2_2theta needs delta_m2 [eV²]")
        if not abs(self.sin2_2theta) <= 1:
            raise ValueError(f"sin2_2theta must be at most 1, and at least -1, got {self.sin2_2theta}")
        if self.delta_m2 is not None and not self.delta_m2 >= 0:
            raise ValueError(f"delta_m2 must be at least 0 eV², got {self.delta_m2}")

    def _check_constrained(self) -> None:
        if not self.constrained:
            if self.tau is not None:
                raise ValueError("tau belongs to a constrained model: set constrained")
            return
        if self.name == "SM":
            raise ValueError("the SM has no Z' whose mixing could be constrained (choose E6 or LR)")
        if self.phi:
            raise ValueError("in a constrained model phi follows from gamma: give none")
        end = end_point(self.mass_matrix_k)
        if self.gamma > end:
            mass, least = (mass_from_gamma(g) / 1000 for g in (self.gamma, end))
            raise ValueError(
                f"gamma = {self.gamma:g} (mass {mass:.4g} GeV) is beyond the end point {end:.4g} "
                f"({least:.4g} GeV) of this constrained model: its mass matrix has no such eigenvalues"
            )

    @property
    def mass_matrix_k(self) -> float:
        """Off-diagonal element of the constrained mass matrix in units of M_Z0²."""
        return mass_matrix_k(self.name, self.beta, self.tau, self.sin2_theta_w)

    @property
    def mixing(self) -> tuple[float, float]:
        """Mixing angle φ [rad], and what multiplies g_L and g_R because M_1 is not M_Z0."""
        if self.constrained:
            phi, x = constrained_mixing(self.gamma, self.mass_matrix_k)
            return phi, x if self.rho_mix else 1.0
        if self.phi and self.rho_mix:
            return self.phi, 1 + math.sin(self.phi) ** 2 * (1 / self.gamma - 1)
        return self.phi, 1.0

    @property
    def diverges(self) -> bool:
        """Whether dσ/dT diverges at T → 0 so that its integral does."""
        return bool(self.mu_nu or self.millicharge)

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
        names = ["sin2_theta_w", "delta_c_L", "mu_nu", "eps_L", "eps_R", "millicharge"]
        if self.charge_radius_convention is not None:
            names.append("charge_radius")
        for kind in ("vector", "scalar"):
            if getattr(self, f"{kind}_mass") is not None:
                names += [f"{kind}_coupling", f"{kind}_mass"]
        if self.delta_m2 is not None:
            names += ["sin2_2theta", "delta_m2"]
        if self.name != "SM":
            names = ["gamma", *names] if self.constrained else ["gamma", "phi", *names]
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
    constrained: bool = False,
    tau: float | None = None,
    **terms: Unpack[Terms],
) -> Model:
    """Make an E6 model, eqs. (6)-(8).

    Parameters
    ----------
    beta : str or float
        "chi", "psi", "eta", or the angle β [rad].
    gamma, phi, rho_mix, constrained, tau, **terms
        As for `Model`.

    Examples
    --------
    >>> E6(beta="chi", gamma=0.05).label
    'E6 χ'
    """
    if isinstance(beta, str):
        if beta not in NAMED_BETA:
            raise ValueError(f"beta must be 'chi', 'psi', 'eta' or an angle [rad], got {beta!r}")
        beta = NAMED_BETA[beta]
    return Model(
        name="E6",
        beta=beta,
        gamma=gamma,
        phi=phi,
        rho_mix=rho_mix,
        constrained=constrained,
        tau=tau,
        **terms,
    )


def LR(
    *,
    gamma: float = 0.0,
    phi: float = 0.0,
    rho_mix: bool = True,
    constrained: bool = False,
    **terms: Unpack[Terms],
) -> Model:
    """Make the left-right symmetric model, eqs. (10)-(11)."""
    return Model(name="LR", gamma=gamma, phi=phi, rho_mix=rho_mix, constrained=constrained, **terms)
