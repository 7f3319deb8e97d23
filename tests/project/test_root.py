"""Our files in real ROOT: trees, frames, histograms, hadd, the macro."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import hist
import numpy as np
import pytest
import uproot
from support.former import unpack
from support.invocation import CARD, answer as cli_answer, invoke
from support.root_process import NEEDS_ROOT, run_root

from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_root
from detsim.event_files.event_writer import EventFile, EventWriter, FileError, RunInfo, event_columns
from simgen.events import Events

pytestmark = NEEDS_ROOT

MACRO = Path(__file__).parents[2] / "macros" / "root" / "draw_events.C"
N = 250_000


def root_program(name):
    return Path(importlib.util.find_spec("ROOT").origin).parent / "bin" / name


def write(path, *, seed, first_experiment=0, layout="ttree"):
    rng = np.random.default_rng(seed)
    T = rng.uniform(0.1, 0.6, N)
    events = Events(
        event=np.arange(N),
        component=np.zeros(N, np.int32),
        line=rng.integers(0, 4, N, dtype=np.int32),
        E_nu=np.full(N, 0.746),
        T=T,
        cos_theta=np.ones(N),
        T_reco=rng.normal(T, 0.05),
        experiment=np.sort(rng.integers(first_experiment, first_experiment + 9, N)),
        n_generated=2 * N,
    )
    info = RunInfo(
        n_events=N,
        n_generated=2 * N,
        sum_w=N,
        sum_w2=N,
        equivalent_exposure=3.5,
        cross_section=1e-44,
        first=0,
        last=2 * N - 1,
        first_experiment=first_experiment,
        n_experiments=10,
    )
    columns = event_columns(detected=True, experiments=True)
    origin = {"seed": seed, "card": "γ" * 300}
    with EventWriter(path, columns=columns, provenance=origin, format=layout) as writer:
        writer.extend(events)
        writer.finish(info)
    return events


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("root") / "events.root"
    return path, write(path, seed=1)


def test_tree_and_frame_agree_with_numpy(file):
    path, events = file
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])
tree = file.Get("events")
runinfo = file.Get("runinfo")
uuid = ROOT.TTreeFormula("uuid", "uuid", runinfo)
runinfo.GetEntry(0)
uuid.GetNdata()
frame = ROOT.RDataFrame("events", sys.argv[1])
answer = {
    "entries": tree.GetEntries(),
    "types": {b.GetName(): b.GetTitle() for b in tree.GetListOfBranches()},
    "drawn": tree.Draw("T_reco", "T_reco > 0.3 && line == 2", "goff"),
    "sum": frame.Sum["Long64_t"]("event").GetValue(),
    "mean": frame.Mean("T").GetValue(),
    "last": frame.Max("T_reco").GetValue(),
    "provenance": str(file.Get("provenance").GetString()),
    "exposure": runinfo.GetLeaf("equivalent_exposure").GetValue(),
    "uuid": str(uuid.EvalStringInstance()),
}
""",
        path,
    )
    T_reco = events.T_reco.astype("f4")
    assert answer["entries"] == N
    assert answer["types"]["T_reco"] == "T_reco/F"
    assert answer["types"]["event"] == "event/L"
    assert answer["types"]["line"] == "line/I"
    assert answer["drawn"] == np.count_nonzero((T_reco > 0.3) & (events.line == 2))
    assert answer["sum"] == events.event.sum()
    assert answer["mean"] == pytest.approx(events.T.astype("f4").mean(dtype=float), rel=1e-12)
    assert answer["last"] == float(T_reco.max())
    document = json.loads(answer["provenance"])
    assert document["card"] == "γ" * 300
    assert answer["exposure"] == 3.5
    assert answer["uuid"] == document["uuid"]


def test_hadd_merges_what_we_read_back(tmp_path):
    first = write(tmp_path / "a.root", seed=1)
    second = write(tmp_path / "b.root", seed=2, first_experiment=10)
    command = [root_program("hadd"), tmp_path / "ab.root", tmp_path / "b.root", tmp_path / "a.root"]
    subprocess.run(command, capture_output=True, check=True)
    with EventFile(tmp_path / "ab.root") as merged:
        assert merged.runinfo.n_events == 2 * N
        assert merged.runinfo.equivalent_exposure == 7
        assert [p["seed"] for p in merged.provenances] == [2, 1]
        assert all(merged.check_hashes().values())
        jagged = merged.jagged("T")
        counts = [np.bincount(e.experiment, minlength=20) for e in (first, second)]
        np.testing.assert_array_equal([len(experiment) for experiment in jagged], counts[0] + counts[1])
        both = np.concatenate([first.T, second.T]).astype("f4")
        np.testing.assert_array_equal(np.concatenate([np.asarray(e) for e in jagged]), both)


def test_frame_of_rntuples_agrees_with_numpy(tmp_path):
    """Contract: an RNTuple of one file or of several; provenance and runinfo are as in other files."""
    first = write(tmp_path / "a.root", seed=1, layout="rntuple")
    second = write(tmp_path / "b.root", seed=2, layout="rntuple")
    answer = run_root(
        """
one = ROOT.RDataFrame("events", sys.argv[1])
both = ROOT.RDataFrame("events", sys.argv[1:3])
file = ROOT.TFile.Open(sys.argv[1])
runinfo = file.Get("runinfo")
runinfo.GetEntry(0)
answer = {
    "kind": file.GetKey("events").GetClassName(),
    "count": [one.Count().GetValue(), both.Count().GetValue()],
    "selected": one.Filter("T_reco > 0.3 && line == 2").Count().GetValue(),
    "events": both.Sum["Long64_t"]("event").GetValue(),
    "last": both.Max("T_reco").GetValue(),
    "types": {str(name): one.GetColumnType(name) for name in ("event", "line", "T_reco")},
    "exposure": runinfo.GetLeaf("equivalent_exposure").GetValue(),
    "provenance": str(file.Get("provenance").GetString()),
}
""",
        tmp_path / "a.root",
        tmp_path / "b.root",
    )
    T_reco = first.T_reco.astype("f4")
    assert answer["kind"] == "ROOT::RNTuple"
    assert answer["count"] == [N, 2 * N]
    assert answer["selected"] == np.count_nonzero((T_reco > 0.3) & (first.line == 2))
    assert answer["events"] == first.event.sum() + second.event.sum()
    assert answer["last"] == float(max(T_reco.max(), second.T_reco.astype("f4").max()))
    assert answer["types"] == {"event": "std::int64_t", "line": "std::int32_t", "T_reco": "float"}
    assert answer["exposure"] == 3.5
    assert json.loads(answer["provenance"])["card"] == "γ" * 300


def test_hadd_does_not_take_rntuples(tmp_path):
    """Trap that the document warns of: if this fails, hadd has learnt it, and the document has to say so."""
    for name, seed in (("a.root", 1), ("b.root", 2)):
        write(tmp_path / name, seed=seed, layout="rntuple")
    command = [root_program("hadd"), *(tmp_path / name for name in ("ab.root", "a.root", "b.root"))]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode != 0
    if (tmp_path / "ab.root").exists():
        with pytest.raises(FileError):
            EventFile(tmp_path / "ab.root")


def test_what_merge_joins_is_read_by_root(tmp_path):
    """Contract: the merged file is a TTree like others, with one row of runinfo."""
    directory = ("simulate", CARD, "--seed", 5, "--events", 3000, "-o", tmp_path / "x.root")
    made = cli_answer(*directory, "--events-per-file", 1000)
    found = cli_answer("merge", tmp_path / "m.root", *made["files"])
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])
tree = file.Get("events")
runs = file.Get("runinfo").GetEntries()
answer = {"entries": tree.GetEntries(), "runs": runs, "last": tree.GetMaximum("event")}
""",
        tmp_path / "m.root",
    )
    with EventFile(tmp_path / "m.root") as file:
        last = int(file.arrays(["event"])["event"].max())
    assert answer == {"entries": found["n_rows"], "runs": 1, "last": last}


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


def run_macro(directory, *arguments):
    quoted = ", ".join(f'"{argument}"' for argument in arguments)
    program = root_program("root.exe")
    environment = os.environ | {"ROOTSYS": str(program.parents[1])}
    command = [program, "-b", "-q", "-l", f"{MACRO}({quoted})"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, cwd=directory, env=environment
    )


@pytest.mark.parametrize("output", ["out.png", "out.pdf"])
def test_the_macro_draws_and_prints(tmp_path, file, output):
    done = run_macro(tmp_path, file[0], output)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Error" not in done.stderr
    assert f"events               {N}\n" in done.stdout
    assert '"seed": 1' in done.stdout
    assert (tmp_path / output).stat().st_size > 5000


def test_the_macro_draws_weights(tmp_path):
    """Twin: contents Σw and errors √Σw², against the file."""
    rng = np.random.default_rng(4)
    n, w = 1000, rng.uniform(0.2, 3, 1000)
    zeros = np.zeros(n, np.int32)
    events = Events(
        event=np.arange(n), component=zeros, line=zeros, E_nu=np.full(n, 0.746), T=np.full(n, 0.3),
        cos_theta=np.ones(n), T_reco=rng.uniform(0.2, 0.6, n), weight=w, n_generated=n,
    )  # fmt: skip
    info = RunInfo(
        n_events=n, n_generated=n, sum_w=w.sum(), sum_w2=np.sum(w**2), equivalent_exposure=1.0,
        cross_section=1e-44, first=0, last=n - 1,
    )  # fmt: skip
    with EventWriter(
        tmp_path / "w.root", columns=event_columns(detected=True, weights=True), provenance={"seed": 4}
    ) as writer:
        writer.extend(events)
        writer.finish(info)
    done = run_macro(tmp_path, "w.root", "out.root")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"sum of weights       {w.sum():.9g}\n" in done.stdout
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])
h = file.Get("canvas").GetPrimitive("spectrum")
bins = range(h.GetNbinsX() + 2)
answer = [sum(h.GetBinContent(i) for i in bins), sum(h.GetBinError(i) ** 2 for i in bins)]
""",
        tmp_path / "out.root",
    )
    assert answer == pytest.approx([w.sum(), np.sum(w**2)], rel=1e-9)


def test_the_macro_refuses_a_foreign_file(tmp_path):
    write_root(tmp_path / "h.root", {"h": hist.Hist.new.Reg(2, 0, 1).Double()})
    done = run_macro(tmp_path, "h.root", "out.png")
    assert done.returncode == 2
    assert "not a whole event file" in done.stderr


def test_hadd_keeps_the_checksums(tmp_path):
    """Contract: after ROOT's hadd each run is checked that has a checksum, and the others are told."""
    former = unpack(tmp_path / "former")
    for name, seed in (("a.root", 11), ("b.root", 12)):
        cli_answer("simulate", CARD, "--seed", seed, "--events", 50, "-o", tmp_path / name)
    new, old = tmp_path / "a.root", former / "events.root"
    for target, parts in (("new.root", (new, tmp_path / "b.root")), ("mixed.root", (new, old))):
        command = [root_program("hadd"), tmp_path / target, *parts]
        subprocess.run(command, capture_output=True, check=True)
    assert cli_answer("inspect", tmp_path / "new.root")["provenance_checked"]
    found = invoke("inspect", tmp_path / "mixed.root")
    assert found.exit_code == 0
    assert "its provenance has no checksum for 1 of its 2 runs" in found.stderr
    with uproot.open(tmp_path / "mixed.root") as root:
        branch = root["runinfo"]["sum_w2"]
        key, seek = branch.basket(0), int(branch.member("fBasketSeek")[0])
        data = bytearray((tmp_path / "mixed.root").read_bytes())
    data[seek + key.member("fKeylen") + 6] ^= 1  # of the first run, which is new
    (tmp_path / "mixed.root").write_bytes(data)
    assert "is damaged: the checksum" in invoke("inspect", tmp_path / "mixed.root").output


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
