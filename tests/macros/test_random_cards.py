"""Random cards: what is expected is additive in the exposure, and what is simulated agrees with it."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from analysis.comparison import compare, compare_weighted
from detsim.folding import fold
from detsim.reweighting import weights
from detsim.simulation import expected_generated, simulate
from macros.card import card_from_document

N = 20_000
ALPHA = 1e-4
"""For each card; the draws are derandomised, so a card that passes does so again."""


def number(low, high):
    """Draw numbers as people write them: four digits behind the point."""
    return st.floats(low, high).map(lambda x: round(x, 4))


SLOW = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}


@st.composite
def models(draw):
    name = draw(st.sampled_from(["SM", "E6", "LR"]))
    table = {
        "name": name,
        "sin2_theta_w": draw(number(0.22, 0.24)),
        "corrections": draw(st.sampled_from(["tree", "electroweak", "full"])),
        "delta_c_L": draw(number(-0.2, 0.2)),
    }
    if name == "E6":
        table["beta"] = f"{draw(number(-60, 60))} deg"
    if name != "SM":
        table["gamma"] = draw(number(0.01, 0.3))
        table["phi"] = f"{draw(number(-2, 2))} deg"
    if draw(st.booleans()):
        table |= {"mu_nu": 1e-11 * draw(number(0.1, 3)), "generate_above": "20 keV"}
    return table


@st.composite
def documents(draw):
    """Draw a card with a decaying source or a flux, with or without background."""
    low, width = draw(st.integers(30, 90)), draw(st.sampled_from([7, 20, 50]))
    document = {
        "source": {"isotope": draw(st.sampled_from(["Cr51", "Pm147"])), "data": "modern"},
        "detector": {
            "name": "random",
            "electrons": 1e30,
            "threshold": f"{low + draw(st.integers(-10, 10))} keV",
            "bins": {"low": f"{low} keV", "high": f"{low + 140} keV", "width": f"{width} keV"},
            "resolution": {"at_1MeV": f"{draw(number(5, 80))} keV", "constant": "1 keV"},
            "efficiency": draw(number(0.3, 1)),
            "binding": "free",
        },
        "exposure": {"start": "3 d", "duration": f"{draw(number(1, 300))} d"},
        "background": {},
        "model": draw(models()),
    }
    if draw(st.booleans()):
        document["source"]["flux"] = "1e12 /cm2/s"
    else:
        document["source"]["activity"] = "1 MCi"
        shape = draw(st.sampled_from(["sphere", "shell", "cylinder"]))
        size = {
            "sphere": {"radius": "100 cm"},
            "shell": {"inner_radius": "20 cm", "radius": "100 cm"},
            "cylinder": {"radius": "80 cm", "height": "150 cm"},
        }
        document["geometry"] = {"shape": shape, **size[shape]}
    if draw(st.booleans()):
        flat = {"shape": "flat", "low": "10 keV", "high": "300 keV", "rate": "40 /d", "uncertainty": 0.1}
        document["background"] = {"flat": flat}
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


@settings(max_examples=5, **SLOW)
@given(document=documents(), target=models(), seed=st.integers(0, 2**31))
def test_simulated_and_weighted_is_expected(document, target, seed):
    """Twin: events against quadrature, as drawn and as another random model (χ², α = 1e-4 a card)."""
    experiment, model = experiment_of(document)
    drawn = expected_generated(experiment, model)
    events = simulate(experiment, model, seed=seed, n=N)
    ones = np.ones(len(events))
    expected = N / drawn * sum(counts(experiment, model))
    found = compare(_sums(experiment, events, ones), expected, n_drawn=N).p_value
    assert found is None or found > ALPHA
    limit = {"generate_above": document["model"].get("generate_above", "20 keV")}
    other, aimed = experiment_of({**document, "model": {**target, **limit}})
    w = weights(events, experiment, model, aimed, target_experiment=other)
    sums = [_sums(experiment, events, x) for x in (w, w**2)]
    mean = N / drawn * sum(counts(other, aimed))
    found = compare_weighted(*sums, mean, n_drawn=N).p_value
    assert found is None or found > ALPHA
