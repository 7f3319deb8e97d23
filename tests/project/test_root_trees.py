"""Our event files in real ROOT: trees, frames, hadd."""

import json
import subprocess

import numpy as np
import pytest
import uproot
from support.former import unpack
from support.invocation import CARD, answer as cli_answer, invoke
from support.root_events import N, root_program, write
from support.root_process import NEEDS_ROOT, run_root

from detsim.event_files.event_writer import EventFile, FileError

pytestmark = NEEDS_ROOT


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
    "types": {b.GetName(): b.GetListOfLeaves()[0].GetTypeName() for b in tree.GetListOfBranches()},
    "titles": {b.GetName(): b.GetTitle() for b in tree.GetListOfBranches()},
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
    assert answer["types"]["T_reco"] == "Float_t"
    assert answer["types"]["event"] == "Long64_t"
    assert answer["types"]["line"] == "Int_t"
    assert answer["titles"]["T_reco"] == "measured recoil energy [MeV]"
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
    """The document warns of this behaviour of hadd: if the test fails, hadd has changed."""
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


def test_hadd_keeps_the_checksums(tmp_path):
    """Contract: after ROOT's hadd every run with a checksum is checked, and a warning names the others."""
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
