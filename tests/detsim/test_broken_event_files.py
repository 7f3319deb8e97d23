"""Event files that are broken or cannot be written: faults are found, and a stopped run leaves nothing."""

import errno
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import uproot
from support.examples import every
from support.small_event_files import DETECTED, events, runinfo, write

from detsim.event_files.event_writer import EventFile, EventWriter, FileError
from detsim.event_files.inspect import describe
from detsim.event_files.writer import BASKET_ROWS, Branch, TableWriter
from detsim.files.atomic import WholeFile


@pytest.fixture
def whole(tmp_path):
    return write(tmp_path / "events.root", events(1000))


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
from detsim.event_files.event_writer import EventWriter
from support.small_event_files import DETECTED, events, runinfo
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


@pytest.mark.parametrize("share", every(3, [0.0, 0.3, 0.9998]))
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
