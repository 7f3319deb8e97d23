"""A second process: results in order, work that fails there, and its end."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from support.kernel_processes import ROOT

from simgen import second_process as module
from simgen.second_process import has_second_process, second_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no second process")


@pytest.fixture(autouse=True)
def two_threads(monkeypatch):
    monkeypatch.setattr(module, "n_threads", lambda: 2)


def identity():
    return os.getpid()


def end():
    if os.getpid() != PARENT:
        os._exit(0)
    return "done here"


def fail():
    raise ValueError(f"in {'this' if os.getpid() == PARENT else 'the second'} process")


PARENT = os.getpid()


def test_results_of_one_process_in_any_order():
    """Contract. Finds results that are mixed up, and work that is done in this process."""
    with second_process() as submit:
        first, second, third = (submit(partial(pow, 2, n)) for n in (10, 20, 30))
        process = submit(identity)
        assert (third(), first(), second()) == (2**30, 2**10, 2**20)
        assert first() == 2**10
        assert process() != os.getpid()


def test_much_work_is_sent_before_any_result_is_read():
    """Contract. Finds two processes that wait for each other, both with more to say than a pipe holds."""
    long = b"x" * 1_000_000
    with second_process() as submit:
        results = [submit(partial(bytes.replace, long, b"x", b"yz")) for _ in range(5)]
        assert {len(result()) for result in results} == {2_000_000}


def test_work_of_a_second_process_that_ends_is_done_here():
    """Contract. Finds a run that fails because the second process was killed."""
    with second_process() as submit:
        ended, after = submit(end), submit(identity)
        assert ended() == "done here"
        assert after() == os.getpid()
        time.sleep(0.1)
        assert submit(identity)() == os.getpid()


def test_work_that_cannot_be_sent_is_done_here():
    """Contract. Finds a local function that ends a command, or one that shifts the results of others."""
    with second_process() as submit:
        first, local, second = submit(partial(pow, 2, 3)), submit(lambda: -os.getpid()), submit(identity)
        assert second() != os.getpid()
        assert (local(), first()) == (-os.getpid(), 8)


def test_an_error_is_raised_here():
    """Contract. Finds an error that is lost, or one whose traceback ends in another process."""
    with second_process() as submit, pytest.raises(ValueError, match="in this process"):
        submit(fail)()


def third():
    with second_process() as submit:
        return os.getpid(), submit(identity)()


def test_a_second_process_may_have_one_beside_itself():
    """Contract. Finds one that cannot, or that is left over."""
    with second_process() as submit:
        own, beside = submit(third)()
        assert len({own, beside, os.getpid()}) == 3
        assert has_ended(beside)


def has_ended(process):
    state = Path(f"/proc/{process}/stat")
    try:
        return state.read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def test_one_thread_makes_no_process(monkeypatch):
    """Contract. Finds a second process where a batch system gave one core."""
    monkeypatch.setattr(module, "n_threads", lambda: 1)
    assert not has_second_process()
    with second_process() as submit:
        assert submit(identity)() == os.getpid()


def test_other_threads_make_no_process():
    """Contract. Finds a fork in a worker of dask, beside threads that hold locks."""
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(has_second_process).result()


def test_the_second_process_ends_with_the_block():
    """Contract. Finds a process that is left when an error ends the block while it works."""
    found = []

    def stop_while_it_works():
        with second_process() as submit:
            found.append(submit(identity)())
            submit(partial(time.sleep, 60))
            fail()

    with pytest.raises(ValueError, match="in this"):
        stop_while_it_works()
    (process,) = found
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


ORPHAN = """
import os
import time
from functools import partial
from simgen import second_process as module
module.n_threads = lambda: 2
reading, writing = os.pipe()
def work():
    with module.second_process() as submit:
        os.write(writing, f"{os.getpid()} {submit(os.getpid)()}\\n".encode())
        submit(partial(time.sleep, 60))()
with module.second_process() as submit:
    submit(work)
    print(os.read(reading, 100).decode(), end="", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_second_process_ends_when_this_one_is_killed(number):
    """Contract. Finds a process that works on for nobody: a second one, and one beside that."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdout=subprocess.PIPE, env=environment) as process:
        left = list(map(int, process.stdout.readline().split()))
        process.send_signal(number)
        process.wait()
    assert len(left) == 2
    for _ in range(100):
        if all(map(has_ended, left)):
            break
        time.sleep(0.05)
    else:
        pytest.fail("a process works on")
