"""Environment variables of numba that compiled code cannot work with."""

import os
import re
from collections.abc import Mapping

__all__ = ["check_environment"]

_FEATURES = re.compile(r"([+-][^,\s]+(,[+-][^,\s]+)*)?")


def check_environment(variables: Mapping[str, str] = os.environ) -> None:
    """Refuse variables that make numba stop with a trace, or the compiler abort the process.

    Parameters
    ----------
    variables : mapping of str to str, optional

    Raises
    ------
    ValueError
        Naming the variable, its value and what would be right.

    Examples
    --------
    >>> check_environment({"NUMBA_NUM_THREADS": "2", "NUMBA_CPU_FEATURES": "+avx,-avx2"})
    """
    if _is_set(variables.get("NUMBA_DISABLE_JIT", "")):
        raise ValueError(
            "NUMBA_DISABLE_JIT is set in the environment, but the numerical functions of nugauge run only "
            "compiled: unset it. To look for errors in compiled code, set NUMBA_BOUNDSCHECK=1, which checks "
            "the indices of arrays"
        )
    threads = variables.get("NUMBA_NUM_THREADS", "1")
    if not re.fullmatch(r"\s*\+?0*[1-9][0-9]*\s*", threads):
        raise ValueError(
            f"NUMBA_NUM_THREADS = {threads!r} in the environment: a whole number from 1 is needed"
        )
    features = variables.get("NUMBA_CPU_FEATURES", "")
    if not _FEATURES.fullmatch(features):
        raise ValueError(
            f"NUMBA_CPU_FEATURES = {features!r} in the environment: names of features of the processor are "
            "needed, each with + or - before it, such as '+sse4.2,-avx512f'"
        )


def _is_set(value: str) -> bool:
    """Tell whether numba takes a text for a number other than 0."""
    try:
        return int(value) != 0
    except ValueError:
        return False
