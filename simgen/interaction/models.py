"""Models of the neutrino-electron interaction: parameters, and the couplings that follow from them."""

import math
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, TypedDict, Unpack

from simgen.interaction.mixing import constrained_mixing, mass_matrix_k
from simgen.interaction.model_checks import check_model
from simgen.parameters import NAMED_BETA

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
        Definition of ⟨r²⟩; needed for a charge radius.
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

    def _stated(self) -> dict[str, Any]:
        """Return the values that are not the default, and those that belong to every model."""
        shown = {"corrections", "sin2_theta_w", *(["beta"] if self.name == "E6" else [])}
        values = {f.name: getattr(self, f.name) for f in fields(self)[1:]}
        defaults = {f.name: f.default for f in fields(self)}
        return {k: v for k, v in values.items() if k in shown or v != defaults[k]}

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v!r}' for k, v in self._stated().items())})"

    def _repr_html_(self) -> str:
        from simgen.interaction.model_tables import model_html  # noqa: PLC0415 (it computes with models)

        return model_html(self, self._stated())

    def __post_init__(self) -> None:
        check_model(self)

    @property
    def mass_matrix_k(self) -> float:
        """Off-diagonal element of the constrained mass matrix in units of M_Z0²."""
        return mass_matrix_k(self.name, self.beta, self.tau, self.sin2_theta_w)

    @property
    def mixing(self) -> tuple[float, float]:
        """Mixing angle φ [rad], and the factor M_Z0²/M_1² of g_L and g_R."""
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
    """Make the standard model.

    Parameters
    ----------
    **terms
        sin2_theta_w, corrections, delta_c_L, delta_c_L_order, mu_nu, eps_L, eps_R, charge_radius,
        charge_radius_convention, millicharge, vector_coupling, vector_mass, scalar_coupling, scalar_mass,
        sin2_2theta, delta_m2: as for `Model`.
    """
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
    gamma, phi, rho_mix, constrained, tau
        As for `Model`.
    **terms
        As for `SM`.

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
        name="E6", beta=beta, gamma=gamma, phi=phi, rho_mix=rho_mix, constrained=constrained, tau=tau, **terms
    )


def LR(
    *,
    gamma: float = 0.0,
    phi: float = 0.0,
    rho_mix: bool = True,
    constrained: bool = False,
    **terms: Unpack[Terms],
) -> Model:
    """Make the left-right symmetric model, eqs. (10)-(11).

    Parameters
    ----------
    gamma, phi, rho_mix, constrained
        As for `Model`.
    **terms
        As for `SM`.
    """
    return Model(name="LR", gamma=gamma, phi=phi, rho_mix=rho_mix, constrained=constrained, **terms)
