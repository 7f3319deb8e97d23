"""Examples of a test: a few in the default suite, all others with the marker `long`."""

import pytest

__all__ = ["every", "few"]


def few(values, *quick):
    """List the values of a parametrisation, marked `long` if they are not among the quick ones.

    Parameters
    ----------
    values : iterable
        Each the value of one argument.
    *quick
        At least one of them.
    """
    listed = list(values)
    assert quick
    assert all(value in listed for value in quick)
    return [value if value in quick else pytest.param(value, marks=pytest.mark.long) for value in listed]


def every(step, values, *, unpack=False):
    """List the values of a parametrisation, marked `long` except the first and every step-th after it.

    Parameters
    ----------
    step : int
    values : iterable
        Each the value of one argument, or of several. One with marks of its own keeps these alone.
    unpack : bool
        Each is the values of several arguments.
    """
    return [value if i % step == 0 else _long(value, unpack=unpack) for i, value in enumerate(values)]


def _long(value, *, unpack):
    """Mark one value, which may be a `pytest.param` with a name."""
    if not isinstance(value, type(pytest.param())):
        return pytest.param(*(value if unpack else (value,)), marks=pytest.mark.long)
    return value if value.marks else pytest.param(*value.values, id=value.id, marks=pytest.mark.long)
