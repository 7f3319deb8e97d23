"""`nugauge campaign`: no bit depends on the chunks or on the workers."""

import json
import shutil
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import pytest
from support.chunked import CARD, FAST, SEED, Inline, chunk_files, digests, merged, new, plain
from support.examples import every, few
from support.invocation import answer, invoke

import nugauge
from detsim.event_files import TableFile
from macros.campaigns import read_campaign, run_chunk

pytestmark = pytest.mark.usefixtures("short_trial")

SIMULATED = "borexino-cr51-realistic"


@pytest.fixture(scope="module")
def toys(tmp_path_factory):
    """SHA-256 of 60 toys of the plain command."""
    return plain(tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("size", few([25, 60, 1000], 25))
def test_no_bit_depends_on_the_chunks(tmp_path, toys, size):
    """Contract. Finds a row that depends on where its chunk begins, on the threads, or is there twice."""
    directory = tmp_path / "c"
    said = new(directory, size=size)
    assert said["cost"]["chunks"] == -(-60 // size)
    outcome = nugauge.run_campaign(directory, Inline())
    assert (outcome.complete, outcome.left, outcome.failed) == (True, 0, {})
    assert merged(directory) == toys


@pytest.mark.long
def test_chunks_of_one_toy(tmp_path):
    directory = tmp_path / "c"
    new(directory, n=3, size=1)
    nugauge.run_campaign(directory, Inline())
    assert len(chunk_files(directory)) == 3
    assert merged(directory) == plain(tmp_path, n=3)


@pytest.mark.parametrize(("count", "n"), every(2, [("--events", 3000), ("--experiments", 3)], unpack=True))
def test_events(tmp_path, count, n):
    """Contract. The same of events, and of pseudo-experiments."""
    directory = tmp_path / "c"
    options = ("--seed", SEED, "--chunk-size", 1000 if n > 3 else 1)
    answer("campaign", "new", directory, "simulate", SIMULATED, count, n, *options)
    nugauge.run_campaign(directory, Inline())
    assert len(chunk_files(directory)) == 3
    assert merged(directory) == plain(tmp_path, task="simulate", card=SIMULATED, count=count, n=n)


def test_a_card_with_a_table(tmp_path):
    """Contract. Inputs are copied: the campaign needs none of the originals."""
    edges = tmp_path / "efficiency.csv"
    edges.write_text("energy,efficiency\n100,0.5\n2000,0.9\n")
    curve = f'{{ energy = "measured", table = "{edges}", unit = "keV" }}'
    options = ("--set", f"detector.efficiency={curve}")
    expected = plain(tmp_path, *options)
    directory = tmp_path / "c"
    new(directory, *options)
    edges.unlink()
    nugauge.run_campaign(directory, Inline())
    assert merged(directory) == expected
    assert sorted(p.name for p in (directory / "inputs").iterdir()) == [f"{CARD}.toml", "efficiency.csv"]
    stated = json.loads((directory / "campaign.json").read_text())
    assert [one["original"] for one in stated["inputs"]] == [str(edges), CARD]


@pytest.mark.long
def test_threads(tmp_path, toys):
    """Contract. Threads of this process take turns."""
    directory = tmp_path / "c"
    new(directory)
    with ThreadPoolExecutor(2) as pool:
        assert nugauge.run_campaign(directory, pool).complete
    assert merged(directory) == toys


@pytest.mark.slow
def test_two_processes(tmp_path):
    """Contract. Two processes of ours, or of Python; with an audit in each chunk."""
    expected = plain(tmp_path, n=60_000)
    for name in ("ours", "python"):
        directory = tmp_path / name
        options = ("-n", 60_000, "--seed", SEED, "--chunk-size", 7000)
        answer("campaign", "new", directory, "toys", CARD, *options)
        if name == "ours":
            assert nugauge.run_campaign(directory, workers=2).complete
        else:
            with ProcessPoolExecutor(2, get_context("spawn")) as pool:
                assert nugauge.run_campaign(directory, pool).complete
        assert merged(directory) == expected


def test_workers_without_the_directory(tmp_path, toys):
    """Contract. Inputs travel to a worker that does not see the directory, and its chunks travel back."""
    directory = tmp_path / "c"
    new(directory)
    far = Inline(lambda job: replace(job, directory=str(tmp_path / "nowhere")))
    assert nugauge.run_campaign(directory, far).complete
    assert far.jobs[0].bundle is None
    assert far.jobs[-1].bundle is not None
    assert merged(directory) == toys


@pytest.mark.long
def test_workers_with_a_copy_of_the_directory(tmp_path, toys):
    """Contract. A worker with a copy of the directory makes chunks there, and their bytes are asked for."""
    directory = tmp_path / "c"
    new(directory)
    shutil.copytree(directory, tmp_path / "copy")
    far = Inline(lambda job: replace(job, directory=str(tmp_path / "copy")))
    assert nugauge.run_campaign(directory, far).complete
    assert merged(directory) == toys


def test_short_chunks_are_grouped(tmp_path):
    directory = tmp_path / "c"
    new(directory, n=8, size=1)
    executor = Inline()
    nugauge.run_campaign(directory, executor, outstanding=1)
    assert max(len(job.numbers) for job in executor.jobs[1:]) > 1
    assert len(chunk_files(directory)) == 8


def test_a_chunk_says_how_it_is_made_again(tmp_path):
    directory = tmp_path / "c"
    new(directory)
    assert run_chunk(directory, 1)
    assert not run_chunk(directory, 1)
    with TableFile(chunk_files(directory)[-1], "toys") as table:
        arguments = table.provenances[0]["arguments"]
    assert arguments[0] == "toys"
    assert arguments[1] == str(directory / "inputs" / f"{CARD}.toml")
    assert arguments[-4:] == ["-n", "20", "--first", "20"]


def test_chunk_status_and_merge(tmp_path, toys):
    """Contract. Chunks made one by one, as jobs of an array do."""
    directory = tmp_path / "c"
    new(directory)
    before = answer("campaign", "status", directory)
    assert (before["done"], before["complete"]) == (1, False)
    assert before["chunks"] == 3
    made = answer("campaign", "chunk", directory, 2, "0-1")
    assert made["made"] == [2, 1]
    assert made["present"] == [0]
    assert answer("campaign", "chunk", directory, "0-2")["present"] == [0, 1, 2]
    after = answer("campaign", "status", directory)
    assert (after["done"], after["rows"], after["complete"]) == (3, 60, True)
    assert "complete" in invoke("campaign", "status", directory).stdout
    assert merged(directory) == toys


def test_dry_runs_leave_nothing(tmp_path):
    directory = tmp_path / "c"
    said = new(directory, "--dry-run")
    assert said["cost"]["chunks"] == 3
    assert not directory.exists()
    new(directory)
    left = answer("campaign", "run", directory, "--dry-run")
    assert (left["rows"], left["cost"]["chunks"]) == (40, 2)
    assert len(chunk_files(directory)) == 1


def test_what_a_campaign_says(tmp_path):
    """Contract. The texts for a person name the numbers, and what to do next."""
    directory = tmp_path / "c"
    said = invoke(
        "campaign", "new", directory, "toys", CARD, "-n", 10, "--seed", SEED, "--chunk-size", 5, *FAST
    )
    assert "10 rows in 2 chunks of 5, seed 5" in said.stdout
    assert "core hours" in said.stdout
    assert f"nugauge campaign run {directory}" in said.stdout
    assert f"go on with: nugauge campaign run {directory}" in invoke("campaign", "status", directory).stdout
    assert "5 of 10 rows left, in 1 chunk" in invoke("campaign", "run", directory, "--dry-run").stdout


@pytest.mark.long
def test_a_seed_is_chosen_once(tmp_path):
    said = answer(
        "campaign", "new", tmp_path / "c", "toys", "borexino-cr51-paper", "-n", 4, "--chunk-size", 2
    )
    assert read_campaign(tmp_path / "c").seed == said["seed"]
    nugauge.run_campaign(tmp_path / "c", Inline())
    merged(tmp_path / "c")
    assert digests(tmp_path / "c.root") == plain(tmp_path, card="borexino-cr51-paper", n=4, seed=said["seed"])
