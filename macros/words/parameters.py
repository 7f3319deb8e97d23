"""What the parameters of the models mean, each in a sentence for a reader who meets it for the first time."""

__all__ = ["explain_parameter"]

_MEANINGS = {
    "gamma": "γ = (M_Z/M_Z′)² is the strength of a heavy neutral boson Z′: 0 is the standard model, and an "
    "upper limit on γ is a lower limit on the mass of the Z′",
    "mu_nu": "μ_ν is the magnetic moment of the neutrino in Bohr magnetons μ_B: 0 is the standard model with "
    "massless neutrinos, and a moment adds recoils of low energy",
    "phi": "φ is the angle [rad] by which Z and Z′ mix: 0 is no mixing",
    "beta": "β is the angle [rad] that chooses the Z′ among those of the group E6",
    "delta_c_L": "δc_L shifts the charged-current coupling c_L = 1 + δc_L: 0 is the standard model",
    "sin2_theta_w": "sin²θ_W is the weak mixing angle, which sets the couplings of the Z to the electron",
    "eps_L": "ε_L is the strength of a new interaction of neutrinos with left-handed electrons, added to "
    "the coupling g_L: 0 is the standard model",
    "eps_R": "ε_R is the strength of a new interaction of neutrinos with right-handed electrons, added to "
    "the coupling g_R: 0 is the standard model",
    "charge_radius": "⟨r²⟩ is the charge radius of the neutrino [cm²] beside that of the standard model",
    "millicharge": "q_ν is the electric charge of the neutrino in units of e: 0 is the standard model",
    "vector_coupling": "the product of the couplings of a light vector mediator to neutrino and electron: 0 "
    "is the standard model",
    "vector_mass": "the mass [MeV] of a light vector mediator",
    "scalar_coupling": "the product of the couplings of a light scalar mediator to neutrino and electron: 0 "
    "is the standard model",
    "scalar_mass": "the mass [MeV] of a light scalar mediator",
    "sin2_2theta": "sin²2θ is the mixing of the electron neutrino with a sterile one: 0 is no oscillation",
    "delta_m2": "Δm² is the difference of the squared masses [eV²] of an active and a sterile neutrino: it "
    "sets the length of oscillation",
}


def explain_parameter(name: str) -> str:
    """Say what a parameter means.

    Examples
    --------
    >>> explain_parameter("vector_mass")
    'vector_mass, the mass [MeV] of a light vector mediator'
    """
    meaning = _MEANINGS[name]
    return f"{name}, {meaning}" if meaning.startswith("the ") else meaning
