"""Random cards: what is expected is additive in the exposure, and what is simulated agrees with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from numpy.testing import assert_allclose

from analysis.histograms.goodness_of_bins import compare, compare_weighted
from detsim.expectation.folding import fold
from detsim.simulation.monte_carlo import expected_generated, simulate
from detsim.simulation.reweighting import weights
from macros.card import card_from_document
from simgen.interaction.kinematics import T_max
from simgen.sources.isotopes import SOURCES, source

N = 20_000
ALPHA = 1e-4
"""For each card; the draws are derandomised, so a card that passes does so again."""


def number(low, high):
    """Draw numbers as people write them: four digits behind the point."""
    return st.floats(low, high).map(lambda x: round(x, 4))


SLOW = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}


ENDS = {name: 1e3 * float(T_max(source(name).endpoint)) for name in SOURCES}
"""Largest recoil energies [keV]."""


def keV(energy):
    return f"{energy:.6g} keV"


@st.composite
def models(draw, end):
    """Draw a gauge structure, and terms of the size of weak scattering at recoils of `end` [keV]."""
    name = draw(st.sampled_from(["SM", "E6", "LR"]))
    table = {
        "name": name,
        "sin2_theta_w": draw(number(0.22, 0.24)),
        "corrections": draw(st.sampled_from(["tree", "electroweak", "full"])),
        "delta_c_L": draw(number(-0.2, 0.2)),
        "generate_above": keV(0.03 * end),
    }
    if name == "E6":
        table["beta"] = f"{draw(number(-60, 60))} deg"
    if name != "SM":
        table["gamma"] = draw(number(0.01, 0.2))
        if draw(st.booleans()):
            table["phi"] = f"{draw(number(-2, 2))} deg"
        else:
            table["constrained"] = {"tau": draw(number(0, 5))} if name == "E6" else True
    T = 1e-3 * end
    choices = {
        "moment": {"mu_nu": 2.6e-10 * T**0.5 * draw(number(0.1, 1))},
        "NSI": {"eps_L": draw(number(-0.2, 0.2)), "eps_R": draw(number(-0.2, 0.2))},
        "radius": {
            "charge_radius": f"{draw(number(-5, 5))}e-32 cm2",
            "charge_radius_convention": draw(st.sampled_from(["form-factor", "texono"])),
        },
        "charge": {"millicharge": 1e-11 * T * draw(number(-1, 1))},
        "vector": {"vector_coupling": 5e-12 * T * draw(number(-1, 1)), "vector_mass": keV(0.3 * end)},
        "scalar": {"scalar_coupling": 3e-11 * T * draw(number(0, 1)), "scalar_mass": keV(0.2 * end)},
    }
    for chosen in draw(st.sets(st.sampled_from(sorted(choices)), max_size=3)):
        table |= choices[chosen]
    return table


@st.composite
def geometries(draw):
    """Draw a shape with a source in it or beside it, a point or not."""
    shape = draw(st.sampled_from(["sphere", "shell", "cylinder", "box"]))
    size = {
        "sphere": {"radius": "100 cm"},
        "shell": {"inner_radius": "20 cm", "radius": "100 cm"},
        "cylinder": {"radius": "80 cm", "height": "150 cm"},
        "box": {"size": ["1 m", "90 cm", "1200 mm"]},
    }[shape]
    position = [f"{draw(st.sampled_from([0, 10, -250]))} cm" for _ in range(3)]
    return {"shape": shape, **size, "source_position": position, "source_radius": draw(radii)}


radii = st.sampled_from(["0 cm", "15 cm"])


@st.composite
def detectors(draw, end):
    """Draw a detector of recoils up to `end` [keV], with any response."""
    low, high = draw(number(0.1, 0.3)) * end, draw(number(0.7, 1.1)) * end
    points = {"energies": [keV(0), keV(0.4 * end), keV(2 * end)]}
    photoelectrons = f"{draw(st.integers(20, 2000)) / end:.6g} /keV"
    resolutions = [
        "perfect",
        {"at_1MeV": keV(0.06 * (1e3 * end) ** 0.5), "constant": keV(0.01 * end), "proportional": 0.02},
        {"photoelectrons": photoelectrons},
        {**points, "sigma": [keV(0.02 * end), keV(0.05 * end), keV(0.2 * end)]},
    ]
    values = {"values": [draw(number(0, 1)), draw(number(0, 1)), draw(number(0.1, 1))]}
    efficiencies = [draw(number(0.3, 1)), *({"energy": e, **points, **values} for e in ("true", "measured"))]
    quenchings = [
        "none",
        {"kB": "0.01 g/cm2/MeV", "mean_excitation": "452 eV"},
        {**points, "ratio": [0.7, 0.9, 1]},
    ]
    return {
        "name": "random",
        "target": "NaI",
        "electrons": 1e30,
        "threshold": keV(low * draw(number(0.7, 1.3))),
        "bins": {"low": keV(low), "high": keV(high), "width": keV(draw(number(0.05, 0.3)) * end)},
        "resolution": draw(st.sampled_from(resolutions)),
        "efficiency": draw(st.sampled_from(efficiencies)),
        "quenching": draw(st.sampled_from(quenchings)),
        "binding": draw(st.sampled_from(["free", "shells"])),
        "energy_scale": draw(number(0.9, 1.1)),
        "fiducial": draw(number(0.3, 1)),
    }


@st.composite
def backgrounds(draw, end):
    """Draw backgrounds, some smeared."""
    common = {"rate": "40 /d", "uncertainty": 0.1, "half_life": draw(st.sampled_from(["none", "9 d"]))}
    span = {"low": keV(0.1 * end), "high": keV(1.5 * end), "smeared": draw(st.booleans())}
    choices = {
        "flat": {"shape": "flat", **span},
        "power": {"shape": "power", "index": draw(number(-1, 3)), **span},
        "line": {"shape": "line", "energy": keV(0.5 * end)},
        "steps": {
            "shape": "table",
            "edges": [keV(0), keV(0.6 * end), keV(end)],
            "contents": [1, 2],
            "smeared": span["smeared"],
        },
    }
    names = draw(st.sets(st.sampled_from(sorted(choices)), max_size=2))
    return {name: {**choices[name], **common} for name in sorted(names)}


@st.composite
def documents(draw):
    """Draw a card with a decaying source or a flux."""
    isotope = draw(st.sampled_from(sorted(SOURCES)))
    end = ENDS[isotope]
    document = {
        "source": {"isotope": isotope, "data": "modern"},
        "detector": draw(detectors(end)),
        "exposure": {"start": "3 d", "duration": f"{draw(number(1, 300))} d"},
        "background": draw(backgrounds(end)),
        "model": draw(models(end)),
    }
    if isotope == "Be7" or draw(st.booleans()):
        document["source"]["flux"] = "1e12 /cm2/s"
    else:
        document["source"]["activity"] = "1 MCi"
        document["geometry"] = draw(geometries())
    return document


def experiment_of(document, **exposure):
    document = {**document, "exposure": {**document["exposure"], **exposure}}
    card = card_from_document(document, name="random")
    return card.experiment, card.model


def counts(experiment, model):
    """Expected signal and background, flow bins too."""
    folded = fold(experiment, model)
    return folded.signal(model), folded.backgrounds.sum(axis=0)


@settings(max_examples=8, **SLOW)
@given(document=documents(), share=number(0.05, 0.95))
def test_exposures_add(document, share):
    """Property: a run is its two halves, decaying or not; finds a delay or a half-life lost on one path."""
    days = float(document["exposure"]["duration"].split()[0])
    first = {"duration": f"{share * days} d"}
    second = {"start": f"{3 + share * days} d", "duration": f"{(1 - share) * days} d"}
    whole, *parts = (sum(counts(*experiment_of(document, **e))) for e in ({}, first, second))
    assert_allclose(parts[0] + parts[1], whole, rtol=1e-9, atol=1e-12 * whole.max())


@settings(max_examples=8, **SLOW)
@given(document=documents(), factor=number(0.01, 100))
def test_counts_scale(document, factor):
    """Property: `scale` multiplies everything; so does a target's size, but for the background."""
    experiment, model = experiment_of(document)
    signal, background = counts(experiment, model)
    limits = {"rtol": 1e-9, "atol": 1e-12 * max(signal.max(), 1) * max(factor, 1)}
    for found, once in zip(
        counts(replace(experiment, scale=factor), model), (signal, background), strict=True
    ):
        assert_allclose(found, factor * once, **limits)
    document["detector"]["electrons"] *= factor
    more_signal, same_background = counts(*experiment_of(document))
    assert_allclose(more_signal, factor * signal, **limits)
    assert_allclose(same_background, background, rtol=1e-12)


def _sums(experiment, events, w):
    edges = np.array([-np.inf, *experiment.detector.edges, np.inf])
    return np.histogram(events.T_reco, edges, weights=w)[0]


def check_events(document, data, seed):
    """Compare events with quadrature, as drawn and as another random model."""
    experiment, model = experiment_of(document)
    drawn = expected_generated(experiment, model)
    events = simulate(experiment, model, seed=seed, n=N)
    ones = np.ones(len(events))
    expected = N / drawn * sum(counts(experiment, model))
    found = compare(_sums(experiment, events, ones), expected, n_drawn=N).p_value
    assert found is None or found > ALPHA
    target = data.draw(models(ENDS[document["source"]["isotope"]]))
    other, aimed = experiment_of({**document, "model": target})
    w = weights(events, experiment, model, aimed, target_experiment=other)
    sums = [_sums(experiment, events, x) for x in (w, w**2)]
    mean = N / drawn * sum(counts(other, aimed))
    found = compare_weighted(*sums, mean, n_drawn=N).p_value
    assert found is None or found > ALPHA


@settings(max_examples=5, **SLOW)
@given(document=documents(), data=st.data(), seed=st.integers(0, 2**31))
def test_simulated_and_weighted_is_expected(document, data, seed):
    """Twin: events against quadrature, as drawn and as another random model (χ², α = 1e-4 a card)."""
    check_events(document, data, seed)


@pytest.mark.slow
@settings(max_examples=300, **SLOW)
@given(document=documents(), data=st.data(), seed=st.integers(0, 2**31))
def test_many_random_cards(document, data, seed):
    """Twin: the same of 300 cards, which finds what needs several options at once."""
    check_events(document, data, seed)
