"""Files of version 0.1.0: read by every command, with a line that their provenance has no checksum."""

import hashlib
import importlib.metadata
import json

import numpy as np
import pytest
import uproot
from support.examples import every
from support.former import ROWS, unpack
from support.invocation import CARD, answer, invoke, refusal

from detsim.event_files.provenance import ChecksumWarning
from macros.card import load_card
from macros.setup.data import load_data

LINE = "its provenance has no checksum"


@pytest.fixture(scope="module")
def former(tmp_path_factory):
    return unpack(tmp_path_factory.mktemp("former"))


def told(*arguments):
    """Run a command that has to succeed and to print the line once; return its JSON."""
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    lines = [line for line in result.stderr.splitlines() if LINE in line]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("warning: ")
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", every(3, ROWS))
def test_all_kinds_are_whole(former, name):
    found = told("inspect", former / f"{name}.root")
    assert found["complete"]
    assert found["provenance_checked"] is False
    assert found["rows"] == ROWS[name]
    assert {run["schema"] for run in found["provenance"]} == {1}
    assert {run["versions"]["nugauge"] for run in found["provenance"]} == {"0.1.0"}
    assert "provenance: without a checksum" in invoke("inspect", former / f"{name}.root").stdout


@pytest.mark.parametrize("name", every(3, ["events", "rntuple", "weighted", "hadded", "merged", "detected"]))
def test_they_are_fitted(former, name):
    """Twin: the counts are those of the columns, binned by NumPy."""
    path = former / f"{name}.root"
    assert told("fit", CARD, path)["valid"]
    card = load_card(CARD)
    with pytest.warns(ChecksumWarning):
        data = load_data(card, str(path))
    with uproot.open(path) as root:
        columns = root["events"].arrays(["T_reco", *(["weight"] if name == "weighted" else [])], library="np")
    weight = columns.get("weight")
    edges = card.experiment.detector.edges
    np.testing.assert_allclose(
        data.histogram.values(), np.histogram(columns["T_reco"], edges, weights=weight)[0], rtol=1e-12
    )


def test_they_are_inputs(former, tmp_path):
    """Contract: true events, pseudo-experiments and tables of calibration go on serving."""
    told("detect", CARD, former / "true.root", "-o", tmp_path / "detected.root")
    told("reweight", former / "detected.root", "--to", CARD, "-o", tmp_path / "weighted.root")
    short = ("--set", "exposure.duration='2 d'")
    told("toys", CARD, *short, "--data", former / "experiments.root", "-o", tmp_path / "toys.root")
    table = former / "calibration.root"
    expected = answer("expect", CARD)
    lines = [
        f"{a},{b},{round(n)}"
        for a, b, n in zip(expected["edges"], expected["edges"][1:], expected["expected"], strict=False)
    ]
    (tmp_path / "data.csv").write_text("\n".join(["low,high,counts", *lines]))
    told("limit", CARD, tmp_path / "data.csv", "--method", "feldman-cousins", "--table", table)
    told("coverage", CARD, "--seed", 1, "-n", 2, "--at", "0", "--table", table, "-o", tmp_path / "c.root")
    made = answer("inspect", tmp_path / "detected.root")
    assert made["provenance_checked"]
    assert made["provenance"][0]["schema"] == 2


def test_old_with_old(former, tmp_path):
    """Contract: a merged file has a checksum of its own, and says that its parts had none."""
    parts = [former / "series-0000.root", former / "series-0001.root"]
    result = invoke("merge", tmp_path / "m.root", *parts)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count(LINE) == 2
    found = told("inspect", tmp_path / "m.root")
    assert found["complete"]
    assert found["provenance_checked"] is False
    (run,) = found["provenance"]
    assert run["schema"] == 2
    assert [part["schema"] for part in run["parts"]] == [1, 1]
    text = invoke("inspect", tmp_path / "m.root").stderr
    assert f"{LINE} for files that it was merged from, written before version 0.2.0" in text
    again = told("merge", tmp_path / "again.root", tmp_path / "m.root")
    assert again["n_rows"] == ROWS["merged"]
    assert [p["schema"] for p in told("inspect", tmp_path / "again.root")["provenance"][0]["parts"]] == [1, 1]


def test_old_with_new(former, tmp_path):
    """Contract: two versions are joined by --mixed only; which parts had a checksum is kept."""
    new = tmp_path / "new.root"
    answer("simulate", CARD, "--seed", 5, "--first", 300, "--events", 100, "-o", new)
    pair = (former / "merged.root", new)
    version = importlib.metadata.version("nugauge")
    assert f"version of nugauge: {version}, not 0.1.0" in refusal_with_line(
        "merge", tmp_path / "m.root", *pair
    )
    told("merge", tmp_path / "m.root", *pair, "--mixed")
    parts = told("inspect", tmp_path / "m.root")["provenance"][0]["parts"]
    assert [(p["first"], p["schema"]) for p in parts] == [(0, 1), (150, 1), (300, 2)]


def refusal_with_line(*arguments):
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stderr.count(LINE) == 1
    return result.stderr


def test_a_schema_that_is_not_known(tmp_path):
    """Contract: what a newer version may mean is not guessed."""
    path, newer = tmp_path / "a.root", tmp_path / "b.root"
    answer("simulate", CARD, "--seed", 1, "--events", 50, "-o", path)
    with uproot.open(path) as root, uproot.recreate(newer) as out:
        document = json.loads(str(root["provenance"]))
        for name in ("events", "runinfo"):
            columns = root[name].arrays(library="np")
            types = {k: "string" if v.dtype == object else v.dtype for k, v in columns.items()}
            out.mktree(name, types).extend({k: list(v) for k, v in columns.items()})
        out["provenance"] = json.dumps({**document, "schema": 7})
    for command in (("inspect",), ("fit", CARD), ("rerun",)):
        assert "states the schema 7, and this version reads 1 and 2" in refusal(*command, newer)


def altered(path, other, change):
    """Copy a file of schema 1 with other columns and another provenance."""
    with uproot.open(path) as root, uproot.recreate(other) as out:
        document = json.loads(str(root["provenance"]))
        tables = {name: root[name].arrays(library="np") for name in ("events", "runinfo")}
        change(document, tables["events"])
        for name, columns in tables.items():
            types = {k: "string" if v.dtype == object else v.dtype for k, v in columns.items()}
            out.mktree(name, types).extend({k: list(v) for k, v in columns.items()})
        for name, branch in document["branches"].items():
            column = tables["events"][name]
            branch["sha256"] = hashlib.sha256(
                column.astype(column.dtype.newbyteorder("<")).tobytes()
            ).hexdigest()
        out["provenance"] = json.dumps(document)
    return other


def test_rerun_names_the_version(former, tmp_path):
    """Contract: where another version makes something else, versions and the changelog are named."""
    version = importlib.metadata.version("nugauge")

    def change(_, columns):
        columns["T_reco"][17] *= 1 + 2**-20

    path = altered(former / "events.root", tmp_path / "a.root", change)
    result = invoke("rerun", path)
    assert result.exit_code == 1
    assert f"    nugauge: 0.1.0 stored, {version} now" in result.stdout
    assert (
        f"is not the same: it was made by nugauge 0.1.0, and this is nugauge {version}; CHANGELOG.md lists "
        'under "Changed results"' in result.stderr
    )
    found = json.loads(invoke("rerun", path, "--json").stdout)
    assert found["runs"][0]["origin"]["nugauge"] == ["0.1.0", version]
    assert "T_reco" in found["runs"][0]["differ"]
    path = altered(former / "events.root", tmp_path / "b.root", lambda d, _: d["card"].pop("detector"))
    words = refusal_with_line("rerun", path)
    assert f"detector: is missing (it was made by nugauge 0.1.0, this is {version})" in words


def test_rerun_of_what_was_merged_later(former, tmp_path):
    """Contract: who made the rows is compared, not who merged them."""
    parts = [former / "series-0000.root", former / "series-0001.root"]
    assert invoke("merge", tmp_path / "m.root", *parts).exit_code == 0
    found = json.loads(invoke("rerun", tmp_path / "m.root", "--json").stdout)
    assert found["runs"][0]["origin"]["nugauge"] == ["0.1.0", importlib.metadata.version("nugauge")]


@pytest.mark.parametrize("name", every(2, ["decaying", "toys", "calibration", "rntuple", "experiments"]))
def test_they_can_be_made_again(former, name):
    """Contract: the same, or the versions are named as what differs."""
    result = invoke("rerun", former / f"{name}.root")
    assert "nugauge: 0.1.0 stored" in result.stdout
    assert result.exit_code == 0 or "it was made by nugauge 0.1.0, and this is" in result.stderr
