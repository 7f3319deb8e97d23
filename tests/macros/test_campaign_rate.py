"""Rate and end of a campaign, from the times of its chunks: without compilation, and without a pause."""

import json
import os
import time

import pytest
from support.chunked import Inline, chunk_files, new
from support.invocation import invoke

import nugauge
from macros.campaigns import read_campaign, read_state
from macros.campaigns.notes import LOCK

pytestmark = pytest.mark.usefixtures("short_trial")


@pytest.fixture
def campaign(tmp_path):
    """Six chunks of ten toys, the last of which is not there."""
    directory = tmp_path / "c"
    new(directory, n=60, size=10)
    nugauge.run_campaign(directory, Inline())
    chunk_files(directory)[-1].unlink()
    return read_campaign(directory)


def finish(campaign, seconds_ago):
    """Set the times at which chunks were finished, in seconds before now; return now."""
    now = time.time()
    for path, ago in zip(chunk_files(campaign.directory), seconds_ago, strict=True):
        os.utime(path, (now - ago, now - ago))
    return now


def tell(campaign, **told):
    (campaign.directory / LOCK).write_text(json.dumps({"chunks": [5], **told}))


def test_the_rate_begins_when_everything_is_compiled(campaign):
    """Closed form. A first chunk made an hour ago, two workers from 40 s ago on, that need 20 s a chunk."""
    now = finish(campaign, [3600, 20, 20, 0, 0])
    tell(campaign, started=now - 40)
    state = read_state(campaign)
    assert state.running == (5,)
    assert state.rate == pytest.approx(40 / 40)
    assert state.seconds_left == pytest.approx(10)


def test_nothing_is_foretold_before_the_first_chunk(campaign):
    now = finish(campaign, [3600, 3000, 2990, 2980, 2970])
    tell(campaign, started=now - 15)
    state = read_state(campaign)
    assert (state.rate, state.seconds_left) == (None, None)


def test_without_a_driver_the_first_chunk_starts_the_clock(campaign):
    """Closed form: as jobs of a batch system make them, and drivers of earlier versions."""
    finish(campaign, [50, 40, 30, 20, 10])
    tell(campaign)
    assert read_state(campaign).rate == pytest.approx(40 / 40)


def test_a_run_writes_when_it_started(tmp_path):
    """Contract. The lock of a run says when its rows begin, after the first functions are compiled."""
    directory = tmp_path / "c"
    new(directory, n=40, size=10)
    seen = []

    class Watched(Inline):
        def submit(self, fn, /, job):
            text = (directory / LOCK).read_text()
            seen.append((bool(job.numbers), json.loads(text).get("started")))
            return super().submit(fn, job)

    rows = []
    before = time.time()
    nugauge.run_campaign(directory, Watched(), on_rows=rows.append, outstanding=1)
    assert rows[0] == 0  # everything is compiled
    assert sum(rows) == 30
    told = [started for made, started in seen if made and started is not None]
    assert told
    assert before <= min(told) == max(told) <= time.time()
    assert [started for made, started in seen if not made] == [None]


def test_workers_that_start_are_no_end(campaign):
    """Contract. Finds a campaign that is run, and of which it is said that nothing runs."""
    tell(campaign, chunks=[])
    said = invoke("campaign", "status", campaign.directory).stdout
    assert "its workers are starting" in said
    assert "nothing runs" not in said
