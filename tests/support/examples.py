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
        Each the value of one argument, or of several; those with marks of their own keep these alone.
    unpack : bool
        Each is the values of several arguments.
    """
    return [
        value
        if i % step == 0 or isinstance(value, type(pytest.param()))
        else pytest.param(*(value if unpack else (value,)), marks=pytest.mark.long)
        for i, value in enumerate(values)
    ]
