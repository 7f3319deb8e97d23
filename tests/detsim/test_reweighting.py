"""Weights: a sample of one model serves any other model; impossible targets are refused."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support import experiments
from support.examples import every

from analysis.histograms.goodness_of_bins import compare_weighted
from detsim.expectation.prediction import predict
from detsim.simulation.monte_carlo import expected_generated, generate, simulate
from detsim.simulation.reweighting import gamma_templates, weights
from simgen.flavours import Flavour
from simgen.interaction.crosssection import dsigma_dT
from simgen.interaction.kinematics import T_max
from simgen.interaction.models import E6, LR, SM
from simgen.rates.exposure import Interactions
from simgen.sources.components import Component, Source
from simgen.sources.isotopes import source
from simgen.sources.spectra import FunctionSpectrum, Lines

N = 200_000
BOREXINO = experiments.borexino()
MIXED = replace(
    experiments.borexino_outside(), source=experiments.mixed_source(), generate_above=0.02, backgrounds=()
)
FUNCTION = replace(
    MIXED,
    source=replace(
        MIXED.source,
        components=(
            *MIXED.source.components[:2],
            Component(
                name="function",
                flavour=Flavour.NU_E,
                spectrum=FunctionSpectrum(function=lambda E: np.exp(-3 * E), low=0.4, high=2.0),
            ),
        ),
    ),
)
TARGETS = {
    "chi": E6(beta="chi", gamma=0.3),
    "eta below zero": E6(beta="eta", gamma=-0.2),
    "LR": LR(gamma=0.2),
    "mixing": E6(beta="chi", gamma=0.1, phi=-0.03),
    "constrained": E6(beta="chi", gamma=0.1, constrained=True),
    "full": SM(corrections="full", sin2_theta_w=0.2317),
    "NSI": SM(eps_L=0.2, eps_R=-0.1),
    "moment": SM(mu_nu=1e-10),
    "first order": SM(delta_c_L=0.1, delta_c_L_order="first"),
    "vector": SM(vector_coupling=1e-10, vector_mass=0.3),
    "scalar": SM(scalar_coupling=1e-10, scalar_mass=0.1),
    "millicharge": SM(millicharge=3e-12),
    "all": LR(gamma=0.1, corrections="full", mu_nu=5e-11, eps_R=0.1, millicharge=-1e-12),
}
CASES = [("borexino", target) for target in TARGETS]
CASES += [("mixed", target) for target in TARGETS if target != "first order"]  # ν̄_e of 0.55 MeV: below zero


def exposure(experiment, model):
    return N / expected_generated(experiment, model)


def verdict(events, w, experiment, generated, target):
    edges = np.array([-np.inf, *experiment.detector.edges, np.inf])
    sums = [np.histogram(events.T_reco, edges, weights=x)[0] for x in (w, w**2)]
    expected = exposure(experiment, generated) * predict(experiment, target).with_flow
    return compare_weighted(*sums, expected, n_drawn=N)


@pytest.fixture(scope="module")
def samples():
    found = {}
    for name, experiment, model in (
        ("borexino", replace(BOREXINO, generate_above=0.02), SM()),
        ("mixed", MIXED, SM()),
        ("function", FUNCTION, SM()),
        ("from full", replace(BOREXINO, generate_above=0.02), E6(beta="chi", gamma=0.2, corrections="full")),
    ):
        found[name] = (experiment, model, simulate(experiment, model, seed=5, n=N))
    return found


@pytest.mark.parametrize(
    ("name", "target"),
    every(
        9,
        [
            *(
                pytest.param(*case, marks=() if i % 3 == 0 else pytest.mark.long)
                for i, case in enumerate(CASES)
            ),
            ("from full", "moment"),
            pytest.param("from full", "NSI", marks=pytest.mark.long),
            ("function", "chi"),
            pytest.param("function", "all", marks=pytest.mark.long),
        ],
        unpack=True,
    ),
)
def test_weighted_spectrum_is_the_targets(samples, name, target):
    """Twin: Σw per bin against quadrature, χ² at 1e-3. Finds a density that is off by 4 %."""
    experiment, model, events = samples[name]
    target = TARGETS[target]
    w = weights(events, experiment, model, target)
    found = verdict(events, w, experiment, model, target)
    assert found.ndof >= 5
    assert found.p_value > 1e-3
    assert verdict(events, 1.04 * w, experiment, model, target).p_value < 1e-3


def test_the_same_model_weighs_one(samples):
    """Closed form: no change, no weight; finds a luminosity that is counted twice."""
    experiment, model, events = samples["from full"]
    assert_allclose(weights(events, experiment, model, model), 1, rtol=1e-13)
    twice = replace(experiment, scale=2.0)
    assert_allclose(weights(events, experiment, model, model, target_experiment=twice), 2, rtol=1e-13)


@pytest.mark.parametrize(
    "target",
    [E6(beta="chi"), LR(corrections="full"), E6(beta="psi", gamma=0.5, phi=0.1, rho_mix=False, eps_L=0.1)],
    ids=["chi", "LR", "printed mixing"],
)
def test_templates_give_every_gamma(samples, target):
    """Closed form: A + Bγ + Cγ² is the weight of each event; B or C of the wrong sign shows at once."""
    experiment, model, events = samples["mixed"]
    a, b, c = gamma_templates(events, experiment, model, target)
    for gamma in (0.0, 0.05, 0.7, -0.1):
        w = weights(events, experiment, model, replace(target, gamma=gamma))
        assert_allclose(a + b * gamma + c * gamma**2, w, rtol=1e-9)
    assert not np.allclose(b, 0)


def test_components_without_recoils():
    """Twin. Finds a component that gives no recoil above generate_above, and then stops the weights."""
    experiment = replace(BOREXINO, source=source("Ce144"), generate_above=0.1)
    events = simulate(experiment, SM(), seed=5, n=N)
    assert not np.any(events.component == 1)  # up to 185 keV: recoils up to 78 keV
    w = weights(events, experiment, SM(), TARGETS["NSI"])
    assert verdict(events, w, experiment, SM(), TARGETS["NSI"]).p_value > 1e-3


def test_background_weighs_one():
    """Closed form: no model changes a background, and its templates are (1, 0, 0)."""
    experiment = experiments.borexino_outside()
    events = generate(experiment, SM(), seed=1, n=20_000)
    background = events.component == 1
    assert 100 < background.sum() < 19_000
    w = weights(events, experiment, SM(), E6(beta="chi", gamma=0.5))
    assert_array_equal(w[background], 1)
    assert np.all(w[~background] != 1)
    templates = gamma_templates(events, experiment, SM(), LR())
    for column, value in zip(templates, (1, 0, 0), strict=True):
        assert_array_equal(column[background], value)


def test_recoils_below_the_targets_limit_weigh_nothing(samples):
    """Twin: another `generate_above`, with a term that diverges, against quadrature."""
    experiment, model, events = samples["borexino"]
    other, target = replace(experiment, generate_above=0.3), SM(mu_nu=1e-10)
    w = weights(events, experiment, model, target, target_experiment=other)
    assert_array_equal(w == 0, events.T < 0.3)
    expected = exposure(experiment, model) * predict(other, target).with_flow
    error = np.sum(w**2) ** 0.5
    assert abs(w.sum() - expected.sum()) < 3.5 * error
    assert (
        abs(w.sum() - exposure(experiment, model) * predict(experiment, target).with_flow.sum()) > 10 * error
    )


def test_the_limit_itself(samples):
    """Closed form: a higher limit cuts exactly; at the sample's own, rounding of the file cuts nothing."""
    experiment, model, events = samples["borexino"]
    low = replace(experiment, generate_above=0.1)
    recoils = np.array([0.1, 0.1, np.nextafter(0.3, 0), 0.3])
    few = replace(events.select(np.flatnonzero(events.component == 0)[:4]), T=recoils)
    high = replace(low, generate_above=0.3)
    assert_array_equal(weights(few, low, model, SM(), target_experiment=high) > 0, [0, 0, 0, 1])
    older = replace(few, T=np.nextafter(recoils.astype("f4"), np.float32(0)))
    assert older.T.astype("f8")[0] < 0.1
    assert np.all(weights(older, low, model, SM()) > 0)


@pytest.mark.parametrize("limit", [0.35, 0.71])
def test_a_component_below_the_targets_limit(samples, limit):
    """Twin: components that end below `generate_above` give no events, also if these are all."""
    experiment, model, events = samples["mixed"]
    target, other = TARGETS["chi"], replace(experiment, generate_above=limit)
    ends = [float(T_max(c.spectrum.endpoint)) for c in experiment.source.components]
    assert min(ends) < limit
    w = weights(events, experiment, model, target, target_experiment=other)
    recoils = events.T
    assert_array_equal(w > 0, recoils >= limit)
    expected = exposure(experiment, model) * predict(other, target).with_flow.sum()
    assert abs(w.sum() - expected) <= 3.5 * np.sum(w**2) ** 0.5
    assert (expected == 0) == (max(ends) < limit)


def test_a_component_without_events(samples):
    """Contract: the weight of an event does not depend on other events."""
    experiment, model, events = samples["mixed"]
    w = weights(events, experiment, model, TARGETS["full"])
    for number in range(len(experiment.source.components)):
        mine = events.component == number
        assert_array_equal(weights(events.select(mine), experiment, model, TARGETS["full"]), w[mine])


def test_a_number_of_events_is_that_of_its_own_model():
    """Closed form: with `events` the standard model's normalisation moves with its corrections."""
    tree, full = SM(), SM(corrections="full", sin2_theta_w=0.2317)
    by_tree, by_full = (
        replace(BOREXINO, normalisation=Interactions(events=1e4, reference=m)) for m in (tree, full)
    )
    events = generate(by_tree, tree, seed=2, n=50_000)
    w = weights(events, by_tree, tree, full, target_experiment=by_full)
    spread = np.std(w) / len(w) ** 0.5
    assert abs(w.mean() - 1) < 4 * spread
    assert abs(weights(events, by_tree, tree, full).mean() - 1) > 100 * spread


@pytest.mark.parametrize("corrections", ["tree", "full"])
def test_single_precision(samples, corrections):
    """Closed form: float32 columns change a weight by 1e-6 at most, but for one in a hundred."""
    experiment, model, events = samples["mixed"]
    target = LR(gamma=0.3, corrections=corrections, mu_nu=1e-10)
    rounded = replace(events, E_nu=events.E_nu.astype("f4"), T=events.T.astype("f4"))
    exact, found = (weights(e, experiment, model, target) for e in (events, rounded))
    assert np.quantile(np.abs(found / exact - 1), 0.99) < 1e-6
    assert np.max(np.abs(found / exact - 1)) < 1e-3


def test_another_function_is_another_source():
    """Contract: spectra of functions are compared by object, and one that only looks the same is refused."""
    *known, last = FUNCTION.source.components
    events = generate(FUNCTION, SM(), seed=1, n=10)
    twin = replace(last.spectrum, function=lambda E: np.exp(-3 * E))
    source = replace(FUNCTION.source, components=(*known, replace(last, spectrum=twin)))
    with pytest.raises(ValueError, match="the source of the target's experiment differs"):
        weights(events, FUNCTION, SM(), SM(), target_experiment=replace(FUNCTION, source=source))


def test_what_the_sample_has_not():
    """Contract: a target outside the support is refused by name."""
    low, high = (replace(BOREXINO, generate_above=x) for x in (0.01, 0.05))
    events = generate(high, SM(), seed=1, n=10)
    with pytest.raises(ValueError, match=r"no recoils below generate_above = 50 keV.*from 10 keV"):
        weights(events, high, SM(), SM(), target_experiment=low)
    with pytest.raises(ValueError, match="diverges at T → 0: set generate_above"):
        weights(events, BOREXINO, SM(), SM(mu_nu=1e-11))
    nothing = SM(eps_L=-0.7312, eps_R=-0.2312)
    with pytest.raises(ValueError, match=r"no events of component 'Cr51' at E_nu = .* keV, T = "):
        weights(events, high, nothing, SM())
    other = replace(BOREXINO, source=experiments.mixed_source())
    with pytest.raises(ValueError, match="the source of the target's experiment differs"):
        weights(events, high, SM(), SM(), target_experiment=replace(other, generate_above=0.05))
    with pytest.raises(ValueError, match="below zero at E_nu"):
        weights(events, high, SM(), SM(delta_c_L=-3.0, delta_c_L_order="first"))
    mixed = generate(MIXED, SM(), seed=1, n=10)
    with pytest.raises(ValueError, match=r"'beta' \(anti_nu_e\) is below zero at E_nu = .* 'exact'"):
        weights(mixed, MIXED, SM(), TARGETS["first order"])
    foreign = replace(events, line=events.line + 4)
    with pytest.raises(ValueError, match="not the lines that the events name"):
        weights(foreign, high, SM(), SM())


def test_no_weight_where_nothing_is_drawn():
    """Twin. Finds an error, or a weight below zero, where QED makes the target's dσ/dT negative: the sampler
    of such a target draws nothing there."""
    spectrum = Lines(energies=(0.553,), intensities=(1.0,))
    component = Component(name="line", flavour=Flavour.ANTI_NU_E, spectrum=spectrum)
    experiment = replace(BOREXINO, source=Source(name="line", components=(component,)), generate_above=0.02)
    events = generate(experiment, SM(), seed=1, n=1000)
    T = (1 - np.geomspace(1e-6, 0.1, 1000)) * float(T_max(0.553))
    full = SM(corrections="full", sin2_theta_w=0.2317)
    density = dsigma_dT(T, 0.553, full, flavour="anti_nu_e")
    assert np.any(density < 0)
    w = weights(replace(events, T=T), experiment, SM(), full)
    assert_array_equal(w > 0, density > 0)
    assert_array_equal(w[density < 0], 0)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (SM(), "the SM has no Z'"),
        (E6(beta="chi", gamma=0.1, phi=0.01), "with phi = 0.01 rad and rho_mix"),
        (LR(constrained=True), "phi follows from gamma"),
    ],
)
def test_templates_need_a_quadratic(target, reason):
    """Contract: where w is not quadratic in γ, templates are refused with the reason."""
    events = generate(BOREXINO, SM(), seed=1, n=10)
    with pytest.raises(ValueError, match=reason):
        gamma_templates(events, BOREXINO, SM(), target)
