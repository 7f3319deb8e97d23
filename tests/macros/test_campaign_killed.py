"""`nugauge campaign run`: workers and drivers that are killed, and Ctrl-C."""

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support.chunked import Inline, chunk_files, merged, new, plain
from support.invocation import answer, invoke, start

import nugauge
from macros.campaigns import Processes, engine
from macros.terminal import stopping

pytestmark = pytest.mark.usefixtures("short_trial")


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def unfinished(directory):
    place = directory / "making"
    return list(place.glob("*.part")) if place.is_dir() else []


def test_a_killed_worker_loses_its_chunk_only(tmp_path):
    """Contract. Finds a run that ends with its worker, or a chunk that is made twice or not at all."""
    directory = tmp_path / "c"
    new(directory, n=6000, size=1500)
    killed = []

    def kill():
        wait_for(lambda: unfinished(directory))
        (worker,) = multiprocessing.active_children()
        killed.append(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    result = invoke("campaign", "run", directory, "--workers", 1)
    thread.join()
    assert result.exit_code == 0, result.stderr
    (warning,) = (line for line in result.stderr.splitlines() if line.startswith("warning: "))
    assert f"the worker process {killed[0]} was ended by SIGKILL; its chunk is made again" in warning
    assert merged(directory) == plain(tmp_path, n=6000)


@pytest.mark.long  # a killed worker is replaced above
def test_processes_are_replaced():
    """Contract. A call gets an error that names the signal; a process that ends politely is no failure."""
    with Processes(1) as pool:
        with pytest.raises(Exception, match="was ended by SIGKILL"):
            pool.submit(_die).result()
        first = pool.submit(_ask_to_end).result()
        assert pool.submit(os.getpid).result() != first


def _ask_to_end():
    os.kill(os.getpid(), signal.SIGTERM)
    return os.getpid()


def _die():
    os.kill(os.getpid(), signal.SIGKILL)


def ends_at(monkeypatch, number, *signals):
    """Let the workers be this process, which gets signals when it begins a job; the first is a warm-up."""

    def interrupt(job):
        executor.left -= 1
        if not executor.left:
            for one in signals:
                signal.raise_signal(one)
        return job

    executor = Inline(interrupt)
    executor.left, executor._max_workers = number, 1
    monkeypatch.setattr(engine, "Processes", lambda _: executor)


def test_ctrl_c_goes_on(tmp_path, monkeypatch):
    """Contract. Ctrl-C and SIGTERM finish what is being made, and say how to go on; a second one drops it."""
    directory = tmp_path / "c"
    new(directory, n=20, size=5)
    on = f"go on with: nugauge campaign run {directory}"
    for done, (status, end) in enumerate([(130, signal.SIGINT), (143, signal.SIGTERM)], 2):
        ends_at(monkeypatch, 2, end)
        result = invoke("campaign", "run", directory, "--workers", 1)
        assert result.exit_code == status
        assert f"{4 - done} chunk" in result.stderr
        assert on in result.stderr
        assert len(chunk_files(directory)) == done
    monkeypatch.setattr(stopping, "PRESSED_TWICE", 0.0)
    ends_at(monkeypatch, 2, signal.SIGINT, signal.SIGINT)
    result = invoke("campaign", "run", directory, "--workers", 1)
    assert result.exit_code == 130
    assert f"the chunks that were being made are dropped; {on}" in result.stderr
    ends_at(monkeypatch, 0)
    result = invoke("campaign", "run", directory)
    assert result.exit_code == 0
    assert f"{directory}: 4 of 4 chunks finished, 1 now" in result.stdout
    assert "nugauge campaign merge" in result.stdout
    assert merged(directory) == plain(tmp_path, n=20)


@pytest.mark.long  # a driver that is killed leaves what test_campaign makes chunk by chunk
@pytest.mark.parametrize(
    "end", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGKILL], ids=lambda end: end.name
)
def test_a_driver_that_ends(tmp_path, end):
    """Contract. What is finished is kept, and `run` again makes the others."""
    directory = tmp_path / "c"
    new(directory, n=200_000, size=10_000)
    with start("campaign", "run", directory, "--workers", 1) as driver:
        wait_for(lambda: len(chunk_files(directory)) > 1)
        driver.send_signal(end)
        _, said = driver.communicate(timeout=60)
    if end == signal.SIGINT:
        assert driver.returncode == 130, said
        assert f"go on with: nugauge campaign run {directory}" in said
        assert "waiting for the chunks" in said
    n_before = len(chunk_files(directory))
    assert n_before < 20
    outcome = nugauge.run_campaign(directory, Inline())
    assert outcome.complete
    assert n_before <= 20 - outcome.made
    assert answer("campaign", "status", directory)["complete"]
    assert merged(directory) == plain(tmp_path, n=200_000)


@pytest.mark.slow
def test_forty_kills(tmp_path):
    """Contract. Drivers and workers killed at 40 random moments: no finished chunk is lost, none is wrong."""
    directory, rng = tmp_path / "c", np.random.default_rng(1)
    new(directory, n=10_000_000, size=50_000)
    before = set(chunk_files(directory))
    for turn in range(40):
        if len(before) > 120:  # so that there is always something to do
            for path in rng.choice(sorted(before), 100, replace=False):
                path.unlink()
            before = set(chunk_files(directory))
        with start("campaign", "run", directory, "--workers", 2) as driver:
            made = len(before)
            wait_for(lambda made=made: len(chunk_files(directory)) > made, seconds=200)
            time.sleep(rng.uniform(0, 0.3))
            with contextlib.suppress(ProcessLookupError):  # it has been replaced meanwhile
                os.kill(children(driver.pid)[0] if turn % 2 else driver.pid, signal.SIGKILL)
            if turn % 2:
                time.sleep(rng.uniform(0, 0.3))
                driver.kill()
            driver.communicate(timeout=60)
        after = set(chunk_files(directory))
        assert before <= after
        before = after
    assert nugauge.run_campaign(directory, workers=2).complete
    assert merged(directory) == plain(tmp_path, n=10_000_000)


def children(pid):
    """List the worker processes of a driver."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return [p for p in found if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]
