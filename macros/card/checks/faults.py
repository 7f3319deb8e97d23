"""Faults of a card: all of them at once, each with its key and what would be right."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from analysis.settings import percent
from detsim.names import closest
from macros.terminal import printable

__all__ = ["CardError", "CardFault", "FaultList"]

_HINTS = {
    "background": "an empty table [background] says that there is none",
    "detector.binding": '"free", or "shells" where the electrons\' binding matters',
    "detector.distance.high": 'where the bins end, for example "11 m"',
    "detector.distance.low": 'where the bins begin, for example "5 m"',
    "detector.distance.resolution": '"perfect", or the standard deviation of the distance such as "15 cm"',
    "detector.distance.width": 'of the bins, for example "50 cm"',
    "detector.efficiency": "1.0 says that every event above threshold is recorded",
    "detector.fiducial.wall_distance": 'how far inside the target\'s surface, for example "50 cm"',
    "detector.name": 'for example "BOREXINO"',
    "detector.efficiency.energy": '"true" or "measured": what it is tabulated in',
    "detector.quenching": '"none", or { kB = "0.01 g/cm2/MeV", mean_excitation = "64.7 eV" }',
    "detector.resolution": '"perfect", or { at_1MeV = "57.7 keV" }, or { photoelectrons = "500 /MeV" }',
    "detector.threshold": 'an energy such as "250 keV", or "none"',
    "exposure.duration": 'for example "20 d"; or exposure.amount alone, such as "100 t*yr"',
    "exposure.start": '"0 d" starts at the moment of the stated activity',
    "geometry.shape": '"sphere", "shell", "cylinder" or "box"',
    "model.charge_radius_convention": '"form-factor" (F = q²⟨r²⟩/6) or "texono" (as TEXONO and LSND), '
    "which differ by a factor of 2",
    "model.constrained": "true, or { tau = 2.0 } where τ = ⟨H_u⟩²/⟨H_d⟩² is needed",
    "model.constrained.tau": "⟨H_u⟩²/⟨H_d⟩², for example 2.0",
    "model.delta_m2": 'the difference of the masses squared, for example "1 eV2"',
    "model.scalar_mass": 'of the mediator, for example "1 MeV"',
    "model.vector_mass": 'of the mediator, for example "1 MeV"',
    "model.name": '"SM", "E6" or "LR"',
    "source.data": '"modern" or "paper"',
    "source.half_life": 'for example "27.7 d"; "none" for a constant source',
}
"""What to write where a key is missing."""

_WORDS = {"detector.resolution": "perfect", "detector.quenching": "none"}
"""The word that a key may hold instead of a table."""

_FRACTION = "a relative standard deviation, for example 0.018"
_UNCERTAINTY = f'{_FRACTION}, or {{ uncertainty = 0.018, constraint = "log-normal" }}'
"""What an uncertainty may be."""

_BOUNDS = {
    "greater_than": ("gt", "above"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "below"),
    "less_than_equal": ("le", "at most"),
}
_TYPES = {
    "float_type": "a number",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "a text in quotes",
    "list_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
    "model_attributes_type": "a table",
    "string_too_short": "a text that is not empty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFault:
    """One fault of a card.

    Parameters
    ----------
    key : str
        Path of the key, such as ``detector.threshold``; empty if the fault is the file's.
    reason : str
    suggestion : str
        What would be right; empty if there is nothing to suggest.
    """

    key: str
    reason: str
    suggestion: str = ""

    def __str__(self) -> str:
        return printable(": ".join(part for part in (self.key, self.reason, self.suggestion) if part))


class CardError(Exception):
    """A card that cannot be used.

    Parameters
    ----------
    file : str
        The card as it was asked for.
    faults : sequence of CardFault
        Everything that is wrong with it.
    """

    def __init__(self, file: str, faults: Sequence[CardFault]) -> None:
        super().__init__(file, tuple(faults))
        self.file = file
        self.faults = tuple(faults)

    def __str__(self) -> str:
        file = printable(self.file)
        if len(self.faults) == 1:
            return f"{file}: {self.faults[0]}"
        return "\n  ".join([f"{file}: {len(self.faults)} faults", *map(str, self.faults)])


class FaultList:
    """Collects the faults of one document.

    Parameters
    ----------
    document : mapping
        The card.
    keys : mapping of str to set of str
        Keys that each table may have, by its path; "" is the card itself.
    """

    def __init__(self, document: Mapping[str, Any], keys: Mapping[str, set[str]]) -> None:
        self.document = document
        self.keys = keys
        self.faults: list[CardFault] = []

    def add(self, key: str, reason: str, suggestion: str = "") -> None:
        """Add a fault."""
        self.faults.append(CardFault(key=key, reason=reason, suggestion=suggestion))

    def at(self, path: str) -> "_Table":
        """Turn the ValueError of a domain object into a fault of a table, or of the key or file in it."""
        return _Table(self, path)

    def add_raised(self, path: str, error: ValueError) -> None:
        """Add what a domain object says of a table, as a fault of the key or file that it names."""
        table = self._value(path.split("."))
        stated = set(table) if isinstance(table, Mapping) else set()
        named = next((word for word in re.findall(r"\w+", str(error)) if word in stated), None)
        self._add_named(f"{path}.{named}" if named else path, str(error))

    def _add_named(self, key: str, reason: str) -> None:
        """Add a fault of a value, or of the file in which it stands."""
        value = self._value(key.split("."))
        if isinstance(value, Mapping) and isinstance(value.get("table"), str):
            key, value = f"{key}.table", value["table"]
        self.add(key, f"{value}: {reason}" if key.endswith(".table") else reason)

    def add_missing(self, path: str) -> None:
        """Add the fault that a key or table is missing."""
        hint = _FRACTION if path.endswith(".uncertainty") else _HINTS.get(path, "")
        self.add(path, "is missing", hint)

    def add_unknown(self, path: Sequence[str], meant: str | None = None) -> None:
        """Add the fault that a key is unknown; `meant` is a missing key that it resembles."""
        *parents, key = path
        allowed = self._allowed(parents)
        meant = meant or closest(key, allowed)
        homes = [f"[{table}]" for table, keys in self.keys.items() if key in keys and table]
        if meant == key:
            suggestion = "it does not go with the keys beside it"
        elif meant:
            suggestion = f"did you mean `{meant}`?"
        elif homes:
            suggestion = f"it belongs in {' or '.join(homes)}"
        else:
            suggestion = f"known are {', '.join(sorted(allowed))}"
        self.add(".".join(path), "unknown key", suggestion)

    def locate(self, error: Mapping[str, Any], table: str) -> list[str]:
        """Find the path of an error in the document, without the names of pydantic's union members."""
        path, value = [table], self.document.get(table)
        *inner, last = [*error["loc"], None] if error["type"] != "missing" else error["loc"]
        shape = False
        for part in inner:
            inside = part in value if isinstance(value, Mapping) else isinstance(part, int)
            if inside and isinstance(value, Mapping) and part == value.get("shape") and not shape:
                shape = True  # the shape that was chosen, which may have the name of a key
            elif inside:
                value = value[part]  # type: ignore[index]  # a table or a list
                path.append(str(part))
        return path if last is None else [*path, str(last)]

    def add_validation(self, errors: Iterable[Mapping[str, Any]], table: str) -> None:
        """Add what pydantic found wrong with a table."""
        for error in errors:
            path = ".".join(self.locate(error, table))
            if error["type"] == "missing":
                self.add_missing(path)
            else:
                self._add_error(error, path)

    def _add_error(self, error: Mapping[str, Any], path: str) -> None:
        kind, context = error["type"], error.get("ctx", {})
        value = self._value(path.split("."))
        if kind == "union_tag_not_found":
            self.add_missing(f"{path}.shape")
        elif path in _WORDS:
            self.add(path, f'must be "{_WORDS[path]}" or a table, got {value!r}', _HINTS[path])
        elif re.fullmatch(r"systematics\.\w+", path) and kind in {"literal_error", "float_type"}:
            self.add(path, f'must be a number, "free" or a table, got {value!r}', _UNCERTAINTY)
        elif path == "model.constrained":
            self.add(path, f"must be true, false or a table, got {value!r}", _HINTS[path])
        elif kind == "value_error":
            self.add(path, str(context["error"]))
        elif kind in {"literal_error", "union_tag_invalid"}:
            if kind == "union_tag_invalid":
                path, value = f"{path}.shape", value["shape"]
            choices = re.findall(r"'([^']*)'", context.get("expected") or context["expected_tags"])
            meant = closest(value, choices) if isinstance(value, str) else None
            listed = " or ".join(filter(None, [", ".join(map(repr, choices[:-1])), repr(choices[-1])]))
            self.add(path, f"must be {listed}, got {value!r}", f"did you mean {meant!r}?" if meant else "")
        elif kind in _BOUNDS:
            name, words = _BOUNDS[kind]
            fraction = context[name] == 1 and words in {"below", "at most"} and isinstance(value, int | float)
            self.add(
                path, f"must be {words} {context[name]:g}, got {value!r}", percent(value) if fraction else ""
            )
        elif kind == "finite_number":
            self.add(path, f"must be finite, got {value!r}")
        elif kind in {"too_short", "too_long"}:
            least = kind == "too_short"
            words = f"at least {context['min_length']}" if least else f"at most {context['max_length']}"
            self.add(path, f"needs {words} entries")
        elif kind in _TYPES:
            number = kind in {"float_type", "int_type"} and isinstance(value, str)
            self.add(
                path, f"must be {_TYPES[kind]}, got {value!r}", "a pure number, no quotes" if number else ""
            )
        else:
            self.add(path, f"{error['msg']}, got {value!r}")

    def _value(self, path: Sequence[str]) -> Any:
        value: Any = self.document
        for part in path:
            try:
                value = value[int(part)] if isinstance(value, list) else value[part]
            except (KeyError, TypeError, ValueError, IndexError):
                return None
        return value

    def _allowed(self, parents: Sequence[str]) -> set[str]:
        named = [part for part in parents if not part.isdigit()]
        return self.keys.get(".".join(named)) or self.keys.get(".".join([*named[:-1], "*"]), set())


@dataclass(frozen=True, slots=True)
class _Table:
    """A context in which a ValueError becomes a fault of a table."""

    faults: FaultList
    path: str

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, ValueError):
            return False
        self.faults.add_raised(self.path, error)
        return True
