"""Names: those from which names of branches are made, and which of the known names was probably meant."""

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["NAME_PATTERN", "close_names", "closest", "is_name", "legal_name", "spelt"]

NAME_PATTERN = "[A-Za-z0-9_-]+"
"""Names that TOML takes as keys without quotes, and ROOT as parts of branch names."""


def is_name(text: str) -> bool:
    """Tell whether a text is a name: ASCII letters, digits, _ and - only, at least one."""
    return re.fullmatch(NAME_PATTERN, text) is not None


def legal_name(text: str) -> str:
    """Make a name of a text.

    Examples
    --------
    >>> legal_name("K[40]"), legal_name("²¹⁰Bi, γ"), legal_name("Bi-210")
    ('K_40', '210Bi_gamma', 'Bi-210')
    """
    plain = "".join(map(spelt, unicodedata.normalize("NFKD", text)))
    return re.sub("[^A-Za-z0-9-]+", "_", plain).strip("_") or "name" if not is_name(text) else text


def closest(word: str, choices: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Find the name that was probably meant; None if none is similar.

    Examples
    --------
    >>> closest("treshold", ["threshold", "target"]), closest("sin2thetaW", ["sin2_2theta", "sin2_theta_w"])
    ('threshold', 'sin2_theta_w')
    """
    found = close_names(word, choices, n=1, cutoff=cutoff)
    return found[0] if found else None


def close_names(word: str, choices: Iterable[str], *, n: int, cutoff: float = 0.6) -> list[str]:
    """List the names that are most similar to a word, the best first.

    Parameters
    ----------
    word : str
    choices : iterable of str
    n : int
        Most names.
    cutoff : float
        Least similarity, from 0 to 1, as of `difflib.get_close_matches`.

    Notes
    -----
    Letter case, accents, `_`, `-` and blanks do not count, and Greek letters are their names. A name that
    then is the same word is the only one.

    Examples
    --------
    >>> close_names("μ_ν", ["mu_nu", "gamma"], n=2)
    ['mu_nu']
    """
    folded: dict[str, str] = {}
    for choice in choices:
        folded.setdefault(_folded(choice), choice)
    asked = _folded(word)
    if asked in folded:
        return [folded[asked]]
    return [folded[name] for name in get_close_matches(asked, folded, n=n, cutoff=cutoff)]


def _folded(name: str) -> str:
    plain = "".join(map(spelt, unicodedata.normalize("NFKD", name)))
    return re.sub(r"[\s_-]", "", plain.casefold())


def spelt(letter: str) -> str:
    """Spell a Greek letter; leave out accents.

    Examples
    --------
    >>> spelt("γ"), spelt("x")
    ('gamma', 'x')
    """
    if unicodedata.combining(letter):
        return ""
    words = unicodedata.name(letter, "").split()
    if words[:1] == ["GREEK"] and "LETTER" in words:
        return words[words.index("LETTER") + 1].lower()
    return letter
