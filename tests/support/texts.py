"""Texts of characters of all kinds, for hypothesis."""

import sys

from hypothesis import strategies as st

__all__ = ["texts"]

_SURROGATES = range(0xD800, 0xE000)
_CODES = (*range(0x250), *range(0x250, sys.maxunicode, 997), sys.maxunicode)
_CHARACTERS = [chr(code) for code in _CODES if code not in _SURROGATES]


def texts(characters=None, *, min_size=0, max_size):
    """Return a strategy of texts of Latin characters and some of every alphabet, or of those that are given.

    That of hypothesis first makes a table of the kinds of all characters, which takes seconds.
    """
    each = st.sampled_from(_CHARACTERS if characters is None else characters)
    return st.lists(each, min_size=min_size, max_size=max_size).map("".join)
