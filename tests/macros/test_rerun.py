"""`nugauge rerun`: files of every kind made again, and its messages where they differ."""

import json
import shutil

import numpy as np
import pytest
import uproot
from support.examples import every, few
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files import environment as origin
from detsim.event_files.event_writer import EventFile
from detsim.event_files.reader import TableFile
from detsim.event_files.writer import Branch, TableWriter
from macros.commands.rerun import reason

AUTO = ("--set", "model.generate_above=auto")
COLUMNS = ("--set", 'run.columns=["vertex", "time"]')
SIGMA = "energy,sigma\n0,5\n1000,60\n"


def make(folder, name):
    """Make a file; the true events and stored experiments that others read are there."""
    path = folder / f"{name}.root"
    true, stored, table = folder / "true.root", folder / "stored.root", folder / "table.root"
    arguments = {
        "simulate": ("simulate", CARD, "--seed", 3, *AUTO, *COLUMNS),
        "slice": ("simulate", CARD, "--seed", 3, "--first", 50, "--events", 2000, "--threads", 1),
        "experiments": ("simulate", CARD, "--seed", 3, "--first", 2, "--experiments", 3),
        "generate": ("generate", CARD, "--seed", 3, "--events", 500),
        "one of two": ("simulate", "borexino-hellaz-cr51", "--of", "HELLAZ", "--seed", 2),
        "detect": ("detect", CARD, true),
        "reweight": ("reweight", true, "--to", CARD, "--set", "model.gamma=0.1", "--gamma-templates"),
        "toys": ("toys", CARD, "--seed", 3, "--first", 4, "-n", 30, "--level", 0.9, "--audit", 2),
        "toys of events": ("toys", CARD, "--seed", 3, "-n", 5, "--toys-at", "events", "--no-fit"),
        "toys of two": ("toys", "borexino-hellaz-cr51", "--seed", 3, "-n", 5),
        "toys of data": ("toys", CARD, "--data", stored),
        "coverage": ("coverage", CARD, "--seed", 3, "-n", 20, "--at", "0,0.2", "--method", "minos"),
        "coverage by a table": ("coverage", CARD, "--seed", 3, "-n", 20, "--at", "0,0.2", "--table", table),
        "calibrate": ("calibrate", CARD, "--seed", 3, "-n", 50, "--at", "0:0.4:5"),
    }
    path.unlink(missing_ok=True)
    answer(*arguments[name], "-o", path)
    return path


NAMES = (
    "simulate", "slice", "experiments", "generate", "one of two", "detect", "reweight", "toys",
    "toys of events", "toys of two", "toys of data", "coverage", "coverage by a table", "calibrate",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("rerun")
    answer("generate", CARD, "--seed", 7, "-o", path / "true.root")
    answer("simulate", CARD, "--seed", 7, "--experiments", 3, "-o", path / "stored.root")
    answer("calibrate", CARD, "--seed", 9, "-n", 200, "--at", "0:0.4:5", "-o", path / "table.root")
    return path


@pytest.mark.parametrize("name", few(NAMES, "simulate", "toys", "calibrate"))
def test_files_of_every_command(folder, name):
    """Contract: a file can be made again from itself alone, to the bit."""
    path = make(folder, name)
    before = sorted(folder.iterdir())
    found = answer("rerun", path)
    assert found["identical"] is True
    assert found["damaged"] == []
    assert found["output"] is None
    (run,) = found["runs"]
    with TableFile(path, path_tree(path)) as table:
        assert run["branches"] == len(table.branches)
        assert run["rows"] == [table.n_rows, table.n_rows]
    assert run["differ"] == []
    assert run["origin"] == {}
    assert sorted(folder.iterdir()) == before
    if name in {"simulate", "toys"}:
        assert f"{path}: identical" in invoke("rerun", path).stdout


def path_tree(path):
    with uproot.open(path) as file:
        return next(name for name in ("events", "toys", "calibration") if name in file)


@pytest.mark.long
def test_what_is_kept_is_a_file_of_its_own(folder):
    """Contract: with -o the file is there, whole, and can be made again itself."""
    for name in ("toys", "simulate", "calibrate"):
        path, other = make(folder, name), folder / f"kept-{name}.root"
        assert answer("rerun", path, "-o", other)["output"] == str(other)
        with TableFile(path, path_tree(path)) as a, TableFile(other, path_tree(path)) as b:
            assert a.provenances[0]["card"] == b.provenances[0]["card"]
            assert a.rows[0].keys() == b.rows[0].keys()
            for key in a.rows[0].keys() - {"uuid"}:
                assert a.rows[0][key] == b.rows[0][key]
            for column, values in a.arrays().items():
                np.testing.assert_array_equal(values, b.arrays()[column])
        assert answer("rerun", other)["identical"]
    assert "is the file that is read" in refusal("rerun", path, "-o", path)


def altered(path, other, change):
    """Copy a file with another provenance."""
    with TableFile(path, "events") as table:
        document, row, columns = dict(table.provenances[0]), dict(table.rows[0]), table.arrays()
    branches = {n: Branch(dtype=b["dtype"], shape=tuple(b["shape"])) for n, b in document["branches"].items()}
    change(document, columns)
    kept = {
        k: v
        for k, v in document.items()
        if k not in {*origin.origin(), "branches", "table", "schema", "uuid", "rows", "digest"}
    }
    with TableWriter(other, "events", branches, provenance=kept) as writer:
        writer.extend(columns)
        writer.finish(row)


def failed(path, *options):
    result = invoke("rerun", path, *options, "--json")
    assert result.exit_code == 1, result.output
    return json.loads(result.stdout), result.stderr


def test_what_differs_is_named(folder):
    """Contract: branches of other bytes, and another number of rows."""
    path, other = make(folder, "slice"), folder / "altered.root"

    def change(_, columns):
        columns["T_reco"][17] *= 1 + 2**-20

    altered(path, other, change)
    found, message = failed(other)
    assert found["identical"] is False
    assert found["runs"][0]["differ"] == ["T_reco"]
    assert found["damaged"] == []
    assert "is not the same" in message
    text = invoke("rerun", other).stdout
    assert "NOT identical" in text
    assert "T_reco" in text

    def another_seed(document, _):
        document["seed"] = 4

    altered(path, other, another_seed)
    found, _ = failed(other)
    assert {"T", "T_reco", "event"} <= set(found["runs"][0]["differ"])
    assert found["runs"][0]["rows"][0] != found["runs"][0]["rows"][1]


def test_other_versions_are_named(folder, monkeypatch):
    """Contract: possible reasons are listed, whether the branches are equal or not."""
    path = make(folder, "slice")
    now = origin.origin()
    features = [*now["cpu"]["features"][1:], "avx9"]
    other = {
        **now,
        "versions": {**now["versions"], "numpy": "9.9"},
        "cpu": {"name": "another", "features": features},
        "git": {"commit": "0" * 40, "modified": False},
    }
    monkeypatch.setattr("detsim.event_files.writer.origin", lambda: other)
    found = answer("rerun", path)
    assert found["identical"]
    assert found["runs"][0]["origin"] == {
        "numpy": [now["versions"]["numpy"], "9.9"],
        "git": [now["git"], other["git"]],
        "cpu": [now["cpu"]["name"], "another"],
        "cpu features": [[now["cpu"]["features"][0]], ["avx9"]],
    }
    assert f"numpy: {now['versions']['numpy']} stored, 9.9 now" in invoke("rerun", path).stdout


def test_an_input_that_is_elsewhere(folder, tmp_path):
    """Contract: an input is recognised by its uuid; its path can be given."""
    true, path = tmp_path / "true.root", tmp_path / "reco.root"
    shutil.copy(folder / "true.root", true)
    answer("detect", CARD, true, "-o", path)
    moved = true.rename(tmp_path / "moved.root")
    message = refusal("rerun", path)
    assert "is the input, and there is no such file; say where it is with --input FILE" in message
    assert answer("rerun", path, "--input", moved)["identical"]
    answer("generate", CARD, "--seed", 8, "-o", true, "--force")
    assert "is not the input: that was the run" in refusal("rerun", path)
    assert "read no file but those that its card names" in refusal("rerun", true, "--input", moved)


def test_a_table_that_has_changed(tmp_path):
    """Contract: the SHA-256 of the files that a card names are those of the run."""
    sigma, path = tmp_path / "sigma.csv", tmp_path / "events.root"
    sigma.write_text(SIGMA)
    answer(
        "simulate", CARD, "--seed", 1, "-o", path,
        "--set", f"detector.resolution={{ table = '{sigma}', unit = 'keV' }}",
    )  # fmt: skip
    assert answer("rerun", path)["identical"]
    sigma.write_text(SIGMA.replace("60", "61"))
    assert "has changed: its SHA-256 is" in refusal("rerun", path)


def test_merged_files(folder, tmp_path):
    """Contract: every run of a merged file is made again by itself."""
    names = []
    for first in (0, 300):
        names.append(tmp_path / f"{first}.root")
        answer("simulate", CARD, "--seed", 3, "--first", first, "--events", 300, "-o", names[-1])
    merged = tmp_path / "merged.root"
    join(merged, names)
    with EventFile(merged) as file:
        assert len(file.rows) == 2
    found = answer("rerun", merged)
    assert found["identical"]
    assert [run["identical"] for run in found["runs"]] == [True, True]
    assert "goes with a file of one run" in refusal("rerun", merged, "-o", tmp_path / "x.root")


@pytest.mark.parametrize(
    "made",
    every(
        2,
        [
            ("simulate", CARD, "--seed", 3, "--events", 300),
            ("simulate", CARD, "--seed", 3, "--experiments", 2),
            pytest.param(("toys", CARD, "--seed", 3, "-n", 20), marks=pytest.mark.long),
        ],
    ),
    ids=["events", "experiments", "toys"],
)
def test_files_of_merge(made, tmp_path):
    """Contract: slices that were merged are made again in one run; with gaps they are not."""
    *command, n = made
    names = [tmp_path / f"{i}.root" for i in range(3)]
    for i, name in enumerate(names):
        answer(*command, n, "--first", i * n, "-o", name)
    answer("merge", tmp_path / "two.root", *names[1:])
    found = answer("rerun", tmp_path / "two.root")
    assert found["identical"]
    assert len(found["runs"]) == 1
    if "--experiments" not in command:
        answer("merge", tmp_path / "gap.root", names[0], names[2])
        assert "joined from files that have gaps" in refusal("rerun", tmp_path / "gap.root")


def join(path, names):
    """Put trees side by side, and every provenance, as hadd does."""
    with uproot.recreate(path) as out:
        for tree in ("events", "runinfo"):
            parts = [uproot.open(name)[tree].arrays(library="np") for name in names]
            types = {k: ("string" if v.dtype == object else v.dtype) for k, v in parts[0].items()}
            made = out.mktree(tree, types)
            for part in parts:
                made.extend({k: (list(v) if v.dtype == object else v) for k, v in part.items()})
        for name in names:
            with uproot.open(name) as file:
                out["provenance"] = str(file["provenance"])


def test_what_cannot_be_made_again(folder, tmp_path):
    """Contract: one message lists all that is missing."""
    path, other = make(folder, "slice"), tmp_path / "other.root"
    altered(path, other, lambda document, _: document.pop("run"))
    assert "its provenance has no 'run'" in refusal("rerun", other)
    altered(path, other, lambda document, _: document.update(command="dream"))
    assert "a file of 'dream' cannot be made again" in refusal("rerun", other)
    other.unlink()
    answer("calibrate", CARD, path, "-n", 20, "--at", "0,0.2", "-o", other, "--seed", 1)
    assert "the calibration was made for data" in refusal("rerun", other)
    text = tmp_path / "events.txt"
    text.write_text("no")
    assert "is not a ROOT file" in refusal("rerun", text)
    assert "there is no such file" in refusal("rerun", tmp_path / "none.root")


def test_processor_is_named_as_the_cause():
    """Contract: of runs that differ, not of others."""
    run = {"identical": False, "origin": {"cpu": ["generic", "znver5"]}}
    text = "it was compiled for the processor generic, and this one is znver5: the last bits depend on it"
    assert reason([run]) == f": {text}"
    assert reason([{**run, "identical": True}]) == ""
    both = {**run, "origin": {"nugauge": ["0.1.0", "0.2.0"], **run["origin"]}}
    assert reason([both]).endswith(f"and why; {text}")
