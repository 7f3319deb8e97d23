"""`nugauge campaign` of the five tasks: the bits, and the result, of the plain command."""

import pytest
from support.chunked import SEED, Inline, digests
from support.examples import few
from support.invocation import answer, invoke

import nugauge
from macros.campaigns import join_chunks, read_campaign
from macros.campaigns.joining import failed_toys

pytestmark = pytest.mark.usefixtures("short_trial")

CARD = "borexino-cr51-paper"
AT = ("--at", "0,0.1", "--audit", 0)
TASKS = {
    "coverage": ("coverage", AT, "-n"),
    "coverage sums": ("coverage", (*AT, "--keep", "sums"), "-n"),
    "toys sums": ("toys", ("--keep", "sums", "--audit", 0), "-n"),
    "calibrate": ("calibrate", ("--at", "0,0.1"), "-n"),
    "calibrate sums": ("calibrate", ("--at", "0,0.1", "--keep", "sums", "--largest", 7), "-n"),
    "gof": ("fit", (), "--gof"),
    "gof sums": ("fit", ("--keep", "sums"), "--gof"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Exact counts of another value of γ, as CSV."""
    path = tmp_path_factory.mktemp("data") / "data.csv"
    expected = answer("expect", CARD, "--set", "model.gamma=0.2")
    edges = expected["edges"]
    rows = [
        f"{a},{b},{round(n)}" for a, b, n in zip(edges[:-1], edges[1:], expected["expected"], strict=True)
    ]
    path.write_text("low,high,counts\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("kind", few(TASKS, "calibrate sums", "gof"))
def test_every_task(tmp_path, data, kind):
    """Chunks of 1 and of 17 toys; `-n` counts the toys of each."""
    command, options, count = TASKS[kind]
    task = kind.partition(" ")[0]
    read = (data,) if task == "gof" else ()
    part = ("--part",) if task == "calibrate" else ()
    whole = tmp_path / "whole.root"
    n = 30
    said = answer(command, CARD, *read, *options, count, n, *part, "--seed", SEED, "-o", whole)
    directory, joined, size = tmp_path / "campaign", tmp_path / "joined.root", 17
    limits = ("-n", n, "--chunk-size", size, "--seed", SEED)
    answer("campaign", "new", directory, task, CARD, *read, *options, *limits)
    assert nugauge.run_campaign(directory, Inline()).complete
    told = answer("campaign", "merge", directory, "-o", joined)
    assert digests(joined) == digests(whole)
    assert (told["first"], told["last"], told["n_files"]) == (0, n - 1, -(-n // size))
    if task == "gof":
        assert told["result"]["p_value"] == said["goodness_of_fit"]["p_value"]
    if task == "coverage":
        assert told["result"]["points"] == said["points"]
    if task == "calibrate":
        assert told["result"]["thresholds"] == said["thresholds"]


@pytest.mark.long
def test_the_result_is_told(tmp_path, data):
    """Merging a campaign ends with what the plain command says."""
    directory = tmp_path / "c"
    options = ("--gof", 30, "--seed", SEED, "--chunk-size", 20)
    answer("campaign", "new", directory, "gof", CARD, data, *options)
    nugauge.run_campaign(directory, Inline())
    said = invoke("campaign", "merge", directory, "-o", tmp_path / "joined.root")
    plain = invoke("fit", CARD, data, "--gof", 30, "--seed", SEED)
    (line,) = [text for text in plain.stdout.splitlines() if text.startswith("goodness of fit")]
    assert line in said.stdout.splitlines()


@pytest.mark.long
def test_too_many_failed_toys_are_judged_of_the_whole(tmp_path, monkeypatch):
    """Of sums, too: the number of toys is that of the sums, not of the rows of the file."""
    directory, joined = tmp_path / "c", tmp_path / "joined.root"
    options = ("-n", 30, "--seed", SEED, "--chunk-size", 20, "--max-failed", 0.1)
    answer("campaign", "new", directory, "coverage", CARD, *AT, "--keep", "sums", *options)
    nugauge.run_campaign(directory, Inline())
    made = join_chunks(read_campaign(directory), tmp_path / "first.root")
    assert failed_toys(made) == (0, 60)
    monkeypatch.setattr("macros.campaigns.joining.failed_toys", lambda *_: (7, 60))
    result = invoke("campaign", "merge", directory, "-o", joined)
    assert result.exit_code == 1
    assert "7 of 60 toys failed" in result.stderr


def test_a_directory_that_is_moved(tmp_path, data, monkeypatch):
    """A campaign with data can be moved, and called by a relative path."""
    directory, moved = tmp_path / "c", tmp_path / "sp ace" / "c"
    options = ("-n", 30, "--chunk-size", 10, "--seed", SEED, "--keep", "sums")
    answer("campaign", "new", directory, "gof", CARD, data, *options)
    moved.parent.mkdir()
    directory.rename(moved)
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert nugauge.run_campaign("../sp ace/c", Inline()).complete
    told = answer("campaign", "merge", "../sp ace/c", "-o", tmp_path / "joined.root")
    plain = answer("fit", CARD, data, "--gof", 30, "--seed", SEED)
    assert told["result"]["p_value"] == plain["goodness_of_fit"]["p_value"]
