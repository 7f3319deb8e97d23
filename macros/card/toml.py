"""Write a card as TOML."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["write_toml"]

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def write_toml(document: Mapping[str, Any]) -> str:
    """Write a document of tables, strings, numbers, booleans and lists.

    Tables at the top get a header of their own, those inside are written in one line.

    Examples
    --------
    >>> print(write_toml({"fit": {"poi": "gamma", "level": 0.9}}), end="")
    [fit]
    poi = "gamma"
    level = 0.9
    """
    blocks = []
    bare = {key: value for key, value in document.items() if not isinstance(value, Mapping)}
    if bare:
        blocks.append("\n".join(f"{_key(k)} = {_value(v)}" for k, v in bare.items()))
    for key, table in document.items():
        if isinstance(table, Mapping):
            blocks.append(
                "\n".join([f"[{_key(key)}]", *(f"{_key(k)} = {_value(v)}" for k, v in table.items())])
            )
    return "\n\n".join(blocks) + "\n"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


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
    raise TypeError(f"a card cannot hold a {type(value).__name__}: {value!r}")
