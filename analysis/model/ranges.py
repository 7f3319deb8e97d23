"""Range of every parameter of interest in a fit: γ, which may be below 0, β, masses, oscillations.

Physical ranges are in simgen/parameters.py.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from detsim.experiment import Experiment
from simgen.interaction import Model, end_point, positive_range
from simgen.parameters import parameter_range

__all__ = ["EVEN", "INSIDE", "NEEDED", "check_truths", "experiment_range", "fit_range", "stated_end"]

RHO_MIX_BOUND = 1.1
"""A fit in γ at fixed φ ≠ 0 stays where ρ_mix is below this: at γ → 0 it diverges."""

EVEN = frozenset({"mu_nu", "scalar_coupling"})
"""Parameters with which the counts are even: they do not depend on the sign."""

INSIDE = frozenset({"vector_mass", "scalar_mass", "delta_m2"})
"""Parameters inside the shapes h_k(T, ω): for each value the signal is folded again."""

NEEDED = {
    "charge_radius": "charge_radius_convention",
    "vector_coupling": "vector_mass",
    "vector_mass": "vector_mass",
    "scalar_coupling": "scalar_mass",
    "scalar_mass": "scalar_mass",
    "sin2_2theta": "delta_m2",
    "delta_m2": "delta_m2",
}
"""Field of the model that must be set before a parameter exists."""

_SMALLEST_MASS = 1e-6
"""A fit of a mediator's mass stays above 1 eV [MeV]: measurable recoils do not distinguish it from 0."""
_ROUNDING = 1e-14
"""Relative distance that a fit of γ keeps from its end point, because MINUIT scales parameters."""
_INSET = 1e-9
"""Distance that a fit of sin²θ_W keeps from the ends of its open range."""


def fit_range(model: Model, poi: str) -> tuple[float, float]:
    """Return the range in which a parameter is fitted.

    Wider than the physical range where the expected counts stay meaningful beyond it: a free fit of γ runs
    below zero. At fixed φ ≠ 0 with `rho_mix` it starts where ρ_mix = 1 + sin²φ(1/γ - 1) is `RHO_MIX_BOUND`.
    In a constrained model it ends at the end point, and fits of sin²θ_W and β stay where the model's γ is not
    beyond it.

    Raises
    ------
    ValueError
        If β is to be fitted in a constrained model without τ, which every β but χ needs.
    """
    if poi == "gamma":
        if model.constrained:
            return -math.inf, end_point(model.mass_matrix_k) * (1 - _ROUNDING)
        if model.phi and model.rho_mix:
            s2 = math.sin(model.phi) ** 2
            return s2 / (RHO_MIX_BOUND - 1 + s2), math.inf
        return -math.inf, math.inf
    low, high = parameter_range(poi)
    if poi == "sin2_2theta":
        low = -high
    if poi in {"vector_mass", "scalar_mass"}:
        low = _SMALLEST_MASS
    if poi == "sin2_theta_w":
        low, high = low + _INSET, high - _INSET
    if model.constrained and model.gamma > 0 and poi in {"sin2_theta_w", "beta"}:
        return _constrained_range(model, poi, low, high)
    if model.constrained and poi == "beta" and model.tau is None:
        raise ValueError("a fit of beta in a constrained model needs tau = ⟨H_u⟩²/⟨H_d⟩²")
    return low, high


def experiment_range(experiments: Sequence[Experiment], model: Model, poi: str) -> tuple[float, float]:
    """Return the part of `fit_range` in which dσ/dT is at least zero for all that experiments see.

    Raises
    ------
    ValueError
        If there is none (`simgen.interaction.positivity.positive_range`), or as for `fit_range`.
    """
    low, high = fit_range(model, poi)
    for e in experiments:
        low, high = positive_range(e.source, model, poi, e.generate_above, low, high)
    return low, high


def stated_end(poi: str, end: float) -> float:
    """Return an end of an interval as it is quoted: that of the physical range, of which a fit stays inside.

    Examples
    --------
    >>> stated_end("sin2_theta_w", 1e-9), stated_end("sin2_theta_w", 0.25), stated_end("gamma", 1e-9)
    (0.0, 0.25, 1e-09)
    """
    if poi != "sin2_theta_w":
        return end
    return next((x for x in parameter_range(poi) if abs(end - x) < 2 * _INSET), end)


def _constrained_range(model: Model, poi: str, low: float, high: float) -> tuple[float, float]:
    """Find how far a parameter may go before the end point is below the model's γ.

    k² is linear in s², and k is a cosine of β - δ; γ is allowed where |k| ≤ (1 - γ)/(2√γ).
    """
    largest = (1 - model.gamma) / (2 * math.sqrt(model.gamma)) * (1 - _INSET)
    if poi == "sin2_theta_w":
        if model.name == "LR":
            return max(low, (1 - largest**2) / 2), high
        k = model.mass_matrix_k
        return low, min(high, model.sin2_theta_w * (largest / k) ** 2) if k else high
    if model.tau is None:
        raise ValueError("a fit of beta in a constrained model needs tau = ⟨H_u⟩²/⟨H_d⟩²")
    along, across = (replace(model, gamma=0.0, beta=b).mass_matrix_k for b in (0.0, math.pi / 2))
    amplitude, delta = math.hypot(along, across), math.atan2(across, along)
    if amplitude <= largest:
        return low, high
    forbidden = math.acos(largest / amplitude)  # on both sides of every zero of sin(β - δ)
    zero = delta + math.pi * math.floor((model.beta - delta) / math.pi)
    return max(low, zero + forbidden), min(high, zero + math.pi - forbidden)


def check_truths(name: str, physical: tuple[float, float], values: Sequence[float]) -> None:
    """Refuse true values of a parameter that are not physical.

    Raises
    ------
    ValueError
    """
    low, high = physical
    outside = [v for v in values if not (low <= v <= high and math.isfinite(v))]
    if outside or not len(values):
        which = f"got {outside[0]:g}" if outside else "got none"
        raise ValueError(f"true values of {name} must be finite and from {low:g} to {high:g}, {which}")
