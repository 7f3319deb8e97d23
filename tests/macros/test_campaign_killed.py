"""`nugauge campaign run`: workers and drivers that are killed, and Ctrl-C."""

import multiprocessing
import os
import signal
import threading
import time

import pytest
from support.chunked import Inline, chunk_files, merged, new, plain
from support.invocation import answer, start

import nugauge
from macros.campaigns import Processes


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
    new(directory, n=40_000, size=10_000)
    killed = []

    def kill():
        wait_for(lambda: unfinished(directory))
        (worker,) = multiprocessing.active_children()
        killed.append(worker.pid)
        os.kill(worker.pid, signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    outcome = nugauge.run_campaign(directory, workers=1)
    thread.join()
    assert killed
    assert outcome.complete
    assert not outcome.failed
    assert merged(directory) == plain(tmp_path, n=40_000)


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


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=lambda end: end.name)
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
