"""From the document of a card to its tables: depth, lengths and keys, each table checked by itself."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from detsim.names import closest
from macros.card.checks.faults import CardFault, FaultList
from macros.card.tables import CardTables, has_amount
from simgen.units import read_quantity

__all__ = ["MAX_DEPTH", "check_limits", "known_keys", "read_tables"]


def read_tables(document: dict[str, Any], faults: FaultList) -> dict[str, Any]:
    """Validate each table by itself, so that the faults of one do not hide those of another.

    Parameters
    ----------
    document : dict
        The card. Unknown keys are taken out of it, or renamed to what was meant: the check goes on.
    faults : FaultList
        What is wrong is added to it.

    Returns
    -------
    dict of str to table
        The valid ones, and the defaults of those that may be left out.
    """
    tables = {}
    fields = CardTables.model_fields
    _repair(document, [[key] for key in document if key not in fields], set(fields) - set(document), faults)
    for name, field in fields.items():
        if name in document:
            try:
                tables[name] = _validate(document, name, faults)
            except ValidationError as error:
                faults.add_validation(error.errors(include_url=False), name)
        elif not field.is_required():
            tables[name] = field.get_default(call_default_factory=True)
        else:
            faults.add_missing(name)
    return tables


def _validate(document: dict[str, Any], name: str, faults: FaultList) -> Any:
    context = {"per_mass": has_amount(document), "mass": _mass(document)}
    try:
        return _adapter(name).validate_python(document[name], context=context)
    except ValidationError as error:
        located = [(faults.locate(e, name), e["type"]) for e in error.errors(include_url=False)]
        unknown = [path for path, kind in located if kind == "extra_forbidden"]
        if not unknown:
            raise
        for parents in {tuple(path[:-1]) for path in unknown}:
            missing = {p[-1] for p, kind in located if kind == "missing" and tuple(p[:-1]) == parents}
            _repair(document, [p for p in unknown if tuple(p[:-1]) == parents], missing, faults)
    return _adapter(name).validate_python(document[name], context=context)


def _mass(document: Mapping[str, Any]) -> float | None:
    """Return the mass of the detector [g], by which rates per mass are multiplied; None if none is stated."""
    detector = document.get("detector")
    stated = detector.get("mass") if isinstance(detector, Mapping) else None
    if stated is None:
        return None
    try:
        return read_quantity(str(stated), "mass")
    except ValueError:
        return 1.0  # what is wrong with it is told where it stands


def _repair(
    document: dict[str, Any], unknown: Iterable[Sequence[str]], missing: set[str], faults: FaultList
) -> None:
    """Report keys of one table that are unknown; rename or drop them."""
    for path in unknown:
        *parents, key = path
        meant = closest(key, missing)
        faults.add_unknown(path, meant)
        table: Any = document
        for part in parents:
            table = table[int(part)] if isinstance(table, list) else table[part]
        value = table.pop(key)
        if meant:
            missing.discard(meant)
            table[meant] = value


@cache
def _adapter(table: str) -> TypeAdapter[Any]:
    field = CardTables.model_fields[table]
    kind: Any = field.annotation
    for note in field.metadata:  # how to tell the members of a union
        kind = Annotated[kind, note]
    return TypeAdapter(kind)


@cache
def known_keys() -> dict[str, set[str]]:
    """List the keys of the card ("") and of each table by its path; "*" is a table of any name.

    Examples
    --------
    >>> sorted(known_keys()["exposure"])
    ['amount', 'duration', 'start']
    """
    keys: dict[str, set[str]] = {}
    _collect(CardTables, "", keys)
    keys[""].add("experiment")
    return keys


def _collect(kind: Any, path: str, keys: dict[str, set[str]]) -> None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        keys.setdefault(path, set()).update(kind.model_fields)
        for name, field in kind.model_fields.items():
            _collect(field.annotation, f"{path}.{name}" if path else name, keys)
    else:
        inner = f"{path}.*" if getattr(kind, "__origin__", None) is dict else path
        for argument in get_args(kind):
            _collect(argument, inner, keys)


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
