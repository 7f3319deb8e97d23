"""`nugauge export` of files in which ROOT's hadd put several runs."""

import json

import numpy as np
import pytest
from support.examples import few
from support.invocation import CARD, answer, refusal
from support.joining import merge

from detsim.event_files.event_reader import EventFile

RUN = (CARD, "--columns", "vertex,direction", "--events", 300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of two seeds, of two models and of two detectors, in one file each."""
    path = tmp_path_factory.mktemp("joined")
    for name, *options in (
        ("a", "--seed", 1),
        ("b", "--seed", 2),
        ("model", "--seed", 3, "--set", "model.gamma=0.1"),
        ("heavy", "--seed", 4, "--set", "detector.mass=50 t"),
    ):
        answer("generate", *RUN, *options, "-o", path / f"{name}.root")
    for other in ("b", "model", "heavy"):
        merge(path / f"a-{other}.root", path / "a.root", path / f"{other}.root")
    return path


@pytest.mark.parametrize("joined", few(["a-b", "a-model"], "a-model"))
def test_rows_say_of_which_run_they_are(folder, tmp_path, joined):
    """Twin: the rows of each number are those of its run, which the provenance has at this place."""
    for format, read in (("csv", read_csv), ("parquet", read_parquet)):
        output = tmp_path / f"out.{format}"
        answer("export", folder / f"{joined}.root", "--format", format, "-o", output)
        columns, provenance = read(output)
        assert np.unique(columns["run"]).tolist() == [1, 2]
        for number, origin in enumerate(provenance, start=1):
            (name,) = (n for n in ("a", "b", "model") if uuid(folder / f"{n}.root") == origin["uuid"])
            with EventFile(folder / f"{name}.root") as file:
                stored = file.arrays(["event", "T"])
            of_run = np.asarray(columns["run"]) == number
            np.testing.assert_array_equal(np.asarray(columns["event"])[of_run], stored["event"])
            np.testing.assert_array_equal(np.asarray(columns["T"])[of_run], stored["T"])


def test_one_run_needs_no_number(folder, tmp_path):
    answer("export", folder / "a.root", "--format", "csv", "-o", tmp_path / "a.csv")
    assert "run" not in read_csv(tmp_path / "a.csv")[0].dtype.names


def test_what_cannot_be_told_apart_is_refused(folder, tmp_path):
    """Contract. Formats without a column, and runs of different detectors, in any format."""
    for format in ("nuhepmc", "gst", "hepevt --dialect geant4", "hepevt --dialect canonical"):
        told = refusal("export", folder / "a-b.root", "--format", *format.split(), "-o", tmp_path / "x.root")
        assert "choose parquet or csv, which have a column 'run'" in " ".join(told.split())
    for format in ("csv", "parquet", "root"):
        name = "gst" if format == "root" else format
        told = refusal("export", folder / "a-heavy.root", "--format", name, "-o", tmp_path / f"x.{format}")
        assert "joins runs of different experiments (detector.mass: " in " ".join(told.split())
    told = refusal("export", folder / "a.root", folder / "b.root", "--format", "csv", "-o", tmp_path / "x")
    assert "seed: 2, not 1" in told
    assert not list(tmp_path.iterdir())


def uuid(path):
    with EventFile(path) as file:
        return file.rows[0].uuid


def read_csv(path):
    lines = path.read_text().splitlines()
    provenance = next(line for line in lines if line.startswith("# provenance: "))
    table = np.genfromtxt([line for line in lines if line[0] != "#"], delimiter=",", names=True)
    return table, json.loads(provenance.removeprefix("# provenance: "))


def read_parquet(path):
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(path)
    assert table.schema.field("run").metadata[b"description"]
    provenance = json.loads(table.schema.metadata[b"nugauge.provenance"])
    return {name: table[name].to_numpy() for name in table.column_names}, provenance
