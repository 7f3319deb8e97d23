"""Histograms to ROOT, JSON and CSV, and back."""

import json

import hist
import numpy as np
import pytest
import uproot

from analysis.export import read_histogram, write_json, write_root
from detsim.files import FileError
from detsim.inspection import describe

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


def test_csv_is_read(tmp_path):
    (tmp_path / "h.csv").write_text("# from the table\nlow,high,counts\n0.25, 0.35, 4\n0.35,0.45,2.5\n")
    h = read_histogram(tmp_path / "h.csv")
    np.testing.assert_array_equal(h.axes[0].edges, [0.25, 0.35, 0.45])
    np.testing.assert_array_equal(h.values(flow=True), [0, 4, 2.5, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must begin with the line low,high,counts, got 'no line'"),
        ("low,high\n1,2\n", "got 'low,high'"),
        ("low,high,counts\n", "lines of three numbers"),
        ("low,high,counts\n0.1,0.2,many\n", "three numbers a line"),
        ("low,high,counts\n0.1,0.2\n", "lines of three numbers"),
        ("low,high,counts\n0.1,0.2\n0.1,0.2\n0.1,0.2\n", "lines of three numbers"),
        ("low,high,counts\n0.1,0.2,1\n0.3,0.4,1\n", "bins without gaps"),
        ("low,high,counts\n0.2,0.1,1\n", "ascending bin edges"),
        ("low,high,counts\n0.1,0.2,-1\n", "not negative"),
        ("low,high,counts\n0.1,0.2,nan\n", "finite counts"),
    ],
)
def test_a_wrong_csv_is_an_error(tmp_path, text, message):
    (tmp_path / "h.csv").write_text(text)
    with pytest.raises(FileError, match=message):
        read_histogram(tmp_path / "h.csv")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("h.root:other", "'other' is not there; it has a, b"),
        ("h.root", "needs the name of a TH1, h.root:name; it has a, b"),
        ("h.root:plane", "'plane' is a TH2D, not a TH1"),
        ("tree.root", "is an event file"),
        ("none.root:a", "no such file"),
        ("none.json", "no such file"),
        ("none.csv", "no such file"),
        ("h.txt", "must be a histogram"),
        ("broken.json", "not a histogram in UHI JSON"),
        ("list.json", "not a histogram in UHI JSON"),
        ("plane.json", "one-dimensional"),
    ],
)
def test_what_is_no_histogram_is_an_error(tmp_path, spec, message):
    plane = hist.Hist(hist.axis.Regular(2, 0, 1), hist.axis.Regular(2, 0, 1))
    with uproot.recreate(tmp_path / "h.root") as root:
        root["a"] = counts()
        root["b"] = counts()
        root["plane"] = plane
    with uproot.recreate(tmp_path / "tree.root") as root:
        root.mktree("events", {"T_reco": "f8"})
    (tmp_path / "broken.json").write_text(json.dumps({"uhi_schema": 1}))
    (tmp_path / "list.json").write_text("[1, 2]")
    write_json(tmp_path / "plane.json", plane)
    with pytest.raises(FileError, match=message):
        read_histogram(tmp_path / spec)


def test_a_histogram_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(ValueError, match="one dimension"):
        write_root(tmp_path / "h.root", {"h": hist.Hist.new.Reg(2, 0, 1).Reg(2, 0, 1).Double()})
    with pytest.raises(AttributeError):
        write_root(tmp_path / "h.root", {"h": counts(), 3: counts()})
    assert list(tmp_path.iterdir()) == []
