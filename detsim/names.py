"""Names of experiments, backgrounds and components, from which names of branches are made."""

import re
import unicodedata

from simgen.suggestions import spelt

__all__ = ["NAME_PATTERN", "is_name", "legal_name"]

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
