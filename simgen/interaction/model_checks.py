"""Checks of the parameters of a model: ranges, and what one of them needs of the others."""

import math
from dataclasses import fields
from typing import TYPE_CHECKING

from simgen.constants import CHARGE_RADIUS_SCALE
from simgen.interaction.mixing import end_point
from simgen.parameters import mass_from_gamma

if TYPE_CHECKING:
    from simgen.interaction.models import Model

__all__ = ["check_model"]

_NAMES = ("SM", "E6", "LR")
_LIGHTEST = 1e-60
"""Smallest mass of a mediator [MeV]."""


def check_model(model: "Model") -> None:
    """Check all parameters of a model.

    Raises
    ------
    ValueError
        If a value is outside its range, parameters contradict each other, or one is missing.
    """
    if model.name not in _NAMES:
        raise ValueError(f"model name must be one of {', '.join(_NAMES)}, got {model.name!r}")
    if model.corrections not in {"tree", "electroweak", "full"}:
        raise ValueError(f"corrections must be 'tree', 'electroweak' or 'full', got {model.corrections!r}")
    for field in fields(model):
        value = getattr(model, field.name)
        if isinstance(value, float | int) and not math.isfinite(value):
            raise ValueError(f"{field.name} must be finite, got {value}")
    if not 0 < model.sin2_theta_w < 0.5:
        raise ValueError(f"sin2_theta_w must lie between 0 and 0.5, got {model.sin2_theta_w}")
    if abs(model.beta) > math.pi * (1 + 1e-9):
        raise ValueError(
            f"beta must lie between -π and π rad, got {model.beta}: math.radians converts degrees"
        )
    if abs(model.phi) > math.pi / 2:
        raise ValueError(f"phi must lie between -π/2 and π/2 rad, got {model.phi}")
    if model.name == "SM" and (model.gamma or model.phi):
        raise ValueError("the SM has no Z': gamma and phi must be 0 (choose E6 or LR)")
    if model.phi and model.rho_mix and model.gamma <= 0:
        raise ValueError(
            f"gamma = {model.gamma} with phi = {model.phi} rad: a Z' without a mass cannot mix; "
            "rho_mix diverges as gamma → 0 (give gamma > 0, phi = 0, or rho_mix = false)"
        )
    _check_terms(model)
    _check_constrained(model)


def _check_terms(model: "Model") -> None:
    """Check parameters of single terms, and what each of them needs."""
    if model.delta_c_L_order not in {"exact", "first"}:
        raise ValueError(f"delta_c_L_order must be 'exact' or 'first', got {model.delta_c_L_order!r}")
    conventions = tuple(CHARGE_RADIUS_SCALE)
    if model.charge_radius_convention not in {None, *conventions}:
        raise ValueError(
            f"charge_radius_convention must be one of {', '.join(map(repr, conventions))}, "
            f"got {model.charge_radius_convention!r}"
        )
    if model.charge_radius and model.charge_radius_convention is None:
        raise ValueError(
            "charge_radius needs charge_radius_convention: 'form-factor', F = q²⟨r²⟩/6, or 'texono', as "
            "TEXONO and LSND; they differ by a factor of 2"
        )
    for kind in ("vector", "scalar"):
        mass, coupling = getattr(model, f"{kind}_mass"), getattr(model, f"{kind}_coupling")
        if coupling and mass is None:
            raise ValueError(f"{kind}_coupling needs {kind}_mass [MeV]")
        if mass is not None and not mass > 0:
            raise ValueError(f"{kind}_mass must be above 0 MeV, got {mass}")
        if mass is not None and mass < _LIGHTEST:
            raise ValueError(
                f"{kind}_mass must be at least {_LIGHTEST:g} MeV, got {mass} MeV: no recoil that can be "
                "measured knows it from a heavier one"
            )

    if model.sin2_2theta and model.delta_m2 is None:
        raise ValueError("sin2_2theta needs delta_m2 [eV²]")
    if not abs(model.sin2_2theta) <= 1:
        raise ValueError(f"sin2_2theta must be at most 1, and at least -1, got {model.sin2_2theta}")
    if model.delta_m2 is not None and not model.delta_m2 >= 0:
        raise ValueError(f"delta_m2 must be at least 0 eV², got {model.delta_m2}")


def _check_constrained(model: "Model") -> None:
    """Check a model whose mixing angle follows from γ."""
    if not model.constrained:
        if model.tau is not None:
            raise ValueError("tau belongs to a constrained model: set constrained")
        return
    if model.name == "SM":
        raise ValueError("the SM has no Z' whose mixing could be constrained (choose E6 or LR)")
    if model.phi:
        raise ValueError("in a constrained model phi follows from gamma: give none")
    end = end_point(model.mass_matrix_k)
    if model.gamma > end:
        mass, least = (mass_from_gamma(g) / 1000 for g in (model.gamma, end))
        raise ValueError(
            f"gamma = {model.gamma:g} (mass {mass:.4g} GeV) is beyond the end point {end:.4g} "
            f"({least:.4g} GeV) of this constrained model: its mass matrix has no such eigenvalues"
        )
