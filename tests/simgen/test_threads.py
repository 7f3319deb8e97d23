"""Tasks on threads: how many run at once, and the order of their results."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from simgen import threads as module
from simgen.process import signals_held
from simgen.threads import Pending, ahead


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


def test_sigterm_that_is_answered_as_ctrl_c_is_held_back_with_it():
    """Contract of commands, whose handlers call that of SIGINT."""
    done = []

    def block():
        with signals_held(signal.SIGINT):
            signal.raise_signal(signal.SIGTERM)
            done.append("the whole block")

    def pass_on(number, frame):
        answer = signal.getsignal(signal.SIGINT)
        answer(number, frame)

    signal.signal(signal.SIGTERM, pass_on)
    try:
        with pytest.raises(KeyboardInterrupt):
            block()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert done == ["the whole block"]


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
            Pending(pool, partial(seen.append, 1))
        assert ThreadPoolExecutor.submit(pool, lambda: 2).result() == 2
    assert sorted(map(str, seen)) == ["1", "given"]


def test_ctrl_c_interrupts_the_waiting_for_a_result():
    """Regression. Nothing stays locked, and the result can be waited for again."""
    end, timer = threading.Event(), threading.Timer(0.1, interrupt_main)
    with ThreadPoolExecutor(1) as pool:
        pending = Pending(pool, lambda: (end.wait(), 3)[1])
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            pending.result()
        end.set()
        assert [pending.result(), pending.result()] == [3, 3]
    timer.join()


def interrupt_main():
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)


def test_errors_of_tasks_are_raised_and_other_threads_are_not_held_back():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        Pending(pool, lambda: 1 // 0).result()
    with ThreadPoolExecutor(1) as outer, ThreadPoolExecutor(1) as inner:
        assert Pending(outer, lambda: Pending(inner, lambda: 3).result()).result() == 3


def test_work_that_is_dropped_is_not_done():
    begun, end, done = threading.Event(), threading.Event(), []
    with ThreadPoolExecutor(1) as pool:
        first = Pending(pool, lambda: (begun.set(), end.wait()))
        begun.wait()
        Pending(pool, partial(done.append, 1)).cancel()
        end.set()
        first.result()
    assert done == []
