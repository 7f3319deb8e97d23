"""Notice that functions are being compiled, where that takes longer than a moment."""

import logging
import threading
import time

__all__ = ["CompileNotice"]

_log = logging.getLogger("nugauge")


class CompileNotice:
    """Tells the logger `nugauge` once in a process that functions are being compiled.

    Parameters
    ----------
    patience : float
        Time of compiling [s] after which it is told; compilers of all functions together.

    Notes
    -----
    At level INFO, which is not shown unless somebody asks for it, as the command does. A thread of its own
    waits, to which numba gives way while it compiles.
    """

    def __init__(self, patience: float = 1.0) -> None:
        self._patience = patience
        self._spent = 0.0
        self._depth = 0
        self._start = 0.0
        self._timer: threading.Timer | None = None
        self.told = False

    def begin(self) -> None:
        """Begin to compile a function; one within another counts once."""
        self._depth += 1
        if self._depth > 1:
            return
        self._start = time.perf_counter()
        if self.told:
            return
        self._timer = threading.Timer(max(self._patience - self._spent, 0.0), self._tell)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        """End what was begun last."""
        if self._depth == 0:
            return
        self._depth -= 1
        if self._depth > 0:
            return
        self._spent += time.perf_counter() - self._start
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def spent(self) -> float:
        """Time [s] that finished functions took to compile."""
        return self._spent

    def _tell(self) -> None:
        self.told = True
        _log.info("compiling functions for the first time: some seconds or a minute, kept for later runs")
