"""Files of one campaign, joined: what they were before, or a message that says why not."""

import json
from itertools import chain, pairwise

import numpy as np
import pytest
import uproot
from support.invocation import CARD, answer, invoke, refusal, start
from support.joining import merge

from detsim.event_files.event_writer import EventFile
from detsim.event_files.inspect import describe
from detsim.event_files.reader import TableFile
from simgen.events import COLUMNS

FULL = (
    "--set", 'run.columns=["vertex", "time", "cos_theta"]',
    "--set", "detector.distance={edges=['5 m', '8 m', '11 m'], resolution='15 cm'}",
)  # fmt: skip
"""A card with backgrounds, places, times, and all columns."""


def digests(path):
    """The stored SHA-256 of each branch, which have to be those of the rows."""
    document = describe(path, check_hashes=True)
    assert document["complete"]
    assert len(document["runs"]) == 1
    return {name: branch["sha256"] for name, branch in document["branches"].items()}


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
    """Contract: bit by bit, by the SHA-256 of each branch, of a card that has everything."""
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


@pytest.mark.parametrize("command", ["generate", "simulate"])
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


def test_weighted_and_detected_files(tmp_path, campaign):
    """Contract: what detect and reweight made of the parts is, merged, what they make of the merged file."""
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


def test_gaps(tmp_path, campaign):
    """Contract: said, and refused on demand; a gap can be filled later."""
    files = sorted(campaign.iterdir())
    some, rest = tmp_path / "some.root", tmp_path / "rest.root"
    result = invoke("merge", some, files[4], files[1], files[2])
    assert result.exit_code == 0
    assert "warning: events 1200 to 1599 are in none of the files; the exposure is" in result.stderr
    with EventFile(some) as file:
        assert (file.rows[0].first, file.rows[0].last, file.rows[0].n_generated) == (400, 1999, 1200)
        event = file.arrays(["event"])["event"]
        assert (np.diff(event) > 0).all()
        part = file.runinfo.equivalent_exposure
    words = refusal("merge", rest, files[1], files[2], "--complete")
    assert "begins at 400: events 0 to 399 are in none of the files" in words
    words = refusal("merge", rest, files[0], files[2], "--complete")
    assert f"{files[2]}: begins at 800: events 400 to 799 are in none" in words
    assert not rest.exists()
    found = answer("merge", rest, files[0], some, files[3], "--complete")
    assert found["gaps"] == []
    whole = tmp_path / "whole.root"
    answer("simulate", CARD, "--seed", 5, "--events", 2000, "-o", whole)
    assert digests(rest) == digests(whole)
    with EventFile(rest) as file:
        assert file.runinfo.equivalent_exposure == pytest.approx(part * 2000 / 1200, rel=1e-12)
        assert [p["file"] for p in file.provenance["parts"]] == [f.name for f in files]


def test_what_hadd_joined_is_merged_too(tmp_path, campaign):
    """Contract: a file of several runs is taken apart."""
    files = sorted(campaign.iterdir())
    joined = merge(tmp_path / "hadd.root", files[3], files[0])
    answer("merge", tmp_path / "all.root", joined, *(files[i] for i in (1, 2, 4)))
    answer("simulate", CARD, "--seed", 5, "--events", 2000, "-o", tmp_path / "whole.root")
    assert digests(tmp_path / "all.root") == digests(tmp_path / "whole.root")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--seed", 6), "run.seed: 6, not 5"),
        (("--set", "model.gamma=0.1"), "model.gamma: 0.1, not 0.0"),
        (("--set", "detector.threshold=200 keV"), "detector.threshold: '200 keV', not '250 keV'"),
        (("--set", "run.precision=float64"), "branch T: float64, not float32"),
        (("--set", 'run.columns=["time"]'), "branch time: float64, not nothing"),
        (("--first", 1999), "holds events 1999 to 1999, which"),
    ],
)
def test_others_do_not_join(tmp_path, campaign, arguments, words):
    """Contract: the message names the file and every key that differs; nothing is written."""
    other = tmp_path / "other.root"
    given = {"--first": 5000, "--seed": 5, arguments[0]: arguments[1]}
    answer("simulate", CARD, *chain(*given.items()), "-o", other, "--events", 100)
    message = refusal("merge", tmp_path / "x.root", *sorted(campaign.iterdir()), other)
    assert message.startswith(f"error: {other}: ")
    assert words in message
    assert [p.name for p in tmp_path.iterdir()] == ["other.root"]


def test_settings_that_change_no_event_may_differ(tmp_path, campaign):
    first = sorted(campaign.iterdir())[0]
    other = tmp_path / "other.root"
    settings = ("run.compression=none", "run.format=rntuple", "run.threads=1", "exposure.duration=2400 h")
    sets = [word for setting in settings for word in ("--set", setting)]
    answer("simulate", CARD, "--seed", 5, "--first", 400, "--events", 100, "-o", other, *sets)
    answer("merge", tmp_path / "x.root", first, other)
    assert describe(tmp_path / "x.root")["format"] == "ttree"


@pytest.mark.parametrize("change", ["versions", "features", "commit"])
def test_other_versions_join_on_demand(tmp_path, monkeypatch, change):
    """Contract: refused with what differs; --mixed joins them, and each part says what made it."""
    from detsim.event_files import environment as module

    def true_origin(original=module.origin):
        # an installation may know no commit
        return original() | {"git": {"commit": "def", "modified": False}}

    first, other = tmp_path / "first.root", tmp_path / "other.root"

    def changed():
        found = true_origin()
        if change == "versions":
            found["versions"] = {**found["versions"], "numpy": "1.0"}
        elif change == "features":
            found["cpu"] = {"name": "old", "features": ["fpu87", *found["cpu"]["features"][1:]]}
        else:
            found["git"] = {"commit": "abc", "modified": False}
        return found

    for path, origin in ((first, true_origin), (other, changed)):
        with monkeypatch.context() as patch:
            patch.setattr("detsim.event_files.writer.origin", origin)
            start = 0 if path == first else 5000
            answer("simulate", CARD, "--seed", 5, "--first", start, "--events", 100, "-o", path)
    words = {
        "versions": "version of numpy: 1.0, not",
        "features": f"without {true_origin()['cpu']['features'][0]}, with fpu87",
        "commit": "git commit: abc, not def",
    }[change]
    message = refusal("merge", tmp_path / "x.root", first, other)
    assert words in message
    assert "--mixed" in message
    answer("merge", tmp_path / "x.root", first, other, "--mixed")
    with EventFile(tmp_path / "x.root") as file:
        makers = [part["made_by"] for part in file.provenance["parts"]]
    assert makers[0] != makers[1]


def test_twice(tmp_path, campaign):
    files = sorted(campaign.iterdir())
    assert "was given twice" in refusal("merge", tmp_path / "x.root", files[0], files[1], files[0])
    answer("merge", tmp_path / "ab.root", *files[:2])
    message = refusal("merge", tmp_path / "x.root", tmp_path / "ab.root", files[1])
    assert message.startswith(f"error: {files[1]}: holds a run that {tmp_path / 'ab.root'} holds too")


def test_an_input_is_never_written(tmp_path, campaign):
    """Contract: not with --force either."""
    files = sorted(campaign.iterdir())
    before = files[0].read_bytes()
    assert "write to another" in refusal("merge", files[0], files[1], files[0], "--force")
    link = tmp_path / "link.root"
    link.symlink_to(files[0])
    assert "write to another" in refusal("merge", link, *files, "--force")
    assert files[0].read_bytes() == before


def test_broken_inputs(tmp_path, campaign):
    """Contract: one message with the file's name, status 2, and nothing is left."""
    files = sorted(campaign.iterdir())
    cut, foreign, spoilt = (tmp_path / f"{name}.root" for name in ("cut", "foreign", "spoilt"))
    cut.write_bytes(files[1].read_bytes()[:-100])
    with uproot.recreate(foreign) as root:
        root["note"] = "nothing of ours"
    answer("simulate", CARD, "--seed", 5, "--first", 9000, "--events", 3000, "-o", spoilt,
           "--set", "run.compression=none")  # fmt: skip
    with EventFile(spoilt) as file:
        column = file.arrays(["T_reco"])["T_reco"].astype(">f4").tobytes()
    content = spoilt.read_bytes()
    where = content.index(column[:64])
    spoilt.write_bytes(content[: where + 1] + b"\xff" + content[where + 2 :])
    present = sorted(p.name for p in tmp_path.iterdir())
    for path, words in ((cut, "truncated"), (foreign, "no TTree"), (spoilt, "SHA-256 of T_reco"),
                        (tmp_path / "absent.root", "no such file")):  # fmt: skip
        message = refusal("merge", tmp_path / "x.root", files[0], path)
        assert f"{path}: " in message
        assert words in message
        assert sorted(p.name for p in tmp_path.iterdir()) == present
    assert "coverage study" in refusal("merge", tmp_path / "x.root", coverage(tmp_path))
    assert "no TTree or RNTuple 'toys'" in refusal("merge", tmp_path / "x.root", toys(tmp_path), files[0])


def coverage(directory):
    answer("coverage", CARD, "--at", "0,0.1", "-n", 2, "-o", directory / "coverage.root", "--seed", 5)
    return directory / "coverage.root"


def toys(directory):
    answer("toys", CARD, "-n", 2, "-o", directory / "toys.root", "--seed", 5)
    return directory / "toys.root"


def test_a_full_disk(tmp_path, campaign):
    from test_commands_stopped import _small_disk

    big = tmp_path / "big.root"
    answer("simulate", CARD, "--seed", 5, "--first", 5000, "--events", 300_000, "-o", big)
    process = start("merge", tmp_path / "x.root", sorted(campaign.iterdir())[0], big, preexec_fn=_small_disk)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "File too large" in err
    assert [p.name for p in tmp_path.iterdir()] == ["big.root"]


def test_json_is_alone(tmp_path, campaign):
    result = invoke("merge", tmp_path / "x.root", *sorted(campaign.iterdir()), "--json")
    assert json.loads(result.stdout)["n_files"] == 5
