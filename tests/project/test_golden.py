"""The packages against published numbers and independent evaluations: golden.toml."""

import math

import pytest
from support import reference
from support.evaluations import EVALUATIONS
from support.golden import check, entries, golden

from simgen.interaction.coupling_constants import couplings
from simgen.interaction.models import E6
from simgen.parameters import gamma_from_mass

CASES = [
    pytest.param(group, *case.values, id=f"{group} {case.id}")
    for group in golden()
    for case in entries(group)
]


@pytest.mark.parametrize(("group", "row"), CASES)
def test_golden(group, row):
    """Golden. Finds a wrong constant, coupling, correction, line, spectrum, rate, bin or resolution."""
    check(EVALUATIONS[group](row), row)


@pytest.mark.parametrize("row", entries("total_cross_section"))
def test_the_reference_evaluates_the_total(row):
    """Golden. Finds a fault of the independent evaluation itself."""
    if row["corrections"] != "tree":
        args = {"flavour": row["flavour"], "corrections": row["corrections"]}
        check(1e46 * reference.bks_total(row["E_nu"], **args), row)


@pytest.mark.parametrize("row", entries("differential_cross_section"))
def test_the_reference_evaluates_the_spectrum(row):
    """Golden. As above, for dσ/dT."""
    omega = row["E_nu"]
    T = row["share_of_T_max"] * 2 * omega**2 / (0.51099895 + 2 * omega)
    check(1e45 * reference.bks(T, omega), row)


def test_blind_direction_is_blind():
    """Closed form: at tan β = -9/√15 no coupling depends on γ."""
    beta = math.atan(-9 / math.sqrt(15))
    at = [couplings(E6(beta=beta, gamma=g)).at() for g in (0.0, 1.0)]
    assert at[0] == pytest.approx(at[1], abs=1e-15)


@pytest.mark.parametrize("row", entries("mixing_effect"))
def test_rho_mix_is_that_of_the_mass_matrix(row):
    """Closed form. Finds a ρ_mix that is not the ratio of the masses, φ(γ) being that of the matrix."""
    gamma = gamma_from_mass(row["mass_GeV"] * 1e3)
    beta = "LR" if row["model"] == "LR" else E6(beta=row["model"]).beta
    phi, x = reference.mixing_angle(gamma, reference.constrained_k(beta, tau=2))
    assert x == pytest.approx(1 + math.sin(phi) ** 2 * (1 / gamma - 1), rel=1e-12)
