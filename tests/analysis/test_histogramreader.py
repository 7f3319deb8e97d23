"""Histograms from ROOT, JSON and CSV files, and what is wrong with others."""

import json

import hist
import numpy as np
import pytest
import uproot

from analysis.export import write_json
from analysis.histogramreader import read_histogram
from detsim.files import FileError

PLANE = "L_low,L_high,low,high,counts\n"


def test_csv_is_read(tmp_path):
    (tmp_path / "h.csv").write_text("# from the table\nlow,high,counts\n0.25, 0.35, 4\n0.35,0.45,2.5\n")
    h = read_histogram(tmp_path / "h.csv")
    np.testing.assert_array_equal(h.axes[0].edges, [0.25, 0.35, 0.45])
    np.testing.assert_array_equal(h.values(flow=True), [0, 4, 2.5, 0])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line low,high,counts or L_low,L_high,low,high,counts, got 'no line'"),
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
        ("", "lines of five numbers"),
        ("5,7,0.1,0.2\n", "lines of five numbers"),
        ("5,7,0.1,0.2,x\n", "five numbers a line"),
        (
            "5,7,0.1,0.2,1\n5,7,0.2,0.3,1\n7,9,0.1,0.2,1\n",
            "from 7 to 9 cm and from 0.2 to 0.3 MeV is stated 0 ",
        ),
        ("5,7,0.1,0.2,1\n5,7,0.1,0.2,1\n", "from 5 to 7 cm and from 0.1 to 0.2 MeV is stated 2 times"),
        ("5,7,0.1,0.2,1\n8,9,0.1,0.2,1\n", "bins without gaps"),
        ("5,7,0.1,0.2,1\n5,7,0.3,0.4,1\n", "bins without gaps"),
        ("7,5,0.1,0.2,1\n", r"ascending bin edges \[cm\]"),
        ("5,7,0.2,0.1,1\n", r"ascending bin edges \[MeV\]"),
        ("5,7,0.1,0.2,-1\n", "not negative"),
        ("nan,7,0.1,0.2,1\n", "finite"),
    ],
)
def test_a_wrong_csv_of_two_dimensions_is_an_error(tmp_path, text, message):
    (tmp_path / "h.csv").write_text(PLANE + text)
    with pytest.raises(FileError, match=message):
        read_histogram(tmp_path / "h.csv")
