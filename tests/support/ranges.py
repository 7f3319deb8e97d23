"""The documented range of the parameter of interest in free fits."""

import math

from simgen.interaction.mixing import end_point
from simgen.parameters import parameter_range

__all__ = ["free_range"]

_LARGEST_RHO = 1.1


def free_range(model, poi):
    """Return the range: γ and sin²2θ may be below 0, everything else stays where it is physical."""
    low, high = parameter_range(poi)
    if poi == "gamma":
        low = -math.inf
        if model.constrained:
            high = end_point(model.mass_matrix_k) * (1 - 1e-14)
        elif model.phi and model.rho_mix:  # where ρ_mix = 1 + sin²φ (1/γ - 1) is 1.1
            s2 = math.sin(model.phi) ** 2
            low = s2 / (_LARGEST_RHO - 1 + s2)
    elif poi == "sin2_2theta":
        low = -high
    elif poi.endswith("_mass"):
        low = 1e-6
    elif poi == "sin2_theta_w":
        low, high = low + 1e-9, high - 1e-9
    if model.constrained and model.gamma > 0 and poi in {"sin2_theta_w", "beta"}:
        return _last_valid(model, poi, low), _last_valid(model, poi, high)
    return low, high


def _last_valid(model, poi, end):
    """Halve the way to an end until the last value at which the mass matrix still allows the model's γ."""
    good = model.parameters[poi]
    if _exists(model, poi, end):
        return end
    for _ in range(80):
        middle = (good + end) / 2
        good, end = (middle, end) if _exists(model, poi, middle) else (good, middle)
    return good


def _exists(model, poi, value):
    try:
        model.vary(**{poi: value})
    except ValueError:
        return False
    return True
