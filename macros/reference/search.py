"""Names looked up: exactly, by their beginning, or by what is nearly the same."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from detsim.names import close_names
from macros.reference.entries import Entry

__all__ = ["Found", "look_up"]

_MOST = 12
_SHORTEST = 3
"""Letters of a word that is looked for in meanings, at most too few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found of a text.

    Parameters
    ----------
    exact : tuple of Entry
        What it names.
    beginning : tuple of Entry
        If it names nothing: what begins with it, or has it in its name, or else in its meaning.
    similar : tuple of str
        If there is none of these either: names that are nearly the same.
    """

    exact: tuple[Entry, ...] = ()
    beginning: tuple[Entry, ...] = ()
    similar: tuple[str, ...] = ()


def look_up(text: str, known: Sequence[Entry]) -> Found:
    """Look up a name.

    Parameters
    ----------
    text : str
        A name, with or without its table; as in a card (``[model]``), an override (``model.gamma=0.1``) or
        an option (``--audit``).
    known : sequence of Entry
    """
    asked = _name(text)
    exact = [entry for entry in known if entry.is_called(asked)]
    full = [entry for entry in exact if "." in asked and entry.name.count(".") >= asked.count(".")]
    if exact:
        return Found(exact=tuple(full or exact))
    bits = _bits(asked, known)
    if bits:
        return Found(exact=tuple(bits))
    low = asked.lower()
    for test in (_begins, _contains, _means):
        near = [entry for entry in known if low and test(entry, low)]
        if near:
            return Found(exact=tuple(near)) if len(near) == 1 else Found(beginning=tuple(near))
    names = {entry.name.lower(): entry.name for entry in known}
    names |= {entry.name.rpartition(".")[2].lower(): entry.name for entry in known}
    close = close_names(low, names, n=_MOST)
    last = close_names(low.rpartition(".")[2], names, n=_MOST, cutoff=0.7) if "." in low else []
    return Found(similar=tuple(dict.fromkeys(names[name] for name in [*close, *last])))


def _name(text: str) -> str:
    """Return the name in a text: without brackets, a value, the name of an experiment."""
    name = text.strip().strip("`[]").partition("=")[0].strip()
    name = name.removeprefix("--set").strip() or name
    parts = name.split(".")
    return ".".join(parts[2:]) if parts[0] == "experiment" and len(parts) > 2 else name


def _bits(text: str, known: Sequence[Entry]) -> list[Entry]:
    """Return the bits of a status that is the sum of several."""
    if not text.isdecimal() or len(text) > 6:
        return []
    bits = [entry for entry in known if entry.kind == "bit of status" and int(text) & int(entry.name)]
    return bits if sum(int(entry.name) for entry in bits) == int(text) else []


def _begins(entry: Entry, text: str) -> bool:
    name = entry.name.lower()
    return name.startswith(text) or name.rpartition(".")[2].startswith(text)


def _contains(entry: Entry, text: str) -> bool:
    return len(text) > 2 and text in entry.name.lower()


def _means(entry: Entry, text: str) -> bool:
    """Tell whether words of the meaning have the same stem: smearing, smeared."""
    stem = re.sub(r"(ing|ed|s)$", "", text)
    words = " ".join(value for head, value in entry.facts if head in {"meaning", "what it is"}).lower()
    return len(stem) > _SHORTEST and re.search(rf"\b{re.escape(stem)}", words) is not None
