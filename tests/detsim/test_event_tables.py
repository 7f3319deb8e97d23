"""gst, Parquet and CSV: what is written comes back, and GENIE's quantities follow from the four-momenta."""

import io
import json
from pathlib import Path

import awkward as ak
import numpy as np
import pytest
import uproot
from support.exported_events import columns_of, sample, scattering, source_of
from support.root_process import NEEDS_ROOT, run_root

from detsim.formats import EventCsv, Gst, Parquet, start_of
from simgen.constants import M_E
from simgen.events import COLUMNS

N = 400
GENIE = {
    "iev": "int32", "neu": "int32", "fspl": "int32", "tgt": "int32", "Z": "int32", "A": "int32",
    "hitnuc": "int32", "hitqrk": "int32", "resid": "int32", "nuel": "bool", "cc": "bool", "nc": "bool",
    "neut_code": "int32", "nuance_code": "int32", "wght": "float64", "Q2": "float64", "W": "float64",
    "EvRF": "float64", "Ev": "float64", "pxv": "float64", "El": "float64", "pxl": "float64", "pl": "float64",
    "cthl": "float64", "nfem": "int32", "niother": "int32", "ni": "int32", "nf": "int32", "vtxx": "float64",
    "vtxt": "float64", "sumKEf": "float64", "calresp0": "float64",
}  # fmt: skip
"""Types of some branches in GENIE's gNtpConv.cxx: I, O and D of ROOT."""


@pytest.fixture(scope="module", params=["float64", "float32"])
def columns(request):
    events = columns_of(sample(N), precision=request.param)
    return {**events, "weight": np.linspace(0.5, 1.5, N), "weight_B": np.linspace(-1, 1, N)}


def write(kind, columns, path, **changes):
    with path.open("w+b") as stream:
        writer = kind(stream, path, source_of(columns, **changes))
        for part in (slice(150), slice(150, 150), slice(150, None)):
            writer.write({name: column[part] for name, column in columns.items()})
        writer.finish()
        writer.close()
    return path


def test_gst_has_the_quantities_of_genie(columns, tmp_path):
    """Closed form. Finds a wrong unit or sign: Q² = 2m(E - E_e + …) of the electron as GENIE computes it."""
    path, expected = write(Gst, columns, tmp_path / "a.root"), scattering(columns)
    with uproot.open(path) as root:
        tree = root["gst"]
        assert tree.title == "GENIE Summary Event Tree"
        found = tree.arrays(library="np")
        types = {name: tree[name].interpretation.to_dtype.newbyteorder("=").name for name in GENIE}
        assert json.loads(str(root["provenance"])) == source_of(columns).provenances[0]
    assert types == GENIE
    assert found["iev"].tolist() == expected.event.tolist()
    assert found["neu"].tolist() == expected.nu_pdg.tolist()
    for name, value in {
        "Ev": expected.E_nu / 1000,
        "EvRF": expected.E_nu / 1000,
        "pyv": expected.nu[1] / 1000,
        "El": (expected.T + M_E) / 1000,
        "pzl": expected.electron[2] / 1000,
        "pl": np.sqrt(expected.T * (expected.T + 2 * M_E)) / 1000,
        "vtxx": expected.vertex[0] / 100,
        "vtxt": expected.time,
        "sumKEf": expected.T / 1000,
        "wght": expected.weights["weight"],
        "weight_B": expected.weights["weight_B"],
    }.items():
        np.testing.assert_allclose(found[name], value, rtol=2e-15, err_msg=name)
    cosine = sum(found[f"p{x}v"] * found[f"p{x}l"] for x in "xyz") / np.maximum(
        found["Ev"] * found["pl"], 1e-300
    )
    moving = found["pl"] > 0
    np.testing.assert_allclose(found["cthl"][moving], cosine[moving], rtol=0, atol=4e-15)
    # (k - k_e)² = m² - 2 k·k_e, with k·k_e = E E_e - p·p_e
    product = found["Ev"] * found["El"] - sum(found[f"p{x}v"] * found[f"p{x}l"] for x in "xyz")
    np.testing.assert_allclose(found["Q2"], 2 * product - (M_E / 1000) ** 2, rtol=1e-12, atol=1e-20)
    constant = {"nuel": 1, "cc": 0, "fspl": 11, "nuance_code": 98, "neut_code": 59, "hitnuc": 0, "resid": -99}
    constant |= {"x": -1, "y": -1, "t": -1, "W": -1, "En": 0, "nf": 0, "ni": 0, "tgt": 0}
    for name, value in constant.items():
        assert set(found[name].tolist()) == {value}, name
    np.testing.assert_array_equal(found["nc"], np.abs(found["neu"]) != 12)
    assert all(len(row) == 0 for row in found["Ef"])


@pytest.mark.root
@NEEDS_ROOT[1]
def test_root_reads_gst(tmp_path):
    """Foreign reader. Finds a tree that ROOT reads otherwise: cuts on flags, arrays of length nf."""
    columns = columns_of(sample(N))
    path, expected = write(Gst, columns, tmp_path / "a.root"), scattering(columns)
    answer = run_root(
        """
file = ROOT.TFile.Open(sys.argv[1])
tree = file.Get("gst")
frame = ROOT.RDataFrame("gst", sys.argv[1])
answer = {
    "entries": tree.GetEntries(),
    "drawn": tree.Draw("El-0.00051099895:cthl", "nuel && !cc && neu == 12", "goff"),
    "energies": [tree.GetV1()[i] for i in range(5)],
    "hadrons": tree.Draw("Ef", "nf > 0", "goff"),
    "sum": frame.Sum("Ev").GetValue(),
    "longest": frame.Max("nf").GetValue(),
    "dimensions": tree.GetLeaf("pdgf").GetLeafCount().GetName(),
}
""",
        path,
    )
    assert answer["entries"] == len(expected)
    assert answer["drawn"] == np.count_nonzero(expected.nu_pdg == 12)
    np.testing.assert_allclose(answer["energies"], expected.T[expected.nu_pdg == 12][:5] / 1000, atol=1e-15)
    assert (answer["hadrons"], answer["longest"], answer["dimensions"]) == (0, 0, "nf")
    assert answer["sum"] == pytest.approx(expected.E_nu.sum() / 1000, rel=1e-12)


def test_parquet_has_all_columns_and_says_what_they_are(columns, tmp_path):
    """Foreign reader: pyarrow and awkward. Finds a lost type, unit or provenance."""
    pq = pytest.importorskip("pyarrow.parquet")
    path = write(Parquet, columns, tmp_path / "a.parquet")
    table = pq.read_table(path)
    assert table.column_names == list(columns)
    for name, column in columns.items():
        np.testing.assert_array_equal(table[name].to_numpy(), column)
        assert str(table.schema.field(name).type).replace("double", "float64").replace(
            "float", "float32"
        ).replace("float3264", "float64") == str(column.dtype)
        metadata = table.schema.field(name).metadata
        assert metadata[b"unit"].decode() == COLUMNS[name].unit
        assert metadata[b"description"].decode() == COLUMNS[name].description
    metadata = table.schema.metadata
    assert json.loads(metadata[b"nugauge.provenance"]) == source_of(columns).provenances[0]
    totals = {"live_time_s": 8.64e6, "cross_section_cm2": 5.8e-45, "n_generated": 2000}
    assert json.loads(metadata[b"nugauge.totals"]) == totals
    events = ak.from_parquet(path)
    assert ak.to_list(events.nu_pdg[:4]) == [14, -12, 12, 0]


def test_parquet_without_pyarrow(columns, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ValueError, match=r"pip install 'nugauge\[parquet\]'"):
        write(Parquet, columns, tmp_path / "a.parquet")


def test_csv_comes_back_to_the_last_bit(columns, tmp_path):
    """Round trip. Finds a digit too few: numpy reads every number of float32 and float64 as it was."""
    path = write(EventCsv, columns, tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    assert lines[0] == "# nugauge.export csv, version 1.2.3"
    assert "E_nu [MeV]" in lines[1]
    assert lines[2] == f"# events: {N}"
    assert json.loads(lines[3].removeprefix("# provenance: ")) == source_of(columns).provenances[0]
    assert lines[4].split(",") == list(columns)
    found = np.loadtxt(lines[5:], delimiter=",", unpack=True)
    assert found.shape == (len(columns), N)
    for read, (name, column) in zip(found, columns.items(), strict=True):
        np.testing.assert_array_equal(read.astype(column.dtype), column, err_msg=name)


@pytest.mark.parametrize("kind", [EventCsv, Gst, Parquet])
def test_exports_have_a_mark(columns, tmp_path, kind):
    """Contract. Finds a file that --force would not replace: its mark stands at one of its ends."""
    if kind is Parquet:
        pytest.importorskip("pyarrow")
    path = write(kind, columns, tmp_path / "a.root")
    ends = start_of(path) + path.read_bytes()[-20_000:]
    assert b"nugauge.export" in ends or b"nugauge_export" in ends


def test_a_disk_that_is_full_is_an_error(columns):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    writer = EventCsv(Full(), Path("a.csv"), source_of(columns))
    writer.write(columns)
    with pytest.raises(OSError, match="No space left"):
        writer.finish()
    writer.close()
