"""What `campaign new` foretells of the cost, and the chunks that it plans."""

import json
import time
from dataclasses import replace

import pytest
from support.chunked import CARD, FAST, SEED, chunk_files
from support.examples import every
from support.invocation import answer

from macros.campaigns import read_campaign
from macros.campaigns.plan import cost_of, rows_for
from macros.setup import Trial, measure_rows

TRIAL = Trial(n=10, seconds=1e-3, overhead=0.1, bytes=10.0, chunk_bytes=1e3, threads=1)


@pytest.mark.parametrize(
    ("task", "at"), every(2, [("toys", ()), ("coverage", ("--at", "0,0.1"))], unpack=True)
)
def test_the_rate_of_the_trial_is_that_of_rows(tmp_path, task, at):
    """The trial counted the fits of the audit as rows, and foretold 17 rows/s of 10^5."""
    arguments = (task, CARD, *at, "-n", 20_000, "--seed", SEED)
    trial = answer("campaign", "new", tmp_path / "c", *arguments, "--dry-run", "--chunk-time", "1 s")["trial"]
    took = []
    for _ in range(2):
        start = time.perf_counter()
        answer(*arguments, "--audit", 0, "--threads", 1, "-o", tmp_path / "x.root", "--force")
        took.append(time.perf_counter() - start)
    assert trial["seconds"] < 6 * min(took) / 20_000
    assert trial["overhead"] > 0


def test_compilation_is_not_counted(tmp_path):
    """Rows of which the first few calls take long, as those that compile functions."""
    path, calls, clock = tmp_path / "x", [], [0.0]

    def make(rows):
        size = sum(1 for n in calls if n == rows)
        calls.append(rows)
        clock[0] += 0.1 + 1e-4 * rows + (5.0 if size == 0 and rows < 100 else 0.0)
        path.write_bytes(b" " * rows)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("macros.setup.trials.time.perf_counter", lambda: clock[0])
        trial = measure_rows(make, path, 10**6, seconds=3.0, threads=1, most=10**6)
    assert trial.seconds == pytest.approx(1e-4, rel=0.01)
    assert trial.overhead == pytest.approx(0.1, rel=0.01)


def test_the_cost_of_an_audit():
    """Its random toys are those of the campaign, whatever the chunks; each chunk has one more."""
    audited = TRIAL.with_audit(0.05, 20, 1000)
    one, ten = (cost_of(audited, 1000, chunks, workers=1).core_seconds for chunks in (1, 10))
    assert one == pytest.approx(1000 * 1e-3 + 20 * 0.05 + 0.1 + 0.05)
    assert ten - one == pytest.approx(9 * 0.15)


@pytest.mark.parametrize(
    ("n", "workers", "seconds", "rows"),
    [
        (10**6, 2, 30.0, 29_900),  # as long as was asked for
        (80_000, 2, 30.0, 10_000),  # four for each worker
        (8_000, 2, 30.0, 1_900),  # no shorter than two seconds
        (8_000, 2, 0.5, 400),  # unless shorter ones were asked for
    ],
)
def test_each_worker_gets_some_chunks(n, workers, seconds, rows):
    assert rows_for(TRIAL, seconds, n=n, workers=workers) == pytest.approx(rows, abs=1)


def test_campaigns_of_earlier_trials(tmp_path):
    """The audit was not measured apart: it counts as nothing."""
    earlier = TRIAL.document()
    earlier.pop("audit")
    assert Trial(**json.loads(json.dumps(earlier))) == replace(TRIAL, audit=0.0)


def test_chunks_by_time(tmp_path):
    """Contract. The trial is chunk 0, and the others are of one size, chosen by the time of a chunk."""
    directory = tmp_path / "c"
    said = answer(
        "campaign",
        "new",
        directory,
        "toys",
        CARD,
        "-n",
        20000,
        "--seed",
        SEED,
        "--chunk-time",
        "0.1 s",
        *FAST,
    )
    campaign = read_campaign(directory)
    first = campaign.chunk(0)
    assert first.n == said["trial"]["n"]
    assert [p.name for p in chunk_files(directory)] == [campaign.name(first)]
    chunks = [campaign.chunk(k) for k in range(campaign.n_chunks)]
    assert [c.first for c in chunks[1:]] == [c.last + 1 for c in chunks[:-1]]
    assert chunks[-1].last == 19999
    assert {c.n for c in chunks[1:-1]} <= {campaign.size}


def test_sums_do_not_grow_in_the_plan(tmp_path):
    """A hundred times as many toys take as many bytes for each chunk."""
    sums = ("--at", "0,0.1", "--keep", "sums", "--largest", 50, "--seed", SEED, "--chunk-size", 500)
    plans = [
        answer("campaign", "new", tmp_path / "c", "calibrate", CARD, *sums, "-n", n, "--dry-run")
        for n in (1000, 100_000)
    ]
    each = [plan["cost"]["bytes"] / plan["cost"]["chunks"] for plan in plans]
    assert each[0] == pytest.approx(each[1], rel=0.2)
