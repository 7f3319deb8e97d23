"""Texts of any characters, for hypothesis."""

import sys

from hypothesis import strategies as st

__all__ = ["texts"]

_SURROGATES = range(0xD800, 0xE000)
_CHARACTERS = st.integers(0, sys.maxunicode).filter(lambda code: code not in _SURROGATES).map(chr)


def texts(characters=None, *, min_size=0, max_size):
    """Return a strategy of texts, of all characters or of those that are given.

    That of hypothesis first makes a table of the kinds of all characters, which takes seconds.
    """
    each = _CHARACTERS if characters is None else st.sampled_from(characters)
    return st.lists(each, min_size=min_size, max_size=max_size).map("".join)
