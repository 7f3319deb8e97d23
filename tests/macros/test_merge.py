"""Merged files of one campaign: the single file, or a message that says why not."""

import json
from itertools import pairwise

import numpy as np
import pytest
from support.campaigns import digests
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal
from support.joining import merge

from detsim.event_files.event_writer import EventFile
from detsim.event_files.inspect import describe
from detsim.event_files.reader import TableFile
from simgen.events import COLUMNS

FULL = (
    "--set", 'run.columns=["vertex", "time", "cos_theta", "direction"]',
    "--set", "detector.distance={edges=['5 m', '8 m', '11 m'], resolution='15 cm'}",
)  # fmt: skip
"""A card with backgrounds, places, times, and all columns."""


def slices(directory, total, number, *arguments, option="--events", command="simulate", card=CARD):
    """Make a run in slices of unequal length."""
    ends = [0, *(total * (2 * i + 1) // (2 * number) for i in range(1, number)), total]
    files = []
    for i, (first, last) in enumerate(pairwise(ends)):
        files.append(directory / f"{command}-{9 - i}.root")
        where = ("-n" if command == "toys" else option, last - first, "--first", first, "-o", files[-1])
        answer(command, card, *arguments, *where, "--seed", 5)
    return files


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """Five files of 400 events each."""
    directory = tmp_path_factory.mktemp("campaign")
    answer(
        "simulate", CARD, "--seed", 5, "--events", 2000, "--events-per-file", 400, "-o", directory / "x.root"
    )
    return directory


def test_five_slices_are_the_whole(tmp_path):
    """Contract: bit by bit, by the SHA-256 of each branch, for a card with every feature."""
    whole, merged = tmp_path / "whole.root", tmp_path / "merged.root"
    parts = slices(tmp_path, 30_000, 5, *FULL)
    answer("simulate", CARD, *FULL, "--seed", 5, "--events", 30_000, "-o", whole)
    found = answer("merge", merged, *parts)
    expected = digests(whole)
    assert set(expected) == set(COLUMNS) - {"experiment", "weight", "weight_A", "weight_B", "weight_C"}
    assert digests(merged) == expected
    assert found == {
        "file": str(merged), "kind": "events", "n_files": 5, "n_rows": describe(whole)["rows"],
        "first": 0, "last": 29_999, "gaps": [],
    }  # fmt: skip
    with EventFile(whole) as a, EventFile(merged) as b:
        (one,), (other,) = a.rows, b.rows
        assert other.equivalent_exposure == pytest.approx(one.equivalent_exposure, rel=1e-12)
        for name in ("n_events", "n_generated", "sum_w", "sum_w2", "first", "last", "cross_section"):
            assert getattr(other, name) == getattr(one, name)
        uuids = [p["uuid"] for p in b.provenance["parts"]]
        backgrounds = np.count_nonzero(b.arrays(["component"])["component"])
    assert backgrounds > 100
    assert uuids == [EventFile(path).rows[0].uuid for path in parts]
    fits = [answer("fit", CARD, *FULL, path)["parameters"]["gamma"] for path in (whole, merged)]
    # exposures are the same to rounding, minima to the tolerance of MINUIT
    assert fits[0]["value"] == pytest.approx(fits[1]["value"], abs=1e-6 * fits[0]["error"])


@pytest.mark.parametrize("command", every(2, ["generate", "simulate"]))
def test_a_series_of_a_poisson_run(tmp_path, command):
    """Contract: merged, it is the single file, with its exposure."""
    whole, merged = tmp_path / "whole.root", tmp_path / "merged.root"
    run = (CARD, "--seed", 5, "--set", "run.format=rntuple")
    answer(command, *run, "-o", whole)
    made = answer(command, *run, "-o", tmp_path / "x.root", "--events-per-file", 1000)
    answer("merge", merged, *reversed(made["files"]), "--complete")
    assert digests(merged) == digests(whole)
    assert describe(merged)["format"] == "rntuple"
    with EventFile(merged) as file:
        assert file.runinfo.equivalent_exposure == pytest.approx(100 * 86400, rel=1e-12)


def test_experiments(tmp_path):
    """Contract: slices of pseudo-experiments are the set, and a missing one is refused."""
    whole, merged = tmp_path / "whole.root", tmp_path / "merged.root"
    parts = slices(tmp_path, 7, 3, option="--experiments")
    answer("simulate", CARD, "--seed", 5, "--experiments", 7, "-o", whole)
    answer("merge", merged, *parts)
    assert digests(merged) == digests(whole)
    with EventFile(whole) as a, EventFile(merged) as b:
        assert b.experiments.tolist() == list(range(7))
        assert b.jagged("T_reco").to_list() == a.jagged("T_reco").to_list()
        assert b.runinfo.equivalent_exposure == pytest.approx(7 * 100 * 86400, rel=1e-12)
    words = refusal("merge", tmp_path / "x.root", parts[0], parts[2])
    assert "pseudo-experiments 3 to 4 are in none of the files" in words


@pytest.mark.long
def test_toys(tmp_path):
    """Contract: toy files, too; failed and retried toys are added up, and each part keeps its audit."""
    whole, merged = tmp_path / "whole.root", tmp_path / "merged.root"
    parts = slices(tmp_path, 60, 3, command="toys")
    answer("toys", CARD, "-n", 60, "-o", whole, "--seed", 5)
    answer("merge", merged, *parts)
    assert digests(merged) == digests(whole)
    with TableFile(whole, "toys") as a, TableFile(merged, "toys") as b:
        for name in ("n_toys", "first", "last"):
            assert a.rows[0][name] == b.rows[0][name]
        origin = b.provenances[0]
        assert origin["n_failed"] == a.provenances[0]["n_failed"]
        assert origin["n_retried"] == a.provenances[0]["n_retried"]
        audits = [part["audit"] for part in origin["parts"]]
        assert [audit["n"] - audit["n_worst"] for audit in audits] == [20, 20, 10]


@pytest.mark.long
def test_weighted_and_detected_files(tmp_path, campaign):
    """Contract: detect and reweight give the same on parts, merged afterwards, as on the merged file."""
    results = {}
    for name in ("parts", "all"):
        directory = tmp_path / name
        directory.mkdir()
        run = (CARD, "--seed", 5, "--events", 900)
        true = answer("generate", *run, "-o", directory / "t.root", "--events-per-file", 300)["files"]
        if name == "all":
            answer("merge", directory / "true.root", *true)
            true = [directory / "true.root"]
        made = []
        for i, file in enumerate(true):
            reco, weighted = directory / f"r{i}.root", directory / f"w{i}.root"
            answer("detect", CARD, file, "-o", reco)
            answer("reweight", reco, "--to", CARD, "--set", "model.gamma=0.2", "-o", weighted)
            made.append(weighted)
        answer("merge", directory / "m.root", *made)
        with EventFile(directory / "m.root") as file:
            results[name] = (file.arrays(), file.runinfo.sum_w)
        digests(directory / "m.root")
    (parts, sum_parts), (all_, sum_all) = results["parts"], results["all"]
    assert list(parts) == list(all_)
    for column in parts:
        np.testing.assert_allclose(parts[column], all_[column], rtol=1e-12 if column == "weight" else 0)
    assert sum_parts == pytest.approx(sum_all, rel=1e-12)
    assert sum_parts == pytest.approx(parts["weight"].sum(), rel=1e-12)


def test_what_hadd_joined_is_merged_too(tmp_path, campaign):
    """Contract: a file of several runs is taken apart."""
    files = sorted(campaign.iterdir())
    joined = merge(tmp_path / "hadd.root", files[3], files[0])
    answer("merge", tmp_path / "all.root", joined, *(files[i] for i in (1, 2, 4)))
    answer("simulate", CARD, "--seed", 5, "--events", 2000, "-o", tmp_path / "whole.root")
    assert digests(tmp_path / "all.root") == digests(tmp_path / "whole.root")


def test_json_is_alone(tmp_path, campaign):
    result = invoke("merge", tmp_path / "x.root", *sorted(campaign.iterdir()), "--json")
    assert json.loads(result.stdout)["n_files"] == 5
