"""Couplings g_L, g_R and c_L of every model: eqs. (8) and (10) of the paper, ρ and κ, and added terms."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from simgen.constants import CHARGE_RADIUS_SCALE
from simgen.interaction.models import Model

__all__ = ["Couplings", "couplings"]

RHO = 1.0126
"""ρ of ν-e scattering with radiative corrections (Bahcall, Kamionkowski, Sirlin, PRD 51, 6146)."""


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

    Notes
    -----
    ρ, κ, ρ_mix and the Z' act on the neutral current. NSI, charge radius and δc_L add to what they give.

    Examples
    --------
    >>> from simgen.interaction.models import SM
    >>> a, b = couplings(SM()).at()
    >>> round(a, 4), round(b, 4)
    (0.7312, 0.2312)
    """
    phi, rho_mix = model.mixing
    rho = RHO if model.corrections != "tree" else 1.0
    g_L, g_R = _NEUTRAL_CURRENT[model.name](model, phi)
    scale, radius = rho * rho_mix, _charge_radius_shift(model)
    return Couplings(
        g_L=(scale * g_L[0] + model.eps_L + radius, scale * g_L[1]),
        g_R=(scale * g_R[0] + model.eps_R + radius, scale * g_R[1]),
        c_L=1 + model.delta_c_L if charged_current else 0.0,
    )


_Linear = tuple[float, float]


def _charge_radius_shift(model: Model) -> float:
    """Return the shift of g_L and g_R by a charge radius; ρ, κ and the Z' do not change it."""
    if not model.charge_radius:
        return 0.0
    return CHARGE_RADIUS_SCALE[str(model.charge_radius_convention)] * model.charge_radius


def _neutral_current_sm(model: Model, phi: float) -> tuple[_Linear, _Linear]:
    s2 = model.sin2_theta_w
    return (-0.5, s2), (0.0, s2)


def _neutral_current_e6(model: Model, phi: float) -> tuple[_Linear, _Linear]:
    """Evaluate eq. (8), with v₁ and v₂ split into a constant and a factor of κ."""
    gamma = model.gamma
    s_w = math.sqrt(model.sin2_theta_w)
    c_phi, s_phi = math.cos(phi), math.sin(phi)
    c_beta, s_beta = math.cos(model.beta), math.sin(model.beta)
    v_prime = s_w * c_beta / math.sqrt(6)
    a_prime = s_w * (c_beta / math.sqrt(24) + math.sqrt(5 / 8) * s_beta / 3)
    n_prime = s_w * (3 * c_beta / (2 * math.sqrt(24)) + math.sqrt(5 / 8) * s_beta / 6)
    v1, v2 = -c_phi / 4 - v_prime * s_phi, -s_phi / 4 + v_prime * c_phi
    a1, a2 = c_phi / 4 + a_prime * s_phi, s_phi / 4 - a_prime * c_phi
    n1, n2 = c_phi / 4 - n_prime * s_phi, s_phi / 4 + n_prime * c_phi
    kappa = 4 * model.sin2_theta_w * (c_phi * n1 + gamma * s_phi * n2)
    return (
        (4 * ((v1 - a1) * n1 + gamma * (v2 - a2) * n2), kappa),
        (4 * ((v1 + a1) * n1 + gamma * (v2 + a2) * n2), kappa),
    )


def _neutral_current_lr(model: Model, phi: float) -> tuple[_Linear, _Linear]:
    """Evaluate eqs. (10) and (11), with the factor cosφ that the printed B lacks."""
    s2, gamma = model.sin2_theta_w, model.gamma
    r = math.sqrt(1 - 2 * s2)
    c_phi, s_phi = math.cos(phi), math.sin(phi)
    light = c_phi - s2 / r * s_phi
    heavy = s_phi + s2 / r * c_phi
    A = light**2 + gamma * heavy**2
    B = (1 - s2) / r * (-light * s_phi + gamma * heavy * c_phi)
    kappa = s2 * (A + B)
    return (-0.5 * A, kappa), (-0.5 * B, kappa)


_NEUTRAL_CURRENT: dict[str, Callable[[Model, float], tuple[_Linear, _Linear]]] = {
    "SM": _neutral_current_sm,
    "E6": _neutral_current_e6,
    "LR": _neutral_current_lr,
}
