"""The packages against published numbers and independent evaluations: golden.toml."""

import math
from dataclasses import replace
from functools import lru_cache

import experiments
import numpy as np
import pytest
import reference
from experiments import DAY, MCI
from golden import check, entries
from scipy.integrate import quad

from detsim.materials import electrons_in
from detsim.prediction import fold
from simgen.crosssection import dsigma_dT, sigma
from simgen.flavours import Flavour
from simgen.geometry import Sphere
from simgen.kinematics import T_max
from simgen.models import E6, LR, SM, couplings, gamma_from_mass
from simgen.rate import mean_sigma, recoil_spectrum
from simgen.sources import Component, Lines, cr51, source

MODELS = {**{name: E6(beta=name) for name in ("chi", "psi", "eta")}, "LR": LR()}
EXPERIMENTS = {
    "borexino": experiments.borexino(),
    "hellaz": experiments.hellaz(),
    "hellaz_wide": experiments.hellaz(0.56),
    "lama": experiments.lama(),
}
ONE_SIDED, TWO_SIDED = 2.7055, 3.8415


@lru_cache
def folded(name):
    return fold(EXPERIMENTS[name], "tree")


def counts(name, model):
    return folded(name).signal(model)[1:-1]


def true_counts(experiment, model, low, high):
    def density(T):
        return float(recoil_spectrum(experiment.source, model, np.array(T)))

    return experiment.luminosity * quad(density, low, high)[0]


@pytest.mark.parametrize("row", entries("total_cross_section"))
def test_total_cross_section(row):
    """Golden. Finds a wrong constant, coupling or correction in σ."""
    model = SM(sin2_theta_w=row["sin2_theta_w"], corrections=row["corrections"])
    check(1e46 * float(sigma(row["E_nu"], model, flavour=row["flavour"])), row)
    if row["corrections"] != "tree":
        args = {"flavour": row["flavour"], "corrections": row["corrections"]}
        check(1e46 * reference.bks_total(row["E_nu"], **args), row)


@pytest.mark.parametrize("row", entries("average_cross_section"))
def test_average_cross_section(row):
    """Golden. Finds wrong line energies or intensities, or an average over them that is not one."""
    if row["isotope"] == "Ar37":
        lines = Lines(energies=(0.811, 0.813), intensities=(0.902, 0.098))
        component = Component(name="Ar37", flavour=Flavour.NU_E, spectrum=lines)
    else:
        component = cr51().components[0]
    model = SM(sin2_theta_w=row["sin2_theta_w"], corrections=row["corrections"])
    check(1e46 * mean_sigma(component, model, T_low=row["T_low"]) / component.spectrum.intensity, row)


@pytest.mark.parametrize("row", entries("differential_cross_section"))
def test_differential_cross_section(row):
    """Golden. Finds a wrong QED factor in dσ/dT."""
    T = row["share_of_T_max"] * float(T_max(row["E_nu"]))
    model = SM(sin2_theta_w=row["sin2_theta_w"], corrections="full")
    check(1e45 * float(dsigma_dT(T, row["E_nu"], model)), row)
    check(1e45 * reference.bks(T, row["E_nu"]), row)


@pytest.mark.parametrize("row", entries("recoil_end"))
def test_recoil_end(row, monkeypatch):
    """Golden. Finds another electron mass; with 0.500 MeV the column of Table II comes out."""
    monkeypatch.setattr("simgen.kinematics.M_E", row["electron_mass"])
    check(1e3 * float(T_max(row["E_nu"])), row)


@pytest.mark.parametrize("row", entries("coupling_shift"))
def test_coupling_shift(row):
    """Golden. Finds a wrong charge of a named model."""
    side = "LR".index(row["side"])
    light, heavy = (couplings(E6(beta=row["beta"], gamma=g)).at()[side] for g in (0.0, 1.0))
    check((heavy - light) / 0.2312, row)


@pytest.mark.parametrize("row", entries("blind_direction"))
def test_blind_direction(row):
    """Golden. Finds an E6 angle that is blind to γ somewhere else than where the doublet is neutral."""
    beta = math.atan(-9 / math.sqrt(15))
    check(math.degrees(beta), row)
    at = [couplings(E6(beta=beta, gamma=g)).at() for g in (0.0, 1.0)]
    assert at[0] == pytest.approx(at[1], abs=1e-15)


@pytest.mark.parametrize("row", entries("mass_bound"))
def test_mass_bound(row):
    """Golden. Finds γ defined by the first power of the masses."""
    check(gamma_from_mass(row["mass_GeV"] * 1e3), row)


@pytest.mark.parametrize("row", entries("mixing_effect"))
def test_mixing_effect(row):
    """Golden. Finds a mixing angle of the wrong sign or a lost ρ_mix; φ(γ) from the mass matrix itself."""
    gamma, model = gamma_from_mass(row["mass_GeV"] * 1e3), MODELS[row["model"]]
    phi, x = reference.mixing_angle(
        gamma, reference.constrained_k("LR" if row["model"] == "LR" else model.beta, tau=2)
    )
    assert x == pytest.approx(1 + math.sin(phi) ** 2 * (1 / gamma - 1), rel=1e-12)
    changes = {"none": {}, "as printed": {"phi": phi, "rho_mix": False}, "rho_mix": {"phi": phi}}
    mixed = replace(model, gamma=gamma, **changes[row["mixing"]])
    check(100 * float(sigma(0.7473, mixed, T_low=0.25) / sigma(0.7473, SM(), T_low=0.25) - 1), row)


@pytest.mark.parametrize("row", entries("mean_beta_energy"))
def test_mean_beta_energy(row):
    """Golden. Finds a missing or wrong Fermi function."""
    spectrum = replace(source(row["isotope"]).components[0].spectrum, coulomb=row["coulomb"])
    mean = quad(lambda E: E * float(spectrum.density(E)), 0, spectrum.endpoint, epsabs=1e-10)[0]
    check(1e3 * (spectrum.endpoint - mean), row)


@pytest.mark.parametrize("row", entries("electrons"))
def test_electrons(row):
    """Golden. Finds a wrong mass unit or atomic weight."""
    check(electrons_in(row["material"], row["tonnes"] * 1e6) / 1e29, row)


@pytest.mark.parametrize("row", entries("counts"))
def test_counts(row):
    """Golden. Finds a wrong absolute rate in an experiment of the paper."""
    name = row["experiment"]
    experiment = EXPERIMENTS[name]
    if row["what"] == "folded":
        check(counts(name, SM()).sum(), row)
    else:
        edges = experiment.detector.edges
        check(true_counts(experiment, SM(), edges[0], edges[-1]), row)


@pytest.mark.parametrize("row", entries("measured"))
def test_measured(row):
    """Golden. Finds a cross section that disagrees with what experiments measured."""
    if row["what"] == "borexino":
        total = float(sigma(0.8618, SM(sin2_theta_w=0.2317, corrections="full")))
        check(3.10e9 * 0.8952 * 3.307e31 * total * DAY, row)
    elif row["what"] == "lampf":
        check(1e45 * float(sigma(31.7, SM())) / 31.7, row)
    else:
        sphere = Sphere(radius=300.0, source_distance=825.0)
        n_electrons = electrons_in("C9H12", 0.88 * sphere.volume)
        per_decay = mean_sigma(cr51().components[0], SM(sin2_theta_w=0.2317, corrections="full"), T_low=0.25)
        check(1.67 * MCI * sphere.mean_inverse_square() * n_electrons * per_decay * DAY, row)


@pytest.mark.parametrize("row", entries("sensitivity"))
def test_sensitivity(row):
    """Golden. Finds a wrong bin, resolution or coupling: K = √(3.8415/Σ(d ln N/dγ)²)."""
    name, model = row["experiment"], MODELS[row["model"]]
    standard = counts(name, SM())
    slope = (counts(name, model.vary(gamma=1e-5)) - counts(name, model.vary(gamma=-1e-5))) / 2e-5 / standard
    check(math.sqrt(TWO_SIDED / np.sum(slope**2)), row)


@pytest.mark.parametrize("row", entries("statistical_bound"))
def test_statistical_bound(row):
    """Golden. Finds a wrong absolute rate together with a wrong shape."""
    model, standard = MODELS[row["model"]], counts("lama", SM())
    slope = (counts("lama", model.vary(gamma=1e-5)) - standard) / 1e-5
    check(math.sqrt(ONE_SIDED / np.sum(slope**2 / standard)), row)


@pytest.mark.parametrize("row", entries("lama_effects"))
def test_lama_effects(row):
    """Golden. Finds a wrong magnetic moment, Z' or exchange for ν̄ in LAMA's bins (bin -1: all together)."""
    experiment = EXPERIMENTS["lama"]
    models = {
        "moment": SM(mu_nu=2.5e-12),
        "chi": E6(beta="chi", gamma=gamma_from_mass(330e3)),
        "wrong flavour": SM(),
    }
    model = models[row["signal"]]
    if row["how"] == "true":
        limits = experiment.detector.edges[row["bin"] : row["bin"] + 2]
        with_it, without = (true_counts(experiment, m, *limits) for m in (model, SM()))
    else:
        with_it, without = counts("lama", model), counts("lama", SM())
        if row["signal"] == "wrong flavour":
            component = replace(experiment.source.components[0], flavour=Flavour.NU_E)
            wrong = replace(experiment, source=replace(experiment.source, components=(component,)))
            with_it = fold(wrong, "tree").signal(SM())[1:-1]
        total = row["bin"] < 0
        with_it, without = ((x.sum() if total else x[row["bin"]]) for x in (with_it, without))
    check(100 * (with_it / without - 1), row)
