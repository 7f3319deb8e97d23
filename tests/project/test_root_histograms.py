"""Our histograms in real ROOT, and ROOT's in ours."""

import hist
import numpy as np
import pytest
from support.root_process import NEEDS_ROOT, run_root

from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_root
from detsim.event_files.event_writer import FileError

pytestmark = NEEDS_ROOT


def test_histograms_have_titles_errors_and_entries(tmp_path):
    h = hist.Hist(
        hist.axis.Variable([0.25, 0.3, 0.55], label="T [MeV]"), storage=hist.storage.Weight(), label="Events"
    )
    h.fill([0.1, 0.26, 0.26, 0.5, 0.7], weight=[1, 2, 3, 4, 5])
    write_root(tmp_path / "h.root", {"data": h}, entries={"data": 5})
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])  # owns h
h = file.Get("data")
copy = h.Clone("copy"); copy.SetDirectory(ROOT.nullptr)
answer = {
    "kind": h.ClassName(), "x": h.GetXaxis().GetTitle(), "y": h.GetYaxis().GetTitle(),
    "entries": h.GetEntries(), "sumw2": h.GetSumw2N(),
    "contents": [h.GetBinContent(i) for i in range(4)], "errors": [h.GetBinError(i) for i in range(4)],
    "edges": [h.GetBinLowEdge(i) for i in (1, 2, 3)],
}
out = ROOT.TFile(sys.argv[2], "RECREATE"); copy.Write("copy"); out.Close()
""",
        tmp_path / "h.root",
        tmp_path / "copy.root",
    )
    assert (answer["kind"], answer["x"], answer["y"]) == ("TH1D", "T [MeV]", "Events")
    assert (answer["entries"], answer["sumw2"]) == (5, 4)
    assert answer["contents"] == [1, 5, 4, 5]
    assert answer["errors"] == pytest.approx([1, 13**0.5, 4, 5])
    assert answer["edges"] == [0.25, 0.3, 0.55]
    copy = read_histogram(f"{tmp_path}/copy.root:copy")
    np.testing.assert_array_equal(copy.variances(flow=True), h.variances(flow=True))


def test_two_dimensions_have_titles_errors_and_moments(tmp_path):
    """Contract: what ROOT computes of the stored sums is what NumPy computes of the events."""
    rng = np.random.default_rng(3)
    L, T, w = rng.uniform(400, 1200, 500), rng.uniform(0.1, 0.6, 500), rng.uniform(0.5, 2, 500)
    edges = [500, 650, 1100], [0.25, 0.3, 0.4, 0.55]
    h = hist.Hist(
        *(hist.axis.Variable(e, label=n) for e, n in zip(edges, ("L [cm]", "T [MeV]"), strict=True)),
        storage=hist.storage.Weight(),
        label="Events",
    )
    h.fill(L, T, weight=w)
    write_root(tmp_path / "h.root", {"plane": h}, entries={"plane": 500})
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])  # owns h
h = file.Get("plane")
copy = h.Clone("copy"); copy.SetDirectory(ROOT.nullptr)
cells = [(i, j) for i in range(4) for j in range(5)]
answer = {
    "kind": h.ClassName(), "entries": h.GetEntries(), "sumw2": h.GetSumw2N(),
    "titles": [a.GetTitle() for a in (h.GetXaxis(), h.GetYaxis(), h.GetZaxis())],
    "contents": [h.GetBinContent(*c) for c in cells], "errors": [h.GetBinError(*c) for c in cells],
    "x": [h.GetXaxis().GetBinLowEdge(i) for i in (1, 2, 3)],
    "y": [h.GetYaxis().GetBinLowEdge(i) for i in (1, 2, 3, 4)],
    "means": [h.GetMean(1), h.GetMean(2)], "covariance": h.GetCovariance(),
    "projection": [h.ProjectionY("p", 1, 2).GetBinContent(i) for i in (1, 2, 3)],
    "found": h.GetBinContent(h.FindBin(700.0, 0.35)),
}
out = ROOT.TFile(sys.argv[2], "RECREATE"); copy.Write("copy"); out.Close()
""",
        tmp_path / "h.root",
        tmp_path / "copy.root",
    )
    assert (answer["kind"], answer["entries"], answer["sumw2"]) == ("TH2D", 500, 20)
    assert answer["titles"] == ["L [cm]", "T [MeV]", "Events"]
    flow = [[-np.inf, *e, np.inf] for e in edges]
    contents = np.histogram2d(L, T, bins=flow, weights=w)[0]
    squares = np.histogram2d(L, T, bins=flow, weights=w**2)[0]
    assert answer["contents"] == pytest.approx(contents.ravel())
    assert answer["errors"] == pytest.approx(np.sqrt(squares).ravel())
    assert (answer["x"], answer["y"]) == edges
    inside = contents[1:-1, 1:-1]
    x, y = (np.array(e) for e in edges)
    x, y = (x[1:] + x[:-1]) / 2, (y[1:] + y[:-1]) / 2
    x_mean, y_mean = inside.sum(axis=1) @ x / inside.sum(), inside.sum(axis=0) @ y / inside.sum()
    assert answer["means"] == pytest.approx([x_mean, y_mean])
    assert answer["covariance"] == pytest.approx(
        (x - x_mean) @ inside @ (y - y_mean) / inside.sum(), abs=1e-12
    )
    assert answer["projection"] == pytest.approx(inside.sum(axis=0))
    assert answer["found"] == pytest.approx(inside[1, 1])
    copy = read_histogram(f"{tmp_path}/copy.root:copy")
    np.testing.assert_array_equal(copy.values(flow=True), h.values(flow=True))
    np.testing.assert_array_equal(copy.variances(flow=True), h.variances(flow=True))


BUFFERS = """
import sys, json
ROOT.TH1.AddDirectory(False)
file = ROOT.TFile(sys.argv[1], "recreate")
x = [0.25, 0.26, 0.3, 0.39, 0.5499, 0.55, 0.1, 0.3, 0.35, 0.45]
answer = {}
def keep(name, h, *weights):
    for i, each in enumerate(x):
        h.Fill(each, *(w + 0.25 * i for w in weights))
    assert h.GetBufferLength() == len(x)
    file.WriteObject(h, name)
    answer[name] = [[h.GetBinContent(i), h.GetBinError(i) ** 2] for i in range(h.GetNbinsX() + 2)]
from array import array
for name, bins in {"even": (6, 0.25, 0.55), "odd": (3, array("d", [0.25, 0.3, 0.4, 0.55]))}.items():
    for kind in (ROOT.TH1I, ROOT.TH1F, ROOT.TH1D):
        for label, weights in {"counts": (), "weights": (0.5,)}.items():
            if kind is ROOT.TH1I and weights:
                continue
            h = kind(f"{name}{kind.__name__}{label}", "", *bins)
            h.SetBuffer(1000)
            keep(h.GetName(), h, *weights)
        h = kind(f"{name}{kind.__name__}both", "", *bins)
        h.Sumw2()
        h.SetBuffer(1000)
        keep(h.GetName(), h)
free = ROOT.TH1D("free", "", 10, 0, 0)
for each in x:
    free.Fill(each)
file.WriteObject(free, "free")
plane = ROOT.TH2D("plane", "", 2, 0, 200, 6, 0.25, 0.55)
plane.SetBuffer(1000)
for i, each in enumerate(x):
    plane.Fill(30 * i, each)
file.WriteObject(plane, "plane")
answer["plane"] = [[plane.GetBinContent(i, j) for j in range(8)] for i in range(4)]
scaled = ROOT.TH1D("scaled", "", 6, 0.25, 0.55)
for each in x:
    scaled.Fill(each)
scaled.Scale(2, "nosw2")
file.WriteObject(scaled, "scaled")
scaled.Scale(2)
right = ROOT.TH1D("right", "", 6, 0.25, 0.55)
for each in x:
    right.Fill(each)
right.Scale(2)
file.WriteObject(right, "right")
labels = ROOT.TH1D("labels", "", 3, 0, 3)
for each in "abc":
    labels.Fill(each, 1)
file.WriteObject(labels, "labels")
average = right.Clone("average")
average.SetBit(ROOT.TH1.kIsAverage)
file.WriteObject(average, "average")
profile = ROOT.TProfile("profile", "", 6, 0.25, 0.55)
profile.Fill(0.3, 5)
file.WriteObject(profile, "profile")
full = ROOT.TH1C("full", "", 6, 0.25, 0.55)
for _ in range(200):
    full.Fill(0.3)
file.WriteObject(full, "full")
poly = ROOT.TH2Poly("poly", "", 0, 1, 0, 1)
file.WriteObject(poly, "poly")
file.Close()
"""


def test_histograms_of_root_are_what_root_says(tmp_path):
    """Twin: contents and variances by ROOT's own functions; what has none of counts is refused."""
    path = tmp_path / "h.root"
    answer = run_root(BUFFERS, path)
    plane = read_histogram(f"{path}:plane").values(flow=True)
    np.testing.assert_array_equal(plane, answer.pop("plane"))
    for name, cells in answer.items():
        h = read_histogram(f"{path}:{name}")
        values, variances = np.transpose(cells)
        np.testing.assert_array_equal(h.values(flow=True), values, err_msg=name)
        np.testing.assert_allclose(h.variances(flow=True), variances, rtol=1e-15, err_msg=name)
        assert isinstance(h.storage_type(), hist.storage.Double) == ("counts" in name)
    np.testing.assert_array_equal(
        read_histogram(f"{path}:right").variances(), 2 * read_histogram(f"{path}:right").values()
    )
    for name, message in {
        "free": "10 fills in ROOT's buffer and no bins yet",
        "scaled": "was scaled or filled with weights",
        "labels": r"bins with labels \(a, b, c\)",
        "average": "holds averages",
        "profile": "'profile' is a TProfile, not a TH1 or TH2",
        "full": "a bin with 127",
        "poly": "'poly' is a TH2Poly, not a TH1 or TH2",
    }.items():
        with pytest.raises(FileError, match=message):
            read_histogram(f"{path}:{name}")
