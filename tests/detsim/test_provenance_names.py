"""Provenance: parts, exposures, names, and what is read back."""

import errno
import json
import shutil

import numpy as np
import pytest
import uproot
from support.provenance_files import write_events

from detsim.event_files.consistency import contradictions
from detsim.event_files.event_writer import EventFile, FileError
from detsim.event_files.reader import TableFile
from detsim.event_files.writer import Branch, TableWriter


def test_ranges_of_parts():
    """Contract: parts of a merged file add up to it, in rows, ranges and ends."""
    parts = [{"first": 0, "last": 9, "n_rows": 4}, {"first": 20, "last": 29, "n_rows": 5}]
    origin = {"table": "events", "rows": 9, "branches": {}, "command": "simulate", "parts": parts}
    row = {
        "n_events": 9, "n_generated": 20, "sum_w": 9.0, "sum_w2": 9.0, "equivalent_exposure": 1.0,
        "first": 0, "last": 29, "n_experiments": 0, "first_experiment": 0,
    }  # fmt: skip
    assert contradictions("events", origin, row) == []
    assert "first and last 20" in contradictions("events", origin, {**row, "n_generated": 30})[0]
    assert "the parts 0 to 29" in contradictions("events", origin, {**row, "last": 28})[0]
    assert "merged from 9" in contradictions("events", {**origin, "rows": 8}, {**row, "n_events": 8})[0]
    several = {**row, "first": 0, "last": -1, "n_experiments": 20}
    assert contradictions("events", origin, several) == []
    assert "20 pseudo-exp" not in contradictions("events", origin, {**several, "n_experiments": 21})[0]


def test_exposures_of_the_card():
    """Closed form: a whole run has the card's exposure, K pseudo-experiments K times that."""
    origin = {
        "table": "events", "rows": 0, "branches": {}, "command": "simulate",
        "card": {"exposure": {"duration": "20 d"}}, "run": {"first": 0, "events": None, "experiments": 0},
    }  # fmt: skip
    row = {
        "n_events": 0, "n_generated": 3, "sum_w": 0.0, "sum_w2": 0.0, "equivalent_exposure": 1728000.0,
        "first": 0, "last": 2, "n_experiments": 0, "first_experiment": 0,
    }  # fmt: skip
    assert contradictions("events", origin, row) == []
    found = contradictions("events", origin, {**row, "equivalent_exposure": 1728001.0})
    assert found == ["runinfo says an exposure of 1728001 s, the card and the run 1728000 s"]
    part = {**origin, "run": {"first": 0, "events": 3, "experiments": 0}}
    assert contradictions("events", part, {**row, "equivalent_exposure": 17.5}) == []
    several = {**row, "last": -1, "n_experiments": 3}
    assert "an exposure of 1728000 s" in contradictions("events", part, several)[0]
    assert contradictions("events", part, {**several, "equivalent_exposure": 3 * 1728000.0}) == []


def test_a_provenance_without_a_row(tmp_path):
    path = write_events(tmp_path / "a.root")
    other = json.loads(str(uproot.open(write_events(tmp_path / "b.root", seed=2))["provenance"]))
    with uproot.update(path) as out:
        out["provenance"] = json.dumps(other)
    with pytest.raises(FileError, match=r"has a provenance of the run .* of which 'runinfo' has no row"):
        EventFile(path)


@pytest.mark.parametrize("layout", ["ttree", "rntuple"])
def test_what_is_written_is_read_back(tmp_path, monkeypatch, layout):
    """Contract: a file whose table, runinfo or provenance is not what was to be written gets no name."""
    former = write_events(tmp_path / "a.root", layout=layout).read_bytes()
    real = uproot.recreate

    class Wrong:
        """Writes runinfo with another exposure."""

        def __init__(self, *args, **options):
            self.root = real(*args, **options)

        def __getattr__(self, name):
            return getattr(self.root, name)

        def __setitem__(self, name, value):
            self.root[name] = value

        def mktree(self, name, *args, **options):
            tree = self.root.mktree(name, *args, **options)
            if name != "runinfo":
                return tree

            class Tree:
                def extend(self, row):
                    tree.extend({**row, "equivalent_exposure": row["equivalent_exposure"] + 1})

            return Tree()

    monkeypatch.setattr("detsim.event_files.writer.uproot.recreate", Wrong)
    with pytest.raises(
        OSError, match="was not written as it should be: it is damaged: the checksum"
    ) as error:
        write_events(tmp_path / "a.root", layout=layout)
    assert error.value.errno == errno.EIO
    assert (tmp_path / "a.root").read_bytes() == former
    assert [p.name for p in tmp_path.iterdir()] == ["a.root"]


@pytest.mark.parametrize("name", ["K[40]", "a.b", "a/b", "a b", "a:b", "é", "", "a\n"])
def test_names_that_root_reads_as_something_else(tmp_path, name):
    with pytest.raises(ValueError, match="names of branches have only ASCII letters"):
        TableWriter(tmp_path / "a.root", "toys", {name: Branch(dtype="int64")}, provenance={})
    assert not list(tmp_path.iterdir())


def test_a_flipped_calibration(tmp_path):
    """Contract: tables of other kinds, too."""
    branches = {"x": Branch(dtype="float64")}
    with TableWriter(tmp_path / "a.root", "calibration", branches, provenance={"seed": 3}) as table:
        table.extend({"x": np.arange(4.0)})
        table.finish({"n_toys": 1234567})
    with uproot.open(tmp_path / "a.root") as root:
        seek = int(root["runinfo"]["n_toys"].member("fBasketSeek")[0])
    data = bytearray(shutil.copy(tmp_path / "a.root", tmp_path / "b.root").read_bytes())
    at = data.index((1234567).to_bytes(8, "big"), seek)
    data[at + 6] ^= 1
    (tmp_path / "b.root").write_bytes(data)
    with pytest.raises(FileError, match="is damaged: the checksum"):
        TableFile(tmp_path / "b.root", "calibration")
