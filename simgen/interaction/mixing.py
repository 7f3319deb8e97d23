"""Z-Z' mixing in the constrained models, where it follows from the masses."""

import math

__all__ = ["constrained_mixing", "end_point", "mass_matrix_k"]


def mass_matrix_k(name: str, beta: float, tau: float | None, sin2_theta_w: float) -> float:
    """Compute k in the mass matrix [[M_Z0², k M_Z0²], [k M_Z0², M_Z'0²]].

    Parameters
    ----------
    name : {"E6", "LR"}
    beta : float
        Angle of the extra U(1) [rad].
    tau : float or None
        ⟨H_u⟩²/⟨H_d⟩²; not needed where its factor sinβ vanishes.
    sin2_theta_w : float

    Raises
    ------
    ValueError
        If τ is missing, negative, or given to a left-right model.

    Notes
    -----
    E6: k = -√(5/3) s_W C, C = (2/√10) cosβ + (2/√6) sinβ (1-τ)/(1+τ). Left-right: k = -√(1-2s²).
    """
    if name == "LR":
        if tau is not None:
            raise ValueError("the constrained left-right model has a bidoublet only: it takes no tau")
        return -math.sqrt(1 - 2 * sin2_theta_w)
    c_beta, s_beta = math.cos(beta), math.sin(beta)
    if tau is None:
        if abs(s_beta) > 1e-12:
            raise ValueError(
                "a constrained E6 model with sinβ ≠ 0 needs tau = ⟨H_u⟩²/⟨H_d⟩², which has no default: "
                "in a card constrained = { tau = 2.0 }"
            )
        tau = 1.0
    if not (math.isfinite(tau) and tau >= 0):
        raise ValueError(f"tau must be finite and ≥ 0, got {tau}")
    C = 2 / math.sqrt(10) * c_beta + 2 / math.sqrt(6) * s_beta * (1 - tau) / (1 + tau)
    return -math.sqrt(5 / 3 * sin2_theta_w) * C


def end_point(k: float) -> float:
    """Compute the largest γ that the mass matrix allows, (√(1+k²) - |k|)².

    Examples
    --------
    >>> round(end_point(mass_matrix_k("E6", 0.0, None, 0.2312)), 3)
    0.465
    """
    return (math.sqrt(1 + k * k) - abs(k)) ** 2


def constrained_mixing(gamma: float, k: float) -> tuple[float, float]:
    """Compute φ and M_Z0²/M_1² of a constrained model.

    Parameters
    ----------
    gamma : float
        M_1²/M_2², at most `end_point`; below zero the formula is continued, for fits.
    k : float
        See `mass_matrix_k`.

    Returns
    -------
    phi, x : float
        Mixing angle [rad], with the sign of kγ, and x = M_Z0²/M_1².

    Notes
    -----
    x = [1 + 1/γ - √((1 + 1/γ)² - 4(1+k²)/γ)]/(2(1+k²)) and tan²φ = (x-1)/(1/γ - x), both written with
    D = (1-γ)² - 4k²γ so that nothing cancels at γ → 0, where φ → kγ.
    """
    root = math.sqrt(max((1 - gamma) ** 2 - 4 * k * k * gamma, 0.0))
    total = 1 + gamma + root
    x = 2 / total
    denominator = total * (1 - gamma + root) * (1 - gamma * x)
    return math.atan2(2 * k * gamma, math.sqrt(denominator)), x
