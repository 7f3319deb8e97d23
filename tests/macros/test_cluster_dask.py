"""`nugauge campaign run --dask`: the bits are those of the plain command, also when a worker dies."""

import signal
import sys
import threading
from dataclasses import replace
from importlib.util import find_spec

import pytest
from support.chunked import chunk_files, merged, new, plain
from support.dask_workers import dask_machine
from support.invocation import answer, invoke, refusal, small_disk, start
from test_campaign_killed import wait_for

import nugauge
from macros.campaigns import read_campaign
from macros.campaigns.clusters import dask_executor, find_scheduler

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(find_spec("distributed") is None, reason="needs nugauge[cluster]"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    with dask_machine(tmp_path_factory.mktemp("dask")) as started:
        yield started


@pytest.fixture(scope="module")
def plain_toys(tmp_path_factory):
    return plain(tmp_path_factory.mktemp("plain"), n=400_000)


@pytest.mark.parametrize("size", [1, 20, 60])
def test_no_bit_depends_on_the_chunks(tmp_path, machine, size):
    """Contract. Chunks of one toy, of some, of all; by scheduler file."""
    directory = tmp_path / "c"
    new(directory, size=size)
    said = answer("campaign", "run", directory, "--dask", machine.file)
    assert (said["complete"], said["left"]) == (True, 0)
    assert merged(directory) == plain(tmp_path)


def test_by_address(tmp_path, machine):
    directory = tmp_path / "c"
    new(directory)
    address = find_scheduler(str(machine.file)).address
    assert answer("campaign", "run", directory, "--dask", address)["made"] == 2
    assert merged(directory) == plain(tmp_path)


def test_workers_that_do_not_see_the_directory(tmp_path, machine):
    """Contract. Inputs travel once, through the scheduler; chunks travel back."""
    directory = tmp_path / "c"
    new(directory)
    campaign = read_campaign(directory)
    executor = dask_executor(find_scheduler(str(machine.file)), campaign)
    submit = executor.submit
    executor.submit = lambda fn, job: submit(fn, replace(job, directory=str(tmp_path / "nowhere")))
    outcome = nugauge.run_campaign(directory, executor)
    executor.shutdown()
    assert outcome.complete
    assert merged(directory) == plain(tmp_path)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 collects no garbage there")
def test_no_worker_notes_what_its_threads_are_at(tmp_path, machine):
    """Regression: Python 3.11 locked itself for ever when dask looked at the threads of a worker."""
    from distributed import Client

    directory = tmp_path / "c"
    new(directory, size=1)
    with Client(scheduler_file=str(machine.file), set_as_default=False) as client:
        profiled = client.run(lambda dask_worker: "profile" in dask_worker.periodic_callbacks)
        assert list(profiled.values()) == [True, True]
        answer("campaign", "run", directory, "--dask", machine.file)
        runs = client.run(lambda dask_worker: dask_worker.periodic_callbacks["profile"].is_running())
        assert list(runs.values()) == [False, False]


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
def test_a_worker_that_ends_loses_nothing(tmp_path, plain_toys, end):
    """Contract. One of two workers is killed, or hangs, while it makes chunks: the other makes them."""
    directory = tmp_path / "c"
    new(directory, n=400_000, size=10_000)
    with dask_machine(tmp_path / "dask", silent=10) as machine:

        def stop():
            wait_for(lambda: len(chunk_files(directory)) > 4)
            machine.workers[0].send_signal(end)

        thread = threading.Thread(target=stop)
        thread.start()
        said = answer("campaign", "run", directory, "--dask", machine.file)
        thread.join()
    assert (said["complete"], said["failed"]) == (True, [])
    assert merged(directory) == plain_toys


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=lambda end: end.name)
def test_a_driver_that_ends(tmp_path, machine, plain_toys, end):
    """Contract. `run` again goes on; asked politely, chunks that no worker has begun are not waited for."""
    directory = tmp_path / "c"
    new(directory, n=400_000, size=10_000)
    with start("campaign", "run", directory, "--dask", machine.file) as driver:
        wait_for(lambda: len(chunk_files(directory)) > 4)
        driver.send_signal(end)
        _, said = driver.communicate(timeout=60)
    if end == signal.SIGTERM:
        assert driver.returncode == 143, said
        assert f"go on with: nugauge campaign run {directory}" in said
    assert 4 < len(chunk_files(directory)) < 40
    assert answer("campaign", "run", directory, "--dask", machine.file)["complete"]
    assert merged(directory) == plain_toys


def test_a_worker_with_a_full_disk(tmp_path, machine):
    """Contract. What fails on one worker is made by another one; nothing is lost, nothing is torn."""
    directory = tmp_path / "c"
    new(directory, n=100_000, size=10_000)
    with dask_machine(tmp_path / "dask", workers=1) as two:
        two.add(preexec_fn=small_disk)  # no file of more than 100 kB
        said = answer("campaign", "run", directory, "--dask", two.file)
    assert (said["complete"], said["failed"]) == (True, [])
    assert merged(directory) == plain(tmp_path, n=100_000)


def test_all_workers_have_full_disks(tmp_path):
    """Contract. It is reported, with the reason; other workers make the rest."""
    directory = tmp_path / "c"
    new(directory, n=30_000, size=10_000)
    with dask_machine(tmp_path / "dask", workers=0) as machine:
        machine.add(preexec_fn=small_disk)
        said = refusal_of_run(directory, machine)
        assert "File too large" in said
        machine.workers[0].kill()
        machine.add()
        assert answer("campaign", "run", directory, "--dask", machine.file)["complete"]
    assert merged(directory) == plain(tmp_path, n=30_000)


def refusal_of_run(directory, machine):
    result = invoke("campaign", "run", directory, "--dask", machine.file)
    assert result.exit_code == 1, result.output
    return result.stderr


def test_a_chunk_that_always_fails(tmp_path, machine):
    """Contract. It is tried three times and reported with number and reason; all others are made."""
    directory = tmp_path / "c"
    new(directory)
    campaign = read_campaign(directory)
    obstacle = campaign.work_directory / campaign.name(campaign.chunk(1))
    obstacle.mkdir(parents=True)
    said = refusal_of_run(directory, machine)
    assert "1 chunk failed, chunk 1:" in said
    assert f"try again with: nugauge campaign run {directory}" in said
    state = answer("campaign", "status", directory)
    assert (state["done"], [one["number"] for one in state["failed"]]) == (2, [1])
    assert state["failed"][0]["tries"] == 3
    obstacle.rmdir()
    assert answer("campaign", "run", directory, "--dask", machine.file)["made"] == 1
    assert merged(directory) == plain(tmp_path)


_OTHER_VERSION = """
from importlib import metadata
if not hasattr(metadata, "true_version"):  # a preload is read twice
    metadata.true_version = metadata.version
metadata.version = lambda name: "1.0" if name == "numpy" else metadata.true_version(name)
"""
_WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "macros":
            raise ModuleNotFoundError("No module named 'macros'")
sys.meta_path.insert(0, Absent())
"""


@pytest.mark.parametrize(
    ("code", "said"), [(_OTHER_VERSION, "numpy 1.0 instead of"), (_WITHOUT, "cannot call nugauge")]
)
def test_other_versions_are_refused_before_the_work_begins(tmp_path, code, said):
    directory, preload = tmp_path / "c", tmp_path / "preload.py"
    new(directory)
    preload.write_text(code)
    with dask_machine(tmp_path / "dask", workers=1) as machine:
        machine.add("--preload", preload)
        assert said in refusal("campaign", "run", directory, "--dask", machine.file)
        assert len(chunk_files(directory)) == 1
        if code == _OTHER_VERSION:
            result = invoke("campaign", "run", directory, "--dask", machine.file, "--mixed")
            assert result.exit_code == 0, result.output
            assert said in result.stderr


def test_workers_that_come_later(tmp_path):
    """Contract. A run waits for its first worker; one of another version that joins later makes no chunk."""
    directory, preload = tmp_path / "c", tmp_path / "preload.py"
    new(directory, n=200_000, size=5_000)
    preload.write_text(_OTHER_VERSION)
    with (
        dask_machine(tmp_path / "dask", workers=0) as machine,
        start("campaign", "run", directory, "--dask", machine.file) as driver,
    ):
        assert "has no worker" in driver.stderr.readline()
        machine.add()
        wait_for(lambda: len(chunk_files(directory)) > 1)
        machine.add("--preload", preload)
        _, said = driver.communicate(timeout=60)
        assert driver.returncode == 0, said
    assert merged(directory) == plain(tmp_path, n=200_000)


def test_a_scheduler_that_does_not_answer(tmp_path, monkeypatch):
    from macros.campaigns.clusters import connections

    monkeypatch.setattr(connections, "_ANSWER", 0.2)
    new(tmp_path / "c")
    said = refusal("campaign", "run", tmp_path / "c", "--dask", "tcp://127.0.0.1:9")
    assert "no dask scheduler answers at tcp://127.0.0.1:9" in said
