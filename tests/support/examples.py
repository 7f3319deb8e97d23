"""Examples of a test: a few in the default suite, all others with the marker `long`."""

import pytest

__all__ = ["few"]


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
