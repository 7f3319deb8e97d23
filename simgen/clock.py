"""Time of work, without that of compiling."""

import sys
import time

__all__ = ["working_time"]


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
