"""Memory that threads free and need again at once."""

import ctypes
import os

__all__ = ["keep_freed_memory"]

_TRIM, _MMAP = -1, -3
"""Parameters of glibc's `mallopt`: M_TRIM_THRESHOLD and M_MMAP_THRESHOLD, of <malloc.h>."""
_KEPT, _LARGEST = 16 << 20, 8 << 20


def keep_freed_memory() -> bool:
    """Let the C library keep up to 16 MB of freed memory for each thread, in pieces of up to 8 MB.

    By default glibc gives the arrays of a block back to the system as soon as they are freed; the next block
    takes the same pages again, one page fault for each, and cleared: a third of the time of a loop over
    events on two threads (docs: performance.md). Other libraries, and settings of the user, are left alone.

    Returns
    -------
    bool
        Whether the library took the settings.
    """
    if any(name.startswith(("MALLOC_", "GLIBC_TUNABLES")) for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_TRIM, _KEPT) and mallopt(_MMAP, _LARGEST))
