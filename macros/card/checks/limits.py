"""How deep a card may be nested, and how long its numbers may be."""

from collections.abc import Mapping
from typing import Any

from macros.card.checks.faults import CardFault

__all__ = ["MAX_DEPTH", "check_limits"]

MAX_DEPTH = 20
"""Tables and lists in each other; the schema needs seven."""
_MAX_NUMBER = 10**309
"""Above every number that has a floating-point value."""
_MAX_KEY = 80
"""Characters of a key's path that are shown."""


def check_limits(document: Mapping[str, Any]) -> list[CardFault]:
    """Report tables and lists that are nested too deep, and numbers of too many digits.

    Parameters
    ----------
    document : mapping
        A card as it was read; it is walked through without recursion.

    Examples
    --------
    >>> print(*check_limits({"model": {"gamma": 10**400}}))
    model.gamma: is a number of more than 308 digits
    """
    faults = []
    open_values: list[tuple[str, int, Any]] = [("", 0, document)]
    while open_values:
        path, depth, value = open_values.pop()
        if depth > MAX_DEPTH:
            shown = path if len(path) <= _MAX_KEY else f"{path[:_MAX_KEY]}..."
            return [CardFault(key=shown, reason=f"is nested more than {MAX_DEPTH} deep")]
        if isinstance(value, int) and abs(value) >= _MAX_NUMBER:
            faults.append(CardFault(key=path, reason="is a number of more than 308 digits"))
        items = enumerate(value) if isinstance(value, list) else ()
        for key, item in value.items() if isinstance(value, Mapping) else items:
            open_values.append((f"{path}.{key}" if path else str(key), depth + 1, item))
    return faults
