"""Ctrl-C that lets long work finish: the first one asks for its end, another one interrupts it."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

from macros.terminal.console import is_quiet

__all__ = ["Stop", "stop_on_interrupt"]

PRESSED_TWICE = 1.0
"""Time after the first Ctrl-C in which another one is taken for the same: fingers press twice [s]."""
_ENDING = b"\ninterrupted: what has begun is finished and kept; Ctrl-C again, a second later, drops it\n"


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

    def after_a_block(self) -> bool:
        """Tell whether to end here, after a block of work that can be kept."""
        self.keeps = True
        return self.requested


@contextmanager
def stop_on_interrupt(*, has_file: bool = True) -> Iterator[Stop]:
    """Turn the first Ctrl-C into a request; one that comes more than a second later interrupts.

    On a terminal the first one is answered at once, because the work goes on for a moment.

    Parameters
    ----------
    has_file : bool
        Whether the command writes a file in which a part of its work can be kept; else its message says that
        nothing is kept.
    """
    stop, asked = Stop(), 0.0
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread gets signals
        return

    def request(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if not stop.keeps or (stop.requested and time.monotonic() - asked > PRESSED_TWICE):
            signal.default_int_handler(number, frame)
        if not stop.requested:
            stop.requested, asked = True, time.monotonic()
            if os.isatty(2) and not is_quiet():
                with suppress(OSError):  # the stream's own buffer may be in use
                    os.write(2, _ENDING)

    before = signal.signal(signal.SIGINT, request)
    try:
        yield stop
    except KeyboardInterrupt as error:
        if not has_file:
            error.add_note("nothing is kept of a study without -o FILE")
        elif stop.requested:
            error.add_note("Ctrl-C was pressed again: what was not finished is dropped")
        raise
    finally:
        signal.signal(signal.SIGINT, before)
