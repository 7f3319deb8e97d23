"""What the pages say of each name: keys of cards and JSON, branches of files, bits of `status`."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache

from macros.reference.card_keys import CardKey, card_keys
from macros.reference.pages import Table, page, pages, tables
from macros.reference.references import references
from simgen.parameters import parameter_names, parameter_range, parameter_unit

__all__ = ["Entry", "entries"]

_NAME = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_ITEM = re.compile(r"^- ([a-z_]+): (.*?)(?=^- |^\s*$|\Z)", re.DOTALL | re.MULTILINE)
_SENTENCE = re.compile(r"(?<=[.:]) (?=[A-Z`])")
_BIT = re.compile(r"(\d+) ([^,]*(?:, so that [^,]*)?)")
_KEY = re.compile(r"[A-Za-z]\w*")
_WHEN = ("required", "or ", "one of", "instead", "not with", "flat,", "power", "line", "table")
"""Beginnings of cells that say when a key is there, in the column of defaults."""
_PLACEHOLDERS = ("NAME", "POI")
"""In names of branches: the name of a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is said of a name.

    Parameters
    ----------
    kind : str
        What it is, such as "key of a card".
    name : str
    facts : tuple of (str, str)
        What is said, by short heads.
    page : str
        Where it stands; empty if on no page.
    """

    kind: str
    name: str
    facts: tuple[tuple[str, str], ...] = field(default=())
    page: str = ""

    @property
    def brief(self) -> str:
        """The meaning in a line."""
        found = dict(self.facts)
        return found.get("meaning") or found.get("value") or (self.facts[0][1] if self.facts else "")

    def is_called(self, text: str) -> bool:
        """Tell whether a text names it: with its tables or without, or as one of the names it stands for."""
        if text.lower() in {self.name.lower(), self.name.rpartition(".")[2].lower()}:
            return True
        pattern = re.escape(self.name).replace(r"\*", r"[\w-]+")
        if self.kind.startswith("branch"):
            if self.name in _PLACEHOLDERS:
                return text in parameter_names()
            for word in _PLACEHOLDERS:
                pattern = pattern.replace(word, r"[a-zA-Z]\w*")
        return re.fullmatch(pattern, text) is not None


@cache
def entries() -> tuple[Entry, ...]:
    """List everything that the pages and the schema of a card name."""
    return (*_of_cards(), *_of_branches(), *_of_bits(), *_of_json(), *_of_constants())


def _plain(text: str) -> str:
    """Take the marks of Markdown from a text."""
    return _LINK.sub(r"\1", text).replace("`", "").replace(r"\|", "|").strip()


@cache
def _tables() -> tuple[Table, ...]:
    return tuple(table for name, text in pages().items() for table in tables(name, text))


def _of_cards() -> Iterator[Entry]:
    for key in card_keys():
        stated = _row(key)
        facts = list(stated[1]) if stated else []
        said = {head for head, _ in facts}
        if "meaning" not in said and key.description:
            facts.append(("meaning", key.description))
        if "value" not in said and (key.choices or key.examples):
            facts.insert(0, ("value", " or ".join(key.choices) or f"such as {', '.join(key.examples)}"))
        if not said and key.default:
            facts.append(("default", key.default))
        if key.table == "model" and key.name in parameter_names():
            facts.append(("range", _range(key.name)))
        facts += _plausible(key)
        if key.is_table:
            inner = [k.name for k in card_keys() if k.table in {key.path, f"{key.path}.*"}]
            facts.append(("keys", ", ".join(dict.fromkeys(inner))))
        yield Entry(kind="key of a card", name=key.path, facts=tuple(facts), page=stated[0] if stated else "")


def _range(parameter: str) -> str:
    low, high = parameter_range(parameter)
    unit = f", in {parameter_unit(parameter)}" if parameter_unit(parameter) else ""
    ends = [f"{end:.6g}" if math.isfinite(end) else "any" for end in (low, high)]
    until = f" to {ends[1]}" if ends[1] != "any" else " on"
    physical = "any" if ends == ["any", "any"] else f"from {ends[0]}{until}"
    return f"physical: {physical}{unit}"


def _row(key: CardKey) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Find what a table of a page says of a key: of one in an inner table, a table that follows."""
    top, _, rest = key.path.partition(".")
    direct = "." not in rest.removeprefix("*.")
    for table in _tables():
        if table.heading != f"[{top}]" or table.head[0] != "key" or len(table.head) < 4:
            continue
        if direct != (table.number == _first(table)):
            continue
        for names, value, default, meaning in (row[:4] for row in table.rows):
            if key.name in _NAME.findall(names):
                when = "when" if default.startswith(_WHEN) else "default"
                cells = (("value", value), (when, default), ("meaning", meaning))
                facts = tuple((head, _plain(text)) for head, text in cells if text)
                return f"{table.page}, {table.heading}", facts
    return None


@cache
def _first(table: Table) -> int:
    """Return the number of the first table of keys under the heading of a table."""
    return min(
        t.number
        for t in _tables()
        if (t.page, t.heading) == (table.page, table.heading) and t.head[0] == "key"
    )


def _plausible(key: CardKey) -> list[tuple[str, str]]:
    for table in _tables():
        if table.head[:3] == ("key", "possible", "plausible"):
            for names, possible, plausible, why in (row[:4] for row in table.rows):
                if fnmatchcase(key.path, _plain(names).removesuffix(".*")):
                    return [("possible", _plain(possible)), ("plausible", f"{plausible}: {_plain(why)}")]
    return []


def _of_branches() -> Iterator[Entry]:
    for table in _tables():
        if table.head[0] != "branch":
            continue
        heads = [head or ("meaning" if i == len(table.head) - 1 else "") for i, head in enumerate(table.head)]
        for row in table.rows:
            facts = [(h, _plain(c)) for h, c in zip(heads[1:], row[1:], strict=True) if h and c]
            for name in _NAME.findall(row[0]):
                yield Entry(
                    kind=f"branch of {_file(table.heading)}",
                    name=name.partition("[")[0],
                    facts=tuple(facts),
                    page=f"{table.page}, {table.heading}",
                )


def _file(heading: str) -> str:
    return f"files of {heading[0].lower()}{heading[1:]}" if not heading.endswith("files") else heading.lower()


def _of_bits() -> Iterator[Entry]:
    """List the bits of `status`."""
    for table in _tables():
        for row in table.rows:
            if table.head[0] == "branch" and row[0] == "`status`":
                for bit, meaning in _BIT.findall(_plain(row[-1]).partition("the sum of ")[2]):
                    facts = (("meaning", meaning.strip()),)
                    yield Entry(
                        kind="bit of status", name=bit, facts=facts, page=f"{table.page}, {table.heading}"
                    )


def _of_constants() -> Iterator[Entry]:
    for known in references():
        if known.what.isidentifier():
            facts = (("value", known.ours), ("meaning", known.source))
            yield Entry(kind="constant", name=known.what, facts=facts)


def _of_json() -> Iterator[Entry]:
    """List the keys of JSON documents, each with the sentences in which it stands."""
    name, text = page("JSON")
    found: dict[tuple[str, str], list[str]] = {}
    for command, said in _ITEM.findall(text):
        listed, *sentences = _SENTENCE.split(" ".join(said.split()))
        keys = dict.fromkeys(k for k in _NAME.findall(" ".join([listed, *sentences])) if _KEY.fullmatch(k))
        for key in keys:
            told = " ".join(_plain(s) for s in sentences if f"`{key}`" in s)
            found.setdefault((key, told), []).append(command)
    for (key, told), commands in found.items():
        facts = (("of", ", ".join(commands)), *([("meaning", told)] if told else []))
        yield Entry(kind="key of JSON", name=key, facts=facts, page=name)
