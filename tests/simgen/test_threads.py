"""Tasks on threads: how many run at once, and the order of their results."""

import threading
import time
from functools import partial

import pytest

from simgen import threads as module
from simgen.threads import ahead


@pytest.mark.parametrize(("n", "busy", "most"), [(1, 0, 1), (2, 1, 1), (3, 0, 3), (3, 1, 2), (2, 3, 1)])
def test_threads_that_are_busy_run_no_tasks(monkeypatch, n, busy, most):
    monkeypatch.setattr(module, "n_threads", lambda: n)
    running, seen, lock = [0], [], threading.Lock()

    def task(number):
        with lock:
            running[0] += 1
            seen.append(running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1
        return number

    assert list(ahead((partial(task, k) for k in range(12)), busy=busy)) == list(range(12))
    assert max(seen) == most
