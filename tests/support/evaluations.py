"""Our value of every entry of golden.toml: one function a group."""

import math
from dataclasses import replace
from unittest import mock

from scipy.integrate import quad
from scipy.optimize import brentq

from analysis.counting.intervals import count_interval, gaussian_interval
from detsim.detector.materials import charge_to_mass, electrons_in
from detsim.detector.quenching import stopping_power
from simgen.constants import CHARGE_RADIUS_SCALE, YEAR
from simgen.flavours import Flavour
from simgen.geometry import Sphere
from simgen.interaction.coupling_constants import couplings
from simgen.interaction.crosssection import dsigma_dT, sigma
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, SM
from simgen.parameters import gamma_from_mass
from simgen.rates.rate import mean_sigma
from simgen.sources.isotopes import Component, Lines, cr51, source
from simgen.units import read_quantity
from support import reference
from support.count_evaluations import (
    MODELS,
    bound_at_error,
    expected_counts,
    lama_effects,
    light_mediator,
    sensitivity,
    statistical_bound,
)
from support.experiments import DAY, MCI

__all__ = ["EVALUATIONS"]


def total_cross_section(row):
    model = SM(sin2_theta_w=row["sin2_theta_w"], corrections=row["corrections"])
    return 1e46 * float(sigma(row["E_nu"], model, flavour=row["flavour"]))


def average_cross_section(row):
    if row["isotope"] == "Ar37":
        lines = Lines(energies=(0.811, 0.813), intensities=(0.902, 0.098))
        component = Component(name="Ar37", flavour=Flavour.NU_E, spectrum=lines)
    else:
        component = cr51().components[0]
    model = SM(sin2_theta_w=row["sin2_theta_w"], corrections=row["corrections"])
    return 1e46 * mean_sigma(component, model, T_low=row["T_low"]) / component.spectrum.intensity


def differential_cross_section(row):
    T = row["share_of_T_max"] * float(T_max(row["E_nu"]))
    model = SM(sin2_theta_w=row["sin2_theta_w"], corrections="full")
    return 1e45 * float(dsigma_dT(T, row["E_nu"], model))


def recoil_end(row):
    with mock.patch("simgen.interaction.kinematics.M_E", row["electron_mass"]):
        return 1e3 * float(T_max(row["E_nu"]))


def coupling_shift(row):
    side = "LR".index(row["side"])
    light, heavy = (couplings(E6(beta=row["beta"], gamma=g)).at()[side] for g in (0.0, 1.0))
    return (heavy - light) / 0.2312


def blind_direction(_):
    """The angle at which g_L does not depend on γ."""

    def slope(beta):
        return couplings(E6(beta=beta, gamma=1.0)).at()[0] - couplings(E6(beta=beta, gamma=0.0)).at()[0]

    def sign(beta):  # the slope is a square: its root is where its own derivative changes sign
        return slope(beta + 1e-4) - slope(beta - 1e-4)

    return math.degrees(brentq(sign, math.radians(-80), math.radians(-50), xtol=1e-12))


def mass_bound(row):
    return gamma_from_mass(row["mass_GeV"] * 1e3)


def mixing_effect(row):
    gamma, model = gamma_from_mass(row["mass_GeV"] * 1e3), MODELS[row["model"]]
    phi, _ = reference.mixing_angle(
        gamma, reference.constrained_k("LR" if row["model"] == "LR" else model.beta, tau=2)
    )
    changes = {"none": {}, "as printed": {"phi": phi, "rho_mix": False}, "rho_mix": {"phi": phi}}
    mixed = replace(model, gamma=gamma, **changes[row["mixing"]])
    return 100 * float(sigma(0.7473, mixed, T_low=0.25) / sigma(0.7473, SM(), T_low=0.25) - 1)


def half_life(row):
    return source(row["isotope"]).half_life / {"d": DAY, "y": YEAR}[row["unit"]]


def spectrum_of(row):
    """Find the component that an entry names, else the first."""
    components = source(row["isotope"]).components
    name = row.get("component", components[0].name)
    return next(c.spectrum for c in components if c.name == name)


def branch(row):
    if "component" in row:
        return 100 * spectrum_of(row).intensity
    lines = [c.spectrum for c in source(row["isotope"]).components if isinstance(c.spectrum, Lines)]
    return 100 * sum(spectrum.intensities[i] for spectrum in lines for i in row["lines"])


def k_capture(row):
    K, higher = (spectrum_of(row).intensities[i] for i in row["lines"])
    return K / (K + higher)


def line(row):
    return 1e3 * spectrum_of(row).energies[row["line"]]


def end_point(row):
    return 1e3 * spectrum_of(row).endpoint


def evaluated_mean(row):
    # evaluated without a measured shape factor
    spectrum = replace(spectrum_of(row), endpoint=1e-3 * row["end_point"], factor=(0.0, 0.0))
    return 1e3 * mean_beta(spectrum)


def pr144_rate(row):
    """Increase of the recoils of the strongest branch by its measured shape."""
    branches = [
        next(c for c in source("Ce144", pr144_shape=shape).components if c.name == "Pr144-2998")
        for shape in ("measured", "allowed")
    ]
    measured, allowed = (mean_sigma(c, SM(), T_low=row["T_low"]) for c in branches)
    return 100 * (measured / allowed - 1)


def charge_radius_scale(row):
    return CHARGE_RADIUS_SCALE[row["convention"]] * 1e-32


def stopping(row):
    """The stopping power less its density effect, which is not in ours."""
    ratio, tau = charge_to_mass(row["material"]), row["T"] / reference.M_E
    beta2 = tau * (tau + 2) / (tau + 1) ** 2
    mean = read_quantity(row["mean_excitation"], "energy")
    power = stopping_power(row["T"], charge_to_mass=ratio, mean_excitation=mean)
    return float(power) - 0.153537 * ratio / beta2 * row["density_effect"]


def mean_beta(spectrum):
    mean = quad(lambda E: E * float(spectrum.density(E)), 0, spectrum.endpoint, epsabs=1e-10)[0]
    return spectrum.endpoint - mean / spectrum.intensity


def mean_beta_energy(row):
    return 1e3 * mean_beta(replace(spectrum_of(row), coulomb=row["coulomb"]))


def electrons(row):
    return electrons_in(row["material"], row["tonnes"] * 1e6) / 1e29


def measured(row):
    if row["what"] == "borexino":
        total = float(sigma(0.8618, SM(sin2_theta_w=0.2317, corrections="full")))
        return 3.10e9 * 0.8952 * 3.307e31 * total * DAY
    if row["what"] == "lampf":
        return 1e45 * float(sigma(31.7, SM())) / 31.7
    if row["what"] == "lampf full":
        return 1e45 * float(sigma(31.7, SM(corrections="full"))) / 31.7
    sphere = Sphere(radius=300.0, source_distance=825.0)
    n_electrons = electrons_in("C9H12", 0.88 * sphere.volume)
    per_decay = mean_sigma(cr51().components[0], SM(sin2_theta_w=0.2317, corrections="full"), T_low=0.25)
    return 1.67 * MCI * sphere.mean_inverse_square() * n_electrons * per_decay * DAY


def feldman_cousins_counts(row):
    ends = count_interval(row["n"], row["b"], level=row["level"], form=row["form"])
    return ends[("lower", "upper").index(row["end"])]


def feldman_cousins_gaussian(row):
    return gaussian_interval(row["x0"], 1, level=row["level"])[("lower", "upper").index(row["end"])]


EVALUATIONS = {
    "total_cross_section": total_cross_section,
    "average_cross_section": average_cross_section,
    "differential_cross_section": differential_cross_section,
    "recoil_end": recoil_end,
    "coupling_shift": coupling_shift,
    "blind_direction": blind_direction,
    "charge_radius_scale": charge_radius_scale,
    "mass_bound": mass_bound,
    "mixing_effect": mixing_effect,
    "half_life": half_life,
    "branch": branch,
    "k_capture": k_capture,
    "line": line,
    "end_point": end_point,
    "evaluated_mean": evaluated_mean,
    "pr144_rate": pr144_rate,
    "stopping_power": stopping,
    "mean_beta_energy": mean_beta_energy,
    "electrons": electrons,
    "counts": expected_counts,
    "light_mediator": light_mediator,
    "measured": measured,
    "sensitivity": sensitivity,
    "statistical_bound": statistical_bound,
    "bound_at_error": bound_at_error,
    "lama_effects": lama_effects,
    "feldman_cousins_counts": feldman_cousins_counts,
    "feldman_cousins_gaussian": feldman_cousins_gaussian,
}
"""In the order of the document."""
