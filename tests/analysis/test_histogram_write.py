"""Histograms to ROOT and JSON, and back."""

import hist
import numpy as np
import pytest
import uproot

from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_csv, write_json, write_root
from detsim.event_files.inspect import describe

EDGES = [0.25, 0.35, 0.45, 0.55]


def counts(storage=None, **axis):
    h = hist.Hist(
        hist.axis.Variable(EDGES, name="T_reco", label="T [MeV]", **axis),
        storage=storage or hist.storage.Double(),
        name="data",
        label="Events",
    )
    h.fill([0.1, 0.26, 0.3, 0.36, 0.5, 0.51, 0.52, 0.9, 0.95])
    return h


def weighted():
    h = hist.Hist(hist.axis.Regular(3, 0.25, 0.55, label="T [MeV]"), storage=hist.storage.Weight())
    return h.fill([0.1, 0.3, 0.3, 0.5], weight=[1.0, 2.0, 0.5, 3.0])


@pytest.mark.parametrize("storage", [hist.storage.Double(), hist.storage.Int64(), hist.storage.Weight()])
def test_root_keeps_flow_errors_and_titles(tmp_path, storage):
    write_root(tmp_path / "h.root", {"data": counts(storage)})
    with uproot.open(tmp_path / "h.root") as root:
        th1 = root["data"]
        assert th1.classname == "TH1D"
        np.testing.assert_array_equal(th1.values(flow=True), [1, 2, 1, 3, 2])
        np.testing.assert_array_equal(th1.member("fSumw2"), [1, 2, 1, 3, 2])
        assert th1.member("fEntries") == 9
        assert th1.member("fXaxis").member("fTitle") == "T [MeV]"
        assert th1.member("fYaxis").member("fTitle") == "Events"
    h = read_histogram(f"{tmp_path}/h.root:data")
    np.testing.assert_array_equal(h.values(flow=True), [1, 2, 1, 3, 2])
    np.testing.assert_array_equal(h.axes[0].edges, EDGES)
    assert (h.axes[0].label, h.label, h.name) == ("T [MeV]", "Events", "data")


@pytest.mark.parametrize("suffix", ["root", "json"])
def test_weights_come_back(tmp_path, suffix):
    path = tmp_path / f"h.{suffix}"
    if suffix == "root":
        write_root(path, {"h": weighted()}, entries={"h": 4})
        assert uproot.open(path)["h"].member("fEntries") == 4
    else:
        write_json(path, weighted())
    h = read_histogram(path)
    np.testing.assert_array_equal(h.values(flow=True), weighted().values(flow=True))
    np.testing.assert_array_equal(h.variances(flow=True), weighted().variances(flow=True))


def test_an_axis_without_flow_has_none_in_the_file(tmp_path):
    write_root(tmp_path / "h.root", {"h": counts(underflow=False, overflow=False)})
    write_json(tmp_path / "h.json", counts(underflow=False, overflow=False))
    for name in ("h.root", "h.json"):
        np.testing.assert_array_equal(read_histogram(tmp_path / name).values(flow=True), [0, 2, 1, 3, 0])


def test_json_comes_back_and_is_described(tmp_path):
    write_json(tmp_path / "h.json", counts(hist.storage.Int64()))
    h = read_histogram(tmp_path / "h.json")
    np.testing.assert_array_equal(h.values(flow=True), [1, 2, 1, 3, 2])
    assert h.variances() is not None
    found = describe(tmp_path / "h.json")
    assert (found["kind"], found["axes"]) == ("histogram", [{"label": "T [MeV]", "bins": 3}])
    write_root(tmp_path / "h.root", {"data": counts()})
    assert describe(tmp_path / "h.root")["histograms"] == {"data": "TH1D"}


def plane(storage=None):
    """Two distances of three energies; the numbers of events differ in every cell, flow included."""
    h = hist.Hist(
        hist.axis.Variable([500, 700, 1100], name="L_reco", label="L [cm]"),
        hist.axis.Variable(EDGES, name="T_reco", label="T [MeV]"),
        storage=storage or hist.storage.Weight(),
        name="plane",
        label="Events",
    )
    numbers = np.arange(20.0).reshape(4, 5)
    h[...] = np.stack([numbers, numbers / 2], axis=-1) if storage is None else numbers
    return h


def test_root_keeps_both_dimensions(tmp_path):
    """Contract: x is the distance, y the energy, each cell with its flow and its error."""
    write_root(tmp_path / "h.root", {"plane": plane()}, entries={"plane": 200})
    with uproot.open(tmp_path / "h.root") as root:
        th2 = root["plane"]
        assert th2.classname == "TH2D"
        np.testing.assert_array_equal(th2.values(flow=True), np.arange(20).reshape(4, 5))
        np.testing.assert_array_equal(th2.variances(flow=True), np.arange(20).reshape(4, 5) / 2)
        titles = [th2.member(f"f{axis}axis").member("fTitle") for axis in "XYZ"]
        assert titles == ["L [cm]", "T [MeV]", "Events"]
        assert th2.member("fEntries") == 200


@pytest.mark.parametrize("suffix", ["root", "json"])
@pytest.mark.parametrize("storage", [None, hist.storage.Double(), hist.storage.Int64()])
def test_two_dimensions_come_back(tmp_path, suffix, storage):
    path, h = tmp_path / f"h.{suffix}", plane(storage)
    if suffix == "root":
        write_root(path, {"h": h})
    else:
        write_json(path, h)
    found = read_histogram(path)
    np.testing.assert_array_equal(found.values(flow=True), h.values(flow=True))
    np.testing.assert_array_equal(found.variances(flow=True), h.variances(flow=True))
    for ours, theirs in zip(found.axes, h.axes, strict=True):
        assert ours.name == theirs.name
        assert ours.label == theirs.label
        np.testing.assert_array_equal(ours.edges, theirs.edges)
    assert found.label == "Events"


@pytest.mark.parametrize("h", [counts(), plane(hist.storage.Double())], ids=["line", "plane"])
def test_csv_comes_back(tmp_path, h):
    """Contract: bins and counts are there, in order; flow is not."""
    write_csv(tmp_path / "h.csv", h)
    lines = (tmp_path / "h.csv").read_text().splitlines()
    assert lines[1] == ("0.25,0.35,2" if h.ndim == 1 else "500,700,0.25,0.35,6")
    assert len(lines) == 1 + h.values().size
    found = read_histogram(tmp_path / "h.csv")
    np.testing.assert_array_equal(found.values(), h.values())
    assert found.axes.name == h.axes.name
    assert found.values(flow=True).sum() == h.values().sum()
    for ours, theirs in zip(found.axes, h.axes, strict=True):
        np.testing.assert_array_equal(ours.edges, theirs.edges)


def test_a_csv_of_weights_has_variances(tmp_path):
    """Contract: sums of weights and of their squares come back."""
    write_csv(tmp_path / "h.csv", weighted())
    found = read_histogram(tmp_path / "h.csv")
    np.testing.assert_array_equal(found.values(), weighted().values())
    np.testing.assert_allclose(found.variances(), weighted().variances(), rtol=1e-14)


def test_a_histogram_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="one dimension and a TH2 two, the histogram has 3"):
        write_root(tmp_path / "h.root", {"h": hist.Hist(*[hist.axis.Regular(2, 0, 1)] * 3)})
    with pytest.raises(AttributeError):
        write_root(tmp_path / "h.root", {"h": counts(), 3: counts()})
    assert list(tmp_path.iterdir()) == []
