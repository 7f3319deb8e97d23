"""What `generate_above` leaves out: against direct quadrature, and against full generation."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import brentq
from support.examples import every, few
from support.experiments import borexino, borexino_distances, lama, mixed_source
from support.reference import eq3, recoil_end, sm_couplings
from support.twins import chi2_pvalue

from detsim.detector.detector import EfficiencyCurve, Resolution, Target
from detsim.detector.quenching import Birks, QuenchingTable
from detsim.detector.resolution import Curve, PhotoElectrons, TabulatedResolution
from detsim.expectation.folding import fold
from detsim.expectation.prediction import predict
from detsim.simulation.monte_carlo import event_plan, simulate_counts
from detsim.simulation.recoil_cutoff import lost_fraction, lowest_recoil
from simgen.interaction.crosssection import dsigma_dT
from simgen.interaction.models import E6, SM

SIGMA = Curve(energies=(0.0, 0.2, 2.0), values=(0.005, 0.03, 0.1))
RATIO = Curve(energies=(0.0, 0.1, 2.0), values=(0.7, 0.9, 1.05))
RISING = Curve(energies=(0.0, 0.1, 0.3, 0.9), values=(0.0, 0.2, 0.6, 0.95))
THRESHOLD = 0.25


def gaussian(a, b, c):
    return lambda T: stats.norm.sf((THRESHOLD - T) / np.sqrt(a**2 + b**2 * T + c**2 * T**2))


def counted(light_yield, scale=1.0):
    least = math.ceil(THRESHOLD * light_yield / scale)
    return lambda T: stats.poisson.sf(least - 1, light_yield * T)


def tabulated(visible=lambda T: T):
    def above(T):
        E = visible(T)
        return stats.norm.sf((THRESHOLD - E) / np.interp(E, SIGMA.energies, SIGMA.values))

    return above


def quenched(T):
    return T * np.interp(T, RATIO.energies, RATIO.values)


def accepted(T):
    return np.interp(T, RISING.energies, RISING.values)


RESPONSES = {
    "gaussian": ({}, gaussian(0.0, (1 / 300) ** 0.5, 0.0)),
    "all terms": (
        {"resolution": Resolution(constant=0.01, stochastic=0.03, proportional=0.02)},
        gaussian(0.01, 0.03, 0.02),
    ),
    "photo-electrons": ({"resolution": PhotoElectrons(light_yield=473.0)}, counted(473.0)),
    "few, scaled": (
        {"resolution": PhotoElectrons(light_yield=30.0), "energy_scale": 1.07},
        counted(30.0, 1.07),
    ),
    "table": ({"resolution": TabulatedResolution(curve=SIGMA)}, tabulated()),
    "quenching": (
        {"resolution": TabulatedResolution(curve=SIGMA), "quenching": QuenchingTable(curve=RATIO)},
        tabulated(quenched),
    ),
    "true efficiency": (
        {"efficiency": EfficiencyCurve(curve=RISING, energy="true")},
        lambda T: accepted(T) * gaussian(0.0, (1 / 300) ** 0.5, 0.0)(T),
    ),
    "scale": (
        {"energy_scale": 0.9},
        lambda T: stats.norm.sf((THRESHOLD / 0.9 - T) / np.sqrt(T / 300)),
    ),
}
MODELS = {"SM": SM(), "moment": SM(mu_nu=1e-10), "millicharge": SM(millicharge=1e-12)}


def with_response(changes, **others):
    experiment = borexino()
    return replace(experiment, detector=replace(experiment.detector, **changes), **others)


STOPS = np.unique(
    [
        *np.geomspace(1e-9, 0.01, 36),
        *np.arange(0.01, 0.7, 0.001),
        *(e for curve in (SIGMA, RATIO, RISING) for e in curve.energies),
        brentq(lambda T: quenched(T) - SIGMA.energies[1], 0.1, 0.3),
    ]
)
"""Between these everything is smooth."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)


def direct(experiment, model, probability, low, high):
    """Integrate line by line, eq. (3) with the response written above; in steps, log-spaced towards 0."""
    total = 0.0
    lines = experiment.source.components[0].spectrum
    for omega, weight in zip(lines.energies, lines.intensities, strict=True):
        end = min(recoil_end(omega), high)
        if end <= low:
            continue

        def rate(T, omega=omega):
            if model.millicharge:
                return probability(T) * dsigma_dT(T, omega, model)
            couplings = sm_couplings("nu_e", model.sin2_theta_w)
            return probability(T) * eq3(T, omega, *couplings, mu_nu=model.mu_nu)

        stops = np.unique(np.clip([low, *STOPS, end], low, end))
        halves = np.diff(stops)[:, None] / 2
        total += weight * np.sum(halves * WEIGHTS * rate(stops[:-1, None] + halves * (1 + NODES)))
    return total


@pytest.mark.parametrize("model", every(3, MODELS))
@pytest.mark.parametrize("response", RESPONSES)
def test_the_energy_that_is_found(response, model):
    """Golden: below it up to 1e-9 of all that is recorded, more below 1.002 times it; direct quadrature."""
    changes, probability = RESPONSES[response]
    experiment, truth = with_response(changes), MODELS[model]
    T = lowest_recoil(experiment, truth)
    total = direct(experiment, truth, probability, 1e-9, math.inf)
    below = [direct(experiment, truth, probability, 1e-9, T * factor) / total for factor in (1.0, 1.002)]
    assert below[0] <= 1e-9 < below[1]
    assert lost_fraction(replace(experiment, generate_above=T), truth) == pytest.approx(below[0], rel=1e-6)


@pytest.mark.parametrize("T", [0.02, 0.2, 0.26, 0.4])
def test_what_an_energy_loses(T):
    """Golden and twin: any energy, against direct quadrature and against what `fold` misses."""
    experiment = with_response({"resolution": TabulatedResolution(curve=SIGMA)}, generate_above=T)
    lost = lost_fraction(experiment, SM())
    parts = [direct(experiment, SM(), tabulated(), low, high) for low, high in ((1e-9, T), (1e-9, 1.0))]
    assert lost == pytest.approx(parts[0] / parts[1], rel=1e-6, abs=0)
    kept, whole = (
        fold(e, SM()).signal(SM()).sum() for e in (experiment, replace(experiment, generate_above=0.0))
    )
    assert 1 - kept / whole == pytest.approx(lost, abs=1e-8)


CASES = {
    "lines": (borexino(), E6(beta="chi", gamma=0.1)),
    "birks, full corrections": (
        with_response(
            {
                "target": Target(material="C9H12", electrons=5e31),
                "quenching": Birks(kB=0.01, mean_excitation=64.7e-6),
            }
        ),
        SM(corrections="full"),
    ),
    "few photo-electrons": (
        with_response({"resolution": PhotoElectrons(light_yield=40.0), "energy_scale": 1.1}),
        SM(),
    ),
    "continuum, shells": (lama("modern", "shells"), SM()),
    "mixed": (replace(borexino(), source=mixed_source()), SM()),
    "oscillation": (borexino_distances(), SM(sin2_2theta=0.4, delta_m2=1.0)),
    "moment": (borexino(), SM(mu_nu=1e-10)),
    "millicharge": (borexino(), SM(millicharge=1e-12)),
}


@pytest.mark.parametrize("case", few(CASES, "lines", "few photo-electrons", "oscillation"))
def test_nothing_that_is_recorded_is_missing(case):
    """Twin: recorded spectra with and without it agree (χ²), also with `predict`; fewer events are drawn."""
    full, model = CASES[case]
    T = lowest_recoil(full, model)
    experiment = replace(full, generate_above=T)
    assert 0 < lost_fraction(experiment, model) <= 1e-9
    assert chi2_pvalue(experiment, model, 200_000, seed=4) > 1e-3
    if model.diverges:  # from a true energy of eV on
        full = replace(full, generate_above=1e-3)
    counts, mus = [], []
    for each, seed in ((full, 5), (experiment, 6)):
        mus.append(predict(each, model).with_flow)
        n = int(1e5 * event_plan(each, model).expected / mus[-1].sum())
        counts.append(simulate_counts(each, model, seed=seed, n=n))
    assert mus[0] == pytest.approx(mus[1], rel=1e-6, abs=3e-9 * mus[0].sum())
    table = np.array(counts)
    table = table[:, table.sum(axis=0) >= 20]
    assert stats.chi2_contingency(table).pvalue > 1e-3
    assert event_plan(experiment, model).expected < 0.999 * event_plan(full, model).expected


def test_without_a_threshold_next_to_nothing_is_left_out():
    """Closed form: all is recorded, and dσ/dT constant near 0, so that the energy is 1e-9 of the mean one."""
    experiment = with_response({"threshold": -math.inf})
    lines = experiment.source.components[0].spectrum
    pairs = list(zip(lines.energies, lines.intensities, strict=True))
    a, b = sm_couplings("nu_e", SM().sin2_theta_w)
    at_zero = sum(w * eq3(0.0 + 1e-12, e, a, b) for e, w in pairs)
    total = sum(w * quad(eq3, 0, recoil_end(e), args=(e, a, b))[0] for e, w in pairs)
    assert lowest_recoil(experiment, SM()) == pytest.approx(1e-9 * total / at_zero, rel=2e-3, abs=0)


@pytest.mark.parametrize(
    ("changes", "model"),
    [
        ({"threshold": -math.inf}, SM(mu_nu=1e-10)),
        ({"resolution": Resolution(constant=0.05)}, SM(mu_nu=1e-10)),
        # one photo-electron is enough: its probability falls like T, and dσ/dT rises like 1/T²
        ({"resolution": PhotoElectrons(light_yield=20.0), "threshold": 0.04}, SM(millicharge=1e-12)),
    ],
)
def test_what_diverges_has_no_negligible_part(changes, model):
    experiment = with_response(changes)
    for find in (
        lambda: lowest_recoil(experiment, model),
        lambda: lost_fraction(replace(experiment, generate_above=0.01), model),
    ):
        with pytest.raises(ValueError, match="diverges and recoils of T → 0 are recorded"):
            find()


def test_two_photo_electrons_suffice_for_a_pole():
    experiment = with_response({"resolution": PhotoElectrons(light_yield=20.0), "threshold": 0.11})
    model = SM(millicharge=1e-12)
    T = lowest_recoil(experiment, model)
    assert 0 < lost_fraction(replace(experiment, generate_above=T), model) <= 1e-9


def test_tables_that_do_not_reach_down():
    sigma = TabulatedResolution(curve=Curve(energies=(0.05, 1.0), values=(0.02, 0.05)))
    experiment = with_response({"resolution": sigma}, generate_above=0.1)
    with pytest.raises(ValueError, match="resolution is tabulated"):
        lowest_recoil(experiment, SM())


def test_all_and_nothing():
    experiment = borexino()
    assert lost_fraction(experiment, SM()) == 0
    assert lost_fraction(replace(experiment, generate_above=5.0), SM()) == 1
    blind = with_response({"threshold": 50.0, "edges": (60.0, 70.0)})
    assert lowest_recoil(blind, SM()) == 0
