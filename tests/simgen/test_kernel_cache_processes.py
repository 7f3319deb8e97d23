"""Compiled functions on disk: processes and threads that compile at once, and former directories."""

import os
import subprocess
import sys

import pytest
from support.kernel_processes import EXPECTED, PAIR, ROOT, compiled, run

from simgen._kernels.machine import cache


def test_former_directories_are_removed(tmp_path):
    """Contract. Finds a cache that grows for ever, or one that removes what is in use or is not its own."""
    now, day = 1e9, 86400.0
    for k in range(12):
        directory = tmp_path / f"{k:024x}"
        directory.mkdir()
        (directory / "f.nbc").touch()
        os.utime(directory, (now - k * day / 5, now - k * day / 5))
    for name in ("another", f"{99:024x}"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kept.txt").touch()
        os.utime(tmp_path / name, (0, 0))
    cache.prune(tmp_path, now=now)
    left = {p.name for p in tmp_path.iterdir()}
    assert left == {*(f"{k:024x}" for k in range(8)), "another", f"{99:024x}"}
    assert (tmp_path / f"{99:024x}" / "kept.txt").exists()
    cache.prune(tmp_path, now=now - 2 * day)
    assert {p.name for p in tmp_path.iterdir()} == left


@pytest.mark.long
def test_processes_that_compile_at_once_do_not_disturb_each_other(tmp_path):
    """Contract. Finds a file that is read while another process writes it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PAIR], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, cwd=ROOT,
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in started:
        out, err = process.communicate(timeout=120)
        assert (float(out), err) == (pytest.approx(EXPECTED, rel=1e-15), "")
    assert len(compiled(tmp_path)) == 1


RACE = """
import threading, time
import numpy as np
from numba.core.typing.typeof import typeof_impl

seen, both = [], threading.Event()

class Slow(type):
    def __subclasscheck__(cls, other):
        name = threading.current_thread().name
        if name.startswith("user"):
            if name not in seen:
                seen.append(name)
            if len(seen) > 1:
                both.set()
            both.wait(0.5)
            if seen[0] != name:
                time.sleep(1)
        return False

class Pause(metaclass=Slow):
    pass

typeof_impl.register(Pause, lambda value, context: None)
from simgen._kernels.philox import uniforms

found = []

def draw():
    found.append(uniforms(np.uint64(5), 0, np.uint64(1), np.uint64(2))[0])

threads = [threading.Thread(target=draw, name=f"user {k}") for k in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*found)
"""


@pytest.mark.long
def test_two_threads_may_make_the_first_call(tmp_path):
    """Contract. Finds a first call that fails while another thread's first call loads numba's types.

    One thread is made to pause where numba looks up the type of an argument, as the system may do to any.
    """
    done = run(RACE, NUMBA_CACHE_DIR=tmp_path)
    assert done.stderr == ""
    first, second = map(float, done.stdout.split())
    assert first == second
    assert 0 < first < 1
