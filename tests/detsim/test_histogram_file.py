"""Histograms from outside: one set of checks for whatever they are read from, data and spectra alike."""

import json
from dataclasses import replace
from itertools import pairwise

import hist
import numpy as np
import pytest
import uproot
from support.experiments import borexino
from uproot.writing import identify

from analysis.fits.estimate import fit
from analysis.fits.weighted import effective_counts
from analysis.histograms.histograms import axes, binned
from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_csv, write_json, write_root
from detsim.files.atomic import FileError
from detsim.formats.binned import Binned, unequal
from detsim.formats.user_tables import read_spectrum
from simgen.interaction.models import SM

EDGES = [0.25, 0.3, 0.4, 0.55]
COUNTS = np.array([0.0, 4, 7, 2, 0])


def th1(contents, *, edges=EDGES, kind="f8", squares=None, **members):
    """Make a TH1 as ROOT stores it; members replace those of a histogram of counts."""
    data = np.asarray(contents, kind)
    inside = data[1:-1].astype(float)
    given = {
        "fEntries": float(data.sum()),
        "fTsumw": inside.sum(),
        "fTsumw2": inside.sum(),
        "fSumw2": np.asarray([] if squares is None else squares, "f8"),
        **members,
    }
    regular = np.allclose(np.diff(edges), edges[1] - edges[0])
    axis = identify.to_TAxis(
        "xaxis", "", len(edges) - 1, edges[0], edges[-1], fXbins=None if regular else np.asarray(edges, "f8")
    )
    return identify.to_TH1x("h", "", data, fTsumwx=0.0, fTsumwx2=0.0, fXaxis=axis, **given)


def write_th1(path, *arguments, **members):
    with uproot.recreate(path) as root:
        root["h"] = th1(*arguments, **members)
    return path


def document(values=COUNTS, kind="double", **changes):
    """Describe a histogram in UHI JSON by hand."""
    axis = {"type": "variable", "edges": EDGES, "underflow": True, "overflow": True, "circular": False}
    found = {
        "uhi_schema": 1,
        "axes": [axis],
        "storage": {"type": kind, "values": np.asarray(values).tolist()},
    }
    for key, value in changes.items():
        part = found
        *parents, last = [int(name) if name.isdigit() else name for name in key.split("__")]
        for name in parents:
            part = part[name]
        part[last] = value
    return found


def write_document(path, content):
    path.write_text(json.dumps(content))
    return path


def readers(path):
    """Read as data and as a spectrum."""
    return [lambda: read_histogram(path), lambda: read_spectrum(path, unit=1.0)]


def test_fills_in_roots_buffer(tmp_path):
    """Closed form: fills at known energies with known weights, on edges, outside, and NaN (overflow)."""
    x = np.array([0.25, 0.26, 0.3, 0.39, 0.5499, 0.55, 0.1, np.nan])
    for edges, expected in (
        (EDGES, [1, 2, 2, 1, 2]),
        ([0.25, 0.35, 0.45, 0.55], [1, 3, 1, 1, 2]),
    ):
        buffer = np.zeros(101, ">f8")
        buffer[0] = len(x)
        buffer[1 : 1 + 2 * len(x) : 2], buffer[2 : 2 + 2 * len(x) : 2] = 1, x
        members = {"edges": edges, "fBufferSize": 101, "fBuffer": buffer}
        empty = {"fEntries": 0.0, "fTsumw": 0.0, "fTsumw2": 0.0}
        h = read_histogram(write_th1(tmp_path / "h.root", np.zeros(5), **members, **empty))
        assert h.values(flow=True).tolist() == expected
        assert isinstance(h.storage_type(), hist.storage.Double)
        buffer[1 : 1 + 2 * len(x) : 2] = 2
        h = read_histogram(write_th1(tmp_path / "h.root", np.zeros(5), **members, **empty))
        assert h.values(flow=True).tolist() == [2 * n for n in expected]
        assert h.variances(flow=True).tolist() == [4 * n for n in expected]
        buffer[0] = -len(x)  # these fills are in the contents
        h = read_histogram(write_th1(tmp_path / "h.root", COUNTS, **members))
        assert h.values(flow=True).tolist() == COUNTS.tolist()


@pytest.mark.parametrize(
    ("contents", "members", "message"),
    [
        (np.zeros(5), {"fTsumw": 2170.0}, "holds nothing, and ROOT counted 2170: its contents are lost"),
        (np.zeros(5), {"fBufferSize": 5, "fBuffer": np.array([9.0, 1, 0.3, 1, 0.3], ">f8")}, "it is damaged"),
        ([0, 4, 127, 2, 0], {"kind": "i1"}, "a bin with 127, where a histogram of the type C stops counting"),
        ([0, 4, 32767, 2, 0], {"kind": "i2"}, "a bin with 32767"),
        ([0, 4, 2**31 - 1, 2, 0], {"kind": "i4"}, "a bin with 2147483647"),
        ([0, 4, 2**24, 2, 0], {"kind": "f4"}, "a bin with 16777216"),
        (2 * COUNTS, {"fTsumw2": 52.0}, r"was scaled or filled with weights .*Σw = 26, Σw² = 52.*Sumw2"),
        (COUNTS, {"squares": [0, 4, 7]}, "has 3 sums of squared weights for 5 bins"),
        (COUNTS, {"squares": [0, 4, -7, 2, 0]}, "bin from 0.3 to 0.4.*: variances must be .* got -7"),
        (
            COUNTS,
            {"squares": [0, 4, np.nan, 2, 0]},
            "bin from 0.3 to 0.4.*: variances must be finite, got nan",
        ),
        ([0, 4, -7, 2, 0], {}, "bin from 0.3 to 0.4.*: contents must be finite and not negative, got -7"),
        ([0, 4, np.inf, 2, 0], {}, "bin from 0.3 to 0.4.*: contents must be finite, got inf"),
    ],
)
def test_wrong_th1(tmp_path, contents, members, message):
    """Contract: contents that are lost or say something else are an error, as data and as a spectrum."""
    path = write_th1(tmp_path / "h.root", contents, **members)
    for read in readers(path):
        with pytest.raises(FileError, match=message):
            read()


@pytest.mark.parametrize("kind", ["i1", "i2", "i4", "f4", "f8"])
def test_every_type_of_th1(tmp_path, kind):
    """Contract: the type of the contents changes no number."""
    path = write_th1(tmp_path / "h.root", COUNTS, kind=kind)
    assert read_histogram(path).values(flow=True).tolist() == COUNTS.tolist()
    assert read_spectrum(path, unit=1.0).contents == (4, 7, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(storage={"type": "double"}), "has no contents, only bins"),
        (document(storage={"type": "weighted", "values": COUNTS.tolist()}), "storage has no 'variances'"),
        (document(kind="mean"), "a storage of type 'mean'"),
        (document(kind="weighted_mean"), "a storage of type 'weighted_mean'"),
        (document(COUNTS[:3]), "has 3 values for 5 bins"),
        (document([list(COUNTS)]), "has 1 × 5 values for 5 bins"),
        (document(storage__values=[1, "2", 3, 4, 5]), "are not all numbers"),
        (document(storage__values=[1, None, 3, 4, 5]), "are not all numbers"),
        (document(storage__values=[[1], [2, 3]]), "lists of different lengths"),
        (document(storage__values="data/values"), "are not all numbers"),
        (document([0, 4, float("nan"), 2, 0]), "bin from 0.3 to 0.4.*: contents must be finite, got nan"),
        (document([0, 4, -1, 2, 0]), "bin from 0.3 to 0.4.*: contents must be finite and not negative"),
        (document(axes__0__circular=True), "axis 0 is circular"),
        (document(axes=[{"type": "category_str", "categories": ["a"], "flow": True}]), "'category_str'"),
        (document(axes=[{"type": "boolean"}]), "type 'boolean'"),
        (document(axes__0__edges=[0.3, 0.2, 0.4, 0.5]), "finite, ascending bin edges"),
        (document(axes__0__edges=[0.3, 0.3, 0.4, 0.5]), "finite, ascending bin edges"),
        (document(axes=[]), "it has 0 and a storage"),
        (document(uhi_schema=2), "uhi_schema is 2, and 1 is known"),
        ([1, 2], "it has no 'axes'"),
        (document(storage__index=[[1, 1]], storage__values=[1, 2]), "has a bin twice in 'index'"),
        (document(storage__index=[[1, -1]], storage__values=[1, 2]), "that the axes have not"),
        (document(storage__index=[[1, 5]], storage__values=[1, 2]), "that the axes have not"),
        (document(storage__index=[[1, 2, 3]], storage__values=[1, 2]), "has 2 values for 3 bins in 'index'"),
        (
            document(axes__0={"type": "regular", "lower": 0, "upper": 1, "bins": 10**9}),
            "10*9 bins|1000000000",
        ),
    ],
)
def test_wrong_json(tmp_path, content, message):
    """Contract: a histogram without its contents, or of something else than counts, is an error."""
    path = write_document(tmp_path / "h.json", content)
    for read in readers(path):
        with pytest.raises(FileError, match=message):
            read()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 100_000, "too deep"),
        ('{"axes": [], "axes": []}', "the key 'axes' is there twice"),
        ("", "is not a histogram in UHI JSON"),
        ("nonsense", "is not a histogram in UHI JSON"),
    ],
)
def test_what_is_no_json(tmp_path, text, message):
    """Contract: an error for people, whatever the text is."""
    (tmp_path / "h.json").write_text(text)
    for read in readers(tmp_path / "h.json"):
        with pytest.raises(FileError, match=message):
            read()


@pytest.mark.parametrize("storage", [hist.storage.Int64, hist.storage.AtomicInt64, hist.storage.Unlimited])
def test_storages_of_counts(tmp_path, storage):
    """Contract: integers, atomic or not, and storage that grows are counts, in files and in Python."""
    h = hist.Hist(hist.axis.Variable(EDGES), storage=storage()).fill([0.26] * 4 + [0.35] * 7 + [0.5] * 2)
    write_json(tmp_path / "h.json", h)
    assert read_histogram(tmp_path / "h.json").values(flow=True).tolist() == COUNTS.tolist()
    assert binned(h).values.tolist() == COUNTS.tolist()


def test_no_counts_are_data(tmp_path):
    """Contract: bins that were set to 0 one by one, which ROOT takes for entries, are an empty data set."""
    path = write_th1(tmp_path / "h.root", np.zeros(5), fEntries=3.0)
    assert read_histogram(path).sum() == 0


def test_sparse_json(tmp_path):
    """Closed form: listed bins have contents, others none; in two dimensions as well."""
    sparse = document(storage__index=[[2, 1]], storage__values=[7, 4])
    assert read_histogram(write_document(tmp_path / "s.json", sparse)).values(flow=True).tolist() == [
        0,
        4,
        7,
        0,
        0,
    ]
    far = {"type": "regular", "lower": 500, "upper": 700, "bins": 2, "underflow": False, "overflow": True}
    plane = document(
        storage={"type": "weighted", "index": [[1, 0], [1, 3]], "values": [7, 4], "variances": [3, 2]},
    )
    plane["axes"].insert(0, far)
    h = read_histogram(write_document(tmp_path / "p.json", plane))
    assert h.values().tolist() == [[0, 0, 4], [7, 0, 0]]
    assert h.variances().tolist() == [[0, 0, 2], [3, 0, 0]]
    none = document(storage__index=[[]], storage__values=[])
    assert read_histogram(write_document(tmp_path / "n.json", none)).sum() == 0


def test_fractions_need_variances(tmp_path):
    """Contract: data that are no counts come with Σw², whatever is read; a spectrum has any contents."""
    scaled = 0.37 * COUNTS
    how = r"1\.48 is no number of counts, which are whole; .*Sumw2\(\).*column variance"
    (tmp_path / "h.csv").write_text("low,high,counts\n0.25,0.3,1.48\n")
    (tmp_path / "c.csv").write_text("low,high,content\n0.25,0.3,1.48\n")
    write_th1(tmp_path / "h.root", scaled, fTsumw=0.0, fTsumw2=0.0)
    write_document(tmp_path / "h.json", document(scaled))
    for name in ("h.csv", "h.root", "h.json"):
        with pytest.raises(FileError, match=f"the bin from 0.25 to 0.3 MeV: {how}"):
            read_histogram(tmp_path / name)
    for name in ("c.csv", "h.root", "h.json"):
        assert read_spectrum(tmp_path / name, unit=1.0).contents[0] == pytest.approx(1.48, rel=1e-15)
    detector = replace(borexino().detector, edges=tuple(EDGES))
    experiment = replace(borexino(), detector=detector)
    h = hist.Hist(*axes(experiment), storage=hist.storage.Double())
    h[...] = scaled
    for fitted in (h, 0.37 * hist.Hist(h.axes[0], storage=hist.storage.Int64(), data=COUNTS.astype(int))):
        with pytest.raises(ValueError, match=how):
            fit(fitted, experiment, SM(), poi="sin2_theta_w")


def test_weighted_data_in_every_format(tmp_path):
    """Twin: Σw and Σw² of one histogram from a TH1, JSON and a CSV; effective counts (Σw)²/Σw² by hand."""
    experiment = replace(borexino(), detector=replace(borexino().detector, edges=tuple(EDGES)))
    h = hist.Hist(*axes(experiment), storage=hist.storage.Weight())
    h.fill([0.26, 0.26, 0.35, 0.5], weight=[0.5, 1.5, 0.25, 3.0])
    write_root(tmp_path / "h.root", {"h": h})
    write_json(tmp_path / "h.json", h)
    write_csv(tmp_path / "h.csv", h)
    assert (tmp_path / "h.csv").read_text().splitlines()[:2] == ["low,high,counts,variance", "0.25,0.3,2,2.5"]
    for name in ("h.root", "h.json", "h.csv"):
        found = read_histogram(tmp_path / name)
        assert found.variances().tolist() == [2.5, 0.0625, 9]
        counts, scaling = effective_counts(found, experiment)
        assert counts.tolist() == [1.6, 1, 1]
        np.testing.assert_allclose(scaling, [0.8, 4, 1 / 3], rtol=1e-15)


@pytest.mark.parametrize(
    ("h", "message"),
    [
        (hist.Hist.new.Var(EDGES).Mean(), "counts or weights is needed"),
        (hist.Hist.new.Var(EDGES).WeightedMean(), "counts or weights is needed"),
        (hist.Hist.new.Var(EDGES, circular=True).Double(), "is circular"),
        (hist.Hist.new.StrCat(["a", "b", "c"]).Double(), "is one of categories"),
        (hist.Hist.new.IntCat([1, 2, 3]).Double(), "is one of categories"),
    ],
)
def test_wrong_histograms_in_python(h, message):
    """Contract: the objects of hist are checked as files are."""
    with pytest.raises(ValueError, match=message):
        binned(h)


def test_growing_axes_and_missing_flow():
    """Contract: an axis that grew has the bins that it has; flow bins that are not there are empty."""
    grown = hist.Hist(hist.axis.Regular(2, 0, 1, growth=True), storage=hist.storage.Int64()).fill([0.2, 1.4])
    assert binned(grown).edges[0].tolist() == [0, 0.5, 1, 1.5]
    assert binned(grown).values.tolist() == [0, 1, 0, 1, 0]
    bare = hist.Hist(hist.axis.Regular(2, 0, 1, flow=False)).fill([0.2])
    assert binned(bare).values.tolist() == [0, 1, 0, 0]


def test_profiles_and_other_objects(tmp_path):
    """Contract: a TProfile holds means and is no histogram of counts, as data and as a spectrum."""
    write_th1(tmp_path / "h.root", COUNTS)
    with uproot.update(tmp_path / "h.root") as root:
        root.mktree("tree", {"x": "f8"})
    for spec, message in {
        "h.root:tree": "'tree' is a TTree, not a TH1",
        "h.root:p": "'p' is not there",
    }.items():
        for read in readers(tmp_path / spec):
            with pytest.raises(FileError, match=message):
                read()
    for spec in ("h.root:h", "h.root:h;1", "h.root"):
        assert read_histogram(tmp_path / spec).sum() == 13


def test_units_of_energy(tmp_path):
    """Contract: edges in keV become MeV, whatever the format; of two dimensions the energy alone."""
    (tmp_path / "h.csv").write_text("low,high,counts\n250,300,4\n")
    write_document(tmp_path / "h.json", document(axes__0__edges=[250, 300, 400, 550]))
    for name in ("h.csv", "h.json"):
        h = read_histogram(tmp_path / name, unit="keV")
        np.testing.assert_allclose(h.axes[0].edges[:2], [0.25, 0.3], rtol=1e-15)
    (tmp_path / "p.csv").write_text("L_low,L_high,low,high,counts\n500,700,250,300,4\n")
    h = read_histogram(tmp_path / "p.csv", unit="keV")
    assert h.axes[0].edges.tolist() == [500, 700]
    np.testing.assert_allclose(h.axes[1].edges, [0.25, 0.3], rtol=1e-15)
    with pytest.raises(ValueError, match="not an energy but a length"):
        read_histogram(tmp_path / "p.csv", unit="cm")


def test_rounded_edges_are_edges(tmp_path):
    """Contract: low and high of neighbours, computed each, differ by rounding; in a plane as well."""
    low = 0.25 + 0.05 * np.arange(6)
    rows = [f"{a!r},{a + 0.05!r},1" for a in low.tolist()]
    assert any(float(b.split(",")[0]) != float(a.split(",")[1]) for a, b in pairwise(rows))
    (tmp_path / "h.csv").write_text("\n".join(["low,high,counts", *rows]))
    np.testing.assert_allclose(read_histogram(tmp_path / "h.csv").axes[0].edges, borexino().detector.edges)
    plane = [f"{a},{b},{row}" for a, b in ((0, 100), (100, 200.00000001)) for row in reversed(rows)]
    (tmp_path / "p.csv").write_text("\n".join(["L_low,L_high,low,high,counts", *plane]))
    assert read_histogram(tmp_path / "p.csv").values().tolist() == np.ones((2, 6)).tolist()


def test_why_bins_differ():
    """Contract: edges that look the same are told with the digits in which they differ."""
    edges = [0.25, 0.3, 0.35]
    assert unequal([0.25, 0.30000001, 0.35], edges) == ""
    assert unequal([0.25, 0.300001, 0.35], edges, ("MeV", "MeV")) == "edge 2 is 0.300001 MeV and not 0.3 MeV"
    assert unequal([0.25, 0.3], edges) == "1 bins from 0.25 to 0.3, not 2 bins from 0.25 to 0.35"
    assert unequal([-1e-17, 1], [0, 1]) == ""


def test_bins_and_contents_fit_together():
    """Contract: as many contents as bins and flow bins."""
    with pytest.raises(ValueError, match="has 3 contents, and its axes have 4 bins"):
        Binned(edges=(np.array([0.0, 1, 2]),), values=np.zeros(3))
    with pytest.raises(ValueError, match="has 4 × 1 variances"):
        Binned(edges=(np.array([0.0, 1, 2]),), values=np.zeros(4), variances=np.zeros((4, 1)))
