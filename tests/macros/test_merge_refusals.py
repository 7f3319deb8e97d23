"""Files that do not join: gaps, other cards and versions, inputs that are broken or given twice."""

from itertools import chain

import numpy as np
import pytest
import uproot
from support.campaigns import digests, toys
from support.examples import every
from support.invocation import CARD, answer, invoke, refusal, small_disk, start

from detsim.event_files.event_writer import EventFile
from detsim.event_files.inspect import describe


@pytest.fixture(scope="module")
def campaign(tmp_path_factory):
    """Five files of 400 events each."""
    directory = tmp_path_factory.mktemp("campaign")
    answer(
        "simulate", CARD, "--seed", 5, "--events", 2000, "--events-per-file", 400, "-o", directory / "x.root"
    )
    return directory


def test_gaps(tmp_path, campaign):
    """Contract: reported, and refused on request; a gap can be filled later."""
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


@pytest.mark.parametrize(
    ("arguments", "words"),
    every(
        9,
        [
            (("--seed", 6), "run.seed: 6, not 5"),
            (("--set", "model.gamma=0.1"), "model.gamma: 0.1, not 0.0"),
            (("--set", "detector.threshold=200 keV"), "detector.threshold: '200 keV', not '250 keV'"),
            (("--set", "run.precision=float64"), "branch T: float64, not float32"),
            (("--set", 'run.columns=["time"]'), "branch time: float64, not nothing"),
            (("--first", 1999), "holds events 1999 to 1999, which"),
        ],
        unpack=True,
    ),
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


@pytest.mark.parametrize("change", every(3, ["versions", "features", "commit"]))
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
    assert "no TTree or RNTuple 'toys'" in refusal("merge", tmp_path / "x.root", toys(tmp_path), files[0])


@pytest.mark.long
def test_a_full_disk(tmp_path, campaign):
    big = tmp_path / "big.root"
    answer("simulate", CARD, "--seed", 5, "--first", 5000, "--events", 300_000, "-o", big)
    process = start("merge", tmp_path / "x.root", sorted(campaign.iterdir())[0], big, preexec_fn=small_disk)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "File too large" in err
    assert [p.name for p in tmp_path.iterdir()] == ["big.root"]
