"""Event files: written, read back, merged, and every way to be broken."""

import errno
import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import uproot
from support.joining import merge

from detsim.event_files.event_writer import EventFile, EventWriter, FileError, RunInfo, event_columns
from detsim.event_files.inspect import describe
from detsim.event_files.reader import TableFile
from detsim.event_files.writer import BASKET_ROWS, COMPRESSIONS, Branch, TableWriter
from detsim.files.atomic import WholeFile
from simgen.events import COLUMNS, VERTEX_COLUMNS, Events

DETECTED = event_columns(detected=True)


def events(n, *, seed=1, first=0, experiment=None):
    rng = np.random.default_rng(seed)
    T = rng.uniform(0.1, 0.6, n)
    return Events(
        event=np.arange(first, first + n),
        component=np.zeros(n, np.int32),
        line=rng.integers(0, 4, n, dtype=np.int32),
        E_nu=np.full(n, 0.746),
        T=T,
        cos_theta=rng.uniform(0, 1, n),
        T_reco=rng.normal(T, 0.05),
        experiment=experiment,
        n_generated=2 * n,
    )


def runinfo(n, **changes):
    given = {
        "n_events": n,
        "n_generated": 2 * n,
        "sum_w": float(n),
        "sum_w2": float(n),
        "equivalent_exposure": 3.0 * n,
        "cross_section": 1e-44,
        "first": 0,
        "last": 2 * n - 1,
    }
    return RunInfo(**{**given, **changes})


def write(path, sample, info=None, *, columns=DETECTED, provenance=None, **options):
    given = {"seed": 1, "card": {"name": "é γ"}} if provenance is None else provenance
    with EventWriter(path, columns=columns, provenance=given, **options) as writer:
        writer.extend(sample)
        writer.finish(info or runinfo(len(sample)))
    return path


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "events.root", events(1000))


@pytest.mark.parametrize("compression", ["zstd-1", "lz4-4", "none"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("layout", ["ttree", "rntuple"])
def test_columns_come_back_as_written(tmp_path, precision, compression, layout):
    sample = replace(events(1000), **{c: np.linspace(-3, 7, 1000) for c in (*VERTEX_COLUMNS, "time")})
    columns = event_columns(detected=True, cos_theta=True, vertex=True, time=True)
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
        for size in (10, 0, BASKET_ROWS):
            writer.extend(events(size, first=writer._table.n_rows))
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


def test_merged_runs_sum_and_keep_their_provenance(tmp_path):
    a = write(tmp_path / "a.root", events(100), provenance={"seed": 1})
    b = write(tmp_path / "b.root", events(50, seed=2), provenance={"seed": 2})
    merged = merge(tmp_path / "ab.root", a, b)
    with EventFile(merged) as file:
        assert (file.runinfo.n_events, file.runinfo.n_generated) == (150, 300)
        assert file.runinfo.equivalent_exposure == 450
        assert [row.n_events for row in file.rows] == [100, 50]
        assert [p["seed"] for p in file.provenances] == [1, 2]
        assert all(file.check_hashes().values())


def test_runs_of_other_branches_do_not_merge(tmp_path):
    """Else hadd fills the weights of a run that has none with those of the other, or drops them."""
    plain = write(tmp_path / "a.root", events(100), provenance={"seed": 1})
    sample = replace(events(100, seed=2), weight=np.full(100, 2.0))
    columns = event_columns(detected=True, weights=True)
    weighted = write(tmp_path / "b.root", sample, columns=columns, provenance={"seed": 2})
    exact = write(tmp_path / "c.root", events(100, seed=3), precision="float64", provenance={"seed": 3})
    for other, different in ((weighted, "weight"), (exact, "E_nu, T, T_reco")):
        with pytest.raises(FileError, match=f"joins runs that differ in {different}: merge files"):
            EventFile(merge(tmp_path / "ab.root", plain, other))


def test_a_run_without_its_provenance_is_found(tmp_path, whole):
    merged = tmp_path / "merged.root"
    with uproot.open(whole) as good, uproot.recreate(merged) as out:
        for name in ("events", "runinfo"):
            types = {
                b.name: "string" if b.name == "uuid" else b.interpretation.to_dtype
                for b in good[name].branches
            }
            out.mktree(name, types).extend({key: good[name][key].array() for key in types})
        out["provenance"] = json.dumps({"uuid": "another", "branches": {}})
    with pytest.raises(FileError, match="no provenance of the run"):
        EventFile(merged)


def test_a_run_merged_twice_is_found(tmp_path, whole):
    with pytest.raises(FileError, match="same run twice"):
        EventFile(merge(tmp_path / "aa.root", whole, whole))


def test_the_same_events_in_two_runs_are_found(tmp_path):
    a = write(tmp_path / "a.root", events(100))
    b = write(tmp_path / "b.root", events(100, first=100), runinfo(100, first=199, last=398))
    with pytest.raises(FileError, match="events 199 to 199 of seed 1 twice"):
        EventFile(merge(tmp_path / "ab.root", a, b))


def test_jagged_has_a_list_for_each_experiment_also_the_empty_ones(tmp_path):
    sample = events(5, experiment=np.array([1, 1, 3, 3, 3]))
    info = runinfo(5, n_experiments=6)
    path = write(tmp_path / "a.root", sample, info, columns=event_columns(detected=True, experiments=True))
    with EventFile(path) as file:
        jagged = file.jagged("T_reco")
        assert jagged.to_list() == [
            [],
            sample.T_reco[:2].astype("f4").tolist(),
            [],
            sample.T_reco[2:].astype("f4").tolist(),
            [],
            [],
        ]
        np.testing.assert_array_equal(file.experiments, np.arange(6))


def test_jagged_sorts_events_by_experiment_and_keeps_their_order(tmp_path):
    sample = events(5, experiment=np.array([2, 0, 2, 0, 1]))
    path = write(tmp_path / "a.root", sample, runinfo(5, n_experiments=3), columns=["event", "experiment"])
    with EventFile(path) as file:
        assert file.jagged("event").to_list() == [[1, 3], [4], [0, 2]]


def test_an_event_outside_its_experiments_is_found(tmp_path):
    sample = events(2, experiment=np.array([0, 3]))
    path = write(tmp_path / "a.root", sample, runinfo(2, n_experiments=3), columns=["event", "experiment"])
    with EventFile(path) as file, pytest.raises(FileError, match="outside the pseudo-experiments"):
        file.jagged("event")


def test_jagged_of_merged_files_goes_by_experiment(tmp_path):
    columns = ["event", "experiment"]
    later = events(3, experiment=np.array([10, 12, 12]))
    sooner = events(2, experiment=np.array([0, 0]), seed=2)
    b = write(tmp_path / "b.root", later, runinfo(3, first_experiment=10, n_experiments=3), columns=columns)
    info = runinfo(2, n_experiments=2, first=10, last=20)
    a = write(tmp_path / "a.root", sooner, info, columns=columns)
    with EventFile(merge(tmp_path / "ba.root", b, a)) as file:
        assert file.jagged("event").to_list() == [[0, 1], [], [0], [], [1, 2]]
        np.testing.assert_array_equal(file.experiments, [0, 1, 10, 11, 12])


def test_merged_experiments_must_differ(tmp_path):
    parts = [
        write(
            tmp_path / f"{seed}.root",
            events(1, experiment=np.array([2])),
            runinfo(1, n_experiments=3),
            columns=["experiment"],
            provenance={"seed": seed},
        )
        for seed in (1, 2)
    ]
    with pytest.raises(FileError, match="pseudo-experiments 0 to 2 and again from 0"):
        EventFile(merge(tmp_path / "ab.root", *parts))


def test_jagged_needs_experiments(whole):
    with EventFile(whole) as file, pytest.raises(ValueError, match="no pseudo-experiments"):
        file.jagged("T_reco")


def test_no_events_is_a_file_too(tmp_path):
    path = write(tmp_path / "none.root", events(0))
    with EventFile(path) as file:
        assert len(file) == 0
        assert file.arrays()["T_reco"].shape == (0,)
        assert list(file.iterate()) == []
        assert all(file.check_hashes().values())


@pytest.mark.parametrize(
    ("make", "fault", "message"),
    [
        (lambda path, _: None, "missing", "no such file"),
        (lambda path, _: path.touch(), "empty", "0 bytes"),
        (lambda path, _: path.write_text("T_reco\n0.3\n"), "foreign", "not a ROOT file"),
        (lambda path, good: path.write_bytes(good.read_bytes()[:-1]), "truncated", "its header says"),
        (lambda path, good: path.write_bytes(good.read_bytes()[:10]), "truncated", "not even a header"),
    ],
)
def test_broken_bytes_are_told_apart(tmp_path, whole, make, fault, message):
    path = tmp_path / "broken.root"
    make(path, whole)
    with pytest.raises(FileError, match=message) as caught:
        EventFile(path)
    assert caught.value.fault == fault
    assert str(path) in str(caught.value)


def test_a_foreign_tree_is_named(tmp_path):
    with uproot.recreate(tmp_path / "other.root") as root:
        root.mktree("ntuple", {"x": "f8"})
    with pytest.raises(FileError, match=r"no TTree or RNTuple 'events'.*TTree 'ntuple'"):
        EventFile(tmp_path / "other.root")


@pytest.mark.parametrize("left_out", ["provenance", "runinfo"])
def test_an_unfinished_file_is_found(tmp_path, left_out):
    with uproot.recreate(tmp_path / "part.root") as root:
        root.mktree("events", {"T": "f8"}).extend({"T": np.ones(3)})
        if left_out != "provenance":
            root["provenance"] = json.dumps({"branches": {}})
        if left_out != "runinfo":
            root.mktree("runinfo", {"n_events": "i8"}).extend({"n_events": np.array([3])})
    with pytest.raises(FileError, match=rf"{left_out}.*is not") as caught:
        EventFile(tmp_path / "part.root")
    assert caught.value.fault == "incomplete"


def test_a_wrong_number_of_events_is_found(tmp_path, whole):
    shutil.copy(whole, tmp_path / "more.root")
    with uproot.update(tmp_path / "more.root") as root:
        root["events"].extend({name: np.zeros(1) for name in DETECTED})
    with pytest.raises(FileError, match="1001 entries, runinfo says 1000"):
        EventFile(tmp_path / "more.root")


def test_a_flipped_bit_is_found(tmp_path):
    path = write(tmp_path / "a.root", events(1000), compression="none")
    content = bytearray(path.read_bytes())
    T = uproot.open(path)["events"]["T"].array(library="np")
    content[content.index(T.astype(">f4").tobytes()) + 3] ^= 1
    path.write_bytes(content)
    with EventFile(path) as file:
        assert [name for name, good in file.check_hashes().items() if not good] == ["T"]
        for read in (lambda: file.arrays(["T"]), lambda: list(file.iterate(["T_reco", "T"], step=300))):
            with pytest.raises(FileError, match=r"a\.root: is damaged: the SHA-256 of T is not"):
                read()
        assert len(file.arrays(["T_reco"])["T_reco"]) == len(file)
    assert describe(path, check_hashes=False)["complete"]
    found = describe(path, check_hashes=True)
    assert not found["complete"]
    assert "SHA-256 of T" in found["problem"]


def test_damaged_compressed_bytes_are_a_file_error(tmp_path, whole):
    content = bytearray(whole.read_bytes())
    content[content.index(b"ZS") + 12 : content.index(b"ZS") + 40] = bytes(28)
    whole.write_bytes(content)
    with EventFile(whole) as file, pytest.raises(FileError, match="cannot be read"):
        file.arrays()


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError(errno.ENOSPC, "No space left on device")])
def test_nothing_is_left_of_a_stopped_run(tmp_path, error):
    def stopped():
        with EventWriter(tmp_path / "a.root", columns=DETECTED, provenance={}) as writer:
            writer.extend(events(BASKET_ROWS + 1))
            raise error

    with pytest.raises(type(error) if isinstance(error, Exception) else error):
        stopped()
    assert list(tmp_path.iterdir()) == []


def test_an_old_file_survives_a_stopped_run(whole):
    before = whole.read_bytes()
    writer = EventWriter(whole, columns=DETECTED, provenance={})
    with pytest.raises(KeyboardInterrupt), writer:
        raise KeyboardInterrupt
    assert whole.read_bytes() == before
    assert [path.name for path in whole.parent.iterdir()] == [whole.name]


def test_a_writer_that_was_not_finished_keeps_nothing(tmp_path):
    with (
        pytest.raises(ValueError, match=r"without finish\(\)"),
        EventWriter(tmp_path / "a.root", columns=DETECTED, provenance={}) as writer,
    ):
        writer.extend(events(3))
    assert list(tmp_path.iterdir()) == []


def test_a_failing_sync_leaves_nothing(tmp_path, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="Input/output"):
        write(tmp_path / "a.root", events(3))
    assert list(tmp_path.iterdir()) == []


LIMITED = """
import resource, sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests"]
from tests.detsim.test_eventfile import DETECTED, EventWriter, events, runinfo
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
target = Path(sys.argv[2])
try:
    with EventWriter(target, columns=DETECTED, provenance={}) as writer:
        for i in range(4):
            writer.extend(events(100_000, seed=i))
        writer.finish(runinfo(400_000))
except OSError as error:
    print(error.errno)
print(sorted(path.name for path in target.parent.iterdir()))
"""


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9998])
def test_a_full_disk_is_an_os_error_and_leaves_nothing(tmp_path, tmp_path_factory, share):
    """A limit of the file size stands for the full disk: Python ignores its signal and the write fails."""
    whole = tmp_path_factory.mktemp("whole") / "a.root"
    with EventWriter(whole, columns=DETECTED, provenance={}) as writer:
        for i in range(4):
            writer.extend(events(100_000, seed=i))
        writer.finish(runinfo(400_000))
    limit = int(100 + share * whole.stat().st_size)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", LIMITED, str(root), str(tmp_path / "a.root"), str(limit)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert answer.stdout.split("\n")[:2] == [str(errno.EFBIG), "[]"]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"columns": ["T", "energy"]}, ValueError, "unknown columns energy"),
        ({"precision": "float16"}, ValueError, "float32 or float64"),
        ({"compression": "lzma"}, ValueError, "compression must be one of zstd-1"),
        ({"provenance": {"uuid": "mine"}}, ValueError, "must not hold uuid"),
        ({"provenance": {"seed": float("nan")}}, ValueError, "ready for JSON"),
        ({"provenance": {"card": object()}}, ValueError, "ready for JSON"),
        ({"columns": ["experiment"]}, ValueError, "these events have not"),
        ({"info": runinfo(4)}, ValueError, "n_events is 4, but 3 rows"),
    ],
)
def test_wrong_arguments_are_errors_and_leave_nothing(tmp_path, change, error, message):
    with pytest.raises(error, match=message):
        write(tmp_path / "a.root", events(3), **change)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"directory .*nowhere does not exist"):
        WholeFile(tmp_path / "nowhere" / "a.root")
    with pytest.raises(IsADirectoryError, match="is a directory"):
        WholeFile(tmp_path)


@pytest.mark.parametrize(
    ("columns", "error", "message"),
    [
        ({"n": np.ones(2)}, ValueError, r"missing \['counts'\]"),
        ({"n": np.ones(2), "counts": np.ones((2, 3), "i4")}, TypeError, "n is float64 and would lose"),
        ({"n": np.ones(2, "i8"), "counts": np.ones((2, 3), "i4")}, TypeError, "n is int64 and would lose"),
        ({"n": np.ones(2, "i4"), "counts": np.ones((2, 4), "i4")}, ValueError, r"shape \(4,\)"),
        ({"n": np.ones(2, "i4"), "counts": np.ones((1, 3), "i4")}, ValueError, "differ in length"),
    ],
)
def test_rows_that_do_not_fit_are_refused(tmp_path, columns, error, message):
    branches = {"n": Branch(dtype="int32"), "counts": Branch(dtype="int64", shape=(3,))}
    table = TableWriter(tmp_path / "a.root", "toys", branches, provenance={})
    with pytest.raises(error, match=message), table:
        table.extend(columns)


@pytest.mark.parametrize(("value", "error"), [(float("nan"), ValueError), (True, TypeError)])
def test_a_runinfo_value_that_cannot_be_stored_leaves_nothing(tmp_path, value, error):
    table = TableWriter(tmp_path / "a.root", "toys", {"n": Branch(dtype="int64")}, provenance={})
    with pytest.raises(error, match="runinfo best must be"), table:
        table.finish({"best": value})
    assert list(tmp_path.iterdir()) == []


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


def test_describe_says_what_a_broken_file_lacks(tmp_path, whole):
    (tmp_path / "cut.root").write_bytes(whole.read_bytes()[:-100])
    found = describe(tmp_path / "cut.root")
    assert not found["complete"]
    assert "truncated" in found["problem"]
    with uproot.recreate(tmp_path / "killed.root") as root:
        root.mktree("events", {"T": "f8"})
    found = describe(tmp_path / "killed.root")
    assert (found["kind"], found["complete"]) == ("event file", False)
    assert "incomplete" in found["problem"]
    for text, message in [("{", "not JSON"), ("{}", "no key 'uhi_schema'"), ("", "is empty")]:
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(FileError, match=message):
            describe(tmp_path / "a.json")
    with uproot.recreate(tmp_path / "other.root") as root:
        root["note"] = "text"
    with pytest.raises(FileError, match=r"without a TTree.*note"):
        describe(tmp_path / "other.root")
