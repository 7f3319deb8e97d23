"""Overrides of single keys of a card, as ``--set key=value`` gives them."""

import copy
import os
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from detsim.names import closest
from macros.card.checks import CardFault
from macros.card.tables import OWN

__all__ = ["Overrides", "apply_overrides", "choose_specific", "plain_key"]

Overrides = Sequence[str] | str | Mapping[str, Any]
"""Texts "key=value", one of them alone, or a mapping of keys to values."""

_ALTERNATIVES = (
    {"model.gamma", "model.mass"},
    {"model.phi", "model.constrained"},
    {"source.activity", "source.flux", "source.events"},
    {"geometry.source_distance", "geometry.source_position"},
    {"detector.mass", "detector.electrons"},
    {"detector.bins", "detector.edges"},
    {"exposure.amount", "exposure.start"},
    {"exposure.amount", "exposure.duration"},
    {"geometry.source_distance", "geometry.source_position"},
    {"exposure.amount", "detector.mass"},
    {"exposure.amount", "detector.electrons"},
)
"""Keys of which a card has one: setting one drops the others."""

_OTHER_MODELS = {
    "SM": {
        "model.beta",
        "model.gamma",
        "model.mass",
        "model.phi",
        "model.rho_mix",
        "model.constrained",
    },
    "LR": {"model.beta"},
}
"""Keys that a model does not have: choosing it drops them."""


def apply_overrides(
    document: Mapping[str, Any], overrides: Overrides
) -> tuple[dict[str, Any], list[CardFault]]:
    """Apply overrides to a card.

    Parameters
    ----------
    document : mapping
        The card; it is not changed.
    overrides : sequence of str, str or mapping
        "key=value", the key a path such as ``model.gamma``, or ``geometry.source_position.2`` for an entry
        of a list, from 0 on; the value as TOML, else a string; or values by key.

    Returns
    -------
    document : dict
        A new card. Where keys exclude each other, the one that is set replaces those of the card. A table
        that is set comes before keys in it, in whatever order they are given.
    faults : list of CardFault
        Overrides that could not be applied, and keys that are set twice.

    Examples
    --------
    >>> apply_overrides({"model": {"name": "LR", "mass": "390 GeV"}}, ["model.gamma=0.1"])[0]
    {'model': {'name': 'LR', 'gamma': 0.1}}
    """
    changed = copy.deepcopy(dict(document))
    faults: list[CardFault] = []
    pairs, texts = _pairs(overrides)
    for argument in texts:
        text = _decoded(argument)
        if text is None:
            faults.append(CardFault(key=f"--set {argument}", reason="is not a text in UTF-8"))
            continue
        key, equals, value = (part.strip() for part in text.partition("="))
        key = plain_key(key)
        if not equals or not all(key.split(".")):
            faults.append(
                CardFault(
                    key=f"--set {text}", reason="is not key=value", suggestion="for example model.gamma=0.05"
                )
            )
        else:
            pairs.append((key, _read_value(value)))
    chosen = {key for key, _ in pairs}
    faults += _given_twice([key for key, _ in pairs])
    for key, value in sorted(pairs, key=lambda pair: pair[0].count(".")):  # a table before what is in it
        unknown = _check_experiment(changed, key)
        if unknown is not None:
            faults.append(unknown)
            continue
        _own_table(changed, key)
        for other in _excluded_by(key, value) - chosen:
            _drop(changed, other)
        try:
            _put(changed, key, value)
        except TypeError:
            faults.append(CardFault(key=f"--set {key}", reason="leads through a value that is not a table"))
        except IndexError as error:
            faults.append(CardFault(key=f"--set {key}", reason=str(error)))
    return changed, faults


def _pairs(overrides: Overrides) -> tuple[list[tuple[str, Any]], Sequence[str]]:
    """Return keys and values of a mapping, and texts that are still to be read."""
    if isinstance(overrides, Mapping):
        # a number of NumPy is written as Python's own
        return [(str(k), v.item() if hasattr(v, "item") else v) for k, v in overrides.items()], ()
    return [], [overrides] if isinstance(overrides, str) else overrides


def _given_twice(keys: Sequence[str]) -> list[CardFault]:
    """Report keys of which only the last value would count."""
    return [
        CardFault(
            key=f"--set {key}", reason=f"is given {n} times, and one value counts", suggestion="set it once"
        )
        for key, n in Counter(keys).items()
        if n > 1
    ]


def choose_specific(general: Sequence[str], specific: Sequence[str]) -> list[str]:
    """Join overrides of which the specific ones come before the general ones of the same key.

    Examples
    --------
    >>> choose_specific(["model.gamma=0", "fit.level=0.9"], ["model.gamma=0.1"])
    ['fit.level=0.9', 'model.gamma=0.1']
    """
    keys = {plain_key(text.partition("=")[0]) for text in specific}
    return [*(text for text in general if plain_key(text.partition("=")[0]) not in keys), *specific]


def plain_key(key: str) -> str:
    """Write a key with the numbers of entries of lists as parts of the path.

    Examples
    --------
    >>> plain_key(" geometry.source_position[2]")
    'geometry.source_position.2'
    """
    return re.sub(r"\[(\d+)\]", r".\1", key.strip())


def _decoded(argument: str) -> str | None:
    """Return an argument as UTF-8, whatever the system's encoding; None if it is not."""
    try:
        return os.fsencode(argument).decode()
    except UnicodeDecodeError:
        return None
    except UnicodeEncodeError:
        return argument  # not from a command line


def _read_value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _excluded_by(key: str, value: Any) -> set[str]:
    prefix = _experiment(key)
    if prefix:
        return {f"{prefix}.{other}" for other in _excluded_by(key.removeprefix(f"{prefix}."), value)}
    if (key, value) == ("model.constrained", False):
        return set()
    stated = ".".join(key.split(".")[:2])  # model.constrained.tau=2 states model.constrained
    excluded = {other for group in _ALTERNATIVES if stated in group for other in group if other != stated}
    if key == "model.name" and isinstance(value, str):
        excluded |= _OTHER_MODELS.get(value, set())
    if (key, value) == ("fit.likelihood", "poisson"):
        excluded.add("fit.error_per_bin")
    return excluded


def _experiment(key: str) -> str:
    """Return the part of a key that names one of several experiments; empty if none does."""
    parts = key.split(".")
    return ".".join(parts[:2]) if parts[0] == "experiment" and len(parts) > 2 else ""


def _own_table(document: dict[str, Any], key: str) -> None:
    """Give an experiment its own copy of a table that it takes from the top, if a key in it is set."""
    parts = key.split(".")
    if not _experiment(key) or len(parts) < 4 or parts[2] not in OWN:
        return
    tables, table = document["experiment"][parts[1]], document.get(parts[2])
    if isinstance(tables, dict) and isinstance(table, dict):
        tables.setdefault(parts[2], copy.deepcopy(table))


def _check_experiment(document: Mapping[str, Any], key: str) -> CardFault | None:
    """Refuse a key of an experiment that the card has not, which would be a new one."""
    name = _experiment(key).removeprefix("experiment.")
    experiments = document.get("experiment", {})
    if not name or not isinstance(experiments, Mapping) or name in experiments:
        return None
    if not experiments:
        advice = f"leave experiment.{name}. out"
        return CardFault(key=f"--set {key}", reason="the card has no [experiment.*]", suggestion=advice)
    meant = closest(name, experiments)
    advice = f"did you mean {meant}?" if meant else f"it has {', '.join(experiments)}"
    return CardFault(key=f"--set {key}", reason=f"the card has no experiment {name!r}", suggestion=advice)


def _drop(document: dict[str, Any], key: str) -> None:
    *parents, name = key.split(".")
    table: Any = document
    for part in parents:
        table = table.get(part) if isinstance(table, dict) else None
    if isinstance(table, dict):
        table.pop(name, None)


def _put(document: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    table: Any = document
    for part in parents:
        table = table[_entry(table, part)] if isinstance(table, list) else table.setdefault(part, {})
        if not isinstance(table, dict | list):
            raise TypeError(key)
    table[_entry(table, last) if isinstance(table, list) else last] = value


def _entry(entries: list[Any], part: str) -> int:
    """Read the number of an entry of a list."""
    if not part.isdecimal() or int(part) >= len(entries):
        n = len(entries)
        raise IndexError(f"{part!r} is no entry of a list of {n}; they are {', '.join(map(str, range(n)))}")
    return int(part)
