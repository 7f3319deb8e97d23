"""The process: its time of work without that of compiling, and the signals that end it."""

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

__all__ = ["signals_held", "working_time"]

_ENDING = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))


def working_time() -> float:
    """Return a time [s] for differences, which stands still while functions are compiled.

    Notes
    -----
    A first run compiles for seconds; a rate that includes them says nothing of the runs after it.

    Examples
    --------
    >>> start = working_time()
    >>> 0 <= working_time() - start < 60
    True
    """
    cache = sys.modules.get("simgen._kernels.machine.cache")  # it loads numba, which may not be needed
    return time.perf_counter() - (0.0 if cache is None else cache.notice.spent)


@contextlib.contextmanager
def signals_held(*numbers: signal.Signals) -> Iterator[None]:
    """Hold back signals until the block has ended.

    Parameters
    ----------
    *numbers : signal.Signals
        All that end a command if none is given. Commands answer SIGTERM and SIGHUP through what answers
        SIGINT, so that this one is enough where 8 µs for each signal count.

    Notes
    -----
    Ctrl-C raises KeyboardInterrupt between any two steps of Python, also where an unfinished file is not yet
    known to what removes it, or where `concurrent.futures` has just taken a lock: it stays locked then, and
    threads wait for it for ever.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread gets signals
        return
    received: list[int] = []
    before: dict[int, Any] = {}
    try:
        for number in numbers or _ENDING:
            handler = signal.getsignal(number)
            if callable(handler):
                signal.signal(number, lambda n, _: received.append(n))
                before[number] = handler
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in received[:1]:
            signal.raise_signal(number)
