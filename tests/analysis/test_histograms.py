"""Histograms with the bins of a detector."""

import awkward as ak
import hist
import numpy as np
import pytest
from support.experiments import borexino, borexino_distances

from analysis.histograms.histograms import bin_counts, describe_bin, experiment_counts, from_counts, histogram
from detsim.detector.distance_bins import bin_numbers
from detsim.simulation.monte_carlo import generate, simulate, simulate_counts
from simgen.interaction.models import SM


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
    with pytest.raises(ValueError, match=r"bin from 0\.35 to 0\.4 MeV: contents must be finite"):
        bin_counts(h, borexino())


def test_counts_of_many_experiments():
    T = ak.Array([[0.26, 0.27, 0.1], [], [0.54, 0.7]])
    assert experiment_counts(T, borexino()).tolist() == [
        [1, 2, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 1, 1],
    ]


def test_two_dimensions_are_laid_out_distance_by_distance():
    """Closed form: four distances of six energies, by hand; what is outside is in the flow of its axis."""
    experiment = borexino_distances()
    T = [0.26, 0.26, 0.54, 0.30, 0.10, 0.60, 0.30]
    L = [510.0, 800.0, 1099.9, 650.0, 700.0, 700.0, 1100.0]
    h = histogram(T, experiment, L_reco=L)
    counts = np.zeros((4, 6))
    counts[0, 0] = counts[2, 0] = counts[3, 5] = counts[1, 1] = 1
    assert h.axes.name == ("L_reco", "T_reco")
    assert h.axes.label == ("L_reco [cm]", "T_reco [MeV]")
    np.testing.assert_array_equal(bin_counts(h, experiment), counts.ravel())
    flow = h.values(flow=True)
    assert flow.sum() == len(T)
    assert (flow[2, 0], flow[2, -1], flow[-1, 2]) == (1, 1, 1)


def test_every_count_has_the_bin_that_its_number_says():
    """Twin: the histogram against the numbers of bins in a flat vector, values on the edges among them."""
    experiment = borexino_distances()
    rng = np.random.default_rng(5)
    detector = experiment.detector
    T = np.concatenate([rng.uniform(0.2, 0.6, 4000), rng.choice(detector.edges, 500)])
    L = np.concatenate([rng.uniform(400, 1200, 4000), rng.choice(detector.distance.edges, 500)])
    h = histogram(T, experiment, L_reco=L)
    by_number = np.bincount(bin_numbers(detector, T, L), minlength=detector.n_bins + 2)
    np.testing.assert_array_equal(bin_counts(h, experiment), by_number[1:-1])
    assert h.values(flow=True)[:, 0].sum() == by_number[0]
    assert h.values(flow=True).sum() == by_number.sum() == 4500


@pytest.mark.parametrize("flow", [0, 2])
def test_counts_of_two_dimensions_back_and_forth(flow):
    experiment = borexino_distances()
    counts = np.arange(24.0 + flow)
    h = from_counts(counts, experiment)
    np.testing.assert_array_equal(bin_counts(h, experiment), counts[1:-1] if flow else counts)
    assert h.values(flow=True).sum() == counts.sum()
    assert h.values()[1, 2] == counts[6 + 2 + flow // 2]
    if flow:
        assert (h.values(flow=True)[0, 0], h.values(flow=True)[-1, -1]) == (0, 25)


def test_distances_are_never_made_up():
    experiment = borexino_distances()
    events = simulate(borexino(), SM(), seed=4, n=50)
    for data in ([0.3], events):
        with pytest.raises(ValueError, match="the events have no L_reco"):
            histogram(data, experiment)


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        (
            [hist.axis.Regular(6, 0.25, 0.55)],
            r"has 1 dimension, and the detector's has 2: detector\.distance ",
        ),
        (
            [hist.axis.Regular(6, 0.25, 0.55), hist.axis.Regular(4, 500, 1100)],
            r"bins \(6 from 0\.25 to 0\.55\) are not those of detector\.distance \(4 from 500 to 1100 cm",
        ),
        (
            [hist.axis.Regular(4, 500, 1100), hist.axis.Regular(6, 0.2, 0.55)],
            r"are not those of detector\.bins \(6 from 0\.25 to 0\.55 MeV",
        ),
        ([hist.axis.Regular(4, 5, 11), hist.axis.Regular(6, 0.25, 0.55)], r"not those of detector\.distance"),
    ],
)
def test_other_axes_are_an_error(axes, message):
    with pytest.raises(ValueError, match=message):
        bin_counts(hist.Hist(*axes), borexino_distances())


def test_a_plane_is_no_spectrum():
    plane = from_counts(np.ones(24), borexino_distances())
    with pytest.raises(
        ValueError, match=r"has 2 dimensions, and the detector's has 1: detector\.bins \[MeV\]"
    ):
        bin_counts(plane, borexino())


def test_counts_of_many_experiments_with_distances():
    """Closed form: bins by hand; the last entry is what is outside in distance or above in energy."""
    T = ak.Array([[0.26, 0.54, 0.1], [], [0.3, 0.7, 0.3]])
    L = ak.Array([[510.0, 700.0, 100.0], [], [1050.0, 700.0, 100.0]])
    found = experiment_counts(T, borexino_distances(), L_reco=L)
    assert found.shape == (3, 26)
    assert [np.flatnonzero(row).tolist() for row in found] == [[0, 1, 12], [], [20, 25]]
    assert found[2, 25] == 2


def test_a_bin_is_said_in_words():
    experiment = borexino_distances()
    assert describe_bin(borexino().detector, 1) == "from 0.3 to 0.35 MeV"
    assert describe_bin(experiment.detector, 6 + 1) == "from 0.3 to 0.35 MeV at 650 to 800 cm"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_energies_have_to_be_finite(wrong):
    with pytest.raises(
        ValueError, match=r"T_reco \[MeV\] must be finite: 2 of 4 are not, the first at index 1"
    ):
        histogram([0.3, wrong, 0.4, wrong], borexino())


@pytest.mark.parametrize(
    ("energies", "factor"),
    [([300.0, 400.0, 1e4], "0.001"), ([3e5], "1e-06"), ([3e-4, 4e-4], "1000"), ([3e-7], "1e[+]06")],
)
def test_energies_in_another_unit_are_noticed(energies, factor):
    """Contract: where nothing lies in the bins a warning says so, and which factor brings most there."""
    words = (
        rf"none of the {len(energies)} events lies in the bins, T_reco \[MeV\] from 0.25 to .*times {factor} "
    )
    with pytest.warns(UserWarning, match=words):
        h = histogram(energies, borexino())
    assert h.sum().value == 0


def test_energies_outside_of_the_bins_in_any_unit():
    with pytest.warns(UserWarning, match=r"from 0.25 to [0-9.]+$"):
        histogram([0.01], borexino())
    histogram([], borexino())
    histogram([0.01, 0.3], borexino())
