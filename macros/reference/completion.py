"""Values that Tab offers: cards, keys of cards and their values, parameters, experiments, tasks, figures."""

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from macros.reference.card_keys import CardKey, card_keys
from macros.terminal import Known

__all__ = ["COMPLETIONS"]

Values = Iterator[str] | Iterator[tuple[str, str]] | Iterator[str | tuple[str, str]]
_CARDS = Path(__file__).parents[1] / "cards"
_MOST_FILES = 1000


def _presets(_: Mapping[str, Any], incomplete: str) -> Iterator[tuple[str, str]]:
    for path in sorted(_CARDS.glob("*.toml")):
        if path.stem.startswith(incomplete):
            with path.open(encoding="utf-8") as stream:
                yield path.stem, stream.readline().lstrip("# ").strip()


def _cards(parameters: Mapping[str, Any], incomplete: str) -> Iterator[str | tuple[str, str]]:
    """Offer presets, TOML files and directories; a directory alone with what is in it."""
    yield from _presets(parameters, incomplete)
    names = list(_files(incomplete))
    if len(names) == 1 and names[0].endswith("/"):
        names += _files(names[0])
    yield from names


def _files(incomplete: str) -> Iterator[str]:
    directory, _, start = incomplete.rpartition("/")
    place = Path(directory or ("/" if incomplete.startswith("/") else ".")).expanduser()
    prefix = f"{directory}/" if "/" in incomplete else ""
    with os.scandir(place) as entries:
        found = sorted(_first(entries), key=lambda entry: entry.name)
    for entry in found:
        hidden = entry.name.startswith(".") and not start.startswith(".")
        if not entry.name.startswith(start) or hidden:
            continue
        if entry.is_dir():
            yield f"{prefix}{entry.name}/"
        elif entry.name.endswith(".toml"):
            yield f"{prefix}{entry.name}"


def _first(entries: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
    for number, entry in enumerate(entries):
        if number >= _MOST_FILES:
            return
        yield entry


def _document(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the card of the command line; nothing if there is none yet, or it cannot be read."""
    name = str(parameters.get("card") or parameters.get("card_a") or parameters.get("to") or "")
    preset = _CARDS / f"{name}.toml"
    try:
        return tomllib.loads((preset if preset.is_file() else Path(name)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _experiments(parameters: Mapping[str, Any], _: str) -> Iterator[str]:
    yield from _document(parameters).get("experiment", {})


def _overrides(parameters: Mapping[str, Any], incomplete: str) -> Iterator[str | tuple[str, str]]:
    """Offer keys; of one that is whole, its values."""
    document = _document(parameters)
    fitting = [(path, key) for path, key in _paths(document) if path.startswith(incomplete.partition("=")[0])]
    stated = incomplete.partition("=")[0] if "=" in incomplete else ""
    if stated:
        fitting = [(path, key) for path, key in fitting if path == stated]
    for path, key in fitting:
        if not stated:
            yield f"{path}=", key.description
        if len(fitting) == 1:
            yield from (f"{path}={value}" for value in _values(path, key, document))


def _paths(document: Mapping[str, Any]) -> Iterator[tuple[str, CardKey]]:
    """List the keys that can be set: those of backgrounds by the names that the card has."""
    for key in card_keys():
        head, star, rest = key.path.partition(".*.")
        if not star:
            if not key.is_table or key.choices or key.examples or key.default:
                yield key.path, key
        elif head == "background":
            for name in document.get("background", {}):
                yield f"{head}.{name}.{rest}", key


def _values(path: str, key: CardKey, document: Mapping[str, Any]) -> Iterator[str]:
    from simgen.parameters import parameter_names

    if path == "fit.poi":
        yield from parameter_names()
        return
    if path == "source.isotope":
        from simgen.sources import SOURCES

        yield from SOURCES
        return
    value: Any = document
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    present = [value] if isinstance(value, str | int | float) and not isinstance(value, bool) else []
    yield from dict.fromkeys(map(str, [*key.choices, *present, *key.examples, *filter(None, [key.default])]))


def _parameters(_: Mapping[str, Any], __: str) -> Iterator[str]:
    from simgen.parameters import parameter_names

    yield from parameter_names()


def _ranges(parameters: Mapping[str, Any], incomplete: str) -> Iterator[str]:
    yield from (f"{name}=" for name in _parameters(parameters, incomplete))


def _figures(_: Mapping[str, Any], __: str) -> Iterator[tuple[str, str]]:
    from macros.figures import FIGURES

    yield from FIGURES.items()
    yield "all", "all of them"


def _topics(_: Mapping[str, Any], incomplete: str) -> Iterator[tuple[str, str]]:
    from macros.reference.entries import entries

    for entry in entries():
        for name in (entry.name, entry.name.rpartition(".")[2]):
            if name.startswith(incomplete):
                yield name, entry.brief


def _pages(_: Mapping[str, Any], incomplete: str) -> Iterator[tuple[str, str]]:
    """Offer pages by their names; by the last part of these where a word begins so."""
    from macros.reference.page_search import page_titles

    for name, title in page_titles().items():
        last = name.rpartition("/")[2]
        if name.startswith(incomplete):
            yield name, title
        elif incomplete and last.startswith(incomplete) and last != "index":
            yield last, title


COMPLETIONS: dict[Known, Callable[[Mapping[str, Any], str], Iterable[str | tuple[str, str]]]] = {
    "card": _cards,
    "preset": _presets,
    "override": _overrides,
    "poi": _parameters,
    "values": _ranges,
    "experiment": _experiments,
    "figure": _figures,
    "topic": _topics,
    "page": _pages,
}
"""Where the values of each kind come from."""
