"""Tables of users: what is read, and what is refused with file and line."""

import hashlib
import json

import hist
import numpy as np
import pytest
import uproot

from analysis.histograms.write import write_json, write_root
from detsim.files.atomic import FileError
from detsim.formats.user_tables import checksum, read_columns, read_spectrum
from simgen.sources.spectra import HistogramSpectrum, TableSpectrum

EDGES, CONTENTS = [0.0, 100.0, 150.0, 400.0], [0.2, 0.5, 0.1]


def histogram(contents, edges=EDGES, flow=(0.0, 0.0)):
    h = hist.Hist(hist.axis.Variable(edges, name="E_nu"), storage=hist.storage.Double())
    h[...] = [flow[0], *contents, flow[1]]
    return h


def test_points(tmp_path):
    """Contract. Finds energies or densities in the unit of the file: keV and 1/keV become MeV and 1/MeV."""
    path = tmp_path / "s.csv"
    path.write_text("# a comment\nenergy, density\n0, 0\n\n100, 0.002\n200, 0\n")
    spectrum = read_spectrum(path, unit=1e-3)
    assert isinstance(spectrum, TableSpectrum)
    assert spectrum.energies == pytest.approx((0.0, 0.1, 0.2))
    assert spectrum.intensity == pytest.approx(0.2)


def test_bins_in_every_format(tmp_path):
    """Twin. Finds a format read differently: CSV, TH1 and JSON of one histogram are one spectrum."""
    rows = [f"{a},{b},{c}" for a, b, c in zip(EDGES, EDGES[1:], CONTENTS, strict=False)]
    (tmp_path / "s.csv").write_text("\n".join(["low,high,content", *rows]))
    write_json(tmp_path / "s.json", histogram(CONTENTS))
    write_root(tmp_path / "s.root", {"nu": histogram(CONTENTS)})
    wanted = HistogramSpectrum(edges=(0.0, 0.1, 0.15, 0.4), contents=tuple(CONTENTS))
    for spec in ("s.csv", "s.json", "s.root:nu", "s.root"):
        found = read_spectrum(tmp_path / spec, unit=1e-3)
        np.testing.assert_allclose(found.edges, wanted.edges, rtol=1e-14)
        assert found.contents == wanted.contents
    regular = hist.Hist(hist.axis.Regular(4, 0, 2, name="E", underflow=False, overflow=False))
    regular[...] = [1, 2, 3, 4]
    write_json(tmp_path / "r.json", regular)
    found = read_spectrum(tmp_path / "r.json", unit=1.0)
    assert found == HistogramSpectrum(edges=(0.0, 0.5, 1.0, 1.5, 2.0), contents=(1.0, 2.0, 3.0, 4.0))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no line; it must begin with energy,density or low,high,content"),
        ("energy,density\n", "must have at least 1 rows"),
        ("energy,density\n1,1\n", "at least two points"),
        ("1,2\n3,4\n", "line 1: must name the columns energy,density or low,high,content, got '1,2'"),
        ("energy,flux\n1,2\n", "line 1: must name the columns .* got 'energy,flux'"),
        ("# c\nenergy,density\n1,1\n2\n", "line 4: must have 2 columns, got 1"),
        ("energy,density\n1,1\n2,x\n", "line 3: density must be a number, got 'x'"),
        ("energy,density\n1,1\n2,nan\n", "line 3: density must be finite, got nan"),
        ("energy,density\n1,1\ninf,1\n", "line 3: energy must be finite, got inf"),
        ("energy,density\n1,1\n3,1\n2,1\n", "line 4: energy must ascend, got 2 after 3"),
        ("energy,density\n1,1\n1,1\n", "line 3: energy must ascend, got 1 after 1"),
        ("energy,density\n-1,1\n1,1\n", "line 2: energy must be at least 0, got -1"),
        ("energy,density\n1,1\n2,-3\n", "line 3: density must be at least 0, got -3"),
        ("energy,density\n1,1\n1e9,1\n", "line 3: energy is beyond 100 GeV: is the unit right"),
        ("energy,density\n1,0\n2,0\n", "no density above 0: an empty spectrum"),
        ("low,high,content\n0,1,1\n2,3,1\n", "line 3: low must be the high of the row above, 1, got 2"),
        ("low,high,content\n1,0.5,1\n", "line 2: high must be above low, got 0.5"),
        ("low,high,content\n0,1,-2\n", "line 2: content must be at least 0, got -2"),
    ],
)
def test_wrong_csv(tmp_path, text, words):
    """Contract. Finds a wrong table that passes, or a message without the file and the line."""
    path = tmp_path / "s.csv"
    path.write_text(text)
    with pytest.raises(FileError, match=words) as error:
        read_spectrum(path, unit=1.0)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            histogram([0.1, -0.2, 0.0]),
            "bin from 100 to 150: contents must be finite and not negative, got -0.2",
        ),
        (histogram([0.1, 0.2, np.nan]), "bin from 150 to 400: contents must be finite, got nan"),
        (histogram([0.0, 0.0, 0.0]), "an empty spectrum"),
        (histogram(CONTENTS, flow=(0.5, 0.0)), "the underflow bin must be empty, got 0.5"),
        (histogram(CONTENTS, flow=(0.0, 2.0)), "the overflow bin must be empty, got 2"),
        (histogram(CONTENTS, edges=[-1.0, 0.0, 1.0, 2.0]), "edges must be from 0 to 100 GeV, got -1 to 2"),
        (histogram(CONTENTS, edges=[0.0, 1.0, 2.0, 1e7]), "edges must be from 0 to 100 GeV"),
    ],
)
def test_wrong_histogram(tmp_path, made, words):
    """Contract. Finds a histogram that is no spectrum and passes, from ROOT."""
    with uproot.recreate(tmp_path / "s.root") as file:
        file["nu"] = made
    with pytest.raises(FileError, match=words):
        read_spectrum(tmp_path / "s.root:nu", unit=1.0)


def test_wrong_files(tmp_path):
    """Contract. Finds a file without a spectrum that passes or breaks the reader."""
    write_root(tmp_path / "two.root", {"a": histogram(CONTENTS), "b": histogram(CONTENTS)})
    with uproot.recreate(tmp_path / "none.root") as file:
        file["tree"] = {"x": np.arange(3.0)}
    (tmp_path / "list.json").write_text("[1, 2]")
    (tmp_path / "torn.json").write_text('{"axes": [')
    storage = {"type": "double", "values": [1.0]}
    axis = {"type": "variable", "edges": [0, 1, 2], "underflow": False, "overflow": False}
    (tmp_path / "short.json").write_text(json.dumps({"axes": [axis], "storage": storage}))
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    for spec, words in {
        "absent.csv": "there is no such file",
        "s.txt": "must be file.csv, file.json or file.root:name",
        "two.root": "needs the name of a TH1, two.root:name; it has a, b",
        "two.root:c": "'c' is not there; it has a, b",
        "none.root": "it has none",
        "list.json": "is not a histogram in UHI JSON",
        "torn.json": "is not a histogram in UHI JSON",
        "short.json": "has 1 values for 2 bins",
        "binary.csv": "is not a text file",
    }.items():
        with pytest.raises(FileError, match=words):
            read_spectrum(tmp_path / spec, unit=1.0)


def test_columns_and_checksum(tmp_path):
    """Contract. Finds columns in another order than their names, or a checksum of something else."""
    path = tmp_path / "s.csv"
    path.write_text("x,y\n1,2\n3,4\n")
    columns = read_columns(path, ("x", "y"))
    assert columns.column("y").tolist() == [2, 4]
    assert columns.lines == (2, 3)
    assert checksum(path) == hashlib.sha256(path.read_bytes()).hexdigest()
