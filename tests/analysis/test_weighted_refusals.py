"""Weighted data that are refused: impossible sums and weights, missing squares and flow bins."""

import math

import hist
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from support.experiments import borexino
from support.small_weighted import CENTRES, CHI, ONES, sums

from analysis.fits.estimate import fit
from analysis.fits.fitter import make_fitter
from analysis.fits.limits import limit
from analysis.fits.weighted import effective_counts, for_data
from analysis.histograms.histograms import axes, histogram
from analysis.pseudo_experiments.fitted_toys import Thrower


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sums(2 * ONES, [4, 4, 0, 4, 4, 4]), r"bin from 0.35 to 0.4 MeV: Σw = 2 and Σw² = 0; counts need"),
        (
            sums([2, 2, 0, 2, 2, 2], 4 * ONES),
            r"bin from 0.35 to 0.4 MeV: Σw = 0 and Σw² = 4; weights of both",
        ),
        (sums(2 * ONES, [4, 4, 4, 4, 4, np.nan]), r"bin from 0.5 to 0.55 MeV: variances must be finite"),
        (sums(2 * ONES, [4, -4, 4, 4, 4, 4]), r"bin from 0.3 to 0.35 MeV: .* finite and not negative"),
        (sums([2, -1, 2, 2, 2, 2], 4 * ONES), r"bin from 0.3 to 0.35 MeV: contents .* not negative"),
        (sums([2, np.nan, 2, 2, 2, 2], 4 * ONES), r"bin from 0.3 to 0.35 MeV: contents must be finite"),
        (
            sums(2 * ONES, 4 * ONES, ((-1, 1), (0, 0))),
            "the underflow bin: contents must be finite and not negative, got -1",
        ),
        (sums(2 * ONES, 4 * ONES, ((0, 0), (3, 0))), "the overflow bin: Σw = 3"),
        (sums(1e-200 * ONES, 0 * ONES), "Σw² = 0"),
    ],
)
def test_impossible_sums(data, message):
    """Contract: sums that no events can give are an error that names the bin."""
    for command in (fit, limit):
        with pytest.raises(ValueError, match=message):
            command(data, borexino(), CHI)


@pytest.mark.parametrize(
    ("wrong", "shown"), [(-0.5, "-0.5"), (math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")]
)
def test_impossible_weights(wrong, shown):
    """Contract: no weight below 0, infinite or NaN gets into a histogram."""
    with pytest.raises(ValueError, match=f"not negative, got {shown} \\(1 of 3 are wrong\\)"):
        histogram([0.3, 0.4, 0.5], borexino(), weight=[1.0, wrong, 2.0])


def test_weights_without_squares():
    """Contract: a histogram that lost its Σw² cannot be fitted; one of sums of counts can."""
    lost = hist.Hist(*axes(borexino()), storage=hist.storage.Double()).fill(CENTRES, weight=0.3)
    with pytest.raises(ValueError, match=r"need their variances Σw²"):
        fit(lost, borexino(), CHI)
    counts = hist.Hist(*axes(borexino()), storage=hist.storage.Double()).fill(CENTRES)
    assert effective_counts(counts + counts, borexino())[1] is None


def test_no_flow_bins():
    """Contract: a histogram without flow bins is weighted data, too."""
    axis = hist.axis.Variable(borexino().detector.edges, underflow=False, overflow=False)
    h = hist.Hist(axis, storage=hist.storage.Weight()).fill(CENTRES, weight=np.arange(6.0))
    counts, scaling = effective_counts(h, borexino())
    assert_array_equal(counts, [0, 1, 1, 1, 1, 1])
    assert_allclose(scaling, [15 / 55, 1, 1 / 2, 1 / 3, 1 / 4, 1 / 5], rtol=1e-15)
    h.view()["variance"][1] = 0
    with pytest.raises(ValueError, match=r"bin from 0.3 to 0.35 MeV"):
        effective_counts(h, borexino())


def test_toys_are_not_thrown_from_weighted_data():
    """Contract: a scaled expectation is refused as data."""
    fitter, _ = for_data(make_fitter(borexino(), CHI), sums(2 * ONES, 4 * ONES))
    with pytest.raises(ValueError, match="counts are thrown with a fitter of counts"):
        Thrower(fitter=fitter, seed=1)
