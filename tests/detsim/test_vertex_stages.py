"""Vertices and times of an experiment's events: the same at every stage, and what they need."""

from dataclasses import replace

import numpy as np
import pytest
from support.experiments import borexino, borexino_outside

from detsim.simulation.detection import detect
from detsim.simulation.monte_carlo import generate, simulate, stream
from detsim.simulation.vertices import add_occurrence
from simgen.interaction.models import SM
from simgen.rates.exposure import Interactions

BOTH = ("vertex", "time")


def test_the_same_at_every_stage():
    """Contract. Finds vertices or times that depend on chunks, or on the stage at which they are drawn."""
    experiment = borexino_outside()
    once = simulate(experiment, SM(), seed=4, n=5000, columns=BOTH)
    true = generate(experiment, SM(), seed=4, n=5000, columns=BOTH)
    measured = detect(true, experiment, seed=4)
    chunks = list(stream(experiment, SM(), seed=4, n=5000, columns=BOTH, chunk=700))
    for name in ("event", "vertex_x", "vertex_y", "vertex_z", "L", "time", "T_reco"):
        expected = getattr(once, name)
        np.testing.assert_array_equal(getattr(measured, name), expected)
        np.testing.assert_array_equal(np.concatenate([getattr(c, name) for c in chunks]), expected)
    background = once.component >= len(experiment.source.components)
    assert background.any()
    assert np.all((once.L == 0) == background)
    np.testing.assert_array_equal(once.T, simulate(experiment, SM(), seed=4, n=5000).T)


def test_decay_only_where_the_source_decays():
    """Closed form. Finds a flux that decays, an activity that does not: the mean time, 5 σ."""
    outside = borexino_outside()
    for experiment, decays in ((outside, True), (borexino(), False)):
        events = generate(experiment, SM(), seed=5, n=20_000, columns=("time",))
        assert events.vertex_x is None
        time = events.time[events.component == 0] / experiment.exposure.duration
        mean = 0.5
        if decays:
            x = np.log(2) * experiment.exposure.duration / experiment.source.half_life
            mean = 1 / x - 1 / np.expm1(x)
        assert abs(time.mean() - mean) < 5 * time.std() / np.sqrt(len(time))


def test_what_vertices_need():
    """Contract. Finds vertices without a geometry, or a misspelt column that is left out."""
    paper = borexino()
    with pytest.raises(ValueError, match="need a geometry"):
        simulate(paper, SM(), seed=1, n=10, columns=("vertex",))
    geometry = borexino_outside().geometry
    counted = replace(paper, normalisation=Interactions(events=100.0, reference=SM(), geometry=geometry))
    assert simulate(counted, SM(), seed=1, n=10, columns=("vertex",)).L.min() > 500
    events = generate(paper, SM(), seed=1, n=3)
    with pytest.raises(ValueError, match="of 'vertex', 'time' and 'direction', got 'vertx'"):
        add_occurrence(events, paper, SM(), ["vertx"], seed=1)
