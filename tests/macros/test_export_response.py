"""`nugauge export --format response`: read back by uproot, hist and ROOT."""

import json

import hist
import numpy as np
import pytest
import uhi.io.json
import uproot
from support.invocation import CARD, answer, refusal
from support.root_process import NEEDS_ROOT, run_root

SCRIPT = """
f = ROOT.TFile(sys.argv[1])
answer = {"provenance": str(f.Get("nugauge_export"))}
for key in f.GetListOfKeys():
    h = key.ReadObj()
    if not h.InheritsFrom("TH1"):
        continue
    n, m = h.GetNbinsX(), h.GetNbinsY()
    cells = [h.GetBinContent(i, j) for i in range(1, n + 1) for j in range(1, m + 1)]
    answer[key.GetName()] = [h.ClassName(), h.GetTitle(), h.GetXaxis().GetTitle(), cells]
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("response") / "response.root"
    return path, answer("export", CARD, "--format", "response", "--at", "0.1", "-o", path)


def test_uproot_reads_the_matrix_and_the_templates(written):
    """Contract. Finds a histogram that is not in the file, or a product that is not the expected signal."""
    path, told = written
    expected = answer("expect", CARD, "--set", "model.gamma=0.1")
    with uproot.open(path) as file:
        names = [name for name, kind in file.classnames(cycle=False).items() if kind.startswith("TH")]
        assert names == told["histograms"]
        product = file["true"].values() @ file["response"].values()
        assert product == pytest.approx(expected["signal"], rel=1e-9)
        assert file["background_flat"].values() == pytest.approx(expected["background"], rel=1e-9)
        assert list(file["response"].axis("y").edges()) == expected["edges"]
        assert json.loads(str(file["nugauge_export"]))["card"] == CARD
    assert told["parameter"] == "gamma"
    assert told["value"] == 0.1


def test_json_holds_the_same(written, tmp_path):
    """Contract. Finds a histogram in UHI JSON that is another than in ROOT."""
    path = tmp_path / "response.json"
    told = answer("export", CARD, "--format", "response", "--at", "0.1", "-o", path)
    read = json.loads(path.read_text(), object_hook=uhi.io.json.object_hook)
    assert list(read) == told["histograms"]
    with uproot.open(written[0]) as file:
        for name, document in read.items():
            assert np.array_equal(hist.Hist(document).values(), file[name].values())
    assert hist.Hist(read["true"]).metadata["card"] == CARD


def test_what_is_refused(tmp_path):
    path = tmp_path / "r.root"
    assert "one value of gamma, got 2" in refusal(
        "export", CARD, "--format", "response", "--at", "0,0.1", "-o", path
    )
    assert "has to end in .root or .json" in refusal(
        "export", CARD, "--format", "response", "-o", tmp_path / "r.csv"
    )
    assert list(tmp_path.iterdir()) == []


class TestInRoot:
    """What ROOT reads."""

    pytestmark = NEEDS_ROOT

    def test_root_reads_the_histograms(self, written):
        """Twin. Finds an order of cells, a title or a class that ROOT takes for another."""
        path, told = written
        found = run_root(SCRIPT, path)
        assert json.loads(found.pop("provenance"))["card"] == CARD
        assert list(found) == told["histograms"]
        with uproot.open(path) as file:
            for name, (kind, title, x, cells) in found.items():
                assert cells == file[name].values().ravel().tolist()
                assert kind == ("TH2D" if name == "response" else "TH1D")
                assert title.startswith("BOREXINO Cr51: ")
                assert "[MeV]" in x
