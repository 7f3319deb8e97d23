"""Histograms from ROOT, JSON and CSV files, and what is wrong with others."""

import json

import hist
import numpy as np
import pytest
import uproot

from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_json
from detsim.files.atomic import FileError

PLANE = "L_low,L_high,low,high,counts\n"


def test_csv_is_read(tmp_path):
    (tmp_path / "h.csv").write_text("# from the table\nlow,high,counts\n0.25, 0.35, 4\n0.35,0.45,2\n")
    h = read_histogram(tmp_path / "h.csv")
    np.testing.assert_array_equal(h.axes[0].edges, [0.25, 0.35, 0.45])
    np.testing.assert_array_equal(h.values(flow=True), [0, 4, 2, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"no line; it must begin with low,high,counts\[,variance\] or L_low,L_high,low,high,counts"),
        ("low,high\n1,2\n", "got 'low,high'"),
        ("low,high,counts\n", "at least 1 rows of low,high,counts: 0"),
        ("low,high,counts\n0.1,0.2,many\n", "line 2: counts must be a number, got 'many'"),
        ("low,high,counts\n0.1,0.2\n", "line 2: must have 3 columns, got 2"),
        ("low,high,counts\n0.1,0.2\n0.1,0.2\n0.1,0.2\n", "line 2: must have 3 columns, got 2"),
        (
            "low,high,counts\n0.1,0.2,1\n0.3,0.4,1\n",
            "line 3: low must be the high of the row above, 0.2, got 0.3",
        ),
        ("low,high,counts\n0.2,0.1,1\n", "line 2: high must be above low, got 0.1"),
        ("low,high,counts\n0.1,0.2,-1\n", "line 2: counts must be at least 0, got -1"),
        ("low,high,counts\n0.1,0.2,nan\n", "line 2: counts must be finite, got nan"),
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
        ("h.root", "needs the name of a TH1 or TH2, h.root:name; it has a, b"),
        ("h.root:cube", "'cube' is a TH3D, not a TH1 or TH2"),
        ("tree.root", "is an event file"),
        ("none.root:a", "no such file"),
        ("none.json", "no such file"),
        ("none.csv", "no such file"),
        ("h.txt", "must be a histogram"),
        ("broken.json", "not a histogram in UHI JSON"),
        ("list.json", "not a histogram in UHI JSON"),
        ("cube.json", "one or two dimensions"),
    ],
)
def test_what_is_no_histogram_is_an_error(tmp_path, spec, message):
    cube = hist.Hist(*[hist.axis.Regular(2, 0, 1)] * 3)
    with uproot.recreate(tmp_path / "h.root") as root:
        root["a"] = root["b"] = hist.Hist.new.Reg(3, 0, 1).Double()
        root["cube"] = cube
    with uproot.recreate(tmp_path / "tree.root") as root:
        root.mktree("events", {"T_reco": "f8"})
    (tmp_path / "broken.json").write_text(json.dumps({"uhi_schema": 1}))
    (tmp_path / "list.json").write_text("[1, 2]")
    write_json(tmp_path / "cube.json", cube)
    with pytest.raises(FileError, match=message):
        read_histogram(tmp_path / spec)


def test_a_csv_of_two_dimensions_may_have_any_order(tmp_path):
    """Closed form: six bins by hand, the lines of two of them exchanged."""
    lines = [
        "700,1100,0.2,0.3,4",
        "500,700,0.3,0.4,2",
        "500,700,0.2,0.3,1",
        "500,700,0.4,0.6,3",
        "700,1100,0.3,0.4,5",
        "700,1100,0.4,0.6,6",
    ]
    (tmp_path / "h.csv").write_text("# from afar\n" + PLANE + "\n".join(lines))
    h = read_histogram(tmp_path / "h.csv")
    assert h.axes.name == ("L_reco", "T_reco")
    assert h.axes.label == ("L_reco [cm]", "T_reco [MeV]")
    np.testing.assert_array_equal(h.axes[0].edges, [500, 700, 1100])
    np.testing.assert_array_equal(h.axes[1].edges, [0.2, 0.3, 0.4, 0.6])
    np.testing.assert_array_equal(h.values(), [[1, 2, 3], [4, 5, 6]])
    assert h.values(flow=True).sum() == 21


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "at least 1 rows of L_low,L_high,low,high,counts: 0"),
        ("5,7,0.1,0.2\n", "line 2: must have 5 columns, got 4"),
        ("5,7,0.1,0.2,x\n", "line 2: counts must be a number, got 'x'"),
        (
            "5,7,0.1,0.2,1\n5,7,0.2,0.3,1\n7,9,0.1,0.2,1\n",
            "from 7 to 9 cm and from 0.2 to 0.3 MeV is stated 0 ",
        ),
        ("5,7,0.1,0.2,1\n5,7,0.1,0.2,1\n", "from 5 to 7 cm and from 0.1 to 0.2 MeV is stated 2 times"),
        ("5,7,0.1,0.2,1\n8,9,0.1,0.2,1\n", "from 7 to 8 cm and from 0.1 to 0.2 MeV is stated 0 times"),
        ("5,7,0.1,0.2,1\n5,7,0.3,0.4,1\n", "from 5 to 7 cm and from 0.2 to 0.3 MeV is stated 0 times"),
        ("5,7,0.1,0.3,1\n5,7,0.2,0.3,1\n", "line 2: the bin from 0.1 to 0.3 holds an edge of another, 0.2"),
        ("7,5,0.1,0.2,1\n", "line 2: L_high must be above L_low, got 5"),
        ("5,7,0.2,0.1,1\n", "line 2: high must be above low, got 0.1"),
        ("5,7,0.1,0.2,-1\n", "line 2: counts must be at least 0, got -1"),
        ("nan,7,0.1,0.2,1\n", "finite"),
    ],
)
def test_a_wrong_csv_of_two_dimensions_is_an_error(tmp_path, text, message):
    (tmp_path / "h.csv").write_text(PLANE + text)
    with pytest.raises(FileError, match=message):
        read_histogram(tmp_path / "h.csv")
