"""Ctrl-C that lets a long work finish what it has begun."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

__all__ = ["Stop", "stop_on_interrupt"]


@dataclass(slots=True)
class Stop:
    """Whether Ctrl-C was pressed; to be asked where the work can end.

    Parameters
    ----------
    keeps : bool
        To be set when there is something to keep: until then Ctrl-C interrupts at once.
    requested : bool
    """

    keeps: bool = False
    requested: bool = False

    def __call__(self) -> bool:
        """Tell whether to end here."""
        return self.requested


@contextmanager
def stop_on_interrupt() -> Iterator[Stop]:
    """Turn the first Ctrl-C into a request; the second interrupts."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread gets signals
        return

    def request(number: int, frame: FrameType | None) -> None:
        if stop.requested or not stop.keeps:
            signal.default_int_handler(number, frame)
        stop.requested = True

    before = signal.signal(signal.SIGINT, request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
