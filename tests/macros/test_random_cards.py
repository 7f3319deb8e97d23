"""Random cards: what is expected is additive in the exposure, and what is simulated agrees with it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.testing import assert_allclose
from support.random_documents import ENDS, SLOW, documents, models, number

from analysis.histograms.goodness_of_bins import compare, compare_weighted
from detsim.expectation.folding import fold
from detsim.simulation.monte_carlo import expected_generated, simulate
from detsim.simulation.reweighting import weights
from macros.card import card_from_document

N = 20_000
ALPHA = 1e-4
"""For each card; the draws are derandomised, so a card that passes does so again."""


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


@pytest.mark.long
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
