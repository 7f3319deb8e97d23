"""Keys of a card, as its JSON schema has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from macros.reference.pages import card_schema

__all__ = ["CardKey", "card_keys"]

_DEEPEST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class CardKey:
    """A key of a card.

    Parameters
    ----------
    path : str
        With its tables, such as "model.mu_nu"; ``*`` stands for a name that the user gives, or for an entry
        of a list.
    description : str
        What the schema says of it; may be empty.
    choices : tuple of str
        Values of which it has one, as TOML; empty if there are others.
    default : str
        As TOML; empty if there is none.
    examples : tuple of str
        Values that it may have, as TOML.
    is_table : bool
        Whether it holds keys.
    """

    path: str
    description: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    examples: tuple[str, ...] = ()
    is_table: bool = False

    @property
    def name(self) -> str:
        """The key without its tables."""
        return self.path.rpartition(".")[2]

    @property
    def table(self) -> str:
        """The tables that it stands in."""
        return self.path.rpartition(".")[0]


@cache
def card_keys() -> tuple[CardKey, ...]:
    """List the keys of a card, tables before what is in them, without [experiment]."""
    found: dict[str, CardKey] = {}
    for key in _walk(card_schema(), ""):
        if key.path != "experiment" and not key.path.startswith("experiment."):
            former = found.get(key.path)
            found[key.path] = key if former is None else _joined(former, key)
    return tuple(found.values())


def _joined(a: CardKey, b: CardKey) -> CardKey:
    """Join what alternative tables say of one key."""
    return CardKey(
        path=a.path,
        description=a.description or b.description,
        choices=tuple(dict.fromkeys([*a.choices, *b.choices])),
        default=a.default or b.default,
        examples=tuple(dict.fromkeys([*a.examples, *b.examples])),
        is_table=a.is_table or b.is_table,
    )


def _walk(node: Mapping[str, Any], path: str) -> Iterator[CardKey]:
    """List the keys below a part of the schema."""
    if path.count(".") > _DEEPEST:
        return
    for part in _alternatives(node):
        for name, inner in part.get("properties", {}).items():
            yield from _key(inner, f"{path}.{name}" if path else name)
        more = part.get("additionalProperties")
        if isinstance(more, Mapping):
            yield from _walk(more, f"{path}.*")
        if isinstance(part.get("items"), Mapping):
            yield from _walk(part["items"], f"{path}.*")


def _key(node: Mapping[str, Any], path: str) -> Iterator[CardKey]:
    parts = list(_alternatives(node))
    words = [word for part in parts for word in _words(part)]
    open_ended = any(_is_open(part) for part in parts)
    default = node.get("default")
    yield CardKey(
        path=path,
        description=str(node.get("description", "")),
        choices=() if open_ended else tuple(words),
        default="" if default is None else _toml(default),
        examples=tuple(
            dict.fromkeys([*words, *(_toml(e) for part in parts for e in part.get("examples", ()))])
        ),
        is_table=any("properties" in part or "additionalProperties" in part for part in parts),
    )
    yield from _walk(node, path)


def _alternatives(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Resolve references, and list the alternatives of a part of the schema."""
    if "$ref" in node:
        yield from _alternatives(card_schema()["$defs"][node["$ref"].rpartition("/")[2]])
        return
    choices = [*node.get("oneOf", ()), *node.get("anyOf", ())]
    inner = [part for part in choices if "required" not in part or "properties" in part]
    if not inner or "properties" in node:
        yield node
    for part in inner:
        yield from _alternatives(part)


def _words(part: Mapping[str, Any]) -> list[str]:
    if part.get("type") == "boolean":
        return ["true", "false"]
    words = part.get("enum", [part["const"]] if "const" in part else [])
    return [_toml(word) for word in words]


def _is_open(part: Mapping[str, Any]) -> bool:
    """Tell whether there are values beside words."""
    return not _words(part) and part.get("type") != "null"


def _toml(value: Any) -> str:
    """Write a value as `--set` reads it: texts without quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else f"{value}"
