"""Histograms with the bins of a detector."""

import awkward as ak
import hist
import numpy as np
import pytest
from experiments import borexino

from analysis.histograms import bin_counts, experiment_counts, from_counts, histogram
from detsim.simulation import generate, simulate, simulate_counts
from simgen.models import SM


def test_counts_land_in_their_bins():
    T = [0.1, 0.25, 0.2999, 0.3, 0.549, 0.55, 0.9]
    h = histogram(T, borexino())
    assert bin_counts(h, borexino()).tolist() == [2, 1, 0, 0, 0, 1]
    assert h.values(flow=True)[[0, -1]].tolist() == [1, 2]
    np.testing.assert_array_equal(h.variances(), h.values())


def test_events_are_counted_as_the_fused_path_counts_them():
    events = simulate(borexino(), SM(), seed=4, n=20_000)
    counts = simulate_counts(borexino(), SM(), seed=4, n=20_000)
    np.testing.assert_array_equal(histogram(events, borexino()).values(flow=True), counts)


def test_true_events_have_nothing_to_fill():
    with pytest.raises(ValueError, match="no T_reco: run the detector stage first"):
        histogram(generate(borexino(), SM(), seed=1, n=5), borexino())


@pytest.mark.parametrize("flow", [0, 2])
def test_counts_back_and_forth(flow):
    counts = np.arange(6.0 + flow)
    h = from_counts(counts, borexino())
    expected = counts[1:-1] if flow else counts
    np.testing.assert_array_equal(bin_counts(h, borexino()), expected)


def test_wrong_number_of_counts():
    with pytest.raises(ValueError, match=r"counts need 6 or 8 entries, got shape \(7,\)"):
        from_counts(np.zeros(7), borexino())


@pytest.mark.parametrize(
    "axis", [hist.axis.Regular(6, 0.2, 0.5), hist.axis.Regular(5, 0.25, 0.55), hist.axis.Regular(6, 250, 550)]
)
def test_other_bins_are_an_error(axis):
    with pytest.raises(ValueError, match=r"are not those of detector\.bins"):
        bin_counts(hist.Hist(axis), borexino())


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_impossible_counts_are_an_error(value):
    h = from_counts(np.ones(6), borexino())
    h.view()["value"][2] = value
    with pytest.raises(ValueError, match="not finite or below 0"):
        bin_counts(h, borexino())


def test_counts_of_many_experiments():
    T = ak.Array([[0.26, 0.27, 0.1], [], [0.54, 0.7]])
    assert experiment_counts(T, borexino()).tolist() == [
        [1, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 1],
    ]
