"""Write a card as TOML."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from macros.terminal import escape_unsafe

__all__ = ["write_toml"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(document: Mapping[str, Any]) -> str:
    """Write a document of tables, strings, numbers, booleans and lists.

    Tables at the top get a header of their own, and so do those in a table that holds nothing else; others
    are written in one line.

    Examples
    --------
    >>> print(write_toml({"fit": {"poi": "gamma", "level": 0.9}}), end="")
    [fit]
    poi = "gamma"
    level = 0.9
    """
    return "\n\n".join(_blocks(document, "")) + "\n"


def _blocks(table: Mapping[str, Any], head: str) -> Iterator[str]:
    """Write a table under its header, and below it those that get their own."""
    inner = {k: v for k, v in table.items() if isinstance(v, Mapping)}
    if (head and len(inner) < len(table)) or not table:
        inner = {}
    lines = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if k not in inner]
    if head and not inner:
        lines.insert(0, f"[{head}]")
    if lines:
        yield "\n".join(lines)
    for key, value in inner.items():
        yield from _blocks(value, f"{head}.{_key(key)}" if head else _key(key))


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    return escape_unsafe(json.dumps(value, ensure_ascii=False))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    raise TypeError(f"a card cannot hold {value!r}")
