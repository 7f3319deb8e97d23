"""Shapes whose counts are no parabola: photo-electrons are whole numbers, and spectra have sharp ends."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from support.experiments import borexino

from analysis.fits.fitter import make_fitter
from analysis.model import bent_shapes
from detsim import Curve, PhotoElectrons, Resolution
from detsim.detector import EfficiencyCurve, SpreadPhotoElectrons
from detsim.expectation import fold
from detsim.expectation.response import bin_probabilities
from detsim.systematics import Systematic, vary, without_steps
from macros import load_card
from simgen.interaction.models import E6

YIELD = 320.0  # photo-electrons/MeV: 12.8 in a bin of 40 keV
EDGES = tuple(np.arange(180, 621, 40) / 1000)
MODEL = E6(beta="chi")


def experiment(resolution, uncertainty=0.008):
    detector = replace(borexino().detector, edges=EDGES, threshold=EDGES[0], resolution=resolution)
    return replace(
        borexino(),
        detector=detector,
        systematics=(Systematic(name="energy_scale", uncertainty=uncertainty),),
        backgrounds=(),
    )


COUNTED, SMOOTH = PhotoElectrons(light_yield=YIELD), Resolution(stochastic=YIELD**-0.5)


@pytest.mark.parametrize("with_curve", [False, True])
def test_spread_photo_electrons_by_hand(with_curve):
    """Twin: sums over N of the part of [N - ½, N + ½] that lies in each bin."""
    curve = Curve(energies=(0.0, 0.3, 0.7), values=(0.2, 0.9, 0.5))
    detector = replace(
        experiment(SpreadPhotoElectrons(light_yield=YIELD)).detector,
        energy_scale=1.003,
        efficiency=EfficiencyCurve(curve=curve, energy="measured") if with_curve else 1.0,
    )
    n, u = np.arange(500)[:, None], (np.arange(4000) + 0.5) / 4000 - 0.5
    x = 1.003 * (n + u) / YIELD
    for T in (0.15, 0.31, 0.55):
        p = stats.poisson.pmf(n, YIELD * T) / 4000 * (curve(x) if with_curve else 1.0)
        limits = [EDGES[0], *EDGES, np.inf]
        expected = [np.sum(p * ((low <= x) & (x < high))) for low, high in pairwise(limits)]
        found = bin_probabilities(detector, np.array([T]))[0]
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-7)


def test_changes_of_the_scale_are_those_of_a_smooth_detector():
    """The slopes of counts with the scale are within 5 % of the largest of those of a Gaussian detector."""
    slopes = []
    for resolution in (COUNTED, SMOOTH):
        templates = make_fitter(experiment(resolution), MODEL).templates
        slopes.append(templates.expected(0.0, [1.0]) - templates.expected(0.0, [-1.0]))
    np.testing.assert_allclose(slopes[0], slopes[1], atol=0.05 * np.abs(slopes[1]).max())


def test_errors_are_those_of_a_smooth_detector():
    """Without data: the scale is not known better because numbers are whole."""
    errors = []
    for resolution in (COUNTED, SMOOTH):
        fitter = make_fitter(experiment(resolution), MODEL)
        counts = fitter.templates.expected(0.0)[None]
        errors.append(fitter.batch.fit(counts, np.zeros((1, 1))).errors[0])
    assert errors[0] == pytest.approx(errors[1], rel=0.03)


def test_nominal_counts_keep_their_steps():
    """Events have them, too."""
    counted = experiment(COUNTED)
    nominal = make_fitter(counted, MODEL).templates.expected(0.0)
    assert nominal == pytest.approx(fold(counted, MODEL).signal(MODEL)[1:-1], rel=1e-12)


def test_only_photo_electrons_are_without_steps():
    smooth = experiment(SMOOTH)
    assert without_steps(smooth) is smooth
    spread = without_steps(experiment(COUNTED))
    narrower = vary(spread, "resolution", 0.9).detector.resolution
    assert isinstance(narrower, SpreadPhotoElectrons)
    assert narrower.light_yield == pytest.approx(YIELD / 0.81)


def test_what_is_bent_is_said():
    """Steps of photo-electrons, and a scale that moves an end of the spectrum by a bin."""
    (steps,) = bent_shapes(make_fitter(experiment(COUNTED), MODEL).templates)
    assert steps.errors > 1.0
    assert "photo-electrons" in str(steps)
    assert str(steps).startswith("energy_scale: ")
    (large,) = bent_shapes(make_fitter(experiment(Resolution(stochastic=0.005), 0.3), MODEL).templates)
    assert "photo-electrons" not in str(large)


@pytest.mark.parametrize("preset", ["borexino-cr51-realistic", "hellaz-cr51-paper"])
def test_nothing_is_said_of_smooth_detectors(preset):
    card = load_card(preset, ["systematics={energy_scale=0.01, resolution=0.1}"])
    assert bent_shapes(make_fitter(card.experiment, card.model).templates) == []
    assert bent_shapes(make_fitter(experiment(SMOOTH), MODEL).templates) == []
