"""Names that a card gives to backgrounds and components."""

from collections.abc import Mapping
from typing import Any

from detsim.names import is_name, legal_name
from macros.card.checks.faults import CardFault

__all__ = ["check_names", "legal_names", "name_fault"]


def name_fault(key: str, name: str) -> CardFault:
    """Say that a name is none, and what would be one."""
    reason = f"{name!r} is a name of other than ASCII letters, digits, _ and -"
    return CardFault(key=key, reason=reason, suggestion=f"call it {legal_name(name)}")


def check_names(document: Mapping[str, Any]) -> list[CardFault]:
    """List the names of a plain card that cannot be: files have branches and components of these names."""
    backgrounds = document.get("background")
    names = backgrounds if isinstance(backgrounds, Mapping) else ()
    faults = [name_fault(f"background.{name}", name) for name in names if not is_name(name)]
    for number, component in enumerate(_components(document)):
        name = component.get("name")
        if isinstance(name, str) and name and not is_name(name):
            faults.append(name_fault(f"source.components.{number}.name", name))
    return faults


def legal_names(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the card of an older file, which could have any names, with those that they have to be today.

    Examples
    --------
    >>> legal_names({"background": {"K[40]": {}, "flat": {}}})
    {'background': {'K_40': {}, 'flat': {}}}
    """
    renamed = dict(document)
    backgrounds = document.get("background")
    if isinstance(backgrounds, Mapping):
        legal = {legal_name(name): table for name, table in backgrounds.items()}
        renamed["background"] = legal if len(legal) == len(backgrounds) else dict(backgrounds)
    if components := _components(document):
        named = [
            {**c, "name": legal_name(c["name"])} if isinstance(c.get("name"), str) else c for c in components
        ]
        renamed["source"] = {**document["source"], "components": named}
    experiments = document.get("experiment")
    if isinstance(experiments, Mapping):
        renamed["experiment"] = {
            name: legal_names(tables) if isinstance(tables, Mapping) else tables
            for name, tables in experiments.items()
        }
    return renamed


def _components(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    source = document.get("source")
    stated = source.get("components") if isinstance(source, Mapping) else None
    return [c if isinstance(c, Mapping) else {} for c in stated] if isinstance(stated, list) else []
