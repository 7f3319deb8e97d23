"""`nugauge campaign`: what is refused, and what is made good."""

import json
import shutil

import pytest
from support.chunked import CARD, FAST, SEED, Inline, chunk_files, merged, new, plain
from support.invocation import answer, invoke, refusal

import nugauge
from macros.campaigns import read_campaign

pytestmark = pytest.mark.usefixtures("short_trial")

NEW = ("campaign", "new")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("toy", CARD, "-n", 5), "TASK 'toy': a campaign makes simulate, toys"),
        (("toys", CARD), "with -n N"),
        (("simulate", CARD), "with --events or --experiments N"),
        (("toys", CARD, "-n", "5.5"), "5.5 is no whole number"),
        (("toys", CARD, "-n", 5, "--sed", 1), "No such option: --sed"),
        (("toys", CARD, "-n", 5, "-n", 6), "-n is given 2 times"),
        (("toys", CARD, "-n", 5, "-o", "x.root"), "--output: the campaign sets it"),
        (("toys", CARD, "-n", 5, "--first", 2), "--first: the campaign sets it"),
        (("toys", CARD, "-n", 5, "--figure", "x.pdf"), "--figure: does not go with a campaign"),
        (("toys", CARD, "-n", 5, "--toys-at", "event"), "'event' is not one of"),
        (("toys", CARD, "-n", 5, "--set", "model.gama=1"), "did you mean `gamma`"),
        (("toys", "no-card", "-n", 5), "no-card"),
        (("toys", CARD, "-n", 5, "--cl", 2), "level must lie between 0 and 1"),
        (("toys", CARD, "-n", 5, "--weights", "none.root"), "none.root"),
        (("toys", CARD, "-n", 5, "--chunk-time", "3 m"), "--chunk-time"),
        (("toys", CARD, "-n", 5, "--chunk-time", "1 ms"), "--chunk-time must be at least"),
        (("toys", CARD, "-n", 5, "--chunk-size", 0), "does not lie between"),
        (("simulate", "borexino-cr51-realistic", "-n", 5, "--file-size", "2 MB"), "does not go with"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(tmp_path, arguments, said):
    message = refusal(*NEW, tmp_path / "c", *arguments, "--seed", 1)
    assert said in message
    assert not any(tmp_path.iterdir())


def test_a_directory_has_one_campaign(tmp_path):
    directory = tmp_path / "c"
    new(directory)
    before = (directory / "campaign.json").read_bytes()
    assert "holds a campaign" in refusal(*NEW, directory, "toys", CARD, "-n", 5)
    assert (directory / "campaign.json").read_bytes() == before
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").touch()
    assert "is not empty" in refusal(*NEW, tmp_path / "d", "toys", CARD, "-n", 5)
    assert "no such directory" in refusal(*NEW, tmp_path / "e" / "f", "toys", CARD, "-n", 5)
    assert "is a file" in refusal(*NEW, tmp_path / "d" / "x", "toys", CARD, "-n", 5)


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "c").mkdir()
    new(tmp_path / "c")
    assert (tmp_path / "c" / "campaign.json").exists()


def test_no_campaign(tmp_path):
    for command in (("run",), ("status",), ("merge", "-o", tmp_path / "x.root"), ("chunk", 0)):
        name, *options = command
        assert "holds no campaign" in refusal("campaign", name, tmp_path, *options)
        assert "no such directory" in refusal("campaign", name, tmp_path / "c", *options)


def test_a_changed_description_is_refused(tmp_path):
    new(tmp_path / "c")
    file = tmp_path / "c" / "campaign.json"
    file.write_text(file.read_text().replace('"seed": 5', '"seed": 6'))
    assert "was changed since" in refusal("campaign", "status", tmp_path / "c")
    file.write_text("{}")
    assert "does not describe a campaign" in refusal("campaign", "status", tmp_path / "c")


def test_two_drivers(tmp_path):
    """Contract. A second driver is refused, and tells who the first is."""
    new(tmp_path / "c")
    second = []

    def run_again(job):
        second.append(refusal("campaign", "run", tmp_path / "c"))
        return job

    assert nugauge.run_campaign(tmp_path / "c", Inline(run_again)).complete
    assert "another process runs this campaign (process " in second[0]


def test_missing_chunks(tmp_path):
    new(tmp_path / "c")
    said = refusal("campaign", "merge", tmp_path / "c", "-o", tmp_path / "x.root")
    assert "lacks 2 of 3 chunks: 1 (rows 20 to 39), 2 (rows 40 to 59)" in said
    assert f"`nugauge campaign run {tmp_path / 'c'}`" in said
    assert not (tmp_path / "x.root").exists()


def test_a_chunk_of_another_campaign(tmp_path):
    """Contract. By its name for `status` and `run`; under the right name for `merge`."""
    for name, options in {"a": (), "b": ("--set", "model.gamma=0.05"), "c": ("--cl", 0.9)}.items():
        new(tmp_path / name, *options)
        nugauge.run_campaign(tmp_path / name, Inline())
    ours, other, level = (chunk_files(tmp_path / name)[1] for name in "abc")
    shutil.copy(other, ours.parent / other.name)
    for command in (("status",), ("run",), ("merge", "-o", tmp_path / "x.root")):
        said = refusal("campaign", command[0], tmp_path / "a", *command[1:])
        assert f"{ours.parent / other.name}: is no chunk of the campaign" in said
    (ours.parent / other.name).unlink()
    for file, key in ((other, "model.gamma: 0.05"), (level, "level: 0.9")):
        shutil.copy(file, ours)
        said = refusal("campaign", "merge", tmp_path / "a", "-o", tmp_path / "x.root")
        assert f"{ours}: differs from" in said
        assert key in said
    shutil.copy(chunk_files(tmp_path / "a")[2], ours)
    assert "holds rows 40 to 59" in refusal("campaign", "merge", tmp_path / "a", "-o", tmp_path / "x.root")


@pytest.mark.long
@pytest.mark.parametrize("number", [0, 1])
def test_a_damaged_chunk(tmp_path, number):
    """The message says how it is made again, and this helps."""
    directory = tmp_path / "c"
    new(directory, n=40)
    answer("campaign", "chunk", directory, "0-1")
    path = chunk_files(directory)[number]
    path.write_bytes(path.read_bytes()[:-100])
    message = refusal("campaign", "merge", directory, "-o", tmp_path / "x.root")
    assert message.startswith(f"error: {path}: ")
    assert message.rstrip().endswith(f"; remove it, then `nugauge campaign run {directory}` makes it again")
    path.unlink()
    answer("campaign", "run", directory, "--workers", 1)
    answer("campaign", "merge", directory, "-o", tmp_path / "x.root")


def test_other_versions(tmp_path, monkeypatch):
    """Contract. Chunks of another processor are joined with --mixed only."""
    from detsim.event_files import environment, writer

    new(tmp_path / "c")
    origin = environment.origin()
    monkeypatch.setattr(writer, "origin", lambda: {**origin, "cpu": {"name": "old", "features": ["sse2"]}})
    nugauge.run_campaign(tmp_path / "c", Inline())
    said = refusal("campaign", "merge", tmp_path / "c", "-o", tmp_path / "x.root")
    assert "features of the processor" in said
    assert "--mixed" in said
    assert merged(tmp_path / "c", "--mixed") == plain(tmp_path)


def test_a_chunk_that_always_fails(tmp_path):
    """Contract. It is tried again, then reported; nothing is merged; it can be made good."""
    directory = tmp_path / "c"
    new(directory)
    campaign = read_campaign(directory)
    obstacle = campaign.work_directory / f"{campaign.name(campaign.chunk(1))}.part"
    obstacle.mkdir(parents=True)
    executor = Inline()
    outcome = nugauge.run_campaign(directory, executor, retries=2)
    assert (outcome.left, list(outcome.failed)) == (1, [1])
    assert "is in the way" in outcome.failed[1]
    assert sum(1 in job.numbers for job in executor.jobs) == 3
    state = answer("campaign", "status", directory)
    assert (state["done"], state["left"]) == (2, 1)
    (failed,) = state["failed"]
    assert (failed["number"], failed["first"], failed["last"], failed["tries"]) == (1, 20, 39, 3)
    assert "chunk 1 failed: " in refusal("campaign", "merge", directory, "-o", tmp_path / "x.root")
    said = invoke("campaign", "chunk", directory, 1)
    assert said.exit_code == 1
    assert "is in the way" in said.stderr
    obstacle.rmdir()
    assert nugauge.run_campaign(directory, Inline()).complete
    assert answer("campaign", "status", directory)["failed"] == []
    assert merged(directory) == plain(tmp_path)


def test_a_changed_input(tmp_path):
    """Contract. Chunks of another card are not made: it is said before any is begun."""
    directory = tmp_path / "c"
    new(directory)
    card = directory / "inputs" / f"{CARD}.toml"
    card.write_text(card.read_text().replace("370 PBq", "371 PBq") + "\n")
    said = refusal("campaign", "run", directory, status=1)
    assert f"{card} has changed since the campaign was made" in said
    assert len(chunk_files(directory)) == 1
    executor = Inline()
    made = invoke("campaign", "chunk", directory, 1)
    assert made.exit_code == 1
    assert "has changed" in made.stderr
    assert not executor.jobs


def test_all_chunks_fail(tmp_path):
    """Contract. Where the first twenty fail, the others are not tried."""
    directory = tmp_path / "c"
    new(directory, n=100, size=2)

    def broken(job):
        raise RuntimeError("no numba here")

    with pytest.raises(Exception, match=r"the first 20 chunks all failed.*no numba here"):
        nugauge.run_campaign(directory, Inline(broken), retries=0, outstanding=1)


@pytest.mark.long
def test_failed_toys_are_judged_together(tmp_path):
    """Contract. One failed toy is no failure of its chunk; too many of all toys are one of the campaign."""
    directory = tmp_path / "c"
    new(directory, "--max-failed", 0.5)
    assert read_campaign(directory).judged == {"max_failed": 0.5}
    assert "--max-failed" in json.loads((directory / "campaign.json").read_text())["options"]
    nugauge.run_campaign(directory, Inline())
    assert merged(directory) == plain(tmp_path)


def test_numbers_of_chunks(tmp_path):
    new(tmp_path / "c")
    for wrong in ("3", "x", "2-1", "0-3"):
        assert "K " in refusal("campaign", "chunk", tmp_path / "c", wrong)


def test_an_output_is_not_replaced(tmp_path):
    directory = tmp_path / "c"
    new(directory, n=20)
    file = tmp_path / "x.root"
    answer("campaign", "merge", directory, "-o", file)
    assert "--force replaces it" in refusal("campaign", "merge", directory, "-o", file)
    answer("campaign", "merge", directory, "-o", file, "--force")
    assert "is the file that is read" in refusal(
        "campaign", "merge", directory, "-o", chunk_files(directory)[0], "--force"
    )


def test_what_the_command_says_against_its_rows(tmp_path, monkeypatch):
    """Contract. A chunk whose command ends with status 1 after its file is whole is kept, and told of."""
    from macros.studies import toy_totals
    from macros.terminal import RunError

    directory = tmp_path / "c"
    answer(*NEW, directory, "toys", CARD, "-n", 40, "--seed", SEED, "--chunk-size", 20, *FAST)

    def judge(*_, **__):
        raise RunError("too deep")

    with monkeypatch.context() as patch:
        patch.setattr(toy_totals, "check_failed", judge)
        outcome = nugauge.run_campaign(directory, Inline())
    assert outcome.complete
    assert outcome.warnings == {1: "too deep"}
    result = invoke("campaign", "merge", directory, "-o", tmp_path / "x.root")
    assert result.exit_code == 1
    assert "of 1 of 2 chunks something was said; chunk 1: too deep" in result.stderr
    assert (tmp_path / "x.root").exists()
