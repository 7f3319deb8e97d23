"""Overrides of single keys of a card, as ``--set key=value`` gives them."""

import copy
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from macros.card.faults import CardFault

__all__ = ["apply_overrides"]

_ALTERNATIVES = (
    {"model.gamma", "model.mass"},
    {"model.phi", "model.constrained"},
    {"source.activity", "source.flux", "source.events"},
    {"geometry.source_distance", "geometry.source_position"},
    {"detector.mass", "detector.electrons"},
    {"detector.bins", "detector.edges"},
    {"exposure.amount", "exposure.start"},
    {"exposure.amount", "exposure.duration"},
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
    document: Mapping[str, Any], overrides: Sequence[str]
) -> tuple[dict[str, Any], list[CardFault]]:
    """Apply overrides to a card.

    Parameters
    ----------
    document : mapping
        The card; it is not changed.
    overrides : sequence of str
        "key=value", the key a path such as ``model.gamma``, the value as TOML, else a string.

    Returns
    -------
    document : dict
        A new card. Where keys exclude each other, the one that is set replaces those of the card.
    faults : list of CardFault
        Overrides that could not be applied.

    Examples
    --------
    >>> apply_overrides({"model": {"name": "LR", "mass": "390 GeV"}}, ["model.gamma=0.1"])[0]
    {'model': {'name': 'LR', 'gamma': 0.1}}
    """
    changed = copy.deepcopy(dict(document))
    faults = []
    pairs = []
    for text in overrides:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not all(key.split(".")):
            faults.append(
                CardFault(
                    key=f"--set {text}", reason="is not key=value", suggestion="for example model.gamma=0.05"
                )
            )
        else:
            pairs.append((key, _read_value(value)))
    chosen = {key for key, _ in pairs}
    for key, value in pairs:
        for other in _excluded_by(key, value) - chosen:
            _drop(changed, other)
        try:
            _put(changed, key, value)
        except TypeError:
            faults.append(CardFault(key=f"--set {key}", reason="leads through a value that is not a table"))
    return changed, faults


def _read_value(text: str) -> Any:
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _excluded_by(key: str, value: Any) -> set[str]:
    if (key, value) == ("model.constrained", False):
        return set()
    stated = ".".join(key.split(".")[:2])  # model.constrained.tau=2 states model.constrained
    excluded = {other for group in _ALTERNATIVES if stated in group for other in group if other != stated}
    if key == "model.name" and isinstance(value, str):
        excluded |= _OTHER_MODELS.get(value, set())
    if (key, value) == ("fit.likelihood", "poisson"):
        excluded.add("fit.error_per_bin")
    return excluded


def _drop(document: dict[str, Any], key: str) -> None:
    table, name = key.split(".")
    if isinstance(document.get(table), dict):
        document[table].pop(name, None)


def _put(document: dict[str, Any], key: str, value: Any) -> None:
    *parents, last = key.split(".")
    table: Any = document
    for part in parents:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            raise TypeError(key)
    table[last] = value
