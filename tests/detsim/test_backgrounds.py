"""Backgrounds: numbers of events, decay, errors."""

import math
from dataclasses import replace

import pytest
from scipy.integrate import quad
from support.experiments import DAY, borexino

from detsim.backgrounds import Background, FlatBackground, background_events
from detsim.expectation.prediction import predict
from simgen.deposits import Line, Uniform
from simgen.interaction.models import SM
from simgen.rates.exposure import Exposure


def background(**changes):
    arguments = {"name": "b", "spectrum": Uniform(low=0.3, high=0.5), "rate": 1e-3, "smeared": False}
    return Background(**{**arguments, **changes})


@pytest.mark.parametrize("start", [0.0, 3 * DAY])
def test_decay(start):
    """Twin. Finds a decay that starts at the run instead of t = 0: scipy over the rate."""
    exposure = Exposure(start=start, duration=20 * DAY)
    decaying = background(half_life=5 * DAY)
    expected = quad(lambda t: 1e-3 * 2 ** (-t / (5 * DAY)), start, start + 20 * DAY)[0]
    assert background_events(decaying, exposure) == pytest.approx(expected, rel=1e-9)
    assert background_events(background(), exposure) == pytest.approx(20 * DAY * 1e-3)
    experiment = replace(borexino(), exposure=exposure, backgrounds=(decaying,))
    assert predict(experiment, SM()).background.sum() == pytest.approx(expected, rel=1e-9)


def test_flat_is_a_background():
    """Contract. The short form is the same background."""
    flat = FlatBackground(name="b", rate=1e-3, low=0.3, high=0.5, half_life=DAY)
    counts = [
        predict(replace(borexino(), backgrounds=(b,)), SM()).background
        for b in (flat, background(half_life=DAY))
    ]
    assert counts[0].tolist() == counts[1].tolist()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: background(rate=-1.0), "'b': rate must be finite and ≥ 0 /s, got -1"),
        (lambda: background(half_life=0.0), "'b': half_life must be above 0 s, got 0"),
        (lambda: background(half_life=math.nan), "'b': half_life must be above 0 s, got nan"),
        (lambda: background(uncertainty=-0.1), "'b': uncertainty must be finite"),
        (
            lambda: background(spectrum=Uniform(low=-0.1, high=1.0), smeared=True),
            "true energy must be ≥ 0 MeV, its spectrum starts at -0.1 MeV",
        ),
        (
            lambda: replace(
                borexino(),
                backgrounds=(background(spectrum=Line(energy=0.5), smeared=True), background(name="b")),
            ),
            "two backgrounds have the same name",
        ),
    ],
)
def test_errors(call, words):
    """Contract. Finds an impossible background that passes, or an error without name and unit."""
    with pytest.raises(ValueError, match=words):
        call()
