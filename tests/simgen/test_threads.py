"""Tasks on threads: how many run at once, and the order of their results."""

import signal
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import pytest

from simgen import threads as module
from simgen.process import signals_held
from simgen.threads import ahead, result_of, submit


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


def interrupt():
    """Do what Ctrl-C does, and give Python the chance to answer it."""
    signal.raise_signal(signal.SIGINT)
    time.sleep(0)


def test_ctrl_c_comes_after_a_block_that_is_not_to_be_interrupted():
    done = []

    def block():
        with signals_held():
            interrupt()
            with signals_held():
                interrupt()
            done.append("the whole block")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == ["the whole block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_pool_is_whole_after_ctrl_c_within_it():
    """Regression: an interrupt where the pool held its lock left all threads waiting for ever."""

    class Interrupted(ThreadPoolExecutor):
        def submit(self, *arguments):
            future = super().submit(*arguments)
            interrupt()
            seen.append("given")
            return future

    seen = []
    with Interrupted(1) as pool:
        with pytest.raises(KeyboardInterrupt):
            submit(pool, partial(seen.append, 1))
        assert result_of(ThreadPoolExecutor.submit(pool, lambda: 2)) == 2
    assert sorted(map(str, seen)) == ["1", "given"]


def test_ctrl_c_interrupts_the_waiting_for_a_result():
    timer = threading.Timer(0.1, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.start()
    waiting: Future[None] = Future()
    with pytest.raises(KeyboardInterrupt):
        result_of(waiting)
    waiting.set_result(None)  # nobody waits, nothing is locked
    timer.join()


def test_errors_of_tasks_are_raised_and_other_threads_are_not_held_back():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        result_of(submit(pool, lambda: 1 // 0))
    with ThreadPoolExecutor(1) as outer, ThreadPoolExecutor(1) as inner:
        assert result_of(submit(outer, lambda: result_of(submit(inner, lambda: 3)))) == 3
