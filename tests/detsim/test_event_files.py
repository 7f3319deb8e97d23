"""Event files: written, and read back."""

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import uproot
from support.examples import every
from support.small_event_files import events, runinfo, write

from detsim.event_files.event_writer import EventFile, EventWriter, FileError, event_columns
from detsim.event_files.inspect import describe
from detsim.event_files.reader import TableFile
from detsim.event_files.writer import BASKET_ROWS, COMPRESSIONS, Branch, TableWriter
from simgen.events import COLUMNS, DIRECTION_COLUMNS, VERTEX_COLUMNS


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "events.root", events(1000))


@pytest.mark.parametrize("compression", every(3, ["zstd-1", "lz4-4", "none"]))
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("layout", ["ttree", "rntuple"])
def test_columns_come_back_as_written(tmp_path, precision, compression, layout):
    asked = (*VERTEX_COLUMNS, *DIRECTION_COLUMNS, "time")
    sample = replace(events(1000), **{c: np.linspace(-3, 7, 1000).astype(COLUMNS[c].dtype) for c in asked})
    columns = event_columns(detected=True, cos_theta=True, vertex=True, time=True, direction=True)
    options = {"precision": precision, "compression": compression, "format": layout}
    path = write(tmp_path / "a.root", sample, columns=columns, **options)
    with EventFile(path) as file:
        read = file.arrays()
        assert all(file.check_hashes().values())
    with uproot.open(path) as root:
        assert root.classnames()["events;1"] == {"ttree": "TTree", "rntuple": "ROOT::RNTuple"}[layout]
        assert root.file.compression == COMPRESSIONS[compression]
    absent = {"L_reco", "experiment", "weight", "weight_A", "weight_B", "weight_C"}
    assert list(read) == [name for name in COLUMNS if name not in absent]
    for name, column in read.items():
        energy = COLUMNS[name].dtype == "float64" and not COLUMNS[name].exact
        expected = precision if energy else COLUMNS[name].dtype
        assert column.dtype == expected
        np.testing.assert_array_equal(column, sample.columns()[name].astype(expected))


def test_default_columns_are_few():
    assert event_columns(detected=False) == ("event", "component", "line", "E_nu", "T")
    assert event_columns(detected=True, experiments=True) == (
        "event", "component", "line", "E_nu", "T", "T_reco", "experiment",
    )  # fmt: skip


def test_it_is_a_ttree_with_full_baskets_whatever_the_chunks(tmp_path):
    sample = events(BASKET_ROWS + 10)
    path = tmp_path / "a.root"
    with EventWriter(path, columns=["event", "T"], provenance={}) as writer:
        for first, size in ((0, 10), (10, 0), (10, BASKET_ROWS)):
            writer.extend(events(size, first=first))
        writer.finish(runinfo(len(sample)))
    with uproot.open(path) as root:
        assert root.classnames() == {"events;1": "TTree", "provenance;1": "TObjString", "runinfo;1": "TTree"}
        assert root["events"]["event"].num_baskets == 2
        np.testing.assert_array_equal(root["events"]["event"].array(library="np"), sample.event)


def test_compression_and_precision_make_the_size(tmp_path):
    """Closed form without compression, but for some kB of description; the others are smaller."""
    n, sizes = 100_000, {}
    for precision, width in (("float32", 28), ("float64", 40)):
        for compression in ("none", "lz4-4", "zstd-1"):
            options = {"precision": precision, "compression": compression}
            path = write(tmp_path / f"{compression}{precision}.root", events(n), **options)
            sizes[compression] = path.stat().st_size
        assert n * width < sizes["none"] < n * width + 60_000
        assert sizes["zstd-1"] < sizes["lz4-4"] < 0.8 * sizes["none"]


@pytest.mark.parametrize("layout", ["ttree", "rntuple"])
def test_parts_of_a_long_table(tmp_path, layout):
    """Contract: any range of rows, over the ends of baskets and clusters, in both formats."""
    n = 1_100_000
    column = np.arange(n, dtype=np.int64)
    fixed = np.stack([column, -column], axis=1).astype(np.float32)
    branches = {"n": Branch(dtype="int64"), "x": Branch(dtype="float32", shape=(2,))}
    with TableWriter(tmp_path / "t.root", "toys", branches, provenance={}, format=layout) as table:
        for start in range(0, n, 300_001):
            table.extend({"n": column[start : start + 300_001], "x": fixed[start : start + 300_001]})
        table.finish({"first": 0, "last": n - 1})
    with TableFile(tmp_path / "t.root", "toys") as file:
        assert (file.format, file.n_rows) == (layout, n)
        for start, stop in ((0, 0), (99_999, 100_001), (499_990, 1_000_010), (n - 1, n)):
            read = file.arrays(start=start, stop=stop)
            np.testing.assert_array_equal(read["n"], column[start:stop])
            np.testing.assert_array_equal(read["x"], fixed[start:stop])
        assert all(file.check_hashes().values())


def test_an_unfinished_rntuple_is_found(tmp_path):
    with uproot.recreate(tmp_path / "a.root") as root:
        root.mkrntuple("events", {"event": np.dtype("i8")}).extend({"event": np.arange(3)})
    with pytest.raises(FileError, match="incomplete"):
        EventFile(tmp_path / "a.root")


def test_provenance_holds_what_was_given_and_what_made_the_file(whole):
    with EventFile(whole) as file:
        document, column = file.provenance, file.arrays(["T_reco"])["T_reco"]
    assert document["card"] == {"name": "é γ"}
    assert document["versions"]["numpy"] == np.__version__
    assert document["cpu"]["features"] == sorted(document["cpu"]["features"])
    branch = document["branches"]["T_reco"]
    assert branch["unit"] == "MeV"
    assert branch["description"] == COLUMNS["T_reco"].description
    assert branch["sha256"] == hashlib.sha256(column.astype("<f4").tobytes()).hexdigest()


def test_runinfo_has_the_same_types_in_every_file(tmp_path):
    """Else hadd would join branches of different types."""
    write(tmp_path / "a.root", events(3), runinfo(np.int64(3), sum_w=3, equivalent_exposure=7))
    with uproot.open(tmp_path / "a.root") as root:
        types = {branch.name: branch.typename for branch in root["runinfo"].branches}
    assert types == {
        **dict.fromkeys(("sum_w", "sum_w2", "equivalent_exposure", "cross_section"), "double"),
        **dict.fromkeys(("n_events", "n_generated", "n_experiments"), "int64_t"),
        **dict.fromkeys(("first", "last", "first_experiment"), "int64_t"),
        "uuid": "char*",
    }


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"n_generated": 3.5}, TypeError, "n_generated must be an integer"),
        ({"sum_w": float("nan")}, ValueError, "sum_w must be finite"),
        ({"equivalent_exposure": -1.0}, ValueError, "equivalent_exposure must not be negative"),
    ],
)
def test_wrong_runinfo_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        runinfo(3, **changes)


def test_changed_arrays_after_extend_do_not_reach_the_file(tmp_path):
    sample = events(10)
    with EventWriter(tmp_path / "a.root", columns=["event"], provenance={}) as writer:
        writer.extend(sample)
        sample.event[:] = -1
        writer.finish(runinfo(10))
    with EventFile(tmp_path / "a.root") as file:
        np.testing.assert_array_equal(file.arrays()["event"], np.arange(10))


def test_iterate_covers_every_row_once(whole):
    with EventFile(whole) as file:
        parts = [part["event"] for part in file.iterate(["event"], step=300)]
    assert [len(part) for part in parts] == [300, 300, 300, 100]
    np.testing.assert_array_equal(np.concatenate(parts), np.arange(1000))


def test_no_events_is_a_file_too(tmp_path):
    path = write(tmp_path / "none.root", events(0))
    with EventFile(path) as file:
        assert len(file) == 0
        assert file.arrays()["T_reco"].shape == (0,)
        assert list(file.iterate()) == []
        assert all(file.check_hashes().values())


def test_a_toy_file_is_a_table_with_arrays_of_fixed_length(tmp_path):
    branches = {
        "toy": Branch(dtype="int64"),
        "counts": Branch(dtype="int64", shape=(3,), description="per bin"),
    }
    counts = np.arange(30).reshape(10, 3)
    with TableWriter(tmp_path / "t.root", "toys", branches, provenance={"seed": 7}) as table:
        table.extend({"toy": np.arange(10), "counts": counts})
        table.finish({"first": 0, "last": 9})
    with TableFile(tmp_path / "t.root", "toys") as file:
        np.testing.assert_array_equal(file.arrays(["counts"])["counts"], counts)
        assert file.rows[0]["n_toys"] == 10
        assert all(file.check_hashes().values())
        with pytest.raises(ValueError, match="no branch gamma; it has toy, counts"):
            file.arrays(["gamma"])
    found = describe(tmp_path / "t.root")
    assert (found["kind"], found["complete"], found["rows"]) == ("toy file", True, 10)


def test_describe_tells_what_a_file_is(tmp_path, whole):
    found = describe(whole, check_hashes=True)
    assert (found["kind"], found["complete"], found["problem"], found["rows"]) == (
        "event file",
        True,
        None,
        1000,
    )
    assert found["runinfo"]["n_generated"] == 2000
    assert found["provenance"][0]["seed"] == 1
    assert all(branch["intact"] for branch in found["branches"].values())
    json.dumps(found, allow_nan=False)
