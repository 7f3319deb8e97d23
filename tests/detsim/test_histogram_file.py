"""Histograms of other programs: the same checks for every format, for data and for spectra."""

import hist
import numpy as np
import pytest
import uproot
from support.histogram_files import COUNTS, EDGES, document, write_document, write_th1

from analysis.histograms.histograms import binned
from analysis.histograms.read import read_histogram
from analysis.histograms.write import write_json
from detsim.files.atomic import FileError
from detsim.formats.user_tables import read_spectrum


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
    """Contract: contents that are missing or ambiguous are an error, as data and as a spectrum."""
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
    """Contract: any wrong text gives a readable error."""
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
